//! *Mẫu thư*: what letters say, in each payee's own words, with a look at them and a letter to try.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;
use uuid::Uuid;

use crate::domain::Language;
use crate::domain::letter::{
    Filled, LetterKind, LetterWords, Template as LetterTemplate, WORDS, Word,
};
use crate::providers::smtp::Mail;
use crate::server::AppState;
use crate::server::mail::mailer;
use crate::server::web::extract::PathParam;
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page, page_with};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::StoreError;
use crate::store::catalogue::Area;
use crate::store::payees::{self, Payee};

#[derive(Template)]
#[template(path = "templates.html")]
struct Templates {
    frame: Frame,
    payees: Vec<(i64, String, bool)>,
    rows: Vec<Row>,
}

struct Row {
    url: String,
    label: &'static str,
    language: &'static str,
    subject: String,
    whose: &'static str,
}

#[derive(Template)]
#[template(path = "template.html")]
struct TemplatePage {
    frame: Frame,
    url: String,
    payee: Payee,
    label: &'static str,
    language: &'static str,
    subject: String,
    body: String,
    version: Option<i64>,
    words: &'static [Word],
    preview: Option<Filled>,
    recipient: String,
    may_edit: bool,
    error: Option<String>,
    said: Option<String>,
}

/// Which payee is looked at.
#[derive(Debug, Default, Deserialize)]
pub(super) struct LookedTemplates {
    payee: Option<i64>,
    done: Option<String>,
}

/// Which template a request is about.
struct Place {
    payee: Payee,
    kind: LetterKind,
    language: Language,
}

impl Place {
    async fn of(
        app: &AppState,
        person: &Person,
        PathParam((payee, key)): PathParam<(i64, String)>,
    ) -> Result<Self, Problem> {
        let (kind, language) = LetterKind::of_template_key(&key).ok_or_else(Problem::no_page)?;
        let is_theirs = person.account.payee.is_none_or(|own| own == payee);
        let payee = app.store().payees().find(payee).await?;
        let payee = payee.filter(|_| is_theirs).ok_or_else(Problem::no_page)?;
        Ok(Self {
            payee,
            kind,
            language,
        })
    }

    const fn key(&self) -> (i64, LetterKind, Language) {
        (self.payee.id, self.kind, self.language)
    }

    fn url(&self) -> String {
        let key = self.kind.template_key(self.language);
        format!("/admin/templates/{}/{key}", self.payee.id)
    }

    /// Where one goes after a change.
    fn saved(&self) -> String {
        format!("/admin/templates?payee={}&done=saved", self.payee.id)
    }

    /// Words of a preview.
    fn sample(&self) -> LetterWords {
        LetterWords::sample().with("shop", self.payee.name.clone())
    }

    /// The page over words; more is put into it by who asks.
    async fn page(
        &self,
        app: &AppState,
        person: &Person,
        words: Option<LetterTemplate>,
    ) -> Result<TemplatePage, Problem> {
        let letters = app.store().letters();
        let (payee, kind, language) = self.key();
        let own = letters.own_template(payee, kind, language).await?;
        let words = match words {
            Some(words) => words,
            None => letters.template(payee, kind, language).await?,
        };
        let title = format!("Mẫu thư: {}", kind.label());
        Ok(TemplatePage {
            frame: Frame::of(person, title, "templates"),
            url: self.url(),
            payee: self.payee.clone(),
            label: kind.label(),
            language: language.name(),
            subject: words.subject,
            body: words.body,
            version: own.map(|own| own.version),
            words: &WORDS,
            preview: None,
            recipient: String::new(),
            may_edit: person.may(Area::Payments, Right::Edit),
            error: None,
            said: None,
        })
    }
}

fn typed(form: &FormData) -> LetterTemplate {
    LetterTemplate {
        subject: form.text("subject").to_owned(),
        body: form.text("body").replace("\r\n", "\n"),
    }
}

/// All templates of a payee.
pub(super) async fn list(
    State(app): State<AppState>,
    person: Person,
    Query(looked): Query<LookedTemplates>,
) -> Result<Response, Problem> {
    let own = person.account.payee;
    let payee = own.or(looked.payee).unwrap_or(payees::FIRST);
    let all = app.store().payees().list().await?;
    if !all.iter().any(|one| one.id == payee) {
        return Err(Problem::no_page());
    }
    let letters = app.store().letters();
    let mut rows = Vec::new();
    for kind in LetterKind::TEMPLATED {
        for language in [Language::Vi, Language::En] {
            let own = letters.own_template(payee, kind, language).await?;
            rows.push(Row {
                url: format!("/admin/templates/{payee}/{}", kind.template_key(language)),
                label: kind.label(),
                language: language.name(),
                subject: letters.template(payee, kind, language).await?.subject,
                whose: if own.is_some() {
                    "của bên nhận này"
                } else {
                    "dùng chung"
                },
            });
        }
    }
    page(&Templates {
        frame: Frame::of(&person, "Mẫu thư", "templates").with_notice(looked.done.as_deref()),
        payees: all
            .into_iter()
            .filter(|one| own.is_none_or(|own| own == one.id))
            .map(|one| (one.id, one.name, one.id == payee))
            .collect(),
        rows,
    })
}

/// One template, with how it looks now.
pub(super) async fn show(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
) -> Result<Response, Problem> {
    let place = Place::of(&app, &person, path).await?;
    let mut shown = place.page(&app, &person, None).await?;
    let words = LetterTemplate {
        subject: shown.subject.clone(),
        body: shown.body.clone(),
    };
    shown.preview = Some(words.fill(&place.sample()));
    page(&shown)
}

/// How the words of the form would look. Nothing is kept.
pub(super) async fn preview(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
    form: FormData,
) -> Result<Response, Problem> {
    let place = Place::of(&app, &person, path).await?;
    let words = typed(&form);
    let mut shown = place.page(&app, &person, Some(words.clone())).await?;
    match words.check() {
        Ok(()) => shown.preview = Some(words.fill(&place.sample())),
        Err(fault) => shown.error = Some(fault.to_string()),
    }
    page(&shown)
}

/// Keeps the words of the form.
pub(super) async fn save(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
    form: FormData,
) -> Result<Response, Problem> {
    let place = Place::of(&app, &person, path).await?;
    let (words, version) = (typed(&form), form.number("version"));
    let (letters, actor) = (app.store().letters(), person.actor());
    match letters
        .set_template(place.key(), &words, version, &actor)
        .await
    {
        Ok(()) => Ok(go(&place.saved())),
        Err(error @ (StoreError::BadValue { .. } | StoreError::Stale)) => {
            let mut shown = place.page(&app, &person, Some(words)).await?;
            shown.error = Some(error.to_string());
            page_with(StatusCode::UNPROCESSABLE_ENTITY, &shown)
        }
        Err(other) => Err(other.into()),
    }
}

/// Sends the words of the form to somebody, at once. Nothing is kept.
pub(super) async fn test(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
    form: FormData,
) -> Result<Response, Problem> {
    let place = Place::of(&app, &person, path).await?;
    let (words, recipient) = (typed(&form), form.text("recipient").to_owned());
    let mut shown = place.page(&app, &person, Some(words.clone())).await?;
    shown.recipient.clone_from(&recipient);
    let sent = match words.check() {
        Ok(()) => {
            let filled = words.fill(&place.sample());
            let sent = try_out(&app, place.payee.id, &recipient, &filled).await;
            shown.preview = Some(filled);
            sent
        }
        Err(fault) => Err(fault.to_string()),
    };
    match sent {
        Ok(()) => shown.said = Some(format!("Đã gửi thử tới {recipient}.")),
        Err(why) => shown.error = Some(why),
    }
    page(&shown)
}

async fn try_out(
    app: &AppState,
    payee: i64,
    recipient: &str,
    filled: &Filled,
) -> Result<(), String> {
    let mailer = mailer(app, payee)
        .await
        .map_err(|fault| fault.to_string())?;
    let mail = Mail {
        message_id: &format!("test.{}@gachno", Uuid::now_v7()),
        to: recipient,
        subject: &format!("[Thử] {}", filled.subject),
        text: &filled.text,
        html: Some(&filled.page()),
    };
    mailer.send(&mail).await.map_err(|fault| fault.to_string())
}

/// Goes back to the words that all have.
pub(super) async fn drop_own(
    State(app): State<AppState>,
    person: Person,
    path: PathParam<(i64, String)>,
) -> Result<Response, Problem> {
    let place = Place::of(&app, &person, path).await?;
    let (payee, kind, language) = place.key();
    let letters = app.store().letters();
    letters
        .drop_template(payee, kind, language, &person.actor())
        .await?;
    Ok(go(&place.saved()))
}
