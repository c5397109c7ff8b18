//! What providers tell by themselves: believed by its signature and nothing else, booked, answered as each
//! provider wants to be answered.

use std::sync::LazyLock;

use axum::Json;
use axum::extract::{OriginalUri, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::cashier::Cashier;
use super::facts;
use super::path::{Path, WholeBody};
use super::refusal::PayRefusal;
use super::wire::NoticeTaken;
use crate::domain::payment::Provider;
use crate::providers::payos::{OFFICIAL, SEED};
use crate::providers::{
    Channel, News, ProviderEvent, Settings, WebhookRefusal, payos, vnpay, wallet,
};
use crate::server::AppState;
use crate::store::digest;
use crate::store::payments::{Fact, Heard, HeardFrom, HeardOutcome, NewUnmatched, PaymentRow};

/// News that are worked on at once: what comes on top is told to come again.
static IN_WORK: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(256));

/// A place to work in, or the answer that there is none.
fn admitted() -> Result<SemaphorePermit<'static>, Box<Response>> {
    IN_WORK
        .try_acquire()
        .map_err(|_| Box::new(PayRefusal::busy().into_response()))
}

fn unbelieved(provider: Provider) -> Response {
    metrics::counter!("gachno_webhooks_refused_total", "provider" => provider.wire()).increment(1);
    let body = json!({ "error": "Invalid signature" });
    (StatusCode::BAD_REQUEST, Json(body)).into_response()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// `POST /webhook/payos`
pub async fn payos_any(
    State(app): State<AppState>,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, PayRefusal> {
    from_payos(&app, None, &headers, &body).await
}

/// `POST /webhook/payos/{owner}`
pub async fn payos_of(
    State(app): State<AppState>,
    Path(owner): Path<i64>,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, PayRefusal> {
    from_payos(&app, Some(owner), &headers, &body).await
}

/// `GET /webhook/payos/health`
pub async fn payos_health() -> Json<Value> {
    Json(json!({ "status": "ok" }))
}

async fn from_payos(
    app: &AppState,
    owner: Option<i64>,
    headers: &HeaderMap,
    raw: &[u8],
) -> Result<Response, PayRefusal> {
    let _place = match admitted() {
        Ok(place) => place,
        Err(busy) => return Ok(*busy),
    };
    let known = payment_of(app, Provider::PayOs, payos::peek_order_code(raw).as_deref()).await?;
    let known = known.filter(|payment| owner.is_none_or(|owner| owner == payment.owner_id));
    let whose = match (&known, owner) {
        (Some(payment), _) => Some(payment.owner_id),
        (None, owner) => owner,
    };
    let keys = keys_of(app, Channel::PayOs, whose).await?;
    let signature = text(headers, "x-signature");
    let mut shape = None;
    let read = keys.iter().find_map(|(payee, settings)| {
        match payos::read_webhook(settings, signature, raw) {
            Ok(event) => Some((*payee, event)),
            Err(WebhookRefusal::Shape(member)) => {
                shape = Some(member);
                None
            }
            Err(WebhookRefusal::Signature) => None,
        }
    });
    let Some((payee, event)) = read else {
        return Ok(match shape {
            Some(member) => {
                let body = json!({ "error": format!("{member} is missing or not what it should be"), "code": "VALIDATION_ERROR" });
                (StatusCode::BAD_REQUEST, Json(body)).into_response()
            }
            None => unbelieved(Provider::PayOs),
        });
    };
    // Signed is what counts; what was peeked at was only to find the key.
    let payment = known.filter(|payment| payment.order_code == event.order_code);
    let told = String::from_utf8_lossy(raw);
    let (payment, is_official) = (payment, event.kind.starts_with(OFFICIAL));
    let Some(payment) = payment else {
        return unknown_order(app, payee, &event, is_official).await;
    };
    heard(app, &payment, &event, &told).await?;
    if is_official {
        return Ok(Json(json!({ "success": true })).into_response());
    }
    let taken = NoticeTaken {
        success: true,
        message: "Webhook processed",
        order_code: event.order_code.to_string(),
        status: event.kind.trim_start_matches(SEED),
    };
    Ok(Json(taken).into_response())
}

/// The payment of this provider that has this number.
async fn payment_of(
    app: &AppState,
    provider: Provider,
    order_code: Option<&str>,
) -> Result<Option<PaymentRow>, PayRefusal> {
    let Some(code) = order_code.and_then(|code| code.parse().ok()) else {
        return Ok(None);
    };
    let found = app.store().payments().of_order(code).await?;
    Ok(found.filter(|payment| payment.provider == provider))
}

/// The settings that may have signed: this payee's alone, else those of everybody who is there.
async fn keys_of(
    app: &AppState,
    channel: Channel,
    payee: Option<i64>,
) -> Result<Vec<(i64, Settings)>, PayRefusal> {
    let channels = app.channels().await?;
    let fault = |fault: crate::server::channels::ChannelFault| {
        tracing::error!(%fault, "a provider's settings cannot be opened");
        PayRefusal::busy()
    };
    match payee {
        Some(payee) => Ok(channels
            .own(payee, channel)
            .map_err(fault)?
            .map(|open| (payee, open.settings.clone()))
            .into_iter()
            .collect()),
        None => channels
            .all(channel)
            .into_iter()
            .map(|open| {
                open.map(|open| (open.payee, open.settings.clone()))
                    .map_err(fault)
            })
            .collect(),
    }
}

/// News of an order that nobody here made: money of it is kept until a person says whose it is.
async fn unknown_order(
    app: &AppState,
    payee: i64,
    event: &ProviderEvent,
    is_official: bool,
) -> Result<Response, PayRefusal> {
    if !is_official {
        let body = json!({ "error": "Payment not found", "code": "NOT_FOUND" });
        return Ok((StatusCode::NOT_FOUND, Json(body)).into_response());
    }
    if let News::Money(transfer) = &event.news
        && transfer.currency == "VND"
    {
        let money = facts::seen(transfer);
        let new = NewUnmatched {
            provider: Provider::PayOs,
            owner_id: Some(payee),
            order_code: &event.order_code.to_string(),
            money: &money,
            note: None,
        };
        app.store().money_books().keep_unmatched(&new).await?;
        metrics::counter!("gachno_unmatched_total", "provider" => "payos").increment(1);
    }
    Ok(Json(json!({ "success": true })).into_response())
}

/// Books what was told of a payment. What has to be asked is asked soon, by the one server that asks.
async fn heard(
    app: &AppState,
    payment: &PaymentRow,
    event: &ProviderEvent,
    body: &str,
) -> Result<HeardOutcome, PayRefusal> {
    let cashier = Cashier::of(app);
    // Money needs no second look at what it is for.
    let is_settled = matches!(event.news, News::Ended(_)) && cashier.is_settled(payment).await?;
    let facts = facts::of_news(event, is_settled);
    // The same reference with another amount is another piece of news, for a person to see.
    let key = match &event.news {
        News::Money(money) => format!("{}|{}|{}", event.key, money.amount, money.currency),
        _ => event.key.clone(),
    };
    let told = Heard {
        payment: payment.id,
        source: HeardFrom::Webhook,
        kind: &event.kind,
        key: &key,
        body,
        facts: facts.as_deref().unwrap_or_default(),
        actor: None,
    };
    let outcome = cashier.hear(&told).await?;
    if facts.is_none() && outcome.payment.state().is_open() {
        app.store()
            .payments()
            .questions()
            .ask_soon(payment.id)
            .await?;
    }
    Ok(outcome)
}

/// The answer that VNPay reads.
fn said(code: &'static str, message: &'static str) -> Response {
    Json(json!({ "RspCode": code, "Message": message })).into_response()
}

/// `GET /payment/vnpay/ipn`: checked in the order that VNPay's table has.
pub async fn vnpay_ipn(State(app): State<AppState>, RawQuery(query): RawQuery) -> Response {
    let Ok(_place) = admitted() else {
        return said("99", "Unknown error");
    };
    match ipn(&app, query.as_deref().unwrap_or_default()).await {
        Ok((code, message)) => said(code, message),
        Err(_) => said("99", "Unknown error"),
    }
}

/// The payee whose terminal this is, with its settings.
async fn terminal(app: &AppState, tmn_code: &str) -> Result<Option<(i64, Settings)>, PayRefusal> {
    let keys = keys_of(app, Channel::VnPay, None).await?;
    let is_it = |(_, settings): &(i64, Settings)| settings.text("tmn_code") == Some(tmn_code);
    Ok(keys.into_iter().find(is_it))
}

async fn ipn(app: &AppState, query: &str) -> Result<(&'static str, &'static str), PayRefusal> {
    let unsigned = || {
        metrics::counter!("gachno_webhooks_refused_total", "provider" => "vnpay").increment(1);
        Ok(("97", "Invalid signature"))
    };
    let Some((tmn_code, order_code)) = vnpay::peek(query) else {
        return unsigned();
    };
    let Some((payee, settings)) = terminal(app, &tmn_code).await? else {
        return unsigned();
    };
    let Ok(notice) = vnpay::read_notice(&settings, query) else {
        return unsigned();
    };
    let payment = payment_of(app, Provider::VnPay, Some(&order_code)).await?;
    let Some(payment) = payment.filter(|payment| payment.owner_id == payee) else {
        return Ok(("01", "Order not found"));
    };
    let event = &notice.event;
    let payments = app.store().payments();
    if notice.amount_hundredths != payment.standing.amount.saturating_mul(100) {
        // Not the key that the right amount would have.
        let key = format!("{}|{}", event.key, notice.amount_hundredths);
        let kept = (HeardFrom::Webhook, event.kind.as_str(), key.as_str(), query);
        payments
            .keep_event(
                Some(payment.id),
                "vnpay",
                kept,
                "Số tiền khác số tiền của khoản này.",
            )
            .await?;
        return Ok(("04", "Invalid amount"));
    }
    let was_open = payment.state().is_open();
    let outcome = heard(app, &payment, event, query).await?;
    if outcome.is_repeat || !was_open {
        Ok(("02", "Order already confirmed"))
    } else {
        Ok(("00", "Confirm Success"))
    }
}

/// `GET /payment/vnpay/return`: shows a page, and asks. Its signature leads to the payment.
pub async fn vnpay_return(
    State(app): State<AppState>,
    who: super::who::Who,
    RawQuery(query): RawQuery,
) -> Result<Response, PayRefusal> {
    let query = query.unwrap_or_default();
    let signed = match vnpay::peek(&query) {
        Some((tmn_code, order_code)) => terminal(&app, &tmn_code)
            .await?
            .filter(|(_, settings)| vnpay::read_notice(settings, &query).is_ok())
            .map(|(payee, _)| (payee, order_code)),
        None => None,
    };
    let Some((payee, order_code)) = signed else {
        // Not signed: the link's own token may lead on.
        return super::back::back(&app, &who, &query).await;
    };
    let payment = payment_of(&app, Provider::VnPay, Some(&order_code)).await?;
    let payment = payment
        .filter(|payment| payment.owner_id == payee)
        .ok_or_else(PayRefusal::not_found)?;
    super::back::to_status(&app, &who, payment).await
}

/// `POST /webhook/wallet`
pub async fn from_wallet(
    State(app): State<AppState>,
    OriginalUri(uri): OriginalUri,
    headers: HeaderMap,
    WholeBody(body): WholeBody,
) -> Result<Response, PayRefusal> {
    let _place = match admitted() {
        Ok(place) => place,
        Err(busy) => return Ok(*busy),
    };
    let known = payment_of(
        &app,
        Provider::Wallet,
        wallet::peek_order_code(&body).as_deref(),
    )
    .await?;
    let keys = keys_of(&app, Channel::Wallet, known.as_ref().map(|p| p.owner_id)).await?;
    let (timestamp, signature) = (text(&headers, "x-timestamp"), text(&headers, "x-signature"));
    let path = uri
        .path_and_query()
        .map_or("/webhook/wallet", |p| p.as_str());
    let now_s = app.store().now_ms() / 1_000;
    let read = keys.iter().find_map(|(_, settings)| {
        wallet::read_notice(settings, timestamp, signature, path, &body, now_s).ok()
    });
    let Some(notice) = read else {
        return Ok(unbelieved(Provider::Wallet));
    };
    let ok = || Json(json!({ "success": true })).into_response();
    let known = known.filter(|payment| payment.order_code == notice.event.order_code);
    let Some(payment) = known else {
        return Ok(ok());
    };
    let told = String::from_utf8_lossy(&body);
    if notice.amount != payment.standing.amount {
        let event = &notice.event;
        let key = format!("{}|{}", event.key, notice.amount);
        let kept = (
            HeardFrom::Webhook,
            event.kind.as_str(),
            key.as_str(),
            &*told,
        );
        let why = "Số tiền khác số tiền của khoản này.";
        let payments = app.store().payments();
        payments
            .keep_event(Some(payment.id), "wallet", kept, why)
            .await?;
        return Ok(ok());
    }
    heard(&app, &payment, &notice.event, &told).await?;
    Ok(ok())
}

/// Money that a bank's statement shows, for a payment to the shop's own account.
pub fn statement_key(reference: &str, amount: i64) -> String {
    digest(format!("statement|{reference}|{amount}").as_bytes())
}

/// What a statement's line is, as it is booked.
pub fn statement_money(reference: &str, amount: i64, at_ms: Option<i64>) -> Fact {
    Fact::Money(crate::store::payments::SeenMoney {
        reference: reference.to_owned(),
        amount,
        currency: "VND".to_owned(),
        at_ms,
        method: Some("bank_transfer".to_owned()),
    })
}
