//! *Cần xem*: customers' money that waits for a person.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use super::act::{Sure, is_sure};
use super::{is_seen, reason, words};
use crate::domain::payment::NoteCode;
use crate::server::AppState;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{count, money, time};
use crate::store::catalogue::Area;
use crate::store::payments::{Attach, Attached, PaymentFilter, PaymentRow, Unmatched};

/// Of each kind so many on one page.
const MANY: u32 = 200;
const HERE: &str = "/admin/payments/review";

struct Waiting {
    id: i64,
    code: String,
    task: &'static str,
    customer: String,
    description: String,
    amount: String,
    received: String,
    surplus: String,
    why: String,
    since: String,
}

struct Stray {
    id: i64,
    provider: String,
    reference: String,
    order_code: String,
    amount: String,
    note: String,
    at: String,
    /// A payment's code that stands in the payer's note.
    suggested: String,
}

#[derive(Template)]
#[template(path = "payments_review.html")]
struct Review {
    frame: Frame,
    payments: Vec<Waiting>,
    strays: Vec<Stray>,
    payment_count: String,
    stray_count: String,
    may_decide: bool,
}

fn waiting(row: PaymentRow) -> Waiting {
    Waiting {
        id: row.id,
        task: row.standing.task.map_or("Cần xem", words::task),
        amount: money(row.standing.amount),
        received: money(row.received()),
        surplus: money(row.standing.money.surplus + row.standing.money.review),
        since: time(row.updated_at),
        why: row.task_why.unwrap_or_default(),
        customer: row.customer_name,
        description: row.description,
        code: row.payment_code,
    }
}

fn stray(kept: Unmatched) -> Stray {
    let codes = NoteCode::all_in(kept.note.as_deref().unwrap_or_default());
    Stray {
        id: kept.id,
        provider: crate::domain::Provider::of(&kept.provider)
            .map_or(kept.provider, |p| p.label().to_owned()),
        amount: money(kept.amount),
        at: time(kept.at),
        suggested: codes
            .first()
            .map(|code| code.as_str().to_owned())
            .unwrap_or_default(),
        note: kept.note.unwrap_or_default(),
        reference: kept.reference,
        order_code: kept.order_code,
    }
}

/// The page.
pub(super) async fn show(
    State(app): State<AppState>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let (payments, own) = (app.store().payments(), person.account.payee);
    let filter = PaymentFilter {
        needs_person: true,
        owner_id: own,
        ..PaymentFilter::default()
    };
    let to_decide = app.store().money_books().to_decide(own).await?;
    let rows = payments.list(&filter, MANY).await?;
    let strays = app.store().money_books().unmatched(own, MANY).await?;
    page(&Review {
        frame: Frame::of(&person, "Thanh toán cần xem", "payments-review")
            .with_notice(done.done.as_deref()),
        payments: rows.into_iter().map(waiting).collect(),
        strays: strays.into_iter().map(stray).collect(),
        payment_count: count(to_decide.payments),
        stray_count: count(to_decide.unmatched),
        may_decide: person.may(Area::Payments, Right::Decide),
    })
}

/// Says whose money it is, or puts it aside.
pub(super) async fn decide(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    let found = app.store().money_books().unmatched_one(id).await?;
    let found = found
        .filter(|kept| is_seen(&person, kept.owner_id))
        .ok_or_else(Problem::no_page)?;
    let reason = reason(form.text("reason"))?;
    let to = match form.text("decision") {
        "attach" => Some(wanted(&app, &person, form.text("code")).await?),
        "ignore" => None,
        _ => return Err(Problem::bad("Chọn gắn vào thanh toán hay bỏ qua.")),
    };
    if !is_sure(&form) {
        return page(&asked(&person, &found, to.as_ref(), &reason));
    }
    let actor = person.actor();
    let Some(payment) = to else {
        let is_done = app
            .store()
            .money_books()
            .ignore_unmatched(id, &reason, &actor)
            .await?;
        return if is_done {
            Ok(go(&format!("{HERE}?done=decided")))
        } else {
            Err(gone())
        };
    };
    let wish = Attach {
        money: id,
        payment: payment.id,
        reason: &reason,
        key: None,
    };
    match app.store().money_books().attach(&wish, &actor).await? {
        Attached::Done(outcome) => app.pay().changed(&outcome.payment),
        Attached::Before(before) if before == payment.id => {}
        Attached::Before(_) | Attached::Gone | Attached::KeyUsed => return Err(gone()),
        Attached::OtherPayee => {
            return Err(Problem::bad("Khoản tiền này của bên nhận khác."));
        }
    }
    Ok(go(&format!("/admin/payments/{}?done=decided", payment.id)))
}

fn gone() -> Problem {
    Problem::new(
        axum::http::StatusCode::CONFLICT,
        "stale",
        "Somebody else decided it",
        "Khoản tiền này đã có người xử lý.",
    )
}

/// The payment that a person named by its short code or its order code.
async fn wanted(app: &AppState, person: &Person, text: &str) -> Result<PaymentRow, Problem> {
    let (payments, code) = (app.store().payments(), text.to_uppercase());
    let mut found = payments.of_code(&code).await?;
    if let (None, Ok(number)) = (&found, code.parse()) {
        found = payments.of_order(number).await?;
    }
    found
        .filter(|row| is_seen(person, Some(row.owner_id)))
        .ok_or_else(|| Problem::bad("Không có thanh toán nào mang mã này. Xem mã trong danh sách."))
}

fn asked(person: &Person, found: &Unmatched, to: Option<&PaymentRow>, reason: &str) -> Sure {
    let mut facts = vec![
        ("Tiền", money(found.amount)),
        ("Mã giao dịch", found.reference.clone()),
        ("Nội dung chuyển", found.note.clone().unwrap_or_default()),
        ("Lúc", time(found.at)),
    ];
    if let Some(row) = to {
        facts.push(("Gắn vào", row.payment_code.clone()));
        facts.push(("Khách", row.customer_name.clone()));
        facts.push(("Cho", row.description.clone()));
        facts.push(("Số tiền của khoản đó", money(row.standing.amount)));
        facts.push(("Trạng thái", row.state().label().to_owned()));
    }
    facts.push(("Lý do", reason.to_owned()));
    let decision = if to.is_some() { "attach" } else { "ignore" };
    Sure {
        frame: Frame::of(person, "Xem lại rồi ghi", "payments-review"),
        question: if to.is_some() {
            "Ghi khoản tiền này vào thanh toán?".to_owned()
        } else {
            "Bỏ qua khoản tiền này?".to_owned()
        },
        facts,
        warning: if to.is_some() {
            "Đã ghi thì chỉ hoàn lại được, không gỡ ra được."
        } else {
            "Khoản này không còn trong danh sách cần xem và không được ghi cho ai."
        },
        action: format!("/admin/payments/unmatched/{}", found.id),
        kept: vec![
            ("decision", decision.to_owned()),
            (
                "code",
                to.map(|row| row.payment_code.clone()).unwrap_or_default(),
            ),
            ("reason", reason.to_owned()),
        ],
        back: HERE.to_owned(),
        verb: if to.is_some() {
            "Gắn vào"
        } else {
            "Bỏ qua"
        },
    }
}
