//! What is done to many rows at once: those that were ticked, or the whole list as it is filtered.

use axum::extract::State;
use axum::response::Response;

use super::export;
use super::request::{ListRequest, back_to};
use super::table_of;
use crate::domain::{PaymentType, Service};
use crate::server::AppState;
use crate::server::admin::reach::{may_see, may_touch};
use crate::server::intake::JobText;
use crate::server::web::cells;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::page::go;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::work::JOBS;
use crate::store::catalogue::{BulkAction, Table};
use crate::store::collection::CollectionRow;
use crate::store::jobs::{Added, JobOrigin, NewJob};
use crate::store::tables::RowChange;
use crate::store::{Actor, StoreError};

/// Rows that are ticked on one page, at most.
const TICKED_MAX: usize = 1_000;
/// Rows of a whole list that are changed by one request, at most.
const WHOLE_MAX: u32 = 5_000;
/// What the shop collects for, and machines can settle.
pub const COLLECTED: [Service; 5] = [
    Service::PayEvn,
    Service::PayTvInternet,
    Service::TopUpMulti,
    Service::LookUpFtth,
    Service::LookUpPostpaid,
];

/// What a person wants done.
enum BulkRequest {
    /// With each row for itself.
    Rows(RowChange),
    /// With each job, and why.
    Cancel(String),
    Reopen(String),
    /// Refused reports were looked at.
    Seen,
    /// Jobs are made of collection rows.
    Jobs(Service),
}

impl BulkRequest {
    /// What the form says; `None` where it says nothing that this table knows.
    fn of(
        person: &Person,
        table: &'static Table,
        form: &FormData,
    ) -> Result<Option<Self>, Problem> {
        let reason = || {
            Some(form.text("reason"))
                .filter(|r| !r.is_empty())
                .unwrap_or("theo danh sách")
                .to_owned()
        };
        let offers = |action| table.offers(action);
        Ok(Some(match form.text("action") {
            "delete" => Self::Rows(RowChange::Delete),
            "restore" => Self::Rows(RowChange::Restore),
            "set" => {
                let column = table
                    .column(form.text("column"))
                    .filter(|c| person.may_write(table, c))
                    .ok_or_else(|| Problem::bad("Chọn cột cần sửa."))?;
                let text = cells::read(table, column, form.exact("value"))
                    .map_err(|why| Problem::bad(format!("{}: {why}", column.vi)))?;
                Self::Rows(RowChange::Set(vec![(column.name.to_owned(), text)]))
            }
            "cancel" if offers(BulkAction::Cancel) => Self::Cancel(reason()),
            "reopen" if offers(BulkAction::Reopen) => Self::Reopen(reason()),
            "seen" if offers(BulkAction::MarkSeen) => Self::Seen,
            "jobs" if offers(BulkAction::MakeJobs) => {
                let service = form
                    .text("service")
                    .parse()
                    .ok()
                    .filter(|s| COLLECTED.contains(s));
                Self::Jobs(service.ok_or_else(|| Problem::bad("Chọn dịch vụ cho các việc."))?)
            }
            _ => return Ok(None),
        }))
    }

    /// What somebody has to be allowed for it, and in which table.
    const fn needs(&self, table: &'static Table) -> (&'static Table, Right) {
        match self {
            Self::Rows(RowChange::Delete | RowChange::Restore) => (table, Right::Delete),
            Self::Rows(RowChange::Set(_)) | Self::Cancel(_) | Self::Reopen(_) => {
                (table, Right::Edit)
            }
            Self::Seen => (table, Right::Decide),
            Self::Jobs(_) => (&JOBS, Right::Import),
        }
    }
}

/// Does it, and says with how many rows.
pub async fn bulk(
    State(app): State<AppState>,
    person: Person,
    PathParam(table): PathParam<String>,
    form: FormData,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    let request = ListRequest::of(table, form.text("query"))?.seen_by(&person);
    let ids = if form.has("whole") {
        let mut ids = app
            .store()
            .tables()
            .ids(table, &request.query, WHOLE_MAX + 1)
            .await?;
        if ids.len() > WHOLE_MAX as usize {
            return Err(Problem::bad(format!(
                "Danh sách dài hơn {WHOLE_MAX} dòng. Lọc bớt rồi làm lại."
            )));
        }
        ids.sort_unstable();
        ids
    } else {
        form.all("id").filter_map(|id| id.parse().ok()).collect()
    };
    if ids.len() > TICKED_MAX && !form.has("whole") {
        return Err(Problem::bad(format!(
            "Mỗi lần nhiều nhất {TICKED_MAX} dòng."
        )));
    }
    let action = form.text("action");
    if let "csv" | "xlsx" = action {
        if !person.may_table(table, Right::Export) {
            return Err(Problem::forbidden());
        }
        for id in &ids {
            may_see(&app, &person, table, *id).await?;
        }
        return export::ticked(&app, &person, request, &ids, action).await;
    }
    let wanted = BulkRequest::of(&person, table, &form)?
        .ok_or_else(|| Problem::bad("Không có việc này cho bảng này."))?;
    let (in_table, right) = wanted.needs(table);
    if !person.may_table(in_table, right) {
        return Err(Problem::forbidden());
    }
    may_touch(&app, &person, table, &ids).await?;
    let (actor, count) = (person.actor(), ids.len());
    let begun = app
        .clone()
        .carry_through(async move { carried_out(&app, table, wanted, &ids, &actor).await })
        .await;
    let did = begun.map_err(|_| Problem::broken())??;
    tracing::info!(table = table.name, rows = count, did, "changed many rows");
    let back = back_to(table, &form);
    let mark = if back.contains('?') { '&' } else { '?' };
    Ok(go(&format!(
        "{back}{mark}done=bulk&did={did}&left={}",
        count - did
    )))
}

/// Says with how many it was done. What a row's state does not allow leaves that row as it is: the
/// others go on.
async fn carried_out(
    app: &AppState,
    table: &'static Table,
    wanted: BulkRequest,
    ids: &[i64],
    actor: &Actor,
) -> Result<usize, Problem> {
    let store = app.store();
    Ok(match wanted {
        BulkRequest::Rows(change) => store
            .tables()
            .change_rows(table, ids, &change, actor)
            .await?
            .iter()
            .filter(|ended| ended.is_ok())
            .count(),
        BulkRequest::Seen => {
            store.jobs().see_reports(ids, actor).await?;
            // Seen before is seen, too.
            ids.len()
        }
        BulkRequest::Jobs(service) => made_of(app, service, ids, actor).await?,
        BulkRequest::Cancel(ref reason) | BulkRequest::Reopen(ref reason) => {
            let mut did = 0;
            for job in &store.jobs().public_ids(ids).await? {
                let done = if matches!(wanted, BulkRequest::Cancel(_)) {
                    store.jobs().cancel(job, reason, actor).await
                } else {
                    store.jobs().reopen(job, reason, actor).await
                };
                match done {
                    Ok(_) => did += 1,
                    Err(StoreError::Job(_) | StoreError::BadValue { .. }) => {}
                    Err(other) => return Err(other.into()),
                }
            }
            did
        }
    })
}

/// Jobs for what is still to be collected, as one import, which can be taken back. Says how many
/// there are now.
async fn made_of(
    app: &AppState,
    service: Service,
    ids: &[i64],
    actor: &Actor,
) -> Result<usize, Problem> {
    let rows = app.store().collection().rows(ids).await?;
    let jobs: Vec<NewJob> = rows
        .iter()
        .filter_map(|row| job_for(service, row))
        .collect();
    if jobs.is_empty() {
        return Ok(0);
    }
    let name = format!("Thu cước: {}", service.spec().title);
    let imports = app.store().tables().imports();
    let import = imports.begin(&JOBS, &name, actor).await?;
    let added = imports.add_jobs(import, jobs, actor).await?;
    Ok(added
        .iter()
        .filter(|a| matches!(a, Added::Added(_)))
        .count())
}

/// The job that settles a collection row; `None` where it is settled, or has nothing that the
/// service can use.
fn job_for(service: Service, row: &CollectionRow) -> Option<NewJob> {
    if row.is_deleted || row.is_completed {
        return None;
    }
    let owed = row.owed.filter(|owed| *owed > 0);
    let text = |code: &str| JobText {
        code: code.to_owned(),
        amount: owed.map(|owed| owed.to_string()).unwrap_or_default(),
        payment_type: if service == Service::TopUpMulti {
            PaymentType::Postpaid.label().to_owned()
        } else {
            String::new()
        },
        note: row.name.clone().unwrap_or_default(),
        ..JobText::default()
    };
    // What the collection calls the code is what the portal asks for; some rows have it in the
    // other column.
    let made = [&row.code, &row.account, &row.phone]
        .into_iter()
        .flatten()
        .filter(|code| !code.is_empty())
        .find_map(|code| text(code).job(Some(service), JobOrigin::Collection).ok())?;
    Some(NewJob {
        collection_data_id: Some(row.id),
        ..made
    })
}
