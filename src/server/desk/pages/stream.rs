//! A payment's page that is open is told of changes as they come.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde_json::Value;
use tokio::sync::watch;

use super::payment::state_of;
use crate::server::AppState;
use crate::server::desk::pay;
use crate::server::desk::who::DeskPerson;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::extract::PathParam;

/// How often a silent line is kept from being closed.
const ALIVE: Duration = Duration::from_secs(20);

/// `GET /desk/payments/{id}/events`
pub async fn events(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Result<Response, PayRefusal> {
    let standing = pay::standing(&app, &me, id).await?;
    let changes = app.pay().listen(standing.desk.payable());
    let sse = Sse::new(told(app, me, id, changes));
    Ok(sse
        .keep_alive(KeepAlive::new().interval(ALIVE))
        .into_response())
}

/// One event at the beginning, and one for each change that is seen from outside.
fn told(
    app: AppState,
    me: DeskPerson,
    id: i64,
    changes: watch::Receiver<i64>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let begun = (app, me, changes, None::<Value>);
    stream::unfold(begun, move |(app, me, mut changes, last)| async move {
        let mut must_wait = last.is_some();
        loop {
            if must_wait && changes.changed().await.is_err() {
                // The server ends; the browser asks again.
                return None;
            }
            must_wait = true;
            // A database that is gone for a while: the next change, or the page's own asking, tells it.
            let Ok(standing) = pay::standing(&app, &me, id).await else {
                tokio::time::sleep(Duration::from_secs(1)).await;
                must_wait = false;
                continue;
            };
            let state = state_of(&standing);
            if Some(&state) == last.as_ref() {
                continue;
            }
            let event = Event::default().event("state").data(state.to_string());
            return Some((Ok(event), (app, me, changes, Some(state))));
        }
    })
}
