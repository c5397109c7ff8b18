//! A list as a page, and which of its columns a person looks at.

use askama::Template;
use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::bulk::COLLECTED;
use super::cell_view::{RowView, row_views, stands};
use super::columns::columns_of;
use super::filters::{Chip, FilterField, StateTab, chips, filter_fields, tabs};
use super::links::pages_of;
use super::request::{ListRequest, SIZES};
use super::table_of;
use super::views::{ViewLink, view_links};
use crate::domain::money::grouped;
use crate::server::AppState;
use crate::server::web::extract::PathParam;
use crate::server::web::frame::Frame;
use crate::server::web::page::page;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::{BulkAction, Column, Table, work};
use crate::store::tables::{Count, Deleted};

/// The head of a column.
pub struct ColumnHead {
    /// What people call it.
    pub vi: &'static str,
    /// How its cells stand.
    pub class: &'static str,
    /// Sorts by it.
    pub sort_url: String,
    /// Which way it is sorted.
    pub arrow: &'static str,
}

/// The page of a list.
#[derive(Template)]
#[template(path = "list.html")]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each switches one part of the page"
)]
pub struct ListPage {
    frame: Frame,
    table: &'static Table,
    heads: Vec<ColumnHead>,
    rows: Vec<RowView>,
    count: String,
    next_url: Option<String>,
    first_url: Option<String>,
    q: String,
    kept: Vec<(String, String)>,
    /// What the filter's form does not ask for and yet keeps.
    kept_by_filter: Vec<(String, String)>,
    filter_count: usize,
    tabs: Vec<StateTab>,
    /// What the person kept under a name.
    views: Vec<ViewLink>,
    chips: Vec<Chip>,
    clear_url: String,
    filters: Vec<FilterField>,
    columns: Vec<(&'static str, &'static str, bool)>,
    query: String,
    may_add: bool,
    /// Pages that belong to the list, with their names.
    pages: Vec<(&'static str, &'static str)>,
    may_tick: bool,
    may_delete: bool,
    may_edit: bool,
    may_see: bool,
    settable: Vec<(&'static str, &'static str)>,
    collected: Vec<(&'static str, &'static str)>,
    may_export: bool,
    may_import: bool,
    is_gone: bool,
    has_gone: bool,
    gone_url: String,
    sizes: Vec<(u32, String, bool)>,
}

/// The list.
pub async fn list(
    State(app): State<AppState>,
    person: Person,
    PathParam(table): PathParam<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    let request = ListRequest::of(table, query.as_deref().unwrap_or_default())?.seen_by(&person);
    let shown: ListPage = list_page(&app, &person, request).await?;
    page(&shown)
}

/// Asks the store and draws the page.
pub async fn list_page(
    app: &AppState,
    person: &Person,
    request: ListRequest,
) -> Result<ListPage, Problem> {
    let table = request.table;
    let may = |action| person.may_table(table, action);
    let columns = columns_of(app, person, table).await?;
    let (listing, count) = app
        .store()
        .tables()
        .page_and_count(table, &request.query, request.size)
        .await?;
    let count = match count {
        Count::Exactly(number) => format!("{} dòng", grouped(number)),
        Count::MoreThan(number) => format!("hơn {} dòng", grouped(number)),
    };
    let rows = row_views(app, table, &columns, &listing.rows, person).await?;
    let is_gone = request.query.deleted == Deleted::Only;
    let is_free = table.is_free();
    let title = if is_gone {
        format!("{}: đã xóa", table.vi)
    } else {
        table.vi.to_owned()
    };
    let chips = chips(app, &request).await?;
    let filters = filter_fields(app, &request, &columns).await?;
    Ok(ListPage {
        frame: Frame::of(person, title, table.name)
            .with_notice(request.done.as_deref())
            .counted(request.did, request.left),
        table,
        heads: columns.iter().map(|c| head(&request, c)).collect(),
        rows,
        count,
        next_url: listing
            .next
            .as_deref()
            .map(|after| request.address(&[("after", Some(after))])),
        first_url: request.query.after.as_ref().map(|_| request.address(&[])),
        q: request.query.search.clone(),
        kept_by_filter: kept(&request, |name| {
            !filters
                .iter()
                .any(|f| f.inputs.iter().any(|(input, ..)| input == name))
        }),
        filter_count: request.query.filters.len(),
        kept: kept(&request, |name| name != "q"),
        tabs: tabs(&request),
        views: view_links(app, person, &request).await?,
        clear_url: request.cleared(),
        chips,
        filters,
        columns: choosable(table, &columns),
        query: request.text(),
        pages: pages_of(person, table),
        may_add: !is_gone && (is_free || table.is(&work::JOBS)) && may(Right::Add),
        may_tick: may(Right::Delete) && is_free
            || may(Right::Export)
            || table.offers(BulkAction::Cancel) && may(Right::Edit),
        may_delete: is_free && may(Right::Delete),
        may_edit: may(Right::Edit),
        may_see: table.offers(BulkAction::MarkSeen) && may(Right::Decide),
        settable: if may(Right::Edit) && !is_gone {
            settable(person, table)
        } else {
            Vec::new()
        },
        collected: if is_gone {
            Vec::new()
        } else {
            collected(person, table)
        },
        may_export: may(Right::Export),
        may_import: !is_gone && table.is_importable && may(Right::Import),
        is_gone,
        has_gone: is_free && table.keeps_deleted(),
        gone_url: request.address(&[("gone", (!is_gone).then_some("1"))]),
        sizes: sizes(&request),
    })
}

fn head(request: &ListRequest, column: &'static Column) -> ColumnHead {
    let is_sorted = request.query.sort.as_ref() == Some(column);
    let turned = if is_sorted && !request.query.descending {
        Some("1")
    } else {
        None
    };
    let arrow = match (is_sorted, request.query.descending) {
        (false, _) => "",
        (true, false) => " ↑",
        (true, true) => " ↓",
    };
    ColumnHead {
        vi: column.vi,
        class: stands(column),
        sort_url: request.address(&[("sort", Some(column.name)), ("desc", turned)]),
        arrow,
    }
}

/// What stands in the address and has no field in a form: it is kept as it is.
fn kept(request: &ListRequest, is_kept: impl Fn(&str) -> bool) -> Vec<(String, String)> {
    let pairs = request.pairs.iter();
    pairs.filter(|(name, _)| is_kept(name)).cloned().collect()
}

/// All columns that may be shown, each with whether it is.
fn choosable(
    table: &Table,
    columns: &[&'static Column],
) -> Vec<(&'static str, &'static str, bool)> {
    let is_chosen = |c: &Column| columns.iter().any(|chosen| chosen.name == c.name);
    table
        .shown()
        .map(|c| (c.name, c.vi, is_chosen(c)))
        .collect()
}

/// The columns that can be set for many rows.
fn settable(person: &Person, table: &'static Table) -> Vec<(&'static str, &'static str)> {
    table
        .columns
        .iter()
        .filter(|c| person.may_write(table, c))
        .map(|c| (c.name, c.vi))
        .collect()
}

/// The services whose jobs can be made of the table's rows.
fn collected(person: &Person, table: &Table) -> Vec<(&'static str, &'static str)> {
    if table.offers(BulkAction::MakeJobs) && person.may_table(&work::JOBS, Right::Import) {
        COLLECTED
            .map(|service| (service.spec().wire, service.spec().title))
            .to_vec()
    } else {
        Vec::new()
    }
}

/// How many rows a page may have, each with its address and whether it is so.
fn sizes(request: &ListRequest) -> Vec<(u32, String, bool)> {
    let size = |size: u32| {
        let address = request.address(&[("size", Some(&size.to_string()))]);
        (size, address, size == request.size)
    };
    SIZES.map(size).to_vec()
}
