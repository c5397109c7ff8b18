//! What stands in one cell: read from a form, written for people, compared in a filter.
//!
//! Lives here: pure functions over a column's kind; times are Viet Nam's here and UTC in the store.
//! Never here: I/O.

use serde_json::Value as Json;

use crate::domain::Vnd;
use crate::domain::calendar::{AHEAD_MS, DAY_MS, old_time};
use crate::domain::money::grouped;
use crate::domain::text::squeezed;
use crate::report::table::Value;
use crate::store::StoreError;
use crate::store::catalogue::goods::products;
use crate::store::catalogue::{Column, ColumnKind, Table};
use crate::store::tables::{Compare, parse};

/// Reads a form's field into the text that the store takes. `Err`: what is wrong with it, for
/// people.
pub fn read(table: &Table, column: &Column, text: &str) -> Result<String, String> {
    let text = text.trim();
    let value_text = match column.kind {
        _ if text.is_empty() && !column.nullable && column.default == Some("0") => "0".to_owned(),
        _ if text.is_empty() => String::new(),
        ColumnKind::Int => text
            .chars()
            .filter(|c| !matches!(c, '.' | ' ' | '\u{a0}'))
            .collect(),
        ColumnKind::Decimal => decimal(text)?,
        ColumnKind::Date => day(text).ok_or("nhập ngày như 31/08/2025")?.to_string(),
        ColumnKind::TimeMs => moment(text)
            .ok_or("nhập giờ như 31/08/2025 10:20")?
            .to_string(),
        ColumnKind::OldTime => old_time(moment(text).ok_or("nhập giờ như 31/08/2025 10:20")?),
        _ if text
            .chars()
            .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) =>
        {
            return Err("có ký tự không hợp lệ".to_owned());
        }
        _ => text.to_owned(),
    };
    let value = parse(column, &value_text).map_err(|error| match error {
        StoreError::BadValue { why, .. } => why,
        other => other.to_string(),
    })?;
    if let (Some(number), ColumnKind::Int | ColumnKind::Money) = (value.as_i64(), column.kind) {
        within(table, column, number)?;
    }
    Ok(value_text)
}

/// What a text means to a column, as people read it. `None`: nothing, or it cannot be read.
pub fn as_read(table: &Table, column: &Column, text: &str) -> Option<String> {
    let read = read(table, column, text).ok()?;
    let value = parse(column, &read).ok()?;
    Some(for_people(column, &value)).filter(|shown| !shown.is_empty())
}

/// The old columns are narrower than ours: what does not fit is said here, not cut there.
fn within(table: &Table, column: &Column, number: i64) -> Result<(), String> {
    let old = if table.is_old {
        column.old_type.unwrap_or("int")
    } else {
        "bigint"
    };
    let is_unsigned = old.contains("unsigned");
    let most = match (old.contains("bigint"), is_unsigned) {
        (true, _) => i64::MAX,
        (false, true) => i64::from(u32::MAX),
        (false, false) => i64::from(i32::MAX),
    };
    if number > most {
        return Err(format!("lớn nhất là {}", grouped(most)));
    }
    if number < 0 && (is_unsigned || column.name == products::QUANTITY.name) {
        return Err("không được âm".to_owned());
    }
    Ok(())
}

fn decimal(text: &str) -> Result<String, String> {
    let wrong = || "nhập số tiền như 350000 hoặc 350.000,50".to_owned();
    let (whole, cents) = match text.rsplit_once([',', '.']) {
        Some((whole, cents)) if (1..=2).contains(&cents.len()) => (whole, cents),
        _ => (text, "0"),
    };
    let amount: Vnd = whole.parse().map_err(|_| wrong())?;
    let cents: i64 = format!("{cents:0<2}").parse().map_err(|_| wrong())?;
    Ok(format!("{}.{cents:02}", amount.dong()))
}

/// `31/08/2025`, `2025-08-31`
pub fn day(text: &str) -> Option<jiff::civil::Date> {
    let text = squeezed(text);
    ["%d/%m/%Y", "%Y-%m-%d", "%d-%m-%Y"]
        .into_iter()
        .find_map(|form| jiff::civil::Date::strptime(form, &text).ok())
}

/// A day or a moment in Viet Nam, in milliseconds since 1970.
pub fn moment(text: &str) -> Option<i64> {
    let text = squeezed(&text.replace('T', " "));
    let forms = [
        "%d/%m/%Y %H:%M",
        "%d/%m/%Y %H:%M:%S",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%d %H:%M:%S",
    ];
    let at = forms
        .into_iter()
        .find_map(|form| jiff::civil::DateTime::strptime(form, &text).ok());
    let at = at.or_else(|| Some(day(&text)?.at(0, 0, 0, 0)))?;
    let utc = at.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(utc.timestamp().as_millisecond() - AHEAD_MS)
}

/// The moment of an old table's time.
pub fn moment_of_old(text: &str) -> Option<i64> {
    let at = jiff::civil::DateTime::strptime("%Y-%m-%d %H:%M:%S", text.get(..19)?).ok()?;
    Some(
        at.to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?
            .timestamp()
            .as_millisecond(),
    )
}

/// What a form's field shows for a value, so that [`read`] reads it back.
pub fn for_form(column: &Column, cell: &Json) -> String {
    match (column.kind, cell) {
        (_, Json::Null) => String::new(),
        (ColumnKind::TimeMs, Json::Number(ms)) => ms.as_i64().map_or_else(String::new, shown_time),
        (ColumnKind::OldTime, Json::String(text)) => {
            moment_of_old(text).map_or_else(|| text.clone(), shown_time)
        }
        (ColumnKind::Date, Json::String(text)) => day(text.get(..10).unwrap_or(text))
            .map_or_else(|| text.clone(), |d| d.strftime("%d/%m/%Y").to_string()),
        (ColumnKind::Money, Json::Number(dong)) => grouped(dong.as_i64().unwrap_or(0)),
        (_, Json::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}

/// A moment or a day as a spreadsheet takes it. `None`: the cell is none.
pub fn moment_of(column: &Column, cell: &Json) -> Option<Value> {
    let on_the_wall = |utc_ms: i64| {
        let at = jiff::Timestamp::from_millisecond(utc_ms.checked_add(AHEAD_MS)?).ok()?;
        Some(Value::Moment(
            at.to_zoned(jiff::tz::TimeZone::UTC).datetime(),
        ))
    };
    match (column.kind, cell) {
        (ColumnKind::TimeMs, Json::Number(ms)) => on_the_wall(ms.as_i64().filter(|ms| *ms != 0)?),
        (ColumnKind::OldTime, Json::String(text)) => on_the_wall(moment_of_old(text)?),
        (ColumnKind::Date, Json::String(text)) => {
            day(text.get(..10).unwrap_or(text)).map(Value::Day)
        }
        _ => None,
    }
}

/// What a person reads; relations are shown by who knows the other row.
pub fn for_people(column: &Column, cell: &Json) -> String {
    match (column.kind, cell) {
        (_, Json::Null) => String::new(),
        // The beginning of time: at once.
        (ColumnKind::TimeMs, Json::Number(ms)) if ms.as_i64() == Some(0) => String::new(),
        (ColumnKind::Money, Json::Number(dong)) => grouped(dong.as_i64().unwrap_or(0)) + " đ",
        (ColumnKind::Bool, cell) => if cell.as_i64().unwrap_or(0) == 0 {
            "không"
        } else {
            "có"
        }
        .to_owned(),
        (ColumnKind::Choice(choices), Json::String(wire)) => choices
            .iter()
            .find(|(w, _)| w == wire)
            .map_or_else(|| wire.clone(), |(_, label)| (*label).to_owned()),
        (_, Json::String(wire)) if !column.labels.is_empty() => {
            let label = column.labels.iter().find(|(w, _)| w == wire);
            label.map_or_else(|| wire.clone(), |(_, label)| (*label).to_owned())
        }
        (ColumnKind::Decimal, Json::String(text)) => {
            let (whole, cents) = text.split_once('.').unwrap_or((text, ""));
            let whole = whole.parse().map_or_else(|_| whole.to_owned(), grouped);
            if cents.trim_matches('0').is_empty() {
                format!("{whole} đ")
            } else {
                format!("{whole},{cents} đ")
            }
        }
        _ => for_form(column, cell),
    }
}

/// How loud a value is: the name of a tone in the style sheet; nothing for what is no state.
pub fn tone(column: &Column, cell: &Json) -> &'static str {
    let (ColumnKind::Choice(_), Some(wire)) = (column.kind, cell.as_str()) else {
        return "";
    };
    match (column.name, wire) {
        ("service" | "role", _) => "",
        (_, "done" | "paid" | "no_debt" | "already_cleared" | "active" | "accepted") => "tone good",
        // A report that was not accepted waits for a person.
        (_, "in_doubt" | "review" | "unknown" | "pending") | ("verdict", "refused") => "tone doubt",
        (_, "failed" | "rejected" | "refused" | "suspended" | "not_found") => "tone bad",
        (_, "leased" | "armed") => "tone busy",
        ("state" | "status" | "outcome", _) => "tone calm",
        _ => "",
    }
}

fn shown_time(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms + AHEAD_MS).map_or_else(
        |_| ms.to_string(),
        |t| t.strftime("%d/%m/%Y %H:%M").to_string(),
    )
}

/// How columns are compared, by the word in an address.
pub const OPS: [(&str, Compare, &str); 8] = [
    ("is", Compare::Is, "là"),
    ("any", Compare::AnyOf, "là"),
    ("not", Compare::IsNot, "khác"),
    ("has", Compare::Contains, "chứa"),
    ("from", Compare::AtLeast, "từ"),
    ("to", Compare::AtMost, "đến"),
    ("empty", Compare::Empty, "trống"),
    ("filled", Compare::Filled, "có giá trị"),
];

/// Which comparisons a column's filter offers.
pub const fn ops_of(kind: ColumnKind) -> &'static [&'static str] {
    match kind {
        ColumnKind::Id
        | ColumnKind::Int
        | ColumnKind::Money
        | ColumnKind::Decimal
        | ColumnKind::Date
        | ColumnKind::TimeMs
        | ColumnKind::OldTime => &["from", "to"],
        ColumnKind::Text(_) | ColumnKind::LongText => &["has"],
        ColumnKind::Bool | ColumnKind::Choice(_) | ColumnKind::Relation { .. } => &["is"],
    }
}

/// Reads a filter's value into the text that the store takes. A day is its beginning, or its end
/// where it is the last one.
pub fn read_bound(
    table: &Table,
    column: &Column,
    compare: Compare,
    text: &str,
) -> Result<String, String> {
    match (column.kind, compare) {
        (_, Compare::Empty | Compare::Filled) => Ok(String::new()),
        (_, Compare::Contains) => Ok(text.trim().to_owned()),
        (_, Compare::AnyOf) => text
            .split(',')
            .map(|one| read_bound(table, column, Compare::Is, one))
            .collect::<Result<Vec<_>, _>>()
            .map(|all| all.join(",")),
        (ColumnKind::TimeMs | ColumnKind::OldTime, Compare::AtMost) if day(text).is_some() => {
            let ms = moment(text).ok_or("nhập ngày như 31/08/2025")? + DAY_MS - 1;
            Ok(if column.kind == ColumnKind::TimeMs {
                ms.to_string()
            } else {
                old_time(ms)
            })
        }
        _ => read(
            table,
            &Column {
                nullable: false,
                default: None,
                ..*column
            },
            text,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::day_start;
    use crate::store::catalogue::table;

    fn field(name: &str, column: &str, text: &str) -> Result<String, String> {
        let table = table(name).expect("table");
        read(table, table.column(column).expect("column"), text)
    }

    #[test]
    fn fields_are_read_as_people_type_them() {
        assert_eq!(
            field("products", "price", "1.350.000 đ").as_deref(),
            Ok("1.350.000 đ")
        );
        assert_eq!(
            field("collection_data", "period", "31/08/2025").as_deref(),
            Ok("2025-08-31")
        );
        assert_eq!(
            field("users", "trial_expire_date", "31/08/2025 07:30").as_deref(),
            Ok("2025-08-31 00:30:00")
        );
        assert_eq!(
            field("transporter_transaction", "total_amount", "1.350.000,5").as_deref(),
            Ok("1350000.50")
        );
        assert_eq!(field("users", "phone", "  ").as_deref(), Ok(""));
        assert_eq!(field("products", "discount", "").as_deref(), Ok("0"));
    }

    #[test]
    fn what_does_not_fit_is_said_and_not_cut() {
        for (table, column, text) in [
            ("products", "price", "-5"),
            ("products", "title", ""),
            ("collection_data", "postage", "3.000.000.000"),
            ("limits", "service", "khác"),
            ("users", "phone", &"x".repeat(256)),
            ("products", products::QUANTITY.name, "mười"),
            ("users", "trial_expire_date", "mai"),
        ] {
            assert!(field(table, column, text).is_err(), "{table}.{column}");
        }
    }

    #[test]
    fn what_a_form_shows_is_read_back_the_same() {
        for (name, column, cell) in [
            (
                "users",
                "trial_expire_date",
                Json::from("2025-08-31 00:30:00"),
            ),
            ("collection_data", "period", Json::from("2025-08-31")),
            ("machines", "expires_at", Json::from(1_795_275_840_000_i64)),
            ("products", "price", Json::from(1_350_000)),
            (
                "transporter_transaction",
                "total_amount",
                Json::from("1350000.50"),
            ),
        ] {
            let found = table(name).expect("table");
            let column = found.column(column).expect("column");
            let text = read(found, column, &for_form(column, &cell)).expect("read");
            assert_eq!(
                parse(column, &text).expect("value"),
                cell,
                "{}",
                column.name
            );
        }
    }

    #[test]
    fn the_last_day_of_a_filter_is_a_whole_day() {
        let jobs = table("jobs").expect("table");
        let column = jobs.column("created_at").expect("column");
        let bound = |compare| {
            read_bound(jobs, column, compare, "21/11/2026")
                .expect("a day")
                .parse::<i64>()
                .expect("a time")
        };
        assert_eq!(bound(Compare::AtMost) - bound(Compare::AtLeast), DAY_MS - 1);
        assert_eq!(day_start(bound(Compare::AtMost)), bound(Compare::AtLeast));
    }
}
