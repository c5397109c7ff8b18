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

type Archive<'b> = zip::ZipArchive<Cursor<&'b [u8]>>;

/// The hidden rows of the sheet at this place in the book, counted from 0. None where the file does not lead to it.
pub(super) fn rows_of_sheet(bytes: &[u8], at: usize) -> Result<HashSet<u32>, String> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let Some(name) = sheet_path(&mut archive, at)?.and_then(|path| name_of(&archive, &path)) else {
        return Ok(HashSet::new());
    };
    let sheet = archive.by_name(&name).map_err(|e| e.to_string())?;
    hidden_in(BufReader::new(sheet))
}

/// From the file's own relationships to the book, and from the book's to the sheet.
fn sheet_path(archive: &mut Archive<'_>, at: usize) -> Result<Option<String>, String> {
    let Some(relations) = text_of(archive, "_rels/.rels")? else {
        return Ok(None);
    };
    let is_book = |relation: &BytesStart<'_>| {
        attribute(relation, "Type").is_some_and(|kind| kind.ends_with("/officeDocument"))
    };
    let Some(book) = target_of(&relations, is_book)? else {
        return Ok(None);
    };
    let book = book.trim_start_matches('/');
    let (folder, name) = book.rsplit_once('/').unwrap_or(("", book));
    let (Some(words), Some(relations)) = (
        text_of(archive, book)?,
        text_of(archive, &within(folder, &format!("_rels/{name}.rels")))?,
    ) else {
        return Ok(None);
    };
    let Some(id) = sheet_id(&words, at)? else {
        return Ok(None);
    };
    let is_sheet =
        |relation: &BytesStart<'_>| attribute(relation, "Id").as_deref() == Some(id.as_str());
    let target = target_of(&relations, is_sheet)?;
    Ok(target.map(|target| match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => within(folder, &target),
    }))
}

fn within(folder: &str, path: &str) -> String {
    if folder.is_empty() {
        path.to_owned()
    } else {
        format!("{folder}/{path}")
    }
}

/// A part's own name: programs write the letters of paths as they like.
fn name_of(archive: &Archive<'_>, path: &str) -> Option<String> {
    let mut names = archive.file_names().flatten();
    let name = names.find(|name| name.eq_ignore_ascii_case(path));
    name.map(std::borrow::Cow::into_owned)
}

/// A part that names others; nothing where it is not there.
fn text_of(archive: &mut Archive<'_>, path: &str) -> Result<Option<String>, String> {
    let Some(name) = name_of(archive, path) else {
        return Ok(None);
    };
    let part = archive.by_name(&name).map_err(|e| e.to_string())?;
    let mut text = Vec::new();
    part.take(NAMES_MAX)
        .read_to_end(&mut text)
        .map_err(|e| e.to_string())?;
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
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

fn target_of(
    relations: &str,
    is_wanted: impl Fn(&BytesStart<'_>) -> bool,
) -> Result<Option<String>, String> {
    let target = each(relations.as_bytes(), "Relationship", |relation| {
        is_wanted(relation).then(|| attribute(relation, "Target"))
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
