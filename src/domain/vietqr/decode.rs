//! Reading the text of a QR that anybody may have written.

use super::emv::{checksum, objects};

/// The longest text that is read, in bytes. A QR holds less.
pub const PAYLOAD_MAX: usize = 2_048;

/// Whose code it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// A transfer to a bank account.
    VietQr,
    /// A payment to a merchant of VNPAY.
    VnPay,
    /// Well formed, and neither.
    Other,
}

/// What a code says. A text that is not there is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are the standard's")]
pub struct Decoded {
    pub scheme: Scheme,
    /// `11` can be used again, `12` once.
    pub init_method: String,
    pub bank_bin: String,
    pub account: String,
    pub service: String,
    /// At VNPAY.
    pub merchant_id: String,
    pub merchant_name: String,
    /// As it is written: digits, where whoever wrote it kept to the standard.
    pub amount: String,
    /// The transfer's note. Up to 99 characters: some providers put words of their own before ours.
    pub purpose: String,
    pub bill_number: String,
    pub reference: String,
    pub store: String,
    pub terminal: String,
    pub currency: String,
    pub country: String,
}

/// Reads a code, or `None` where its checksum or its form is wrong.
pub fn decode(payload: &str) -> Option<Decoded> {
    if payload.len() > PAYLOAD_MAX {
        return None;
    }
    let at = payload.len().checked_sub(4)?;
    let (covered, written) = (payload.get(..at)?, payload.get(at..)?);
    let is_hex = written.bytes().all(|b| b.is_ascii_hexdigit());
    let is_right = u16::from_str_radix(written, 16) == Ok(checksum(covered));
    if !is_hex || !is_right || !covered.ends_with("6304") {
        return None;
    }
    let all = objects(payload)?;
    let of = |tag: u8| found(&all, tag);
    if all.first() != Some(&(0, "01")) || all.last().map(|(tag, _)| *tag) != Some(63) {
        return None;
    }
    // Templates that do not hold objects are somebody's own; what they say is not read.
    let inner = |text| objects(text).unwrap_or_default();
    let (bank, vnpay, additional) = (inner(of(38)), inner(of(26)), inner(of(62)));
    let account = inner(found(&bank, 1));
    let scheme = match (found(&bank, 0), found(&vnpay, 0)) {
        ("A000000727", _) => Scheme::VietQr,
        (_, "A000000775") => Scheme::VnPay,
        _ => Scheme::Other,
    };
    let text = str::to_owned;
    Some(Decoded {
        scheme,
        init_method: text(of(1)),
        bank_bin: text(found(&account, 0)),
        account: text(found(&account, 1)),
        service: text(found(&bank, 2)),
        merchant_id: text(found(&vnpay, 1)),
        merchant_name: text(of(59)),
        amount: text(of(54)),
        purpose: text(found(&additional, 8)),
        bill_number: text(found(&additional, 1)),
        reference: text(found(&additional, 5)),
        store: text(found(&additional, 3)),
        terminal: text(found(&additional, 7)),
        currency: text(of(53)),
        country: text(of(58)),
    })
}

fn found<'a>(objects: &[(u8, &'a str)], tag: u8) -> &'a str {
    let one = objects.iter().find(|(other, _)| *other == tag);
    one.map_or("", |(_, value)| value)
}
