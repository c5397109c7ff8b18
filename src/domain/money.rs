//! Whole đồng.

mod spoken;
mod words;

pub use spoken::spoken;
pub use words::in_words;

mod typed;

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Whole đồng. Never negative; the đồng has no minor unit, so no float ever touches it.
///
/// Reads `150000`, `1.234.567`, `50.000đ`, `1,234,567 VND`; writes `1.234.567 đ`. As JSON it is a
/// bare number.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(try_from = "i64", into = "i64")]
pub struct Vnd(i64);

/// The largest amount that is read: one quadrillion đồng, far above anything real, far below an
/// overflow.
const AMOUNT_MAX: i64 = 1_000_000_000_000_000;

/// Why a text is no amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} không phải số tiền: {why}. Nhập như 350000 hoặc 350.000")]
pub struct NotVnd {
    /// The text as it came.
    pub text: String,
    /// What is wrong with it.
    pub why: MoneyFault,
}

/// What is wrong with a text that should be an amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyFault {
    /// Nothing but white space or a unit.
    #[error("để trống")]
    Empty,
    /// A minus sign in front.
    #[error("số âm")]
    Negative,
    /// Something that is neither digit, separator nor unit.
    #[error("có ký tự lạ")]
    Letters,
    /// Separators that do not stand before groups of three digits: `1.5`, `1234.000`, `1.234,56`.
    #[error("dấu phân cách không đúng chỗ (đồng không có phần lẻ)")]
    Grouping,
    /// Words that two people would read as two amounts: `1tr50`.
    #[error("có thể hiểu hai cách, ghi đủ các số 0")]
    TwoWays,
    /// More than one quadrillion.
    #[error("quá lớn")]
    TooLarge,
}

impl Vnd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount known to the source code. Compile-time constants only; values from outside are
    /// parsed.
    pub const fn fixed(dong: u32) -> Self {
        Self(dong as i64)
    }

    /// The amount in whole đồng.
    pub const fn dong(self) -> i64 {
        self.0
    }

    /// The sum, or `None` above the largest amount.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Self::try_from(self.0.checked_add(other.0)?).ok()
    }

    /// The difference, or `None` where it would be negative.
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Self::try_from(self.0.checked_sub(other.0)?).ok()
    }

    /// The sum, held at the largest amount: for totals on a screen, where an overflow must not stop
    /// the work.
    #[must_use]
    pub fn saturating_add(self, other: Self) -> Self {
        self.checked_add(other).unwrap_or(Self(AMOUNT_MAX))
    }

    /// Nothing at all?
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Bare digits, as the portal's fields want them typed: `150000`.
    pub fn digits(self) -> String {
        self.0.to_string()
    }

    /// Every amount of money that can be read in a sentence, in order.
    ///
    /// Only tokens that a person would read as money count: grouped (`150.000`) or followed by a
    /// unit. A bare run of digits may be a code or a phone number, so it does not.
    pub fn all_in(sentence: &str) -> Vec<Self> {
        let text: String = sentence
            .nfc()
            .map(|c| if c.is_whitespace() { ' ' } else { c })
            .collect();
        let chars: Vec<char> = text.chars().collect();
        let mut found = Vec::new();
        let mut at = 0;
        while at < chars.len() {
            let before_is_word = at > 0
                && (chars[at - 1].is_alphanumeric()
                    || matches!(chars[at - 1], '_' | '.' | ',' | '-'));
            if !chars[at].is_ascii_digit() || before_is_word {
                at += 1;
                continue;
            }
            let end = (at..chars.len())
                .find(|&i| !chars[i].is_ascii_digit() && !matches!(chars[i], '.' | ','))
                .unwrap_or(chars.len());
            let token: String = chars[at..end].iter().collect();
            let number = token.trim_end_matches(['.', ',']);
            let rest: String = chars[end..]
                .iter()
                .take(6)
                .collect::<String>()
                .trim_start()
                .to_lowercase();
            let has_unit = ["vnd", "vnđ", "đồng", "đ", "₫"].iter().any(|unit| {
                rest.strip_prefix(unit)
                    .is_some_and(|after| !after.starts_with(char::is_alphanumeric))
            });
            let glued = chars
                .get(end)
                .is_some_and(|c| c.is_alphabetic() || *c == '_')
                && !has_unit;
            if !glued && (has_unit || number.contains(['.', ','])) {
                found.extend(number.parse::<Self>().ok());
            }
            at = end.max(at + 1);
        }
        found
    }
}

impl TryFrom<i64> for Vnd {
    type Error = NotVnd;

    fn try_from(dong: i64) -> Result<Self, NotVnd> {
        let refused = |why| NotVnd {
            text: dong.to_string(),
            why,
        };
        match dong {
            ..0 => Err(refused(MoneyFault::Negative)),
            0..=AMOUNT_MAX => Ok(Self(dong)),
            _ => Err(refused(MoneyFault::TooLarge)),
        }
    }
}

impl From<Vnd> for i64 {
    fn from(amount: Vnd) -> Self {
        amount.0
    }
}

impl FromStr for Vnd {
    type Err = NotVnd;

    fn from_str(text: &str) -> Result<Self, NotVnd> {
        read(text).map(Self).map_err(|why| NotVnd {
            text: text.to_owned(),
            why,
        })
    }
}

fn read(text: &str) -> Result<i64, MoneyFault> {
    let clean: String = text
        .nfc()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .collect::<String>()
        .to_lowercase();
    let mut number = clean.trim();
    for unit in ["vnd", "vnđ", "đồng", "đ", "₫"] {
        if let Some(bare) = number.strip_suffix(unit) {
            number = bare.trim_end();
            break;
        }
    }
    if number.is_empty() {
        return Err(MoneyFault::Empty);
    }
    if let Some(rest) = number.strip_prefix(['-', '−']) {
        let is_number = rest.trim_start().starts_with(|c: char| c.is_ascii_digit());
        return Err(if is_number {
            MoneyFault::Negative
        } else {
            MoneyFault::Letters
        });
    }
    if !number
        .chars()
        .all(|c| c.is_ascii_digit() || matches!(c, '.' | ','))
    {
        return Err(MoneyFault::Letters);
    }
    let digits = ungrouped(number).ok_or(MoneyFault::Grouping)?;
    match digits.trim_start_matches('0') {
        "" => Ok(0),
        significant if significant.len() > 16 => Err(MoneyFault::TooLarge),
        significant => significant
            .parse()
            .ok()
            .filter(|d| *d <= AMOUNT_MAX)
            .ok_or(MoneyFault::TooLarge),
    }
}

/// Takes one kind of thousands separator out, or `None` where the groups are not thousands.
fn ungrouped(number: &str) -> Option<String> {
    let separator = number.chars().find(|c| !c.is_ascii_digit());
    let Some(separator) = separator else {
        return Some(number.to_owned());
    };
    let groups: Vec<&str> = number.split(separator).collect();
    let (first, rest) = groups.split_first()?;
    let sound = (1..=3).contains(&first.len())
        && first.chars().all(|c| c.is_ascii_digit())
        && !(first.len() > 1 && first.starts_with('0'))
        && *first != "0"
        && rest
            .iter()
            .all(|g| g.len() == 3 && g.chars().all(|c| c.is_ascii_digit()));
    sound.then(|| groups.concat())
}

impl fmt::Display for Vnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{} đ", grouped(self.0)))
    }
}

/// `1.234.567`, `−1.234`: any whole number as people read it.
pub fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 3);
    if number < 0 {
        out.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(digit);
    }
    out
}

impl Sum for Vnd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::saturating_add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reads(text: &str) -> i64 {
        text.parse::<Vnd>().unwrap_or_else(|e| panic!("{e}")).dong()
    }

    fn refuses(text: &str) -> MoneyFault {
        text.parse::<Vnd>().expect_err(text).why
    }

    #[test]
    fn amounts_are_read_as_the_portal_and_people_write_them() {
        for (text, dong) in [
            ("1.234.567", 1_234_567),
            ("50.000đ", 50_000),
            ("1,234,567 VND", 1_234_567),
            ("165,000 VND", 165_000),
            ("1.234.567 đ", 1_234_567),
            ("1.234.567\u{a0}đ", 1_234_567),
            (" 350000 ", 350_000),
            ("350000₫", 350_000),
            ("20.000 đồng", 20_000),
            ("20.000 Đ", 20_000),
            ("20.000 vnđ", 20_000),
            ("0", 0),
            ("0 đ", 0),
            (
                "20.000d\u{0335}"
                    .trim_end_matches('\u{0335}')
                    .trim_end_matches('d'),
                20_000,
            ),
        ] {
            assert_eq!(reads(text), dong, "{text:?}");
        }
    }

    #[test]
    fn what_is_not_whole_dong_is_refused_with_the_reason() {
        for (text, why) in [
            ("", MoneyFault::Empty),
            ("  đ", MoneyFault::Empty),
            ("-5", MoneyFault::Negative),
            ("-50.000đ", MoneyFault::Negative),
            ("1.5", MoneyFault::Grouping),
            ("165,000.00", MoneyFault::Grouping),
            ("165.000,00", MoneyFault::Grouping),
            ("1234.000", MoneyFault::Grouping),
            ("1.2345", MoneyFault::Grouping),
            ("0.500", MoneyFault::Grouping),
            (".500", MoneyFault::Grouping),
            ("1..000", MoneyFault::Grouping),
            ("1 000", MoneyFault::Letters),
            ("12a", MoneyFault::Letters),
            ("--", MoneyFault::Letters),
            ("1e5", MoneyFault::Letters),
            ("99999999999999999999", MoneyFault::TooLarge),
        ] {
            assert_eq!(refuses(text), why, "{text:?}");
        }
    }

    #[test]
    fn money_in_a_sentence_is_found_and_codes_are_not() {
        let all = |s| {
            Vnd::all_in(s)
                .into_iter()
                .map(Vnd::dong)
                .collect::<Vec<_>>()
        };
        assert_eq!(all("Thanh toán 165,000 VND cho mã 600000001?"), [165_000]);
        assert_eq!(all("Nạp 50000đ cho 0981234567. Phí 0 đ."), [50_000, 0]);
        assert_eq!(all("Số tiền: 1.234.567."), [1_234_567]);
        assert_eq!(all("mã GD 20.000abc, PE01.000"), Vec::<i64>::new());
        assert_eq!(all("không có gì"), Vec::<i64>::new());
    }

    #[test]
    fn sums_never_wrap() {
        let big = Vnd::try_from(AMOUNT_MAX).expect("max");
        assert_eq!(big.checked_add(Vnd::fixed(1)), None);
        assert_eq!(Vnd::fixed(5).checked_sub(Vnd::fixed(6)), None);
        assert_eq!([big, big].into_iter().sum::<Vnd>(), big);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_back(dong in 0..AMOUNT_MAX) {
            let amount = Vnd::try_from(dong).expect("in range");
            prop_assert_eq!(reads(&amount.to_string()), dong);
            prop_assert_eq!(reads(&amount.digits()), dong);
            prop_assert_eq!(reads(&amount.to_string().replace('.', ",")), dong);
        }

        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Vnd>();
            let _ = Vnd::all_in(&text);
        }
    }
}
