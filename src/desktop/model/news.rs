//! What the window is told: lists that come, events of what runs, its end.

use super::Model;
use super::state::{Busy, LinkId, Needed, Settling, Wait};
use super::tab::{Phase, ServiceTab};
use crate::desktop::style::Tone;
use crate::domain::{Intake, Service};
use crate::engine::Progress;
use crate::ledger::StoppedList;

impl Model {
    /// A list from the API or a file goes into the form. `source`: a file's name.
    /// A file without any row leaves the list that stands there alone.
    pub fn fetched(&mut self, service: Service, intake: Intake, source: Option<&str>) {
        self.fetching = None;
        let (words, count) = (self.words(), intake.list.jobs.len());
        let first_error = intake
            .list
            .errors
            .first()
            .map(|row| format!("{}: {}", row.row, row.why));
        if let (Some(name), 0, None) = (source, count, &first_error) {
            return self.tell(Tone::Doubt, (words.empty_file)(name));
        }
        let link = self.link;
        let tab = self.tab_of(service);
        tab.take(service, intake);
        tab.link = tab.has_tickets().then_some(link);
        self.flag(service);
        match source {
            _ if count == 0 => self.tell(
                Tone::Doubt,
                first_error
                    .map_or_else(|| words.no_data.to_owned(), |why| (words.no_good_row)(&why)),
            ),
            Some(name) => self.tell(Tone::Good, (words.from_file)(count, name)),
            None => self.tell(Tone::Good, (words.fetched)(count, (words.service)(service))),
        }
    }

    /// Jobs come over another link from now on: lists that the old one handed out are wanted no
    /// more. A batch that runs goes on, and what is over stays to be looked at.
    pub fn linked_anew(&mut self, link: LinkId) {
        self.link = link;
        self.admin = None;
        self.banners.clear();
        let running = self.running();
        let is_outdated = |(service, tab): &(&Service, &mut ServiceTab)| {
            tab.has_tickets() && tab.phase == Phase::Editing && Some(**service) != running
        };
        let mut is_any = false;
        for (service, tab) in self.tabs.iter_mut().filter(is_outdated) {
            tab.cleared(*service);
            is_any = true;
        }
        if is_any {
            self.tell(Tone::Doubt, self.words().new_source);
        }
    }

    /// Fetching or reading failed.
    pub fn not_fetched(&mut self, why: String) {
        if let Some(service) = self.fetching.take() {
            self.tab_of(service).not_fetched = Some(why.clone());
        }
        self.tell(Tone::Bad, why);
    }

    /// An event of what runs.
    pub fn fold(&mut self, event: Progress) {
        let words = self.words();
        let was_low = self.is_balance_low();
        match &event {
            Progress::LoggedIn { agent, balance, .. } => {
                self.agent = Some(agent.clone());
                self.balance = balance.or(self.balance);
            }
            Progress::NeedsPerson {
                login,
                errand,
                until_ms,
                ..
            } => {
                let wait = self.wait_until(*until_ms);
                self.needs_person = Some(Needed {
                    login: *login,
                    errand: *errand,
                    wait,
                });
            }
            Progress::PersonDone => self.needs_person = None,
            Progress::Progress {
                balance: Some(balance),
                ..
            } => self.balance = Some(*balance),
            _ => {}
        }
        if let Some(balance) = self.balance.filter(|_| self.is_balance_low() && !was_low) {
            self.tell(Tone::Doubt, (words.balance_low)(&balance.to_string()));
        }
        self.settling = match &event {
            Progress::Settling { open, until_ms, .. } => Some(Settling {
                open: *open,
                wait: match self.settling {
                    // The next look at the same end: what is over stays over.
                    Some(before) if before.wait.until_ms == *until_ms => before.wait,
                    _ => self.wait_until(*until_ms),
                },
            }),
            // Looking into doubts tells outcomes; the next look is told again.
            Progress::Outcome(_) => self.settling,
            _ => None,
        };
        // Reconciling tells of attempts of any batch, which are no rows of a list.
        if let Some(service) = self.running() {
            let now_ms = self.now_ms;
            self.tab_of(service).fold(event, words, now_ms);
        }
    }

    /// Does the balance run low?
    pub fn is_balance_low(&self) -> bool {
        self.balance
            .is_some_and(|balance| balance < self.low_balance)
    }

    pub(super) fn wait_until(&self, until_ms: i64) -> Wait {
        Wait {
            since_ms: self.now_ms,
            until_ms,
        }
    }

    /// The batch ended; `Err` says why it could not go on.
    pub fn ended(&mut self, result: Result<(), String>) {
        let (words, Some(service)) = (self.words(), self.running()) else {
            return;
        };
        self.busy = Busy::Nobody;
        self.needs_person = None;
        self.settling = None;
        let tab = self.tab_of(service);
        tab.phase = Phase::Over;
        tab.reorder();
        match result {
            Ok(()) => {
                let (tone, summary) = (tab.sums().tone(), tab.sums().summary(words));
                self.tell(tone, format!("{}: {summary}", (words.service)(service)));
            }
            Err(why) => {
                tab.ended = Some(why.clone());
                self.tell(Tone::Bad, why);
            }
        }
    }

    /// The list was stopped on an earlier day: nothing was begun, and a person is asked.
    pub fn stopped(&mut self, list: StoppedList) {
        let Some(service) = self.running() else {
            return;
        };
        self.busy = Busy::Nobody;
        let tab = self.tab_of(service);
        tab.phase = Phase::Editing;
        tab.stopped = Some(list);
    }

    /// Doubts have been looked into; so many were settled.
    pub fn reconciled(&mut self, result: Result<usize, String>) {
        self.busy = Busy::Nobody;
        self.settling = None;
        self.needs_person = None;
        match result {
            Ok(settled) => self.tell(
                if settled > 0 { Tone::Good } else { Tone::Doubt },
                (self.words().settled)(settled),
            ),
            Err(why) => self.tell(Tone::Bad, why),
        }
    }
}
