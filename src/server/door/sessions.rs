//! Somebody's sessions, as a list shows them, and ending them.

use serde_json::json;

use crate::server::AppState;
use crate::server::web::problem::Problem;
use crate::server::web::session::{IDLE_MS, Person};
use crate::server::web::words::{ago, time};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::house::audit;
use crate::store::catalogue::people::USERS;
use crate::store::{Entry, digest};

/// A session in a list.
pub struct SessionRow {
    /// Names it, without being its id or its hash.
    pub handle: String,
    /// From where.
    pub ip: String,
    /// With what.
    pub agent: String,
    /// Since when.
    pub since: String,
    /// Its last request.
    pub seen: String,
    /// Is it the one that asks?
    pub is_this: bool,
}

/// Somebody's sessions as a list shows them.
pub async fn sessions_of(
    app: &AppState,
    user_id: i64,
    this: &str,
) -> Result<Vec<SessionRow>, Problem> {
    let now = app.store().now_ms();
    let found = app
        .store()
        .accounts()
        .sessions()
        .of_user(user_id)
        .await?
        .into_iter()
        .filter(|s| now - s.last_seen <= IDLE_MS);
    Ok(found
        .map(|s| SessionRow {
            handle: handle(&s.hash),
            ip: s.ip.unwrap_or_default(),
            agent: browser(&s.agent.unwrap_or_default()),
            since: time(s.created_at),
            seen: ago(s.last_seen, now),
            is_this: s.hash == this,
        })
        .collect())
}

fn handle(hash: &str) -> String {
    digest(format!("handle|{hash}").as_bytes())[..16].to_owned()
}

/// `Chrome trên Windows` says more to a person than the whole line.
fn browser(agent: &str) -> String {
    let first = |words: &[(&'static str, &'static str)]| {
        words
            .iter()
            .find(|(mark, _)| agent.contains(mark))
            .map(|(_, name)| *name)
    };
    let program = first(&[
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = first(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} trên {system}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "Không rõ".to_owned(),
    }
}

/// Ends somebody's session by its handle, or all of them.
pub async fn end(
    app: &AppState,
    person: &Person,
    user_id: i64,
    wanted: &str,
) -> Result<(), Problem> {
    let sessions = app.store().accounts().sessions().of_user(user_id).await?;
    let chosen: Vec<_> = sessions
        .iter()
        .filter(|s| wanted == "all" && s.hash != person.session || handle(&s.hash) == wanted)
        .collect();
    if chosen.is_empty() && wanted != "all" {
        return Err(Problem::no_page());
    }
    for session in &chosen {
        app.store().accounts().sessions().end(&session.hash).await?;
    }
    let after = json!({ (audit::USER_ID.name): user_id, "sessions": chosen.len() });
    Ok(app
        .store()
        .audit()
        .record(
            &person.actor(),
            Entry::of(AuditAction::SessionsEnd)
                .table(&USERS)
                .after(after),
        )
        .await?)
}
