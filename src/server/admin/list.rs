//! A list as a page: what was request for, what is shown, and the addresses that lead on from it.

use std::collections::HashMap;

use askama::Template;
use serde_json::Value as Json;

use super::bulk::COLLECTED;
use super::cells::{self, OPS, ops_of};
use super::page::{Fault, Frame};
use super::permission::Right;
use super::session::Person;
use super::tables::{Choice, link_of, name_of, trail_link};
use crate::domain::{JobState, Vnd};
use crate::server::App;
use crate::store::catalogue::{self, BulkAction, Column, ColumnKind, JOB_STATES, Table, work};
use crate::store::tables::{Compare, Count, Deleted, Filter, ListQuery, TableRow};

/// Rows on a page.
const SIZES: [u32; 4] = [25, 50, 100, 200];
/// Columns that are shown where nobody has chosen.
const COLUMNS: usize = 8;

/// What an address asks for.
pub struct ListRequest {
    /// Of this table.
    pub table: &'static Table,
    /// As the store takes it.
    pub query: ListQuery,
    size: u32,
    done: Option<String>,
    /// Rows that a change of many did, and those that it left as they were.
    did: i64,
    left: i64,
    /// Everything but the place in the list, to build addresses from.
    pairs: Vec<(String, String)>,
}

impl ListRequest {
    /// Reads an address's query. A name that is not in the catalogue is refused.
    pub fn of(table: &'static Table, text: &str) -> Result<Self, Fault> {
        let mut request = Self {
            table,
            query: ListQuery::default(),
            size: SIZES[1],
            done: None,
            did: 0,
            left: 0,
            pairs: Vec::new(),
        };
        let column = |name: &str| {
            table
                .column(name)
                .filter(|c| !c.secret)
                .ok_or_else(|| Fault::bad("Không có cột này."))
        };
        let sent: Vec<(String, String)> = url::form_urlencoded::parse(text.as_bytes())
            .into_owned()
            .filter(|(_, v)| !v.trim().is_empty())
            .collect();
        for (name, value) in &sent {
            let (name, value) = match name.strip_prefix("q.") {
                // What was typed into a pick list. Without a choice from it, a number is the row's.
                Some(picked) => {
                    let name = format!("f.{picked}.is");
                    if value.trim().parse::<i64>().is_err()
                        || sent.iter().any(|(other, _)| *other == name)
                    {
                        continue;
                    }
                    (name, value.trim().to_owned())
                }
                None => (name.clone(), value.clone()),
            };
            match name.as_str() {
                "q" => request.query.search = value.chars().take(200).collect(),
                "sort" => request.query.sort = Some(*column(&value)?),
                "desc" => request.query.descending = value == "1",
                "gone" => {
                    request.query.deleted = if value == "1" {
                        Deleted::Only
                    } else {
                        Deleted::Without
                    }
                }
                "after" => request.query.after = Some(value.clone()),
                "size" => {
                    request.size = value
                        .parse()
                        .ok()
                        .filter(|s| SIZES.contains(s))
                        .unwrap_or(SIZES[1])
                }
                "done" => request.done = Some(value.clone()),
                "did" => request.did = value.parse().unwrap_or(0),
                "left" => request.left = value.parse().unwrap_or(0),
                other => {
                    let (name, op) = other
                        .strip_prefix("f.")
                        .and_then(|rest| rest.rsplit_once('.'))
                        .ok_or_else(|| Fault::bad("Không có bộ lọc này."))?;
                    let (_, compare, _) = OPS
                        .into_iter()
                        .find(|(wire, ..)| *wire == op)
                        .ok_or_else(|| Fault::bad("Không có phép so sánh này."))?;
                    let column = column(name)?;
                    let read = cells::read_bound(table, column, compare, &value)
                        .map_err(|why| Fault::bad(format!("{}: {why}", column.vi)))?;
                    request.query.filters.push(Filter {
                        column: *column,
                        compare,
                        value: read,
                    });
                }
            }
            if !matches!(name.as_str(), "after" | "done" | "did" | "left") {
                request.pairs.push((name, value));
            }
        }
        if request.query.sort.is_none() {
            request.query.descending = false;
        }
        Ok(request)
    }

    fn address(&self, change: &[(&str, Option<&str>)]) -> String {
        let mut out = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in self
            .pairs
            .iter()
            .filter(|(name, _)| !change.iter().any(|(changed, _)| changed == name))
        {
            out.append_pair(name, value);
        }
        for (name, value) in change {
            if let Some(value) = value {
                out.append_pair(name, value);
            }
        }
        let query = out.finish();
        if query.is_empty() {
            format!("/admin/t/{}", self.table.name)
        } else {
            format!("/admin/t/{}?{query}", self.table.name)
        }
    }

    /// The same list with nothing left out: sorting and size stay.
    fn cleared(&self) -> String {
        let gone: Vec<(&str, Option<&str>)> = self
            .pairs
            .iter()
            .map(|(name, _)| name.as_str())
            .filter(|name| *name == "q" || name.starts_with("f."))
            .map(|name| (name, None))
            .collect();
        self.address(&gone)
    }

    fn value(&self, name: &str) -> &str {
        self.pairs
            .iter()
            .find(|(n, _)| n == name)
            .map_or("", |(_, v)| v)
    }

    /// The query without the place in the list.
    pub fn text(&self) -> String {
        url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.pairs)
            .finish()
    }
}

/// The columns that the person looks at.
pub async fn columns_of(
    app: &App,
    person: &Person,
    table: &'static Table,
) -> Result<Vec<&'static Column>, Fault> {
    let likings = app
        .store()
        .settings()
        .preferences(person.account.user_id)
        .await?;
    let liked = likings
        .get(&format!("columns.{}", table.name))
        .and_then(|v| v.as_array())
        .cloned()
        .unwrap_or_default();
    let mut columns: Vec<&'static Column> = liked
        .iter()
        .filter_map(|name| table.column(name.as_str()?))
        .filter(|c| !c.secret)
        .collect();
    if columns.is_empty() {
        columns = usual(table);
    }
    Ok(columns)
}

fn usual(table: &'static Table) -> Vec<&'static Column> {
    if !table.usual.is_empty() {
        return table.usual.iter().collect();
    }
    table
        .shown()
        .filter(|c| !matches!(c.name, "version" | "deleted_at" | "updated_at"))
        .take(COLUMNS)
        .collect()
}

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

/// A cell.
pub struct CellView {
    /// What people call its column.
    pub vi: &'static str,
    /// What it says.
    pub text: String,
    /// How it stands and how loud it is.
    pub class: String,
    /// How loud.
    pub tone: &'static str,
    /// Makes a form of it.
    pub edit_url: Option<String>,
    /// Where it leads.
    pub link: Option<String>,
}

/// A row.
pub struct RowView {
    /// Its number.
    pub id: i64,
    /// Was it deleted?
    pub is_deleted: bool,
    /// Its cells.
    pub cells: Vec<CellView>,
}

/// A filter's field.
pub struct FilterField {
    /// The column.
    pub name: &'static str,
    /// What people call it.
    pub vi: &'static str,
    /// What it takes: decides which element is drawn.
    pub shape: &'static str,
    /// What a pick list shows for the value.
    pub label: String,
    /// Its inputs: name, hint, what stands in it.
    pub inputs: Vec<(String, &'static str, String)>,
    /// What can be chosen, where it is a choice.
    pub choices: Vec<Choice>,
}

/// A link that may be the one that is on.
pub struct StateTab {
    /// Where.
    pub url: String,
    /// Its name.
    pub label: &'static str,
    /// Is it on?
    pub is_here: bool,
}

/// A condition that is on.
pub struct Chip {
    /// What it says.
    pub text: String,
    /// The list without it.
    pub without_url: String,
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
    chips: Vec<Chip>,
    clear_url: String,
    filters: Vec<FilterField>,
    columns: Vec<(&'static str, &'static str, bool)>,
    query: String,
    may_add: bool,
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

/// Asks the store and draws the page.
pub async fn list_page(
    app: &App,
    person: &Person,
    request: ListRequest,
) -> Result<ListPage, Fault> {
    let table = request.table;
    let may = |action| person.may_table(table, action);
    let columns = columns_of(app, person, table).await?;
    let (listing, count) = app
        .store()
        .tables()
        .page_and_count(table, &request.query, request.size)
        .await?;
    let count = match count {
        Count::Exactly(number) => format!("{} dòng", cells::grouped(number)),
        Count::MoreThan(number) => format!("hơn {} dòng", cells::grouped(number)),
    };
    let rows = row_views(app, table, &columns, &listing.rows, may(Right::Edit)).await?;
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
        kept_by_filter: request
            .pairs
            .iter()
            .filter(|(n, _)| {
                !filters
                    .iter()
                    .any(|f| f.inputs.iter().any(|(name, ..)| name == n))
            })
            .cloned()
            .collect(),
        filter_count: request.query.filters.len(),
        kept: request
            .pairs
            .iter()
            .filter(|(n, _)| n != "q")
            .cloned()
            .collect(),
        tabs: tabs(&request),
        clear_url: request.cleared(),
        chips,
        filters,
        columns: table
            .shown()
            .map(|c| {
                (
                    c.name,
                    c.vi,
                    columns.iter().any(|chosen| chosen.name == c.name),
                )
            })
            .collect(),
        query: request.text(),
        may_add: !is_gone && (is_free || table.is(&work::JOBS)) && may(Right::Add),
        may_tick: may(Right::Delete) && is_free
            || may(Right::Export)
            || table.offers(BulkAction::Cancel) && may(Right::Edit),
        may_delete: is_free && may(Right::Delete),
        may_edit: may(Right::Edit),
        may_see: table.offers(BulkAction::MarkSeen) && may(Right::Decide),
        settable: if may(Right::Edit) && !is_gone {
            table
                .columns
                .iter()
                .filter(|c| table.is_editable(c))
                .map(|c| (c.name, c.vi))
                .collect()
        } else {
            Vec::new()
        },
        collected: if table.offers(BulkAction::MakeJobs)
            && !is_gone
            && person.may_table(&work::JOBS, Right::Import)
        {
            COLLECTED
                .map(|service| (service.spec().wire, service.spec().title))
                .to_vec()
        } else {
            Vec::new()
        },
        may_export: may(Right::Export),
        may_import: !is_gone && table.is_importable && may(Right::Import),
        is_gone,
        has_gone: is_free && table.keeps_deleted(),
        gone_url: request.address(&[("gone", (!is_gone).then_some("1"))]),
        sizes: SIZES
            .iter()
            .map(|s| {
                (
                    *s,
                    request.address(&[("size", Some(&s.to_string()))]),
                    *s == request.size,
                )
            })
            .collect(),
    })
}

/// What is searched and filtered, each with the list that it would be without.
async fn chips(app: &App, request: &ListRequest) -> Result<Vec<Chip>, Fault> {
    let mut chips = Vec::new();
    if !request.query.search.is_empty() {
        chips.push(Chip {
            text: format!("“{}”", request.query.search),
            without_url: request.address(&[("q", None)]),
        });
    }
    for (filter, (name, value)) in request
        .query
        .filters
        .iter()
        .zip(request.pairs.iter().filter(|(n, _)| n.starts_with("f.")))
    {
        let column = &filter.column;
        let named = name_of(app, column, filter.value.parse().ok()).await?;
        if let Some(text) = chip(column, filter, named.as_deref().unwrap_or(value)) {
            chips.push(Chip {
                text,
                without_url: request.address(&[(name, None)]),
            });
        }
    }
    Ok(chips)
}

fn chip(column: &Column, filter: &Filter, value: &str) -> Option<String> {
    let (_, _, word) = OPS
        .into_iter()
        .find(|(_, compare, _)| *compare == filter.compare)?;
    let one = |value: &str| match column.kind {
        ColumnKind::Choice(choices) => choices
            .iter()
            .find(|(wire, _)| *wire == value)
            .map_or(value, |(_, label)| label)
            .to_owned(),
        ColumnKind::Bool => if value == "1" { "có" } else { "không" }.to_owned(),
        ColumnKind::Money => filter.value.parse::<Vnd>().map_or_else(
            |_| value.to_owned(),
            |v| format!("{} đ", cells::grouped(v.dong())),
        ),
        ColumnKind::Date | ColumnKind::TimeMs | ColumnKind::OldTime => cells::day(value)
            .map_or_else(|| value.to_owned(), |d| d.strftime("%d/%m/%Y").to_string()),
        _ => value.to_owned(),
    };
    let shown = match filter.compare {
        Compare::Empty | Compare::Filled => String::new(),
        Compare::AnyOf => value.split(',').map(one).collect::<Vec<_>>().join(" hoặc "),
        _ => one(value),
    };
    Some(
        format!("{} {word} {shown}", column.vi)
            .trim_end()
            .to_owned(),
    )
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

/// Does a job in this state wait for a person?
fn is_doubtful(state: &Json) -> bool {
    state
        .as_str()
        .and_then(|wire| wire.parse().ok())
        .is_some_and(|state: JobState| matches!(state, JobState::InDoubt | JobState::Review))
}

const fn stands(column: &Column) -> &'static str {
    match column.kind {
        ColumnKind::Money | ColumnKind::Decimal => "money",
        ColumnKind::Int => "int",
        _ => "",
    }
}

fn tabs(request: &ListRequest) -> Vec<StateTab> {
    if !request.table.is(&work::JOBS) {
        return Vec::new();
    }
    let state_filter = format!("f.{}.is", work::jobs::STATE.name);
    let now = request.value(&state_filter).to_owned();
    let all = StateTab {
        url: request.address(&[(&state_filter, None)]),
        label: "Tất cả",
        is_here: now.is_empty(),
    };
    let each = JOB_STATES.iter().map(|(wire, label)| StateTab {
        url: request.address(&[(&state_filter, Some(wire))]),
        label,
        is_here: now == *wire,
    });
    std::iter::once(all).chain(each).collect()
}

async fn filter_fields(
    app: &App,
    request: &ListRequest,
    columns: &[&'static Column],
) -> Result<Vec<FilterField>, Fault> {
    let is_filtered = |c: &Column| request.query.filters.iter().any(|f| f.column == *c);
    let wanted = request
        .table
        .shown()
        .filter(|c| columns.iter().any(|shown| shown.name == c.name) || is_filtered(c));
    let mut fields = Vec::new();
    for column in wanted.filter(|c| **c != work::jobs::STATE) {
        let name = |op: &str| format!("f.{}.{op}", column.name);
        let is_time = column.kind.is_time();
        let hint = |op: &str| match (is_time, op) {
            (true, "from") => "từ ngày",
            (true, _) => "đến ngày",
            (_, "from") => "từ",
            (_, "to") => "đến",
            _ => "chứa",
        };
        let now = request.value(&name("is"));
        let mut shape = if is_time { "date" } else { "text" };
        let mut label = String::new();
        if let ColumnKind::Relation { .. } = column.kind {
            shape = "pick";
            label = name_of(app, column, now.parse().ok())
                .await?
                .unwrap_or_else(|| now.to_owned());
        }
        let input = |op: &&'static str| {
            let value = request.value(&name(op));
            // A browser's own calendar takes a day as 2026-08-31 only.
            let day = cells::day(value).filter(|_| is_time);
            (
                name(op),
                hint(op),
                day.map_or_else(|| value.to_owned(), |day| day.to_string()),
            )
        };
        let inputs: Vec<_> = ops_of(column.kind).iter().map(input).collect();
        if inputs
            .iter()
            .any(|(_, _, value)| !value.is_empty() && cells::day(value).is_none())
            && is_time
        {
            shape = "text";
        }
        let choice = |value: &str, label: &str| Choice {
            value: value.to_owned(),
            label: label.to_owned(),
            is_chosen: value == now,
        };
        let choices = match column.kind {
            ColumnKind::Choice(all) => all
                .iter()
                .map(|(wire, label)| choice(wire, label))
                .collect(),
            ColumnKind::Bool => vec![choice("1", "có"), choice("0", "không")],
            _ => Vec::new(),
        };
        fields.push(FilterField {
            name: column.name,
            vi: column.vi,
            shape,
            label,
            inputs,
            choices,
        });
    }
    Ok(fields)
}

async fn row_views(
    app: &App,
    table: &'static Table,
    columns: &[&'static Column],
    rows: &[TableRow],
    may_edit: bool,
) -> Result<Vec<RowView>, Fault> {
    let mut names: HashMap<&str, HashMap<i64, String>> = HashMap::new();
    for column in columns
        .iter()
        .filter(|c| matches!(c.kind, ColumnKind::Relation { .. }))
    {
        let mut ids: Vec<i64> = rows
            .iter()
            .filter_map(|row| row.cell(table, column).as_i64())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        names.insert(column.name, app.store().tables().names(column, &ids).await?);
    }
    let view = |row: &TableRow| RowView {
        id: row.id,
        is_deleted: row.is_deleted,
        cells: columns
            .iter()
            .map(|c| view_of(table, c, row, names.get(c.name), may_edit))
            .collect(),
    };
    Ok(rows.iter().map(view).collect())
}

/// One cell of a row.
pub async fn cell_view(
    app: &App,
    table: &'static Table,
    column: &'static Column,
    row: &TableRow,
    may_edit: bool,
) -> Result<CellView, Fault> {
    let id = row.cell(table, column).as_i64();
    let names = app.store().tables().names(column, id.as_slice()).await?;
    Ok(view_of(table, column, row, Some(&names), may_edit))
}

fn view_of(
    table: &'static Table,
    column: &'static Column,
    row: &TableRow,
    names: Option<&HashMap<i64, String>>,
    may_edit: bool,
) -> CellView {
    let cell = row.cell(table, column);
    let mut text = cells::for_people(column, cell);
    let mut link = if column.kind == ColumnKind::Id {
        Some(link_of(table, row.id))
    } else {
        trail_link(table, column, row)
    };
    if let (ColumnKind::Relation { table: other, .. }, Some(id)) = (column.kind, cell.as_i64()) {
        text = names
            .and_then(|names| names.get(&id))
            .filter(|n| !n.is_empty())
            .cloned()
            .unwrap_or_else(|| format!("#{id}"));
        link = catalogue::table(other).map(|other| link_of(other, id));
    }
    if *column == work::jobs::STATE && is_doubtful(cell) {
        let id = row.cell(table, &work::jobs::PUBLIC_ID);
        link = id.as_str().map(|id| format!("/admin/review/{id}"));
    }
    if column.kind == ColumnKind::LongText && text.chars().count() > 120 {
        text = text.chars().take(119).chain(['…']).collect();
    }
    let may_edit = may_edit
        && !row.is_deleted
        && table.is_editable(column)
        && !matches!(column.kind, ColumnKind::Relation { .. });
    CellView {
        vi: column.vi,
        class: if text.is_empty() && !may_edit {
            format!("{} none", stands(column))
        } else {
            stands(column).to_owned()
        },
        tone: cells::tone(column, cell),
        edit_url: may_edit
            .then(|| format!("/admin/t/{}/{}/cell/{}", table.name, row.id, column.name)),
        text,
        link,
    }
}
