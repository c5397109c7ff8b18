//! A payment at the door: how it stands, asking for it, its one-time password, taking it back.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use secrecy::SecretString;
use serde_json::{Value, json};

use super::draw::{Drawn, JustDone, contract_url, go, page_with, shell};
use crate::domain::desk::{DeskMethod, ItemState};
use crate::domain::money::in_words;
use crate::domain::payment::PaymentState;
use crate::server::AppState;
use crate::server::desk::pay::{self, DeskStanding};
use crate::server::desk::receipt;
use crate::server::desk::view::{
    NoticeLine, OtpForm, PaidItem, PaymentPage, QrCard, ReceiptCard, SettleForm, Tab,
};
use crate::server::desk::who::DeskPerson;
use crate::server::pay::refusal::PayRefusal;
use crate::server::pay::shown;
use crate::server::pay::wire::OtpTerms;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::words::{money, time};
use crate::store::desk::{DeskItem, DeskNotice, DeskPayment};

/// Digits of a one-time password, at most.
const OTP_MAX: usize = 8;

/// `GET /desk/payments/{id}`
pub async fn show(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
    Query(done): Query<JustDone>,
) -> Drawn {
    let standing = pay::standing(&app, &me, id).await?;
    let mut page = drawn(&app, &me, &standing);
    page.shell.notice = done.notice();
    page_with(StatusCode::OK, &page)
}

/// `GET /desk/payments/{id}/refresh`: asks the provider, and says how it stands.
pub async fn refresh(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Result<Json<Value>, PayRefusal> {
    let who = format!("desk:{}", me.person.user_id);
    let admitted = app.pay().admit_refresh(&who, id);
    admitted.map_err(PayRefusal::limited)?;
    let standing = pay::ask(&app, &me, id, None).await?;
    Ok(Json(state_of(&standing)))
}

/// How it stands, for the page's script.
pub fn state_of(standing: &DeskStanding) -> Value {
    json!({ "state": word(standing), "message": pay::message(standing) })
}

/// `GET /desk/payments/{id}/qr.png`
pub async fn qr(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Drawn {
    let standing = pay::standing(&app, &me, id).await?;
    let png = pay::qr_text(&standing)
        .and_then(|text| shown::qr_png(&text))
        .ok_or_else(PayRefusal::not_found)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}

/// `POST /desk/payments/{id}/check`: where nothing has come yet, that is said.
pub async fn check(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Drawn {
    let standing = pay::ask(&app, &me, id, None).await?;
    if standing.money.state().is_open() {
        let mut page = drawn(&app, &me, &standing);
        page.shell.error = Some(pay::message(&standing).to_owned());
        return page_with(StatusCode::OK, &page);
    }
    Ok(go(&here(id)))
}

/// `POST /desk/payments/{id}/otp`
pub async fn otp(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Drawn {
    let typed = form.text("otp");
    let is_code = (4..=OTP_MAX).contains(&typed.len()) && typed.bytes().all(|b| b.is_ascii_digit());
    let entered = if is_code {
        pay::enter_otp(&app, &me, id, SecretString::from(typed.to_owned()), None).await
    } else {
        Err(PayRefusal::invalid("Mã OTP chỉ có chữ số."))
    };
    done_or_again(&app, &me, id, entered).await
}

/// `POST /desk/payments/{id}/otp/resend`
pub async fn resend(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Drawn {
    let sent = pay::resend_otp(&app, &me, id, None).await;
    done_or_again(&app, &me, id, sent).await
}

/// `POST /desk/payments/{id}/cancel`: back to the choice of how to pay.
pub async fn cancel(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Drawn {
    match pay::cancel(&app, &me, id, None).await {
        Ok(standing) if !standing.money.state().is_open() => {
            let url = contract_url(&standing.desk.contract);
            Ok(go(&format!("{url}?done=cancelled")))
        }
        cancelled => done_or_again(&app, &me, id, cancelled).await,
    }
}

/// `POST /desk/payments/{id}/void`: a receipt is cancelled, with the reason.
pub async fn void(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Drawn {
    let standing = pay::standing(&app, &me, id).await?;
    let number = standing.desk.receipt.as_deref();
    let number = number.ok_or_else(PayRefusal::not_found)?;
    let reason = Some(form.text("reason")).filter(|reason| !reason.is_empty());
    match receipt::cancel(&app, &me, number, reason, None).await {
        Ok(_) => Ok(go(&format!("{}?done=voided", here(id)))),
        Err(refusal) => again(&app, &me, id, &refusal).await,
    }
}

/// On to the payment's page; where it was refused, the page with what was in the way.
async fn done_or_again(
    app: &AppState,
    me: &DeskPerson,
    id: i64,
    done: Result<DeskStanding, PayRefusal>,
) -> Drawn {
    match done {
        Ok(_) => Ok(go(&here(id))),
        Err(refusal) => again(app, me, id, &refusal).await,
    }
}

async fn again(app: &AppState, me: &DeskPerson, id: i64, refusal: &PayRefusal) -> Drawn {
    let standing = pay::standing(app, me, id).await?;
    let mut page = drawn(app, me, &standing);
    page.shell.error = Some(refusal.error().to_owned());
    page_with(refusal.status(), &page)
}

/// Where a payment is.
pub fn here(id: i64) -> String {
    format!("/desk/payments/{id}")
}

/// How it stands, in one word; `void`: its receipt was cancelled.
fn word(standing: &DeskStanding) -> &'static str {
    if standing.desk.cancelled_at.is_some() {
        "void"
    } else {
        standing.money.state().wire()
    }
}

fn drawn(app: &AppState, me: &DeskPerson, standing: &DeskStanding) -> PaymentPage {
    let DeskStanding { desk, money: row } = standing;
    let state = row.state();
    let is_open = state.is_open();
    let received = row.received();
    let here = here(desk.id);
    let url = contract_url(&desk.contract);
    let mut shell = shell(me, "Thanh toán", Tab::Today);
    shell.back = Some(url.clone());
    PaymentPage {
        shell,
        state: word(standing),
        status: if desk.cancelled_at.is_some() {
            "Phiếu thu đã hủy"
        } else {
            pay::message(standing)
        },
        message: explained(desk, state),
        events: is_open.then(|| format!("{here}/events")),
        refresh: is_open.then(|| format!("{here}/refresh")),
        total: money(desk.total),
        missing: (is_open && received > 0).then(|| money(desk.total - received)),
        method: desk.method.label(),
        customer: desk.customer_name.clone(),
        contract: desk.contract.clone(),
        contract_url: url,
        receipt: receipt_card(app, desk, &here),
        qr: qr_card(standing, &here),
        otp: otp_form(standing),
        may_check: is_open && desk.method != DeskMethod::Cash,
        may_cancel: is_open && received == 0,
        may_void: me.is_manager() && desk.has_receipt() && desk.method == DeskMethod::Cash,
        items: desk.items.iter().map(paid_item).collect(),
        notices: desk.notices.iter().map(notice_line).collect(),
        settle: settle_form(me, desk),
        here,
    }
}

/// For who answers for the shop: what is paid and not settled by a job may have been settled elsewhere.
fn settle_form(me: &DeskPerson, desk: &DeskPayment) -> Option<SettleForm> {
    let items: Vec<_> = desk
        .items
        .iter()
        .filter(|item| item.state == ItemState::Paid)
        .map(|item| {
            (
                item.id.to_string(),
                format!("{}: {}", item.number, money(item.amount)),
            )
        })
        .collect();
    (me.is_manager() && !items.is_empty()).then(|| SettleForm {
        contract: desk.contract.clone(),
        items,
    })
}

fn explained(desk: &DeskPayment, state: PaymentState) -> String {
    if let Some(reason) = &desk.cancel_reason {
        return format!("Lý do: {reason}");
    }
    let text = match state {
        PaymentState::Created => {
            "Cổng thanh toán chưa trả lời. Bấm Kiểm tra thanh toán sau ít giây, hoặc hủy để chọn cách khác."
        }
        PaymentState::Processing => "Cổng đang xử lý. Trang tự chuyển khi xong.",
        PaymentState::Cancelled | PaymentState::Expired | PaymentState::Failed => {
            "Chưa thu gì. Về hợp đồng để chọn cách trả khác."
        }
        PaymentState::Review => "Tiền đã tới nhưng cần người của cửa hàng xem. Đừng thu lại.",
        _ => "",
    };
    text.to_owned()
}

fn receipt_card(app: &AppState, desk: &DeskPayment, here: &str) -> Option<ReceiptCard> {
    Some(ReceiptCard {
        number: desk.receipt.clone()?,
        at: desk.receipt_at.map_or_else(String::new, time),
        words: in_words(desk.total),
        print_url: format!("{here}/print"),
        pdf_url: format!("{here}/receipt.pdf"),
        url: receipt::url(app, desk),
    })
}

fn qr_card(standing: &DeskStanding, here: &str) -> Option<QrCard> {
    let row = &standing.money;
    let is_shown = row.state().is_open() && pay::qr_text(standing).is_some();
    is_shown.then(|| QrCard {
        picture: format!("{here}/qr.png"),
        until: time(row.expires_at),
        until_ms: row.expires_at,
    })
}

fn otp_form(standing: &DeskStanding) -> Option<OtpForm> {
    let row = &standing.money;
    let asked = OtpTerms::of(row).filter(|_| row.state().is_open())?;
    Some(OtpForm {
        sent_to: asked.sent_to.unwrap_or_default(),
        attempts_left: asked.attempts_left,
    })
}

fn paid_item(item: &DeskItem) -> PaidItem {
    PaidItem {
        number: item.number.clone(),
        content: if item.content.is_empty() {
            item.number.clone()
        } else {
            item.content.clone()
        },
        amount: money(item.amount),
        state: match item.state {
            ItemState::Settled => "đã gạch nợ",
            ItemState::Paid => "đã thu",
            ItemState::Taken => "đang thu",
            ItemState::Open => "chưa thu",
        },
    }
}

fn notice_line(notice: &DeskNotice) -> NoticeLine {
    let channel = match notice.channel.as_str() {
        "hifpt" => "HiFPT",
        "zns" => "Zalo",
        _ => "SMS",
    };
    let said = match notice.message() {
        Some(message) => message.to_owned(),
        None => match notice.parts {
            Some(parts) if channel == "SMS" => format!("đang gửi, {parts} phần"),
            _ => "đang gửi".to_owned(),
        },
    };
    NoticeLine {
        title: format!("{channel}: {said}"),
        text: notice.text.clone().unwrap_or_default(),
        is_blocked: !notice.is_queued,
    }
}
