//! Paying at the door: begun, asked about, confirmed, taken back. Page and call come through here.

use axum::http::StatusCode;
use secrecy::SecretString;

use super::contract::{key_used, nothing, taken};
use super::wallet;
use super::who::DeskPerson;
use crate::domain::desk::{DeskMethod, Rule, Spoken, dialled, phone_of};
use crate::domain::payment::{PaymentState, order_code, payment_code};
use crate::server::AppState;
use crate::server::pay::act;
use crate::server::pay::cashier::{Cashier, LASTS_MS};
use crate::server::pay::refusal::PayRefusal;
use crate::server::pay::shown;
use crate::store::desk::{DeskBegun, DeskPayment, DeskWish, Notify};
use crate::store::payments::{HeardFrom, KeyClaim, PaymentRow};

/// What somebody wants to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskAsked {
    /// The contract's number.
    pub contract: String,
    /// Its items, each once.
    pub items: Vec<i64>,
    /// How the customer pays.
    pub method: DeskMethod,
    /// How the customer is told.
    pub notify: NotifyAsked,
}

/// How the customer is told, as it was asked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(missing_docs, reason = "ways, each by its name")]
pub struct NotifyAsked {
    pub hifpt: bool,
    pub sms: bool,
    pub zns: bool,
    /// `None`: the contract's.
    pub phone: Option<String>,
}

/// A payment at the door with the payment that carries its money.
#[derive(Debug, Clone)]
pub struct DeskStanding {
    /// What is taken, and its receipt.
    pub desk: DeskPayment,
    /// The money.
    pub money: PaymentRow,
}

/// A rule that speaks, as a refusal.
pub fn spoken(spoken: &Spoken) -> PayRefusal {
    let rule = spoken.rule;
    PayRefusal::of(
        StatusCode::UNPROCESSABLE_ENTITY,
        rule.code(),
        rule.message(),
    )
    .with("total", spoken.total)
}

/// Begins a payment. Cash is confirmed at once; the others are opened at their provider.
pub async fn begin(
    app: &AppState,
    me: &DeskPerson,
    asked: DeskAsked,
    key: Option<&str>,
) -> Result<DeskStanding, PayRefusal> {
    let cashier = Cashier::of(app);
    let is_offered = asked.method == DeskMethod::Cash
        || cashier
            .provider(me.owner, asked.method.provider())
            .await?
            .is_some();
    if !is_offered && asked.method != DeskMethod::Wallet {
        return Err(PayRefusal::of(
            StatusCode::UNPROCESSABLE_ENTITY,
            "method_unavailable",
            "Cửa hàng chưa nhận cách thanh toán này.",
        ));
    }
    let request = format!("desk|{asked:?}");
    let wish = wish_of(app, me, asked).await?;
    let key = me.key(key, &request);
    let desk = app.store().desk();
    let desk = match desk.begin(&wish, key.as_ref(), &me.actor()).await? {
        DeskBegun::New(payment) | DeskBegun::Again(payment) => *payment,
        DeskBegun::Spoken(rule) => return Err(spoken(&rule)),
        DeskBegun::NotFound => return Err(nothing("Không có hợp đồng hoặc hóa đơn này.")),
        DeskBegun::ItemTaken => return Err(taken()),
        DeskBegun::KeyUsed => {
            return Err(key_used());
        }
        DeskBegun::TooLarge => {
            return Err(PayRefusal::of(
                StatusCode::UNPROCESSABLE_ENTITY,
                "too_large",
                "Số tiền vượt mức của cách thanh toán này. Chọn cách khác.",
            ));
        }
    };
    opened(app, me, desk).await
}

async fn wish_of(
    app: &AppState,
    me: &DeskPerson,
    asked: DeskAsked,
) -> Result<DeskWish, PayRefusal> {
    let wallet = wallet::for_method(app, me, asked.method).await?;
    let desk = app.store().desk();
    let contract = desk.contract_alone(me.owner, &asked.contract).await?;
    let contract = contract.ok_or_else(|| nothing("Không có hợp đồng này."))?;
    let notify = asked.notify;
    let is_hifpt_alone = !notify.sms && !notify.zns;
    let phone = match notify.phone {
        Some(phone) => dialled(&phone),
        None => phone_of(&contract.phones, is_hifpt_alone).to_owned(),
    };
    if phone.chars().count() > 32 {
        return Err(PayRefusal::invalid(
            "notify.phone: không phải số điện thoại.",
        ));
    }
    let shop = app.shop().await?;
    Ok(DeskWish {
        owner_id: me.owner,
        contract: asked.contract,
        items: asked.items,
        method: asked.method,
        collector_id: me.person.user_id,
        collector: me.person.username.clone(),
        notify: Notify {
            hifpt: notify.hifpt,
            sms: notify.sms,
            zns: notify.zns,
            phone,
        },
        is_wallet_linked: wallet.may_pay(),
        outstanding_is_for_cash: shop.desk_outstanding_cash_only,
        order_code: order_code(app.store().now_ms(), rand::random()),
        payment_code: payment_code(rand::random()),
        lasts_ms: LASTS_MS,
        payer_ip: me.who.ip().to_string(),
    })
}

/// The payment, payable at its provider. One that says no frees its items; one that is silent keeps them,
/// and the same key asks again.
async fn opened(
    app: &AppState,
    me: &DeskPerson,
    desk: DeskPayment,
) -> Result<DeskStanding, PayRefusal> {
    let id = desk.id;
    let before = with_money(app, desk).await?;
    if before.money.state() != PaymentState::Created {
        return Ok(before);
    }
    let Err(refusal) = Cashier::of(app).opened(before.money).await else {
        return standing(app, me, id).await;
    };
    let after = standing(app, me, id).await?;
    match after.money.state() {
        PaymentState::Created => Err(PayRefusal::of(
            StatusCode::SERVICE_UNAVAILABLE,
            "provider_unreachable",
            "Cổng thanh toán chưa trả lời. Thử lại sau ít giây.",
        )
        .after(5)
        .with("id", id)),
        state if state.is_open() || state == PaymentState::Paid => Ok(after),
        _ => Err(refused(&refusal)),
    }
}

/// What stands in the QR. `None`: a part has come, and what the provider drew is over more than is missing.
pub fn qr_text(standing: &DeskStanding) -> Option<String> {
    let owed = standing.desk.total - standing.money.standing.money.credited;
    shown::qr_text(&standing.money, owed)
}

/// A provider's no, in the desk's form.
fn refused(refusal: &PayRefusal) -> PayRefusal {
    let rule = Rule::WalletNotLinked;
    let code = if refusal.error() == rule.message() {
        rule.code()
    } else {
        "provider_refused"
    };
    PayRefusal::of(
        StatusCode::UNPROCESSABLE_ENTITY,
        code,
        refusal.error().to_owned(),
    )
}

/// A payment that this one may see. Else 404.
pub async fn standing(
    app: &AppState,
    me: &DeskPerson,
    id: i64,
) -> Result<DeskStanding, PayRefusal> {
    let desk = app.store().desk().payment(id).await?;
    let desk = desk
        .filter(|payment| me.sees(payment))
        .ok_or_else(|| nothing("Không có khoản thanh toán này."))?;
    with_money(app, desk).await
}

async fn with_money(app: &AppState, desk: DeskPayment) -> Result<DeskStanding, PayRefusal> {
    let money = app.store().payments().find(desk.payment).await?;
    let money = money.ok_or_else(|| nothing("Không có khoản thanh toán này."))?;
    Ok(DeskStanding { desk, money })
}

/// Asks the provider how it stands; where it was asked a moment ago: what is known.
pub async fn ask(
    app: &AppState,
    me: &DeskPerson,
    id: i64,
    key: Option<&str>,
) -> Result<DeskStanding, PayRefusal> {
    let before = standing(app, me, id).await?;
    meant(app, me, (key, "check"), &before).await?;
    Cashier::of(app)
        .refresh(before.money, HeardFrom::Poll)
        .await?;
    standing(app, me, id).await
}

/// The collector's key is kept for this call, which may be repeated as it is; not for another one. Says whether it
/// came before.
async fn meant(
    app: &AppState,
    me: &DeskPerson,
    (key, call): (Option<&str>, &str),
    before: &DeskStanding,
) -> Result<bool, PayRefusal> {
    let key = me.key(key, &format!("desk|{call}|{}", before.desk.id));
    let payments = app.store().payments();
    match payments.use_key(key.as_ref(), before.money.id).await? {
        KeyClaim::First => Ok(false),
        KeyClaim::Again => Ok(true),
        KeyClaim::Other => Err(key_used()),
    }
}

/// Takes a payment back before any money has come.
pub async fn cancel(
    app: &AppState,
    me: &DeskPerson,
    id: i64,
    key: Option<&str>,
) -> Result<DeskStanding, PayRefusal> {
    let before = standing(app, me, id).await?;
    meant(app, me, (key, "cancel"), &before).await?;
    let (cashier, actor) = (Cashier::of(app), me.actor());
    let work = async move { cashier.cancel(before.money, &actor).await };
    match app.carry_through(work).await {
        Ok(cancelled) => cancelled?,
        Err(_) => return Err(PayRefusal::broken()),
    };
    standing(app, me, id).await
}

/// A payment by wallet that waits for its one-time password. `None`: it waited when the same call came before.
async fn waiting(
    app: &AppState,
    me: &DeskPerson,
    id: i64,
    (key, call): (Option<&str>, &str),
) -> Result<Option<DeskStanding>, PayRefusal> {
    let standing = standing(app, me, id).await?;
    let is_of_wallet = standing.desk.method == DeskMethod::Wallet;
    if is_of_wallet && standing.money.state().is_open() {
        meant(app, me, (key, call), &standing).await?;
        return Ok(Some(standing));
    }
    if is_of_wallet && key.is_some() && meant(app, me, (key, call), &standing).await? {
        return Ok(None);
    }
    Err(PayRefusal::conflict("Khoản này không chờ mã OTP.")
        .with("state", standing.money.state().wire()))
}

/// The collector enters the one-time password.
pub async fn enter_otp(
    app: &AppState,
    me: &DeskPerson,
    id: i64,
    otp: SecretString,
    key: Option<&str>,
) -> Result<DeskStanding, PayRefusal> {
    let Some(before) = waiting(app, me, id, (key, "otp")).await? else {
        return standing(app, me, id).await;
    };
    let cashier = Cashier::of(app);
    let work = async move { act::enter(&cashier, before.money, &otp).await };
    match app.carry_through(work).await {
        Ok(entered) => entered?,
        Err(_) => return Err(PayRefusal::broken()),
    };
    standing(app, me, id).await
}

/// Another one-time password is sent.
pub async fn resend_otp(
    app: &AppState,
    me: &DeskPerson,
    id: i64,
    key: Option<&str>,
) -> Result<DeskStanding, PayRefusal> {
    let Some(before) = waiting(app, me, id, (key, "otp_resend")).await? else {
        return standing(app, me, id).await;
    };
    let cashier = Cashier::of(app);
    // The password before it is dead as soon as another one is sent, whether or not somebody still waits.
    let work = async move { act::send_again(&cashier, &before.money).await };
    match app.carry_through(work).await {
        Ok(sent) => sent?,
        Err(_) => return Err(PayRefusal::broken()),
    }
    standing(app, me, id).await
}

/// How it stands, in the words of the desk.
pub fn message(standing: &DeskStanding) -> &'static str {
    match standing.money.state() {
        PaymentState::Paid if standing.desk.receipt.is_some() => "Thanh toán thành công",
        state if state.is_open() => "Chưa thanh toán",
        state => state.label(),
    }
}
