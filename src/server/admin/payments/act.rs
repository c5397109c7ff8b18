//! What a person does with a payment. What cannot be taken back is shown first and done when it is sent
//! again: the server asks, not the page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::{reason, seen};
use crate::domain::money::spoken;
use crate::domain::payment::{PaymentState, Provider};
use crate::server::AppState;
use crate::server::pay::cashier::Cashier;
use crate::server::pay::decide::{DecisionWord, TransferLine, decided, transferred};
use crate::server::pay::refund::{Refund, pay_back};
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page};
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{money, time};
use crate::store::catalogue::payments::PAYMENT;
use crate::store::payments::{HeardFrom, KeyUse, PaymentRow};

/// Letters of a bank's number, at most.
const REFERENCE_MAX: usize = 100;

/// What is to be done, before it is.
#[derive(Template)]
#[template(path = "sure.html")]
pub(super) struct Sure {
    pub(super) frame: Frame,
    pub(super) question: String,
    pub(super) facts: Vec<(&'static str, String)>,
    pub(super) warning: &'static str,
    pub(super) action: String,
    pub(super) kept: Vec<(&'static str, String)>,
    pub(super) back: String,
    pub(super) verb: &'static str,
}

/// Has the person seen what comes, and sent it again?
pub(super) fn is_sure(form: &FormData) -> bool {
    form.text("sure") == "1"
}

fn home(id: i64) -> String {
    format!("/admin/payments/{id}")
}

fn whose(row: &PaymentRow) -> Vec<(&'static str, String)> {
    vec![
        ("Thanh toán", row.payment_code.clone()),
        ("Khách", row.customer_name.clone()),
        ("Nội dung", row.description.clone()),
        ("Số tiền", money(row.standing.amount)),
        ("Đã nhận", money(row.received())),
    ]
}

/// An amount in a form, as people type it.
pub(super) fn amount(text: &str) -> Result<i64, Problem> {
    let read = spoken(text).map_err(|fault| Problem::bad(format!("Số tiền: {fault}.")))?;
    Some(read.dong())
        .filter(|dong| *dong > 0)
        .ok_or_else(|| Problem::bad("Số tiền phải lớn hơn 0."))
}

fn changed() -> Problem {
    Problem::new(
        axum::http::StatusCode::CONFLICT,
        "stale",
        "Somebody else changed it",
        "Khoản này vừa thay đổi. Mở lại, xem rồi quyết định.",
    )
}

/// Takes the money as this payment's, pays it back, or leaves it as it is.
pub(super) async fn decide(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    let row = seen(&app, &person, id).await?;
    let reason = reason(form.text("reason"))?;
    if form.number("as_of") != Some(row.updated_at) {
        return Err(changed());
    }
    let decision = form.text("decision");
    let back = match (decision, form.text("amount")) {
        ("refund", "") => Some(row.received()),
        ("refund", text) => Some(amount(text)?),
        _ => None,
    };
    if back.is_some_and(|back| back > row.received() || back <= 0) {
        return Err(Problem::bad(format!(
            "Khoản này đã nhận {}: không hoàn nhiều hơn.",
            money(row.received())
        )));
    }
    if !is_sure(&form) {
        return page(&asked(&person, &row, decision, &reason, back)?);
    }
    if let Some(back) = back {
        // The same refund of the same standing is the same one, however often it is pressed.
        let standing = format!("{id}|{}|{}|{back}", row.updated_at, row.received());
        let key = KeyUse::of("admin", &format!("refund|{standing}"), &standing);
        let refund = Refund {
            payment: row,
            amount: Some(back),
            reason,
            key: Some(key),
        };
        pay_back(&app, refund, person.actor()).await?;
    } else {
        let word = DecisionWord::of(decision).ok_or_else(nothing)?;
        decided(&app, &row, word, &reason, None, &person.actor()).await?;
    }
    Ok(go(&format!("{}?done=decided", home(id))))
}

fn nothing() -> Problem {
    Problem::bad("Chọn nhận, hoàn tiền hay bỏ qua.")
}

fn asked(
    person: &Person,
    row: &PaymentRow,
    decision: &str,
    reason: &str,
    back: Option<i64>,
) -> Result<Sure, Problem> {
    let (question, warning, verb, wire) = match decision {
        "accept" if row.state() == PaymentState::Underpaid => (
            "Nhận số tiền này là đủ?",
            "Phần còn thiếu không phải trả nữa. Không sửa lại được.",
            "Nhận là đủ",
            "accept",
        ),
        "accept" => (
            "Nhận số tiền này?",
            "Tiền được ghi cho khoản này. Không sửa lại được.",
            "Nhận",
            "accept",
        ),
        "refund" if row.provider == Provider::VnPay => (
            "Hoàn tiền cho khách?",
            "Lệnh hoàn tiền được gửi tới VNPay ngay. Không rút lại được.",
            "Hoàn tiền",
            "refund",
        ),
        "refund" => (
            "Ghi là đã hoàn tiền cho khách?",
            "Cổng này không tự hoàn: chuyển tiền cho khách trước, rồi mới ghi. Không sửa lại được.",
            "Ghi đã hoàn",
            "refund",
        ),
        "ignore" => (
            "Bỏ qua, để nguyên như hiện nay?",
            "Khoản này không còn trong danh sách cần xem.",
            "Bỏ qua",
            "ignore",
        ),
        _ => return Err(nothing()),
    };
    let mut facts = whose(row);
    if let Some(back) = back {
        facts.push(("Số tiền hoàn", money(back)));
    }
    facts.push(("Lý do", reason.to_owned()));
    Ok(Sure {
        frame: Frame::of(person, "Xem lại rồi ghi", PAYMENT.name),
        question: question.to_owned(),
        facts,
        warning,
        action: format!("{}/decide", home(row.id)),
        kept: vec![
            ("decision", wire.to_owned()),
            ("reason", reason.to_owned()),
            ("amount", back.map(|b| b.to_string()).unwrap_or_default()),
            ("as_of", row.updated_at.to_string()),
        ],
        back: home(row.id),
        verb,
    })
}

/// Asks the provider how it stands.
pub(super) async fn refresh(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    let row = seen(&app, &person, id).await?;
    Cashier::of(&app).refresh(row, HeardFrom::Poll).await?;
    Ok(go(&format!("{}?done=refreshed", home(id))))
}

/// Takes a payment back, at its provider first.
pub(super) async fn cancel(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    let row = seen(&app, &person, id).await?;
    if !is_sure(&form) {
        return page(&Sure {
            frame: Frame::of(&person, "Xem lại rồi hủy", PAYMENT.name),
            question: "Hủy khoản thanh toán này?".to_owned(),
            facts: whose(&row),
            warning: "Cổng được báo trước. Khách không trả bằng khoản này được nữa; khoản cần trả vẫn còn.",
            action: format!("{}/cancel", home(id)),
            kept: Vec::new(),
            back: home(id),
            verb: "Hủy khoản này",
        });
    }
    let actor = person.actor();
    let work = {
        let app = app.clone();
        async move { Cashier::of(&app).cancel(row, &actor).await }
    };
    let carried = app.carry_through(work).await;
    carried.map_err(|_| Problem::broken())??;
    Ok(go(&format!("{}?done=cancelled", home(id))))
}

/// Writes money down that a bank's statement shows.
pub(super) async fn transfer(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    let row = seen(&app, &person, id).await?;
    if row.provider != Provider::VietQr {
        return Err(Problem::bad(
            "Chỉ ghi tay tiền của cách chuyển khoản VietQR; cổng khác tự báo.",
        ));
    }
    let reference = form.text("reference");
    let is_plain = !reference.is_empty() && !reference.chars().any(char::is_control);
    if !is_plain || reference.len() > REFERENCE_MAX {
        return Err(Problem::bad("Mã giao dịch: cần 1–100 ký tự."));
    }
    let amount = amount(form.text("amount"))?;
    if amount > row.provider.amount_max() {
        return Err(Problem::bad("Số tiền quá lớn cho một lần chuyển."));
    }
    if !is_sure(&form) {
        let mut facts = whose(&row);
        facts.push(("Mã giao dịch", reference.to_owned()));
        facts.push(("Tiền về", money(amount)));
        facts.push(("Ghi lúc", time(app.store().now_ms())));
        return page(&Sure {
            frame: Frame::of(&person, "Xem lại rồi ghi", PAYMENT.name),
            question: format!("Ghi {} cho khoản này?", money(amount)),
            facts,
            warning: "So với sao kê trước khi ghi. Đã ghi thì chỉ hoàn lại được, không xóa được.",
            action: format!("{}/transfer", home(id)),
            kept: vec![
                ("reference", reference.to_owned()),
                ("amount", amount.to_string()),
            ],
            back: home(id),
            verb: "Ghi tiền về",
        });
    }
    let line = TransferLine {
        reference,
        amount,
        at_ms: None,
    };
    let outcome = transferred(&app, id, &line, &line.body(), None, &person.actor()).await?;
    let done = match (outcome.is_booked, outcome.differs) {
        (true, _) => "transferred",
        (false, true) => "differs",
        (false, false) => "known",
    };
    Ok(go(&format!("{}?done={done}", home(id))))
}
