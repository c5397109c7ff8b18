//! A bank's statement as a file: which column means what, and what a line says.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::domain::Vnd;
use crate::domain::calendar::AHEAD_MS;
use crate::domain::text::plain;
use crate::store::digest;

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

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Title {
    At,
    Note,
    Credit,
    Amount,
    Reference,
}

/// What columns are called, in small letters without accents.
const TITLES: [(Title, &[&str]); 5] = [
    (
        Title::At,
        &[
            "ngay",
            "ngay gd",
            "ngay giao dich",
            "ngay hach toan",
            "ngay hieu luc",
            "thoi gian",
            "thoi gian giao dich",
            "date",
            "transaction date",
            "posting date",
            "tran date",
        ],
    ),
    (
        Title::Note,
        &[
            "noi dung",
            "noi dung giao dich",
            "noi dung chuyen khoan",
            "noi dung chuyen tien",
            "noi dung chi tiet",
            "dien giai",
            "mo ta",
            "chi tiet giao dich",
            "description",
            "transaction description",
            "remark",
            "remarks",
            "details",
            "transaction detail",
            "transaction details",
        ],
    ),
    (
        Title::Credit,
        &[
            "so tien ghi co",
            "ghi co",
            "phat sinh co",
            "so phat sinh co",
            "tien vao",
            "so tien vao",
            "co",
            "credit",
            "credit amount",
            "deposit",
        ],
    ),
    (
        Title::Amount,
        &[
            "so tien",
            "so tien gd",
            "so tien giao dich",
            "amount",
            "transaction amount",
        ],
    ),
    (
        Title::Reference,
        &[
            "ma giao dich",
            "ma gd",
            "so tham chieu",
            "ma tham chieu",
            "so giao dich",
            "so gd",
            "so but toan",
            "so chung tu",
            "so ct",
            "ma but toan",
            "reference",
            "reference no",
            "reference number",
            "ref",
            "ref no",
            "transaction id",
            "transaction no",
            "transaction reference",
            "trace",
        ],
    ),
];

impl Title {
    /// Banks write a title in two languages, one behind the other: either will do.
    fn of(title: &str) -> Option<Self> {
        let known = |words: &str| {
            let words = plain(words);
            let words = words.trim_matches(|c: char| !c.is_alphanumeric());
            TITLES
                .iter()
                .find(|(_, all)| all.contains(&words))
                .map(|(title, _)| *title)
        };
        known(title).or_else(|| title.split(['/', '\n', '(', ')', '|']).find_map(known))
    }
}

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

/// What else is in the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Rest {
    /// Lines that cannot be read, and why.
    pub faults: Vec<(usize, String)>,
    /// Lines of money that went, and sums.
    pub others: usize,
}

/// Finds the titles and reads what is under them. `Err`: why the file cannot be used.
pub(super) fn read(
    filename: &str,
    payee: i64,
    rows: &[(usize, Vec<String>)],
) -> Result<(Statement, Rest), String> {
    let titles = rows
        .iter()
        .take(WORDS_MAX)
        .enumerate()
        .find_map(|(at, (_, cells))| {
            let mut columns = HashMap::new();
            for (place, cell) in cells.iter().enumerate() {
                if let Some(title) = Title::of(cell) {
                    columns.entry(title).or_insert(place);
                }
            }
            let has_money =
                columns.contains_key(&Title::Credit) || columns.contains_key(&Title::Amount);
            (has_money && columns.contains_key(&Title::Note)).then_some((at, columns))
        });
    let (at, columns) = titles
        .ok_or("Không thấy dòng tiêu đề. Cần cột Nội dung (hoặc Diễn giải) và Số tiền ghi có.")?;
    let (mut read, mut rest) = (Vec::new(), Rest::default());
    let mut seen = HashMap::new();
    for (number, cells) in rows.iter().skip(at + 1) {
        let cell = |title: Title| {
            let place = columns.get(&title);
            place
                .and_then(|place| cells.get(*place))
                .map_or("", |c| c.trim())
        };
        let money = if columns.contains_key(&Title::Credit) {
            Title::Credit
        } else {
            Title::Amount
        };
        match credit(cell(money)) {
            Ok(0) => rest.others += 1,
            Ok(amount) => {
                let mut row = StatementRow {
                    number: *number,
                    at_ms: moment(cell(Title::At)),
                    note: cell(Title::Note).chars().take(NOTE_MAX).collect(),
                    amount,
                    reference: cell(Title::Reference).chars().take(REFERENCE_MAX).collect(),
                };
                if row.reference.is_empty() {
                    row.reference = made_up(&row, cell(Title::At), &mut seen);
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

/// What came: nothing for a line of money that went.
fn credit(text: &str) -> Result<i64, String> {
    let text = text.trim().trim_start_matches('+').trim();
    if text.is_empty() || text.starts_with(['-', '−', '(']) {
        return Ok(0);
    }
    let whole = match text.rsplit_once(['.', ',']) {
        Some((whole, "0" | "00")) => whole,
        _ => text,
    };
    let amount: Vnd = whole.parse().map_err(|_| {
        let shown: String = text.chars().take(40).collect();
        format!("{shown}: không phải số tiền")
    })?;
    Ok(amount.dong())
}

/// A moment in Viet Nam as banks write it, or as Excel counts it.
fn moment(text: &str) -> Option<i64> {
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
            let mut next = || numbers.next().flatten().unwrap_or(0);
            clock = (next(), next(), next());
        } else {
            day = day.or_else(|| day_of(part));
        }
    }
    let at = day?.at(
        clock.0.clamp(0, 23),
        clock.1.clamp(0, 59),
        clock.2.clamp(0, 59),
        0,
    );
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
        let (statement, rest) = read("a.xlsx", 1, &file).expect("a statement");
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
        let again = read("a.xlsx", 1, &file).expect("a statement").0;
        assert_eq!(again, statement, "the same file is the same money");
        assert!(read("a.csv", 1, &rows(&["a;b", "1;2"])).is_err());
    }

    #[test]
    fn moments_and_amounts_have_many_forms() {
        let noon = Some(1_795_669_200_000);
        for text in [
            "26/11/2026 12:00",
            "2026-11-26 12:00:00",
            "26-11-26 12:00",
            "46352.5",
        ] {
            assert_eq!(moment(text), noon, "{text}");
        }
        assert_eq!(moment("hôm qua"), None);
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
