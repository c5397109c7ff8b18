//! Days: a collector's own, and the shop's book.

use serde_json::{Value, json};

use super::who::DeskPerson;
use crate::domain::calendar::{AHEAD_MS, day_of};
use crate::domain::desk::DeskMethod;
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::server::pay::shown::time;
use crate::store::desk::{Book, CollectorDay};

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
    let done = app.store().desk_cash().day(me.person.user_id, &day).await?;
    Ok((day, done))
}

/// A collector's day as the wire shows it.
pub fn day_shown(day: &str, done: &CollectorDay) -> Value {
    let receipts: Vec<Value> = done
        .receipts
        .iter()
        .map(|r| {
            json!({ "number": r.number, "contract": r.contract, "total": r.total, "method": r.method.wire(), "at": time(r.at), "cancelled": r.is_cancelled })
        })
        .collect();
    let visits: Vec<Value> = done
        .visits
        .iter()
        .map(|v| json!({ "contract": v.contract, "reason": v.reason, "again_on": v.again_on }))
        .collect();
    let mut by_method = serde_json::Map::new();
    for method in DeskMethod::ALL {
        by_method.insert(method.wire().to_owned(), json!(done.taken_by(method)));
    }
    json!({ "date": day, "receipts": receipts, "by_method": by_method, "visits": visits })
}

/// The shop's book of a day.
pub async fn book(
    app: &AppState,
    me: &DeskPerson,
    asked: Option<&str>,
) -> Result<(String, Book), PayRefusal> {
    me.manager()?;
    let (day, from_ms) = day_asked(app, asked)?;
    let book = app
        .store()
        .desk_cash()
        .book(me.owner, &day, from_ms)
        .await?;
    Ok((day, book))
}

/// The book as the wire shows it.
pub fn book_shown(day: &str, book: &Book) -> Value {
    let differences: Vec<Value> = book
        .differences
        .iter()
        .map(|d| json!({ "what": d.what, "amount": d.amount, "reason": d.reason }))
        .collect();
    json!({
        "date": day,
        "collected": { "cash": book.cash, "wallet": book.wallet, "qr": book.qr },
        "handed_in": book.handed_in,
        "held": book.held,
        "counted": book.counted,
        "transfers": book.transfers,
        "settled": book.settled,
        "differences": differences,
    })
}
