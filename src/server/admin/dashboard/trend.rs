//! Thirty days as bars, each with its day's list behind it.

use crate::server::web::words::{count, local, money};
use crate::store::jobs::Day;

pub(super) struct Bar {
    pub x: f64,
    pub y: f64,
    pub height: f64,
    pub title: String,
    pub url: String,
}

/// Bars on a field of 720 × 120, each with its day's list behind it.
pub(super) fn bars(trend: &[Day]) -> Vec<Bar> {
    let most = trend.iter().map(|d| d.paid).max().unwrap_or(0).max(1);
    #[expect(clippy::cast_precision_loss, reason = "pixels")]
    let bar = |(at, d): (usize, &Day)| {
        let (y, height) = bar_of(d.paid, most);
        let full = day_of(d.start_ms, "%d/%m/%Y");
        Bar {
            x: at as f64 * 24.0 + 2.0,
            y,
            height,
            title: format!(
                "{full}: {} · {} lần thanh toán",
                money(d.paid),
                count(d.count)
            ),
            url: format!(
                "/admin/t/jobs?f.outcome.is=paid&f.ended_at.from={full}&f.ended_at.to={full}&sort=ended_at&desc=1"
            ),
        }
    };
    trend.iter().enumerate().map(bar).collect()
}

/// Where a bar begins and how high it is, on a field of 120 on which the highest fills it. What is anything is seen.
#[expect(clippy::cast_precision_loss, reason = "pixels")]
pub(super) fn bar_of(paid: i64, most: i64) -> (f64, f64) {
    let height = match paid {
        0 => 0.0,
        _ => (paid as f64 / most as f64 * 120.0).max(2.0),
    };
    (120.0 - height, height)
}

/// A day of Viet Nam in this form.
pub(super) fn day_of(ms: i64, form: &str) -> String {
    local(ms)
        .map(|t| t.strftime(form).to_string())
        .unwrap_or_default()
}
