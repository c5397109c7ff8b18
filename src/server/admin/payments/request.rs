//! *Yêu cầu thanh toán*: made by hand, then shown with its link to send.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::statement::payee_choices;
use super::story::{Other, other, picture};
use super::{act, is_seen};
use crate::domain::payment::{PayableKind, PayableRef, Provider};
use crate::server::AppState;
use crate::server::pay::letter::send_request;
use crate::server::pay::make::is_address;
use crate::server::pay::shown::pay_url;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::field::Choice;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{money, time};
use crate::store::catalogue::Area;
use crate::store::catalogue::payments::PAYMENT_REQUEST;
use crate::store::payees;
use crate::store::payments::{KeyUse, NewPayable, NewRenter, NewRequest, Payable};

/// Letters of a text, at most.
const TEXT_MAX: usize = 250;
/// How long a request may be open, in hours; nothing: for ever.
const LASTS: [(&str, Option<i64>, &str); 6] = [
    ("1", Some(1), "1 giờ"),
    ("24", Some(24), "1 ngày"),
    ("72", Some(72), "3 ngày"),
    ("168", Some(168), "7 ngày"),
    ("720", Some(720), "30 ngày"),
    ("", None, "không hết hạn"),
];

#[derive(Template)]
#[template(path = "request_new.html")]
struct NewPage {
    frame: Frame,
    error: Option<String>,
    amount: String,
    description: String,
    name: String,
    phone: String,
    email: String,
    lasts: Vec<Choice>,
    payees: Vec<Choice>,
    sends: bool,
    once: String,
    may_add: bool,
}

/// The form.
pub(super) async fn form(State(app): State<AppState>, person: Person) -> Result<Response, Problem> {
    let blank = FormData::default();
    page(&form_page(&app, &person, &blank, None).await?)
}

async fn form_page(
    app: &AppState,
    person: &Person,
    typed: &FormData,
    error: Option<String>,
) -> Result<NewPage, Problem> {
    let text = |name: &str| typed.text(name).to_owned();
    let chosen = if typed.has("lasts") {
        typed.text("lasts")
    } else {
        "24"
    };
    let once = Some(text("once")).filter(|once| !once.is_empty());
    Ok(NewPage {
        frame: Frame::of(person, "Yêu cầu thanh toán mới", PAYMENT_REQUEST.name),
        error,
        amount: text("amount"),
        description: text("description"),
        name: text("name"),
        phone: text("phone"),
        email: text("email"),
        lasts: LASTS
            .iter()
            .map(|(value, _, label)| Choice {
                value: (*value).to_owned(),
                label: (*label).to_owned(),
                is_chosen: *value == chosen,
            })
            .collect(),
        payees: payee_choices(app, person, typed.number("payee")).await?,
        sends: typed.text("send") == "1",
        // The same form is the same request, however often it is sent.
        once: once.unwrap_or_else(|| uuid::Uuid::now_v7().to_string()),
        may_add: person.may(Area::Payments, Right::Decide),
    })
}

fn checked(form: &FormData, name: &str, label: &str, is_needed: bool) -> Result<String, String> {
    let text = form.text(name);
    if is_needed && text.is_empty() {
        return Err(format!("{label}: không được để trống."));
    }
    if text.chars().count() > TEXT_MAX || text.chars().any(char::is_control) {
        return Err(format!(
            "{label}: dài quá {TEXT_MAX} ký tự hoặc có ký tự lạ."
        ));
    }
    Ok(text.to_owned())
}

/// What the form asks for. `Err`: what is wrong with it.
fn read(form: &FormData, payee: i64, now: i64) -> Result<NewPayable<NewRequest>, String> {
    let amount = act::amount(form.text("amount")).map_err(|problem| problem.detail().to_owned())?;
    if amount > Provider::PayOs.amount_max() {
        return Err("Số tiền: tối đa 499.999.999 đ mỗi lần.".to_owned());
    }
    let renter = NewRenter {
        name: checked(form, "name", "Tên khách", true)?,
        email: checked(form, "email", "E-mail", false)?,
        phone: checked(form, "phone", "Điện thoại", false)?,
        username: None,
    };
    if !renter.email.is_empty() && !is_address(&renter.email) {
        return Err("E-mail: không phải địa chỉ e-mail.".to_owned());
    }
    if renter.email.is_empty() && form.text("send") == "1" {
        return Err("Cần địa chỉ e-mail để gửi.".to_owned());
    }
    let lasts = LASTS
        .iter()
        .find(|(value, ..)| *value == form.text("lasts"));
    let (_, hours, _) = lasts.ok_or("Chọn thời hạn trong danh sách.")?;
    Ok(NewPayable {
        owner_id: payee,
        amount,
        renter,
        what: NewRequest {
            description: checked(form, "description", "Nội dung", true)?,
            expires_ms: hours.map(|hours| now + hours * 3_600_000),
        },
    })
}

/// Makes one.
pub(super) async fn add(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    let asked = form.number("payee").unwrap_or(payees::FIRST);
    let payee = person.account.payee.unwrap_or(asked);
    if !is_seen(&person, Some(payee)) || !app.store().payments().payables().has_payee(payee).await?
    {
        return Err(Problem::bad("Không có bên nhận này."));
    }
    let new = match read(&form, payee, app.store().now_ms()) {
        Ok(new) => new,
        Err(why) => {
            let again = form_page(&app, &person, &form, Some(why)).await?;
            return page_with(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
    };
    let actor = person.actor();
    let (caller, asked) = (
        format!("user:{}", person.account.user_id),
        format!("{}|{:?}|{}", new.amount, new.renter, new.what.description),
    );
    let once = Some(form.text("once")).filter(|once| !once.is_empty());
    let key = once.map(|once| KeyUse::of(&caller, once, &asked));
    let made = app
        .store()
        .payments()
        .payables()
        .add_request(&new, key.as_ref(), &actor)
        .await?;
    let made =
        made.map_err(|_| Problem::bad("Biểu mẫu này đã lập một yêu cầu khác. Mở biểu mẫu mới."))?;
    let sends = form.text("send") == "1";
    if sends {
        send_request(&app, &made).await?;
    }
    let done = if sends {
        "asked_and_sent"
    } else {
        "asked_to_pay"
    };
    Ok(go(&format!(
        "/admin/payments/requests/{}?done={done}",
        made.at.id
    )))
}

#[derive(Template)]
#[template(path = "request.html")]
struct RequestPage {
    frame: Frame,
    id: i64,
    title: String,
    pay_url: String,
    facts: Vec<(&'static str, String)>,
    payments: Vec<Other>,
    is_open: bool,
}

async fn found(app: &AppState, person: &Person, id: i64) -> Result<Payable, Problem> {
    let at = PayableRef {
        kind: PayableKind::Request,
        id,
    };
    let found = app.store().payments().payables().payable(at).await?;
    found
        .filter(|payable| is_seen(person, Some(payable.owner_id)))
        .ok_or_else(Problem::no_page)
}

/// One request with its link.
pub(super) async fn show(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let payable = found(&app, &person, id).await?;
    let payments = app.store().payments().of_payable(payable.at).await?;
    let payee = app.store().payees().find(payable.owner_id).await?;
    let status = payable.status(app.store().now_ms());
    let state = match status {
        "paid" => "Đã trả đủ",
        "cancelled" => "Đã hủy",
        "expired" => "Đã hết hạn",
        _ => "Đang mở",
    };
    let facts = [
        ("Trạng thái", state.to_owned()),
        ("Số tiền", money(payable.amount)),
        ("Đã trả", money(payable.paid)),
        ("Khách", payable.renter.name.clone()),
        ("Điện thoại", payable.renter.phone.clone()),
        ("E-mail", payable.renter.email.clone()),
        ("Bên nhận", payee.map(|p| p.name).unwrap_or_default()),
        ("Hết hạn", payable.expires_at.map(time).unwrap_or_default()),
        ("Lập lúc", time(payable.created_at)),
    ];
    page(&RequestPage {
        frame: Frame::of(&person, format!("Yêu cầu #{id}"), PAYMENT_REQUEST.name)
            .with_notice(done.done.as_deref()),
        id,
        pay_url: pay_url(&app, &payable),
        facts: facts
            .into_iter()
            .filter(|(_, text)| !text.is_empty())
            .collect(),
        payments: payments.into_iter().map(other).collect(),
        is_open: status == "open",
        title: payable.title,
    })
}

/// The QR of its link.
pub(super) async fn qr(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    let payable = found(&app, &person, id).await?;
    picture(Some(&pay_url(&app, &payable)))
}
