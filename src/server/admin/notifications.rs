//! What one was told: the bell's page.

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum::routing::{get, post};

use crate::server::AppState;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page};
use crate::server::web::paths::{NOTIFICATIONS, next_page};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::server::web::words::time;
use crate::store::catalogue::Area;
use crate::store::notifications::Notification;

/// So many are shown.
const MANY: u32 = 200;

/// The routes of notifications.
pub fn routes() -> Vec<Route> {
    let see = Need::May(Area::Payments, Right::See);
    vec![
        Route::read(NOTIFICATIONS, see, get(show)),
        Route::change("/admin/notifications/read", see, post(read)),
    ]
}

struct Row {
    title: String,
    text: String,
    url: Option<String>,
    at: String,
    is_read: bool,
}

#[derive(Template)]
#[template(path = "notifications.html")]
struct Notifications {
    frame: Frame,
    rows: Vec<Row>,
    has_unread: bool,
}

fn row(told: Notification) -> Row {
    Row {
        title: told.title,
        text: told.text,
        // An address leads to our own pages, or nowhere.
        url: (next_page(&told.url) == told.url).then_some(told.url),
        at: time(told.at),
        is_read: told.is_read,
    }
}

/// The page. Looking is not reading: who looks over somebody's shoulder marks nothing.
async fn show(State(app): State<AppState>, person: Person) -> Result<Response, Problem> {
    let told = app.store().notifications();
    let told = told.list(&person.reader(), MANY).await?;
    let has_unread = told.iter().any(|one| !one.is_read);
    page(&Notifications {
        frame: Frame::of(&person, "Thông báo", "notifications"),
        rows: told.into_iter().map(row).collect(),
        has_unread,
    })
}

/// All of them are read.
async fn read(State(app): State<AppState>, person: Person) -> Result<Response, Problem> {
    let told = app.store().notifications();
    told.read_all(&person.reader()).await?;
    Ok(go(NOTIFICATIONS))
}
