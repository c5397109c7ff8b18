//! What is done with a channel that is set: on and off, old keys, a try, the webhook's registration.

use std::time::Duration;

use axum::extract::State;
use axum::response::Response;

use super::form::put;
use super::{ChannelPlace, ChannelSaid, saying};
use crate::providers::smtp::Mailer;
use crate::providers::{Channel, Settings, make};
use crate::server::AppState;
use crate::server::channels::open;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::page::go;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::PAYMENT_CONFIG;
use crate::store::{Entry, payees};

/// How long a provider is waited for: shorter than a request may take.
const ANSWER_MAX: Duration = Duration::from_secs(12);

/// Can it be tried from here?
pub(super) const fn can_check(channel: Channel) -> bool {
    channel.provider().is_some() || matches!(channel, Channel::Smtp)
}

/// Where PayOS tells of a payee's money.
pub(super) fn webhook_of(app: &AppState, payee: i64) -> String {
    let base = app.public_url();
    if payee == payees::FIRST {
        format!("{base}/webhook/payos")
    } else {
        format!("{base}/webhook/payos/{payee}")
    }
}

/// One more payee.
pub(super) async fn add_payee(
    State(app): State<AppState>,
    person: Person,
    form: FormData,
) -> Result<Response, Problem> {
    if person.account.payee.is_some() {
        return Err(Problem::forbidden());
    }
    let payees = app.store().payees();
    let id = payees.add(form.text("name"), &person.actor()).await?;
    Ok(go(&format!("/admin/providers?payee={id}&done=added")))
}

/// On, or off.
pub(super) async fn switch(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
    form: FormData,
) -> Result<Response, Problem> {
    let place = ChannelPlace::of(&app, &person, path).await?;
    let (wire, is_on) = (place.channel.wire(), form.text("on") == "1");
    let channels = app.store().channels();
    channels
        .switch(place.payee, wire, is_on, &person.actor())
        .await?;
    app.forget_channels().await;
    Ok(go(&place.done("saved")))
}

/// What is set for a channel, opened. `Err`: what is in the way.
async fn opened(app: &AppState, place: ChannelPlace) -> Result<Result<Settings, String>, Problem> {
    let Some(kept) = place.kept(app).await? else {
        return Ok(Err(format!("Chưa đặt {}.", place.channel.label())));
    };
    let open = open(&kept, place.channel, app.vault());
    Ok(open
        .map(|open| open.settings)
        .map_err(|fault| fault.to_string()))
}

/// The keys that were replaced hold no longer.
pub(super) async fn drop_old_keys(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
) -> Result<Response, Problem> {
    let place = ChannelPlace::of(&app, &person, path).await?;
    let kept = place.kept(&app).await?.ok_or_else(Problem::no_page)?;
    match open(&kept, place.channel, app.vault()) {
        Ok(open) => {
            let settings = open.settings.without_old_keys();
            put(&app, &person, place, &settings, Some(&kept)).await?;
            Ok(go(&place.done("saved")))
        }
        Err(fault) => {
            let words = Err(fault.to_string());
            answer(&app, &person, place, words).await
        }
    }
}

async fn answer(
    app: &AppState,
    person: &Person,
    place: ChannelPlace,
    words: Result<String, String>,
) -> Result<Response, Problem> {
    let said = ChannelSaid {
        place,
        words,
        typed: None,
    };
    saying(app, person, said).await
}

/// Is it there, and does it know our keys? Moves nothing.
pub(super) async fn check(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
) -> Result<Response, Problem> {
    let place = ChannelPlace::of(&app, &person, path).await?;
    let words = match opened(&app, place).await? {
        Ok(settings) => in_time(checked(&settings)).await,
        Err(why) => Err(why),
    };
    answer(&app, &person, place, words).await
}

async fn checked(settings: &Settings) -> Result<String, String> {
    match settings.channel() {
        Channel::Smtp => Mailer::new(settings)
            .map_err(|fault| fault.to_string())?
            .check()
            .await
            .map_err(|fault| fault.to_string())?,
        channel if channel.provider().is_some() => make(settings)
            .map_err(|fault| fault.to_string())?
            .check()
            .await
            .map_err(|fault| fault.to_string())?,
        channel => return Err(format!("{} không thử được từ đây.", channel.label())),
    }
    Ok("Kết nối tốt.".to_owned())
}

/// Tells PayOS where to send its news.
pub(super) async fn register(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
) -> Result<Response, Problem> {
    let place = ChannelPlace::of(&app, &person, path).await?;
    if place.channel != Channel::PayOs {
        return Err(Problem::no_page());
    }
    let settings = match opened(&app, place).await? {
        Ok(settings) => settings,
        Err(why) => return answer(&app, &person, place, Err(why)).await,
    };
    let url = webhook_of(&app, place.payee);
    // Before it is asked: whether it took it, nobody may ever know.
    let after = serde_json::json!({ "payee": place.payee, "channel": place.channel.wire(), "webhook": url });
    let entry = Entry::of(AuditAction::ProviderSet)
        .table(&PAYMENT_CONFIG)
        .after(after);
    app.store().audit().record(&person.actor(), entry).await?;
    let words = in_time(async {
        let provider = make(&settings).map_err(|fault| fault.to_string())?;
        let registered = provider.register_webhook(&url).await;
        registered.map_err(|fault| fault.to_string())?;
        Ok(format!("PayOS sẽ báo tiền về {url}"))
    });
    let words = words.await;
    answer(&app, &person, place, words).await
}

async fn in_time(work: impl Future<Output = Result<String, String>>) -> Result<String, String> {
    let done = tokio::time::timeout(ANSWER_MAX, work).await;
    done.unwrap_or_else(|_| Err("Không trả lời kịp. Thử lại sau.".to_owned()))
}
