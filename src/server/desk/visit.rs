//! A visit that brought no money.

use super::contract::{key_used, nothing};
use super::who::DeskPerson;
use crate::domain::desk::is_day;
use crate::server::AppState;
use crate::server::pay::refusal::PayRefusal;
use crate::store::desk::NewVisit;

/// Letters of a reason or a note, at most.
const TEXT_MAX: usize = 255;

/// Keeps a visit that brought no money. Says its number.
pub async fn keep(
    app: &AppState,
    me: &DeskPerson,
    visit: &NewVisit<'_>,
    key: Option<&str>,
) -> Result<i64, PayRefusal> {
    if visit.reason.is_empty() {
        return Err(PayRefusal::invalid("reason: cần lý do."));
    }
    if visit.again_on.is_some_and(|day| !is_day(day)) {
        return Err(PayRefusal::invalid("again_on: cần ngày như 2026-11-26."));
    }
    if [visit.reason, visit.note]
        .into_iter()
        .any(|text| text.chars().count() > TEXT_MAX)
    {
        return Err(PayRefusal::invalid(format!(
            "Lý do và ghi chú nhiều nhất {TEXT_MAX} ký tự."
        )));
    }
    let collector = (me.person.user_id, me.person.username.as_str());
    let asked = format!(
        "visit|{}|{}|{:?}|{}",
        visit.contract, visit.reason, visit.again_on, visit.note
    );
    let key = me.key(key, &asked);
    let desk = app.store().desk();
    let kept = desk.visit(me.owner, collector, visit, key.as_ref()).await?;
    let id = kept.map_err(|_| key_used())?;
    id.ok_or_else(|| nothing("Không có hợp đồng này."))
}
