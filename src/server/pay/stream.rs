//! A page that is open is told of changes as they come: server-sent events, each with what a refresh would
//! answer.

use std::convert::Infallible;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use serde_json::json;
use tokio::sync::watch;

use super::look::{of_token, owed_of, seen};
use super::path::Path;
use super::refusal::PayRefusal;
use super::who::Who;
use super::wire::StateForm;
use crate::server::AppState;

/// How often a silent line is kept from being closed.
const ALIVE: Duration = Duration::from_secs(20);

/// What is watched.
#[derive(Debug, Clone)]
enum Watched {
    Payment(i64),
    Token(String),
}

/// `GET /payment/events/{id}`
pub async fn of_payment(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Response, PayRefusal> {
    let (payment, _) = seen(&app, &who, id).await?;
    let changes = app.pay().listen(payment.payable);
    Ok(answered(app, Watched::Payment(id), changes))
}

/// `GET /pay/{token}/events`
pub async fn of_guest(
    State(app): State<AppState>,
    Path(token): Path<String>,
) -> Result<Response, PayRefusal> {
    let (payable, _) = of_token(&app, &token).await?;
    let changes = app.pay().listen(payable.at);
    Ok(answered(app, Watched::Token(token), changes))
}

fn answered(app: AppState, watched: Watched, changes: watch::Receiver<i64>) -> Response {
    let sse = Sse::new(events(app, watched, changes));
    sse.keep_alive(KeepAlive::new().interval(ALIVE))
        .into_response()
}

/// One event at the beginning, and one for each change that is seen from outside.
fn events(
    app: AppState,
    watched: Watched,
    changes: watch::Receiver<i64>,
) -> impl Stream<Item = Result<Event, Infallible>> {
    // Of what was told last only so much is kept as is needed to know it again: many pages are open at once.
    let begun = (app, watched, changes, None::<u64>);
    stream::unfold(begun, |(app, watched, mut changes, last)| async move {
        let mut must_wait = last.is_some();
        loop {
            if must_wait && changes.changed().await.is_err() {
                // The server ends; the browser asks again.
                return None;
            }
            must_wait = true;
            // A database that is gone for a while: the next change, or the page's own asking, tells it. What is needed
            // to ask is there only while it asks.
            let Ok(state) = Box::pin(state_of(&app, &watched)).await else {
                tokio::time::sleep(Duration::from_secs(1)).await;
                must_wait = false;
                continue;
            };
            let told = json!(state).to_string();
            let digest = digest_of(&told);
            if Some(digest) == last {
                continue;
            }
            let event = Event::default().event("state").data(told);
            return Some((Ok(event), (app, watched, changes, Some(digest))));
        }
    })
}

fn digest_of(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

async fn state_of(app: &AppState, watched: &Watched) -> Result<StateForm, PayRefusal> {
    match watched {
        Watched::Payment(id) => {
            let payment = app.store().payments().find(*id).await?;
            let payment = payment.ok_or_else(PayRefusal::not_found)?;
            let owed = owed_of(app, &payment).await?;
            Ok(StateForm::of(&payment, owed, None))
        }
        Watched::Token(token) => {
            let (payable, payment) = of_token(app, token).await?;
            Ok(match payment {
                Some(payment) => StateForm::of(&payment, payable.owed(), Some(token)),
                None => StateForm::not_begun(&payable),
            })
        }
    }
}
