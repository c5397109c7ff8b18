//! Nobody gets past without what a route needs.

use axum::Router;
use axum::extract::{DefaultBodyLimit, RawPathParams, Request, State};
use axum::http::Method;
use axum::http::request::Parts;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};

use super::origin::Origin;
use super::page::go;
use super::paths::{CODE, HOME, NEW_PASSWORD, ONESELF, PAYMENTS, SIGN_IN, next_page};
use super::permission::{Right, works_at_desk};
use super::problem::Problem;
use super::route::{Need, Question, Route};
use super::session::{self, Person, Step};
use super::sure::asked;
use crate::server::AppState;
use crate::store::catalogue::{self, Area, AuditAction, Role};
use crate::store::{Entry, StoreError};

/// Bytes of a form of somebody who has not signed in.
const STRANGERS_MAX: usize = 16 * 1024;

/// The routes as a router, each behind its guard.
pub fn guarded(app: &AppState, routes: Vec<Route>) -> Router<AppState> {
    routes.into_iter().fold(Router::new(), |router, route| {
        let guarded = (app.clone(), route.need, route.question);
        let guard = from_fn_with_state(guarded, guard);
        // Whoever has not signed in says little: a login, a password, a code.
        let handler = match route.need {
            Need::Nothing | Need::Step(_) | Need::AnyStep => {
                route.handler.layer(DefaultBodyLimit::max(STRANGERS_MAX))
            }
            _ => route.handler,
        };
        router.route(route.path, handler.layer(guard))
    })
}

/// Lets a request through to its handler, with the person in it; or answers in the handler's place.
async fn guard(
    State((app, need, question)): State<(AppState, Need, Option<Question>)>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    if need != Need::Nothing {
        match admitted(&app, need, &params, &parts).await {
            Ok(person) => {
                tracing::Span::current().record("who", format!("user:{}", person.account.username));
                parts.extensions.insert(*person);
            }
            Err(answer) => return *answer,
        }
    }
    let request = Request::from_parts(parts, body);
    let request = match question {
        Some(question) => match asked(request, question).await {
            Ok(request) => request,
            Err(page) => return *page,
        },
        None => request,
    };
    next.run(request).await
}

/// Who asks, where they may; else what they are answered.
async fn admitted(
    app: &AppState,
    need: Need,
    params: &RawPathParams,
    parts: &Parts,
) -> Result<Box<Person>, Box<Response>> {
    let refused = |problem: Problem| Box::new(problem.into_response());
    let lead = |to: &str| Box::new(go(to));
    let from = Origin::of(parts, app);
    let is_page = parts.method == Method::GET && !from.is_part;
    let found = session::find(app, from, &parts.headers).await;
    let Some(mut person) = found.map_err(|error| refused(error.into()))? else {
        return Err(if is_page {
            lead(&to_sign_in(parts))
        } else {
            refused(Problem::not_signed_in())
        });
    };
    match (need, person.data.step) {
        (Need::Nothing | Need::AnyStep, _) | (Need::Self_, Step::Full) => {
            return Ok(Box::new(person));
        }
        (Need::Step(wanted), step) if wanted == step => return Ok(Box::new(person)),
        (_, Step::Code) => return Err(lead(CODE)),
        (_, Step::Password) => return Err(lead(NEW_PASSWORD)),
        (Need::Step(_), Step::Full) => return Err(lead(HOME)),
        (_, Step::Full) => {}
    }
    let is_for_staff = matches!(need, Need::SignedIn | Need::Desk);
    if person.account.role == Role::Customer && is_for_staff && is_page {
        return Err(lead(PAYMENTS));
    }
    let shop = app.shop().await.map_err(|error| refused(error.into()))?;
    if person.lacks_second_factor(&shop) {
        return Err(lead(ONESELF));
    }
    match may_use(&person, need, params) {
        Some(true) => {
            if is_page {
                let filled = app.filled_tables().await;
                person.filled = filled.map_err(|error| refused(error.into()))?;
            }
            if is_page && person.may(Area::Payments, Right::See) {
                let unread = app.store().notifications().unread(&person.reader()).await;
                person.unread = Some(unread.map_err(|error| refused(error.into()))?);
                let to_decide = app
                    .store()
                    .money_books()
                    .to_decide(person.account.payee)
                    .await;
                let to_decide = to_decide.map_err(|error| refused(error.into()))?;
                person.to_decide = Some(to_decide.all());
            }
            Ok(Box::new(person))
        }
        None => Err(refused(Problem::no_page())),
        Some(false) => {
            let what =
                serde_json::json!({ "method": parts.method.as_str(), "path": parts.uri.path() });
            let entry = Entry::of(AuditAction::Refused).after(what);
            let noted = app.store().audit().record(&person.actor(), entry).await;
            noted.map_err(|error| refused(error.into()))?;
            Err(refused(Problem::forbidden()))
        }
    }
}

/// Where one signs in, and goes on from there.
fn to_sign_in(parts: &Parts) -> String {
    let wanted = parts.uri.path_and_query().map_or(HOME, |p| p.as_str());
    let wanted: String =
        url::form_urlencoded::byte_serialize(next_page(wanted).as_bytes()).collect();
    format!("{SIGN_IN}?next={wanted}")
}

/// Does the role allow it? `None`: there is no such table.
fn may_use(person: &Person, need: Need, params: &RawPathParams) -> Option<bool> {
    match need {
        Need::Desk => Some(works_at_desk(person.account.role)),
        Need::May(area, right) => Some(person.may(area, right)),
        Need::Table(right) => {
            let name = params.iter().find(|(name, _)| *name == "table");
            let table = catalogue::table(name.map_or("", |(_, table)| table))?;
            Some(person.may_table(table, right))
        }
        Need::Nothing | Need::Step(_) | Need::AnyStep | Need::Self_ | Need::SignedIn => Some(true),
    }
}

/// Has whoever sends this signed in, all the way?
pub async fn is_signed_in(app: &AppState, parts: &Parts) -> Result<bool, StoreError> {
    let person = session::find(app, Origin::of(parts, app), &parts.headers).await?;
    Ok(person.is_some_and(|person| person.data.step == Step::Full))
}
