//! Days, months and how long it will still take. Pure.

use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit, Zoned};

/// The beginning of the local day, in milliseconds since 1970.
pub fn day_start_ms(now: Timestamp, zone: &TimeZone) -> i64 {
    start_ms(now, zone, Zoned::start_of_day)
}

/// The beginning of the local month, in milliseconds since 1970.
pub fn month_start_ms(now: Timestamp, zone: &TimeZone) -> i64 {
    start_ms(now, zone, |local| {
        local
            .first_of_month()
            .and_then(|first| first.start_of_day())
    })
}

fn start_ms(
    now: Timestamp,
    zone: &TimeZone,
    start: impl Fn(&Zoned) -> Result<Zoned, jiff::Error>,
) -> i64 {
    let local = now.to_zoned(zone.clone());
    // Out of jiff's range only for clocks thousands of years off.
    start(&local).map_or(now.as_millisecond(), |start| {
        start.timestamp().as_millisecond()
    })
}

/// Seconds to the end by the pace so far; `None` before the first job is done.
pub fn eta_s(elapsed: jiff::Span, done: usize, total: usize) -> Option<u64> {
    let done_f = u32::try_from(done).ok().filter(|d| *d > 0).map(f64::from)?;
    let left = f64::from(u32::try_from(total.saturating_sub(done)).ok()?);
    let seconds = elapsed.total(Unit::Second).ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "rounded up, never negative"
    )]
    Some((seconds / done_f * left).ceil() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;

    #[test]
    fn the_day_begins_at_midnight_in_viet_nam() {
        let zone = TimeZone::fixed(jiff::tz::offset(7));
        let now: Timestamp = "2026-11-20T18:30:00Z".parse().expect("time"); // 01:30 on the 21st in Việt Nam
        let day: Timestamp = "2026-11-20T17:00:00Z".parse().expect("time");
        let month: Timestamp = "2026-10-31T17:00:00Z".parse().expect("time");
        assert_eq!(day_start_ms(now, &zone), day.as_millisecond());
        assert_eq!(month_start_ms(now, &zone), month.as_millisecond());
    }

    #[test]
    fn the_pace_so_far_tells_the_rest() {
        assert_eq!(eta_s(10.seconds(), 0, 5), None);
        assert_eq!(eta_s(10.seconds(), 5, 10), Some(10));
        assert_eq!(eta_s(10.seconds(), 10, 10), Some(0));
    }
}
