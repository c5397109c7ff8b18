//! One row as a page: its form, its facts, its trail, what points to it.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::field::fields_of;
use super::links::{link_of, name_of, trail_link};
use super::table_of;
use super::trail::{Trace, changes_in, trail_of};
use crate::server::AppState;
use crate::server::admin::reach::{is_beyond, may_see};
use crate::server::web::cells;
use crate::server::web::extract::PathParam;
use crate::server::web::field::Field;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::page;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::house::audit;
use crate::store::catalogue::work::jobs;
use crate::store::catalogue::{self, Access, Area, BulkAction, ColumnKind, Screen, TABLES, Table};
use crate::store::tables::TableRow;

/// Something that cannot be changed.
pub struct RowFact {
    /// What people call it.
    pub vi: &'static str,
    /// What it is.
    pub text: String,
    /// How loud.
    pub class: &'static str,
    /// Where it leads.
    pub link: Option<String>,
}

/// Rows of another table that point to a row.
pub(super) struct Related {
    /// What they are.
    label: String,
    /// Their list.
    url: String,
    /// Makes another one.
    add_url: Option<String>,
}

#[derive(Template)]
#[template(path = "row.html")]
pub struct RowPage {
    pub(super) frame: Frame,
    pub(super) table: &'static Table,
    pub(super) id: Option<i64>,
    pub(super) version: i64,
    pub(super) is_deleted: bool,
    pub(super) may_edit: bool,
    pub(super) may_delete: bool,
    pub(super) error: Option<String>,
    pub(super) fields: Vec<Field>,
    pub(super) facts: Vec<RowFact>,
    pub(super) trail: Vec<Trace>,
    /// Rows elsewhere that point here.
    pub(super) related: Vec<Related>,
    /// What an entry of the trail says was changed.
    pub(super) changes: Vec<(String, String, String)>,
    pub(super) decide_url: Option<String>,
    /// A refused report that can be marked as looked at.
    pub(super) unseen: Option<i64>,
    /// Where this user's account is, or where they are given one, and what that is called.
    pub(super) account: Option<(String, &'static str)>,
}

/// The form of a row.
pub async fn row(
    State(app): State<AppState>,
    person: Person,
    PathParam((table, id)): PathParam<(String, i64)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    may_see(&app, &person, table, id).await?;
    let row = app.store().tables().fetch(table, id).await?;
    let done = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "done")
        .map(|(_, v)| v.into_owned());
    let mut shown = row_page(&app, &person, table, &row).await?;
    shown.frame = shown.frame.with_notice(done.as_deref());
    page(&shown)
}

pub(super) async fn row_page(
    app: &AppState,
    person: &Person,
    table: &'static Table,
    row: &TableRow,
) -> Result<RowPage, Problem> {
    let has_fields = table.columns.iter().any(|c| person.may_write(table, c));
    let is_beyond = is_beyond(app, person, table, row.id).await?;
    let may_edit =
        has_fields && !row.is_deleted && !is_beyond && person.may_table(table, Right::Edit);
    let title = format!("{} #{}", table.vi, row.id);
    Ok(RowPage {
        frame: Frame::of(person, title, table.name),
        table,
        id: Some(row.id),
        version: row.version,
        is_deleted: row.is_deleted,
        may_edit,
        may_delete: table.is_free()
            && !is_beyond
            && table.keeps_deleted()
            && person.may_table(table, Right::Delete),
        error: None,
        fields: if may_edit {
            fields_of(app, person, table, Some(row), &FormData::default()).await?
        } else {
            Vec::new()
        },
        facts: facts_of(app, person, table, row, !may_edit).await?,
        trail: trail_of(app, table, row.id).await?,
        related: related(person, table, row.id),
        changes: changes_in(app, table, row).await?,
        unseen: is_unseen(app, person, table, row.id)
            .await?
            .then_some(row.id),
        account: account_link(app, person, table, row).await?,
        decide_url: (table.screen == Screen::Jobs)
            .then(|| row.cell(table, &jobs::PUBLIC_ID).as_str())
            .flatten()
            .map(|id| format!("/admin/review/{id}")),
    })
}

/// A user of the old shop has no account until somebody gives one.
async fn account_link(
    app: &AppState,
    person: &Person,
    table: &Table,
    row: &TableRow,
) -> Result<Option<(String, &'static str)>, Problem> {
    if !table.is_people {
        return Ok(None);
    }
    Ok(if app.store().accounts().find(row.id).await?.is_some() {
        Some((format!("/admin/people/{}", row.id), "Tài khoản đăng nhập"))
    } else {
        let may_give = person.may(Area::People, Right::Add) && person.account.payee.is_none();
        may_give.then(|| {
            let url = format!("/admin/people/{}/give", row.id);
            (url, "Cấp tài khoản")
        })
    })
}

async fn facts_of(
    app: &AppState,
    person: &Person,
    table: &'static Table,
    row: &TableRow,
    is_all: bool,
) -> Result<Vec<RowFact>, Problem> {
    let mut facts = Vec::new();
    for column in table
        .shown()
        .filter(|c| is_all || !person.may_write(table, c))
        .filter(|c| c.name != "version" && c.kind != ColumnKind::Id)
        .filter(|c| ![audit::BEFORE_JSON, audit::AFTER_JSON].contains(c))
    {
        let cell = row.cell(table, column);
        let mut text = cells::for_people(column, cell);
        let mut link = None;
        if let (ColumnKind::Relation { table: other, .. }, Some(id)) = (column.kind, cell.as_i64())
        {
            text = name_of(app, column, Some(id))
                .await?
                .unwrap_or_else(|| format!("#{id}"));
            link = catalogue::table(other).map(|other| link_of(other, id));
        }
        if let Some(about) = trail_link(table, column, row) {
            link = Some(about);
        }
        if !text.is_empty() {
            facts.push(RowFact {
                vi: column.vi,
                text,
                class: cells::tone(column, cell),
                link,
            });
        }
    }
    Ok(facts)
}

/// Where rows point to this one, in tables that the person may see.
fn related(person: &Person, table: &Table, id: i64) -> Vec<Related> {
    let mut related = Vec::new();
    for other in TABLES
        .into_iter()
        .filter(|t| t.is_keyed() && t.access != Access::Hidden && person.may_table(t, Right::See))
    {
        let pointing = || {
            other.shown().filter(
                |c| matches!(c.kind, ColumnKind::Relation { table: to, .. } if to == table.name),
            )
        };
        for column in pointing() {
            let may_add =
                other.is_free() && other.is_editable(column) && person.may_table(other, Right::Add);
            related.push(Related {
                label: if pointing().count() > 1 {
                    format!("{} ({})", other.vi, column.vi.to_lowercase())
                } else {
                    other.vi.to_owned()
                },
                url: format!("/admin/t/{}?f.{}.is={id}", other.name, column.name),
                add_url: may_add
                    .then(|| format!("/admin/t/{}/new?{}={id}", other.name, column.name)),
            });
        }
    }
    related
}

/// Is it a refused report that the person may mark as looked at?
async fn is_unseen(
    app: &AppState,
    person: &Person,
    table: &Table,
    id: i64,
) -> Result<bool, Problem> {
    Ok(table.offers(BulkAction::MarkSeen)
        && person.may_table(table, Right::Decide)
        && app.store().jobs().is_unseen(id).await?)
}

/// The page of a form for a new row.
pub(in crate::server::admin) fn new_page(
    person: &Person,
    table: &'static Table,
    fields: Vec<Field>,
    error: Option<String>,
) -> RowPage {
    let frame = Frame::of(
        person,
        format!("Thêm {}", table.vi.to_lowercase()),
        table.name,
    );
    let (facts, trail, related, changes) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    RowPage {
        frame,
        table,
        id: None,
        version: 0,
        is_deleted: false,
        may_edit: true,
        may_delete: false,
        error,
        fields,
        facts,
        trail,
        related,
        changes,
        decide_url: None,
        unseen: None,
        account: None,
    }
}
