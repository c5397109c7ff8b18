//! The codes that a payment is known by: a number for providers, a short word for people.

/// The largest order code that PayOS and JavaScript take: 2^53 − 1.
pub const ORDER_CODE_MAX: i64 = 9_007_199_254_740_991;

/// Order codes count from here: 1 January 2020, UTC, in milliseconds.
const SINCE_MS: i64 = 1_577_836_800_000;
/// Codes that one millisecond has room for.
const IN_A_MS: i64 = 10_000;
/// Letters and digits that nobody reads as another one.
const LETTERS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Letters of a payment's code behind its beginning.
const CODE_LETTERS: u32 = 7;

/// A number that was never used before, as far as time and chance allow it; the database's unique key
/// settles the rest. A provider remembers a number for ever, even where our database was lost, so it
/// comes from the clock and not from a counter.
pub const fn order_code(now_ms: i64, random: u64) -> i64 {
    let since = if now_ms > SINCE_MS {
        now_ms - SINCE_MS
    } else {
        0
    };
    // Until the year 2048 it stays below the largest one.
    let at = since % (ORDER_CODE_MAX / IN_A_MS);
    at * IN_A_MS + (random % IN_A_MS.unsigned_abs()).cast_signed() + 1
}

/// `GN7K2M9QX`: nine letters and digits, so that it fits where a bank leaves nine.
pub fn payment_code(random: u64) -> String {
    let letters = (0..CODE_LETTERS).map(|at| {
        let index = (random >> (5 * at)) & 31;
        char::from(LETTERS[usize::try_from(index).unwrap_or_default()])
    });
    "GN".chars().chain(letters).collect()
}

/// A payment's code as it stands somewhere in a bank's note, whatever a bank put around it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NoteCode(String);

impl NoteCode {
    /// Every code in a note: banks put words before it, cut what follows, and change the case.
    pub fn all_in(note: &str) -> Vec<Self> {
        let note: Vec<char> = note.to_ascii_uppercase().chars().collect();
        let is_letter = |c: &char| u8::try_from(*c).is_ok_and(|c| LETTERS.contains(&c));
        let length = 2 + CODE_LETTERS as usize;
        let mut found: Vec<Self> = Vec::new();
        for window in note.windows(length) {
            if window.starts_with(&['G', 'N']) && window[2..].iter().all(is_letter) {
                let code = Self(window.iter().collect());
                if !found.contains(&code) {
                    found.push(code);
                }
            }
        }
        found
    }

    /// As it is kept.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_fit_where_providers_take_them() {
        let now = 1_795_668_000_000;
        assert!(order_code(now, u64::MAX) > 0 && order_code(now, u64::MAX) <= ORDER_CODE_MAX);
        assert_ne!(order_code(now, 1), order_code(now + 1, 1));
        assert_ne!(order_code(now, 1), order_code(now, 2));
        let code = payment_code(0x1234_5678_9abc_def0);
        assert_eq!(code.len(), 9);
        assert!(
            code.chars()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        );
    }

    #[test]
    fn a_code_is_found_whatever_a_bank_writes_around_it() {
        let code = payment_code(77);
        for note in [
            code.clone(),
            format!("MBVCB.123.{code}.CT tu 0123"),
            format!("cs62h9 {}tien phong", code.to_lowercase()),
        ] {
            let found = NoteCode::all_in(&note);
            assert!(found.iter().any(|c| c.as_str() == code), "{note}");
        }
        assert!(NoteCode::all_in("GN 1234567 khong co ma").is_empty());
    }
}
