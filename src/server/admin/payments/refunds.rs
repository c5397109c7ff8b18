//! Refunds of a payment as attempts: what became of each, and what a person says of one that nobody knows.

use axum::extract::State;
use axum::response::Response;

use super::act::{Sure, is_sure};
use super::{reason, seen};
use crate::domain::payment::RefundState;
use crate::server::AppState;
use crate::server::pay::refund::settled_by_hand;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page};
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{money, time};
use crate::store::catalogue::payments::PAYMENT;
use crate::store::payments::RefundAttempt;

/// An attempt as the payment's page shows it.
pub(super) struct RefundRow {
    pub(super) id: i64,
    pub(super) request: String,
    pub(super) reference: String,
    pub(super) amount: String,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) said: String,
    pub(super) at: String,
    pub(super) is_open: bool,
}

impl RefundRow {
    pub(super) fn of(attempt: &RefundAttempt) -> Self {
        let (state, tone) = match attempt.state {
            RefundState::Begun => ("Sắp gửi", ""),
            RefundState::Unknown => ("Chưa rõ, máy chủ tự hỏi lại", "warn"),
            RefundState::Doubt => ("Cổng trả lời không rõ", "warn"),
            RefundState::Refused => ("Cổng không hoàn", "bad"),
            RefundState::Done => ("Đã hoàn", "good"),
        };
        Self {
            id: attempt.id,
            request: attempt.request_id.clone(),
            reference: attempt.reference.clone(),
            amount: money(attempt.amount),
            state,
            tone,
            said: attempt.said.clone().unwrap_or_default(),
            at: time(attempt.updated_at),
            is_open: attempt.state.is_open() && attempt.sent_at.is_some(),
        }
    }
}

/// `POST /admin/payments/{id}/refunds/{refund}`: a person says what the provider's own pages say.
pub(super) async fn settle(
    State(app): State<AppState>,
    person: Person,
    PathParam((id, refund)): PathParam<(i64, i64)>,
    form: FormData,
) -> Result<Response, Problem> {
    let row = seen(&app, &person, id).await?;
    let reason = reason(form.text("reason"))?;
    let is_paid_back = match form.text("outcome") {
        "done" => true,
        "refused" => false,
        _ => return Err(Problem::bad("Chọn cổng đã hoàn hay không hoàn.")),
    };
    let all = app.store().payments().refunds(id).await?;
    let attempt = all.iter().find(|attempt| attempt.id == refund);
    let attempt = attempt.ok_or_else(Problem::no_page)?;
    let home = format!("/admin/payments/{id}");
    if !is_sure(&form) {
        let (question, warning) = if is_paid_back {
            (
                "Cổng đã hoàn khoản này?",
                "Tiền được ghi là đã trả lại khách. Không sửa lại được.",
            )
        } else {
            (
                "Cổng không hoàn khoản này?",
                "Lệnh này khép lại, có thể hoàn lại bằng lệnh mới: nếu cổng thật ra đã hoàn, khách sẽ nhận hai lần.",
            )
        };
        return page(&Sure {
            frame: Frame::of(&person, "Xem lại rồi ghi", PAYMENT.name),
            question: question.to_owned(),
            facts: vec![
                ("Thanh toán", row.payment_code.clone()),
                ("Lệnh hoàn", attempt.request_id.clone()),
                ("Giao dịch", attempt.reference.clone()),
                ("Số tiền", money(attempt.amount)),
                ("Lý do", reason.clone()),
            ],
            warning,
            action: format!("{home}/refunds/{refund}"),
            kept: vec![
                ("outcome", form.text("outcome").to_owned()),
                ("reason", reason),
            ],
            back: home,
            verb: if is_paid_back {
                "Ghi đã hoàn"
            } else {
                "Ghi không hoàn"
            },
        });
    }
    settled_by_hand(&app, attempt, (is_paid_back, &reason), &person.actor()).await?;
    Ok(go(&format!("{home}?done=decided")))
}
