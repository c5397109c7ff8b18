//! Which rows of a sheet a person does not see.
//!
//! The library that reads the cells does not tell. Where a sheet stands in the file is said by the book and its
//! relationships (ECMA-376, part 1, §18.2.19 and part 2, §9.3).

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

/// What the parts that name the sheets may unpack to.
const NAMES_MAX: u64 = 1024 * 1024;

/// The hidden rows of the sheet at this place in the book, counted from 0.
pub(super) fn rows_of_sheet(bytes: &[u8], at: usize) -> Result<HashSet<u32>, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let mut part = |name: &str| -> Result<String, String> {
        let part = archive.by_name(name).map_err(|e| e.to_string())?;
        let mut text = Vec::new();
        part.take(NAMES_MAX)
            .read_to_end(&mut text)
            .map_err(|e| e.to_string())?;
        Ok(String::from_utf8_lossy(&text).into_owned())
    };
    let id = sheet_id(&part("xl/workbook.xml")?, at)?;
    let Some(target) = id.and_then(|id| {
        let relations = part("xl/_rels/workbook.xml.rels").ok()?;
        target_of(&relations, &id).ok()?
    }) else {
        // A book that names its sheets otherwise tells nothing of its rows.
        return Ok(HashSet::new());
    };
    let path = match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{target}"),
    };
    let sheet = archive.by_name(&path).map_err(|e| e.to_string())?;
    hidden_in(BufReader::new(sheet))
}

fn attribute(element: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = element
        .attributes()
        .flatten()
        .find(|attribute| attribute.key.local_name().as_ref() == name)?;
    Some(found.value.into_owned())
}

/// Calls for each element of this name, until it has found what it looks for.
fn each<T>(
    from: impl BufRead,
    name: &str,
    mut found: impl FnMut(&BytesStart<'_>) -> Option<T>,
) -> Result<Option<T>, String> {
    let (mut reader, mut kept) = (Reader::from_reader(from), Vec::new());
    loop {
        match reader.read_event_into(&mut kept) {
            Ok(Event::Start(element) | Event::Empty(element))
                if element.local_name().as_ref() == name =>
            {
                if let Some(found) = found(&element) {
                    return Ok(Some(found));
                }
            }
            Ok(Event::Eof) => return Ok(None),
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
        kept.clear();
    }
}

fn sheet_id(book: &str, at: usize) -> Result<Option<String>, String> {
    let mut place = 0;
    let id = each(book.as_bytes(), "sheet", |sheet| {
        let is_here = place == at;
        place += 1;
        is_here.then(|| attribute(sheet, "id"))
    });
    id.map(Option::flatten)
}

fn target_of(relations: &str, id: &str) -> Result<Option<String>, String> {
    let target = each(relations.as_bytes(), "Relationship", |relation| {
        let is_it = attribute(relation, "Id").as_deref() == Some(id);
        is_it.then(|| attribute(relation, "Target"))
    });
    target.map(Option::flatten)
}

fn hidden_in(sheet: impl BufRead) -> Result<HashSet<u32>, String> {
    let (mut hidden, mut last) = (HashSet::new(), 0_u32);
    each(sheet, "row", |row| {
        // A row without a number is the one behind the last.
        let number = attribute(row, "r").and_then(|text| text.parse::<u32>().ok());
        let at = number.map_or(last, |number| number.saturating_sub(1));
        last = at.saturating_add(1);
        if matches!(attribute(row, "hidden").as_deref(), Some("1" | "true")) {
            hidden.insert(at);
        }
        None::<()>
    })?;
    Ok(hidden)
}
