//! Bringing a file in: a preview that changes nothing, then the good rows under one number, which
//! can be taken back.
//!
//! The rows travel with the preview's form and are checked again: no server keeps them in between.

use std::collections::HashSet;

use askama::Template;
use axum::extract::{DefaultBodyLimit, Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use super::tables::table_of;
use crate::domain::Service;
use crate::report::read_rows;
use crate::server::AppState;
use crate::server::intake::ImportSheet;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::field::Choice;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::server::web::words::count;
use crate::store::Actor;
use crate::store::catalogue::work::{JOBS, jobs};
use crate::store::catalogue::{Menu, TABLES, Table};
use crate::store::imports::IMPORT_BATCH;
use crate::store::jobs::{Added, NewJob};

/// Larger files are refused.
const FILE_MAX: usize = 10 * 1024 * 1024;
/// Bytes of a request that carries a file, or the rows of one back.
pub const BODY_MAX: usize = 4 * FILE_MAX;
/// What a packed file may unpack to.
const UNPACKED_MAX: u64 = 200 * 1024 * 1024;
/// Faults and rows that a preview names one by one.
const NAMED_MAX: usize = 200;

/// The routes that carry a file. What can be imported asks for the permission of its table.
pub fn file_routes() -> Vec<Route> {
    vec![
        Route::change(
            "/admin/import/preview",
            Need::SignedIn,
            post(preview).layer(DefaultBodyLimit::max(FILE_MAX)),
        ),
        Route::change("/admin/import/commit", Need::SignedIn, post(commit)),
        Route::change("/admin/import/{id}/undo", Need::SignedIn, post(undo)),
    ]
}

/// The others.
pub fn routes() -> Vec<Route> {
    vec![
        Route::read("/admin/import", Need::SignedIn, get(form)),
        Route::read("/admin/import/{id}", Need::SignedIn, get(show)),
    ]
}

/// Which form.
#[derive(Debug, Deserialize)]
pub struct ImportQuery {
    #[serde(default)]
    table: String,
}

#[derive(Template)]
#[template(path = "import.html")]
struct ImportPage {
    frame: Frame,
    error: Option<String>,
    tables: Vec<Choice>,
    services: Vec<Choice>,
}

struct Named {
    number: usize,
    text: String,
    why: String,
}

#[derive(Template)]
#[template(path = "preview.html")]
struct Preview {
    frame: Frame,
    filename: String,
    good: String,
    is_empty: bool,
    faults: Vec<Named>,
    fault_count: String,
    /// Are there more than are named?
    is_cut: bool,
    heads: Vec<String>,
    sample: Vec<(usize, Vec<String>)>,
    rows: String,
}

fn form_page(person: &Person, table: &str, error: Option<String>) -> ImportPage {
    // Jobs first: they are brought in most.
    let mut allowed: Vec<&Table> = TABLES
        .into_iter()
        .filter(|t| t.is_importable && person.may_table(t, Right::Import))
        .collect();
    allowed.sort_by_key(|t| {
        t.menu
            .map(|(menu, place)| (Menu::ALL.iter().position(|m| *m == menu), place))
    });
    let choice = |value: &str, label: &str, chosen: &str| Choice {
        value: value.to_owned(),
        label: label.to_owned(),
        is_chosen: value == chosen,
    };
    ImportPage {
        frame: Frame::of(person, "Nhập tệp", "import"),
        error,
        tables: allowed
            .iter()
            .map(|t| choice(t.name, t.vi, table))
            .collect(),
        services: Service::ALL
            .iter()
            .map(|s| choice(s.spec().wire, s.spec().title, "gach_dien_evn"))
            .collect(),
    }
}

/// The form.
pub async fn form(person: Person, Query(wanted): Query<ImportQuery>) -> Result<Response, Problem> {
    page(&form_page(&person, &wanted.table, None))
}

/// Reads the file and says what would happen.
pub async fn preview(
    State(app): State<AppState>,
    person: Person,
    mut parts: Multipart,
) -> Result<Response, Problem> {
    let (mut table, mut service, mut file) = (String::new(), None, None);
    let broken = too_large;
    while let Some(part) = parts.next_field().await.map_err(|_| broken())? {
        match part.name().unwrap_or_default().to_owned().as_str() {
            "table" => table = part.text().await.map_err(|_| broken())?,
            "service" => {
                service = part
                    .text()
                    .await
                    .map_err(|_| broken())?
                    .parse::<Service>()
                    .ok();
            }
            "file" => {
                let name = part.file_name().unwrap_or_default().to_owned();
                file = Some((name, part.bytes().await.map_err(|_| broken())?));
            }
            _ => {}
        }
    }
    let table = importable(&person, &table)?;
    let refused = |why: String| {
        page_with(
            StatusCode::UNPROCESSABLE_ENTITY,
            &form_page(&person, table.name, Some(why)),
        )
    };
    let Some((name, bytes)) = file.filter(|(_, bytes)| !bytes.is_empty()) else {
        return refused("Chọn một tệp .xlsx hoặc .csv.".to_owned());
    };
    let filename: String = name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or_default()
        .chars()
        .filter(|c| !c.is_control())
        .take(100)
        .collect();
    let read = tokio::task::spawn_blocking(move || rows_of(&name, &bytes))
        .await
        .map_err(|_| Problem::broken())?;
    let sheet = match read.and_then(|rows| ImportSheet::of(table, service, &filename, rows)) {
        Ok(sheet) => sheet,
        Err(why) => return refused(why),
    };
    let (good, faults) = sorted(&app, &sheet).await?;
    let named = |(number, why): &(usize, String)| Named {
        number: *number,
        text: sheet
            .rows
            .iter()
            .find(|(n, _)| n == number)
            .map_or_else(String::new, |(_, cells)| cells.join(" · ")),
        why: why.clone(),
    };
    let shown = Preview {
        frame: Frame::of(&person, "Xem trước khi nhập", "import"),
        filename,
        good: count(i64::try_from(good.rows.len()).unwrap_or(0)),
        is_empty: good.rows.is_empty(),
        fault_count: count(i64::try_from(faults.len()).unwrap_or(0)),
        is_cut: faults.len() > NAMED_MAX,
        faults: faults.iter().take(NAMED_MAX).map(named).collect(),
        heads: good
            .columns
            .iter()
            .flatten()
            .map(|name| label(&good.table, name))
            .collect(),
        sample: good
            .rows
            .iter()
            .take(20)
            .map(|(n, cells)| (*n, ours(&good, cells)))
            .collect(),
        rows: serde_json::to_string(&good).unwrap_or_default(),
    };
    page(&shown)
}

fn too_large() -> Problem {
    Problem::too_large("Tệp lớn hơn 10 MB hoặc gửi dở dang. Chia nhỏ rồi thử lại.")
}

fn ours(sheet: &ImportSheet, cells: &[String]) -> Vec<String> {
    sheet
        .columns
        .iter()
        .enumerate()
        .filter(|(_, c)| c.is_some())
        .map(|(at, _)| cells.get(at).cloned().unwrap_or_default())
        .collect()
}

fn label(table: &str, name: &str) -> String {
    table_of(table)
        .ok()
        .and_then(|t| t.column(name))
        .map_or_else(|| name.to_owned(), |c| c.vi.to_owned())
}

/// The table of this name, where the person may bring files into it.
fn importable(person: &Person, name: &str) -> Result<&'static Table, Problem> {
    let table = table_of(name)?;
    if !table.is_importable {
        Err(Problem::no_page())
    } else if person.may_table(table, Right::Import) {
        Ok(table)
    } else {
        Err(Problem::forbidden())
    }
}

/// The rows of an upload. Its name says only what kind of file it is.
fn rows_of(name: &str, bytes: &[u8]) -> Result<Vec<(usize, Vec<String>)>, String> {
    let ending = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let ending = ["xlsx", "csv"]
        .into_iter()
        .find(|known| *known == ending)
        .ok_or("Chỉ nhận tệp .xlsx hoặc .csv.")?;
    if ending == "xlsx" && unpacked(bytes).is_none_or(|size| size > UNPACKED_MAX) {
        return Err("Tệp Excel hỏng hoặc quá lớn khi mở ra.".to_owned());
    }
    let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
    let path = folder.path().join(format!("upload.{ending}"));
    std::fs::write(&path, bytes).map_err(|_| "Máy chủ không ghi được tệp tạm.".to_owned())?;
    read_rows(&path).map_err(|error| {
        tracing::info!(
            error = format!("{:#}", anyhow::Error::from(error)),
            "an upload could not be read"
        );
        "Không đọc được tệp. Lưu lại bằng Excel (.xlsx hoặc CSV UTF-8) rồi thử lại.".to_owned()
    })
}

/// What a packed file says that it unpacks to, by its own directory. `None`: it is none.
fn unpacked(bytes: &[u8]) -> Option<u64> {
    let word = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let long = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let from = bytes.len().saturating_sub(66_000);
    let end = bytes
        .get(from..)?
        .windows(4)
        .rposition(|w| w == b"PK\x05\x06")?
        + from;
    let mut at = usize::try_from(long(end + 16)?).ok()?;
    let mut sum = 0_u64;
    for _ in 0..word(end + 10)? {
        if bytes.get(at..at + 4)? != b"PK\x01\x02" {
            return None;
        }
        sum += u64::from(long(at + 24)?);
        at += 46
            + usize::from(word(at + 28)?)
            + usize::from(word(at + 30)?)
            + usize::from(word(at + 32)?);
    }
    Some(sum)
}

/// Good rows, and the others with what is wrong: faults, repeats within the file, what is open
/// already.
async fn sorted(
    app: &AppState,
    sheet: &ImportSheet,
) -> Result<(ImportSheet, Vec<(usize, String)>), Problem> {
    let mut good = ImportSheet {
        rows: Vec::new(),
        ..sheet.clone()
    };
    let (mut faults, mut seen, mut jobs) = (Vec::new(), HashSet::new(), Vec::new());
    for (number, cells) in &sheet.rows {
        let checked = if sheet.is_jobs() {
            sheet.job(cells).map(Some)
        } else {
            sheet.fields(cells).map(|_| None)
        };
        match checked {
            Err(why) => faults.push((*number, why)),
            Ok(_) if !seen.insert(sheet.identity(cells)) => {
                faults.push((*number, "trùng với một dòng ở trên".to_owned()));
            }
            Ok(job) => {
                jobs.extend(job);
                good.rows.push((*number, cells.clone()));
            }
        }
    }
    if sheet.is_jobs() {
        let open = app.store().jobs().already_open(&jobs).await?;
        let mut open = open.into_iter();
        good.rows.retain(|(number, _)| {
            let is_open = open.next().unwrap_or(false);
            if is_open {
                faults.push((*number, "đã có một việc đang mở giống hệt".to_owned()));
            }
            !is_open
        });
    }
    faults.sort_by_key(|(number, _)| *number);
    Ok((good, faults))
}

/// Brings the good rows in.
pub async fn commit(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    let sheet: ImportSheet = serde_json::from_str(form.exact("rows"))
        .map_err(|_| Problem::bad("Biểu mẫu hỏng. Chọn lại tệp."))?;
    let table = importable(&person, &sheet.table)?;
    let actor = person.actor();
    // A browser that goes away, or is told that it took too long, leaves no half of a file behind.
    let begun = app
        .clone()
        .carry_through(async move { bring_in(&app, table, &sheet, &actor).await })
        .await;
    let import = begun.map_err(|_| Problem::broken())??;
    Ok(go(&format!("/admin/import/{import}?done=imported")))
}

/// The good rows under one number.
async fn bring_in(
    app: &AppState,
    table: &'static Table,
    sheet: &ImportSheet,
    actor: &Actor,
) -> Result<i64, Problem> {
    let (good, _) = sorted(app, sheet).await?;
    let import = app
        .store()
        .imports()
        .begin(table, &good.filename, actor)
        .await?;
    if good.is_jobs() {
        let jobs: Vec<NewJob> = good
            .rows
            .iter()
            .filter_map(|(_, cells)| good.job(cells).ok())
            .collect();
        let mut left_out = 0;
        for some in jobs.chunks(IMPORT_BATCH) {
            let added = app
                .store()
                .imports()
                .add_jobs(import, some.to_vec(), actor)
                .await?;
            left_out += added
                .iter()
                .filter(|a| !matches!(a, Added::Added(_)))
                .count();
        }
        tracing::info!(import, jobs = jobs.len(), left_out, "jobs were imported");
    } else {
        let rows: Vec<_> = good
            .rows
            .iter()
            .filter_map(|(_, cells)| good.fields(cells).ok())
            .collect();
        app.store()
            .imports()
            .add_rows(import, table, &rows, actor)
            .await?;
    }
    Ok(import)
}

#[derive(Template)]
#[template(path = "imported.html")]
struct Imported {
    frame: Frame,
    id: i64,
    filename: String,
    table: &'static str,
    rows: String,
    is_undone: bool,
    list_url: String,
}

/// One import: what came of it, and the way back.
pub async fn show(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let import = app.store().imports().find(id).await?;
    let table = importable(&person, &import.table)?;
    page(&Imported {
        frame: Frame::of(&person, format!("Lần nhập #{id}"), "import")
            .with_notice(done.done.as_deref()),
        id,
        filename: import.filename.unwrap_or_default(),
        table: table.vi,
        rows: count(import.rows),
        is_undone: import.is_undone,
        list_url: if table.is(&JOBS) {
            format!("/admin/t/{}?f.{}.is={id}", JOBS.name, jobs::IMPORT_ID.name)
        } else {
            format!("/admin/t/{}", table.name)
        },
    })
}

/// Takes an import back.
pub async fn undo(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    let import = app.store().imports().find(id).await?;
    importable(&person, &import.table)?;
    let actor = person.actor();
    let undone = app
        .clone()
        .carry_through(async move { app.store().imports().take_back(id, &actor).await })
        .await;
    let undone = undone.map_err(|_| Problem::broken())??;
    tracing::info!(
        import = id,
        gone = undone.gone,
        stayed = undone.stayed,
        "an import was taken back"
    );
    Ok(go(&format!("/admin/import/{id}?done=undone")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upload_is_weighed_before_it_is_opened() {
        assert_eq!(unpacked(b"no archive"), None);
        let mut book = rust_xlsx();
        assert!(unpacked(&book).is_some_and(|size| size > 1_000 && size < UNPACKED_MAX));
        let at = book
            .windows(4)
            .position(|w| w == b"PK\x01\x02")
            .expect("an entry");
        book[at + 24..at + 28].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(
            rows_of("bom.xlsx", &book).is_err(),
            "a file that says it is four gigabytes"
        );
        assert!(rows_of("../../etc/passwd", b"x").is_err());
    }

    fn rust_xlsx() -> Vec<u8> {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("a.xlsx");
        let mut sheet =
            crate::report::table::TableFile::new("a", vec!["Mã".to_owned()]).expect("sheet");
        sheet
            .push(&[crate::report::table::Value::Text("PE01".to_owned())])
            .expect("row");
        sheet.save(&path).expect("saved");
        std::fs::read(path).expect("read")
    }
}
