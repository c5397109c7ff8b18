//! The one big sentence at the top of the window.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Busy, Model, Phase, Place, ServiceTab, Setup};
use crate::desktop::style::Tone;
use crate::desktop::words::{ToldError, Words, told};

impl Model {
    /// What the machine said about what the sentence tells, for whoever mends it.
    pub fn cause(&self) -> Option<String> {
        let tab = self.tab();
        let why = match &self.setup {
            Setup::Fault(why) => Some(why),
            Setup::Ready if self.busy == Busy::Nobody => match tab.phase {
                Phase::Over => tab.ended.as_ref(),
                Phase::Editing if tab.list.jobs.is_empty() => tab.not_fetched.as_ref(),
                _ => None,
            },
            _ => None,
        };
        let is_told = matches!(self.place, Place::Service(_)) || self.setup != Setup::Ready;
        let why = why.filter(|_| is_told)?;
        let ToldError { cause, .. } = told(why, self.language);
        cause
    }

    /// The one big sentence: what it is doing, how much, whether it needs somebody.
    pub fn sentence(&self) -> (Tone, String) {
        let words = self.words();
        match &self.setup {
            Setup::Opening => return (Tone::Quiet, words.opening.to_owned()),
            Setup::First => return (Tone::Quiet, words.first_title.to_owned()),
            Setup::Locked(_) => return (Tone::Doubt, words.locked.to_owned()),
            Setup::Fault(why) => {
                return (Tone::Bad, told(why, self.language).sentence);
            }
            Setup::Ready => {}
        }
        if let Some(needed) = self.needs_person {
            let left = needed.wait.left(self.now_ms);
            let asked = needed.errand.asked(self.language);
            return (Tone::Doubt, (words.waited_for)(asked, &left));
        }
        if self.busy == Busy::Reconciling && self.stops_reconciling {
            return (Tone::Doubt, words.stopping.to_owned());
        }
        if let Some(settling) = self.settling.filter(|_| self.busy != Busy::Nobody) {
            let left = settling.wait.left(self.now_ms);
            return (Tone::Busy, (words.settling)(settling.open, &left));
        }
        let service = self.service();
        match self.busy {
            Busy::Reconciling => return (Tone::Busy, (words.reconciling)(self.doubts.len())),
            Busy::Batch(running) if running != service => {
                return (Tone::Busy, (words.elsewhere)((words.service)(running)));
            }
            Busy::Nobody if !matches!(self.place, Place::Service(_)) => {
                return (Tone::Quiet, words.idle_now.to_owned());
            }
            Busy::Batch(_) | Busy::Nobody => {}
        }
        let tab = self.tab();
        let left = tab.rows.len().saturating_sub(tab.done);
        match tab.phase {
            Phase::Running if tab.logins.is_empty() && tab.done == 0 => {
                (Tone::Busy, words.signing_in.to_owned())
            }
            Phase::Running => {
                let end = tab
                    .eta_s
                    .map(|s| (words.ends_at)(&clock(self.now_ms, s)))
                    .unwrap_or_default();
                (Tone::Busy, (words.running)(tab.at_work(), left, &end))
            }
            Phase::Paused => (Tone::Doubt, (words.paused)(left)),
            Phase::Stopping => (Tone::Doubt, words.stopping.to_owned()),
            Phase::Over => match &tab.ended {
                Some(why) => (Tone::Doubt, told(why, self.language).sentence),
                None => (tab.sums().tone(), over(tab, words)),
            },
            Phase::Editing if tab.list.jobs.is_empty() => match &tab.not_fetched {
                Some(why) => (Tone::Bad, told(why, self.language).sentence),
                None => (Tone::Quiet, words.no_list.to_owned()),
            },
            Phase::Editing => {
                let count = tab.list.jobs.len();
                if let Some(missing) = self.ahead().missing() {
                    (Tone::Doubt, (words.missing)(count, missing))
                } else {
                    let total = tab.list.known_total();
                    (
                        Tone::Good,
                        (words.ready)(
                            count,
                            &if total.is_zero() {
                                String::new()
                            } else {
                                total.to_string()
                            },
                        ),
                    )
                }
            }
        }
    }
}

/// The local time so many seconds from then.
fn clock(now_ms: i64, seconds: u64) -> String {
    let then =
        now_ms.saturating_add(i64::try_from(seconds.saturating_mul(1_000)).unwrap_or(i64::MAX / 4));
    local(then, "%H:%M")
}

/// A moment in local time.
pub fn local(at_ms: i64, format: &str) -> String {
    Timestamp::from_millisecond(at_ms)
        .map(|at| at.to_zoned(TimeZone::system()).strftime(format).to_string())
        .unwrap_or_default()
}

/// How a batch ended: after a dry run what the real one will cost, else its outcomes.
fn over(tab: &ServiceTab, words: &Words) -> String {
    match tab.sums().rehearsed() {
        Some((count, sum)) => {
            (words.rehearsed)(count, &sum.to_string(), &tab.sums().summary(words))
        }
        None => (words.done)(&tab.sums().summary(words)),
    }
}
