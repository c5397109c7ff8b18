//! Any table of the catalogue: list, row, form, one cell, many rows at once, pick lists.
//!
//! Lives here: what a list or a form shows and what a person asks for, as the store takes it. A
//! name in an address is looked up in the catalogue before anything else happens.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value as Json;

use super::cells;
use super::form::{Form, Path};
use super::list::{ListPage, ListRequest, list_page};
use super::page::{Fault, Frame, go, page, page_with, time};
use super::people::{is_beyond, may_touch};
use super::permission::Right;
use super::session::Person;
use crate::domain::JobState;
use crate::server::App;
use crate::store::StoreError;
use crate::store::catalogue::house::{AUDIT, audit};
use crate::store::catalogue::people::{ACCOUNTS, accounts};
use crate::store::catalogue::work::{JOBS, jobs};
use crate::store::catalogue::{
    self, Access, AuditAction, BulkAction, Column, ColumnKind, Screen, TABLES, Table,
};
use crate::store::jobs::JobView;
use crate::store::tables::{Fields, TableRow, parse};

/// Rows of a pick list.
const PICK_MAX: u32 = 20;
/// Entries of a row's trail.
const TRAIL_MAX: u32 = 50;

/// A field of a form.
pub struct Field {
    /// Its name in the form.
    pub name: &'static str,
    /// What people call it.
    pub vi: &'static str,
    /// What it takes: decides which element is drawn.
    pub shape: &'static str,
    /// What stands in it.
    pub value: String,
    /// What a pick list shows for the value.
    pub label: String,
    /// What can be chosen.
    pub choices: Vec<Choice>,
    /// Must something stand there?
    pub is_needed: bool,
    /// What is wrong with it.
    pub why: Option<String>,
    /// What somebody else put there meanwhile.
    pub theirs: Option<String>,
}

/// Something to choose.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Is it the one?
    pub is_chosen: bool,
}

/// Something that cannot be changed.
pub struct Fact {
    /// What people call it.
    pub vi: &'static str,
    /// What it is.
    pub text: String,
    /// How loud.
    pub class: &'static str,
    /// Where it leads.
    pub link: Option<String>,
}

/// An entry of the trail.
pub struct Trace {
    /// When.
    pub at: String,
    /// Who.
    pub who: String,
    /// What, in words.
    pub action: String,
    /// Column, what it was, what it is.
    pub changes: Vec<(String, String, String)>,
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
pub(super) struct RowPage {
    frame: Frame,
    table: &'static Table,
    id: Option<i64>,
    version: i64,
    is_deleted: bool,
    may_edit: bool,
    may_delete: bool,
    error: Option<String>,
    fields: Vec<Field>,
    facts: Vec<Fact>,
    trail: Vec<Trace>,
    /// Rows elsewhere that point here.
    related: Vec<Related>,
    /// What an entry of the trail says was changed.
    changes: Vec<(String, String, String)>,
    decide_url: Option<String>,
    /// A refused report that can be marked as looked at.
    unseen: Option<i64>,
}

#[derive(Template)]
#[template(path = "cell_form.html")]
struct CellForm {
    table: &'static str,
    id: i64,
    version: i64,
    field: Field,
}

#[derive(Template)]
#[template(path = "cell.html")]
struct CellShown {
    cell: super::list::CellView,
}

#[derive(Template)]
#[template(path = "picked.html")]
struct Picked {
    found: Vec<(i64, String)>,
}

/// The table of this name; what nobody may see is not there.
pub fn table_of(name: &str) -> Result<&'static Table, Fault> {
    catalogue::table(name)
        .filter(|t| t.is_keyed())
        .ok_or_else(Fault::not_found)
}

/// A column of it that a form may write.
fn editable(table: &'static Table, name: &str) -> Result<&'static Column, Fault> {
    table
        .column(name)
        .filter(|c| table.is_editable(c))
        .ok_or_else(Fault::not_found)
}

/// The list.
pub async fn list(
    State(app): State<App>,
    person: Person,
    Path(table): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    let request = ListRequest::of(table, query.as_deref().unwrap_or_default())?;
    let shown: ListPage = list_page(&app, &person, request).await?;
    page(&shown)
}

/// Which columns the person looks at.
pub async fn columns(
    State(app): State<App>,
    person: Person,
    Path(table): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    let chosen: Vec<&str> = form
        .all("column")
        .filter(|name| table.shown().any(|c| c.name == *name))
        .collect();
    let value = if chosen.is_empty() || form.has("reset") {
        Json::Null
    } else {
        Json::from(chosen)
    };
    app.store()
        .settings()
        .prefer(
            person.account.user_id,
            &format!("columns.{}", table.name),
            &value,
        )
        .await?;
    Ok(go(&back_to(table, &form)))
}

/// Back to the list as it was.
pub(super) fn back_to(table: &Table, form: &Form) -> String {
    let query = form.text("query");
    let is_plain = query.chars().all(|c| c.is_ascii_graphic());
    if query.is_empty() || !is_plain {
        format!("/admin/t/{}", table.name)
    } else {
        format!("/admin/t/{}?{query}", table.name)
    }
}

/// Rows of a relation, for a pick list.
pub async fn pick(
    State(app): State<App>,
    person: Person,
    Path((table, column)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    let column = table
        .column(&column)
        .filter(|c| !c.secret)
        .ok_or_else(Fault::not_found)?;
    let ColumnKind::Relation { table: other, .. } = column.kind else {
        return Err(Fault::not_found());
    };
    // Who may edit the row may see by name what it can point to, and nothing more.
    if !person.may_table(table, Right::Edit)
        && !catalogue::table(other).is_some_and(|other| person.may_table(other, Right::See))
    {
        return Err(Fault::forbidden());
    }
    let query = Form(
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
    );
    let words = query
        .0
        .iter()
        .find(|(name, _)| name.starts_with("q."))
        .map_or("", |(_, v)| v.as_str());
    page(&Picked {
        found: app
            .store()
            .tables()
            .pick_list(column, words, PICK_MAX)
            .await?,
    })
}

/// What is asked for one field, with what stands in it.
async fn field(
    app: &App,
    table: &Table,
    column: &'static Column,
    value: String,
) -> Result<Field, Fault> {
    let (shape, choices, label) = match column.kind {
        ColumnKind::Bool => ("yes_no", Vec::new(), String::new()),
        ColumnKind::LongText => ("long", Vec::new(), String::new()),
        ColumnKind::Money | ColumnKind::Decimal => ("money", Vec::new(), String::new()),
        ColumnKind::Int | ColumnKind::Id => ("number", Vec::new(), String::new()),
        ColumnKind::Choice(all) => {
            let choice = |(wire, label): &(&str, &str)| Choice {
                value: (*wire).to_owned(),
                label: (*label).to_owned(),
                is_chosen: *wire == value,
            };
            ("choice", all.iter().map(choice).collect(), String::new())
        }
        ColumnKind::Relation { .. } => (
            "pick",
            Vec::new(),
            name_of(app, column, value.parse().ok())
                .await?
                .unwrap_or_default(),
        ),
        ColumnKind::Date | ColumnKind::TimeMs | ColumnKind::OldTime => {
            ("time", Vec::new(), String::new())
        }
        ColumnKind::Text(_) => ("text", Vec::new(), String::new()),
    };
    let is_needed = !column.nullable
        && column.default.is_none()
        && !table.name.is_empty()
        && column.kind != ColumnKind::Bool;
    Ok(Field {
        name: column.name,
        vi: column.vi,
        shape,
        value,
        label,
        choices,
        is_needed,
        why: None,
        theirs: None,
    })
}

async fn fields_of(
    app: &App,
    table: &'static Table,
    row: Option<&TableRow>,
    given: &Form,
) -> Result<Vec<Field>, Fault> {
    let mut fields = Vec::new();
    for column in table.columns.iter().filter(|c| table.is_editable(c)) {
        let value = match row {
            Some(row) => cells::for_form(column, row.cell(table, column)),
            None if given.has(column.name) => given.text(column.name).to_owned(),
            // A default that is a plain value stands in the new form.
            None => column
                .default
                .map(|d| d.trim_matches('\'').to_owned())
                .unwrap_or_default(),
        };
        fields.push(field(app, table, column, value).await?);
    }
    Ok(fields)
}

async fn facts_of(
    app: &App,
    table: &'static Table,
    row: &TableRow,
    is_all: bool,
) -> Result<Vec<Fact>, Fault> {
    let mut facts = Vec::new();
    for column in table
        .shown()
        .filter(|c| is_all || !table.is_editable(c))
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
            facts.push(Fact {
                vi: column.vi,
                text,
                class: cells::tone(column, cell),
                link,
            });
        }
    }
    Ok(facts)
}

/// What the row that a relation points to is called; nothing where there is none, or it has no
/// name.
pub async fn name_of(app: &App, column: &Column, id: Option<i64>) -> Result<Option<String>, Fault> {
    Ok(app
        .store()
        .tables()
        .names(column, id.as_slice())
        .await?
        .into_values()
        .next()
        .filter(|name| !name.is_empty()))
}

/// Where a row is looked at.
pub fn link_of(table: &Table, id: i64) -> String {
    match table.screen {
        Screen::Machines => "/admin/machines".to_owned(),
        Screen::Imports => format!("/admin/import/{id}"),
        Screen::List | Screen::Jobs | Screen::People => format!("/admin/t/{}/{id}", table.name),
    }
}

/// The row that an entry of the trail tells of, from its number there.
pub fn trail_link(table: &Table, column: &Column, row: &TableRow) -> Option<String> {
    if *column != audit::ROW_ID {
        return None;
    }
    let id = row.cell(table, column).as_i64()?;
    let about = catalogue::table(row.cell(table, &audit::TABLE_NAME).as_str()?)?;
    Some(link_of(about, id))
}

/// What happened to a row, in words.
pub async fn trail_of(app: &App, table: &'static Table, id: i64) -> Result<Vec<Trace>, Fault> {
    let mut trail = Vec::new();
    for entry in app.store().audit().of_row(table, id, TRAIL_MAX).await? {
        trail.push(Trace {
            at: time(entry.at),
            changes: changes(app, table, &entry.before, &entry.after).await?,
            who: entry.who,
            action: action_label(&entry.action),
        });
    }
    Ok(trail)
}

type Cells = serde_json::Map<String, Json>;

/// The column that a name in the trail means: a user's role and status are kept with the account.
fn trail_column(table: &Table, name: &str) -> Option<&'static Column> {
    let is_accounts =
        table.is_people && [accounts::ROLE.name, accounts::STATUS.name].contains(&name);
    if is_accounts { &ACCOUNTS } else { table }.column(name)
}

async fn shown(app: &App, column: Option<&'static Column>, value: &Json) -> Result<String, Fault> {
    Ok(match (column, value) {
        (_, Json::Null) => String::new(),
        (Some(column), Json::Number(id)) if matches!(column.kind, ColumnKind::Relation { .. }) => {
            name_of(app, column, id.as_i64())
                .await?
                .unwrap_or_else(|| format!("#{id}"))
        }
        (Some(column), value) => cells::for_people(column, value),
        (None, Json::String(text)) => text.clone(),
        (None, Json::Bool(is)) => if *is { "có" } else { "không" }.to_owned(),
        (None, other) => other.to_string(),
    })
}

/// Column, what it was, what it is: where the two differ.
async fn changes(
    app: &App,
    table: &Table,
    before: &Cells,
    after: &Cells,
) -> Result<Vec<(String, String, String)>, Fault> {
    let mut changed = Vec::new();
    for name in after
        .keys()
        .chain(before.keys().filter(|name| !after.contains_key(*name)))
    {
        let column = trail_column(table, name);
        if column.is_some_and(|c| c.secret) {
            continue;
        }
        let (was, is) = (
            shown(app, column, before.get(name).unwrap_or(&Json::Null)).await?,
            shown(app, column, after.get(name).unwrap_or(&Json::Null)).await?,
        );
        if was != is {
            changed.push((
                column.map_or_else(|| name.clone(), |c| c.vi.to_owned()),
                was,
                is,
            ));
        }
    }
    Ok(changed)
}

/// What an action of the trail is called.
fn action_label(action: &str) -> String {
    AuditAction::of(action).map_or_else(|| action.to_owned(), |known| known.label().to_owned())
}

/// The form of a row.
pub async fn row(
    State(app): State<App>,
    person: Person,
    Path((table, id)): Path<(String, i64)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    let row = app.store().tables().fetch(table, id).await?;
    let done = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "done")
        .map(|(_, v)| v.into_owned());
    let mut shown = row_page(&app, &person, table, &row).await?;
    shown.frame = shown.frame.with_notice(done.as_deref());
    page(&shown)
}

async fn row_page(
    app: &App,
    person: &Person,
    table: &'static Table,
    row: &TableRow,
) -> Result<RowPage, Fault> {
    let has_fields = table.columns.iter().any(|c| table.is_editable(c));
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
            fields_of(app, table, Some(row), &Form::default()).await?
        } else {
            Vec::new()
        },
        facts: facts_of(app, table, row, !may_edit).await?,
        trail: trail_of(app, table, row.id).await?,
        related: related(person, table, row.id),
        changes: changes_in(app, table, row).await?,
        unseen: is_unseen(app, person, table, row.id)
            .await?
            .then_some(row.id),
        decide_url: (table.screen == Screen::Jobs)
            .then(|| row.cell(table, &jobs::PUBLIC_ID).as_str())
            .flatten()
            .map(|id| format!("/admin/review/{id}")),
    })
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

/// What an entry of the trail says, column by column.
async fn changes_in(
    app: &App,
    table: &'static Table,
    row: &TableRow,
) -> Result<Vec<(String, String, String)>, Fault> {
    if !table.is(&AUDIT) {
        return Ok(Vec::new());
    }
    let (entry, about) = app.store().audit().entry(row.id).await?;
    let about = about
        .and_then(|(name, _)| TABLES.into_iter().find(|t| t.name == name))
        .unwrap_or(table);
    changes(app, about, &entry.before, &entry.after).await
}

/// Is it a refused report that the person may mark as looked at?
async fn is_unseen(app: &App, person: &Person, table: &Table, id: i64) -> Result<bool, Fault> {
    Ok(table.offers(BulkAction::MarkSeen)
        && person.may_table(table, Right::Decide)
        && app.store().jobs().is_unseen(id).await?)
}

/// The form of a new row.
pub async fn new(
    State(app): State<App>,
    person: Person,
    Path(table): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    if table.is(&JOBS) {
        return super::by_hand::form(&person);
    }
    if !table.is_free() {
        return Err(Fault::not_found());
    }
    // A link may fill in what it knows: the order of a new line.
    let given = Form(
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
    );
    let fields = fields_of(&app, table, None, &given).await?;
    page(&new_page(&person, table, fields, None))
}

/// The page of a form for a new row.
pub(super) fn new_page(
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
    }
}

/// What a form says, column by column: only those that a form may write.
fn read_form(table: &'static Table, form: &Form) -> (Fields, Vec<(&'static str, String)>) {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for column in table.columns.iter().filter(|c| table.is_editable(c)) {
        // A box that is not ticked is not sent.
        if !form.has(column.name) && column.kind != ColumnKind::Bool {
            continue;
        }
        match cells::read(table, column, form.exact(column.name)) {
            Ok(text) => good.push((column.name.to_owned(), text)),
            Err(why) => wrong.push((column.name, why)),
        }
    }
    (good, wrong)
}

/// The form as it was sent, with what is wrong in it.
async fn as_sent(
    app: &App,
    table: &'static Table,
    form: &Form,
    wrong: &[(&'static str, String)],
) -> Result<Vec<Field>, Fault> {
    let mut fields = Vec::new();
    for column in table.columns.iter().filter(|c| table.is_editable(c)) {
        let mut shown = field(app, table, column, form.exact(column.name).to_owned()).await?;
        shown.why = wrong
            .iter()
            .find(|(name, _)| *name == column.name)
            .map(|(_, why)| why.clone());
        fields.push(shown);
    }
    Ok(fields)
}

/// A new row.
pub async fn add(
    State(app): State<App>,
    person: Person,
    Path(table): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    if table.is(&JOBS) {
        return super::by_hand::add(&app, &person, &form).await;
    }
    let (fields, wrong) = read_form(table, &form);
    if wrong.is_empty() {
        match app
            .store()
            .tables()
            .add(table, &fields, &person.actor())
            .await
        {
            Ok(id) => return Ok(go(&format!("/admin/t/{}/{id}?done=added", table.name))),
            Err(StoreError::BadValue { field, why }) => {
                let shown = new_page(
                    &person,
                    table,
                    as_sent(&app, table, &form, &wrong).await?,
                    Some(format!("{field}: {why}")),
                );
                return page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown);
            }
            Err(other) => return Err(other.into()),
        }
    }
    let shown = new_page(
        &person,
        table,
        as_sent(&app, table, &form, &wrong).await?,
        Some("Sửa các ô được đánh dấu rồi lưu lại.".to_owned()),
    );
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// Saves a form, unless somebody else was faster: then both are shown.
pub async fn save(
    State(app): State<App>,
    person: Person,
    Path((table, id)): Path<(String, i64)>,
    form: Form,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    may_touch(&app, &person, table, &[id]).await?;
    let version = form
        .number("version")
        .ok_or_else(|| Fault::bad("Biểu mẫu thiếu phiên bản. Mở lại trang."))?;
    let (fields, wrong) = read_form(table, &form);
    let (error, is_stale) = if wrong.is_empty() {
        match app.store().tables().change(table, id, version, &fields, &person.actor()).await {
            Ok(_) => return Ok(go(&format!("/admin/t/{}/{id}?done=saved", table.name))),
            Err(StoreError::Stale) => {
                ("Có người vừa sửa dòng này sau khi bạn mở. So từng ô bên dưới: lưu lại sẽ ghi đè lên bản mới.".to_owned(), true)
            }
            Err(StoreError::BadValue { field, why }) => (format!("{field}: {why}"), false),
            Err(last @ StoreError::LastOwner) => (last.to_string(), false),
            Err(other) => return Err(other.into()),
        }
    } else {
        ("Sửa các ô được đánh dấu rồi lưu lại.".to_owned(), false)
    };
    let row = app.store().tables().fetch(table, id).await?;
    let mut shown = row_page(&app, &person, table, &row).await?;
    shown.fields = as_sent(&app, table, &form, &wrong).await?;
    shown.error = Some(error);
    if is_stale {
        for field in &mut shown.fields {
            let column = table.column(field.name).ok_or_else(Fault::not_found)?;
            let cell = row.cell(table, column);
            if !is_same(table, column, &field.value, cell) {
                field.theirs = Some(cells::for_people(column, cell));
            }
        }
        return page_with(StatusCode::CONFLICT, &shown);
    }
    shown.version = version;
    page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
}

/// Does the text of a form mean what stands in the row?
fn is_same(table: &Table, column: &Column, text: &str, cell: &Json) -> bool {
    let meant = cells::read(table, column, text)
        .ok()
        .and_then(|text| parse(column, &text).ok());
    meant.map_or_else(
        || cells::for_form(column, cell) == text,
        |meant| meant == *cell,
    )
}

/// Puts a row away.
pub async fn delete(
    State(app): State<App>,
    person: Person,
    Path((table, id)): Path<(String, i64)>,
    form: Form,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    may_touch(&app, &person, table, &[id]).await?;
    app.store()
        .tables()
        .delete(
            table,
            id,
            form.number("version").unwrap_or(-1),
            &person.actor(),
        )
        .await?;
    Ok(go(&format!("/admin/t/{}?done=deleted", table.name)))
}

/// Takes it back.
pub async fn restore(
    State(app): State<App>,
    person: Person,
    Path((table, id)): Path<(String, i64)>,
    form: Form,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    may_touch(&app, &person, table, &[id]).await?;
    app.store()
        .tables()
        .restore(
            table,
            id,
            form.number("version").unwrap_or(-1),
            &person.actor(),
        )
        .await?;
    Ok(go(&format!("/admin/t/{}/{id}?done=restored", table.name)))
}

/// One cell as a form.
pub async fn cell_form(
    State(app): State<App>,
    person: Person,
    Path((table, id, column)): Path<(String, i64, String)>,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    let column = editable(table, &column)?;
    may_touch(&app, &person, table, &[id]).await?;
    let row = app.store().tables().fetch(table, id).await?;
    let field = field(
        &app,
        table,
        column,
        cells::for_form(column, row.cell(table, column)),
    )
    .await?;
    page(&CellForm {
        table: table.name,
        id,
        version: row.version,
        field,
    })
}

/// Saves one cell.
pub async fn cell_save(
    State(app): State<App>,
    person: Person,
    Path((table, id, column)): Path<(String, i64, String)>,
    form: Form,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    let column = editable(table, &column)?;
    may_touch(&app, &person, table, &[id]).await?;
    let sent = form.exact("value").to_owned();
    let version = form.number("version").unwrap_or(-1);
    let wrong = match cells::read(table, column, &sent) {
        Ok(text) => match app
            .store()
            .tables()
            .change(
                table,
                id,
                version,
                &vec![(column.name.to_owned(), text)],
                &person.actor(),
            )
            .await
        {
            Ok(_) => None,
            Err(StoreError::Stale) => {
                Some("Có người vừa sửa. Đây là giá trị bạn nhập; bấm Lưu để ghi đè.".to_owned())
            }
            Err(StoreError::BadValue { why, .. }) => Some(why),
            Err(last @ StoreError::LastOwner) => Some(last.to_string()),
            Err(other) => return Err(other.into()),
        },
        Err(why) => Some(why),
    };
    let row = app.store().tables().fetch(table, id).await?;
    let cell = row.cell(table, column);
    if let Some(why) = wrong {
        let mut field = field(&app, table, column, sent).await?;
        field.theirs = Some(cells::for_people(column, cell)).filter(|_| row.version != version);
        field.why = Some(why);
        return page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &CellForm {
                table: table.name,
                id,
                version: row.version,
                field,
            },
        );
    }
    let cell = super::list::cell_view(&app, table, column, &row, true).await?;
    page(&CellShown { cell })
}

/// May the job be decided by a person now?
pub fn is_doubt(job: &JobView) -> bool {
    matches!(job.state, JobState::InDoubt | JobState::Review)
}
