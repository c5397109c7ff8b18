//! What banks call the columns of a statement.

use crate::domain::text::plain;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum StatementTitle {
    At,
    Note,
    Credit,
    Amount,
    Reference,
}

/// What columns are called, in small letters without accents.
pub(super) const TITLES: [(StatementTitle, &[&str]); 5] = [
    (
        StatementTitle::At,
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
        StatementTitle::Note,
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
        StatementTitle::Credit,
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
        StatementTitle::Amount,
        &[
            "so tien",
            "so tien gd",
            "so tien giao dich",
            "amount",
            "transaction amount",
        ],
    ),
    (
        StatementTitle::Reference,
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

impl StatementTitle {
    /// Banks write a title in two languages, one behind the other: either will do.
    pub(super) fn of(title: &str) -> Option<Self> {
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
