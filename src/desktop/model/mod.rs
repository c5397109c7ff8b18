//! The view model: what the window shows, and how events and actions change it. No I/O, no egui, no
//! clock.

mod action;
mod guide;
pub mod rows;
mod sentence;
pub mod settings;
pub mod shift;
pub mod side;
mod state;
pub mod tab;
mod taken;

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use super::style::Tone;
use super::words::{Language, Words, told};
use crate::client::ShopBanner;
use crate::domain::{Intake, Limits, Service, Vnd};
use crate::engine::Progress;
use crate::ledger::StoppedList;
pub use action::UserAction;
pub use sentence::local;
pub use settings::ShownSettings;
pub use side::{Find, FirstRun, FoundAttempt, HistoryView, Lock, Only};
pub use state::{
    AutoMode, Busy, DriverCard, Known, LinkId, Needed, Notice, Place, Reach, Settling, Setup, Wait,
};
pub use tab::{Login, Phase, ServiceTab};

/// Everything that the window shows.
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the machine or the person at it"
)]
pub struct Model {
    /// What language it speaks.
    pub language: Language,
    /// The time by the window's clock, in milliseconds since 1970: the application sets it before
    /// each frame.
    pub now_ms: i64,
    /// What is on the screen.
    pub place: Place,
    /// One form and one list per service.
    pub tabs: BTreeMap<Service, ServiceTab>,
    /// What is known of accounts from before, per service.
    pub known: HashMap<Service, Known>,
    /// Is the program ready to work?
    pub setup: Setup,
    /// The job API.
    pub api: Reach,
    /// How many outcomes their source has not acknowledged.
    pub unacknowledged: u64,
    /// The link that jobs come over.
    pub link: LinkId,
    /// Where the server's web admin is.
    pub admin: Option<String>,
    /// What the shop wants to be read.
    pub banners: Vec<ShopBanner>,
    /// Browser and driver.
    pub browser: Reach,
    /// The driver, where it is missing.
    pub driver: DriverCard,
    /// The page of the guide that is open.
    pub guide: Option<&'static crate::guide::GuidePage>,
    /// The agent's balance, as last seen.
    pub balance: Option<Vnd>,
    /// Below this it runs low; nothing: never.
    pub low_balance: Vnd,
    /// Who is logged in on the portal.
    pub agent: Option<String>,
    /// Who is on the portal now.
    pub busy: Busy,
    /// Which service's list is being fetched or read?
    pub fetching: Option<Service>,
    /// Attempts without proof of how they ended; each locks its debt.
    pub doubts: Vec<FoundAttempt>,
    /// How often a page was photographed for a look, and what it looked like: login, name of the
    /// picture.
    pub peeked: (u32, Option<(usize, String)>),
    /// What a person has to do, and in which login's browser.
    pub needs_person: Option<Needed>,
    /// What is in doubt is looked into.
    pub settling: Option<Settling>,
    /// Was the reconciler asked to stop?
    pub stops_reconciling: bool,
    /// The PIN typed here, where the configuration has none.
    pub pin: String,
    /// Does the configuration have a PIN?
    pub has_pin: bool,
    /// A demo with simulated money.
    pub is_demo: bool,
    /// Who is signed in, or named by the configuration.
    pub operator: String,
    /// Is it the owner who is signed in? Somebody always is where nobody has to.
    pub is_owner: bool,
    /// Who may sign in; empty where nobody has to.
    pub operators: Vec<String>,
    /// What must not be exceeded.
    pub limits: Limits,
    /// The lock.
    pub lock: Lock,
    /// The first set-up's form.
    pub first: FirstRun,
    /// "Was it paid?"
    pub find: Find,
    /// Batches and sums of some days.
    pub history: HistoryView,
    /// The settings' form.
    pub settings: ShownSettings,
    /// Runs every service by itself, on a schedule.
    pub auto: AutoMode,
    /// Everything that was told, the newest last.
    pub told: Vec<Notice>,
    /// The newest of it, as long as it stands in the lower line.
    pub shown: Option<Notice>,
    /// The window is asked to close while something runs.
    pub asks_close: bool,
}

impl Model {
    /// As the window opens.
    pub fn new(is_demo: bool) -> Self {
        Self {
            language: Language::default(),
            now_ms: 0,
            place: Place::Service(Service::LookUpFtth),
            tabs: Service::ALL
                .into_iter()
                .map(|s| (s, ServiceTab::default()))
                .collect(),
            known: HashMap::new(),
            setup: Setup::Opening,
            api: Reach::Checking,
            unacknowledged: 0,
            link: LinkId::default(),
            admin: None,
            banners: Vec::new(),
            browser: Reach::Checking,
            driver: DriverCard::None,
            guide: None,
            balance: None,
            low_balance: Vnd::ZERO,
            agent: None,
            busy: Busy::Nobody,
            fetching: None,
            doubts: Vec::new(),
            peeked: (0, None),
            needs_person: None,
            settling: None,
            stops_reconciling: false,
            pin: String::new(),
            has_pin: false,
            is_demo,
            operator: String::new(),
            is_owner: true,
            operators: Vec::new(),
            limits: Limits::default(),
            lock: Lock::default(),
            first: FirstRun::default(),
            find: Find::default(),
            history: HistoryView::default(),
            settings: ShownSettings::default(),
            auto: AutoMode::default(),
            told: Vec::new(),
            shown: None,
            asks_close: false,
        }
    }

    /// This person works here from now on.
    pub fn sign_in(&mut self, who: String) {
        self.find.name.clone_from(&who);
        self.operator = who;
    }

    /// What is typed in each form and wanted again next time.
    pub fn habits(&self) -> BTreeMap<Service, tab::Habit> {
        self.tabs
            .iter()
            .map(|(service, tab)| (*service, tab.habit()))
            .collect()
    }

    /// Forms as they were last time.
    pub fn resume(&mut self, habits: BTreeMap<Service, tab::Habit>) {
        for (service, habit) in habits {
            self.tab_of(service).resume(habit);
        }
    }

    /// What it says.
    pub fn words(&self) -> &'static Words {
        self.language.words()
    }

    /// The service on the screen, or the one that was last.
    pub fn service(&self) -> Service {
        match (self.place, self.busy) {
            (Place::Service(service), _) | (_, Busy::Batch(service)) => service,
            _ => Service::LookUpFtth,
        }
    }

    /// The tab on the screen.
    pub fn tab(&self) -> &ServiceTab {
        &self.tabs[&self.service()]
    }

    /// The tab on the screen, to change.
    pub fn tab_mut(&mut self) -> &mut ServiceTab {
        self.tab_of(self.service())
    }

    /// A service's tab, to change.
    pub fn tab_of(&mut self, service: Service) -> &mut ServiceTab {
        self.tabs.entry(service).or_default()
    }

    /// Which service is running.
    pub fn running(&self) -> Option<Service> {
        match self.busy {
            Busy::Batch(service) => Some(service),
            Busy::Nobody | Busy::Reconciling => None,
        }
    }

    /// Of the batch that runs: jobs with an outcome, and all of them.
    pub fn progress(&self) -> (usize, usize) {
        let running = self.running().and_then(|service| self.tabs.get(&service));
        running.map_or((0, 0), |tab| (tab.done, tab.rows.len()))
    }

    /// May *Bắt đầu* be pressed?
    pub fn can_start(&self) -> bool {
        let tab = self.tab();
        self.setup == Setup::Ready
            && self.busy == Busy::Nobody
            && !tab.list.jobs.is_empty()
            && self.missing().is_none()
    }

    /// Is *Bắt đầu* about to begin something whose extent is to be read first? So it is with a list
    /// that is being made, and with one whose dry run is over.
    pub fn shows_what_comes(&self) -> bool {
        let tab = self.tab();
        (tab.phase == Phase::Editing || tab.rehearsed().is_some())
            && !tab.list.jobs.is_empty()
            && self.missing().is_none()
    }

    /// Minutes that the list will take, by the newest batch of its service; at least one.
    pub fn takes_minutes(&self) -> Option<u64> {
        let each = self.known.get(&self.service())?.ms_a_job?;
        let jobs = u64::try_from(self.tab().list.jobs.len()).unwrap_or(u64::MAX);
        Some(each.saturating_mul(jobs).div_ceil(60_000).max(1))
    }

    /// May another list be taken?
    pub fn can_take(&self) -> bool {
        self.setup == Setup::Ready
            && self.fetching.is_none()
            && self.running() != Some(self.service())
    }

    /// May *Đối soát* be pressed?
    pub fn can_reconcile(&self) -> bool {
        self.setup == Setup::Ready && self.busy == Busy::Nobody && !self.doubts.is_empty()
    }

    /// What is still missing before the batch can start, in words.
    pub fn missing(&self) -> Option<&'static str> {
        let (tab, words) = (self.tab(), self.words());
        let needs_pin = self.service().is_payment()
            && !self.has_pin
            && tab.list_pin.is_none()
            && self.pin.is_empty();
        if needs_pin {
            Some(words.need_pin)
        } else {
            tab.missing(words)
        }
    }

    /// May *Xuất Excel* be pressed?
    pub fn can_export(&self) -> bool {
        let tab = self.tab();
        tab.batch.is_some() && tab.phase == Phase::Over && !tab.is_exporting
    }

    /// Tells something: for a while in the lower line, and for good in the list of what was told.
    pub fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        let told = told(&text.into(), self.language);
        let notice = Notice {
            tone,
            text: told.sentence,
            cause: told.cause,
            at_ms: self.now_ms,
        };
        self.told.push(notice.clone());
        self.shown = Some(notice);
    }

    /// How long the lower line still says what was told last.
    pub fn told_for(&self) -> Option<Duration> {
        let shown = self.shown.as_ref()?;
        let stands_ms = match shown.tone {
            Tone::Bad | Tone::Doubt => 30_000,
            Tone::Quiet | Tone::Busy | Tone::Good => 8_000,
        };
        let left = shown.at_ms + stands_ms - self.now_ms;
        u64::try_from(left)
            .ok()
            .filter(|left| *left > 0)
            .map(Duration::from_millis)
    }

    /// Takes out of the lower line what has stood there long enough.
    pub fn forget_told(&mut self) {
        if self.told_for().is_none() {
            self.shown = None;
        }
    }

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

    /// Tells rows that are known from before.
    pub fn flag(&mut self, service: Service) {
        let words = self.words();
        if let (Some(known), Some(tab)) = (self.known.get(&service), self.tabs.get_mut(&service)) {
            tab.flag(known, words);
        }
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

    /// The shift as it was counted; `None`: it was not, or cannot be read.
    pub fn counted_shift(&self) -> Option<shift::Shift> {
        let history = &self.history;
        Some(shift::Shift {
            who: self.operator.clone(),
            since_ms: history.shift_since_ms,
            until_ms: self.now_ms,
            opening: history.shift.opening()?,
            bills: history.in_shift.0,
            paid: history.in_shift.1,
            notes: history.shift.notes()?,
            counted: history.shift.counted()?,
        })
    }

    fn wait_until(&self, until_ms: i64) -> Wait {
        Wait {
            since_ms: self.now_ms,
            until_ms,
        }
    }

    /// Does what it says change by the second?
    pub fn counts_down(&self) -> bool {
        self.busy != Busy::Nobody && (self.settling.is_some() || self.needs_person.is_some())
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
                let (tone, summary) = (tab.tone(), tab.summary(words));
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

#[cfg(test)]
mod tests;
