//! *Cổng thanh toán*: what is set for each payee's providers and for what sends its letters. A secret goes
//! in and never comes out.
//!
//! Lives here: the page, its forms. Never here: what a channel's settings are (`crate::providers`).

mod act;
mod form;

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::{get, post};
use serde::Deserialize;

use crate::providers::{Channel, Settings};
use crate::server::AppState;
use crate::server::channels::open;
use crate::server::web::extract::PathParam;
use crate::server::web::field::Field;
use crate::server::web::frame::Frame;
use crate::server::web::page::page_with;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::server::web::session::Person;
use crate::server::web::words::time;
use crate::store::catalogue::Area;
use crate::store::channels::KeptChannel;
use crate::store::payees;

/// The routes of providers.
pub fn routes() -> Vec<Route> {
    let may = |right| Need::May(Area::Rules, right);
    vec![
        Route::read("/admin/providers", may(Right::See), get(show)),
        Route::change("/admin/payees", may(Right::Add), post(act::add_payee)),
        Route::change(
            "/admin/providers/{owner}/{channel}",
            may(Right::Edit),
            post(form::save),
        ),
        Route::change(
            "/admin/providers/{owner}/{channel}/switch",
            may(Right::Edit),
            post(act::switch),
        ),
        Route::change(
            "/admin/providers/{owner}/{channel}/drop-old-keys",
            may(Right::Edit),
            post(act::drop_old_keys),
        ),
        Route::change(
            "/admin/providers/{owner}/{channel}/check",
            may(Right::Edit),
            post(act::check),
        ),
        Route::change(
            "/admin/providers/{owner}/{channel}/register",
            may(Right::Edit),
            post(act::register),
        ),
    ]
}

/// One channel of a payee, as it is drawn.
struct ChannelView {
    wire: &'static str,
    label: &'static str,
    state: &'static str,
    tone: &'static str,
    changed: Option<String>,
    fields: Vec<Field>,
    /// What is set, for who may only look.
    facts: Vec<(&'static str, String)>,
    version: Option<i64>,
    is_on: bool,
    is_open: bool,
    old_keys: usize,
    can_check: bool,
    webhook: Option<String>,
    error: Option<String>,
    said: Option<String>,
}

#[derive(Template)]
#[template(path = "providers.html")]
struct Providers {
    frame: Frame,
    payee: i64,
    payees: Vec<(i64, String, bool)>,
    channels: Vec<ChannelView>,
    may_edit: bool,
    may_add: bool,
    error: Option<String>,
}

/// Which payee is looked at, and what was just done.
#[derive(Debug, Default, Deserialize)]
pub(super) struct LookedChannels {
    payee: Option<i64>,
    done: Option<String>,
}

/// Whose channel a request is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChannelPlace {
    pub payee: i64,
    pub channel: Channel,
}

impl ChannelPlace {
    /// Reads a path. Who works for one payee has no other.
    pub async fn of(
        app: &AppState,
        person: &Person,
        PathParam((payee, channel)): PathParam<(i64, String)>,
    ) -> Result<Self, Problem> {
        let channel = Channel::of(&channel).ok_or_else(Problem::no_page)?;
        let is_theirs = person.account.payee.is_none_or(|own| own == payee);
        if !is_theirs || app.store().payees().find(payee).await?.is_none() {
            return Err(Problem::no_page());
        }
        Ok(Self { payee, channel })
    }

    /// What is kept for it.
    pub async fn kept(self, app: &AppState) -> Result<Option<KeptChannel>, Problem> {
        let channels = app.store().channels();
        Ok(channels.find(self.payee, self.channel.wire()).await?)
    }

    /// The page after a change that went well.
    pub fn done(self, word: &str) -> String {
        format!(
            "/admin/providers?payee={}&done={word}#{}",
            self.payee,
            self.channel.wire()
        )
    }
}

/// What is said at a channel after something was tried.
pub(super) struct ChannelSaid {
    pub place: ChannelPlace,
    /// What went well, or what is wrong.
    pub words: Result<String, String>,
    /// What somebody typed, without secrets, so that it need not be typed again.
    pub typed: Option<Settings>,
}

/// The page.
pub(super) async fn show(
    State(app): State<AppState>,
    person: Person,
    Query(looked): Query<LookedChannels>,
) -> Result<Response, Problem> {
    let own = person.account.payee;
    let payee = own.or(looked.payee).unwrap_or(payees::FIRST);
    let page = drawn(&app, &person, payee, looked.done.as_deref(), None).await?;
    page_with(StatusCode::OK, &page)
}

/// The page with something said at one of its channels.
pub(super) async fn saying(
    app: &AppState,
    person: &Person,
    said: ChannelSaid,
) -> Result<Response, Problem> {
    // A check that finds something wrong is a check that worked; a form that is wrong was refused.
    let status = match (&said.words, &said.typed) {
        (Err(_), Some(_)) => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let payee = said.place.payee;
    page_with(status, &drawn(app, person, payee, None, Some(said)).await?)
}

async fn drawn(
    app: &AppState,
    person: &Person,
    payee: i64,
    done: Option<&str>,
    said: Option<ChannelSaid>,
) -> Result<Providers, Problem> {
    let own = person.account.payee;
    let all = app.store().payees().list().await?;
    if !all.iter().any(|one| one.id == payee) {
        return Err(Problem::no_page());
    }
    let kept = app.store().channels().list().await?;
    let may_edit = person.may(Area::Rules, Right::Edit);
    let channels = Channel::ALL.into_iter().map(|channel| {
        let kept = kept
            .iter()
            .find(|one| one.payee == payee && one.channel == channel.wire());
        let said = said.as_ref().filter(|said| said.place.channel == channel);
        view(app, ChannelPlace { payee, channel }, kept, said)
    });
    Ok(Providers {
        frame: Frame::of(person, "Cổng thanh toán", "providers").with_notice(done),
        payee,
        channels: channels.collect(),
        payees: all
            .into_iter()
            .filter(|one| own.is_none_or(|own| own == one.id))
            .map(|one| (one.id, one.name, one.id == payee))
            .collect(),
        may_edit,
        may_add: own.is_none() && person.may(Area::Rules, Right::Add),
        error: None,
    })
}

fn view(
    app: &AppState,
    place: ChannelPlace,
    kept: Option<&KeptChannel>,
    said: Option<&ChannelSaid>,
) -> ChannelView {
    let channel = place.channel;
    let opened = kept.map(|kept| open(kept, channel, app.vault()));
    let settings = opened.as_ref().and_then(|open| open.as_ref().ok());
    let settings = settings.map(|open| &open.settings);
    let fault = opened.as_ref().and_then(|open| open.as_ref().err());
    let (state, tone) = match (kept, fault) {
        (None, _) => ("Chưa đặt", "tone calm"),
        (Some(_), Some(_)) => ("Không mở được", "tone bad"),
        (Some(kept), None) if kept.is_on => ("Đang bật", "tone good"),
        (Some(_), None) => ("Đang tắt", "tone doubt"),
    };
    let typed = said.and_then(|said| said.typed.as_ref());
    let words = said.map(|said| &said.words);
    ChannelView {
        wire: channel.wire(),
        label: channel.label(),
        state,
        tone,
        changed: kept.map(|kept| time(kept.updated_at)),
        fields: form::fields(channel, typed.or(settings), settings),
        facts: form::facts(channel, settings),
        version: kept.map(|kept| kept.version),
        is_on: kept.is_some_and(|kept| kept.is_on),
        is_open: settings.is_some(),
        old_keys: settings.map_or(0, |settings| settings.old_keys().count()),
        can_check: settings.is_some() && act::can_check(channel),
        webhook: (channel == Channel::PayOs && settings.is_some())
            .then(|| act::webhook_of(app, place.payee)),
        error: fault
            .map(ToString::to_string)
            .or_else(|| words.and_then(|words| words.as_ref().err().cloned())),
        said: words.and_then(|words| words.as_ref().ok().cloned()),
    }
}
