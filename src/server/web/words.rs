//! Money, counts and times as people of the shop read them.

use crate::domain::money::grouped;

/// `1.234.567 đ`
pub fn money(dong: i64) -> String {
    format!("{} đ", grouped(dong))
}

/// `1.234.000 đ`; nothing where there is none.
pub fn money_if_any(dong: i64) -> String {
    match dong {
        0 => String::new(),
        some => money(some),
    }
}

/// A count, grouped.
pub fn count(number: i64) -> String {
    grouped(number)
}

/// `21/11/2026 15:04`, as a clock in Viet Nam shows it.
pub fn time(ms: i64) -> String {
    local(ms).map_or_else(
        || "—".to_owned(),
        |t| t.strftime("%d/%m/%Y %H:%M").to_string(),
    )
}

/// The time in Viet Nam, which has had no other since 1975.
pub fn local(ms: i64) -> Option<jiff::Zoned> {
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(7));
    jiff::Timestamp::from_millisecond(ms)
        .ok()
        .map(|t| t.to_zoned(zone))
}

/// `3 phút trước`
pub fn ago(then: i64, now: i64) -> String {
    let seconds = (now - then).max(0) / 1000;
    match seconds {
        0..60 => "vừa xong".to_owned(),
        60..3600 => format!("{} phút trước", seconds / 60),
        3600..86_400 => format!("{} giờ trước", seconds / 3600),
        _ => time(then),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_and_times_read_as_in_the_shop() {
        assert_eq!(
            [money(0), money(1_234), money(-1_234_567)],
            ["0 đ", "1.234 đ", "−1.234.567 đ"]
        );
        assert_eq!(time(1_795_275_840_000), "21/11/2026 22:44");
        assert_eq!(
            [ago(0, 59_000), ago(0, 120_000)],
            ["vừa xong", "2 phút trước"]
        );
    }
}
