//! Rows that not everybody reaches: owners are for owners, a payee's rows for those who work for it,
//! whichever way they are reached.

use crate::server::AppState;
use crate::server::web::permission::may_manage;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::Entry;
use crate::store::catalogue::{AuditAction, Table};

/// Rows of `users` obey the same rule as their accounts, whichever way they are reached.
pub async fn may_touch(
    app: &AppState,
    person: &Person,
    table: &'static Table,
    ids: &[i64],
) -> Result<(), Problem> {
    for id in ids {
        may_see(app, person, table, *id).await?;
        if is_beyond(app, person, table, *id).await? {
            let after = serde_json::json!({ "table": table.name, "id": id });
            app.store()
                .audit()
                .record(
                    &person.actor(),
                    Entry::of(AuditAction::Refused).table(table).after(after),
                )
                .await?;
            return Err(Problem::forbidden());
        }
    }
    Ok(())
}

/// Who works for one payee alone sees that payee's rows, a collector their own and those of whom they lead;
/// the others are not there.
pub async fn may_see(
    app: &AppState,
    person: &Person,
    table: &'static Table,
    id: i64,
) -> Result<(), Problem> {
    let tables = app.store().tables();
    if let Some(payee) = person.account.payee
        && !tables.is_of_payee(table, id, payee).await?
    {
        return Err(Problem::no_page());
    }
    if let Some(login) = person.as_collector()
        && !tables.is_of_collector(table, id, login).await?
    {
        return Err(Problem::no_page());
    }
    Ok(())
}

/// Is it the row of a user whom this person may not manage?
pub async fn is_beyond(
    app: &AppState,
    person: &Person,
    table: &Table,
    id: i64,
) -> Result<bool, Problem> {
    if !table.is_people {
        return Ok(false);
    }
    Ok(app
        .store()
        .accounts()
        .find(id)
        .await?
        .is_some_and(|account| !may_manage(person.account.role, account.role)))
}
