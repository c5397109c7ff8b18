//! Lists as a person wants to find them again: search, conditions and order under a name of one's own.

use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::request::{ListRequest, back_to};
use super::table_of;
use crate::server::AppState;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::page::go;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::Table;

/// Views of one list that a person keeps.
const VIEWS_MAX: usize = 20;
/// Characters of a name, and bytes of what it stands for.
const NAME_MAX: usize = 40;
const QUERY_MAX: usize = 1_500;

/// A view that a person kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SavedView {
    /// What its owner calls it.
    pub name: String,
    /// The address's query.
    pub query: String,
}

/// A view as the page shows it.
pub struct ViewLink {
    /// What its owner calls it.
    pub name: String,
    /// Where it leads.
    pub url: String,
    /// Is it what is shown?
    pub is_here: bool,
}

fn liking(table: &Table) -> String {
    format!("views.{}", table.name)
}

async fn views_of(
    app: &AppState,
    person: &Person,
    table: &'static Table,
) -> Result<Vec<SavedView>, Problem> {
    let user = person.account.user_id;
    let likings = app.store().settings().preferences(user).await?;
    let kept = likings.get(&liking(table)).cloned();
    // What an older program kept in another form is kept no longer.
    Ok(kept
        .and_then(|kept| serde_json::from_value(kept).ok())
        .unwrap_or_default())
}

/// The person's views of a list, each with its address.
pub(super) async fn view_links(
    app: &AppState,
    person: &Person,
    request: &ListRequest,
) -> Result<Vec<ViewLink>, Problem> {
    let shown = request.text();
    let views = views_of(app, person, request.table).await?;
    let link = |view: SavedView| ViewLink {
        url: format!("/admin/t/{}?{}", request.table.name, view.query),
        is_here: view.query == shown,
        name: view.name,
    };
    Ok(views.into_iter().map(link).collect())
}

/// Keeps what the list shows under a name, or forgets a name.
pub async fn save(
    State(app): State<AppState>,
    person: Person,
    PathParam(table): PathParam<String>,
    form: FormData,
) -> Result<Response, Problem> {
    let table = table_of(&table)?;
    let mut views = views_of(&app, &person, table).await?;
    if form.has("forget") {
        views.retain(|view| view.name != form.text("forget"));
    } else {
        keep(&mut views, table, form.text("name"), form.text("query"))?;
    }
    let kept = serde_json::to_value(&views).map_err(|_| Problem::broken())?;
    app.store()
        .settings()
        .prefer(person.account.user_id, &liking(table), &kept)
        .await?;
    Ok(go(&back_to(table, &form)))
}

/// A name that is there already stands for what is shown now.
fn keep(
    views: &mut Vec<SavedView>,
    table: &'static Table,
    name: &str,
    query: &str,
) -> Result<(), Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(Problem::bad(format!(
            "Đặt tên cho bộ lọc, nhiều nhất {NAME_MAX} ký tự."
        )));
    }
    let query = ListRequest::of(table, query)?.text();
    if query.is_empty() {
        return Err(Problem::bad("Chưa lọc hay sắp xếp gì để lưu."));
    }
    if query.len() > QUERY_MAX {
        return Err(Problem::bad(
            "Bộ lọc này dài quá, không lưu được. Bỏ bớt điều kiện.",
        ));
    }
    let query = query.clone();
    if let Some(known) = views.iter_mut().find(|view| view.name == name) {
        known.query = query;
    } else if views.len() >= VIEWS_MAX {
        return Err(Problem::bad(format!(
            "Mỗi danh sách lưu được {VIEWS_MAX} bộ lọc. Xóa bớt một bộ."
        )));
    } else {
        let name = name.to_owned();
        views.push(SavedView { name, query });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::catalogue::work::JOBS;

    #[test]
    fn a_name_stands_for_what_was_kept_last_and_there_are_not_too_many() {
        let mut views = Vec::new();
        keep(
            &mut views,
            &JOBS,
            " chờ ",
            "f.state.is=ready&after=abc&done=saved",
        )
        .expect("kept");
        let kept = |name: &str, query: &str| SavedView {
            name: name.to_owned(),
            query: query.to_owned(),
        };
        assert_eq!(
            views,
            [kept("chờ", "f.state.is=ready")],
            "no place, no notice"
        );
        keep(&mut views, &JOBS, "chờ", "f.state.is=leased").expect("kept");
        assert_eq!(views, [kept("chờ", "f.state.is=leased")]);
        for (name, query) in [("", "q=1"), ("x", ""), ("x", "f.nothing.is=1")] {
            assert!(
                keep(&mut views, &JOBS, name, query).is_err(),
                "{name} {query}"
            );
        }
        for number in 1..VIEWS_MAX {
            keep(&mut views, &JOBS, &number.to_string(), "q=1").expect("kept");
        }
        assert!(keep(&mut views, &JOBS, "one more", "q=1").is_err());
        keep(&mut views, &JOBS, "chờ", "q=2").expect("a name that is there");
    }
}
