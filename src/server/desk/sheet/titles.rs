//! What the columns of a file of contracts may be called.

use std::collections::HashMap;

use crate::domain::text::plain;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Title {
    Contract,
    Account,
    Code,
    Customer,
    Address,
    Phone,
    HiFpt,
    ContractKind,
    ItemKind,
    Item,
    From,
    To,
    Issued,
    Period,
    Amount,
    Paid,
    Content,
    Source,
    PaidType,
    Ptc,
    Collector,
    Service,
    SettleCode,
}

/// What columns are called, in small letters without accents.
const TITLES: [(Title, &[&str]); 23] = [
    (
        Title::Contract,
        &[
            "so hop dong",
            "so hd",
            "hop dong",
            "ma hop dong",
            "contract",
            "contract_number",
        ],
    ),
    (Title::Account, &["tai khoan", "account"]),
    (Title::Code, &["ma", "ma khach hang", "ma kh", "code"]),
    (
        Title::Customer,
        &[
            "khach hang",
            "ten khach hang",
            "ten",
            "ho ten",
            "ho va ten",
            "customer",
            "customer_name",
            "name",
        ],
    ),
    (Title::Address, &["dia chi", "address"]),
    (
        Title::Phone,
        &["dien thoai", "so dien thoai", "sdt", "phone"],
    ),
    (Title::HiFpt, &["hifpt"]),
    (Title::ContractKind, &["loai hop dong", "type"]),
    (Title::ItemKind, &["loai khoan", "loai", "kind"]),
    (
        Title::Item,
        &[
            "so hoa don",
            "hoa don",
            "ma hoa don",
            "so khoan",
            "ma khoan",
            "bill_number",
            "number",
        ],
    ),
    (Title::From, &["tu ngay", "from"]),
    (Title::To, &["den ngay", "to"]),
    (
        Title::Issued,
        &["ngay phat hanh", "ngay hoa don", "ngay lap", "issued"],
    ),
    (Title::Period, &["ky cuoc", "ky", "thang", "period"]),
    (
        Title::Amount,
        &[
            "so tien",
            "tien",
            "cuoc phai thu",
            "phai thu",
            "con no",
            "amount",
            "postage",
        ],
    ),
    (Title::Paid, &["da thu", "da tra", "paid_value"]),
    (Title::Content, &["noi dung", "dien giai", "content"]),
    (Title::Source, &["nguon", "source"]),
    (Title::PaidType, &["kieu tra", "paid_type"]),
    (Title::Ptc, &["ptc"]),
    (
        Title::Collector,
        &[
            "nhan vien thu",
            "nguoi thu",
            "nhan vien",
            "collector",
            "username",
        ],
    ),
    (
        Title::Service,
        &["gach no bang", "dich vu gach no", "settle_service"],
    ),
    (Title::SettleCode, &["ma gach no", "settle_code"]),
];

/// Where each kind of column is, by a line of titles.
pub fn columns_of(cells: &[String]) -> HashMap<Title, usize> {
    let mut columns = HashMap::new();
    for (at, cell) in cells.iter().enumerate() {
        let word = plain(cell);
        let word = word.trim_matches(|c: char| !c.is_alphanumeric());
        let title = TITLES.iter().find(|(_, all)| all.contains(&word));
        if let Some((title, _)) = title {
            columns.entry(*title).or_insert(at);
        }
    }
    columns
}
