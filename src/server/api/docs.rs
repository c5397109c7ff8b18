//! The API's own description, and a page that shows it. Nothing on it comes from anywhere else.

use std::fmt::Write;
use std::sync::Arc;

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
use crate::server::AppState;
use crate::server::web::guard::is_signed_in;
use crate::server::web::problem::Problem;

#[derive(OpenApi)]
#[openapi(
    info(title = "GachNo", description = "Jobs of a bill-payment shop: leased, armed, reported. Errors are problem details (RFC 9457).", version = "1"),
    modifiers(&Token)
)]
struct About;

/// What the description says before any route is in it.
pub fn about() -> utoipa::openapi::OpenApi {
    About::openapi()
}

struct Token;

impl Modify for Token {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("A machine's token: gn_…"))
            .build();
        openapi
            .components
            .get_or_insert_default()
            .add_security_scheme("machine", SecurityScheme::Http(scheme));
    }
}

/// The description, for programs and for people.
pub fn router(description: utoipa::openapi::OpenApi) -> Router<AppState> {
    let document = Arc::new(description);
    let shown = Arc::clone(&document);
    Router::new()
        .route(
            "/api/openapi.json",
            get(async move |_: Reader| Json((*document).clone())),
        )
        .route("/api/docs", get(async move |_: Reader| page(&shown)))
        .route("/api/docs/style.css", get(style))
}

/// Who may read how the API is called: this computer, a machine, a person who has signed in.
struct Reader;

impl FromRequestParts<AppState> for Reader {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, app).await?;
        let is_known =
            caller.is_local() || caller.machine.is_some() || is_signed_in(app, parts).await?;
        if is_known {
            Ok(Self)
        } else {
            Err(Problem::no_token())
        }
    }
}

async fn style() -> Response {
    (
        [(header::CONTENT_TYPE, "text/css; charset=utf-8")],
        include_str!("../../../assets/server/docs.css"),
    )
        .into_response()
}

pub async fn home(State(app): State<AppState>) -> Html<String> {
    let database = match app.store().engine() {
        crate::store::Engine::Sqlite => "SQLite",
        crate::store::Engine::MariaDb => "MariaDB",
    };
    let body = format!(
        "<h1>GạchNợ</h1><p>Máy chủ đang chạy ({database}).</p><p><a class=\"main\" href=\"/admin\">Vào trang quản lý</a></p>\
         <p><a href=\"/api/docs\">Tài liệu API cho kỹ thuật</a></p>"
    );
    Html(framed("GạchNợ", &body))
}

/// The description as a plain page: every call, what goes in, what comes out.
fn page(description: &utoipa::openapi::OpenApi) -> Html<String> {
    let document = serde_json::to_value(description).unwrap_or_default();
    let mut body = format!(
        "<h1>API</h1><p>{}</p><p>Mã máy gửi trong <code>Authorization: Bearer gn_…</code>; lấy ở trang quản lý, mục Máy và mã truy cập. \
         Bản cho chương trình đọc: <a href=\"/api/openapi.json\">openapi.json</a>.</p>",
        marked(document["info"]["description"].as_str().unwrap_or(""))
    );
    let (mut index, mut calls_body) = (String::new(), String::new());
    for (path, calls) in document["paths"].as_object().into_iter().flatten() {
        for (method, call) in calls.as_object().into_iter().flatten() {
            let name = format!("{} {path}", method.to_uppercase());
            let anchor: String = format!("{method}{path}")
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                .collect();
            let _ = write!(
                index,
                "<li><a href=\"#{anchor}\"><code>{}</code></a></li>",
                escaped(&name)
            );
            let _ = write!(
                calls_body,
                "<section id=\"{anchor}\"><h2><code>{}</code></h2>",
                escaped(&name)
            );
            let _ = write!(
                calls_body,
                "<p>{}</p>",
                marked(call["description"].as_str().unwrap_or(""))
            );
            calls_body.push_str(&parameters(call));
            let sent = &call["requestBody"]["content"]["application/json"]["schema"];
            calls_body.push_str(&shown("Gửi", sent, &document));
            let answered = &call["responses"]["200"]["content"]["application/json"]["schema"];
            calls_body.push_str(&shown("Nhận", answered, &document));
            calls_body.push_str("</section>");
        }
    }
    let _ = write!(body, "<ul>{index}</ul>{calls_body}");
    Html(framed("API – GạchNợ", &body))
}

/// What stands in the address of a call.
fn parameters(call: &Value) -> String {
    let rows = call["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| row(one["name"].as_str().unwrap_or(""), &one["schema"], one))
        .collect::<String>();
    if rows.is_empty() {
        rows
    } else {
        table("Tham số", &rows)
    }
}

/// A schema's fields, and those of what stands in its lists.
fn shown(title: &str, schema: &Value, document: &Value) -> String {
    let Some(name) = named(schema) else {
        return String::new();
    };
    let fields = || {
        document["components"]["schemas"][name]["properties"]
            .as_object()
            .into_iter()
            .flatten()
    };
    let rows = fields()
        .map(|(field, about)| row(field, about, about))
        .collect::<String>();
    let within = fields().filter_map(|(_, about)| {
        named(&about["items"])
            .filter(|item| *item != name)
            .map(|item| (item, &about["items"]))
    });
    let within = within
        .map(|(item, schema)| shown(item, schema, document))
        .collect::<String>();
    table(
        &if title == name {
            title.to_owned()
        } else {
            format!("{title}: {name}")
        },
        &rows,
    ) + &within
}

fn named(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str().and_then(|r| r.rsplit('/').next())
}

fn table(title: &str, rows: &str) -> String {
    format!(
        "<h3>{}</h3><div><table><tbody>{rows}</tbody></table></div>",
        escaped(title)
    )
}

fn row(field: &str, schema: &Value, about: &Value) -> String {
    let description = marked(about["description"].as_str().unwrap_or(""));
    format!(
        "<tr><td><code>{}</code></td><td>{}</td><td>{description}</td></tr>",
        escaped(field),
        escaped(&kind(schema))
    )
}

/// `integer or null`, `list of JobAnswer`
fn kind(schema: &Value) -> String {
    if let Some(name) = named(schema) {
        return name.to_owned();
    }
    let words = match &schema["type"] {
        Value::Array(all) => all
            .iter()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join(" or "),
        one => one.as_str().unwrap_or("").to_owned(),
    };
    match (words.as_str(), &schema["oneOf"]) {
        ("array", _) => format!("list of {}", kind(&schema["items"])),
        ("", Value::Array(all)) => all.iter().map(kind).collect::<Vec<_>>().join(" or "),
        _ => words,
    }
}

/// Text whose `code` stands out.
fn marked(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(at, part)| {
            if at % 2 == 1 {
                format!("<code>{}</code>", escaped(part))
            } else {
                escaped(part)
            }
        })
        .collect()
}

fn framed(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{title}</title>\
         <link rel=\"icon\" type=\"image/svg+xml\" href=\"/admin/assets/icon.svg\"><link rel=\"stylesheet\" href=\"/api/docs/style.css\"></head><body><main>{body}</main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
