//! The portal map against the live pages: which locator matched, what is missing, and what there
//! resembles it.
//!
//! Only looks. Nothing is filled in and nothing is clicked.

use serde::Serialize;
use serde_json::json;

use super::map::{About, Shape};
use super::page::Page;
use super::snapshot::{RawCandidate, RawSurvey};
use super::step::ready;
use super::{PortalError, PortalMap};

/// Elements that come only after a step, or that not every portal has.
const LATER: [&str; 21] = [
    "login.captcha",
    "login.otp",
    "frame.expired_dialog",
    "frame.confirm_dialog",
    "frame.receipt",
    "frame.messages",
    "tv.card",
    "tv.pin",
    "tv.pay",
    "tv.confirm",
    "evn.receiver_phone",
    "evn.pin",
    "evn.amount",
    "evn.confirm",
    "phone.type_dialog",
    "phone.type_menu",
    "phone.type_prepaid",
    "phone.type_postpaid",
    "phone.type_confirm",
    "phone.check",
    "phone.debt",
];
/// Candidates that are shown for a missing element.
const NEAREST: usize = 3;
/// Less alike is no candidate.
const ALIKE_MIN: f64 = 0.62;
/// The likeness of the only thing of its kind on the page.
const ONLY_ONE: f64 = 0.75;

/// One page as it was found.
#[derive(Debug, Clone, Serialize)]
pub struct Surveyed {
    /// `login`, `frame`, `tv`, `evn`, `phone` or `history`.
    pub page: &'static str,
    /// Its address.
    pub url: String,
    /// Every element of the map that belongs to it.
    pub elements: Vec<Finding>,
    /// Its HTML with personal data masked, for support.
    #[serde(skip)]
    pub snapshot: String,
}

/// One element.
#[derive(Debug, Clone, Serialize)]
pub struct Finding {
    /// Its name in the map.
    pub element: String,
    /// What a person knows it by.
    pub called: String,
    /// How it was found.
    pub standing: MapStanding,
    /// What there resembles it, most alike first, where it is missing.
    pub nearest: Vec<Candidate>,
}

/// How an element was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum MapStanding {
    /// By this locator, counted from 1.
    Found {
        /// Which.
        locator: usize,
        /// How many there are.
        of: usize,
    },
    /// It is there, and not shown now.
    Hidden {
        /// By which locator, counted from 1.
        locator: usize,
    },
    /// It comes only after a step, or this portal has none.
    Later,
    /// It should be there.
    Missing,
}

/// Something on the page that may be meant.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    /// For the map.
    pub locator: String,
    /// What it says.
    pub words: String,
    /// 0 to 100.
    pub alike: u32,
}

impl Page<'_> {
    /// The login form, as it stands before anybody has logged in.
    pub async fn survey_login(&mut self) -> Result<Surveyed, PortalError> {
        let home = self.map.pages.home.first().cloned().unwrap_or_default();
        self.survey("login", &home, true).await
    }

    /// Every page behind the login.
    pub async fn survey_pages(&mut self) -> Result<Vec<Surveyed>, PortalError> {
        let first = |paths: &[String]| paths.first().cloned().unwrap_or_default();
        let (tv, phone, history) = (
            first(&self.map.pages.internet_tv),
            first(&self.map.pages.phone),
            first(&self.map.pages.history),
        );
        let mut all = vec![
            self.survey("frame", &tv, false).await?,
            self.survey("tv", &tv, false).await?,
            self.survey("phone", &phone, false).await?,
        ];
        // Where the page cannot be found its elements are missing on the first address, which shows
        // what is there.
        let evn = match self.find_bill_page().await {
            Ok(path) => path,
            Err(PortalError::PageChanged { .. }) => first(&self.map.pages.evn),
            Err(error) => return Err(error),
        };
        all.push(self.survey("evn", &evn, false).await?);
        if !history.is_empty() {
            let is_there = self.history_mark().await.is_ok_and(|mark| mark.is_some());
            let standing = if is_there {
                MapStanding::Found { locator: 1, of: 1 }
            } else {
                MapStanding::Later
            };
            let table = Finding {
                element: "history.table".to_owned(),
                called: "Lịch sử giao dịch".to_owned(),
                standing,
                nearest: Vec::new(),
            };
            all.push(Surveyed {
                page: "history",
                url: format!("{}{history}", self.base),
                elements: vec![table],
                snapshot: String::new(),
            });
        }
        Ok(all)
    }

    async fn survey(
        &mut self,
        page: &'static str,
        path: &str,
        on_login: bool,
    ) -> Result<Surveyed, PortalError> {
        self.open(path).await?;
        let prefix = format!("{page}.");
        let names: Vec<&String> = self
            .map
            .elements
            .keys()
            .filter(|name| name.starts_with(&prefix))
            .collect();
        let steps = vec![ready(), json!({ "op": "survey", "names": names })];
        let mut snapshot = if on_login {
            self.step_on_login(steps).await?
        } else {
            self.step(steps).await?
        };
        let raw = snapshot.survey.take().unwrap_or_default();
        Ok(Surveyed {
            page,
            url: snapshot.url,
            elements: findings(self.map, &prefix, &raw),
            snapshot: raw.html,
        })
    }
}

fn findings(map: &PortalMap, prefix: &str, raw: &RawSurvey) -> Vec<Finding> {
    let of_page = map
        .elements
        .iter()
        .filter(|(name, _)| name.starts_with(prefix));
    of_page
        .map(|(name, locators)| {
            let is_later = LATER.contains(&name.as_str())
                || name.starts_with("phone.") && name != "phone.number";
            let standing = match raw.found.get(name) {
                Some(found) if found.shown => MapStanding::Found {
                    locator: found.locator + 1,
                    of: locators.len(),
                },
                Some(found) => MapStanding::Hidden {
                    locator: found.locator + 1,
                },
                None if is_later => MapStanding::Later,
                None => MapStanding::Missing,
            };
            let about = map.about.get(name);
            let nearest = if standing == MapStanding::Missing {
                nearest(locators, about, &raw.candidates)
            } else {
                Vec::new()
            };
            Finding {
                element: name.clone(),
                called: about.map(|a| a.called.clone()).unwrap_or_default(),
                standing,
                nearest,
            }
        })
        .collect()
}

/// What resembles an element most among what is of its kind and is not already something else: by
/// the last part of its id, and by the words on it or beside it. The only one left of its kind
/// needs no likeness.
fn nearest(
    locators: &[String],
    about: Option<&About>,
    candidates: &[RawCandidate],
) -> Vec<Candidate> {
    let names: Vec<String> = locators
        .iter()
        .map(|locator| last_part(locator.split('"').nth(1).unwrap_or_default()))
        .collect();
    let of_its_kind: Vec<&RawCandidate> = candidates
        .iter()
        .filter(|c| about.is_none_or(|about| about.is == c.is))
        .collect();
    let is_only_one = |candidate: &RawCandidate| {
        candidate.shown && of_its_kind.iter().filter(|c| c.shown).count() == 1
    };
    let mut all: Vec<Candidate> = of_its_kind
        .iter()
        .map(|candidate| {
            let by_name = names
                .iter()
                .map(|name| alike(name, &last_part(&candidate.id)))
                .fold(0.0, f64::max);
            let by_words = about.map_or(0.0, |about| {
                alike(
                    &about.called.to_lowercase(),
                    &candidate.words.to_lowercase(),
                )
            });
            let alone = if is_only_one(candidate) {
                ONLY_ONE
            } else {
                0.0
            };
            let locator = if candidate.id.is_empty() {
                format!("{} >> {}", tag(candidate.is), candidate.words)
            } else {
                format!("[id=\"{}\"]", candidate.id)
            };
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "0 to 1"
            )]
            let alike = (f64::max(by_name, by_words).max(alone) * 100.0).round() as u32;
            Candidate {
                locator,
                words: candidate.words.clone(),
                alike,
            }
        })
        .filter(|candidate| f64::from(candidate.alike) >= ALIKE_MIN * 100.0)
        .collect();
    all.sort_by_key(|candidate| std::cmp::Reverse(candidate.alike));
    all.truncate(NEAREST);
    all
}

fn alike(wanted: &str, seen: &str) -> f64 {
    if wanted.is_empty() || seen.is_empty() {
        0.0
    } else {
        strsim::jaro_winkler(wanted, seen)
    }
}

/// Only buttons and labels are listed without an id.
fn tag(shape: Shape) -> &'static str {
    if shape == Shape::Button {
        "button"
    } else {
        "label"
    }
}

/// The last part of an id that is no number, without its number.
fn last_part(id: &str) -> String {
    let last = id
        .rsplit(':')
        .find(|part| !part.chars().all(|c| c.is_ascii_digit()))
        .unwrap_or_default();
    last.trim_end_matches(|c: char| c.is_ascii_digit())
        .to_lowercase()
}

#[cfg(test)]
mod tests;
