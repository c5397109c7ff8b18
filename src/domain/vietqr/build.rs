//! Writing the text of a QR.

use super::emv::{checksum, object};

/// The longest account or card number. Virtual accounts have letters.
pub const ACCOUNT_MAX: usize = 19;
/// The longest amount, in digits.
const AMOUNT_MAX: i64 = 9_999_999_999_999;
/// The longest name of a merchant.
const NAME_MAX: usize = 25;
/// The longest city.
const CITY_MAX: usize = 15;
/// The longest postal code.
const POSTAL_MAX: usize = 10;

/// NAPAS.
const VIETQR_GUID: &str = "A000000727";
/// VNPAY.
const VNPAY_GUID: &str = "A000000775";
/// To an account, not to a card.
const TO_ACCOUNT: &str = "QRIBFTTA";

/// Why a QR cannot be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum QrFault {
    /// A bank's number has six digits.
    #[error("Mã ngân hàng phải là 6 chữ số. (A bank number has six digits.)")]
    Bank,
    /// Letters and digits, 1 to 19.
    #[error("Số tài khoản phải gồm 1 đến 19 chữ hoặc số. (Letters and digits, at most 19.)")]
    Account,
    /// Whole đồng, more than nothing.
    #[error("Số tiền phải từ 1 đến 9.999.999.999.999 đồng. (Amount out of range.)")]
    Amount,
    /// Something is not ASCII: banks would show it garbled.
    #[error("Chỉ dùng chữ không dấu trong mã QR. (ASCII only.)")]
    NotAscii,
    /// A value is longer than its place.
    #[error("Nội dung dài hơn chỗ dành cho nó trong mã QR. (Too long.)")]
    TooLong,
}

/// A transfer to a bank account. Empty texts are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct VietQr<'a> {
    /// The bank's number.
    pub bank_bin: &'a str,
    /// The account.
    pub account: &'a str,
    /// Whole đồng; without, whoever pays says how much, and the code can be used again.
    pub amount: Option<i64>,
    /// May it be paid more than once although it says how much?
    pub is_reusable: bool,
    /// The transfer's note, as [`super::note`] makes it.
    pub purpose: &'a str,
    /// The number of the bill.
    pub bill_number: &'a str,
    /// Name of the shop.
    pub merchant_name: &'a str,
    /// Its city.
    pub city: &'a str,
    /// Its postal code.
    pub postal_code: &'a str,
    /// Its kind: four digits.
    pub category: &'a str,
}

/// A payment to a merchant of VNPAY. Empty texts are left out.
#[derive(Debug, Clone, Copy, Default)]
pub struct VnPayQr<'a> {
    /// The merchant's number at VNPAY.
    pub merchant_id: &'a str,
    /// Its name.
    pub merchant_name: &'a str,
    /// Which shop of it.
    pub store: &'a str,
    /// Which till of it.
    pub terminal: &'a str,
    /// Whole đồng.
    pub amount: Option<i64>,
    /// What for.
    pub purpose: &'a str,
    /// The number of the bill.
    pub bill_number: &'a str,
    /// The merchant's own number of the payment.
    pub reference: &'a str,
}

impl VietQr<'_> {
    /// The text to draw.
    pub fn payload(&self) -> Result<String, QrFault> {
        if self.bank_bin.len() != 6 || !self.bank_bin.bytes().all(|b| b.is_ascii_digit()) {
            return Err(QrFault::Bank);
        }
        let is_account = self.account.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_account || self.account.is_empty() || self.account.len() > ACCOUNT_MAX {
            return Err(QrFault::Account);
        }
        let bank = of(&[(0, self.bank_bin, 6), (1, self.account, ACCOUNT_MAX)])?;
        let account = of(&[(0, VIETQR_GUID, 99), (1, &bank, 99), (2, TO_ACCOUNT, 99)])?;
        let additional = of(&[(1, self.bill_number, NAME_MAX), (8, self.purpose, NAME_MAX)])?;
        let amount = amount_text(self.amount)?;
        let is_once = self.amount.is_some() && !self.is_reusable;
        let method = if is_once { "12" } else { "11" };
        sealed(&[
            (0, "01", 2),
            (1, method, 2),
            (38, &account, 99),
            (52, self.category, 4),
            (53, "704", 3),
            (54, &amount, 13),
            (58, "VN", 2),
            (59, self.merchant_name, NAME_MAX),
            (60, self.city, CITY_MAX),
            (61, self.postal_code, POSTAL_MAX),
            (62, &additional, 99),
        ])
    }
}

impl VnPayQr<'_> {
    /// The text to draw.
    pub fn payload(&self) -> Result<String, QrFault> {
        let is_merchant = self.merchant_id.bytes().all(|b| b.is_ascii_alphanumeric());
        if !is_merchant || self.merchant_id.is_empty() {
            return Err(QrFault::Account);
        }
        let account = of(&[(0, VNPAY_GUID, 99), (1, self.merchant_id, 25)])?;
        let additional = of(&[
            (1, self.bill_number, NAME_MAX),
            (3, self.store, NAME_MAX),
            (5, self.reference, NAME_MAX),
            (7, self.terminal, NAME_MAX),
            (8, self.purpose, NAME_MAX),
        ])?;
        let amount = amount_text(self.amount)?;
        sealed(&[
            (0, "01", 2),
            // VNPAY's own generator says "reusable" with an amount, too.
            (1, "11", 2),
            (26, &account, 99),
            (53, "704", 3),
            (54, &amount, 13),
            (58, "VN", 2),
            (59, self.merchant_name, NAME_MAX),
            (62, &additional, 99),
        ])
    }
}

fn amount_text(amount: Option<i64>) -> Result<String, QrFault> {
    match amount {
        None => Ok(String::new()),
        Some(amount @ 1..=AMOUNT_MAX) => Ok(amount.to_string()),
        Some(_) => Err(QrFault::Amount),
    }
}

/// Objects with the longest value that each may have.
fn of(objects: &[(u8, &str, usize)]) -> Result<String, QrFault> {
    let mut text = String::new();
    for (tag, value, max) in objects {
        if !value.is_ascii() || value.bytes().any(|b| b.is_ascii_control()) {
            return Err(QrFault::NotAscii);
        }
        if value.len() > *max {
            return Err(QrFault::TooLong);
        }
        text += &object(*tag, value).ok_or(QrFault::TooLong)?;
    }
    Ok(text)
}

/// All of it with the checksum at its end, which covers its own tag and length.
fn sealed(objects: &[(u8, &str, usize)]) -> Result<String, QrFault> {
    let text = of(objects)? + "6304";
    let checksum = checksum(&text);
    Ok(format!("{text}{checksum:04X}"))
}
