//! The web admin: pages for people, drawn on the server; htmx adds, it does not carry.
//!
//! Lives here: routes ([`routes`] is the one table of them), signing in, what a role may do
//! ([`permission`]), pages. Never here: SQL, rules about jobs or money.
//!
//! *Invariants: a route cannot be added without saying who may use it; every change is a POST that another site cannot
//! send; a column's or table's name comes from the catalogue; no secret and no hash reaches a page;
//! a refusal shows an id and never a cause.*

mod bulk;
mod by_hand;
pub(super) mod cells;
mod dashboard;
mod device;
mod export;
mod form;
mod guess;
mod import;
mod list;
mod machines;
mod myself;
mod page;
mod people;
pub mod permission;
mod review;
mod second_factor;
mod session;
mod settings;
mod sign_in;
mod tables;

use axum::Router;
use axum::extract::{DefaultBodyLimit, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, get, post};
use tower_http::csrf::{CsrfLayer, ProtectionError};

use super::App;
use crate::store::catalogue::{self, Area, AuditAction};
use crate::store::{Entry, StoreError};
use page::{Fault, go};
use permission::Right;
use session::Origin;
pub use session::Step;

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Anybody.
    Nothing,
    /// Who has come so far with signing in, and no further.
    Step(Step),
    /// Who has begun to sign in, wherever they stand.
    AnyStep,
    /// Who has signed in: for oneself.
    Self_,
    /// Who has signed in.
    SignedIn,
    /// Whose role allows it.
    May(Area, Right),
    /// Whose role allows it for the table in the path.
    Table(Right),
}

/// One route.
pub struct Route {
    /// How it is called.
    pub method: Method,
    /// Where.
    pub path: &'static str,
    /// Who may use it.
    pub need: Need,
    handler: MethodRouter<App>,
}

/// All routes of the admin, each with who may use it.
pub fn routes() -> Vec<Route> {
    let read = |path, need, handler| Route {
        method: Method::GET,
        path,
        need,
        handler,
    };
    let change = |path, need, handler| Route {
        method: Method::POST,
        path,
        need,
        handler,
    };
    vec![
        read(
            "/admin/assets/style.css",
            Need::Nothing,
            get(async || asset("text/css; charset=utf-8", page::STYLE)),
        ),
        read(
            "/admin/assets/admin.js",
            Need::Nothing,
            get(async || asset("text/javascript; charset=utf-8", page::SCRIPT)),
        ),
        read(
            "/admin/assets/htmx.min.js",
            Need::Nothing,
            get(async || asset("text/javascript; charset=utf-8", page::HTMX)),
        ),
        read(
            "/admin/assets/icon.svg",
            Need::Nothing,
            get(async || asset("image/svg+xml", page::ICON)),
        ),
        read("/admin/sign-in", Need::Nothing, get(sign_in::form)),
        change("/admin/sign-in", Need::Nothing, post(sign_in::submit)),
        read("/admin/register", Need::Nothing, get(people::register_form)),
        change("/admin/register", Need::Nothing, post(people::register)),
        read(
            "/admin/code",
            Need::Step(Step::Code),
            get(sign_in::code_form),
        ),
        change("/admin/code", Need::Step(Step::Code), post(sign_in::code)),
        read(
            "/admin/new-password",
            Need::Step(Step::Password),
            get(sign_in::new_password_form),
        ),
        change(
            "/admin/new-password",
            Need::Step(Step::Password),
            post(sign_in::new_password),
        ),
        change("/admin/sign-out", Need::AnyStep, post(sign_in::sign_out)),
        read("/admin/me", Need::Self_, get(myself::show)),
        change("/admin/me/password", Need::Self_, post(myself::password)),
        change("/admin/me/totp", Need::Self_, post(myself::totp_begin)),
        change(
            "/admin/me/totp/confirm",
            Need::Self_,
            post(myself::totp_confirm),
        ),
        change("/admin/me/totp/off", Need::Self_, post(myself::totp_off)),
        change("/admin/me/end", Need::Self_, post(myself::end_session)),
        read("/admin", Need::SignedIn, get(dashboard::show)),
        read(
            "/admin/review",
            Need::May(Area::Jobs, Right::See),
            get(review::list),
        ),
        read(
            "/admin/review/{id}",
            Need::May(Area::Jobs, Right::See),
            get(review::show),
        ),
        change(
            "/admin/review/{id}",
            Need::May(Area::Jobs, Right::Decide),
            post(review::decide),
        ),
        change(
            "/admin/review/{id}/change",
            Need::May(Area::Jobs, Right::Edit),
            post(review::change),
        ),
        // What can be imported asks for the permission of its table.
        read("/admin/import", Need::SignedIn, get(import::form)),
        change(
            "/admin/import/preview",
            Need::SignedIn,
            post(import::preview).layer(DefaultBodyLimit::max(import::FILE_MAX)),
        ),
        change(
            "/admin/import/commit",
            Need::SignedIn,
            post(import::commit).layer(DefaultBodyLimit::max(4 * import::FILE_MAX)),
        ),
        read("/admin/import/{id}", Need::SignedIn, get(import::show)),
        change(
            "/admin/import/{id}/undo",
            Need::SignedIn,
            post(import::undo),
        ),
        read(
            "/admin/people",
            Need::May(Area::People, Right::See),
            get(people::list),
        ),
        change(
            "/admin/people",
            Need::May(Area::People, Right::Add),
            post(people::add),
        ),
        read(
            "/admin/people/{id}",
            Need::May(Area::People, Right::See),
            get(people::show),
        ),
        change(
            "/admin/people/{id}/standing",
            Need::May(Area::People, Right::Edit),
            post(people::standing),
        ),
        change(
            "/admin/people/{id}/trial",
            Need::May(Area::People, Right::Edit),
            post(people::trial),
        ),
        change(
            "/admin/people/{id}/reset",
            Need::May(Area::People, Right::Edit),
            post(people::reset),
        ),
        change(
            "/admin/people/{id}/totp-off",
            Need::May(Area::People, Right::Edit),
            post(people::totp_off),
        ),
        change(
            "/admin/people/{id}/device",
            Need::May(Area::People, Right::Edit),
            post(people::device),
        ),
        change(
            "/admin/people/{id}/end",
            Need::May(Area::People, Right::Edit),
            post(people::end_sessions),
        ),
        read(
            "/admin/machines",
            Need::May(Area::Machines, Right::See),
            get(machines::list),
        ),
        change(
            "/admin/machines",
            Need::May(Area::Machines, Right::Add),
            post(machines::add),
        ),
        change(
            "/admin/machines/{id}/revoke",
            Need::May(Area::Machines, Right::Delete),
            post(machines::revoke),
        ),
        read(
            "/admin/settings",
            Need::May(Area::Rules, Right::See),
            get(settings::show),
        ),
        change(
            "/admin/settings",
            Need::May(Area::Rules, Right::Edit),
            post(settings::save),
        ),
        read(
            "/admin/t/{table}",
            Need::Table(Right::See),
            get(tables::list),
        ),
        change(
            "/admin/t/{table}/columns",
            Need::Table(Right::See),
            post(tables::columns),
        ),
        change(
            "/admin/t/{table}/export",
            Need::Table(Right::Export),
            post(export::list),
        ),
        // Each thing that can be done asks for its own permission.
        change(
            "/admin/t/{table}/bulk",
            Need::Table(Right::See),
            post(bulk::bulk),
        ),
        read(
            "/admin/t/{table}/new",
            Need::Table(Right::Add),
            get(tables::new),
        ),
        change(
            "/admin/t/{table}/new",
            Need::Table(Right::Add),
            post(tables::add),
        ),
        read(
            "/admin/t/{table}/{id}",
            Need::Table(Right::See),
            get(tables::row),
        ),
        change(
            "/admin/t/{table}/{id}",
            Need::Table(Right::Edit),
            post(tables::save),
        ),
        change(
            "/admin/t/{table}/{id}/delete",
            Need::Table(Right::Delete),
            post(tables::delete),
        ),
        change(
            "/admin/t/{table}/{id}/restore",
            Need::Table(Right::Delete),
            post(tables::restore),
        ),
        read(
            "/admin/t/{table}/{id}/cell/{column}",
            Need::Table(Right::Edit),
            get(tables::cell_form),
        ),
        change(
            "/admin/t/{table}/{id}/cell/{column}",
            Need::Table(Right::Edit),
            post(tables::cell_save),
        ),
        read(
            "/admin/pick/{table}/{column}",
            Need::SignedIn,
            get(tables::pick),
        ),
    ]
}

/// The admin's routes, each behind its guard.
pub fn router(app: &App) -> Router<App> {
    let mut router = Router::new();
    for route in routes() {
        router = router.route(
            route.path,
            route
                .handler
                .layer(from_fn_with_state((app.clone(), route.need), guard)),
        );
    }
    let csrf = CsrfLayer::new().with_rejection_response(|_: ProtectionError| {
        Fault::new(
            StatusCode::FORBIDDEN,
            "Yêu cầu này đến từ trang khác nên không được nhận.",
        )
        .into_response()
    });
    router
        .route("/admin/{*rest}", get(async || Fault::not_found()))
        .layer(csrf)
        .layer(from_fn_with_state(app.clone(), dress))
}

/// Nobody gets past without what the route needs.
async fn guard(
    State((app, need)): State<(App, Need)>,
    params: RawPathParams,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    if need != Need::Nothing {
        let from = Origin::of(&parts, &app);
        let person = match session::find(&app, from.clone(), &parts.headers).await {
            Ok(Some(person)) => person,
            Ok(None) if parts.method == Method::GET && !from.is_part => {
                let wanted = parts.uri.path_and_query().map_or("/admin", |p| p.as_str());
                let wanted: String =
                    url::form_urlencoded::byte_serialize(sign_in::next_page(wanted).as_bytes())
                        .collect();
                return go(&format!("/admin/sign-in?next={wanted}"));
            }
            Ok(None) => return Fault::not_signed_in().into_response(),
            Err(error) => return Fault::from(error).into_response(),
        };
        let allowed = match (need, person.data.step) {
            (Need::Nothing | Need::AnyStep, _) | (Need::Self_, Step::Full) => true,
            (Need::Step(wanted), step) if wanted == step => true,
            (_, Step::Code) => return go("/admin/code"),
            (_, Step::Password) => return go("/admin/new-password"),
            (Need::Step(_), Step::Full) => return go("/admin"),
            (_, Step::Full) => match app.shop().await {
                Ok(shop) if sign_in::lacks_second_factor(&person.account, &shop) => {
                    return go("/admin/me");
                }
                Ok(_) => match need {
                    Need::May(area, action) => person.may(area, action),
                    Need::Table(action) => {
                        let name = params
                            .iter()
                            .find(|(name, _)| *name == "table")
                            .map_or("", |(_, table)| table);
                        let Some(table) = catalogue::table(name) else {
                            return Fault::not_found().into_response();
                        };
                        person.may_table(table, action)
                    }
                    _ => true,
                },
                Err(error) => return Fault::from(error).into_response(),
            },
        };
        if !allowed {
            let after =
                serde_json::json!({ "method": parts.method.as_str(), "path": parts.uri.path() });
            if let Err(error) = app
                .store()
                .audit()
                .record(
                    &person.actor(),
                    Entry::of(AuditAction::Refused).after(after),
                )
                .await
            {
                return Fault::from(error).into_response();
            }
            return Fault::forbidden().into_response();
        }
        tracing::Span::current().record("who", format!("user:{}", person.account.username));
        parts.extensions.insert(person);
    }
    next.run(Request::from_parts(parts, body)).await
}

/// Has whoever sends this signed in, all the way?
pub async fn is_signed_in(app: &App, parts: &Parts) -> Result<bool, StoreError> {
    let person = session::find(app, Origin::of(parts, app), &parts.headers).await?;
    Ok(person.is_some_and(|person| person.data.step == Step::Full))
}

/// Draws refusals with the request's id, and says that TLS is here to stay where there is TLS.
async fn dress(State(app): State<App>, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let from = Origin::of(&parts, &app);
    let response = next.run(Request::from_parts(parts, body)).await;
    let mut response = page::dressed(response, &from.request_id, from.is_part);
    if from.is_secure {
        response.headers_mut().insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    response
}

/// A file that never changes under its address.
fn asset(kind: &'static str, text: &'static str) -> Response {
    (
        [
            (header::CONTENT_TYPE, kind),
            (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        ],
        text,
    )
        .into_response()
}
