//! Objects of EMV's merchant-presented QR: two digits of a tag, two digits of a length in characters,
//! the value; and the checksum at the end.

use crc::{CRC_16_IBM_3740, Crc};

/// The longest value: its length has two digits.
pub const VALUE_MAX: usize = 99;

/// CRC-16/CCITT-FALSE, which the catalogue of checksums calls by this name.
const CHECKSUM: Crc<u16> = Crc::<u16>::new(&CRC_16_IBM_3740);

/// The checksum over a text's UTF-8 bytes.
pub fn checksum(text: &str) -> u16 {
    CHECKSUM.checksum(text.as_bytes())
}

/// One object, or `None` where its value is too long. An empty value is no object at all.
pub fn object(tag: u8, value: &str) -> Option<String> {
    let length = value.chars().count();
    match length {
        0 => Some(String::new()),
        1..=VALUE_MAX => Some(format!("{tag:02}{length:02}{value}")),
        _ => None,
    }
}

/// All objects of a text in their order, or `None` where it is none of objects alone, or names one
/// twice: whoever reads the first would see another code than whoever reads the last.
pub fn objects(text: &str) -> Option<Vec<(u8, &str)>> {
    let mut found: Vec<(u8, &str)> = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let tag = two_digits(rest)?;
        let length = two_digits(rest.get(2..)?)?;
        rest = rest.get(4..)?;
        let end = match rest.char_indices().nth(usize::from(length)) {
            Some((at, _)) => at,
            None if rest.chars().count() == usize::from(length) => rest.len(),
            None => return None,
        };
        if found.iter().any(|(other, _)| *other == tag) {
            return None;
        }
        found.push((tag, &rest[..end]));
        rest = &rest[end..];
    }
    Some(found)
}

fn two_digits(text: &str) -> Option<u8> {
    let digits = text.get(..2)?;
    let is_plain = digits.bytes().all(|b| b.is_ascii_digit());
    is_plain.then(|| digits.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_of_the_catalogue() {
        assert_eq!(checksum("123456789"), 0x29B1);
    }

    #[test]
    fn objects_are_read_as_they_are_written_and_nothing_else_is() {
        assert_eq!(object(8, "HD 1").as_deref(), Some("0804HD 1"));
        assert_eq!(object(8, "").as_deref(), Some(""));
        assert_eq!(object(8, &"x".repeat(100)), None);
        assert_eq!(
            objects("0804HD 15802VN"),
            Some(vec![(8, "HD 1"), (58, "VN")])
        );
        assert_eq!(
            objects("0802đ5"),
            Some(vec![(8, "đ5")]),
            "characters, not bytes"
        );
        for broken in [
            "0",
            "08",
            "0805HD 1",
            "0804HD 1x",
            "+804HD 1",
            "0801a0801b",
            "08đ1",
        ] {
            assert_eq!(objects(broken), None, "{broken}");
        }
    }
}
