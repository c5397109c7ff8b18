//! Days and months as the window counts them: by the clock on the wall, as it shows every time.

use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::engine::{day_start_ms, month_start_ms};

/// The beginning of this month, in milliseconds since 1970.
pub(super) fn this_month_ms() -> i64 {
    month_start_ms(Timestamp::now(), &TimeZone::system())
}

/// The beginning of the local day that lies `days - 1` days back.
pub(super) fn since_ms(days: u16) -> i64 {
    let zone = TimeZone::system();
    let now = Timestamp::now().to_zoned(zone.clone());
    let first = now
        .checked_sub((i64::from(days.max(1)) - 1).days())
        .unwrap_or(now);
    day_start_ms(first.timestamp(), &zone)
}
