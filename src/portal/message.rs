//! The portal's words, classified by the map's patterns. Pure.

use serde::Deserialize;

use crate::domain::text::folded;
use crate::domain::{Answer, Said, Vnd};

/// What a message means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Neither success nor refusal.
    Unclear,
    /// A fault on the portal's side.
    System,
    /// The session is over.
    Expired,
    /// A person is wanted (OTP).
    Person,
    /// Nothing is owed.
    NoDebt,
    /// It was paid before.
    Cleared,
    /// The account is not known.
    NotFound,
    /// Refused because our own PIN is wrong: every further payment would be, until the account is locked.
    WrongPin,
    /// Refused, for the reason in the text.
    Refused,
    /// Done.
    Success,
}

/// When a message came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// While logging in.
    Login,
    /// Anywhere before the paying click.
    LookUp,
    /// After it.
    Outcome,
}

/// One pattern of the map.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pattern {
    class: Class,
    /// Any of these, lower-case.
    contains: Vec<String>,
    #[serde(default)]
    at: Vec<Moment>,
    #[serde(default)]
    severities: Vec<String>,
}

/// The map's patterns in their order.
#[derive(Debug, Clone, Copy)]
pub struct MessageWords<'m>(&'m [Pattern]);

impl<'m> MessageWords<'m> {
    pub(super) fn new(patterns: &'m [Pattern]) -> Self {
        Self(patterns)
    }

    /// The class of one message, or `None` where no pattern knows it.
    pub fn class(self, said: &Said, moment: Moment) -> Option<Class> {
        let text = folded(&said.text);
        self.0
            .iter()
            .filter(|p| p.at.is_empty() || p.at.contains(&moment))
            .filter(|p| p.severities.is_empty() || p.severities.contains(&said.severity))
            .find(|p| {
                p.contains
                    .iter()
                    .any(|words| text.contains(&folded_pattern(words)))
            })
            .map(|p| p.class)
    }

    /// What the messages before the paying click say together; `None` where nothing in them
    /// matters.
    ///
    /// An error that no pattern knows is a fault of the system: nothing was sent, so it may be
    /// tried again.
    pub fn before_click(self, said: &[Said], moment: Moment) -> Option<(Class, String)> {
        let is_error = |s: &Said| matches!(s.severity.as_str(), "error" | "fatal");
        let classes = said.iter().filter_map(|s| {
            let class = self
                .class(s, moment)
                .or_else(|| is_error(s).then_some(Class::System))?;
            Some((class, s.text.clone()))
        });
        // `Success` and `Unclear` before the click are chatter ("Tra cứu thành công").
        classes
            .filter(|(class, _)| !matches!(class, Class::Success | Class::Unclear))
            .min_by_key(|(class, _)| match class {
                Class::Expired => 0,
                Class::Person => 1,
                Class::Refused | Class::WrongPin => 2,
                Class::NotFound => 3,
                Class::Cleared => 4,
                Class::NoDebt => 5,
                Class::System | Class::Unclear | Class::Success => 6,
            })
    }
}

impl MessageWords<'_> {
    /// Do the messages after the paying click say that our own PIN is wrong?
    pub fn tell_wrong_pin(self, said: &[Said]) -> bool {
        said.iter()
            .any(|message| self.class(message, Moment::Outcome) == Some(Class::WrongPin))
    }
}

/// A trailing space in a pattern is meant (`sai ` is a word, not the beginning of one).
fn folded_pattern(words: &str) -> String {
    let mut text = folded(words);
    if words.ends_with(' ') {
        text.push(' ');
    }
    text
}

/// What the messages after the paying click say together. Contradictions and unknown words are
/// unclear.
pub fn answer_of(words: MessageWords<'_>, said: &[Said]) -> Answer {
    let mut classes: Vec<(Class, &Said)> = Vec::new();
    for message in said.iter().filter(|s| !s.text.is_empty()) {
        match words.class(message, Moment::Outcome) {
            Some(class) => classes.push((class, message)),
            // The print panel may hold anything; only words of success in it count.
            None if message.severity == "receipt" => {}
            None => classes.push((Class::Unclear, message)),
        }
    }
    let has = |wanted: Class| classes.iter().any(|(class, _)| *class == wanted);
    let is_unclear = [Class::Unclear, Class::System, Class::Expired, Class::Person]
        .into_iter()
        .any(has);
    let is_refused = has(Class::Refused) || has(Class::WrongPin) || has(Class::NotFound);
    let is_cleared = has(Class::NoDebt) || has(Class::Cleared);
    match (is_unclear, has(Class::Success), is_refused, is_cleared) {
        (false, false, false, false) => Answer::Silent,
        (false, true, false, false) => {
            let texts = classes.iter().map(|(_, s)| s.text.as_str());
            Answer::Success {
                amounts: texts.flat_map(Vnd::all_in).collect(),
            }
        }
        (false, false, _, true) => Answer::Cleared,
        (false, false, true, false) => Answer::Refused,
        _ => Answer::Unclear,
    }
}

/// The messages in a raw answer (`<partial-response>`), for a page that could not be read any more.
/// The spans are `PrimeFaces`' own: `ui-messages-<severity>-summary`.
pub fn said_in(raw: &str) -> Vec<Said> {
    const MARK: &str = "ui-messages-";
    let mut said = Vec::new();
    for (at, _) in raw.match_indices(MARK) {
        let Some((severity, rest)) = raw[at + MARK.len()..].split_once("-summary\">") else {
            continue;
        };
        if !matches!(severity, "info" | "warn" | "error" | "fatal") {
            continue;
        }
        let text = rest.split('<').next().unwrap_or_default();
        let text = text
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&quot;", "\"")
            .replace("&amp;", "&");
        said.push(Said {
            severity: severity.to_owned(),
            text: crate::domain::text::squeezed(&text),
        });
    }
    said
}

/// The transaction id in a text: the first word with a digit behind one of the markers.
pub fn transaction_id(markers: &[String], text: &str) -> Option<String> {
    let squeezed = crate::domain::text::squeezed(text);
    let lower = squeezed.to_lowercase();
    markers.iter().find_map(|marker| {
        let (at, found) = lower.match_indices(&folded(marker)).next()?;
        // Lower-casing keeps the length of every Vietnamese letter; where it did not, the id is not
        // read.
        let rest = squeezed.get(at + found.len()..)?;
        let word = rest
            .trim_start_matches([':', ' ', '#', '-', '.', '('])
            .split([' ', ',', ';', ')'])
            .next()?;
        let id = word.trim_end_matches(['.', ':', '!']);
        let is_id = id.len() >= 4
            && id.chars().any(|c| c.is_ascii_digit())
            && id
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.'));
        is_id.then(|| id.to_owned())
    })
}

#[cfg(test)]
mod tests;
