//! A bank's statement as a file: which column means what, and what a line says.

mod titles;

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::domain::Vnd;
use crate::domain::calendar::AHEAD_MS;
use crate::domain::payment::Provider;
use crate::store::digest;
use titles::StatementTitle;

/// Lines of one statement, at most.
const LINES_MAX: usize = 5_000;

/// Lines of words before the titles, at most.
const WORDS_MAX: usize = 60;

/// Letters of a note, at most.
const NOTE_MAX: usize = 500;

/// Letters of a reference, at most.
const REFERENCE_MAX: usize = 100;

/// Milliseconds of a day, as Excel counts days.
const DAY_MS: f64 = 86_400_000.0;

/// The day before which 1970 lies so many days, as Excel counts them.
const EXCEL_1970: f64 = 25_569.0;

/// Money that came, as a line of the statement has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StatementRow {
    /// Its place in the file, as a person counts.
    pub number: usize,
    /// When it moved, in milliseconds since 1970.
    pub at_ms: Option<i64>,
    /// What the payer wrote.
    pub note: String,
    /// Whole đồng.
    pub amount: i64,
    /// The bank's number of it; made of the line where the bank gives none.
    pub reference: String,
}

/// A statement's lines of money that came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Statement {
    /// The file's name.
    pub filename: String,
    /// Whose account it is of.
    pub payee: i64,
    /// Its lines.
    pub rows: Vec<StatementRow>,
}

impl Statement {
    /// Could it have been read from a file?
    pub(super) fn is_within_bounds(&self) -> bool {
        let is_line = |row: &StatementRow| {
            (1..=Provider::VnPay.amount_max()).contains(&row.amount)
                && !row.reference.is_empty()
                && row.reference.chars().count() <= REFERENCE_MAX
                && row.note.chars().count() <= NOTE_MAX
        };
        self.rows.len() <= LINES_MAX && self.rows.iter().all(is_line)
    }
}

/// What else is in the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// Lines that cannot be read, and why.
    pub faults: Vec<(usize, String)>,
    /// Lines that are read without their day, and what is the matter with it.
    pub days: Vec<(usize, String)>,
    /// Lines of money that went, and sums.
    pub others: usize,
}

/// Finds the titles and reads what is under them. `Err`: why the file cannot be used.
pub(super) fn read(
    filename: &str,
    payee: i64,
    now_ms: i64,
    rows: &[(usize, Vec<String>)],
) -> Result<(Statement, Rest), String> {
    let titles = rows
        .iter()
        .take(WORDS_MAX)
        .enumerate()
        .find_map(|(at, (_, cells))| {
            let mut columns = HashMap::new();
            for (place, cell) in cells.iter().enumerate() {
                if let Some(title) = StatementTitle::of(cell) {
                    columns.entry(title).or_insert(place);
                }
            }
            let has_money = columns.contains_key(&StatementTitle::Credit)
                || columns.contains_key(&StatementTitle::Amount);
            (has_money && columns.contains_key(&StatementTitle::Note)).then_some((at, columns))
        });
    let (at, columns) = titles
        .ok_or("Không thấy dòng tiêu đề. Cần cột Nội dung (hoặc Diễn giải) và Số tiền ghi có.")?;
    let (mut read, mut rest) = (Vec::new(), Rest::default());
    let mut seen = HashMap::new();
    for (number, cells) in rows.iter().skip(at + 1) {
        let cell = |title: StatementTitle| {
            let place = columns.get(&title);
            place
                .and_then(|place| cells.get(*place))
                .map_or("", |c| c.trim())
        };
        let money = if columns.contains_key(&StatementTitle::Credit) {
            StatementTitle::Credit
        } else {
            StatementTitle::Amount
        };
        match credit(cell(money)) {
            Ok(0) => rest.others += 1,
            Ok(amount) => {
                let at = Some(cell(StatementTitle::At)).filter(|at| !at.is_empty());
                let at = at.map(|at| moment(at, now_ms)).transpose();
                let mut row = StatementRow {
                    number: *number,
                    // Money is money, whatever is the matter with its day.
                    at_ms: at.unwrap_or_else(|why| {
                        rest.days.push((*number, why));
                        None
                    }),
                    note: cell(StatementTitle::Note).chars().take(NOTE_MAX).collect(),
                    amount,
                    reference: cell(StatementTitle::Reference)
                        .chars()
                        .take(REFERENCE_MAX)
                        .collect(),
                };
                if row.reference.is_empty() {
                    row.reference = made_up(&row, cell(StatementTitle::At), &mut seen);
                }
                read.push(row);
            }
            Err(why) => rest.faults.push((*number, why)),
        }
    }
    if read.len() > LINES_MAX {
        return Err(format!(
            "Sao kê có {} dòng tiền vào; mỗi lần nhiều nhất {LINES_MAX}. Chia nhỏ theo ngày.",
            read.len()
        ));
    }
    let statement = Statement {
        filename: filename.to_owned(),
        payee,
        rows: read,
    };
    Ok((statement, rest))
}

/// Where a bank gives no number, the line itself is one: the same line of the same file is the same money.
fn made_up(row: &StatementRow, at: &str, seen: &mut HashMap<String, u32>) -> String {
    let line = format!("{at}|{}|{}", row.amount, row.note);
    let times = seen.entry(line.clone()).or_default();
    *times += 1;
    format!("SK{}", &digest(format!("{line}|{times}").as_bytes())[..20])
}

/// How old the money of a statement may be: ten years.
const YEARS_BACK_MS: i64 = 10 * 366 * 86_400_000;

/// How far a bank's clock may be ahead of ours, and its day of Viet Nam's: two days.
const AHEAD_MAX_MS: i64 = 2 * 86_400_000;

/// What came: nothing for a line of money that went.
fn credit(text: &str) -> Result<i64, String> {
    let text = text.trim().trim_start_matches('+').trim();
    if text.is_empty() || text.starts_with(['-', '−', '(']) {
        return Ok(0);
    }
    let shown = || text.chars().take(40).collect::<String>();
    let whole = match text.rsplit_once(['.', ',']) {
        // `1.500.00` may be 1.500 or 150.000: what divides the thousands does not begin a fraction.
        Some((whole, "0" | "00")) => {
            if whole.contains(&text[whole.len()..=whole.len()]) {
                return Err(format!("{}: có thể hiểu hai cách", shown()));
            }
            whole
        }
        _ => text,
    };
    let amount: Vnd = whole
        .parse()
        .map_err(|_| format!("{}: không phải số tiền", shown()))?;
    // The same bound as for whoever tells it by a program.
    if amount.dong() > Provider::VnPay.amount_max() {
        return Err(format!("{}: quá lớn cho một lần chuyển", shown()));
    }
    Ok(amount.dong())
}

/// A moment in Viet Nam as banks write it, or as Excel counts it: one at which the money can have come, for a line with
/// another day is not read as it was meant.
fn moment(text: &str, now_ms: i64) -> Result<i64, String> {
    let shown = || text.chars().take(40).collect::<String>();
    let at = read_moment(text)
        .ok_or_else(|| format!("{}: không phải ngày, cần như 26/11/2026", shown()))?;
    // A statement is of the last years, and its bank's clock may be ahead of ours.
    if (now_ms - YEARS_BACK_MS..=now_ms + AHEAD_MAX_MS).contains(&at) {
        Ok(at)
    } else {
        Err(format!("{}: ngày quá xa hôm nay", shown()))
    }
}

fn read_moment(text: &str) -> Option<i64> {
    if let Ok(days) = text.parse::<f64>()
        && (20_000.0..80_000.0).contains(&days)
    {
        let ms = ((days - EXCEL_1970) * DAY_MS).round();
        #[expect(clippy::cast_possible_truncation, reason = "a day of this century")]
        return Some(ms as i64 - AHEAD_MS);
    }
    let mut parts = text.split([' ', 'T', '\n']).filter(|part| !part.is_empty());
    let (mut day, mut clock) = (None, (0_i8, 0_i8, 0_i8));
    for part in parts.by_ref().take(2) {
        if part.contains(':') {
            let mut numbers = part
                .split(':')
                .map(|n| n.get(..2).unwrap_or(n).parse().ok());
            let mut next = |most: i8| match numbers.next() {
                Some(number) => number.filter(|number| (0..=most).contains(number)),
                None => Some(0),
            };
            clock = (next(23)?, next(59)?, next(59)?);
        } else {
            day = day.or_else(|| day_of(part));
        }
    }
    let at = day?.at(clock.0, clock.1, clock.2, 0);
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    Some(at.to_zoned(zone).ok()?.timestamp().as_millisecond())
}

fn day_of(text: &str) -> Option<jiff::civil::Date> {
    let numbers: Vec<i16> = text
        .split(['/', '-', '.'])
        .map(|n| n.parse().ok())
        .collect::<Option<_>>()?;
    let [first, month, last] = numbers[..] else {
        return None;
    };
    let (year, day) = if first > 31 {
        (first, last)
    } else {
        (last, first)
    };
    let year = if year < 100 { year + 2_000 } else { year };
    jiff::civil::Date::new(year, month.try_into().ok()?, day.try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The evening of 26/11/2026 in Viet Nam.
    const NOW: i64 = 1_795_700_000_000;

    #[test]
    fn an_odd_day_is_named_and_its_money_kept() {
        let file = rows(&[
            "Ngày giao dịch;Số tham chiếu;Ghi có;Nội dung giao dịch",
            "31/02/2026;FT1;1.000;a",
            "11/26/2026;FT2;1.000;b",
            "01/01/1990;FT3;1.000;c",
            "26/11/2027;FT4;1.000;d",
            "26/11/2026 25:61;FT5;1.000;e",
            "26/11/2026;FT8;1.001.000.000.299.998;f",
            "27/11/2026;FT6;1.500.00;f",
            "27/11/2026;FT7;1,500.00;g",
        ]);
        let (statement, rest) = read("a.csv", 1, NOW, &file).expect("a statement");
        let of = |named: &[(usize, String)]| named.iter().map(|n| n.0).collect::<Vec<_>>();
        assert_eq!(of(&rest.days), [2, 3, 4, 5, 6]);
        assert_eq!(of(&rest.faults), [7, 8], "may be 1.500 or 150.000");
        let kept = statement.rows.iter();
        let kept: Vec<_> = kept.map(|r| (r.number, r.at_ms.is_some())).collect();
        let odd = [2, 3, 4, 5, 6].map(|number| (number, false));
        assert_eq!(kept[..5], odd);
        assert_eq!(kept[5], (9, true));
    }

    fn rows(lines: &[&str]) -> Vec<(usize, Vec<String>)> {
        let cells = |line: &str| line.split(';').map(str::to_owned).collect();
        let numbered = lines.iter().enumerate();
        numbered.map(|(at, line)| (at + 1, cells(line))).collect()
    }

    #[test]
    fn a_statement_is_read_as_banks_write_it() {
        let file = rows(&[
            "NGÂN HÀNG ABC",
            "Số tài khoản;0123456789",
            "STT;Ngày giao dịch/Transaction date;Số tham chiếu;Ghi nợ/Debit;Ghi có/Credit;Nội dung giao dịch",
            "1;26/11/2026 08:15:30;FT1;;1,500,000.00;MBVCB GNABCDEFG",
            "2;26/11/2026;FT2;350.000;;phi",
            "3;2026-11-26 09:00;;;350000;tien phong",
            "4;2026-11-26 09:00;;;350000;tien phong",
            "5;46352.5;FT5;;12x;hong",
            ";;;350.000;1.500.000;",
        ]);
        let (statement, rest) = read("a.xlsx", 1, NOW, &file).expect("a statement");
        let lines: Vec<_> = statement
            .rows
            .iter()
            .map(|r| (r.number, r.amount))
            .collect();
        assert_eq!(
            lines,
            [(4, 1_500_000), (6, 350_000), (7, 350_000), (9, 1_500_000)]
        );
        assert_eq!(statement.rows[0].reference, "FT1");
        assert_eq!(statement.rows[0].at_ms, Some(1_795_655_730_000));
        assert!(statement.rows[1].reference.starts_with("SK"));
        assert_ne!(statement.rows[1].reference, statement.rows[2].reference);
        assert_eq!((rest.others, rest.faults.len()), (1, 1));
        let again = read("a.xlsx", 1, NOW, &file).expect("a statement").0;
        assert_eq!(again, statement, "the same file is the same money");
        assert!(read("a.csv", 1, NOW, &rows(&["a;b", "1;2"])).is_err());
    }

    #[test]
    fn moments_and_amounts_have_many_forms() {
        let noon = Ok(1_795_669_200_000);
        for text in [
            "26/11/2026 12:00",
            "2026-11-26 12:00:00",
            "26-11-26 12:00",
            "46352.5",
        ] {
            assert_eq!(moment(text, NOW), noon, "{text}");
        }
        assert!(moment("hôm qua", NOW).is_err());
        for (text, expected) in [
            ("1,500,000", Ok(1_500_000)),
            ("1.500.000,00", Ok(1_500_000)),
            ("+350000", Ok(350_000)),
            ("-350,000", Ok(0)),
            ("", Ok(0)),
        ] {
            assert_eq!(credit(text), expected, "{text}");
        }
        assert!(credit("1.5").is_err() && credit("abc").is_err());
    }
}
