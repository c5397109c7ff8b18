//! How the portal writes and reads amounts. Pure.

/// `165,000 VND`: a contract's card.
pub fn comma_vnd(dong: i64) -> String {
    format!("{} VND", grouped(dong, ","))
}

/// `1.234.567 VND`: the electricity page.
pub fn dot_vnd(dong: i64) -> String {
    format!("{} VND", grouped(dong, "."))
}

/// `1.234.567 đ`: the balance.
pub fn balance(dong: i64) -> String {
    format!("{} đ", grouped(dong, "."))
}

/// Digits in groups of three.
pub fn grouped(dong: i64, separator: &str) -> String {
    let digits = dong.abs().to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push_str(separator);
        }
        out.push(digit);
    }
    if dong < 0 { format!("-{out}") } else { out }
}

/// A hidden number field's value; anything but digits is nothing.
pub fn plain(text: &str) -> Option<i64> {
    text.parse().ok().filter(|d| *d >= 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_as_each_page_does() {
        assert_eq!(comma_vnd(165_000), "165,000 VND");
        assert_eq!(dot_vnd(1_234_567), "1.234.567 VND");
        assert_eq!(balance(50_000_000), "50.000.000 đ");
        assert_eq!(
            (plain("150000"), plain("150.000"), plain("")),
            (Some(150_000), None, None)
        );
    }
}
