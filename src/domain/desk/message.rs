//! What a customer is told of a payment at the door: to which number, in which words, in how many parts.

use super::CollectorKind;
use crate::domain::money::grouped;

/// A phone of a contract.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ContractPhone {
    /// As it is dialled at home.
    pub number: String,
    /// Is it the main one?
    pub main: bool,
    /// Does its owner have `HiFPT`?
    pub hifpt: bool,
}

/// The number that a message goes to. By `HiFPT` alone: the main one if it has `HiFPT`, else another that
/// has, else none; by SMS or ZNS too: the main one.
pub fn phone_of(phones: &[ContractPhone], is_hifpt_alone: bool) -> &str {
    let mains = phones.iter().filter(|phone| phone.main);
    let found = if is_hifpt_alone {
        mains.chain(phones).find(|phone| phone.hifpt)
    } else {
        phones.iter().find(|phone| phone.main)
    };
    found.map_or("", |phone| phone.number.as_str())
}

/// What a receipt says to its customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ReceiptTold<'t> {
    /// The contract's number.
    pub contract: &'t str,
    /// The receipt's number.
    pub receipt: &'t str,
    /// Đồng.
    pub total: i64,
    /// The days that its bills are about, the first and the last (`2026-10-01`); `None`: no bill is in it.
    pub days: Option<(&'t str, &'t str)>,
}

/// The words of the message, in plain letters: what leaves them costs more, or is refused.
pub fn receipt_text(kind: Option<CollectorKind>, told: &ReceiptTold<'_>) -> String {
    let (contract, total) = (told.contract, grouped(told.total));
    let text = match (kind, told.days) {
        (Some(CollectorKind::Technician), _) => format!(
            "FPT Telecom thong bao: So tien Quy khach thanh toan cho HD {contract} la {total} VND. Xin cam on. (ISC01.TRANGPT30)"
        ),
        (_, Some((from, to))) => format!(
            "Cam on ban da thanh toan thanh cong so {total}d, so chung tu: {} tu ngay {} - {} cua hop dong {contract}. LH 19006600",
            told.receipt,
            written(from),
            written(to)
        ),
        (_, None) => format!(
            "Cam on ban da thanh toan thanh cong so {total}d, so chung tu: {} cua hop dong {contract}. LH 19006600",
            told.receipt
        ),
    };
    ascii(&text)
}

/// What a customer is told once a bill is paid at the portal.
pub fn settled_text(contract: &str, item: &str, amount: i64) -> String {
    ascii(&format!(
        "Hoa don {item} cua hop dong {contract}, so tien {}d, da duoc gach no. Xin cam on. LH 19006600",
        grouped(amount)
    ))
}

/// `26/11/2026` of `2026-11-26`.
pub fn written(day: &str) -> String {
    match day.split('-').collect::<Vec<_>>()[..] {
        [year, month, day] => format!("{day}/{month}/{year}"),
        _ => day.to_owned(),
    }
}

/// Plain letters: accents fall off, what has none becomes a blank or a dash.
fn ascii(text: &str) -> String {
    use unicode_normalization::UnicodeNormalization as _;
    text.nfd()
        .filter(|c| !unicode_normalization::char::is_combining_mark(*c))
        .map(|c| match c {
            'đ' => 'd',
            'Đ' => 'D',
            '\u{2010}'..='\u{2015}' => '-',
            c if c.is_ascii() && !c.is_ascii_control() => c,
            _ => ' ',
        })
        .collect()
}

/// How many parts a text in plain letters is sent in: 160 letters make one, more make parts of 153. Nine
/// letters count twice, for each is written with another before it.
pub fn parts(text: &str) -> usize {
    let units: usize = text
        .chars()
        .map(|c| if "^{}\\[]~|€".contains(c) { 2 } else { 1 })
        .sum();
    if units <= 160 { 1 } else { units.div_ceil(153) }
}
