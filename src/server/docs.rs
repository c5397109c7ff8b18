//! The API's own description, and a page that shows it. Nothing on it comes from anywhere else.

use std::fmt::Write;

use axum::extract::{FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::Value;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::caller::Caller;
use super::problem::Problem;
use super::{App, admin, api, data};

#[derive(OpenApi)]
#[openapi(
    info(title = "GachNo", description = "Jobs of a bill-payment shop: leased, armed, reported. Errors are problem details (RFC 9457).", version = "1"),
    paths(
        data::health, data::data, data::public_data, api::lease, api::heartbeat, api::arm, api::give_back, api::outcomes, api::add_jobs, api::jobs, api::job,
        api::banners, api::me
    ),
    modifiers(&Token)
)]
struct Description;

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A machine's token: gn_…")).build();
        openapi.components.get_or_insert_default().add_security_scheme("machine", SecurityScheme::Http(scheme));
    }
}

pub fn router() -> Router<App> {
    Router::new().route("/api/openapi.json", get(description)).route("/api/docs", get(page)).route("/api/docs/style.css", get(style))
}

/// Who may read how the API is called: this computer, a machine, a person who has signed in.
struct Reader;

impl FromRequestParts<App> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let is_known = caller.is_local() || caller.machine.is_some() || admin::is_signed_in(app, parts).await?;
        if is_known { Ok(Self) } else { Err(Problem::no_token()) }
    }
}

async fn description(_: Reader) -> Json<utoipa::openapi::OpenApi> {
    Json(Description::openapi())
}

async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], include_str!("../../assets/server/docs.css")).into_response()
}

pub async fn home(State(app): State<App>) -> Html<String> {
    let database = match app.store().engine() {
        crate::store::Engine::Sqlite => "SQLite",
        crate::store::Engine::MariaDb => "MariaDB",
    };
    let body = format!("<h1>GachNo</h1><p>Máy chủ đang chạy ({database}).</p><p><a href=\"/api/docs\">API</a></p>");
    Html(framed("GachNo", &body))
}

/// The description as a plain page: every call, what goes in, what comes out.
async fn page(_: Reader) -> Html<String> {
    let document = serde_json::to_value(Description::openapi()).unwrap_or_default();
    let mut body = String::from("<h1>API</h1><p><a href=\"/api/openapi.json\">openapi.json</a></p>");
    for (path, calls) in document["paths"].as_object().into_iter().flatten() {
        for (method, call) in calls.as_object().into_iter().flatten() {
            let _ = write!(body, "<section><h2><code>{} {}</code></h2>", escaped(&method.to_uppercase()), escaped(path));
            let _ = write!(body, "<p>{}</p>", escaped(call["description"].as_str().unwrap_or("")));
            let sent = &call["requestBody"]["content"]["application/json"]["schema"];
            body.push_str(&shown("Gửi", sent, &document));
            let answered = &call["responses"]["200"]["content"]["application/json"]["schema"];
            body.push_str(&shown("Nhận", answered, &document));
            body.push_str("</section>");
        }
    }
    Html(framed("API – GachNo", &body))
}

fn shown(title: &str, schema: &Value, document: &Value) -> String {
    let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) else { return String::new() };
    let found = &document["components"]["schemas"][name];
    let rows = found["properties"].as_object().into_iter().flatten().map(|(field, about)| {
        let kind = about["type"].as_str().map_or_else(|| about["type"].to_string(), str::to_owned);
        format!(
            "<tr><td><code>{}</code></td><td>{}</td><td>{}</td></tr>",
            escaped(field),
            escaped(&kind),
            escaped(about["description"].as_str().unwrap_or(""))
        )
    });
    format!("<h3>{title}: {}</h3><table>{}</table>", escaped(name), rows.collect::<String>())
}

fn framed(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <link rel=\"stylesheet\" href=\"/api/docs/style.css\"></head><body><main>{body}</main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
