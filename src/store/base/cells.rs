//! A column's value on its way between the database and JSON, in which both databases say the same:
//! a whole number or a text.

use serde_json::Value as Json;

use super::{Engine, SqlRow, SqlValue, int_or_none, text_or_none};
use crate::store::StoreError;
use crate::store::catalogue::{Column, ColumnKind};

/// As a value for a query.
pub(in crate::store) fn bound(json: &Json) -> SqlValue {
    match json {
        Json::Null => SqlValue::from(None::<String>),
        Json::Number(number) => SqlValue::from(number.as_i64()),
        Json::Bool(is) => SqlValue::from(i64::from(*is)),
        Json::String(text) => SqlValue::from(text.clone()),
        other => SqlValue::from(other.to_string()),
    }
}

/// How a column is read, so that both databases give one of two kinds: a whole number or a text.
pub(in crate::store) fn read_as(engine: Engine, column: &Column) -> String {
    let name = column.name;
    let (number, chars) = if engine == Engine::MariaDb {
        ("SIGNED", "CHAR")
    } else {
        ("INTEGER", "TEXT")
    };
    match column.kind {
        kind if kind.is_number() => format!("CAST(`{name}` AS {number})"),
        ColumnKind::Decimal | ColumnKind::Date | ColumnKind::OldTime => {
            format!("CAST(`{name}` AS {chars})")
        }
        _ => format!("`{name}`"),
    }
}

pub(in crate::store) fn cell(row: &SqlRow, at: usize, column: &Column) -> Result<Json, StoreError> {
    if column.kind.is_number() {
        return Ok(int_or_none(row, at)?.map_or(Json::Null, Json::from));
    }
    let text = text_or_none(row, at)?;
    Ok(match column.kind {
        // SQLite keeps whole amounts as it got them.
        ColumnKind::Decimal => text.map_or(Json::Null, |t| Json::from(decimal(&t).unwrap_or(t))),
        _ => text.map_or(Json::Null, Json::from),
    })
}

/// `350000.5` as the database keeps it: with two decimals.
pub(in crate::store) fn decimal(text: &str) -> Option<String> {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.chars().all(|c| c.is_ascii_digit());
    (!whole.is_empty() && whole.len() <= 13 && part.len() <= 2 && digits(whole) && digits(part))
        .then(|| format!("{whole}.{part:0<2}"))
}
