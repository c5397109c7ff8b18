//! Days as the window counts them.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::engine::day_start_ms;

/// The beginning of the local day that lies `days - 1` days back.
pub(super) fn since_ms(days: u16) -> i64 {
    let now = Timestamp::now().to_zoned(TimeZone::system());
    let first = now
        .checked_sub((i64::from(days.max(1)) - 1).days())
        .unwrap_or(now);
    day_start_ms(first.timestamp(), &TimeZone::system())
}
