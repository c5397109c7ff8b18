//! The filters of a list: the fields that ask, and the conditions that are on.

use super::links::name_of;
use super::request::ListRequest;
use crate::domain::Vnd;
use crate::domain::money::grouped;
use crate::server::AppState;
use crate::server::web::cells::{self, OPS, ops_of};
use crate::server::web::field::Choice;
use crate::server::web::problem::Problem;
use crate::store::catalogue::{Column, ColumnKind, JOB_STATES, work};
use crate::store::tables::{Compare, Filter};

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

/// What is searched and filtered, each with the list that it would be without.
pub(super) async fn chips(app: &AppState, request: &ListRequest) -> Result<Vec<Chip>, Problem> {
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
        ColumnKind::Money => filter
            .value
            .parse::<Vnd>()
            .map_or_else(|_| value.to_owned(), |v| format!("{} đ", grouped(v.dong()))),
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

pub(super) fn tabs(request: &ListRequest) -> Vec<StateTab> {
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

/// A field for each column that is shown or filtered. The tabs above the list of jobs ask for the
/// state.
pub(super) async fn filter_fields(
    app: &AppState,
    request: &ListRequest,
    columns: &[&'static Column],
) -> Result<Vec<FilterField>, Problem> {
    let is_filtered = |c: &Column| request.query.filters.iter().any(|f| f.column == *c);
    let wanted = request
        .table
        .shown()
        .filter(|c| columns.iter().any(|shown| shown.name == c.name) || is_filtered(c))
        .filter(|c| **c != work::jobs::STATE);
    let mut fields = Vec::new();
    for column in wanted {
        fields.push(filter_field(app, request, column).await?);
    }
    Ok(fields)
}

async fn filter_field(
    app: &AppState,
    request: &ListRequest,
    column: &'static Column,
) -> Result<FilterField, Problem> {
    let now = request.value(&format!("f.{}.is", column.name));
    let is_time = column.kind.is_time();
    let inputs: Vec<_> = ops_of(column.kind)
        .iter()
        .map(|op| input(request, column, op))
        .collect();
    let is_day = |text: &str| text.is_empty() || cells::day(text).is_some();
    let (shape, label) = if let ColumnKind::Relation { .. } = column.kind {
        let name = name_of(app, column, now.parse().ok()).await?;
        ("pick", name.unwrap_or_else(|| now.to_owned()))
    } else if is_time && inputs.iter().all(|(_, _, value)| is_day(value)) {
        ("date", String::new())
    } else {
        ("text", String::new())
    };
    Ok(FilterField {
        name: column.name,
        vi: column.vi,
        shape,
        label,
        inputs,
        choices: choices(column, now),
    })
}

/// One input of a filter: its name, its hint, what stands in it.
fn input(request: &ListRequest, column: &Column, op: &str) -> (String, &'static str, String) {
    let is_time = column.kind.is_time();
    let hint = match (is_time, op) {
        (true, "from") => "từ ngày",
        (true, _) => "đến ngày",
        (_, "from") => "từ",
        (_, "to") => "đến",
        _ => "chứa",
    };
    let name = format!("f.{}.{op}", column.name);
    let value = request.value(&name);
    // A browser's own calendar takes a day as 2026-08-31 only.
    let day = cells::day(value).filter(|_| is_time);
    let text = day.map_or_else(|| value.to_owned(), |day| day.to_string());
    (name, hint, text)
}

/// What can be chosen of a column, where it is a choice.
fn choices(column: &Column, now: &str) -> Vec<Choice> {
    let choice = |value: &str, label: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: value == now,
    };
    match column.kind {
        ColumnKind::Choice(all) => all
            .iter()
            .map(|(wire, label)| choice(wire, label))
            .collect(),
        ColumnKind::Bool => vec![choice("1", "có"), choice("0", "không")],
        _ => Vec::new(),
    }
}
