//! What people are told within the program, for programs and pages that ask.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::input::CallInput;
use super::refusal::PayRefusal;
use super::shown::time;
use super::who::{Who, WhoIs};
use crate::server::AppState;
use crate::store::notifications::{Reader, Sees};
use crate::store::payees;

/// Of the newest, so many are told.
const TOLD: u32 = 20;

fn reader(who: &Who) -> Result<Reader, PayRefusal> {
    who.may_look()?;
    let sees = match (who.only_of(), who.payee()) {
        (Some(_), _) => Sees::Own,
        (None, Some(payee)) => Sees::Payee(payee),
        (None, None) => Sees::All,
    };
    match &who.is {
        WhoIs::Program(program) => Ok(match &program.person {
            Some(person) => Reader::person(person.user_id, sees),
            None => Reader::token(program.machine.id, Sees::Payee(payees::FIRST)),
        }),
        WhoIs::Person(account) => Ok(Reader::person(account.user_id, sees)),
        WhoIs::BadToken | WhoIs::Stranger => Err(PayRefusal::unauthorized()),
    }
}

/// `GET /api/notifications/check`
pub async fn check(State(app): State<AppState>, who: Who) -> Result<Json<Value>, PayRefusal> {
    let reader = reader(&who)?;
    let notifications = app.store().notifications();
    let unread = notifications.unread(&reader).await?;
    let all: Vec<Value> = notifications
        .list(&reader, TOLD)
        .await?
        .into_iter()
        .map(|n| {
            json!({ "id": n.id, "title": n.title, "text": n.text, "url": n.url, "at": time(n.at), "read": n.is_read })
        })
        .collect();
    Ok(Json(
        json!({ "has_new": unread > 0, "unread": unread, "notifications": all }),
    ))
}

/// `POST /api/notifications/read`
pub async fn read(
    State(app): State<AppState>,
    who: Who,
    input: CallInput,
) -> Result<Json<Value>, PayRefusal> {
    let reader = reader(&who)?;
    let notifications = app.store().notifications();
    let is_all = input.flag("all")? == Some(true);
    match input.integers("ids")? {
        _ if is_all => notifications.read_all(&reader).await?,
        Some(ids) => notifications.read(&reader, &ids).await?,
        None => return Err(PayRefusal::invalid("Cần ids hoặc all.")),
    }
    let unread = notifications.unread(&reader).await?;
    Ok(Json(json!({ "success": true, "unread": unread })))
}
