//! A bank's statement: shown first, then booked under one number by which it can be taken back.
//!
//! The lines travel with the preview's form and are matched again: no server keeps them in between.

mod book;
mod matching;
mod sheet;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;

use super::act::{Sure, is_sure};
use super::is_seen;
use crate::server::AppState;
use crate::server::admin::import::FILE_MAX;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::field::Choice;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::server::web::upload::{plain_name, rows_of, too_large};
use crate::server::web::words::{count, money, time};
use crate::store::catalogue::payments::PAYMENT_TRANSFER;
use crate::store::catalogue::{Area, house};
use crate::store::imports::ImportRow;
use crate::store::{StoreError, payees};
use book::{Keep, bring_in};
use matching::{Match, matched};
use sheet::{Rest, Statement, StatementRow};

const HERE: &str = "/admin/payments/statement";
/// Lines that a preview names one by one.
const NAMED_MAX: usize = 500;

/// The routes that carry a file, or its lines.
pub(super) fn file_routes() -> Vec<Route> {
    let decide = Need::May(Area::Payments, Right::Decide);
    vec![
        Route::change(
            "/admin/payments/statement/preview",
            decide,
            post(preview).layer(DefaultBodyLimit::max(FILE_MAX)),
        ),
        Route::change("/admin/payments/statement/book", decide, post(commit)),
        Route::change("/admin/payments/statement/{id}/undo", decide, post(undo)),
    ]
}

#[derive(Template)]
#[template(path = "statement.html")]
struct StatementForm {
    frame: Frame,
    error: Option<String>,
    payees: Vec<Choice>,
    imports_url: String,
}

struct Shown {
    number: usize,
    at: String,
    note: String,
    amount: String,
    reference: String,
    payment: Option<(i64, String)>,
    words: String,
    tone: &'static str,
}

#[derive(Template)]
#[template(path = "statement_preview.html")]
struct Preview {
    frame: Frame,
    filename: String,
    lines: Vec<Shown>,
    is_cut: bool,
    bookable: usize,
    sum: String,
    unknown: usize,
    plain: usize,
    others: usize,
    faults: Vec<(usize, String)>,
    days: Vec<(usize, String)>,
    statement: String,
}

/// The form.
pub(super) async fn form(State(app): State<AppState>, person: Person) -> Result<Response, Problem> {
    page(&form_page(&app, &person, None).await?)
}

async fn form_page(
    app: &AppState,
    person: &Person,
    error: Option<String>,
) -> Result<StatementForm, Problem> {
    Ok(StatementForm {
        frame: Frame::of(person, "Nhập sao kê", "payments-statement"),
        error,
        payees: payee_choices(app, person, None).await?,
        imports_url: format!(
            "/admin/t/{}?f.{}.is={}",
            house::IMPORTS.name,
            house::imports::TABLE_NAME.name,
            PAYMENT_TRANSFER.name
        ),
    })
}

/// The payees that this person works for.
pub(super) async fn payee_choices(
    app: &AppState,
    person: &Person,
    chosen: Option<i64>,
) -> Result<Vec<Choice>, Problem> {
    let all = app.store().payees().list().await?;
    Ok(all
        .into_iter()
        .filter(|payee| is_seen(person, Some(payee.id)))
        .map(|payee| Choice {
            value: payee.id.to_string(),
            is_chosen: chosen == Some(payee.id),
            label: payee.name,
        })
        .collect())
}

/// Reads the file and says what would happen.
async fn preview(
    State(app): State<AppState>,
    person: Person,
    mut parts: Multipart,
) -> Result<Response, Problem> {
    let (mut payee, mut file) = (payees::FIRST, None);
    while let Some(part) = parts.next_field().await.map_err(|_| too_large())? {
        match part.name().unwrap_or_default().to_owned().as_str() {
            "payee" => {
                let text = part.text().await.map_err(|_| too_large())?;
                payee = text.trim().parse().unwrap_or(payees::FIRST);
            }
            "file" => {
                let name = part.file_name().unwrap_or_default().to_owned();
                file = Some((name, part.bytes().await.map_err(|_| too_large())?));
            }
            _ => {}
        }
    }
    let payee = person.account.payee.unwrap_or(payee);
    if !app.store().payments().payables().has_payee(payee).await? {
        return Err(Problem::no_page());
    }
    let Some((name, bytes)) = file.filter(|(_, bytes)| !bytes.is_empty()) else {
        return refused(&app, &person, "Chọn một tệp .xlsx hoặc .csv.".to_owned()).await;
    };
    let filename = plain_name(&name);
    let read = tokio::task::spawn_blocking(move || rows_of(&name, &bytes))
        .await
        .map_err(|_| Problem::broken())?;
    let now_ms = app.store().now_ms();
    match read.and_then(|rows| sheet::read(&filename, payee, now_ms, &rows)) {
        Ok((statement, rest)) => {
            let lines = matched(&app, &statement).await?;
            page(&preview_page(&person, &statement, &lines, rest))
        }
        Err(why) => refused(&app, &person, why).await,
    }
}

async fn refused(app: &AppState, person: &Person, why: String) -> Result<Response, Problem> {
    let form = form_page(app, person, Some(why)).await?;
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &form)
}

fn preview_page(
    person: &Person,
    statement: &Statement,
    lines: &[(&StatementRow, Match)],
    rest: Rest,
) -> Preview {
    let bookable = || {
        lines
            .iter()
            .filter(|(_, m)| matches!(m, Match::Payment(..)))
    };
    let plain = lines.iter().filter(|(_, m)| *m == Match::NoCode).count();
    Preview {
        frame: Frame::of(person, "Xem trước sao kê", "payments-statement"),
        filename: statement.filename.clone(),
        is_cut: lines.len() > NAMED_MAX,
        bookable: bookable().count(),
        sum: money(bookable().map(|(row, _)| row.amount).sum()),
        unknown: lines.iter().filter(|(_, m)| m.is_stray()).count() - plain,
        plain,
        others: rest.others,
        faults: rest.faults.into_iter().take(NAMED_MAX).collect(),
        days: rest.days.into_iter().take(NAMED_MAX).collect(),
        lines: lines.iter().take(NAMED_MAX).map(shown).collect(),
        statement: serde_json::to_string(statement).unwrap_or_default(),
    }
}

fn shown((row, whose): &(&StatementRow, Match)) -> Shown {
    let (words, tone) = whose.words(row.amount);
    Shown {
        number: row.number,
        at: row.at_ms.map_or_else(|| "—".to_owned(), time),
        note: row.note.clone(),
        amount: money(row.amount),
        reference: row.reference.clone(),
        payment: match whose {
            Match::Payment(payment, _) | Match::Differs(payment) => {
                Some((payment.id, payment.payment_code.clone()))
            }
            Match::Known(id) | Match::TakenBack(id) => Some((*id, format!("#{id}"))),
            _ => None,
        },
        words,
        tone,
    }
}

/// Books what the preview showed.
async fn commit(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    let statement: Option<Statement> = serde_json::from_str(form.exact("statement")).ok();
    // The lines come back from a browser: they are held to what a file is held to.
    let statement = statement.filter(Statement::is_within_bounds);
    let statement = statement.ok_or_else(|| Problem::bad("Biểu mẫu hỏng. Chọn lại tệp."))?;
    if !is_seen(&person, Some(statement.payee)) {
        return Err(Problem::no_page());
    }
    let keep = Keep {
        unknown: form.text("keep_unknown") == "1",
        plain: form.text("keep_plain") == "1",
    };
    let (own, actor) = (app.clone(), person.actor());
    // A browser that goes away leaves no half of a statement behind.
    let begun = app
        .carry_through(async move { bring_in(&own, &statement, keep, &actor).await })
        .await;
    let import = begun.map_err(|_| Problem::broken())??;
    Ok(go(&format!("{HERE}/{import}?done=imported")))
}

#[derive(Template)]
#[template(path = "statement_done.html")]
struct DonePage {
    frame: Frame,
    id: i64,
    filename: String,
    transfers: String,
    sum: String,
    kept: String,
    is_undone: bool,
    may_undo: bool,
}

/// An import of a statement that this person may see.
async fn found(app: &AppState, person: &Person, id: i64) -> Result<ImportRow, Problem> {
    let import = app.store().tables().imports().find(id).await?;
    if import.table != PAYMENT_TRANSFER.name {
        return Err(Problem::no_page());
    }
    let booked = app.store().money_books().booked_by(id).await?;
    let is_theirs = booked.owners.iter().all(|owner| is_seen(person, *owner));
    if is_theirs {
        Ok(import)
    } else {
        Err(Problem::no_page())
    }
}

/// One import: what came of it, and the way back.
pub(super) async fn show(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let import = found(&app, &person, id).await?;
    let booked = app.store().money_books().booked_by(id).await?;
    page(&DonePage {
        frame: Frame::of(
            &person,
            format!("Sao kê, lần nhập #{id}"),
            "payments-statement",
        )
        .with_notice(done.done.as_deref()),
        id,
        filename: import.filename.unwrap_or_default(),
        transfers: count(booked.transfers),
        sum: money(booked.sum),
        kept: count(booked.kept),
        is_undone: import.is_undone,
        may_undo: !import.is_undone && person.may(Area::Payments, Right::Decide),
    })
}

/// Takes an import back, after a second look.
async fn undo(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    form: FormData,
) -> Result<Response, Problem> {
    let import = found(&app, &person, id).await?;
    if !is_sure(&form) {
        let booked = app.store().money_books().booked_by(id).await?;
        return page(&Sure {
            frame: Frame::of(&person, "Xem lại rồi hoàn tác", "payments-statement"),
            question: "Hoàn tác lần nhập này?".to_owned(),
            facts: vec![
                ("Tệp", import.filename.unwrap_or_default()),
                ("Khoản đã ghi", count(booked.transfers)),
                ("Số tiền", money(booked.sum)),
                ("Tiền chưa rõ đã giữ", count(booked.kept)),
            ],
            warning: "Mỗi khoản đã ghi được rút lại bằng một dòng âm, khách đã nhận thư báo thì vẫn đã nhận. Khoản đã có người quyết định \
                      thì giữ nguyên. Dòng đã rút lại không nhập lại được từ tệp.",
            action: format!("{HERE}/{id}/undo"),
            kept: Vec::new(),
            back: format!("{HERE}/{id}"),
            verb: "Hoàn tác",
        });
    }
    let (own, actor) = (app.clone(), person.actor());
    let begun = app
        .carry_through(async move {
            let payments = own.store().payments();
            let taken = own
                .store()
                .money_books()
                .take_statement_back(id, &actor)
                .await?;
            for payment in &taken.payments {
                if let Some(row) = payments.find(*payment).await? {
                    own.pay().changed(&row);
                }
            }
            Ok::<_, StoreError>(taken)
        })
        .await;
    let taken = begun.map_err(|_| Problem::broken())??;
    tracing::info!(
        import = id,
        gone = taken.gone,
        stayed = taken.stayed,
        "a statement was taken back"
    );
    let done = if taken.stayed == 0 {
        "taken_back"
    } else {
        "taken_partly"
    };
    Ok(go(&format!("{HERE}/{id}?done={done}")))
}
