//! The view model: what the window shows, and how events and actions change it. No I/O, no egui, no
//! clock.

mod action;
mod ahead;
mod guide;
mod news;
mod notices;
pub mod rows;
mod sentence;
pub mod settings;
pub mod shift;
pub mod side;
mod state;
pub mod tab;
mod taken;

use std::collections::{BTreeMap, HashMap};

use super::words::{Language, Words};
use crate::client::ShopBanner;
use crate::domain::{Limits, Service, Vnd};

pub use action::UserAction;
pub use ahead::Ahead;
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

    /// Tells rows that are known from before.
    pub fn flag(&mut self, service: Service) {
        let words = self.words();
        if let (Some(known), Some(tab)) = (self.known.get(&service), self.tabs.get_mut(&service)) {
            tab.flag(known, words);
        }
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

    /// Does what it says change by the second?
    pub fn counts_down(&self) -> bool {
        self.busy != Busy::Nobody && (self.settling.is_some() || self.needs_person.is_some())
    }
}

#[cfg(test)]
mod tests;
