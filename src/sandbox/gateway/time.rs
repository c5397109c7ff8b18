//! The time as providers write it.

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Viet Nam's time, in a form.
pub fn local(ms: i64, form: &str) -> String {
    const AHEAD_MS: i64 = 7 * 3_600_000;
    jiff::Timestamp::from_millisecond(ms + AHEAD_MS)
        .map_or_else(|_| String::new(), |at| at.strftime(form).to_string())
}

/// RFC 3339.
pub fn instant(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |at| at.to_string())
}
