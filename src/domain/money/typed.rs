//! Amounts as people type and say them: `50k`, `2tr`, `2tr5`, `1,5 triệu`, `300 nghìn`.

use unicode_normalization::UnicodeNormalization;

use super::{MoneyFault, NotVnd, Vnd};

const THOUSAND: [&str; 5] = ["nghìn", "ngàn", "nghin", "ngan", "k"];
const MILLION: [&str; 3] = ["triệu", "trieu", "tr"];

impl Vnd {
    /// Reads an amount that a person has typed: as `FromStr` does, and with thousands and millions by
    /// their names. What could be read in two ways is refused.
    pub fn typed(text: &str) -> Result<Self, NotVnd> {
        if may_be_two(text) {
            return Err(NotVnd {
                text: text.to_owned(),
                why: MoneyFault::TwoWays,
            });
        }
        match spoken(text) {
            Some(dong) => Self::try_from(dong),
            None => text.parse(),
        }
    }

    /// Is the text meant as an amount, whether or not it is one that can be taken?
    pub fn is_meant(text: &str) -> bool {
        may_be_two(text) || Self::typed(text).is_ok()
    }
}

/// `1tr50`: 1.500.000 to one and 1.050.000 to another.
fn may_be_two(text: &str) -> bool {
    let plain = squeezed(text);
    let named = MILLION.iter().find_map(|name| plain.split_once(name));
    named.is_some_and(|(whole, part)| {
        part.len() == 2 && digits(part).is_some() && digits(whole).is_some()
    })
}

/// Without white space and the unit behind it, in small letters.
fn squeezed(text: &str) -> String {
    let plain: String = text
        .nfc()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_lowercase();
    let bare = ["đồng", "đ"]
        .iter()
        .find_map(|unit| plain.strip_suffix(unit));
    bare.map_or_else(|| plain.clone(), str::to_owned)
}

/// In đồng; `None`: there is no such name in it, or not in a way that means one amount.
fn spoken(text: &str) -> Option<i64> {
    let plain = squeezed(text);
    for name in MILLION {
        if let Some((whole, part)) = plain.split_once(name) {
            return millions(whole, part);
        }
    }
    let whole = THOUSAND.iter().find_map(|name| plain.strip_suffix(name))?;
    digits(whole)?.checked_mul(1_000)
}

/// `2` and `5` of `2tr5`, `1,5` of `1,5 triệu`: what comes behind counts as a decimal would.
fn millions(whole: &str, part: &str) -> Option<i64> {
    let (whole, part) = match whole.split_once([',', '.']) {
        // Three digits behind a point could be a group as well.
        Some((whole, decimals)) if part.is_empty() && decimals.len() <= 2 => (whole, decimals),
        Some(_) => return None,
        None => (whole, part),
    };
    let behind = match part.len() {
        0 => 0,
        1 => digits(part)? * 100_000,
        2 => digits(part)? * 10_000,
        3 => digits(part)? * 1_000,
        _ => return None,
    };
    digits(whole)?.checked_mul(1_000_000)?.checked_add(behind)
}

/// A number of a few digits and nothing else.
fn digits(text: &str) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_they_are_said() {
        for (text, dong) in [
            ("50k", 50_000),
            ("50 K", 50_000),
            ("300 nghìn", 300_000),
            ("300 ngàn đồng", 300_000),
            ("2tr", 2_000_000),
            ("2tr5", 2_500_000),
            ("1tr250", 1_250_000),
            ("3 triệu", 3_000_000),
            ("1,5 triệu", 1_500_000),
            ("1.25tr", 1_250_000),
            ("50.000", 50_000),
            ("350000 đ", 350_000),
        ] {
            let read = Vnd::typed(text).unwrap_or_else(|error| panic!("{error}"));
            assert_eq!(read.dong(), dong, "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_amounts_is_refused() {
        for text in [
            "1.500k",
            "1,5k",
            "1.500tr",
            "1tr50",
            "2 triệu 05",
            "tr",
            "k",
            "2tr5000",
            "-2tr",
            "2 tỷ",
            "",
        ] {
            assert!(Vnd::typed(text).is_err(), "{text}");
        }
        // And it is not taken for something else: who writes it means an amount.
        assert!(Vnd::is_meant("1tr50") && Vnd::is_meant("50k") && !Vnd::is_meant("DH-50"));
    }
}
