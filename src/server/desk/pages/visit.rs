//! Nothing is paid today, and that is kept.

use axum::extract::State;

use super::contract::{key_of, shown_again};
use super::draw::{Drawn, contract_url, go};
use crate::server::AppState;
use crate::server::desk::visit;
use crate::server::desk::who::DeskPerson;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::store::desk::NewVisit;

/// `POST /desk/contracts/{number}/visit`
pub async fn keep(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(number): PathParam<String>,
    form: FormData,
) -> Drawn {
    let visit = NewVisit {
        contract: &number,
        reason: form.text("reason"),
        again_on: Some(form.text("again_on")).filter(|day| !day.is_empty()),
        note: form.text("note"),
    };
    match visit::keep(&app, &me, &visit, key_of(&form)).await {
        Ok(_) => Ok(go(&format!("{}?done=visited", contract_url(&number)))),
        Err(refusal) => shown_again(&app, &me, &number, refusal, form, true).await,
    }
}
