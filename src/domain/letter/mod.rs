//! Letters: what is told to whom, by which way, how often it is tried.
//!
//! Lives here: kinds, ids, how long a failed one rests, templates and what stands in their place
//! ([`template`]), the words that a shop begins with. Never here: sending, a clock.

mod defaults;
mod template;

pub use template::{Filled, LetterWords, Template, TemplateFault, WORDS, Word};

use crate::domain::Language;

/// How long a letter rests after its first failure, in milliseconds.
const REST_MS: i64 = 30_000;
/// No rest is longer, in milliseconds: six hours.
const REST_MS_MAX: i64 = 6 * 60 * 60 * 1000;
/// What is not sent at night is tried again after so long, until the morning, in milliseconds.
const NIGHT_REST_MS: i64 = 30 * 60 * 1000;
/// After so many failures it is given up, until a person says otherwise: after some fifteen hours.
pub const TRIES_MAX: i64 = 12;

/// The way that a letter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterChannel {
    /// E-mail.
    Email,
    /// SMS.
    Sms,
    /// Zalo.
    Zns,
    /// `HiFPT`.
    HiFpt,
    /// No person: a company's own system.
    Care,
}

impl LetterChannel {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Email, Self::Sms, Self::Zns, Self::HiFpt, Self::Care];

    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Sms => "sms",
            Self::Zns => "zns",
            Self::HiFpt => "hifpt",
            Self::Care => "care",
        }
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Email => "E-mail",
            Self::Sms => "SMS",
            Self::Zns => "Zalo",
            Self::HiFpt => "HiFPT",
            Self::Care => "Hệ thống nội bộ",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }
}

/// What a letter tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum LetterKind {
    /// A payment is paid.
    PaymentPaid,
    /// Somebody is asked to pay.
    RequestSent,
    /// A payment at the door is receipted.
    DeskReceipt,
    /// What was paid at the door is paid at the portal.
    DeskSettled,
    /// A receipt or a visit, for a company's own system.
    Care,
}

impl LetterKind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::PaymentPaid,
        Self::RequestSent,
        Self::DeskReceipt,
        Self::DeskSettled,
        Self::Care,
    ];
    /// Those whose words a shop may change. The others' are agreed with whoever carries them.
    pub const TEMPLATED: [Self; 2] = [Self::PaymentPaid, Self::RequestSent];

    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::PaymentPaid => "payment_paid",
            Self::RequestSent => "request_sent",
            Self::DeskReceipt => "desk_receipt",
            Self::DeskSettled => "desk_settled",
            Self::Care => "care",
        }
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PaymentPaid => "Đã nhận thanh toán",
            Self::RequestSent => "Yêu cầu thanh toán",
            Self::DeskReceipt => "Phiếu thu",
            Self::DeskSettled => "Đã gạch nợ",
            Self::Care => "Báo hệ thống nội bộ",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }

    /// Under which name the shop's own words for it are kept: a template is of one language.
    pub fn template_key(self, language: Language) -> String {
        match language {
            Language::Vi => self.wire().to_owned(),
            Language::En => format!("{}.en", self.wire()),
        }
    }

    /// Reads [`Self::template_key`].
    pub fn of_template_key(key: &str) -> Option<(Self, Language)> {
        match key.strip_suffix(".en") {
            Some(wire) => Self::templated(wire).map(|kind| (kind, Language::En)),
            None => Self::templated(key).map(|kind| (kind, Language::Vi)),
        }
    }

    fn templated(wire: &str) -> Option<Self> {
        Self::TEMPLATED.into_iter().find(|one| one.wire() == wire)
    }

    /// What it says until the shop says otherwise.
    pub fn default_template(self, language: Language) -> Template {
        let (subject, body) = defaults::words(self, language);
        Template {
            subject: subject.to_owned(),
            body: body.to_owned(),
        }
    }
}

/// The id of a letter: the same news by the same way to the same code has the same one, whoever writes it
/// and however often it is sent. On the wire of e-mail it stands between angle brackets.
pub fn message_id(channel: LetterChannel, kind: LetterKind, code: &str) -> String {
    let plain: String = code
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
        .collect();
    format!(
        "{}.{plain}.{}@gachno",
        kind.wire().replace('_', "-"),
        channel.wire()
    )
}

/// Why a letter did not go.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LetterFault {
    /// Not now: it is tried again.
    #[error("{0}")]
    Temporary(String),
    /// Never: the receiver's server says that there is no such receiver, or takes no such letter.
    #[error("{0}")]
    Permanent(String),
    /// Never by this way, for nobody is there; by another way it may.
    #[error("{0}")]
    Undeliverable(String),
    /// Not at this time of the night: by another way, or in the morning.
    #[error("{0}")]
    AtNight(String),
}

/// What becomes of a letter that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterFailure {
    /// It is tried again after so many milliseconds.
    Rest(i64),
    /// It is given up, until a person says otherwise.
    GiveUp,
}

impl LetterFault {
    /// Is another way tried, where one was wanted for this case?
    pub const fn wants_another_way(&self) -> bool {
        matches!(self, Self::Undeliverable(_) | Self::AtNight(_))
    }

    /// What becomes of a letter of which this was the `tries`th failure: twice the rest each time, up to
    /// six hours, [`TRIES_MAX`] times in all.
    pub fn after(&self, tries: i64) -> AfterFailure {
        match self {
            Self::AtNight(_) => AfterFailure::Rest(NIGHT_REST_MS),
            Self::Temporary(_) if tries < TRIES_MAX => {
                let doublings = u32::try_from(tries - 1).unwrap_or(0).min(20);
                AfterFailure::Rest((REST_MS << doublings).min(REST_MS_MAX))
            }
            Self::Temporary(_) | Self::Permanent(_) | Self::Undeliverable(_) => {
                AfterFailure::GiveUp
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_letter_rests_twice_as_long_each_time_and_not_for_ever() {
        let fault = LetterFault::Temporary(String::new());
        let rests: Vec<_> = (1..=TRIES_MAX).map(|tries| fault.after(tries)).collect();
        assert_eq!(rests[0], AfterFailure::Rest(30_000));
        assert_eq!(rests[1], AfterFailure::Rest(60_000));
        assert_eq!(rests[9], AfterFailure::Rest(30_000 << 9));
        assert_eq!(rests[10], AfterFailure::Rest(REST_MS_MAX));
        assert_eq!(rests[11], AfterFailure::GiveUp);
        assert_eq!(fault.after(i64::MAX), AfterFailure::GiveUp);
        assert_eq!(
            LetterFault::Permanent(String::new()).after(1),
            AfterFailure::GiveUp
        );
    }

    #[test]
    fn the_same_news_has_the_same_id() {
        let id = |code| message_id(LetterChannel::Email, LetterKind::PaymentPaid, code);
        assert_eq!(id("AB12CD34E"), "payment-paid.AB12CD34E.email@gachno");
        assert_eq!(id("a>\r\nb"), "payment-paid.ab.email@gachno");
        assert_ne!(
            id("A"),
            message_id(LetterChannel::Sms, LetterKind::PaymentPaid, "A")
        );
    }

    #[test]
    fn a_template_is_of_one_kind_and_language() {
        for kind in LetterKind::TEMPLATED {
            for language in [Language::Vi, Language::En] {
                let key = kind.template_key(language);
                assert_eq!(LetterKind::of_template_key(&key), Some((kind, language)));
                assert_eq!(kind.default_template(language).check(), Ok(()), "{key}");
            }
        }
        assert_eq!(LetterKind::of_template_key("nothing.en"), None);
    }
}
