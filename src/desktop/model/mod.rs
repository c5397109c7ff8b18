//! The view model: what the window shows, and how events and actions change it. No I/O, no egui, no
//! clock.

pub mod rows;
pub mod side;
pub mod tab;
mod taken;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::style::Tone;
use super::words::{Language, Words};
use crate::client::Banner;
use crate::domain::{Errand, Intake, Limits, ListChoice, Outcome, Service, Vnd};
use crate::engine::Progress;
use crate::ledger::StoppedList;
use rows::Wish;
pub use side::{Find, FirstRun, Found, History, Lock, Settings};
pub use tab::{Login, Phase, Tab};

/// Everything that the window shows.
#[derive(Debug)]
pub struct Model {
    /// What language it speaks.
    pub language: Language,
    /// The time by the window's clock, in milliseconds since 1970: the application sets it before
    /// each frame.
    pub now_ms: i64,
    /// What is on the screen.
    pub place: Place,
    /// One form and one list per service.
    pub tabs: BTreeMap<Service, Tab>,
    /// What is known of accounts from before, per service.
    pub known: HashMap<Service, Known>,
    /// Is the program ready to work?
    pub setup: Setup,
    /// The job API.
    pub api: Status,
    /// How many outcomes their source has not acknowledged.
    pub unacknowledged: u64,
    /// The link that jobs come over.
    pub link: LinkId,
    /// Where the server's web admin is.
    pub admin: Option<String>,
    /// What the shop wants to be read.
    pub banners: Vec<Banner>,
    /// Browser and driver.
    pub browser: Status,
    /// The agent's balance, as last seen.
    pub balance: Option<Vnd>,
    /// Who is logged in on the portal.
    pub agent: Option<String>,
    /// Who is on the portal now.
    pub busy: Busy,
    /// Which service's list is being fetched or read?
    pub fetching: Option<Service>,
    /// Attempts without proof of how they ended; each locks its debt.
    pub doubts: Vec<Found>,
    /// How often a page was photographed for a look, and what it looked like: login, name of the
    /// picture.
    pub peeked: (u32, Option<(usize, String)>),
    /// What a person has to do, and in which login's browser.
    pub needs_person: Option<(usize, Errand)>,
    /// What is in doubt is looked into: how many attempts, and until when at most (milliseconds
    /// since 1970).
    pub settling: Option<(usize, i64)>,
    /// The PIN typed here, where the configuration has none.
    pub pin: String,
    /// Does the configuration have a PIN?
    pub has_pin: bool,
    /// A demo with simulated money.
    pub is_demo: bool,
    /// Who is signed in, or named by the configuration.
    pub operator: String,
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
    pub history: History,
    /// The settings' form.
    pub settings: Settings,
    /// Runs every service by itself, on a schedule.
    pub auto: Auto,
    /// Everything that was told, the newest last.
    pub told: Vec<Notice>,
    /// Notices that have not been shown yet.
    pub notices: Vec<Notice>,
}

/// Which link with a source of jobs: another address or token is another one. What one link handed
/// out means nothing at another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LinkId(u64);

impl LinkId {
    /// The one that comes after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// What is on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// A service's form and list.
    Service(Service),
    /// "Was it paid?", and what is in doubt.
    Find,
    /// Batches, sums, the day's end.
    History,
    /// The configuration.
    Settings,
    /// What was told.
    Notices,
}

/// Who is on the portal now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// Nobody.
    Nobody,
    /// A batch of this service.
    Batch(Service),
    /// The reconciler.
    Reconciling,
}

/// What is known of a service's accounts from before, by key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// Paid this month, and when.
    pub paid: HashMap<String, String>,
    /// In doubt.
    pub in_doubt: HashSet<String>,
    /// Milliseconds that a job of the newest batch took; `None` before the first.
    pub ms_a_job: Option<u64>,
}

/// Runs every service by itself, on a schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Auto {
    /// Is it on?
    pub is_on: bool,
    /// When the next round begins, in milliseconds since 1970.
    pub next_ms: i64,
    /// Services of this round that are still to come.
    pub queue: Vec<Service>,
}

/// Is the program ready to work?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setup {
    /// Opening the ledger.
    Opening,
    /// Nothing is configured yet.
    First,
    /// The configuration's secrets are locked.
    Locked(Option<String>),
    /// It cannot work, and why.
    Fault(String),
    /// Ready.
    Ready,
}

/// A light in the state line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Being looked at.
    Checking,
    /// Good.
    Good(String),
    /// Not, and why.
    Bad(String),
}

/// Something to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Good or bad.
    pub tone: Tone,
    /// The text.
    pub text: String,
    /// When, in milliseconds since 1970.
    pub at_ms: i64,
}

/// What a click or a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Show this.
    Go(Place),
    /// *Get dữ liệu*
    Fetch,
    /// Choose a job file.
    PickFile,
    /// Read this job file.
    Read(PathBuf),
    /// *Bắt đầu*; `true` is a dry run.
    Start {
        /// Stop before arming.
        dry_run: bool,
    },
    /// What shall become of a list that was stopped on an earlier day.
    StartChosen(ListChoice),
    /// These equal top-ups are meant, or not.
    Mean(Vec<String>, bool),
    /// Make the equal top-ups that are ticked.
    StartMeant,
    /// *Tạm dừng*
    Pause,
    /// *Tiếp tục*
    Resume,
    /// *Dừng lại*
    Stop,
    /// *Xuất Excel*
    Export,
    /// The form changed.
    Edited,
    /// Make the list editable again.
    NewList,
    /// Keep only what failed and is safe.
    Again,
    /// The table's filter or search changed.
    Wish(Wish),
    /// Sort by this column.
    Sort(rows::Column),
    /// Copy what the table shows.
    CopyRows,
    /// Open a file or folder of ours.
    Open(PathBuf),
    /// Bring this login's browser to the front.
    ShowBrowser(usize),
    /// Show what this login's page looks like now.
    Peek(usize),
    /// *Đối soát*
    Reconcile,
    /// Ask the ledger for what was typed.
    Find,
    /// Tell this attempt's story.
    Story(String),
    /// A person's word on an attempt in doubt.
    Resolve {
        /// The attempt.
        attempt: String,
        /// It was paid.
        is_paid: bool,
    },
    /// Show so many days.
    Days(u16),
    /// Write the ticked batches to Excel, or all that are shown.
    ExportBatches,
    /// Write what was found to Excel.
    ExportFound,
    /// Let this person sign in, as typed.
    Seat,
    /// This person may not sign in any more.
    Unseat(String),
    /// Open the secrets with the passphrase.
    Unlock,
    /// Lock the window.
    Lock,
    /// Light or dark.
    ToggleTheme,
    /// Vietnamese or English.
    ToggleLanguage,
    /// Save this setting as it was typed.
    SaveSetting(String),
    /// Read settings from a file.
    ImportSettings,
    /// Write settings without secrets.
    ExportSettings,
    /// Open the server's web admin in the system's browser.
    Admin,
    /// Run the doctor.
    Diagnose,
    /// Check what was typed in the first set-up.
    CheckSetup,
    /// Save the first set-up.
    FinishSetup,
    /// Do without it for now.
    SkipSetup,
    /// Open the demo instead.
    Demo,
    /// Auto mode on or off.
    Auto(bool),
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
                .map(|s| (s, Tab::default()))
                .collect(),
            known: HashMap::new(),
            setup: Setup::Opening,
            api: Status::Checking,
            unacknowledged: 0,
            link: LinkId::default(),
            admin: None,
            banners: Vec::new(),
            browser: Status::Checking,
            balance: None,
            agent: None,
            busy: Busy::Nobody,
            fetching: None,
            doubts: Vec::new(),
            peeked: (0, None),
            needs_person: None,
            settling: None,
            pin: String::new(),
            has_pin: false,
            is_demo,
            operator: String::new(),
            operators: Vec::new(),
            limits: Limits::default(),
            lock: Lock::default(),
            first: FirstRun::default(),
            find: Find::default(),
            history: History::default(),
            settings: Settings::default(),
            auto: Auto::default(),
            told: Vec::new(),
            notices: Vec::new(),
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
    pub fn tab(&self) -> &Tab {
        &self.tabs[&self.service()]
    }

    /// The tab on the screen, to change.
    pub fn tab_mut(&mut self) -> &mut Tab {
        self.tab_of(self.service())
    }

    /// A service's tab, to change.
    pub fn tab_of(&mut self, service: Service) -> &mut Tab {
        self.tabs.entry(service).or_default()
    }

    /// Which service is running.
    pub fn running(&self) -> Option<Service> {
        match self.busy {
            Busy::Batch(service) => Some(service),
            Busy::Nobody | Busy::Reconciling => None,
        }
    }

    /// May *Bắt đầu* be pressed?
    pub fn can_start(&self) -> bool {
        let tab = self.tab();
        self.setup == Setup::Ready
            && self.busy == Busy::Nobody
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

    /// Tells something: once as a notice, and for good in the list of what was told.
    pub fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        let notice = Notice {
            tone,
            text: text.into(),
            at_ms: self.now_ms,
        };
        self.told.push(notice.clone());
        self.notices.push(notice);
    }

    /// A list from the API or a file goes into the form. `source`: a file's name.
    pub fn fetched(&mut self, service: Service, intake: Intake, source: Option<&str>) {
        self.fetching = None;
        let (words, count) = (self.words(), intake.list.jobs.len());
        let link = self.link;
        let tab = self.tab_of(service);
        tab.take(service, intake);
        tab.link = tab.has_tickets().then_some(link);
        self.flag(service);
        match source {
            _ if count == 0 => self.tell(Tone::Doubt, words.no_data),
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
        let is_outdated = |(service, tab): &(&Service, &mut Tab)| {
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
        self.fetching = None;
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
        match &event {
            Progress::LoggedIn { agent, balance, .. } => {
                self.agent = Some(agent.clone());
                self.balance = balance.or(self.balance);
            }
            Progress::NeedsPerson { login, errand, .. } => {
                self.needs_person = Some((*login, *errand))
            }
            Progress::PersonDone => self.needs_person = None,
            Progress::Progress {
                balance: Some(balance),
                ..
            } => self.balance = Some(*balance),
            _ => {}
        }
        self.settling = match &event {
            Progress::Settling { open, until_ms, .. } => Some((*open, *until_ms)),
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

    /// The batch ended; `Err` says why it could not go on.
    pub fn ended(&mut self, result: Result<(), String>) {
        let (words, Some(service)) = (self.words(), self.running()) else {
            return;
        };
        self.busy = Busy::Nobody;
        self.needs_person = None;
        let tab = self.tab_of(service);
        tab.phase = Phase::Over;
        tab.reorder();
        match result {
            Ok(()) => {
                let is_doubtful = tab.counts.get(&Outcome::Unknown).is_some_and(|n| *n > 0)
                    || tab.ended.is_some();
                let text = format!("{}: {}", (words.service)(service), tab.summary(words));
                self.tell(if is_doubtful { Tone::Doubt } else { Tone::Good }, text);
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
        self.needs_person = None;
        match result {
            Ok(settled) => self.tell(
                if settled > 0 { Tone::Good } else { Tone::Doubt },
                (self.words().settled)(settled),
            ),
            Err(why) => self.tell(Tone::Bad, why),
        }
    }

    /// The one big sentence: what it is doing, how much, whether it needs somebody.
    pub fn sentence(&self) -> (Tone, String) {
        let words = self.words();
        match &self.setup {
            Setup::Opening => return (Tone::Quiet, words.opening.to_owned()),
            Setup::First => return (Tone::Quiet, words.first_title.to_owned()),
            Setup::Locked(_) => return (Tone::Doubt, words.locked.to_owned()),
            Setup::Fault(why) => return (Tone::Bad, why.clone()),
            Setup::Ready => {}
        }
        if let Some((_, errand)) = self.needs_person {
            return (Tone::Doubt, errand.asked(self.language).to_owned());
        }
        if let Some((open, until_ms)) = self.settling.filter(|_| self.busy != Busy::Nobody) {
            let left = countdown(until_ms - self.now_ms);
            return (Tone::Busy, (words.settling)(open, &left));
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
                Some(why) => (Tone::Doubt, why.clone()),
                None => (Tone::Good, (words.done)(&tab.summary(words))),
            },
            Phase::Editing if tab.list.jobs.is_empty() => (Tone::Quiet, words.no_list.to_owned()),
            Phase::Editing => {
                let count = tab.list.jobs.len();
                if let Some(missing) = self.missing() {
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

/// Milliseconds as minutes and seconds: `1:40`.
fn countdown(ms: i64) -> String {
    let seconds = ms.max(0) / 1_000;
    format!("{}:{:02}", seconds / 60, seconds % 60)
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

#[cfg(test)]
mod tests {
    use super::rows::{Group, RowState};
    use super::*;
    use crate::domain::job::Defaults;
    use crate::domain::{JobList, PaymentType, Proof};
    use crate::engine::OutcomeEvent;

    fn ready(service: Service, text: &str) -> Model {
        let mut model = Model::new(true);
        model.setup = Setup::Ready;
        model.place = Place::Service(service);
        model.tab_mut().text = text.to_owned();
        model.tab_mut().edited(service);
        model
    }

    fn outcome(index: usize, account: &str, outcome: Outcome) -> Progress {
        Progress::Outcome(OutcomeEvent {
            service: Service::PayEvn,
            index,
            account: account.into(),
            order_id: None,
            outcome,
            amount: Some(Vnd::fixed(150_000)),
            transaction_id: None,
            proof: Proof::Response,
            message: "ok".into(),
            customer: None,
            attempt: None,
            at: Timestamp::UNIX_EPOCH,
            earlier: false,
        })
    }

    #[test]
    fn one_sentence_tells_where_things_stand() {
        let mut model = ready(Service::PayEvn, "");
        assert!(model.sentence().1.starts_with("Chưa có dữ liệu"));
        model = ready(Service::PayEvn, "PE01\nPE02\nx!");
        assert!(model.sentence().1.contains("Nhập mã PIN"));
        model.pin = "246810".into();
        assert_eq!(
            model.sentence(),
            (Tone::Good, "Sẵn sàng · 2 dòng".to_owned())
        );
        assert!(model.can_start());
        model.busy = Busy::Batch(Service::PayEvn);
        model.tab_mut().started();
        model.fold(Progress::LoggedIn {
            login: 0,
            agent: "A".into(),
            balance: None,
        });
        model.fold(outcome(1, "PE02", Outcome::Paid));
        model.fold(Progress::Progress {
            done: 1,
            total: 2,
            eta_s: None,
            paid: Vnd::fixed(150_000),
            balance: Some(Vnd::fixed(850_000)),
        });
        assert_eq!(model.balance, Some(Vnd::fixed(850_000)));
        assert_eq!(model.sentence().1, "Đang chạy · còn 1 dòng");
        let row = model.tab().rows.get(1).expect("row");
        assert_eq!(
            (row.state, row.amount),
            (RowState::Done(Outcome::Paid), Some(Vnd::fixed(150_000)))
        );
        assert!(!model.can_start() && !model.can_export());
        model.fold(Progress::NeedsPerson {
            login: 0,
            errand: Errand::Otp,
            what: String::new(),
        });
        assert_eq!(model.sentence().0, Tone::Doubt);
        model.ended(Err("Mất liên lạc".into()));
        assert_eq!(model.sentence().1, "Mất liên lạc");
        assert!(
            model.tab().is_interrupted(),
            "starting again goes on with it"
        );
        model.language = Language::En;
        model.place = Place::Service(Service::PayTvInternet);
        assert_eq!(
            model.sentence().1,
            "No data yet. Press Get data, or paste codes on the left."
        );
    }

    #[test]
    fn a_fetched_list_keeps_what_the_source_left_out_until_it_is_edited() {
        let mut model = ready(Service::TopUpMulti, "");
        let defaults = Defaults {
            amount: Some(Vnd::fixed(50_000)),
            payment: Some(PaymentType::Prepaid),
        };
        let list = JobList::from_lines(Service::TopUpMulti, defaults, "0981234567\n12\n0981234567");
        model.fetched(
            Service::TopUpMulti,
            Intake {
                list,
                ..Intake::default()
            },
            None,
        );
        assert_eq!(model.tab().text, "0981234567|50000");
        assert_eq!(
            (
                model.tab().list.errors.len(),
                model.tab().list.duplicates.len()
            ),
            (1, 1)
        );
        model.tab_mut().edited(Service::TopUpMulti);
        assert!(model.tab().list.errors.is_empty());
    }

    #[test]
    fn a_doubt_that_was_settled_counts_once() {
        let mut model = ready(Service::PayEvn, "PE01");
        model.busy = Busy::Batch(Service::PayEvn);
        model.tab_mut().started();
        model.fold(outcome(0, "PE01", Outcome::Unknown));
        assert_eq!(model.tab().rows.count(Group::NeedsLook), 1);
        model.fold(outcome(0, "PE01", Outcome::Paid));
        assert_eq!(model.tab().summary(model.words()), "1 đã thanh toán");
        assert_eq!(
            (
                model.tab().rows.count(Group::NeedsLook),
                model.tab().rows.count(Group::Finished)
            ),
            (0, 1)
        );
    }

    #[test]
    fn rows_that_were_paid_this_month_are_told_before_the_start() {
        let mut model = ready(Service::PayEvn, "PE01\nPE02\nPE03");
        let known = Known {
            paid: [("pe01".to_owned(), "20/11 10:31".to_owned())].into(),
            in_doubt: ["pe03".to_owned()].into(),
            ms_a_job: Some(30_000),
        };
        model.known.insert(Service::PayEvn, known);
        model.flag(Service::PayEvn);
        assert_eq!(
            (model.tab().known, model.takes_minutes()),
            ((1, 1), Some(2)),
            "three at half a minute each"
        );
        assert_eq!(
            model.tab().rows.get(0).and_then(|r| r.message.as_deref()),
            Some("Đã trả lúc 20/11 10:31")
        );
        assert_eq!(
            model.tab().rows.get(1).and_then(|r| r.message.as_deref()),
            None
        );
    }

    #[test]
    fn what_failed_safely_becomes_a_list_of_its_own() {
        let mut model = ready(Service::PayEvn, "PE01\nPE02\nPE03");
        model.busy = Busy::Batch(Service::PayEvn);
        model.tab_mut().started();
        for (index, account, how) in [
            (0, "PE01", Outcome::Paid),
            (1, "PE02", Outcome::Failed),
            (2, "PE03", Outcome::Unknown),
        ] {
            model.fold(outcome(index, account, how));
        }
        model.ended(Ok(()));
        assert!(model.tab().has_failed());
        model.tab_mut().only_failed(Service::PayEvn);
        assert_eq!(
            model.tab().text,
            "PE02",
            "neither what was paid nor what is in doubt"
        );
    }

    #[test]
    fn a_copied_table_keeps_the_zeros_of_phones() {
        let mut model = ready(Service::LookUpPostpaid, "0981234567");
        model.tab_mut().wish = Wish {
            query: "098".into(),
            ..Wish::default()
        };
        model.tab_mut().reorder();
        let text = model.tab().as_text(model.words());
        assert_eq!(
            text.lines()
                .nth(1)
                .map(|l| l.split('\t').take(2).collect::<Vec<_>>()),
            Some(vec!["1", "'0981234567"])
        );
    }
}
