//! The view model: what the window shows, and how events and actions change it. No I/O, no egui.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::style::Tone;
use crate::domain::job::Defaults;
use crate::domain::{Intake, JobList, Outcome, PaymentType, Phone, Service, Vnd};
use crate::engine::{OutcomeEvent, Progress};

/// Everything that the window shows.
#[expect(clippy::struct_excessive_bools, reason = "each is a light of its own")]
#[derive(Debug)]
pub struct Model {
    /// Which service is on the screen.
    pub service: Service,
    /// One form and one list per service.
    pub tabs: BTreeMap<Service, Tab>,
    /// Is the program ready to work?
    pub setup: Setup,
    /// The job API.
    pub api: Status,
    /// Browser and driver.
    pub browser: Status,
    /// The agent's balance, as last seen.
    pub balance: Option<Vnd>,
    /// Who is logged in on the portal.
    pub agent: Option<String>,
    /// Which service is running.
    pub running: Option<Service>,
    /// Is a list being fetched?
    pub fetching: bool,
    /// Attempts without proof of how they ended; each locks its debt.
    pub doubts: usize,
    /// Are they being looked into?
    pub reconciling: bool,
    /// What a person has to do in the browser.
    pub needs_person: Option<String>,
    /// The PIN typed here, where the configuration has none.
    pub pin: String,
    /// The passphrase typed here.
    pub passphrase: String,
    /// Does the configuration have a PIN?
    pub has_pin: bool,
    /// A demo with simulated money.
    pub is_demo: bool,
    /// Notices that have not been shown yet.
    pub notices: Vec<Notice>,
}

/// Is the program ready to work?
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Setup {
    /// Opening the ledger.
    Opening,
    /// The configuration's secrets are locked.
    Locked(Option<String>),
    /// It cannot work, and why.
    Fault(String),
    /// Ready.
    Ready,
}

/// A light in the side bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Being looked at.
    Checking,
    /// Good.
    Good(String),
    /// Not, and why.
    Bad(String),
}

/// Something to tell once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// Good or bad.
    pub tone: Tone,
    /// The text.
    pub text: String,
}

/// One service's form and list.
#[derive(Debug, Default)]
pub struct Tab {
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
    /// The list was taken over from a source as it is (with what lines cannot say).
    taken: Option<JobList>,
    /// The checked list.
    pub list: JobList,
    /// One row a job.
    pub rows: Vec<RowView>,
    /// Where its batch stands.
    pub phase: Phase,
    /// The batch, once it is in the ledger.
    pub batch: Option<String>,
    /// Jobs with an outcome.
    pub done: usize,
    /// Seconds to the end.
    pub eta_s: Option<u64>,
    /// Paid so far.
    pub paid: Vnd,
    /// Why it ended early.
    pub ended: Option<String>,
    /// The report that was written last.
    pub report: Option<PathBuf>,
    /// Jobs by outcome.
    pub counts: BTreeMap<Outcome, usize>,
    /// Is there anything that a report could say?
    pub is_exporting: bool,
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

/// One row as it is drawn: already worded and formatted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowView {
    /// Code or phone.
    pub account: String,
    /// Grouped, with đ; `—` where it is not known.
    pub amount: String,
    /// A sign for the state.
    pub icon: &'static str,
    /// A word for the state.
    pub state: &'static str,
    /// Its colour's meaning.
    pub tone: Tone,
    /// The portal's words, or ours.
    pub message: String,
    /// Local time of the outcome.
    pub at: String,
    /// The outcome, once there is one.
    pub outcome: Option<Outcome>,
}

/// What a click asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Show this service.
    Choose(Service),
    /// *Get dữ liệu*
    Fetch,
    /// *Bắt đầu*; `true` is a dry run.
    Start {
        /// Stop before arming.
        dry_run: bool,
    },
    /// *Dừng lại*
    Stop,
    /// *Tạm dừng*
    Pause,
    /// *Tiếp tục*
    Resume,
    /// *Đối soát*
    Reconcile,
    /// *Xuất Excel*
    Export,
    /// The form changed.
    Edited,
    /// Make the list editable again.
    NewList,
    /// Open the secrets with the passphrase.
    Unlock,
    /// Light or dark.
    ToggleTheme,
}

impl Model {
    /// As the window opens.
    pub fn new(is_demo: bool) -> Self {
        Self {
            service: Service::LookUpFtth,
            tabs: Service::ALL.into_iter().map(|s| (s, Tab::default())).collect(),
            setup: Setup::Opening,
            api: Status::Checking,
            browser: Status::Checking,
            balance: None,
            agent: None,
            running: None,
            fetching: false,
            doubts: 0,
            reconciling: false,
            needs_person: None,
            pin: String::new(),
            passphrase: String::new(),
            has_pin: false,
            is_demo,
            notices: Vec::new(),
        }
    }

    /// The tab on the screen.
    pub fn tab(&self) -> &Tab {
        &self.tabs[&self.service]
    }

    /// The tab on the screen, to change.
    pub fn tab_mut(&mut self) -> &mut Tab {
        self.tabs.entry(self.service).or_default()
    }

    /// May *Bắt đầu* be pressed?
    pub fn can_start(&self) -> bool {
        let tab = self.tab();
        self.setup == Setup::Ready && self.is_free() && !tab.list.jobs.is_empty() && self.missing().is_none()
    }

    /// Is nobody on the portal?
    fn is_free(&self) -> bool {
        self.running.is_none() && !self.reconciling
    }

    /// May *Đối soát* be pressed?
    pub fn can_reconcile(&self) -> bool {
        self.setup == Setup::Ready && self.is_free() && self.doubts > 0
    }

    /// Doubts have been looked into; so many were settled.
    pub fn reconciled(&mut self, result: Result<usize, String>) {
        self.reconciling = false;
        self.needs_person = None;
        self.notices.push(match result {
            Ok(settled) => {
                Notice { tone: if settled > 0 { Tone::Good } else { Tone::Doubt }, text: format!("Đối soát: đã rõ {settled} giao dịch") }
            }
            Err(why) => Notice { tone: Tone::Bad, text: why },
        });
    }

    /// What is still missing before the batch can start, in words.
    pub fn missing(&self) -> Option<&'static str> {
        let tab = self.tab();
        let needs_pin = self.service.is_payment() && !self.has_pin && tab.list_pin.is_none() && self.pin.is_empty();
        let bad_receiver = !tab.receiver.trim().is_empty() && tab.receiver.parse::<Phone>().is_err();
        let bad_amount = !tab.amount.trim().is_empty() && tab.amount.parse::<Vnd>().is_err();
        if needs_pin {
            Some("Nhập mã PIN để thanh toán")
        } else if bad_receiver {
            Some("SĐT người nhận chưa đúng")
        } else if bad_amount {
            Some("Số tiền nạp chưa đúng")
        } else {
            None
        }
    }

    /// May *Xuất Excel* be pressed?
    pub fn can_export(&self) -> bool {
        let tab = self.tab();
        tab.batch.is_some() && tab.phase == Phase::Over && !tab.is_exporting
    }

    /// A list from the API goes into the form.
    pub fn fetched(&mut self, service: Service, intake: Intake) {
        self.fetching = false;
        let count = intake.list.jobs.len();
        let tab = self.tabs.entry(service).or_default();
        tab.take(service, intake);
        self.notices.push(if count == 0 {
            Notice { tone: Tone::Doubt, text: "Không có dữ liệu từ API".to_owned() }
        } else {
            Notice { tone: Tone::Good, text: format!("Đã tải {count} dòng: {}", service.spec().title) }
        });
    }

    /// An event of the running batch.
    pub fn fold(&mut self, event: Progress) {
        if self.is_free() {
            return;
        }
        match event {
            Progress::LoggedIn { agent, balance } => {
                self.agent = Some(agent);
                self.balance = balance.or(self.balance);
            }
            Progress::NeedsPerson { what } => self.needs_person = Some(what),
            Progress::PersonDone => self.needs_person = None,
            other => {
                if let Progress::Progress { balance: Some(balance), .. } = &other {
                    self.balance = Some(*balance);
                }
                // Reconciling tells of attempts of any batch, which are no rows of a list.
                if let Some(service) = self.running {
                    self.tabs.entry(service).or_default().fold(other);
                }
            }
        }
    }

    /// The batch ended; `Err` says why it could not go on.
    pub fn ended(&mut self, result: Result<(), String>) {
        let Some(service) = self.running.take() else { return };
        self.needs_person = None;
        let tab = self.tabs.entry(service).or_default();
        tab.phase = Phase::Over;
        match result {
            Ok(()) => {
                let tone = if tab.counts.contains_key(&Outcome::Unknown) || tab.ended.is_some() { Tone::Doubt } else { Tone::Good };
                self.notices.push(Notice { tone, text: format!("{}: {}", service.spec().title, tab.summary()) });
            }
            Err(why) => {
                tab.ended = Some(why.clone());
                self.notices.push(Notice { tone: Tone::Bad, text: why });
            }
        }
    }

    /// The one big sentence: what it is doing, how much, whether it needs somebody.
    pub fn sentence(&self) -> (Tone, String) {
        match &self.setup {
            Setup::Opening => return (Tone::Quiet, "Đang mở sổ giao dịch…".to_owned()),
            Setup::Locked(_) => return (Tone::Doubt, "Cấu hình đang khóa. Nhập mật khẩu mở khóa.".to_owned()),
            Setup::Fault(why) => return (Tone::Bad, why.clone()),
            Setup::Ready => {}
        }
        if let Some(what) = &self.needs_person {
            return (Tone::Doubt, what.clone());
        }
        if self.reconciling {
            return (Tone::Busy, format!("Đang đối soát {} giao dịch chưa rõ…", self.doubts));
        }
        if let Some(running) = self.running
            && running != self.service
        {
            return (Tone::Busy, format!("Đang chạy {}", running.spec().title));
        }
        let tab = self.tab();
        match tab.phase {
            Phase::Running => {
                let left = tab.rows.len().saturating_sub(tab.done);
                let eta = tab.eta_s.map(|s| format!(" · còn {}", duration(s))).unwrap_or_default();
                (Tone::Busy, format!("Đang chạy · còn {left} dòng{eta}"))
            }
            Phase::Paused => {
                let left = tab.rows.len().saturating_sub(tab.done);
                (Tone::Doubt, format!("Tạm dừng · còn {left} dòng · phiên vẫn đăng nhập, bấm Tiếp tục để chạy tiếp"))
            }
            Phase::Stopping => (Tone::Doubt, "Đang dừng ở điểm an toàn…".to_owned()),
            Phase::Over => match &tab.ended {
                Some(why) => (Tone::Doubt, why.clone()),
                None => (Tone::Good, format!("Xong · {}", tab.summary())),
            },
            Phase::Editing if tab.list.jobs.is_empty() => (Tone::Quiet, "Chưa có dữ liệu. Bấm Get dữ liệu, hoặc dán mã vào ô bên trái.".to_owned()),
            Phase::Editing => {
                if let Some(missing) = self.missing() {
                    (Tone::Doubt, format!("{} dòng · {missing}", tab.list.jobs.len()))
                } else {
                    let total = tab.list.known_total();
                    let sum = if total.is_zero() { String::new() } else { format!(" · {total}") };
                    (Tone::Good, format!("Sẵn sàng · {} dòng{sum}", tab.list.jobs.len()))
                }
            }
        }
    }
}

impl Tab {
    /// Takes a list over from a source.
    fn take(&mut self, service: Service, intake: Intake) {
        let lines = intake.list.jobs.iter().map(|job| {
            let mut line = job.account.to_string();
            match (job.top_up(service), &job.order_id) {
                (Some(amount), Some(order)) => line = format!("{line}|{}|{order}", amount.digits()),
                (Some(amount), None) => line = format!("{line}|{}", amount.digits()),
                (None, Some(order)) if matches!(service, Service::TopUpMulti | Service::TopUpViettel) => line = format!("{line}||{order}"),
                (None, Some(order)) => line = format!("{line}|{order}"),
                (None, None) => {}
            }
            line
        });
        self.text = lines.collect::<Vec<_>>().join("\n");
        self.receiver = intake.receiver_phone.as_ref().map(ToString::to_string).unwrap_or_default();
        self.list_pin = intake.pin;
        self.is_sample = intake.is_sample;
        // The checked list itself, so that what was left out at the source is still shown.
        self.taken = Some(intake.list);
        self.phase = Phase::Editing;
        self.recheck(service);
    }

    /// The form was changed by hand.
    pub fn edited(&mut self, service: Service) {
        self.taken = None;
        self.is_sample = false;
        self.recheck(service);
    }

    fn recheck(&mut self, service: Service) {
        let defaults = Defaults { amount: self.amount.parse().ok(), payment: self.payment };
        self.list = self.taken.clone().unwrap_or_else(|| JobList::from_lines(service, defaults, &self.text));
        self.rows = self.list.jobs.iter().map(|j| RowView::waiting(j.account.to_string(), j.amount)).collect();
        self.batch = None;
        self.forget_batch();
    }

    fn forget_batch(&mut self) {
        self.counts.clear();
        self.done = 0;
        self.ended = None;
        self.report = None;
        self.paid = Vnd::ZERO;
        self.eta_s = None;
    }

    /// The batch begins.
    pub fn started(&mut self) {
        self.phase = Phase::Running;
        self.forget_batch();
        for row in &mut self.rows {
            *row = RowView { amount: row.amount.clone(), ..RowView::waiting(row.account.clone(), None) };
        }
    }

    fn fold(&mut self, event: Progress) {
        match event {
            Progress::BatchStarted { batch, .. } => self.batch = Some(batch),
            Progress::State { index, state, amount, .. } => {
                if let Some(row) = self.rows.get_mut(index) {
                    (row.icon, row.state, row.tone) = state_view(state);
                    if let Some(amount) = amount {
                        row.amount = amount.to_string();
                    }
                }
            }
            Progress::Outcome(outcome) => {
                *self.counts.entry(outcome.outcome).or_default() += 1;
                if let Some(row) = self.rows.get_mut(outcome.index) {
                    // A doubt that was settled is told again: it counts once.
                    if let Some(count) = row.outcome.and_then(|before| self.counts.get_mut(&before)) {
                        *count = count.saturating_sub(1);
                    }
                    row.end(&outcome);
                }
            }
            Progress::Progress { done, eta_s, paid, .. } => {
                self.done = done;
                self.eta_s = eta_s;
                self.paid = paid;
            }
            Progress::Retry { account, why } => {
                if let Some(row) = self.rows.iter_mut().find(|r| r.account == account) {
                    row.message = format!("Thử lại: {why}");
                }
            }
            Progress::BatchFinished { outcomes, paid, stopped, paused, .. } => {
                self.counts = outcomes;
                self.paid = paid;
                self.eta_s = None;
                self.ended = paused.or_else(|| stopped.then(|| format!("Đã dừng · {}", self.summary())));
            }
            Progress::LoggedIn { .. } | Progress::NeedsPerson { .. } | Progress::PersonDone | Progress::Halted { .. } => {}
        }
    }

    /// Did the batch end before its list did? Then starting again goes on with it.
    pub fn is_interrupted(&self) -> bool {
        self.phase == Phase::Over && self.ended.is_some()
    }

    /// Outcomes by number, and what was paid.
    pub fn summary(&self) -> String {
        let parts: Vec<String> = self.counts.iter().map(|(o, n)| format!("{n} {}", o.label().to_lowercase())).collect();
        let paid = if self.paid.is_zero() { String::new() } else { format!(" · đã trả {}", self.paid) };
        format!("{}{paid}", parts.join(", "))
    }
}

impl RowView {
    fn waiting(account: String, amount: Option<Vnd>) -> Self {
        let (icon, state, tone) = state_view("queued");
        Self {
            account,
            amount: amount.map_or_else(|| "—".to_owned(), |a| a.to_string()),
            icon,
            state,
            tone,
            message: String::new(),
            at: String::new(),
            outcome: None,
        }
    }

    fn end(&mut self, outcome: &OutcomeEvent) {
        (self.icon, self.state, self.tone) = outcome_view(outcome.outcome);
        if let Some(amount) = outcome.amount {
            self.amount = amount.to_string();
        }
        self.message.clone_from(&outcome.message);
        self.outcome = Some(outcome.outcome);
        self.at = outcome.at.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string();
    }
}

/// Sign, word and tone of a state on the way.
fn state_view(state: &str) -> (&'static str, &'static str, Tone) {
    match state {
        "queued" => ("○", "Chờ", Tone::Quiet),
        "leased" => ("▶", "Đang tra", Tone::Busy),
        "looked_up" | "prepared" | "pre_armed" => ("▶", "Đang chuẩn bị", Tone::Busy),
        "armed" | "released" => ("▶", "Đang trả", Tone::Busy),
        "observed" => ("▶", "Đang xác minh", Tone::Busy),
        "unknown" | "reconciling" => ("⚠", "Chưa rõ", Tone::Doubt),
        other => Outcome::ALL.into_iter().find(|o| o.wire() == other).map_or(("○", "Chờ", Tone::Quiet), outcome_view),
    }
}

/// Sign, word and tone of an outcome.
fn outcome_view(outcome: Outcome) -> (&'static str, &'static str, Tone) {
    let (icon, tone) = match outcome {
        Outcome::Paid => ("✔", Tone::Good),
        Outcome::Debt | Outcome::NoDebt | Outcome::AlreadyCleared | Outcome::DryRun => ("✔", Tone::Quiet),
        Outcome::Unknown => ("⚠", Tone::Doubt),
        Outcome::Rejected | Outcome::Refused | Outcome::Failed | Outcome::NotFound => ("✖", Tone::Bad),
        Outcome::NotSent | Outcome::Cancelled => ("○", Tone::Quiet),
    };
    (icon, outcome.label(), tone)
}

fn duration(seconds: u64) -> String {
    match seconds {
        0..=89 => format!("{seconds} giây"),
        90..=5_399 => format!("{} phút", seconds.div_ceil(60)),
        _ => format!("{} giờ {} phút", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Proof;

    fn ready(service: Service, text: &str) -> Model {
        let mut model = Model::new(true);
        model.setup = Setup::Ready;
        model.service = service;
        model.tab_mut().text = text.to_owned();
        model.tab_mut().edited(service);
        model
    }

    fn paid(index: usize, account: &str) -> Progress {
        Progress::Outcome(OutcomeEvent {
            service: Service::PayEvn,
            index,
            account: account.into(),
            order_id: None,
            outcome: Outcome::Paid,
            amount: Some(Vnd::fixed(150_000)),
            transaction_id: None,
            proof: Proof::Response,
            message: "ok".into(),
            customer: None,
            attempt: None,
            at: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn one_sentence_tells_where_things_stand() {
        let mut model = ready(Service::PayEvn, "");
        assert!(model.sentence().1.starts_with("Chưa có dữ liệu"));
        model = ready(Service::PayEvn, "PE01\nPE02\nx!");
        assert!(model.sentence().1.contains("Nhập mã PIN"));
        model.pin = "246810".into();
        assert_eq!(model.sentence(), (Tone::Good, "Sẵn sàng · 2 dòng".to_owned()));
        assert!(model.can_start());
        model.running = Some(Service::PayEvn);
        model.tab_mut().started();
        model.fold(paid(1, "PE02"));
        model.fold(Progress::Progress { done: 1, total: 2, eta_s: Some(120), paid: Vnd::fixed(150_000), balance: Some(Vnd::fixed(850_000)) });
        assert_eq!(model.balance, Some(Vnd::fixed(850_000)));
        assert_eq!(model.sentence().1, "Đang chạy · còn 1 dòng · còn 2 phút");
        assert_eq!((model.tab().rows[1].state, model.tab().rows[1].amount.as_str()), ("Đã thanh toán", "150.000 đ"));
        assert!(!model.can_start() && !model.can_export());
        model.fold(Progress::NeedsPerson { what: "Cần bạn nhập mã OTP".into() });
        assert_eq!(model.sentence().0, Tone::Doubt);
        model.ended(Err("Mất liên lạc".into()));
        assert_eq!(model.sentence().1, "Mất liên lạc");
    }

    #[test]
    fn a_fetched_list_keeps_what_the_source_left_out_until_it_is_edited() {
        let mut model = ready(Service::TopUpMulti, "");
        let defaults = Defaults { amount: Some(Vnd::fixed(50_000)), payment: Some(PaymentType::Prepaid) };
        let list = JobList::from_lines(Service::TopUpMulti, defaults, "0981234567\n12\n0981234567");
        model.fetched(Service::TopUpMulti, Intake { list, pin: Some("246810".to_owned().into()), ..Intake::default() });
        let tab = model.tab();
        assert_eq!((tab.list.jobs.len(), tab.list.errors.len(), tab.list.duplicates.len()), (1, 1, 1));
        assert_eq!(tab.text, "0981234567|50000");
        assert!(model.can_start(), "the list brought its PIN");
        model.tab_mut().edited(Service::TopUpMulti);
        assert_eq!(model.tab().list.errors.len(), 0);
    }
}
