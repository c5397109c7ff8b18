//! Everything beside a batch: the lock, the first set-up, what was asked of the ledger, days,
//! settings.

use std::collections::HashSet;
use std::path::PathBuf;

use super::shift::{Shift, ShiftForm};
use crate::domain::{Conclusion, Outcome, Service, Vnd};

/// The window's lock. A running batch goes on behind it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lock {
    /// Is it locked?
    pub is_locked: bool,
    /// Who signs in; empty where nobody has to.
    pub who: String,
    /// What was typed.
    pub typed: String,
    /// Is it being checked?
    pub is_checking: bool,
    /// Wrong tries in a row.
    pub wrong: u32,
    /// Nothing is checked before this, in milliseconds since 1970.
    pub until_ms: i64,
}

impl Lock {
    /// Locks.
    pub fn close(&mut self) {
        *self = Self {
            is_locked: true,
            who: std::mem::take(&mut self.who),
            wrong: self.wrong,
            until_ms: self.until_ms,
            ..Self::default()
        };
    }

    /// The answer to a try. Each wrong one makes the next wait twice as long, a minute at most.
    pub fn answered(&mut self, is_right: bool, now_ms: i64) {
        if is_right {
            *self = Self {
                who: std::mem::take(&mut self.who),
                ..Self::default()
            };
            return;
        }
        self.is_checking = false;
        self.typed.clear();
        self.wrong += 1;
        let wait_s = (1_i64 << self.wrong.min(6)).min(60);
        self.until_ms = now_ms + wait_s * 1_000;
    }

    /// Seconds until the next try.
    pub fn wait_s(&self, now_ms: i64) -> u64 {
        u64::try_from((self.until_ms - now_ms).max(0))
            .unwrap_or_default()
            .div_ceil(1_000)
    }
}

/// The first set-up's form. Secrets are forgotten when it is done.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "each is the field of its name")]
pub struct FirstRun {
    pub operator: String,
    pub user: String,
    pub password: String,
    pub pin: String,
    pub api_url: String,
    pub api_token: String,
    pub passphrase: String,
    pub use_keyring: bool,
    /// What was wrong with it.
    pub problem: Option<String>,
    /// Is it being saved?
    pub is_saving: bool,
}

/// How strong a passphrase is, 0 to 4 as `zxcvbn` counts.
pub fn strength(passphrase: &str) -> u8 {
    if passphrase.is_empty() {
        0
    } else {
        zxcvbn::zxcvbn(passphrase, &["gachno", "viettel"])
            .score()
            .into()
    }
}

/// "Was it paid?"
#[derive(Debug, Clone, Default)]
pub struct Find {
    /// What was typed.
    pub query: String,
    /// What was asked last.
    pub asked: Option<String>,
    /// What the ledger has about it, the newest first.
    pub found: Vec<FoundAttempt>,
    /// The attempt whose story is told.
    pub story: Option<Story>,
    /// Who decides a doubt.
    pub name: String,
    /// Why.
    pub reason: String,
    /// The picture of the story that is looked at closely.
    pub enlarged: Option<PathBuf>,
    /// Is the cursor to stand in its field?
    pub wants_focus: bool,
    /// The attempt that is about to be decided, and whether as paid: asked once more.
    pub deciding: Option<(String, bool)>,
}

impl Find {
    /// The story, where it is this attempt's.
    pub fn story_of(&self, attempt: &str) -> Option<&Story> {
        self.story.as_ref().filter(|story| story.attempt == attempt)
    }
}

/// One attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundAttempt {
    /// Its id.
    pub attempt: String,
    /// What was done.
    pub service: Service,
    /// For whom.
    pub account: String,
    /// Whose bill.
    pub customer: Option<String>,
    /// How it stands.
    pub end: Conclusion,
    /// When it last changed, in local time.
    pub at: String,
}

impl FoundAttempt {
    /// Does a person have to look?
    pub fn is_doubt(&self) -> bool {
        self.end.outcome == Outcome::Unknown
    }
}

/// One attempt, told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Story {
    /// Its id.
    pub attempt: String,
    /// Local time and sentence of each step.
    pub steps: Vec<(String, String)>,
    /// What was kept: what it shows, and where it lies.
    pub evidence: Vec<(String, PathBuf)>,
}

/// Batches and sums of some days.
#[derive(Debug, Clone)]
pub struct HistoryView {
    /// How many days back, today included.
    pub days: u16,
    /// The batches, the newest first.
    pub batches: Vec<BatchView>,
    /// Local day and what was paid on it, the oldest first.
    pub by_day: Vec<(String, Vnd)>,
    /// Services with the number and the sum of what was paid.
    pub by_service: Vec<(Service, usize, Vnd)>,
    /// Who worked, with the number of batches and the sum of what was paid in them, the most first.
    pub by_person: Vec<(String, usize, Vnd)>,
    /// How many bills were paid in each hour of the day.
    pub by_hour: [usize; 24],
    /// The only batches that are shown.
    pub only: Option<Only>,
    /// Outcomes with their numbers.
    pub by_outcome: Vec<(Outcome, usize)>,
    /// Paid today.
    pub today: Vnd,
    /// What is typed at the end of a shift.
    pub shift: ShiftForm,
    /// Since when the shift goes, in milliseconds since 1970.
    pub shift_since_ms: i64,
    /// How many bills were paid in it, and what.
    pub in_shift: (usize, Vnd),
    /// Shifts that are over, the newest first.
    pub shifts: Vec<Shift>,
    /// Is it being read?
    pub is_loading: bool,
    /// Batches that are ticked, by id.
    pub ticked: HashSet<String>,
}

impl Default for HistoryView {
    fn default() -> Self {
        Self {
            days: 7,
            batches: Vec::new(),
            by_day: Vec::new(),
            by_service: Vec::new(),
            by_person: Vec::new(),
            by_hour: [0; 24],
            only: None,
            by_outcome: Vec::new(),
            today: Vnd::ZERO,
            shift: ShiftForm::default(),
            shift_since_ms: 0,
            in_shift: (0, Vnd::ZERO),
            shifts: Vec::new(),
            is_loading: false,
            ticked: HashSet::new(),
        }
    }
}

impl HistoryView {
    /// What should lie in the drawer: what lay there, and what was taken since.
    pub fn expected(&self) -> Option<Vnd> {
        Some(self.shift.opening()?.saturating_add(self.in_shift.1))
    }

    /// How far the counted cash is off what the ledger says, in đồng; `None` where nothing was
    /// counted.
    pub fn off_by(&self) -> Option<i64> {
        Some(self.shift.counted()?.dong() - self.expected()?.dong())
    }

    /// Paid in the whole span.
    pub fn total(&self) -> Vnd {
        self.by_service.iter().map(|(.., paid)| *paid).sum()
    }

    /// The batches that are shown.
    pub fn shown(&self) -> impl Iterator<Item = &BatchView> {
        let fits = |batch: &&BatchView| self.only.as_ref().is_none_or(|only| only.has(batch));
        self.batches.iter().filter(fits)
    }

    /// The batches to write to Excel: those that are ticked, else all that are shown.
    pub fn chosen(&self) -> Vec<String> {
        let is_chosen =
            |batch: &&BatchView| self.ticked.is_empty() || self.ticked.contains(&batch.id);
        self.shown()
            .filter(is_chosen)
            .map(|batch| batch.id.clone())
            .collect()
    }

    /// What was read takes the place of what is shown; what was typed and ticked stays, as far as
    /// it is still there.
    #[must_use]
    pub fn renewed(&self, read: Self) -> Self {
        let ticked = self
            .ticked
            .iter()
            .filter(|id| read.batches.iter().any(|batch| batch.id == **id))
            .cloned()
            .collect();
        Self {
            shift: self.shift.clone(),
            only: self.only.clone().filter(|_| self.days == read.days),
            ticked,
            ..read
        }
    }
}

/// What a click into a chart leaves of the batches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Only {
    /// Of this service.
    Service(Service),
    /// By this person.
    Person(String),
    /// Entered on this day, as `26/11`.
    Day(String),
    /// Entered in this hour.
    Hour(usize),
}

impl Only {
    /// Is the batch among them?
    pub fn has(&self, batch: &BatchView) -> bool {
        match self {
            Self::Service(service) => batch.service == *service,
            Self::Person(name) => batch.operator == *name,
            Self::Day(day) => batch.started.starts_with(day.as_str()),
            Self::Hour(hour) => batch.started.get(11..13) == Some(format!("{hour:02}").as_str()),
        }
    }
}

/// A batch in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchView {
    /// Its id.
    pub id: String,
    /// The service.
    pub service: Service,
    /// When it was entered, in local time.
    pub started: String,
    /// Was it gone through?
    pub is_finished: bool,
    /// Stops before arming.
    pub is_dry_run: bool,
    /// Who worked.
    pub operator: String,
    /// Number of jobs.
    pub jobs: usize,
    /// Sum of what was paid.
    pub paid: Vnd,
}

#[cfg(test)]
mod tests;
