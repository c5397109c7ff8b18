//! One service's form, list and batch.

mod events;
mod pasted;
mod previous;
mod sums;
mod table;

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::rows::{JobRow, RowState, Rows, TableWish};
use super::taken::{TakenList, line_of};
use super::{Known, LinkId};
use crate::desktop::words::Words;
use crate::domain::job::Defaults;
use crate::domain::{
    Intake, Job, JobList, Outcome, PaymentType, Phone, RawJob, Service, Ticket, Vnd,
};
use crate::ledger::StoppedList;

/// A list that is longer is not edited in a text field.
pub const LINES_MAX: usize = 5_000;

/// A list that is longer is sorted and filtered beside the window's thread.
pub const AT_ONCE: usize = 2_000;

/// Minutes that the chart of the rate shows.
pub const RATE_MINUTES: usize = 30;

/// What is typed once and wanted again next time. Never a PIN, never a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Habit {
    /// The amount for lines without one.
    pub amount: String,
    /// Prepaid or postpaid.
    pub payment: Option<PaymentType>,
    /// Receipts of electricity bills go here.
    pub receiver: String,
}

/// One service's form, list and batch.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own: sample, dry run, export, order"
)]
pub struct ServiceTab {
    /// One job a line.
    pub text: String,
    /// The amount for lines without one.
    pub amount: String,
    /// Prepaid or postpaid for lines that do not say it.
    pub payment: Option<PaymentType>,
    /// Receipts of electricity bills go here.
    pub receiver: String,
    /// The source says that these are sample data.
    pub is_sample: bool,
    /// The PIN that came with the list.
    pub list_pin: Option<SecretString>,
    /// The list as it came from a source, with what lines cannot say.
    taken: Option<TakenList>,
    /// The lists that stood there before, the newest first.
    previous: VecDeque<previous::Previous>,
    /// Why nothing could be fetched the last time.
    pub not_fetched: Option<String>,
    /// The checked list.
    pub list: JobList,
    /// What is known of its accounts from before: how many were paid this month, how many are in
    /// doubt.
    pub known: (usize, usize),
    /// How many of its codes look like another service's, and the first of them.
    pub odd: Option<(usize, String)>,
    /// One row a job.
    pub rows: Rows,
    /// What the table should show.
    pub wish: TableWish,
    /// The claims of jobs that a server handed out, by what makes the job.
    pub tickets: HashMap<String, Ticket>,
    /// The link that handed them out.
    pub link: Option<LinkId>,
    /// The places of the rows that it shows; `None`: all, in the list's order.
    pub order: Option<Arc<[u32]>>,
    /// Have rows changed in a way that the order does not show yet?
    pub is_order_stale: bool,
    /// Where its batch stands.
    pub phase: Phase,
    /// The batch, once it is in the ledger.
    pub batch: Option<String>,
    /// Does its batch stop before anything is paid?
    pub is_dry_run: bool,
    /// Jobs with an outcome.
    pub done: usize,
    /// Seconds to the end.
    pub eta_s: Option<u64>,
    /// Paid so far.
    pub paid: Vnd,
    /// The list was stopped on an earlier day: a person has to say what shall become of it.
    pub stopped: Option<StoppedList>,
    /// Equal top-ups that a person has said are meant, by [`Job::identity`].
    pub meant: HashSet<String>,
    /// Why it ended early.
    pub ended: Option<String>,
    /// The report that was written last.
    pub report: Option<PathBuf>,
    /// Jobs by outcome.
    pub counts: BTreeMap<Outcome, usize>,
    /// Is the report being written?
    pub is_exporting: bool,
    /// What each login does.
    pub logins: BTreeMap<usize, Login>,
    /// When jobs ended, in minutes since 1970, with how many; the newest last.
    pub rate: VecDeque<(i64, u32)>,
}

/// Where a tab's batch stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Phase {
    /// The list can be changed.
    #[default]
    Editing,
    /// Running.
    Running,
    /// Takes no new job; logins are kept alive.
    Paused,
    /// Asked to stop; the job at hand is finished.
    Stopping,
    /// Over.
    Over,
}

/// What a login does.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Login {
    /// The account it is at, and where that stands.
    pub at: Option<(String, RowState)>,
    /// Jobs that it has done.
    pub done: usize,
    /// A person has to do something in its browser.
    pub needs_person: bool,
    /// It works no more.
    pub is_out: bool,
}

impl ServiceTab {
    /// Takes a list over from a source.
    pub fn take(&mut self, service: Service, intake: Intake) {
        self.keep_previous();
        if intake.list.jobs.len() <= LINES_MAX {
            self.text = intake
                .list
                .jobs
                .iter()
                .map(|job| line_of(service, job))
                .collect::<Vec<_>>()
                .join("\n");
        } else {
            self.text.clear();
        }
        self.receiver = intake
            .receiver_phone
            .as_ref()
            .map(ToString::to_string)
            .unwrap_or_default();
        self.list_pin = intake.pin;
        self.is_sample = intake.is_sample;
        self.tickets = intake
            .list
            .jobs
            .iter()
            .filter_map(|job| Some((job.identity(service), job.ticket.clone()?)))
            .collect();
        // Where nobody has chosen, the form says the same as the list.
        self.payment = self.payment.or_else(|| the_one_kind(&intake.list));
        self.taken = Some(TakenList::of(service, intake.list, self.defaults()));
        self.phase = Phase::Editing;
        self.recheck(service);
    }

    /// The form was changed by hand.
    pub fn edited(&mut self, service: Service) {
        if pasted::is_table(&self.text) {
            return self.take_pasted(service);
        }
        if !self.is_too_long_to_edit()
            && let Some(taken) = &mut self.taken
        {
            taken.is_edited = true;
            self.is_sample = false;
        }
        self.recheck(service);
    }

    /// What is wanted again next time.
    pub fn habit(&self) -> Habit {
        Habit {
            amount: self.amount.clone(),
            payment: self.payment,
            receiver: self.receiver.clone(),
        }
    }

    /// As it was last time.
    pub fn resume(&mut self, habit: Habit) {
        (self.amount, self.payment, self.receiver) = (habit.amount, habit.payment, habit.receiver);
    }

    /// Begins a new list with nothing in it.
    pub fn cleared(&mut self, service: Service) {
        self.keep_previous();
        self.text.clear();
        self.taken = None;
        self.tickets.clear();
        self.link = None;
        self.list_pin = None;
        self.is_sample = false;
        self.phase = Phase::Editing;
        self.recheck(service);
    }

    /// Keeps only what failed and is safe to be done again.
    pub fn only_failed(&mut self, service: Service) {
        let again = |row: &JobRow| {
            matches!(
                row.state,
                RowState::Done(Outcome::Failed | Outcome::NotSent | Outcome::Cancelled)
            )
        };
        let jobs = self
            .list
            .jobs
            .iter()
            .zip(self.rows.iter())
            .filter(|(_, row)| again(row))
            .map(|(job, _)| job.clone())
            .collect();
        let list = JobList {
            jobs,
            ..JobList::default()
        };
        let intake = Intake {
            list,
            receiver_phone: self.receiver.parse().ok(),
            pin: self.list_pin.take(),
            is_sample: self.is_sample,
        };
        self.take(service, intake);
    }

    /// Did a server hand these jobs out?
    pub fn has_tickets(&self) -> bool {
        !self.tickets.is_empty()
    }

    /// Is there anything that [`Self::only_failed`] would keep?
    pub fn has_failed(&self) -> bool {
        [Outcome::Failed, Outcome::NotSent, Outcome::Cancelled]
            .iter()
            .any(|outcome| self.counts.get(outcome).is_some_and(|n| *n > 0))
    }

    /// Jobs that were held back because an equal top-up was made a short while ago, with their rows.
    pub fn held_back(&self) -> impl Iterator<Item = (&Job, &JobRow)> {
        self.list
            .jobs
            .iter()
            .zip(self.rows.iter())
            .filter(|(_, row)| row.state == RowState::Done(Outcome::HeldBack))
    }

    /// Is the list longer than a text field can be?
    pub fn is_too_long_to_edit(&self) -> bool {
        self.taken
            .as_ref()
            .is_some_and(|taken| taken.list.jobs.len() > LINES_MAX)
    }

    fn recheck(&mut self, service: Service) {
        // Another list, other questions.
        self.stopped = None;
        self.meant.clear();
        self.not_fetched = None;
        self.list = match &self.taken {
            // The checked list itself, so that what was left out at the source is still shown.
            Some(taken) if !taken.is_edited => taken.list.clone(),
            taken => self.list_of_lines(service, taken.as_ref()),
        };
        self.rows_of_list(service);
    }

    /// Rows for another list: nobody is at them.
    fn rows_of_list(&mut self, service: Service) {
        let odd = || {
            let jobs = self.list.jobs.iter();
            jobs.filter(|job| job.account.looks_odd(service))
        };
        self.odd = odd()
            .next()
            .map(|job| (odd().count(), job.account.to_string()));
        self.rows = self
            .list
            .jobs
            .iter()
            .map(|j| JobRow {
                payment: j.payment,
                ..JobRow::waiting(&j.account.to_string(), j.amount)
            })
            .collect();
        self.batch = None;
        self.forget_batch();
        self.reorder();
    }

    /// The list that the text field says. A line that came from the source and was not touched is
    /// the job that came with it, with all that a line cannot say.
    fn list_of_lines(&self, service: Service, taken: Option<&TakenList>) -> JobList {
        let rows = self.raw_lines(service, &self.text, taken);
        let mut list = JobList::check(service, self.defaults(), rows);
        // A line that is still there is still the job that was handed out.
        for job in &mut list.jobs {
            job.ticket = self.tickets.get(&job.identity(service)).cloned();
        }
        list
    }

    /// What these lines say, one by one.
    fn raw_lines(&self, service: Service, text: &str, taken: Option<&TakenList>) -> Vec<RawJob> {
        let defaults = self.defaults();
        text.lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(at, line)| {
                let row = format!("dòng {}", at + 1);
                match taken {
                    Some(taken) => taken.row(service, row, line, defaults),
                    None => RawJob::from_line(service, row, line),
                }
            })
            .collect()
    }

    /// What rows say that do not say it themselves.
    pub fn defaults(&self) -> Defaults {
        Defaults {
            amount: Vnd::typed(&self.amount).ok(),
            payment: self.payment,
        }
    }

    /// Tells rows that are known from before. `month`: accounts of this service, as keys.
    pub fn flag(&mut self, known: &Known, words: &Words) {
        if self.phase != Phase::Editing {
            return;
        }
        self.known = (0, 0);
        for (place, job) in self.list.jobs.iter().enumerate() {
            let key = job.account.key();
            let message = if known.in_doubt.contains(&key) {
                self.known.1 += 1;
                Some(words.row_in_doubt.to_owned())
            } else if let Some(at) = known.paid.get(&key) {
                self.known.0 += 1;
                Some((words.row_paid_before)(at))
            } else {
                None
            };
            if self
                .rows
                .get(place)
                .is_some_and(|row| row.message.as_deref() != message.as_deref())
            {
                self.rows
                    .change(place, |row| row.message = message.map(Into::into));
            }
        }
    }

    fn forget_batch(&mut self) {
        self.counts.clear();
        self.done = 0;
        self.ended = None;
        self.report = None;
        self.paid = Vnd::ZERO;
        self.eta_s = None;
        self.logins.clear();
        self.rate.clear();
    }

    /// The batch begins.
    pub fn started(&mut self, is_dry_run: bool) {
        self.phase = Phase::Running;
        self.is_dry_run = is_dry_run;
        self.stopped = None;
        self.forget_batch();
        self.rows = self
            .rows
            .iter()
            .map(|row| JobRow {
                payment: row.payment,
                ..JobRow::waiting(&row.account, row.amount)
            })
            .collect();
        self.wish = TableWish::default();
        self.reorder();
    }

    /// What the window misses before this list can be started.
    pub fn missing(&self, words: &Words) -> Option<&'static str> {
        if !self.receiver.trim().is_empty() && self.receiver.parse::<Phone>().is_err() {
            Some(words.bad_receiver)
        } else if !self.amount.trim().is_empty() && Vnd::typed(&self.amount).is_err() {
            Some(words.bad_amount)
        } else {
            None
        }
    }

    /// Did the batch end before its list did? Then starting again goes on with it.
    pub fn is_interrupted(&self) -> bool {
        self.phase == Phase::Over && self.ended.is_some()
    }
}

/// The kind of all jobs, where it is one.
fn the_one_kind(list: &JobList) -> Option<PaymentType> {
    let kind = list.jobs.first()?.payment?;
    let is_one = list.jobs.iter().all(|job| job.payment == Some(kind));
    is_one.then_some(kind)
}
