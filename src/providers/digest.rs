//! Keyed digests, as providers sign with them. Compared in constant time.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256, Sha512};

/// Digits of HMAC-SHA256.
const SHA256_DIGITS: usize = 64;
/// Digits of HMAC-SHA512.
const SHA512_DIGITS: usize = 128;

fn keyed_sha256(key: &[u8], text: &[u8]) -> Hmac<Sha256> {
    // A key longer than a block counts by its digest: HMAC's own rule.
    let mut block = [0; 64];
    if let Some(start) = block.get_mut(..key.len()) {
        start.copy_from_slice(key);
    } else {
        block[..32].copy_from_slice(&Sha256::digest(key));
    }
    <Hmac<Sha256> as hmac::KeyInit>::new(&block.into()).chain_update(text)
}

fn keyed_sha512(key: &[u8], text: &[u8]) -> Hmac<Sha512> {
    let mut block = [0; 128];
    if let Some(start) = block.get_mut(..key.len()) {
        start.copy_from_slice(key);
    } else {
        block[..64].copy_from_slice(&Sha512::digest(key));
    }
    <Hmac<Sha512> as hmac::KeyInit>::new(&block.into()).chain_update(text)
}

/// HMAC-SHA256 in lower-case hexadecimal digits.
pub fn hmac_sha256(key: &str, text: &[u8]) -> String {
    hex(&keyed_sha256(key.as_bytes(), text).finalize().into_bytes())
}

/// HMAC-SHA512 in lower-case hexadecimal digits.
pub fn hmac_sha512(key: &str, text: &[u8]) -> String {
    hex(&keyed_sha512(key.as_bytes(), text).finalize().into_bytes())
}

/// SHA-256 in lower-case hexadecimal digits.
pub fn sha256(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

/// Is it this text's HMAC-SHA256, as exactly 64 lower-case hexadecimal digits?
pub fn is_hmac_sha256(key: &str, text: &[u8], digits: &str) -> bool {
    let is_lower = !digits.bytes().any(|b| b.is_ascii_uppercase());
    is_lower && is_hmac_sha256_any_case(key, text, digits)
}

/// Is it this text's HMAC-SHA256, in hexadecimal digits of either case?
pub fn is_hmac_sha256_any_case(key: &str, text: &[u8], digits: &str) -> bool {
    let told = unhex(digits, SHA256_DIGITS);
    told.is_some_and(|told| {
        keyed_sha256(key.as_bytes(), text)
            .verify_slice(&told)
            .is_ok()
    })
}

/// Is it this text's HMAC-SHA512, in hexadecimal digits of either case?
pub fn is_hmac_sha512(key: &str, text: &[u8], digits: &str) -> bool {
    let told = unhex(digits, SHA512_DIGITS);
    told.is_some_and(|told| {
        keyed_sha512(key.as_bytes(), text)
            .verify_slice(&told)
            .is_ok()
    })
}

/// Are these two texts the same? Takes as long whatever differs in them.
pub fn is_equal(one: &str, other: &str) -> bool {
    let differing = one
        .bytes()
        .zip(other.bytes())
        .fold(0_u8, |found, (a, b)| found | (a ^ b));
    one.len() == other.len() && std::hint::black_box(differing) == 0
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn unhex(digits: &str, length: usize) -> Option<Vec<u8>> {
    if digits.len() != length {
        return None;
    }
    let nibble = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|n| u8::try_from(n).ok())
    };
    let pairs = digits.as_bytes().chunks_exact(2);
    pairs
        .map(|pair| Some(nibble(pair[0])? * 16 + nibble(pair[1])?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_those_of_the_standards() {
        // RFC 4231, test cases 2 and 6.
        let text = b"what do ya want for nothing?";
        let is = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hmac_sha256("Jefe", text), is);
        assert!(hmac_sha512("Jefe", text).starts_with("164b7a7bfcf819e2e395fbe73b56e0a3"));
        assert!(sha256(b"").starts_with("e3b0c442"));
    }

    #[test]
    fn only_the_digits_of_the_right_digest_are_taken() {
        let is = hmac_sha256("key", b"text");
        assert!(is_hmac_sha256("key", b"text", &is));
        assert!(!is_hmac_sha256("key", b"text", &is.to_uppercase()));
        assert!(is_hmac_sha256_any_case("key", b"text", &is.to_uppercase()));
        for wrong in [
            &is[1..],
            "",
            &format!("sha256={is}"),
            &format!("{is} "),
            &"0".repeat(64),
        ] {
            assert!(!is_hmac_sha256("key", b"text", wrong), "{wrong}");
        }
        assert!(!is_hmac_sha256("other", b"text", &is));
        assert!(!is_hmac_sha256("key", b"text", &"é".repeat(32)));
        let is = hmac_sha512("key", b"text");
        assert!(is_hmac_sha512("key", b"text", &is.to_uppercase()));
        assert!(!is_hmac_sha512("key", b"text", &is[1..]));
    }
}
