//! The form of a visit without money: why, and when somebody comes again.

use crate::domain::calendar::day_of;
use crate::domain::desk::message::written;
use crate::server::AppState;
use crate::server::desk::view::VisitForm;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::form::FormData;
use crate::server::web::words::time;
use crate::store::desk::PastVisit;

/// Reasons to choose from.
const REASONS: [&str; 6] = [
    "Khách vắng nhà",
    "Khách hẹn ngày khác",
    "Khách chưa có tiền",
    "Khách báo đã thanh toán",
    "Khách khiếu nại dịch vụ",
    "Không tìm được địa chỉ",
];
/// Visits before that are shown.
const PAST_MAX: u32 = 3;

/// The form, with the visits before.
pub async fn visit_form(
    app: &AppState,
    contract: i64,
    sent: Option<&FormData>,
) -> Result<VisitForm, PayRefusal> {
    let text = |name: &str| sent.map_or_else(String::new, |form| form.text(name).to_owned());
    let past = app.store().desk().visits_to(contract, PAST_MAX).await?;
    Ok(VisitForm {
        is_open: sent.is_some(),
        reason: text("reason"),
        reasons: REASONS.to_vec(),
        again_on: text("again_on"),
        today: day_of(app.store().now_ms()),
        note: text("note"),
        past: past.iter().map(said).collect(),
    })
}

fn said(visit: &PastVisit) -> String {
    let mut said = vec![format!("{}: {}", time(visit.at), visit.reason)];
    said.extend(
        visit
            .again_on
            .as_deref()
            .map(|day| format!("hẹn {}", written(day))),
    );
    said.extend(Some(visit.note.clone()).filter(|note| !note.is_empty()));
    said.join(", ")
}
