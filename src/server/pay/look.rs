//! Payments are looked at: by those who may, and by whoever has the link.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};

use super::begin::is_payer;
use super::cashier::Cashier;
use super::page::found;
use super::page::{self, ListRow, PayPage, Viewer, words};
use super::path::Path;
use super::refusal::PayRefusal;
use super::shown;
use super::who::{Who, WhoIs};
use super::wire::{AccountInfo, PaymentAndPayable, QrForm, StateForm};
use crate::domain::payment::PaymentState;
use crate::server::AppState;
use crate::server::web::preferred::wants_json;
use crate::server::web::words::money;
use crate::store::payments::{HeardFrom, Payable, PaymentRow};

/// Payables on a customer's own list.
const LIST_MAX: u32 = 100;

/// A payment that somebody may see, with what it is for.
pub async fn seen(app: &AppState, who: &Who, id: i64) -> Result<(PaymentRow, Payable), PayRefusal> {
    let payments = app.store().payments();
    let payment = payments.find(id).await?.ok_or_else(PayRefusal::not_found)?;
    let payable = app
        .store()
        .payments()
        .payables()
        .payable(payment.payable)
        .await?;
    let payable = payable
        .filter(|payable| who.sees_payment(&payment, payable))
        .ok_or_else(PayRefusal::not_found)?;
    Ok((payment, payable))
}

/// What the payable of a payment owes now, in đồng.
pub async fn owed_of(app: &AppState, payment: &PaymentRow) -> Result<i64, PayRefusal> {
    let payable = app
        .store()
        .payments()
        .payables()
        .payable(payment.payable)
        .await?;
    Ok(payable.ok_or_else(PayRefusal::not_found)?.owed())
}

/// What a link opens, with the payment that matters now: the one that is paid, else the newest.
pub async fn of_token(
    app: &AppState,
    token: &str,
) -> Result<(Payable, Option<PaymentRow>), PayRefusal> {
    let payments = app.store().payments();
    let payable = app
        .store()
        .payments()
        .payables()
        .payable_of_token(token)
        .await?;
    let payable = payable.ok_or_else(PayRefusal::not_found)?;
    let all = payments.of_payable(payable.at).await?;
    let best = foremost(&all, payable.owed());
    Ok((payable, best.cloned()))
}

/// The payment that matters now, of those of one payable, the newest first.
fn foremost(all: &[PaymentRow], owed: i64) -> Option<&PaymentRow> {
    if owed == 0 {
        let is_it = |p: &&PaymentRow| p.standing.money.credited > 0;
        return all.iter().find(is_it);
    }
    let is_open = |p: &&PaymentRow| p.state().is_open() && !p.is_closing;
    // One whose provider has not answered yet is nothing to look at while another one can be paid.
    let can_be_paid = |p: &&PaymentRow| is_open(p) && p.state() != PaymentState::Created;
    // Nor is one whose link asks for more than is owed, since other money came.
    let find = |wanted: &dyn Fn(&&PaymentRow) -> bool| all.iter().find(|p| wanted(p));
    find(&|p| can_be_paid(p) && p.fits(owed))
        .or_else(|| find(&|p| is_open(p) && p.fits(owed)))
        .or_else(|| find(&can_be_paid))
        .or_else(|| find(&is_open))
        .or_else(|| all.first())
}

async fn shop(app: &AppState, payable: &Payable) -> Result<String, PayRefusal> {
    let payee = app.store().payees().find(payable.owner_id).await?;
    Ok(payee.map(|p| p.name).unwrap_or_default())
}

/// `GET /payment/status/{id}`
pub async fn status(
    State(app): State<AppState>,
    who: Who,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Path(id): Path<i64>,
) -> Result<Response, PayRefusal> {
    let (payment, payable) = seen(&app, &who, id).await?;
    if wants_json(&headers) {
        return Ok(Json(PaymentAndPayable::of(&app, Some(&payment), &payable)).into_response());
    }
    let is_stale = shown::is_stale(&payment, payable.owed());
    let is_over = (!payment.state().is_open() || is_stale) && payable.owed() > 0;
    let wants_other = query.as_deref().is_some_and(|q| q.contains("methods=1"));
    let may_pay = who.may_pay().is_ok();
    let methods = if may_pay && (is_over || wants_other) {
        let cashier = Cashier::of(&app);
        cashier
            .methods(payable.owner_id, payable.renter.username.is_some())
            .await?
    } else {
        Vec::new()
    };
    let drawn = PayPage {
        words: words::of(&headers, query.as_deref()),
        shop: &shop(&app, &payable).await?,
        payable: &payable,
        payment: Some(&payment),
        methods: &methods,
        viewer: Viewer::Known,
        may_cancel: may_pay,
        now_ms: app.store().now_ms(),
    };
    Ok(words::remembered(query.as_deref(), drawn.draw()?))
}

/// `GET /payment/success/{id}`, `GET /payment/failed/{id}`: the payment as it is, whatever the address says.
pub async fn ended(
    State(app): State<AppState>,
    who: Who,
    headers: HeaderMap,
    query: RawQuery,
    Path(id): Path<i64>,
) -> Result<Response, PayRefusal> {
    status(State(app), who, headers, query, Path(id)).await
}

/// `GET /pay/{token}`
pub async fn guest(
    State(app): State<AppState>,
    who: Who,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    Path(token): Path<String>,
) -> Result<Response, PayRefusal> {
    let (payable, payment) = of_token(&app, &token).await?;
    let now_ms = app.store().now_ms();
    let is_waiting = payment
        .as_ref()
        .is_some_and(|p| p.state().is_open() && !shown::is_stale(p, payable.owed()));
    let wants_other = query.as_deref().is_some_and(|q| q.contains("methods=1"));
    let offers = payable.owed() > 0 && !payable.is_over(now_ms) && (!is_waiting || wants_other);
    let methods = if offers {
        let has_wallet = is_payer(&who, &payable);
        Cashier::of(&app)
            .methods(payable.owner_id, has_wallet)
            .await?
    } else {
        Vec::new()
    };
    if wants_json(&headers) {
        let body = PaymentAndPayable {
            methods: Some(methods.iter().map(|m| m.wire()).collect()),
            ..PaymentAndPayable::of(&app, payment.as_ref(), &payable)
        };
        return Ok(Json(body).into_response());
    }
    let drawn = PayPage {
        words: words::of(&headers, query.as_deref()),
        shop: &shop(&app, &payable).await?,
        payable: &payable,
        payment: payment.as_ref(),
        methods: &methods,
        viewer: Viewer::Guest { token: &token },
        may_cancel: true,
        now_ms,
    };
    Ok(words::remembered(query.as_deref(), drawn.draw()?))
}

/// `GET /payment/refresh-status/{id}`
pub async fn refresh(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Json<StateForm>, PayRefusal> {
    let (payment, _) = seen(&app, &who, id).await?;
    let admitted = app.pay().admit_refresh(&who.key(), payment.id);
    admitted.map_err(PayRefusal::limited)?;
    let payment = Cashier::of(&app).refresh(payment, HeardFrom::Poll).await?;
    let owed = owed_of(&app, &payment).await?;
    Ok(Json(StateForm::of(&payment, owed, None)))
}

/// `GET /pay/{token}/refresh`
pub async fn guest_refresh(
    State(app): State<AppState>,
    who: Who,
    Path(token): Path<String>,
) -> Result<Json<StateForm>, PayRefusal> {
    let (payable, payment) = of_token(&app, &token).await?;
    let admitted = app
        .pay()
        .admit_refresh(&format!("guest|{}", who.from.ip), payable.at.id);
    admitted.map_err(PayRefusal::limited)?;
    let Some(payment) = payment else {
        return Ok(Json(StateForm::not_begun(&payable)));
    };
    let payment = Cashier::of(&app).refresh(payment, HeardFrom::Poll).await?;
    let owed = owed_of(&app, &payment).await?;
    Ok(Json(StateForm::of(&payment, owed, Some(&token))))
}

/// `GET /payment/qr/{id}`
pub async fn qr(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Json<QrForm>, PayRefusal> {
    let (payment, payable) = seen(&app, &who, id).await?;
    let owed = payable.owed();
    let qr_text = shown::qr_text(&payment, owed);
    Ok(Json(QrForm {
        success: true,
        qr_code: shown::qr_data_url(qr_text.as_deref()),
        qr_text,
        account_info: AccountInfo::of(&payment, owed),
    }))
}

fn picture(payment: Option<&PaymentRow>, owed: i64) -> Result<Response, PayRefusal> {
    let text = payment.and_then(|p| shown::qr_text(p, owed));
    let png = text
        .as_deref()
        .and_then(shown::qr_png)
        .ok_or_else(PayRefusal::not_found)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}

/// The QR as a picture.
pub async fn qr_picture(
    State(app): State<AppState>,
    who: Who,
    Path(id): Path<i64>,
) -> Result<Response, PayRefusal> {
    let (payment, payable) = seen(&app, &who, id).await?;
    picture(Some(&payment), payable.owed())
}

/// The QR as a picture, for whoever has the link.
pub async fn guest_qr_picture(
    State(app): State<AppState>,
    Path(token): Path<String>,
) -> Result<Response, PayRefusal> {
    let (payable, payment) = of_token(&app, &token).await?;
    picture(payment.as_ref(), payable.owed())
}

/// `GET /payment`: what a customer has to pay, and has paid.
pub async fn own(
    State(app): State<AppState>,
    who: Who,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PayRefusal> {
    let WhoIs::Person(person) = &who.is else {
        return Ok(found("/admin/sign-in?next=%2Fpayment"));
    };
    let w = words::of(&headers, query.as_deref());
    let payments = app.store().payments();
    let mut rows = Vec::new();
    for payable in app
        .store()
        .payments()
        .payables()
        .payables_of(&person.username, LIST_MAX)
        .await?
    {
        let newest = payments.of_payable(payable.at).await?.into_iter().next();
        let state = match &newest {
            _ if payable.owed() == 0 && payable.paid > 0 => PaymentState::Paid,
            Some(payment) => payment.state(),
            None => PaymentState::Pending,
        };
        let url = match &newest {
            Some(payment) => format!("/payment/status/{}", payment.id),
            None => format!("/pay/{}", payable.pay_token),
        };
        rows.push(ListRow {
            url,
            title: payable.title.clone(),
            status: w.state(state),
            amount: money(payable.amount),
        });
    }
    let who = person.name.as_deref().unwrap_or(&person.username);
    Ok(words::remembered(
        query.as_deref(),
        page::list(w, who, rows)?,
    ))
}
