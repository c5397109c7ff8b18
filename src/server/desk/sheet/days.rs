//! Days and months as people and spreadsheets write them.

use crate::domain::desk::is_day;

/// Days between Excel's first and 1970.
const EXCEL_1970: i64 = 25_569;
/// Years in which a serial number of Excel's is a day.
const EXCEL_DAYS: std::ops::Range<i64> = 36_526..73_051;

/// A day as people and spreadsheets write it: `2026-10-01`, `1/10/2026`, or Excel's count of days.
pub fn day_of(text: &str) -> Result<Option<String>, String> {
    let text = text.split([' ', 'T']).next().unwrap_or_default();
    if text.is_empty() {
        return Ok(None);
    }
    if is_day(text) {
        return Ok(Some(text.to_owned()));
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let day = match parts[..] {
        [day, month, year] if year.len() == 4 => format!("{year}-{month:0>2}-{day:0>2}"),
        [serial] => excel_day(serial).unwrap_or_default(),
        _ => String::new(),
    };
    if is_day(&day) {
        Ok(Some(day))
    } else {
        Err(format!("{text:?} không phải ngày, ghi như 01/10/2026"))
    }
}

fn excel_day(serial: &str) -> Option<String> {
    let days: i64 = serial.parse().ok()?;
    let days = Some(days).filter(|days| EXCEL_DAYS.contains(days))? - EXCEL_1970;
    let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days));
    date.ok().map(|date| date.to_string())
}

/// A month as its first and its last day: `10/2026`, `2026-10`, or any day of it.
pub fn period(text: &str) -> Result<Option<(String, String)>, String> {
    if text.is_empty() {
        return Ok(None);
    }
    let parts: Vec<&str> = text.split(['/', '-']).collect();
    let day = match parts[..] {
        [month, year] if year.len() == 4 => format!("{year}-{month:0>2}-01"),
        [year, month] if year.len() == 4 => format!("{year}-{month:0>2}-01"),
        _ => day_of(text)?.unwrap_or_default(),
    };
    let date: jiff::civil::Date = Some(day)
        .filter(|day| is_day(day))
        .and_then(|day| day.parse().ok())
        .ok_or_else(|| format!("{text:?} không phải kỳ cước, ghi như 10/2026"))?;
    let (first, last) = (date.first_of_month(), date.last_of_month());
    Ok(Some((first.to_string(), last.to_string())))
}
