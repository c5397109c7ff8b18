//! Bringing a file in: a preview that changes nothing, then the good rows under one number, which
//! can be taken back.
//!
//! The rows travel with the preview's form and are checked again: no server keeps them in between.

mod blank;
mod preview;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Query, State};
use axum::response::Response;
use axum::routing::{get, post};

use super::tables::table_of;
use crate::server::AppState;
use crate::server::intake::ImportSheet;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::server::web::words::count;
use crate::store::Actor;
use crate::store::catalogue::Table;
use crate::store::catalogue::contracts::CONTRACT;
use crate::store::catalogue::payments::PAYMENT_TRANSFER;
use crate::store::catalogue::work::{JOBS, jobs};
use crate::store::imports::{IMPORT_BATCH, ImportRow};
use crate::store::jobs::{Added, NewJob};

/// Larger files are refused.
pub const FILE_MAX: usize = 10 * 1024 * 1024;
/// Bytes of a request that carries a file, or the rows of one back.
pub const BODY_MAX: usize = 4 * FILE_MAX;

/// The routes that carry a file. What can be imported asks for the permission of its table.
pub fn file_routes() -> Vec<Route> {
    vec![
        Route::change(
            "/admin/import/preview",
            Need::SignedIn,
            post(preview::preview).layer(DefaultBodyLimit::max(FILE_MAX)),
        ),
        Route::change("/admin/import/commit", Need::SignedIn, post(commit)),
        Route::change("/admin/import/{id}/undo", Need::SignedIn, post(undo)),
    ]
}

/// The others.
pub fn routes() -> Vec<Route> {
    vec![
        Route::read("/admin/import", Need::SignedIn, get(preview::form)),
        Route::read("/admin/import/blank", Need::SignedIn, get(blank::file)),
        Route::read("/admin/import/{id}", Need::SignedIn, get(show)),
    ]
}

/// The table of this name, where the person may bring files into it.
fn importable(person: &Person, name: &str) -> Result<&'static Table, Problem> {
    let table = table_of(name)?;
    if !table.is_importable {
        Err(Problem::no_page())
    } else if person.may_table(table, Right::Import) {
        Ok(table)
    } else {
        Err(Problem::forbidden())
    }
}

/// What is said to whoever wants to take back what somebody else brought.
const NOT_YOURS: &str =
    "Lần nhập này của người khác. Người đã nhập, quản lý hoặc chủ cửa hàng mới hoàn tác được.";

/// Taking an import back is deleting its rows: one's own, or who may delete.
fn may_take_back(person: &Person, table: &Table, import: &ImportRow) -> bool {
    let is_own = import.by == Some(person.account.user_id);
    is_own || person.may_table(table, Right::Delete)
}

/// Brings the good rows in.
pub async fn commit(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    let sheet: ImportSheet = serde_json::from_str(form.exact("rows"))
        .map_err(|_| Problem::bad("Biểu mẫu hỏng. Chọn lại tệp."))?;
    let table = importable(&person, &sheet.table)?;
    let actor = person.actor();
    // A browser that goes away, or is told that it took too long, leaves no half of a file behind.
    let begun = app
        .clone()
        .carry_through(async move { bring_in(&app, table, &sheet, &actor).await })
        .await;
    let import = begun.map_err(|_| Problem::broken())??;
    Ok(go(&format!("/admin/import/{import}?done=imported")))
}

/// The good rows under one number.
async fn bring_in(
    app: &AppState,
    table: &'static Table,
    sheet: &ImportSheet,
    actor: &Actor,
) -> Result<i64, Problem> {
    let (good, _) = preview::sorted(app, sheet).await?;
    let import = app
        .store()
        .tables()
        .imports()
        .begin(table, &good.filename, actor)
        .await?;
    if good.is_jobs() {
        let jobs: Vec<NewJob> = good
            .rows
            .iter()
            .filter_map(|(_, cells)| good.job(cells).ok())
            .collect();
        let mut left_out = 0;
        for some in jobs.chunks(IMPORT_BATCH) {
            let added = app
                .store()
                .tables()
                .imports()
                .add_jobs(import, some.to_vec(), actor)
                .await?;
            left_out += added
                .iter()
                .filter(|a| !matches!(a, Added::Added(_)))
                .count();
        }
        tracing::info!(import, jobs = jobs.len(), left_out, "jobs were imported");
    } else {
        let rows: Vec<_> = good
            .rows
            .iter()
            .filter_map(|(_, cells)| good.fields(cells).ok())
            .collect();
        app.store()
            .tables()
            .imports()
            .add_rows(import, table, &rows, actor)
            .await?;
    }
    Ok(import)
}

#[derive(Template)]
#[template(path = "imported.html")]
struct Imported {
    frame: Frame,
    id: i64,
    filename: String,
    table: &'static str,
    rows: String,
    is_undone: bool,
    /// Why it cannot be taken back by this person.
    why_not: Option<&'static str>,
    list_url: String,
}

/// One import: what came of it, and the way back.
pub async fn show(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let import = app.store().tables().imports().find(id).await?;
    if import.table == CONTRACT.name {
        return Ok(go(&format!("/desk/manage/import/{id}")));
    }
    if import.table == PAYMENT_TRANSFER.name {
        return Ok(go(&format!("/admin/payments/statement/{id}")));
    }
    let table = importable(&person, &import.table)?;
    page(&Imported {
        frame: Frame::of(&person, format!("Lần nhập #{id}"), "import")
            .with_notice(done.done.as_deref()),
        id,
        filename: import.filename.clone().unwrap_or_default(),
        table: table.vi,
        rows: count(import.rows),
        is_undone: import.is_undone,
        why_not: (!may_take_back(&person, table, &import)).then_some(NOT_YOURS),
        list_url: if table.is(&JOBS) {
            format!("/admin/t/{}?f.{}.is={id}", JOBS.name, jobs::IMPORT_ID.name)
        } else {
            format!("/admin/t/{}", table.name)
        },
    })
}

/// Takes an import back.
pub async fn undo(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    let import = app.store().tables().imports().find(id).await?;
    let table = importable(&person, &import.table)?;
    if !may_take_back(&person, table, &import) {
        return Err(Problem::refused(NOT_YOURS));
    }
    let actor = person.actor();
    let undone = app
        .clone()
        .carry_through(async move { app.store().tables().imports().take_back(id, &actor).await })
        .await;
    let undone = undone.map_err(|_| Problem::broken())??;
    tracing::info!(
        import = id,
        gone = undone.gone,
        stayed = undone.stayed,
        "an import was taken back"
    );
    Ok(go(&format!("/admin/import/{id}?done=undone")))
}
