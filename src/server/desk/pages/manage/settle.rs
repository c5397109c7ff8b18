//! An item was settled elsewhere: somebody who answers for the shop says so, with a reason.

use axum::extract::State;

use crate::server::AppState;
use crate::server::desk::contract::{ids_of, nothing};
use crate::server::desk::pages::draw::{Drawn, contract_url, go};
use crate::server::desk::settle;
use crate::server::desk::who::DeskPerson;
use crate::server::web::form::FormData;

/// `POST /desk/manage/settle`
pub(super) async fn save(State(app): State<AppState>, me: DeskPerson, form: FormData) -> Drawn {
    let item = ids_of(&[form.text("item").to_owned()])?;
    let item = item.first().ok_or_else(|| nothing("Không có khoản này."))?;
    let reason = Some(form.text("reason")).filter(|reason| !reason.is_empty());
    settle::by_hand(&app, &me, *item, reason).await?;
    let url = contract_url(form.text("contract"));
    Ok(go(&format!("{url}?done=settled")))
}
