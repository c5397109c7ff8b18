//! What a key may be set to, and by whom.

use std::ops::RangeInclusive;

/// From what to what a number may be; `None`: any that is not negative.
pub fn bounds(key: &str) -> Option<RangeInclusive<u32>> {
    Some(match key {
        "portal.person_timeout_s" => 1..=3_600,
        "portal.retries" => 0..=20,
        "reconcile.wait_s" => 0..=86_400,
        "reconcile.settle_ms" | "reconcile.apart_ms" => 0..=86_400_000,
        "api.jobs_at_once" | "portal.failures_before_pause" => 1..=1_000,
        "portal.answer_timeout_s" | "api.health_timeout_s" | "api.data_timeout_s" => 1..=600,
        "browser.sessions" | "browser.logins_per_browser" => 1..=64,
        "browser.keep_open_min" | "window.lock_after_min" => 0..=1_440,
        "limits.repeat_hours" => 0..=8_760,
        "evidence.keep_days" => 1..=36_500,
        "window.scale_percent" => 80..=200,
        "auto.every_min" => 1..=1_440,
        "auto.quiet_from" | "auto.quiet_to" => 0..=23,
        _ => return None,
    })
}

/// What a key may be, where it is one of a few.
pub fn choices(key: &str) -> &'static [&'static str] {
    match key {
        "api.source" => &["api", "site"],
        "window.language" => &["vi", "en"],
        _ => &[],
    }
}

/// Is it for the shop's owner alone to set this? Whoever works here may change how the window looks and
/// where reports go; limits, passwords and addresses decide where money goes.
pub fn is_owners(key: &str) -> bool {
    !key.starts_with("window.") && key != "report.folder"
}
