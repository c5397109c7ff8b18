//! The payment page, and what else a payer sees: what a stranger trusts with money on a phone.
//!
//! Lives here: what is shown, made of rows. Never here: what is done.

pub mod words;

use std::sync::LazyLock;

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::refusal::PayRefusal;
use super::shown::{is_stale, missing, qr_text};
use super::wire::{AccountInfo, OtpTerms};
use crate::domain::payment::{PaymentState, Provider};
use crate::server::web::words::{local, money};
use crate::store::digest;
use crate::store::payments::{Payable, PaymentRow};
use words::PayWords;

/// The pages' style sheet.
pub const STYLE: &str = include_str!("../../../../assets/pay/pay.css");
/// The pages' script: what they can do without is in it.
pub const SCRIPT: &str = include_str!("../../../../assets/pay/pay.js");

/// Changes with the files, so that browsers may keep them for ever.
static ASSETS: LazyLock<String> =
    LazyLock::new(|| digest([STYLE, SCRIPT].concat().as_bytes())[..12].to_owned());

/// Who looks at a payment: what addresses on the page are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Viewer<'v> {
    /// Whoever has the link.
    Guest {
        /// What the link has.
        token: &'v str,
    },
    /// Somebody who has signed in.
    Known,
}

/// A page of a payment, or of what is to be paid.
pub struct PayPage<'p> {
    /// In which words.
    pub words: &'static PayWords,
    /// Who receives the money.
    pub shop: &'p str,
    /// What is paid for.
    pub payable: &'p Payable,
    /// The payment that is shown.
    pub payment: Option<&'p PaymentRow>,
    /// Ways that are offered.
    pub methods: &'p [Provider],
    /// Who looks.
    pub viewer: Viewer<'p>,
    /// May they take it back?
    pub may_cancel: bool,
    /// Now, in milliseconds since 1970.
    pub now_ms: i64,
}

struct CopyRow {
    name: &'static str,
    shown: String,
    copied: String,
}

struct OtpForm {
    url: String,
    sent_to: String,
}

#[derive(Template)]
#[template(path = "pay.html")]
#[expect(clippy::struct_excessive_bools, reason = "what a page shows or not")]
struct PayTemplate<'p> {
    w: &'static PayWords,
    title: String,
    assets: &'static str,
    shop: &'p str,
    other_url: String,
    here: String,
    state: &'static str,
    received: i64,
    events: Option<String>,
    refresh: Option<String>,
    what: &'p str,
    amount: String,
    stay: Option<String>,
    missing: Option<String>,
    payment_code: Option<String>,
    status: Option<&'static str>,
    paid_at: Option<String>,
    is_opening: bool,
    is_payable: bool,
    qr_url: Option<String>,
    checkout_url: Option<&'p str>,
    rows: Vec<CopyRow>,
    otp: Option<OtpForm>,
    until_ms: i64,
    until: String,
    is_over: bool,
    is_statement: bool,
    methods: Vec<(&'static str, &'static str)>,
    hidden: Vec<(&'static str, String)>,
    hint: Option<&'static str>,
    others_url: Option<String>,
    cancel_url: Option<String>,
    is_waiting: bool,
    back_url: Option<&'static str>,
}

/// `15:04 26/11/2026`
fn minute(ms: i64) -> String {
    local(ms).map_or_else(String::new, |at| at.strftime("%H:%M %d/%m/%Y").to_string())
}

impl PayPage<'_> {
    fn here(&self) -> String {
        match (&self.viewer, self.payment) {
            (Viewer::Guest { token }, _) => format!("/pay/{token}"),
            (Viewer::Known, Some(payment)) => format!("/payment/status/{}", payment.id),
            (Viewer::Known, None) => "/payment".to_owned(),
        }
    }

    fn address(&self, what: &str) -> Option<String> {
        let payment = self.payment?;
        Some(match &self.viewer {
            Viewer::Guest { token } => format!("/pay/{token}/{what}"),
            Viewer::Known => match what {
                "refresh" => format!("/payment/refresh-status/{}", payment.id),
                "qr.png" => format!("/payment/qr/{}/qr.png", payment.id),
                other => format!("/payment/{other}/{}", payment.id),
            },
        })
    }

    fn rows(&self) -> Vec<CopyRow> {
        let Some(payment) = self.payment else {
            return Vec::new();
        };
        let Some(account) = AccountInfo::of(payment, self.payable.owed()) else {
            return Vec::new();
        };
        let owed = missing(payment, self.payable.owed());
        let w = self.words;
        let bank = if account.bank.is_empty() {
            account.bin
        } else {
            account.bank
        };
        [
            (w.bank, bank.clone(), bank),
            (w.account, account.number.clone(), account.number),
            (w.holder, account.name.clone(), account.name),
            (w.amount, money(owed), owed.to_string()),
            (w.note, account.note.clone(), account.note),
        ]
        .into_iter()
        .filter(|(_, _, copied)| !copied.is_empty())
        .map(|(name, shown, copied)| CopyRow {
            name,
            shown,
            copied,
        })
        .collect()
    }

    /// What the whole page says of itself: the payment's state, or what is to be paid's.
    fn state(&self) -> (&'static str, Option<&'static str>) {
        let w = self.words;
        let is_paid = self.payable.is_settled();
        match self.payment {
            Some(payment) => (payment.state().wire(), Some(w.state(payment.state()))),
            None if is_paid => ("paid", Some(w.state(PaymentState::Paid))),
            None if self.payable.is_over(self.now_ms) => {
                ("expired", Some(w.state(PaymentState::Expired)))
            }
            None => ("unpaid", None),
        }
    }

    fn hint(&self) -> Option<&'static str> {
        let is_open = self.payment.is_some_and(|p| p.state().is_open());
        if is_open || self.payable.owed() == 0 || !self.methods.is_empty() {
            return None;
        }
        if self.payable.is_over(self.now_ms) {
            Some(self.words.expired_request)
        } else {
            Some(self.words.no_method)
        }
    }

    fn hidden(&self) -> Vec<(&'static str, String)> {
        match &self.viewer {
            Viewer::Guest { token } => vec![("token", (*token).to_owned())],
            Viewer::Known => {
                let at = self.payable.at;
                vec![(at.kind.field(), at.id.to_string())]
            }
        }
    }

    /// The page.
    pub fn draw(&self) -> Result<Response, PayRefusal> {
        let w = self.words;
        let payment = self.payment;
        let (state, owed) = (payment.map(PaymentRow::state), self.payable.owed());
        let is_payable = payment.is_some_and(|p| {
            p.state().is_open() && p.state() != PaymentState::Created && owed > 0 && p.fits(owed)
        });
        let shown = payment.filter(|_| is_payable);
        let (state_word, status) = self.state();
        let here = self.here();
        let is_waiting = state.is_some_and(|s| s.is_open() || s == PaymentState::Review);
        let template = PayTemplate {
            w,
            title: format!("{} · {}", money(self.payable.amount), self.payable.title),
            assets: &ASSETS,
            shop: self.shop,
            other_url: format!("{here}?lang={}", w.other_code),
            here: format!("{here}?lang={}", w.code),
            state: state_word,
            received: payment.map_or(0, PaymentRow::received),
            events: self.address("events").filter(|_| is_waiting),
            refresh: self.address("refresh").filter(|_| is_waiting),
            what: &self.payable.title,
            amount: money(payment.map_or(self.payable.amount, |p| p.standing.amount)),
            stay: self
                .payable
                .stay
                .map(|(from, to)| format!("{} – {}", minute(from), minute(to))),
            missing: payment
                .filter(|p| p.state() == PaymentState::Underpaid || is_stale(p, owed))
                .map(|p| money(missing(p, owed))),
            payment_code: payment.map(|p| p.payment_code.clone()),
            status,
            paid_at: payment
                .filter(|p| p.state() == PaymentState::Paid)
                .and_then(|p| p.paid_at)
                .map(minute),
            is_opening: state == Some(PaymentState::Created),
            is_payable,
            qr_url: self
                .address("qr.png")
                .filter(|_| shown.is_some_and(|p| qr_text(p, owed).is_some())),
            checkout_url: shown.and_then(|p| p.checkout_url.as_deref()),
            rows: if is_payable { self.rows() } else { Vec::new() },
            otp: self.otp(shown),
            until_ms: payment.map_or(0, |p| p.expires_at),
            until: payment.map_or_else(String::new, |p| minute(p.expires_at)),
            is_over: payment.is_some_and(|p| p.expires_at <= self.now_ms),
            is_statement: payment.is_some_and(|p| !p.provider.can_be_asked()),
            methods: self
                .methods
                .iter()
                .map(|m| (m.wire(), w.method(*m)))
                .collect(),
            hidden: self.hidden(),
            hint: self.hint(),
            others_url: shown
                .filter(|_| self.methods.is_empty())
                .map(|_| format!("{here}?methods=1")),
            cancel_url: shown
                .filter(|p| self.may_cancel && p.received() == 0)
                .and_then(|_| self.address("cancel")),
            is_waiting,
            back_url: (self.viewer == Viewer::Known).then_some("/payment"),
        };
        draw(&template, StatusCode::OK)
    }

    fn otp(&self, payment: Option<&PaymentRow>) -> Option<OtpForm> {
        let asked = OtpTerms::of(payment?)?;
        Some(OtpForm {
            url: self.address("otp")?,
            sent_to: asked.sent_to.unwrap_or_default(),
        })
    }
}

/// A row of a customer's list.
pub struct ListRow {
    /// Where.
    pub url: String,
    /// What for.
    pub title: String,
    /// How it stands.
    pub status: &'static str,
    /// How much.
    pub amount: String,
}

#[derive(Template)]
#[template(path = "pay_list.html")]
struct ListTemplate<'p> {
    w: &'static PayWords,
    who: &'p str,
    assets: &'static str,
    rows: Vec<ListRow>,
}

/// A customer's own list.
pub fn list(
    words: &'static PayWords,
    who: &str,
    rows: Vec<ListRow>,
) -> Result<Response, PayRefusal> {
    let template = ListTemplate {
        w: words,
        who,
        assets: &ASSETS,
        rows,
    };
    draw(&template, StatusCode::OK)
}

#[derive(Template)]
#[template(path = "pay_refusal.html")]
struct RefusalTemplate<'p> {
    message: &'p str,
    back: Option<&'p str>,
    assets: &'static str,
}

/// A refusal as a person sees it, with the way back to where they were.
pub fn refused(response: Response, back: Option<&str>) -> Response {
    let Some(refusal) = response.extensions().get::<PayRefusal>().cloned() else {
        return response;
    };
    let template = RefusalTemplate {
        message: refusal.error(),
        back,
        assets: &ASSETS,
    };
    let (mut parts, _) = response.into_parts();
    let html = template.render().unwrap_or_default();
    parts.headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, html.into())
}

fn draw(template: &impl Template, status: StatusCode) -> Result<Response, PayRefusal> {
    let html = template.render().map_err(|error| {
        tracing::error!(%error, "a page could not be rendered");
        PayRefusal::broken()
    })?;
    Ok((status, Html(html)).into_response())
}

/// Where somebody is sent.
pub fn found(to: &str) -> Response {
    (StatusCode::FOUND, [(header::LOCATION, to.to_owned())]).into_response()
}

/// A file of ours that never changes under its address.
pub fn asset(kind: &'static str, text: &'static str) -> Response {
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=31536000, immutable"),
    );
    (headers, text).into_response()
}
