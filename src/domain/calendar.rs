//! Days as the shop has them. Times are milliseconds since 1970 everywhere; here they meet
//! midnight.

/// An hour.
pub const HOUR_MS: i64 = 3_600_000;
/// A day.
pub const DAY_MS: i64 = 24 * HOUR_MS;
/// Viet Nam is ahead of UTC, all year, since 1975.
pub const AHEAD_MS: i64 = 7 * HOUR_MS;

/// The midnight in Viet Nam before this moment.
pub const fn day_start(ms: i64) -> i64 {
    (ms + AHEAD_MS).div_euclid(DAY_MS) * DAY_MS - AHEAD_MS
}

/// The day in Viet Nam: `2026-11-21`.
pub fn day_of(ms: i64) -> String {
    old_time(ms + AHEAD_MS).chars().take(10).collect()
}

/// The midnight in Viet Nam at the beginning of the month of this moment.
pub fn month_start(ms: i64) -> i64 {
    let local = jiff::Timestamp::from_millisecond(ms + AHEAD_MS)
        .map(|at| at.to_zoned(jiff::tz::TimeZone::UTC));
    // Out of range only for clocks that are thousands of years off.
    let first = local.and_then(|at| at.first_of_month()?.start_of_day());
    first.map_or_else(
        |_| day_start(ms),
        |at| at.timestamp().as_millisecond() - AHEAD_MS,
    )
}

/// A moment as it goes over the wire: `2026-11-26T05:00:00Z`.
pub fn wire_time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |at| at.to_string())
}

/// A moment as people in Viet Nam write it: `23:59 25/11/2026`.
pub fn minute_of(ms: i64) -> String {
    written(ms, "%H:%M %d/%m/%Y")
}

/// A moment as people say it: `23:59 hôm qua`, `08:10 hôm nay`, else with its date.
pub fn when(ms: i64, now_ms: i64) -> String {
    let hour = written(ms, "%H:%M");
    match day_start(now_ms) - day_start(ms) {
        0 => format!("{hour} hôm nay"),
        DAY_MS => format!("{hour} hôm qua"),
        _ => minute_of(ms),
    }
}

fn written(ms: i64, pattern: &str) -> String {
    jiff::Timestamp::from_millisecond(ms + AHEAD_MS)
        .map_or_else(|_| String::new(), |at| at.strftime(pattern).to_string())
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
        assert_eq!(minute_of(evening), "23:59 21/11/2026");
        assert_eq!(when(evening, midnight), "23:59 hôm qua");
        assert_eq!(when(midnight, midnight), "00:00 hôm nay");
    }

    #[test]
    fn a_month_begins_at_midnight_in_viet_nam() {
        let at = |text: &str| {
            let at: jiff::Timestamp = text.parse().expect("a time");
            at.as_millisecond()
        };
        // 23:59 on 31 October and 00:00 on 1 November there; both are October in UTC.
        assert_eq!(
            month_start(at("2026-10-31T16:59:59Z")),
            at("2026-09-30T17:00:00Z")
        );
        assert_eq!(
            month_start(at("2026-10-31T17:00:00Z")),
            at("2026-10-31T17:00:00Z")
        );
    }
}
