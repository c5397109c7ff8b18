//! What a collector did on a day.

use axum::extract::{Query, State};

use super::draw::{Drawn, contract_url, page, shell};
use super::payment::here;
use crate::domain::calendar::{DAY_MS, day_of};
use crate::domain::desk::DeskMethod;
use crate::domain::desk::message::written;
use crate::server::AppState;
use crate::server::desk::books::{self, OfDay};
use crate::server::desk::view::{DayPage, ReceiptRow, Tab, VisitRow};
use crate::server::desk::who::DeskPerson;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::words::{local, money};

/// `GET /desk/day?date=`
pub async fn show(State(app): State<AppState>, me: DeskPerson, Query(of): Query<OfDay>) -> Drawn {
    let (day, done) = books::day(&app, &me, of.date.as_deref()).await?;
    let (before, after) = beside(&app, &day)?;
    let sums = DeskMethod::ALL.map(|method| (method.label(), done.taken_by(method)));
    page(&DayPage {
        shell: shell(&me, "Sổ ngày", Tab::Day),
        day: written(&day),
        before,
        after,
        total: money(sums.iter().map(|(_, sum)| sum).sum()),
        methods: sums
            .iter()
            .filter(|(_, sum)| *sum > 0)
            .map(|(label, sum)| (*label, money(*sum)))
            .collect(),
        receipts: done
            .receipts
            .iter()
            .map(|receipt| ReceiptRow {
                url: here(receipt.payment),
                number: receipt.number.clone(),
                at: clock(receipt.at),
                contract: receipt.contract.clone(),
                method: receipt.method.label(),
                total: money(receipt.total),
                is_void: receipt.is_cancelled,
            })
            .collect(),
        visits: done
            .visits
            .iter()
            .map(|visit| VisitRow {
                url: contract_url(&visit.contract),
                contract: visit.contract.clone(),
                reason: visit.reason.clone(),
                again: visit
                    .again_on
                    .as_deref()
                    .map(|day| format!("Hẹn {}", written(day))),
            })
            .collect(),
    })
}

/// `09:05`
pub fn clock(ms: i64) -> String {
    local(ms).map_or_else(String::new, |at| at.strftime("%H:%M").to_string())
}

/// The day before and the day after, where that is not still to come.
pub fn beside(app: &AppState, day: &str) -> Result<(String, Option<String>), PayRefusal> {
    let (_, from_ms) = books::day_asked(app, Some(day))?;
    let today = day_of(app.store().now_ms());
    let after = day_of(from_ms + DAY_MS);
    Ok((
        day_of(from_ms - DAY_MS),
        Some(after).filter(|after| *after <= today),
    ))
}
