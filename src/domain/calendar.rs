//! Days as the shop has them. Times are milliseconds since 1970 everywhere; here they meet
//! midnight.

/// A day.
pub const DAY_MS: i64 = 86_400_000;
/// Viet Nam is ahead of UTC, all year, since 1975.
pub const AHEAD_MS: i64 = 7 * 3_600_000;

/// The midnight in Viet Nam before this moment.
pub const fn day_start(ms: i64) -> i64 {
    (ms + AHEAD_MS).div_euclid(DAY_MS) * DAY_MS - AHEAD_MS
}

/// The day in Viet Nam: `2026-11-21`.
pub fn day_of(ms: i64) -> String {
    old_time(ms + AHEAD_MS).chars().take(10).collect()
}

/// A moment as the old system's tables keep it: `2026-11-21 10:20:30`, UTC.
pub fn old_time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(
        |_| "1970-01-01 00:00:00".to_owned(),
        |t| t.strftime("%Y-%m-%d %H:%M:%S").to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_viet_nam() {
        let at = |text: &str| {
            text.parse::<jiff::Timestamp>()
                .expect("a time")
                .as_millisecond()
        };
        let (evening, midnight) = (at("2026-11-21T16:59:59Z"), at("2026-11-21T17:00:00Z"));
        assert_eq!(
            (day_start(evening), day_start(midnight)),
            (at("2026-11-20T17:00:00Z"), midnight)
        );
        assert_eq!(
            (day_of(evening).as_str(), day_of(midnight).as_str()),
            ("2026-11-21", "2026-11-22")
        );
        assert_eq!(old_time(evening), "2026-11-21 16:59:59");
    }
}
