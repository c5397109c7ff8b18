//! Any table of the catalogue: list, row, form, one cell, many rows at once, pick lists.
//!
//! Lives here: what a list or a form shows and what a person asks for, as the store takes it. A
//! name in an address is looked up in the catalogue before anything else happens.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::Value as Json;

use super::cells::{self, is_editable};
use super::form::{Form, Path};
use super::list::{Asked, ListPage, list_page};
use super::page::{Fault, Frame, go, page, page_with, time};
use super::people::{is_beyond, may_touch};
use super::permission::Action;
use super::session::Person;
use crate::domain::JobState;
use crate::server::App;
use crate::store::catalogue::{self, ACTIONS, Access, Column, Kind, Table};
use crate::store::rows::{self, Compare, Fields, Filter, Query, Row, is_free};
use crate::store::{StoreError, jobs::JobView};

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
    told: Vec<(String, String, String)>,
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
        .filter(|c| is_editable(table, c))
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
    let asked = Asked::of(table, query.as_deref().unwrap_or_default())?;
    let shown: ListPage = list_page(&app, &person, asked).await?;
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
        .like(
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
    let Kind::Relation { table: other, .. } = column.kind else {
        return Err(Fault::not_found());
    };
    // Who may edit the row may see by name what it can point to, and nothing more.
    if !person.may_table(table.name, Action::Edit) && !person.may_table(other, Action::See) {
        return Err(Fault::forbidden());
    }
    let asked = Form(
        url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
            .into_owned()
            .collect(),
    );
    let words = asked
        .0
        .iter()
        .find(|(name, _)| name.starts_with("q."))
        .map_or("", |(_, v)| v.as_str());
    page(&Picked {
        found: app.store().pick_list(column, words, PICK_MAX).await?,
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
        Kind::Bool => ("yes_no", Vec::new(), String::new()),
        Kind::LongText => ("long", Vec::new(), String::new()),
        Kind::Money | Kind::Decimal => ("money", Vec::new(), String::new()),
        Kind::Int | Kind::Id => ("number", Vec::new(), String::new()),
        Kind::Choice(all) => {
            let choice = |(wire, label): &(&str, &str)| Choice {
                value: (*wire).to_owned(),
                label: (*label).to_owned(),
                is_chosen: *wire == value,
            };
            ("choice", all.iter().map(choice).collect(), String::new())
        }
        Kind::Relation { .. } => (
            "pick",
            Vec::new(),
            name_of(app, column, value.parse().ok())
                .await?
                .unwrap_or_default(),
        ),
        Kind::Date | Kind::TimeMs | Kind::OldTime => ("time", Vec::new(), String::new()),
        Kind::Text(_) => ("text", Vec::new(), String::new()),
    };
    let is_needed = !column.nullable
        && column.default.is_none()
        && !table.name.is_empty()
        && column.kind != Kind::Bool;
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

/// What stands in the column of a row.
pub fn cell_of<'r>(table: &Table, row: &'r Row, name: &str) -> &'r Json {
    table
        .shown()
        .position(|c| c.name == name)
        .and_then(|at| row.cells.get(at))
        .unwrap_or(&Json::Null)
}

async fn fields_of(
    app: &App,
    table: &'static Table,
    row: Option<&Row>,
    given: &Form,
) -> Result<Vec<Field>, Fault> {
    let mut fields = Vec::new();
    for column in table.columns.iter().filter(|c| is_editable(table, c)) {
        let value = match row {
            Some(row) => cells::for_form(column, cell_of(table, row, column.name)),
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
    row: &Row,
    is_all: bool,
) -> Result<Vec<Fact>, Fault> {
    let mut facts = Vec::new();
    for column in table
        .shown()
        .filter(|c| is_all || !is_editable(table, c))
        .filter(|c| !matches!(c.name, "version" | "id" | "before_json" | "after_json"))
    {
        let cell = cell_of(table, row, column.name);
        let mut text = cells::for_people(column, cell);
        let mut link = None;
        if let (Kind::Relation { table: other, .. }, Some(id)) = (column.kind, cell.as_i64()) {
            text = name_of(app, column, Some(id))
                .await?
                .unwrap_or_else(|| format!("#{id}"));
            link = Some(link_of(other, id));
        }
        if let Some(told) = told_link(table, column, row) {
            link = Some(told);
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
        .names(column, id.as_slice())
        .await?
        .into_values()
        .next()
        .filter(|name| !name.is_empty()))
}

/// Where a row is looked at.
pub fn link_of(table: &str, id: i64) -> String {
    match table {
        "machines" => "/admin/machines".to_owned(),
        "imports" => format!("/admin/import/{id}"),
        _ => format!("/admin/t/{table}/{id}"),
    }
}

/// The row that an entry of the trail tells of, from its number there.
pub fn told_link(table: &Table, column: &Column, row: &Row) -> Option<String> {
    let id = cell_of(table, row, "row_id")
        .as_i64()
        .filter(|_| (table.name, column.name) == ("audit", "row_id"))?;
    let about = catalogue::table(cell_of(table, row, "table_name").as_str()?)?;
    Some(link_of(about.name, id))
}

/// What happened to a row, in words.
pub async fn trail_of(app: &App, table: &'static Table, id: i64) -> Result<Vec<Trace>, Fault> {
    let is = |column: &str, value: String| Filter {
        column: column.to_owned(),
        compare: Compare::Is,
        value,
    };
    let query = Query {
        filters: vec![
            is("table_name", table.name.to_owned()),
            is("row_id", id.to_string()),
        ],
        ..Query::default()
    };
    let listing = app.store().list("audit", &query, TRAIL_MAX).await?;
    let audit = table_of("audit")?;
    let text = |row: &Row, name: &str| {
        cell_of(audit, row, name)
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let mut trail = Vec::new();
    for row in &listing.rows {
        trail.push(Trace {
            at: cell_of(audit, row, "at")
                .as_i64()
                .map(time)
                .unwrap_or_default(),
            who: text(row, "who"),
            action: action_label(&text(row, "action")).to_owned(),
            changes: changes(
                app,
                table,
                &json_of(&text(row, "before_json")),
                &json_of(&text(row, "after_json")),
            )
            .await?,
        });
    }
    Ok(trail)
}

type Cells = serde_json::Map<String, Json>;

fn json_of(text: &str) -> Cells {
    serde_json::from_str(text).unwrap_or_default()
}

/// What a column of the trail is: a user's role and status are kept with the account.
fn told_column(table: &Table, name: &str) -> Option<&'static Column> {
    let account = if table.name == "users" && matches!(name, "role" | "status") {
        catalogue::table("accounts")
    } else {
        None
    };
    account.unwrap_or(table).column(name)
}

async fn shown(app: &App, column: Option<&'static Column>, value: &Json) -> Result<String, Fault> {
    Ok(match (column, value) {
        (_, Json::Null) => String::new(),
        (Some(column), Json::Number(id)) if matches!(column.kind, Kind::Relation { .. }) => {
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
    let mut told = Vec::new();
    for name in after
        .keys()
        .chain(before.keys().filter(|name| !after.contains_key(*name)))
    {
        let column = told_column(table, name);
        if column.is_some_and(|c| c.secret) {
            continue;
        }
        let (was, is) = (
            shown(app, column, before.get(name).unwrap_or(&Json::Null)).await?,
            shown(app, column, after.get(name).unwrap_or(&Json::Null)).await?,
        );
        if was != is {
            told.push((
                column.map_or_else(|| name.clone(), |c| c.vi.to_owned()),
                was,
                is,
            ));
        }
    }
    Ok(told)
}

/// What an action of the trail is called.
fn action_label(action: &str) -> &str {
    ACTIONS
        .iter()
        .find(|(wire, _)| *wire == action)
        .map_or(action, |(_, label)| label)
}

/// The form of a row.
pub async fn row(
    State(app): State<App>,
    person: Person,
    Path((table, id)): Path<(String, i64)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    let row = app.store().fetch(table.name, id).await?;
    let done = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "done")
        .map(|(_, v)| v.into_owned());
    let mut shown = row_page(&app, &person, table, &row).await?;
    shown.frame = shown.frame.told(done.as_deref());
    page(&shown)
}

async fn row_page(
    app: &App,
    person: &Person,
    table: &'static Table,
    row: &Row,
) -> Result<RowPage, Fault> {
    let has_fields = table.columns.iter().any(|c| is_editable(table, c));
    let is_beyond = is_beyond(app, person, table.name, row.id).await?;
    let may_edit =
        has_fields && !row.is_deleted && !is_beyond && person.may_table(table.name, Action::Edit);
    let title = format!("{} #{}", table.vi, row.id);
    Ok(RowPage {
        frame: Frame::of(person, title, table.name),
        table,
        id: Some(row.id),
        version: row.version,
        is_deleted: row.is_deleted,
        may_edit,
        may_delete: is_free(table)
            && !is_beyond
            && table.has("deleted_at")
            && person.may_table(table.name, Action::Delete),
        error: None,
        fields: if may_edit {
            fields_of(app, table, Some(row), &Form::default()).await?
        } else {
            Vec::new()
        },
        facts: facts_of(app, table, row, !may_edit).await?,
        trail: trail_of(app, table, row.id).await?,
        related: related(person, table, row.id),
        told: told_by(app, table, row).await?,
        unseen: (table.name == "reports"
            && is_unseen(table, row)
            && person.may_table("reports", Action::Decide))
        .then_some(row.id),
        decide_url: (table.name == "jobs").then(|| {
            format!(
                "/admin/review/{}",
                cell_of(table, row, "public_id")
                    .as_str()
                    .unwrap_or_default()
            )
        }),
    })
}

/// Where rows point to this one, in tables that the person may see.
fn related(person: &Person, table: &Table, id: i64) -> Vec<Related> {
    let mut related = Vec::new();
    for other in catalogue::TABLES.iter().filter(|t| {
        t.is_keyed() && t.access != Access::Hidden && person.may_table(t.name, Action::See)
    }) {
        let pointing = || {
            other
                .shown()
                .filter(|c| matches!(c.kind, Kind::Relation { table: to, .. } if to == table.name))
        };
        for column in pointing() {
            let may_add = is_free(other)
                && is_editable(other, column)
                && person.may_table(other.name, Action::Add);
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
async fn told_by(
    app: &App,
    table: &Table,
    row: &Row,
) -> Result<Vec<(String, String, String)>, Fault> {
    if table.name != "audit" {
        return Ok(Vec::new());
    }
    let text = |name: &str| cell_of(table, row, name).as_str().unwrap_or_default();
    let about = catalogue::TABLES
        .iter()
        .find(|t| t.name == text("table_name"))
        .unwrap_or(table);
    changes(
        app,
        about,
        &json_of(text("before_json")),
        &json_of(text("after_json")),
    )
    .await
}

fn is_unseen(table: &Table, row: &Row) -> bool {
    cell_of(table, row, "verdict") == "refused" && cell_of(table, row, "seen_at").is_null()
}

/// The form of a new row.
pub async fn new(
    State(app): State<App>,
    person: Person,
    Path(table): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    if table.name == "jobs" {
        return super::by_hand::form(&person);
    }
    if !is_free(table) {
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
    let (facts, trail, related, told) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
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
        told,
        decide_url: None,
        unseen: None,
    }
}

/// What a form says, column by column: only those that a form may write.
fn told(table: &'static Table, form: &Form) -> (Fields, Vec<(&'static str, String)>) {
    let (mut good, mut wrong) = (Vec::new(), Vec::new());
    for column in table.columns.iter().filter(|c| is_editable(table, c)) {
        // A box that is not ticked is not sent.
        if !form.has(column.name) && column.kind != Kind::Bool {
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
    for column in table.columns.iter().filter(|c| is_editable(table, c)) {
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
    if table.name == "jobs" {
        return super::by_hand::add(&app, &person, &form).await;
    }
    let (fields, wrong) = told(table, &form);
    if wrong.is_empty() {
        match app
            .store()
            .add_row(table.name, &fields, &person.actor())
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
    may_touch(&app, &person, table.name, &[id]).await?;
    let version = form
        .number("version")
        .ok_or_else(|| Fault::bad("Biểu mẫu thiếu phiên bản. Mở lại trang."))?;
    let (fields, wrong) = told(table, &form);
    let (error, is_stale) = if wrong.is_empty() {
        match app.store().change_row(table.name, id, version, &fields, &person.actor()).await {
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
    let row = app.store().fetch(table.name, id).await?;
    let mut shown = row_page(&app, &person, table, &row).await?;
    shown.fields = as_sent(&app, table, &form, &wrong).await?;
    shown.error = Some(error);
    if is_stale {
        for field in &mut shown.fields {
            let column = table.column(field.name).ok_or_else(Fault::not_found)?;
            let cell = cell_of(table, &row, field.name);
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
        .and_then(|told| rows::parse(column, &told).ok());
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
    may_touch(&app, &person, table.name, &[id]).await?;
    app.store()
        .delete_row(
            table.name,
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
    may_touch(&app, &person, table.name, &[id]).await?;
    app.store()
        .restore_row(
            table.name,
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
    may_touch(&app, &person, table.name, &[id]).await?;
    let row = app.store().fetch(table.name, id).await?;
    let field = field(
        &app,
        table,
        column,
        cells::for_form(column, cell_of(table, &row, column.name)),
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
    may_touch(&app, &person, table.name, &[id]).await?;
    let sent = form.exact("value").to_owned();
    let version = form.number("version").unwrap_or(-1);
    let wrong = match cells::read(table, column, &sent) {
        Ok(text) => match app
            .store()
            .change_row(
                table.name,
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
    let row = app.store().fetch(table.name, id).await?;
    let cell = cell_of(table, &row, column.name);
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
