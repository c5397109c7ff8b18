//! A list as a page: what was asked for, what is shown, and the addresses that lead on from it.

use std::collections::HashMap;

use askama::Template;

use super::bulk::COLLECTED;
use super::cells::{self, OPS, is_editable, ops_of};
use super::page::{Fault, Frame};
use super::permission::Action;
use super::session::Person;
use super::tables::{Choice, cell_of, link_of, name_of, told_link};
use crate::domain::Vnd;
use crate::server::App;
use crate::store::catalogue::{Column, JOB_STATES, Kind, Table};
use crate::store::rows::{Compare, Count, Deleted, Filter, Query, Row, is_free};

/// Rows on a page.
const SIZES: [u32; 4] = [25, 50, 100, 200];
/// Columns that are shown where nobody has chosen.
const COLUMNS: usize = 8;

/// What an address asks for.
pub struct Asked {
    /// Of this table.
    pub table: &'static Table,
    /// As the store takes it.
    pub query: Query,
    size: u32,
    done: Option<String>,
    /// Rows that a change of many did, and those that it left as they were.
    did: i64,
    left: i64,
    /// Everything but the place in the list, to build addresses from.
    pairs: Vec<(String, String)>,
}

impl Asked {
    /// Reads an address's query. A name that is not in the catalogue is refused.
    pub fn of(table: &'static Table, text: &str) -> Result<Self, Fault> {
        let mut asked = Self {
            table,
            query: Query::default(),
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
                "q" => asked.query.search = value.chars().take(200).collect(),
                "sort" => asked.query.sort = Some(column(&value)?.name.to_owned()),
                "desc" => asked.query.descending = value == "1",
                "gone" => {
                    asked.query.deleted = if value == "1" {
                        Deleted::Only
                    } else {
                        Deleted::Without
                    }
                }
                "after" => asked.query.after = Some(value.clone()),
                "size" => {
                    asked.size = value
                        .parse()
                        .ok()
                        .filter(|s| SIZES.contains(s))
                        .unwrap_or(SIZES[1])
                }
                "done" => asked.done = Some(value.clone()),
                "did" => asked.did = value.parse().unwrap_or(0),
                "left" => asked.left = value.parse().unwrap_or(0),
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
                    asked.query.filters.push(Filter {
                        column: column.name.to_owned(),
                        compare,
                        value: read,
                    });
                }
            }
            if !matches!(name.as_str(), "after" | "done" | "did" | "left") {
                asked.pairs.push((name, value));
            }
        }
        if asked.query.sort.is_none() {
            asked.query.descending = false;
        }
        Ok(asked)
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
    let likings = app.store().likings(person.account.user_id).await?;
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
    let named: &[&str] = match table.name {
        "jobs" => &[
            "id",
            "service",
            "code",
            "amount",
            "paid_amount",
            "state",
            "outcome",
            "message",
            "order_id",
            "priority",
            "updated_at",
            "ended_at",
        ],
        "reports" => &[
            "id",
            "at",
            "job_id",
            "outcome",
            "amount",
            "proof",
            "verdict",
            "reason",
            "machine_id",
            "operator",
        ],
        "audit" => &[
            "id",
            "at",
            "who",
            "action",
            "table_name",
            "row_id",
            "from_where",
        ],
        "collection_data" => &[
            "id",
            "code",
            "name",
            "phone",
            "postage",
            "period",
            "username",
            "completed",
            "paid_value",
        ],
        "users" => &[
            "id",
            "username",
            "name",
            "phone",
            "active",
            "block",
            "trial",
            "trial_expire_date",
            "shop_name",
        ],
        "products" => &[
            "id",
            "title",
            "price",
            "percent_discount",
            "discount",
            "final_price",
            "quantity",
            "serial",
        ],
        "orders" => &["id", "user", "discount", "total", "is_paid", "created_at"],
        _ => &[],
    };
    if !named.is_empty() {
        return named.iter().filter_map(|name| table.column(name)).collect();
    }
    table
        .shown()
        .filter(|c| !matches!(c.name, "version" | "deleted_at" | "updated_at"))
        .take(COLUMNS)
        .collect()
}

/// The head of a column.
pub struct Head {
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
pub struct Tab {
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
    heads: Vec<Head>,
    rows: Vec<RowView>,
    count: String,
    next_url: Option<String>,
    first_url: Option<String>,
    q: String,
    kept: Vec<(String, String)>,
    /// What the filter's form does not ask for and yet keeps.
    kept_by_filter: Vec<(String, String)>,
    filter_count: usize,
    tabs: Vec<Tab>,
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
pub async fn list_page(app: &App, person: &Person, asked: Asked) -> Result<ListPage, Fault> {
    let table = asked.table;
    let may = |action| person.may_table(table.name, action);
    let columns = columns_of(app, person, table).await?;
    let (listing, count) = app
        .store()
        .page_and_count(table.name, &asked.query, asked.size)
        .await?;
    let count = match count {
        Count::Exactly(number) => format!("{} dòng", cells::grouped(number)),
        Count::MoreThan(number) => format!("hơn {} dòng", cells::grouped(number)),
    };
    let rows = row_views(app, table, &columns, &listing.rows, may(Action::Edit)).await?;
    let is_gone = asked.query.deleted == Deleted::Only;
    let is_free = is_free(table);
    let title = if is_gone {
        format!("{}: đã xóa", table.vi)
    } else {
        table.vi.to_owned()
    };
    let chips = chips(app, &asked).await?;
    let filters = filter_fields(app, &asked, &columns).await?;
    Ok(ListPage {
        frame: Frame::of(person, title, table.name)
            .told(asked.done.as_deref())
            .counted(asked.did, asked.left),
        table,
        heads: columns.iter().map(|c| head(&asked, c)).collect(),
        rows,
        count,
        next_url: listing
            .next
            .as_deref()
            .map(|after| asked.address(&[("after", Some(after))])),
        first_url: asked.query.after.as_ref().map(|_| asked.address(&[])),
        q: asked.query.search.clone(),
        kept_by_filter: asked
            .pairs
            .iter()
            .filter(|(n, _)| {
                !filters
                    .iter()
                    .any(|f| f.inputs.iter().any(|(name, ..)| name == n))
            })
            .cloned()
            .collect(),
        filter_count: asked.query.filters.len(),
        kept: asked
            .pairs
            .iter()
            .filter(|(n, _)| n != "q")
            .cloned()
            .collect(),
        tabs: tabs(&asked),
        clear_url: asked.cleared(),
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
        query: asked.text(),
        may_add: !is_gone && (is_free || table.name == "jobs") && may(Action::Add),
        may_tick: may(Action::Delete) && is_free
            || may(Action::Export)
            || table.name == "jobs" && may(Action::Edit),
        may_delete: is_free && may(Action::Delete),
        may_edit: may(Action::Edit),
        may_see: table.name == "reports" && may(Action::Decide),
        settable: if may(Action::Edit) && !is_gone {
            table
                .columns
                .iter()
                .filter(|c| is_editable(table, c))
                .map(|c| (c.name, c.vi))
                .collect()
        } else {
            Vec::new()
        },
        collected: if table.name == "collection_data"
            && !is_gone
            && person.may_table("jobs", Action::Import)
        {
            COLLECTED
                .map(|service| (service.spec().wire, service.spec().title))
                .to_vec()
        } else {
            Vec::new()
        },
        may_export: may(Action::Export),
        may_import: !is_gone
            && matches!(table.name, "jobs" | "collection_data" | "products")
            && may(Action::Import),
        is_gone,
        has_gone: is_free && table.has("deleted_at"),
        gone_url: asked.address(&[("gone", (!is_gone).then_some("1"))]),
        sizes: SIZES
            .iter()
            .map(|s| {
                (
                    *s,
                    asked.address(&[("size", Some(&s.to_string()))]),
                    *s == asked.size,
                )
            })
            .collect(),
    })
}

/// What is searched and filtered, each with the list that it would be without.
async fn chips(app: &App, asked: &Asked) -> Result<Vec<Chip>, Fault> {
    let mut chips = Vec::new();
    if !asked.query.search.is_empty() {
        chips.push(Chip {
            text: format!("“{}”", asked.query.search),
            without_url: asked.address(&[("q", None)]),
        });
    }
    for (filter, (name, value)) in asked
        .query
        .filters
        .iter()
        .zip(asked.pairs.iter().filter(|(n, _)| n.starts_with("f.")))
    {
        let Some(column) = asked.table.column(&filter.column) else {
            continue;
        };
        let named = name_of(app, column, filter.value.parse().ok()).await?;
        if let Some(text) = chip(column, filter, named.as_deref().unwrap_or(value)) {
            chips.push(Chip {
                text,
                without_url: asked.address(&[(name, None)]),
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
        Kind::Choice(choices) => choices
            .iter()
            .find(|(wire, _)| *wire == value)
            .map_or(value, |(_, label)| label)
            .to_owned(),
        Kind::Bool => if value == "1" { "có" } else { "không" }.to_owned(),
        Kind::Money => filter.value.parse::<Vnd>().map_or_else(
            |_| value.to_owned(),
            |v| format!("{} đ", cells::grouped(v.dong())),
        ),
        Kind::Date | Kind::TimeMs | Kind::OldTime => cells::day(value)
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

fn head(asked: &Asked, column: &'static Column) -> Head {
    let is_sorted = asked.query.sort.as_deref() == Some(column.name);
    let turned = if is_sorted && !asked.query.descending {
        Some("1")
    } else {
        None
    };
    let arrow = match (is_sorted, asked.query.descending) {
        (false, _) => "",
        (true, false) => " ↑",
        (true, true) => " ↓",
    };
    Head {
        vi: column.vi,
        class: stands(column),
        sort_url: asked.address(&[("sort", Some(column.name)), ("desc", turned)]),
        arrow,
    }
}

const fn stands(column: &Column) -> &'static str {
    match column.kind {
        Kind::Money | Kind::Decimal => "money",
        Kind::Int => "int",
        _ => "",
    }
}

fn tabs(asked: &Asked) -> Vec<Tab> {
    if asked.table.name != "jobs" {
        return Vec::new();
    }
    let now = asked.value("f.state.is").to_owned();
    let all = Tab {
        url: asked.address(&[("f.state.is", None)]),
        label: "Tất cả",
        is_here: now.is_empty(),
    };
    let each = JOB_STATES.iter().map(|(wire, label)| Tab {
        url: asked.address(&[("f.state.is", Some(wire))]),
        label,
        is_here: now == *wire,
    });
    std::iter::once(all).chain(each).collect()
}

async fn filter_fields(
    app: &App,
    asked: &Asked,
    columns: &[&'static Column],
) -> Result<Vec<FilterField>, Fault> {
    let is_filtered = |c: &Column| asked.query.filters.iter().any(|f| f.column == c.name);
    let wanted = asked
        .table
        .shown()
        .filter(|c| columns.iter().any(|shown| shown.name == c.name) || is_filtered(c));
    let mut fields = Vec::new();
    for column in wanted.filter(|c| !(asked.table.name == "jobs" && c.name == "state")) {
        let name = |op: &str| format!("f.{}.{op}", column.name);
        let is_time = matches!(column.kind, Kind::Date | Kind::TimeMs | Kind::OldTime);
        let hint = |op: &str| match (is_time, op) {
            (true, "from") => "từ ngày",
            (true, _) => "đến ngày",
            (_, "from") => "từ",
            (_, "to") => "đến",
            _ => "chứa",
        };
        let now = asked.value(&name("is"));
        let mut shape = if is_time { "date" } else { "text" };
        let mut label = String::new();
        if let Kind::Relation { .. } = column.kind {
            shape = "pick";
            label = name_of(app, column, now.parse().ok())
                .await?
                .unwrap_or_else(|| now.to_owned());
        }
        let input = |op: &&'static str| {
            let value = asked.value(&name(op));
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
            Kind::Choice(all) => all
                .iter()
                .map(|(wire, label)| choice(wire, label))
                .collect(),
            Kind::Bool => vec![choice("1", "có"), choice("0", "không")],
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
    rows: &[Row],
    may_edit: bool,
) -> Result<Vec<RowView>, Fault> {
    let mut names: HashMap<&str, HashMap<i64, String>> = HashMap::new();
    for column in columns
        .iter()
        .filter(|c| matches!(c.kind, Kind::Relation { .. }))
    {
        let mut ids: Vec<i64> = rows
            .iter()
            .filter_map(|row| cell_of(table, row, column.name).as_i64())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        names.insert(column.name, app.store().names(column, &ids).await?);
    }
    let view = |row: &Row| RowView {
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
    row: &Row,
    may_edit: bool,
) -> Result<CellView, Fault> {
    let id = cell_of(table, row, column.name).as_i64();
    let names = app.store().names(column, id.as_slice()).await?;
    Ok(view_of(table, column, row, Some(&names), may_edit))
}

fn view_of(
    table: &'static Table,
    column: &'static Column,
    row: &Row,
    names: Option<&HashMap<i64, String>>,
    may_edit: bool,
) -> CellView {
    let cell = cell_of(table, row, column.name);
    let mut text = cells::for_people(column, cell);
    let mut link = if column.kind == Kind::Id {
        Some(link_of(table.name, row.id))
    } else {
        told_link(table, column, row)
    };
    if let (Kind::Relation { table: other, .. }, Some(id)) = (column.kind, cell.as_i64()) {
        text = names
            .and_then(|names| names.get(&id))
            .filter(|n| !n.is_empty())
            .cloned()
            .unwrap_or_else(|| format!("#{id}"));
        link = Some(link_of(other, id));
    }
    if table.name == "jobs"
        && column.name == "state"
        && matches!(cell.as_str(), Some("in_doubt" | "review"))
    {
        link = Some(format!(
            "/admin/review/{}",
            cell_of(table, row, "public_id")
                .as_str()
                .unwrap_or_default()
        ));
    }
    if column.kind == Kind::LongText && text.chars().count() > 120 {
        text = text.chars().take(119).chain(['…']).collect();
    }
    let may_edit = may_edit
        && !row.is_deleted
        && is_editable(table, column)
        && !matches!(column.kind, Kind::Relation { .. });
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
