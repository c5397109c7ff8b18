//! One letter with its attempts.

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use crate::domain::letter::{LetterChannel, LetterKind};
use crate::server::AppState;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::time;
use crate::store::catalogue::Area;
use crate::store::letters::{LetterTry, LetterView};

#[derive(Template)]
#[template(path = "letter.html")]
struct LetterPage {
    frame: Frame,
    id: i64,
    facts: Vec<(&'static str, String)>,
    state: &'static str,
    tone: &'static str,
    why: Option<String>,
    payment: Option<i64>,
    text: String,
    tries: Vec<(String, &'static str, String)>,
    may_send_again: bool,
}

/// A letter that this person may see.
async fn found(app: &AppState, person: &Person, id: i64) -> Result<LetterView, Problem> {
    let letter = app.store().letters().find(id).await?;
    letter
        .filter(|letter| person.account.payee.is_none_or(|own| own == letter.payee))
        .ok_or_else(Problem::no_page)
}

fn row(attempt: LetterTry) -> (String, &'static str, String) {
    let result = match attempt.result.as_str() {
        "sent" => "Đã gửi",
        "failed" => "Chưa gửi được",
        "given_up" => "Thôi không gửi nữa",
        _ => "Có người cho gửi lại",
    };
    (time(attempt.at), result, attempt.why.unwrap_or_default())
}

/// What is known of a letter besides its words.
fn facts(letter: &LetterView) -> Vec<(&'static str, String)> {
    let channel = LetterChannel::of(&letter.channel).map_or("", LetterChannel::label);
    let kind = LetterKind::of(&letter.kind).map_or("", LetterKind::label);
    let mut facts = vec![
        ("Gửi tới", letter.recipient.clone()),
        ("Kênh", channel.to_owned()),
        ("Loại", kind.to_owned()),
        ("Viết lúc", time(letter.created_at)),
        ("Mã thư", letter.message_id.clone()),
        ("Số lần gửi", letter.tries.to_string()),
    ];
    match (letter.sent_at, letter.state.as_str()) {
        (Some(at), _) => facts.push(("Đã gửi lúc", time(at))),
        (None, "waiting") => facts.push(("Gửi lúc", time(letter.next_at))),
        _ => {}
    }
    facts
}

/// The page.
pub(super) async fn show(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let letter = found(&app, &person, id).await?;
    let tries = app.store().letters().tries(id).await?;
    let (state, tone) = match letter.state.as_str() {
        "sent" => ("Đã gửi", "tone good"),
        "given_up" => ("Đã thôi", "tone bad"),
        _ => ("Chờ gửi", "tone doubt"),
    };
    page(&LetterPage {
        id,
        facts: facts(&letter),
        state,
        tone,
        may_send_again: letter.state == "given_up" && person.may(Area::Payments, Right::Edit),
        frame: Frame::of(&person, letter.subject, "letter").with_notice(done.done.as_deref()),
        why: letter.why,
        payment: letter.payment,
        text: letter.text,
        tries: tries.into_iter().map(row).collect(),
    })
}

/// A letter that was given up waits again.
pub(super) async fn again(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    found(&app, &person, id).await?;
    app.store().letters().again(id, &person.actor()).await?;
    Ok(go(&format!("/admin/letters/{id}?done=again")))
}
