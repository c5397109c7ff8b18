//! What is done to many rows at once: those that were ticked, or the whole list as it is filtered.

use axum::extract::State;
use axum::response::Response;

use super::cells::{self, is_editable};
use super::form::{Form, Path};
use super::intake::job_of;
use super::list::Asked;
use super::page::{Fault, go};
use super::people::may_touch;
use super::permission::Action;
use super::session::Person;
use super::tables::{back_to, cell_of, table_of};
use crate::domain::{PaymentType, Service};
use crate::server::App;
use crate::store::catalogue::Table;
use crate::store::jobs::{Added, NewJob};
use crate::store::rows::{Change, Row};
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
enum Wish {
    /// With each row for itself.
    Rows(Change),
    /// With each job, and why.
    Cancel(String),
    Reopen(String),
    /// Refused reports were looked at.
    Seen,
    /// Jobs are made of collection rows.
    Jobs(Service),
}

impl Wish {
    /// What the form says; `None` where it says nothing that this table knows.
    fn of(table: &'static Table, form: &Form) -> Result<Option<Self>, Fault> {
        let reason = || {
            Some(form.text("reason"))
                .filter(|r| !r.is_empty())
                .unwrap_or("theo danh sách")
                .to_owned()
        };
        Ok(Some(match (form.text("action"), table.name) {
            ("delete", _) => Self::Rows(Change::Delete),
            ("restore", _) => Self::Rows(Change::Restore),
            ("set", _) => {
                let column = table
                    .column(form.text("column"))
                    .filter(|c| is_editable(table, c))
                    .ok_or_else(|| Fault::bad("Chọn cột cần sửa."))?;
                let text = cells::read(table, column, form.exact("value"))
                    .map_err(|why| Fault::bad(format!("{}: {why}", column.vi)))?;
                Self::Rows(Change::Set(vec![(column.name.to_owned(), text)]))
            }
            ("cancel", "jobs") => Self::Cancel(reason()),
            ("reopen", "jobs") => Self::Reopen(reason()),
            ("seen", "reports") => Self::Seen,
            ("jobs", "collection_data") => {
                let service = form
                    .text("service")
                    .parse()
                    .ok()
                    .filter(|s| COLLECTED.contains(s));
                Self::Jobs(service.ok_or_else(|| Fault::bad("Chọn dịch vụ cho các việc."))?)
            }
            _ => return Ok(None),
        }))
    }

    /// What somebody has to be allowed for it, and in which table.
    const fn needs(&self, table: &'static str) -> (&'static str, Action) {
        match self {
            Self::Rows(Change::Delete | Change::Restore) => (table, Action::Delete),
            Self::Rows(Change::Set(_)) | Self::Cancel(_) | Self::Reopen(_) => (table, Action::Edit),
            Self::Seen => (table, Action::Decide),
            Self::Jobs(_) => ("jobs", Action::Import),
        }
    }
}

/// Does it, and says with how many rows.
pub async fn bulk(
    State(app): State<App>,
    person: Person,
    Path(table): Path<String>,
    form: Form,
) -> Result<Response, Fault> {
    let table = table_of(&table)?;
    let asked = Asked::of(table, form.text("query"))?;
    let ids = if form.has("whole") {
        let mut ids = app
            .store()
            .ids(table.name, &asked.query, WHOLE_MAX + 1)
            .await?;
        if ids.len() > WHOLE_MAX as usize {
            return Err(Fault::bad(format!(
                "Danh sách dài hơn {WHOLE_MAX} dòng. Lọc bớt rồi làm lại."
            )));
        }
        ids.sort_unstable();
        ids
    } else {
        form.all("id").filter_map(|id| id.parse().ok()).collect()
    };
    if ids.len() > TICKED_MAX && !form.has("whole") {
        return Err(Fault::bad(format!("Mỗi lần nhiều nhất {TICKED_MAX} dòng.")));
    }
    let action = form.text("action");
    if let "csv" | "xlsx" = action {
        if !person.may_table(table.name, Action::Export) {
            return Err(Fault::forbidden());
        }
        return super::export::ticked(&app, &person, asked, &ids, action).await;
    }
    let wish =
        Wish::of(table, &form)?.ok_or_else(|| Fault::bad("Không có việc này cho bảng này."))?;
    let (place, needed) = wish.needs(table.name);
    if !person.may_table(place, needed) {
        return Err(Fault::forbidden());
    }
    may_touch(&app, &person, table.name, &ids).await?;
    let (actor, count) = (person.actor(), ids.len());
    let begun = app
        .clone()
        .carry_through(async move { carried_out(&app, table, wish, &ids, &actor).await })
        .await;
    let did = begun.map_err(|_| Fault::broken())??;
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
    app: &App,
    table: &'static Table,
    wish: Wish,
    ids: &[i64],
    actor: &Actor,
) -> Result<usize, Fault> {
    let store = app.store();
    Ok(match wish {
        Wish::Rows(change) => store
            .change_rows(table.name, ids, &change, actor)
            .await?
            .iter()
            .filter(|ended| ended.is_ok())
            .count(),
        Wish::Seen => {
            store.see_reports(ids, actor).await?;
            // Seen before is seen, too.
            ids.len()
        }
        Wish::Jobs(service) => made_of(app, table, service, ids, actor).await?,
        Wish::Cancel(ref reason) | Wish::Reopen(ref reason) => {
            let mut did = 0;
            for row in store.rows(table.name, ids).await? {
                let job = cell_of(table, &row, "public_id")
                    .as_str()
                    .unwrap_or_default();
                let done = if matches!(wish, Wish::Cancel(_)) {
                    store.cancel(job, reason, actor).await
                } else {
                    store.reopen(job, reason, actor).await
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
    app: &App,
    table: &Table,
    service: Service,
    ids: &[i64],
    actor: &Actor,
) -> Result<usize, Fault> {
    let rows = app.store().rows(table.name, ids).await?;
    let jobs: Vec<NewJob> = rows
        .iter()
        .filter_map(|row| job_for(table, service, row))
        .collect();
    if jobs.is_empty() {
        return Ok(0);
    }
    let import = app
        .store()
        .begin_import(
            "jobs",
            &format!("Thu cước: {}", service.spec().title),
            actor,
        )
        .await?;
    let added = app.store().import_jobs(import, jobs, actor).await?;
    Ok(added
        .iter()
        .filter(|a| matches!(a, Added::Added(_)))
        .count())
}

/// The job that settles a collection row; `None` where it is settled, or has nothing that the
/// service can use.
fn job_for(table: &Table, service: Service, row: &Row) -> Option<NewJob> {
    let text = |name: &str| cell_of(table, row, name).as_str().unwrap_or_default();
    if row.is_deleted || cell_of(table, row, "completed").as_i64() == Some(1) {
        return None;
    }
    let owed = cell_of(table, row, "postage")
        .as_i64()
        .filter(|owed| *owed > 0)
        .map(|owed| owed.to_string())
        .unwrap_or_default();
    // What the collection calls the code is what the portal asks for; some rows have it in the
    // other column.
    let made = ["code", "account", "phone"]
        .into_iter()
        .filter(|name| !text(name).is_empty())
        .find_map(|name| {
            let cell = |field: &str| match field {
                "code" => text(name),
                "amount" => owed.as_str(),
                "payment_type" if service == Service::TopUpMulti => PaymentType::Postpaid.label(),
                "note" => text("name"),
                _ => "",
            };
            job_of(Some(service), "collection", cell).ok()
        })?;
    Some(NewJob {
        collection_data_id: Some(row.id),
        ..made
    })
}
