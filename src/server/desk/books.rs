//! Days: a collector's own, and the shop's book.

use serde::Deserialize;

use super::who::DeskPerson;
use crate::domain::calendar::{AHEAD_MS, day_of};
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::store::desk::{BookOfDay, CollectorDay};

/// Which day a call or a page asks for; `None`: today.
#[derive(Debug, Default, Deserialize)]
pub struct OfDay {
    /// Like `2026-11-26`.
    pub date: Option<String>,
}

/// A day with its beginning, in milliseconds since 1970; today where nobody says.
pub fn day_asked(app: &AppState, asked: Option<&str>) -> Result<(String, i64), PayRefusal> {
    let day = match asked.map(str::trim).filter(|day| !day.is_empty()) {
        Some(day) => day.to_owned(),
        None => day_of(app.store().now_ms()),
    };
    let bad = || PayRefusal::invalid("date: cần ngày như 2026-11-26.");
    let date: jiff::civil::Date = day.parse().map_err(|_| bad())?;
    let start = date
        .to_zoned(jiff::tz::TimeZone::UTC)
        .map_err(|_| bad())?
        .timestamp()
        .as_millisecond();
    Ok((day, start - AHEAD_MS))
}

/// A collector's day.
pub async fn day(
    app: &AppState,
    me: &DeskPerson,
    asked: Option<&str>,
) -> Result<(String, CollectorDay), PayRefusal> {
    let (day, _) = day_asked(app, asked)?;
    let done = app
        .store()
        .desk()
        .cash()
        .day(me.person.user_id, &day)
        .await?;
    Ok((day, done))
}

/// The shop's book of a day.
pub async fn book(
    app: &AppState,
    me: &DeskPerson,
    asked: Option<&str>,
) -> Result<(String, BookOfDay), PayRefusal> {
    me.manager()?;
    let (day, from_ms) = day_asked(app, asked)?;
    let book = app
        .store()
        .desk()
        .cash()
        .book(me.owner, &day, from_ms)
        .await?;
    Ok((day, book))
}
