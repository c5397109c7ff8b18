//! Contracts by a file, or from the old list: a preview that changes nothing, then all of it under one number, which
//! can be taken back.
//!
//! The contracts travel with the preview's form and are checked again: no server keeps them in between.

use axum::body::Bytes;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use super::manage_shell;
use crate::domain::desk::IncomingContract;
use crate::server::AppState;
use crate::server::desk::contract::nothing;
use crate::server::desk::pages::draw::{Drawn, go, page, page_with};
use crate::server::desk::sheet::{self, ContractSheet};
use crate::server::desk::view::manage::{
    ImportPage, ImportedPage, PastImport, PreviewPage, SampleContract,
};
use crate::server::desk::who::DeskPerson;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::upload::{plain_name, rows_of};
use crate::server::web::words::{count, money};
use crate::store::catalogue::contracts::CONTRACT;
use crate::store::desk::{ImportTally, OldRow};
use crate::store::imports::ImportRow;
use crate::store::{Actor, payees};

/// Larger files are refused.
const FILE_MAX: usize = 10 * 1024 * 1024;
/// Bytes of a request that carries a file, or what was in one back.
pub const BODY_MAX: usize = 4 * FILE_MAX;
/// Lines that a preview names, and contracts that it shows.
const NAMED_MAX: usize = 100;
const SAMPLE_MAX: usize = 20;
/// Imports before that are shown.
const PAST_MAX: u32 = 20;

/// `GET /desk/manage/import`
pub(super) async fn form(State(app): State<AppState>, me: DeskPerson) -> Drawn {
    page(&form_page(&app, &me).await?)
}

async fn form_page(app: &AppState, me: &DeskPerson) -> Result<ImportPage, PayRefusal> {
    let past = app
        .store()
        .tables()
        .imports()
        .recent(&CONTRACT, PAST_MAX)
        .await?;
    Ok(ImportPage {
        shell: manage_shell(me, "Nhập hợp đồng"),
        old: old_rows(app, me).await?.len(),
        past: past
            .into_iter()
            .filter(|import| is_theirs(me, import))
            .map(|import| PastImport {
                id: import.id,
                filename: import.filename.unwrap_or_default(),
                text: if import.is_undone {
                    "đã hoàn tác".to_owned()
                } else {
                    format!("{} khoản mới", count(import.rows))
                },
            })
            .collect(),
    })
}

/// `POST /desk/manage/import/preview`
pub(super) async fn preview(
    State(app): State<AppState>,
    me: DeskPerson,
    mut parts: Multipart,
) -> Drawn {
    let read = match file_of(&mut parts).await {
        Ok((name, bytes)) => {
            let filename = plain_name(&name);
            let read = tokio::task::spawn_blocking(move || {
                rows_of(&name, &bytes).and_then(|rows| sheet::read(&rows))
            });
            let read = read.await.map_err(|_| PayRefusal::broken())?;
            read.map(|sheet| (filename, sheet))
        }
        Err(why) => Err(why),
    };
    match read {
        Ok((filename, sheet)) => page(&preview_page(&app, &me, filename, &sheet).await?),
        Err(why) => {
            let mut page = form_page(&app, &me).await?;
            page.shell.error = Some(why);
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// The old list is the first payee's: it knows no others.
async fn old_rows(app: &AppState, me: &DeskPerson) -> Result<Vec<OldRow>, PayRefusal> {
    if me.owner != payees::FIRST {
        return Ok(Vec::new());
    }
    Ok(app.store().desk().old_rows().await?)
}

/// Who works for one payee sees what they brought themselves.
fn is_theirs(me: &DeskPerson, import: &ImportRow) -> bool {
    me.person.payee.is_none() || import.by == Some(me.person.user_id)
}

/// The file that a form carries.
async fn file_of(parts: &mut Multipart) -> Result<(String, Bytes), String> {
    let too_large = "Tệp lớn hơn 10 MB hoặc gửi dở dang. Chia nhỏ rồi thử lại.";
    while let Some(part) = parts.next_field().await.map_err(|_| too_large)? {
        if part.name() == Some("file") {
            let name = part.file_name().unwrap_or_default().to_owned();
            let bytes = part.bytes().await.map_err(|_| too_large)?;
            if bytes.len() > FILE_MAX {
                return Err(too_large.to_owned());
            }
            if !bytes.is_empty() {
                return Ok((name, bytes));
            }
        }
    }
    Err("Chọn một tệp .xlsx hoặc .csv.".to_owned())
}

/// `POST /desk/manage/import/old`: what the old list says is still to be collected.
pub(super) async fn old(State(app): State<AppState>, me: DeskPerson) -> Drawn {
    let rows = old_rows(&app, &me).await?;
    let sheet = sheet::of_old(&rows);
    page(&preview_page(&app, &me, "Bảng Thu cước cũ".to_owned(), &sheet).await?)
}

async fn preview_page(
    app: &AppState,
    me: &DeskPerson,
    filename: String,
    sheet: &ContractSheet,
) -> Result<PreviewPage, PayRefusal> {
    let sample = |(_, contract): &(usize, IncomingContract)| {
        let amount = |(_, item): (_, &crate::domain::desk::IncomingItem)| item.amount;
        SampleContract {
            number: contract.number.clone(),
            customer: contract.customer_name.clone(),
            items: format!(
                "{} hóa đơn, {} khoản thu",
                contract.bills.len(),
                contract.receivables.len()
            ),
            total: money(contract.items().map(amount).sum()),
        }
    };
    let foreseen = app
        .store()
        .desk()
        .foresee(me.owner, &sheet.contracts)
        .await?;
    let refused = foreseen.refused.into_iter().map(|r| (r.index, r.why));
    let mut faults: Vec<_> = sheet.faults.iter().cloned().chain(refused).collect();
    faults.sort_by_key(|(line, _)| *line);
    let fault_count = faults.len();
    faults.truncate(NAMED_MAX);
    Ok(PreviewPage {
        shell: manage_shell(me, "Xem trước khi nhập"),
        added: foreseen.added,
        changed: foreseen.changed,
        unchanged: foreseen.unchanged,
        filename,
        contracts: sheet.contracts.len(),
        items: sheet.items,
        is_empty: sheet.contracts.is_empty(),
        rows: json!(sheet.contracts).to_string(),
        faults,
        fault_count,
        sample: sheet
            .contracts
            .iter()
            .take(SAMPLE_MAX)
            .map(sample)
            .collect(),
    })
}

/// `POST /desk/manage/import/commit`
pub(super) async fn commit(State(app): State<AppState>, me: DeskPerson, form: FormData) -> Drawn {
    let broken = || PayRefusal::invalid("Biểu mẫu hỏng. Chọn lại tệp.");
    let rows: Vec<(usize, Value)> =
        serde_json::from_str(form.exact("rows")).map_err(|_| broken())?;
    let read = |(line, json): &(usize, Value)| {
        let contract = IncomingContract::read(json).map_err(PayRefusal::invalid)?;
        Ok::<_, PayRefusal>((*line, contract))
    };
    let contracts: Vec<_> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let filename = plain_name(form.text("filename"));
    let (owner, actor) = (me.owner, me.actor());
    // A browser that goes away leaves no half of a file behind.
    let work = {
        let app = app.clone();
        async move { bring(&app, owner, &filename, &contracts, &actor).await }
    };
    let brought = app.carry_through(work).await;
    let (import, tally) = brought.map_err(|_| PayRefusal::broken())??;
    let url = format!("/desk/manage/import/{import}");
    if tally.refused.is_empty() {
        return Ok(go(&format!("{url}?done=brought")));
    }
    let mut page = imported(&app, &me, import).await?;
    page.refused = tally
        .refused
        .into_iter()
        .map(|refused| (refused.index, refused.why))
        .collect();
    page_with(StatusCode::OK, &page)
}

async fn bring(
    app: &AppState,
    owner: i64,
    filename: &str,
    contracts: &[(usize, IncomingContract)],
    actor: &Actor,
) -> Result<(i64, ImportTally), PayRefusal> {
    let desk = app.store().desk();
    Ok(desk.bring_file(owner, filename, contracts, actor).await?)
}

/// `GET /desk/manage/import/{id}`
pub(super) async fn show(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Drawn {
    page(&imported(&app, &me, id).await?)
}

/// An import of contracts that this one may see.
async fn found(app: &AppState, me: &DeskPerson, id: i64) -> Result<ImportRow, PayRefusal> {
    let import = app.store().tables().imports().find(id).await?;
    if import.table == CONTRACT.name && is_theirs(me, &import) {
        Ok(import)
    } else {
        Err(nothing("Không có lần nhập này."))
    }
}

async fn imported(app: &AppState, me: &DeskPerson, id: i64) -> Result<ImportedPage, PayRefusal> {
    let import = found(app, me, id).await?;
    Ok(ImportedPage {
        shell: manage_shell(me, format!("Lần nhập {id}")),
        id,
        filename: import.filename.unwrap_or_default(),
        rows: import.rows,
        is_undone: import.is_undone,
        refused: Vec::new(),
    })
}

/// `POST /desk/manage/import/{id}/undo`
pub(super) async fn undo(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Drawn {
    found(&app, &me, id).await?;
    let (owner, actor) = (me.owner, me.actor());
    let work = {
        let app = app.clone();
        async move { app.store().desk().take_file_back(owner, id, &actor).await }
    };
    let undone = app.carry_through(work).await;
    let undone = undone.map_err(|_| PayRefusal::broken())??;
    tracing::info!(
        import = id,
        gone = undone.gone,
        stayed = undone.stayed,
        "an import of contracts was taken back"
    );
    Ok(go(&format!("/desk/manage/import/{id}")))
}
