//! One payment with everything that is known of it, and what can be done with it.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use super::refunds::RefundRow;
use super::{seen, words};
use crate::domain::letter::{LetterChannel, LetterKind};
use crate::domain::payment::{PayableKind, PaymentState, Provider};
use crate::server::AppState;
use crate::server::admin::tables::trail::{Trace, trail_of};
use crate::server::pay::shown::{pay_url, qr_png};
use crate::server::pay::wire::AccountInfo;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::frame::Frame;
use crate::server::web::page::page;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{count, money, time};
use crate::store::catalogue::Area;
use crate::store::catalogue::payments::{BOOKING, PAYMENT};
use crate::store::letters::LetterView;
use crate::store::payments::{Payable, PaymentRow, StoredEvent, StoredTransfer};

struct Event {
    at: String,
    source: &'static str,
    title: String,
    class: &'static str,
    why: Option<String>,
    raw: String,
}

struct Transfer {
    reference: String,
    amount: String,
    at: String,
    source: &'static str,
}

struct Letter {
    id: i64,
    kind: &'static str,
    channel: &'static str,
    recipient: String,
    state: &'static str,
    tone: &'static str,
    at: String,
}

pub(super) struct Other {
    pub(super) id: i64,
    pub(super) code: String,
    pub(super) provider: &'static str,
    pub(super) state: &'static str,
    pub(super) tone: &'static str,
    pub(super) amount: String,
}

/// What can be done with it now.
#[derive(Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switches one part of the page"
)]
struct Can {
    accept: bool,
    refund: bool,
    ignore: bool,
    ask: bool,
    cancel: bool,
    transfer: bool,
}

impl Can {
    fn of(row: &PaymentRow) -> Self {
        let (standing, received) = (row.standing, row.received());
        let state = standing.state;
        Self {
            accept: state == PaymentState::Underpaid
                || state == PaymentState::Review && standing.money.review > 0
                || standing.task.is_some() && received > 0,
            refund: received > 0,
            ignore: standing.task.is_some(),
            ask: state.is_open() && row.provider.can_be_asked(),
            cancel: state.is_open() && received == 0,
            transfer: row.provider == Provider::VietQr,
        }
    }

    const fn decides(&self) -> bool {
        self.accept || self.refund || self.ignore
    }
}

#[derive(Template)]
#[template(path = "payment.html")]
struct PaymentPage {
    frame: Frame,
    id: i64,
    as_of: i64,
    state: &'static str,
    tone: &'static str,
    task: Option<&'static str>,
    why: Option<String>,
    facts: Vec<(&'static str, String)>,
    sums: Vec<(&'static str, String)>,
    account: Vec<(&'static str, String)>,
    has_qr: bool,
    checkout_url: Option<String>,
    pay_url: Option<String>,
    payable_url: Option<String>,
    others: Vec<Other>,
    transfers: Vec<Transfer>,
    refunds: Vec<RefundRow>,
    may_decide: bool,
    events: Vec<Event>,
    letters: Vec<Letter>,
    trail: Vec<Trace>,
    can: Can,
    received: String,
    /// What is too much, as it is proposed to be paid back; empty where nothing is.
    too_much: String,
    missing: String,
}

/// The page.
pub(super) async fn show(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let row = seen(&app, &person, id).await?;
    let payments = app.store().payments();
    let payable = payments.payables().payable(row.payable).await?;
    let others = payments.of_payable(row.payable).await?;
    let payee = app.store().payees().find(row.owner_id).await?;
    let title = format!("Thanh toán {}", row.payment_code);
    page(&PaymentPage {
        frame: Frame::of(&person, title, PAYMENT.name).with_notice(done.done.as_deref()),
        id,
        as_of: row.updated_at,
        state: row.state().label(),
        tone: words::tone(row.state()),
        task: row.standing.task.map(words::task),
        why: row.task_why.clone(),
        facts: facts(&row, payable.as_ref(), payee.map(|p| p.name)),
        sums: sums(&row),
        account: account(&row),
        has_qr: row.qr_text.is_some(),
        // An address of a provider's; nothing else becomes a link.
        checkout_url: row
            .checkout_url
            .clone()
            .filter(|url| url.starts_with("https://")),
        pay_url: payable.as_ref().map(|payable| pay_url(&app, payable)),
        payable_url: payable_url(&row),
        others: others
            .into_iter()
            .filter(|o| o.id != id)
            .map(other)
            .collect(),
        transfers: payments
            .transfers(id)
            .await?
            .into_iter()
            .map(transfer)
            .collect(),
        refunds: payments
            .refunds(id)
            .await?
            .iter()
            .map(RefundRow::of)
            .collect(),
        may_decide: person.may(Area::Payments, Right::Decide),
        events: payments.events(id).await?.iter().map(event).collect(),
        letters: app
            .store()
            .letters()
            .of_payment(id)
            .await?
            .into_iter()
            .map(letter)
            .collect(),
        trail: trail_of(&app, &PAYMENT, id).await?,
        can: if person.may(Area::Payments, Right::Decide) {
            Can::of(&row)
        } else {
            Can::default()
        },
        received: money(row.received()),
        too_much: too_much(row.standing.money.surplus),
        missing: Some(row.missing())
            .filter(|dong| *dong > 0)
            .map_or_else(String::new, |dong| dong.to_string()),
    })
}

fn payable_url(row: &PaymentRow) -> Option<String> {
    let id = row.payable.id;
    match row.payable.kind {
        PayableKind::Booking => Some(format!("/admin/t/{}/{id}", BOOKING.name)),
        PayableKind::Request => Some(format!("/admin/payments/requests/{id}")),
        PayableKind::Receipt => None,
    }
}

fn facts(
    row: &PaymentRow,
    payable: Option<&Payable>,
    payee: Option<String>,
) -> Vec<(&'static str, String)> {
    let known = |name, text: &str| (!text.is_empty()).then(|| (name, text.to_owned()));
    let at = |name, ms: Option<i64>| ms.map(|ms| (name, time(ms)));
    let what = match row.payable.kind {
        PayableKind::Booking => "Đặt phòng",
        PayableKind::Request => "Yêu cầu thanh toán",
        PayableKind::Receipt => "Biên nhận",
    };
    let what = format!("{what} số {}", row.payable.id);
    let title = payable.map_or("", |payable| payable.title.as_str());
    [
        known("Cho", &what),
        known("Nội dung", title),
        known("Lời của khoản này", &row.description).filter(|(_, text)| text != title),
        known("Bên nhận", &payee.unwrap_or_default()),
        known("Khách", &row.customer_name),
        known("Điện thoại", &row.customer_phone),
        known("E-mail", &row.customer_email),
        known("Cổng", row.provider.label()),
        known("Mã đơn ở cổng", &row.order_code.to_string()),
        known("Mã giao dịch", row.transaction_id.as_deref().unwrap_or("")),
        known("Cách trả", row.method.as_deref().unwrap_or("")),
        at("Tạo lúc", Some(row.created_at)),
        at("Hết hạn", Some(row.expires_at)),
        at("Trả lúc", row.paid_at),
        at("Hỏi cổng lần cuối", row.asked_at),
        at("Hỏi lại lúc", row.ask_at),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn sums(row: &PaymentRow) -> Vec<(&'static str, String)> {
    let sums = row.standing.money;
    vec![
        ("Số tiền", money(row.standing.amount)),
        ("Đã nhận", money(row.received())),
        ("Đã ghi", money(sums.credited)),
        ("Thừa", money(sums.surplus)),
        ("Chờ xem", money(sums.review)),
        ("Còn thiếu", money(row.missing())),
    ]
}

fn account(row: &PaymentRow) -> Vec<(&'static str, String)> {
    let Some(account) = AccountInfo::of(row, row.missing()) else {
        return Vec::new();
    };
    [
        ("Ngân hàng", account.bank),
        ("Số tài khoản", account.number),
        ("Chủ tài khoản", account.name),
        ("Nội dung chuyển", account.note),
    ]
    .into_iter()
    .filter(|(_, text)| !text.is_empty())
    .collect()
}

/// Another payment of the same thing.
pub(super) fn other(row: PaymentRow) -> Other {
    Other {
        id: row.id,
        provider: row.provider.label(),
        state: row.state().label(),
        tone: words::tone(row.state()),
        amount: money(row.standing.amount),
        code: row.payment_code,
    }
}

fn transfer(kept: StoredTransfer) -> Transfer {
    Transfer {
        amount: money(kept.amount),
        at: time(kept.at),
        source: words::source(&kept.source),
        reference: kept.reference,
    }
}

fn event(told: &StoredEvent) -> Event {
    Event {
        at: time(told.at),
        source: words::source(&told.source),
        title: words::event(told),
        class: if told.is_accepted { "" } else { "doubt" },
        why: told.why.clone(),
        raw: told.body.clone(),
    }
}

fn letter(kept: LetterView) -> Letter {
    let (state, tone) = match kept.state.as_str() {
        "sent" => ("Đã gửi", "tone good"),
        "given_up" => ("Đã thôi", "tone bad"),
        _ => ("Chờ gửi", "tone doubt"),
    };
    Letter {
        id: kept.id,
        kind: LetterKind::of(&kept.kind).map_or("Thư", LetterKind::label),
        channel: LetterChannel::of(&kept.channel).map_or("", LetterChannel::label),
        recipient: kept.recipient,
        state,
        tone,
        at: time(kept.sent_at.unwrap_or(kept.created_at)),
    }
}

/// The QR as a picture of our own.
pub(super) async fn qr(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    let row = seen(&app, &person, id).await?;
    picture(row.qr_text.as_deref())
}

/// A QR of this text.
pub(super) fn picture(text: Option<&str>) -> Result<Response, Problem> {
    let png = text.and_then(qr_png).ok_or_else(Problem::no_page)?;
    Ok(([(header::CONTENT_TYPE, "image/png")], png).into_response())
}

/// Proposed for paying back: what came twice, and not what was owed.
fn too_much(surplus: i64) -> String {
    if surplus > 0 {
        count(surplus)
    } else {
        String::new()
    }
}
