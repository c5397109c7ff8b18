//! A form's text as the value of a column.

use serde_json::Value as Json;

use crate::domain::Vnd;
use crate::domain::text::plain;
use crate::store::StoreError;
use crate::store::base::cells::decimal;
use crate::store::catalogue::{Column, ColumnKind};

/// Reads a form's text as the column takes it.
pub fn parse(column: &Column, text: &str) -> Result<Json, StoreError> {
    let text = text.trim();
    let refused = |why: String| StoreError::BadValue {
        field: column.vi.to_owned(),
        why,
    };
    if text.is_empty() && column.kind != ColumnKind::Bool {
        return match (column.nullable, column.kind) {
            (true, _) => Ok(Json::Null),
            (false, ColumnKind::Text(_) | ColumnKind::LongText) if column.default == Some("''") => {
                Ok(Json::from(""))
            }
            _ => Err(refused("không được để trống".to_owned())),
        };
    }
    Ok(match column.kind {
        ColumnKind::Id | ColumnKind::Int | ColumnKind::TimeMs | ColumnKind::Relation { .. } => {
            Json::from(
                text.parse::<i64>()
                    .map_err(|_| refused(format!("{text:?} không phải số")))?,
            )
        }
        ColumnKind::Money => Json::from(
            text.parse::<Vnd>()
                .map_err(|e| refused(e.to_string()))?
                .dong(),
        ),
        ColumnKind::Decimal => decimal(text).map(Json::from).ok_or_else(|| {
            refused(format!(
                "{text:?} không phải số tiền, như 350000 hoặc 350000.50"
            ))
        })?,
        ColumnKind::Text(most) if text.chars().count() > usize::from(most) => {
            return Err(refused(format!("dài hơn {most} ký tự")));
        }
        ColumnKind::LongText if text.len() > 60_000 => return Err(refused("quá dài".to_owned())),
        ColumnKind::Text(_) | ColumnKind::LongText => Json::from(text),
        ColumnKind::Bool => match plain(text).as_str() {
            "1" | "true" | "on" | "co" | "yes" | "x" => Json::from(1),
            "" | "0" | "false" | "off" | "khong" | "no" => Json::from(0),
            _ => return Err(refused(format!("{text:?} không phải có/không"))),
        },
        ColumnKind::Date => Json::from(
            date(text)
                .ok_or_else(|| {
                    refused(format!(
                        "{text:?} không phải ngày, như 2026-08-31 hoặc 31/08/2026"
                    ))
                })?
                .to_string(),
        ),
        ColumnKind::OldTime => Json::from(time(text).ok_or_else(|| {
            refused(format!(
                "{text:?} không phải thời điểm, như 2026-08-31 10:20:30"
            ))
        })?),
        ColumnKind::Choice(choices) => {
            let found = choices
                .iter()
                .find(|(wire, label)| *wire == text || plain(label) == plain(text));
            Json::from(
                found
                    .ok_or_else(|| refused(format!("không có lựa chọn {text:?}")))?
                    .0,
            )
        }
    })
}

fn date(text: &str) -> Option<jiff::civil::Date> {
    text.parse()
        .ok()
        .or_else(|| jiff::civil::Date::strptime("%d/%m/%Y", text).ok())
}

fn time(text: &str) -> Option<String> {
    let midnight = || Some(date(text)?.at(0, 0, 0, 0));
    let time: Option<jiff::civil::DateTime> = text.replace(' ', "T").parse().ok().or_else(midnight);
    Some(time?.strftime("%Y-%m-%d %H:%M:%S").to_string())
}
