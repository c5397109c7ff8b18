//! What the columns of a job file may be called: one list for every file that comes in, whether a
//! person opens it in the window, names it on the command line or brings it to the server.

use super::file::NumberedRows;
use crate::domain::text::plain;

/// The line of titles stands within a file's first lines.
const FIRST_LINES: usize = 10;

/// What a column of a job file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobColumn {
    /// The service, where one file holds jobs of several.
    Service,
    /// The customer's code, subscriber or phone number.
    Account,
    /// In đồng.
    Amount,
    /// Prepaid or postpaid.
    Payment,
    /// Where the receipt of an electricity bill goes.
    Receiver,
    /// The order that the job came from.
    Order,
    /// Words for people.
    Note,
    /// Which job goes first: a number.
    Priority,
    /// Known, and of no use to a job: a running number, a name, a result.
    Other,
}

/// The titles of each kind of column, in small letters without accents.
const TITLES: [(JobColumn, &[&str]); 9] = [
    (JobColumn::Service, &["dich vu", "service"]),
    (
        JobColumn::Order,
        &[
            "ma don",
            "don",
            "don hang",
            "ma don hang",
            "order",
            "order_id",
            "orderid",
            "order id",
        ],
    ),
    (
        JobColumn::Receiver,
        &[
            "sdt nhan",
            "so nhan",
            "dien thoai nhan",
            "sdt nguoi nhan",
            "receiver_phone",
            "receiver phone",
            "receiver",
        ],
    ),
    (
        JobColumn::Payment,
        &[
            "hinh thuc",
            "loai",
            "loai thanh toan",
            "payment_type",
            "payment type",
            "payment",
            "type",
        ],
    ),
    (
        JobColumn::Amount,
        &["so tien", "so tien nap", "menh gia", "amount", "tien"],
    ),
    (
        JobColumn::Account,
        &[
            "ma",
            "so",
            "ma / so",
            "code",
            "account",
            "phone",
            "so thue bao",
            "ma thue bao",
            "ma khach hang",
            "ma kh",
            "so dien thoai",
            "sdt",
            "dien thoai",
            "bill_code",
            "bill code",
            "subscriber",
            "subscriber_code",
            "phone_number",
            "phone number",
            "ma hoa don",
            "thue bao",
        ],
    ),
    (JobColumn::Note, &["ghi chu", "note"]),
    (JobColumn::Priority, &["uu tien", "priority"]),
    (
        JobColumn::Other,
        &[
            "stt",
            "trang thai",
            "status",
            "khach hang",
            "ten",
            "ten khach",
            "ten khach hang",
            "ho ten",
            "dia chi",
            "name",
            "ma giao dich",
            "chung cu",
            "luc",
            "ma lan thu",
            "customer",
        ],
    ),
];

impl JobColumn {
    /// By what people call it; `None`: nobody calls a column so.
    pub fn of(title: &str) -> Option<Self> {
        let title = plain(title);
        TITLES
            .iter()
            .find(|(_, titles)| titles.contains(&title.as_str()))
            .map(|(column, _)| *column)
    }
}

/// A file's line of titles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Titles<C> {
    /// Its place among the rows.
    pub at: usize,
    /// What each column holds; `None` for a title that nobody knows.
    pub columns: Vec<Option<C>>,
}

impl<C> Titles<C> {
    /// Finds the line of titles within the first rows: at least half of what it says is known.
    /// One known word among many others is a row of data that happens to hold it.
    pub fn find(rows: &NumberedRows, column_of: impl Fn(&str) -> Option<C>) -> Option<Self> {
        rows.iter()
            .take(FIRST_LINES)
            .enumerate()
            .find_map(|(at, (_, cells))| {
                let columns: Vec<Option<C>> = cells.iter().map(|cell| column_of(cell)).collect();
                let known = columns.iter().flatten().count();
                let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
                (known > 0 && known * 2 >= filled).then_some(Self { at, columns })
            })
    }
}

/// Does this row look like a line of titles, although no title is known? Codes, phones and amounts
/// have digits; titles have none.
pub fn looks_like_titles(cells: &[String]) -> bool {
    let mut filled = cells.iter().filter(|cell| !cell.is_empty());
    filled.clone().count() >= 2 && !filled.any(|cell| cell.chars().any(|c| c.is_ascii_digit()))
}

/// What a row says, to be named in a refusal.
pub fn named(cells: &[String]) -> Vec<String> {
    cells
        .iter()
        .filter(|cell| !cell.is_empty())
        .take(20)
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_title_stands_for_two_things() {
        let mut all: Vec<&str> = TITLES
            .iter()
            .flat_map(|(_, titles)| *titles)
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
        assert!(
            all.iter().all(|title| plain(title) == *title),
            "as compared"
        );
    }

    #[test]
    fn a_line_of_titles_is_told_from_data() {
        let row = |text: &str| text.split(';').map(str::to_owned).collect::<Vec<_>>();
        let rows = vec![
            (1, row("Danh sách tháng 11;;")),
            (2, row("STT;Mã KH;Số tiền")),
            (3, row("1;PE01;50000")),
        ];
        let titles = Titles::find(&rows, JobColumn::of).expect("titles");
        assert_eq!(
            (titles.at, titles.columns),
            (
                1,
                vec![
                    Some(JobColumn::Other),
                    Some(JobColumn::Account),
                    Some(JobColumn::Amount)
                ]
            )
        );
        assert!(looks_like_titles(&row("Cột lạ;Nợ cũ")));
        assert!(!looks_like_titles(&row("0981234567;D;x")));
        assert!(
            !looks_like_titles(&row("PE;")),
            "one word alone may be a code"
        );
    }
}
