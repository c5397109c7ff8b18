//! What the window and its worker say to each other.

use std::path::PathBuf;

use secrecy::SecretString;

use crate::client::ShopBanner;
use crate::config::AutoConfig;
use crate::desktop::model::rows::{Rows, TableWish};
use crate::desktop::model::shift::Shift;
use crate::desktop::model::{DriverCard, FoundAttempt, HistoryView, Known, LinkId, side};
use crate::desktop::words::Language;
use crate::domain::job::Defaults;
use crate::domain::{Intake, Limits, ListChoice, Service, Vnd};
use crate::engine::{Control, Decision, Progress, Repeats};
use crate::ledger::StoppedList;
use crate::report::slip::SavedSlip;

/// What the first set-up's form holds.
#[derive(Debug)]
pub struct First {
    /// Keys with what was typed for them; empty ones are left as they are.
    pub values: Vec<(&'static str, SecretString)>,
    /// Empty: the system's keyring.
    pub passphrase: SecretString,
    /// Keep the key there.
    pub use_keyring: bool,
}

/// What the window asks for.
pub enum Command {
    /// Opening, locking and the first set-up.
    Setup(SetupCommand),
    /// The list of this service.
    List(Service, ListCommand),
    /// What is on the portal.
    Portal(PortalCommand),
    /// What the ledger has.
    Ledger(LedgerCommand),
    /// The configuration.
    Settings(SettingsCommand),
}

/// Opening, locking and the first set-up.
pub enum SetupCommand {
    /// Open secrets with this passphrase.
    Unlock(SecretString),
    /// Save the first set-up.
    Finish(Box<First>),
    /// Go on without it.
    Skip,
    /// Look at the job API at this address, and at the browser.
    Check(String, SecretString),
    /// Fetch the driver that fits the browser.
    FetchDriver,
    /// The window was locked: nothing stays open on the portal.
    Lock,
    /// Does this unlock the window for this person?
    CheckLock(String, SecretString),
}

/// The list of one service.
pub enum ListCommand {
    /// Fetch it from where jobs come from.
    Fetch(Defaults),
    /// It is not wanted any more.
    LetGo,
    /// Let the operator choose a job file, and read it.
    Pick(Defaults),
    /// Read this job file.
    Read(Defaults, PathBuf),
    /// Filter and sort its rows.
    Order(Rows, TableWish),
    /// Write the report of this batch.
    Export(String),
}

/// What is on the portal.
pub enum PortalCommand {
    /// Run a batch.
    Run(Box<RunRequest>),
    /// Look into everything that is in doubt.
    Reconcile(Control),
    /// Bring this login's browser to the front.
    Show(Control, usize),
    /// Photograph this login's page.
    Peek(Control, usize),
}

/// What the ledger has.
pub enum LedgerCommand {
    /// What is known of this code, phone, order or transaction?
    Find(String),
    /// What happened to this attempt?
    Story(String, Language),
    /// A person's word.
    Resolve(String, Decision),
    /// Make the receipt of this attempt, for this operator: on paper (`true`), or as a picture.
    Receipt(FoundAttempt, String, bool),
    /// Keep that this shift is over. When it began and what was paid in it is for the ledger to say.
    CloseShift(Box<Shift>),
    /// Make its slip.
    PrintShift(Box<Shift>),
    /// Batches and sums of so many days.
    Days(u16),
    /// Write these batches to Excel.
    ExportBatches(Vec<String>),
    /// Write everything that was ever done with this to Excel.
    ExportFound(String),
}

/// The configuration.
pub enum SettingsCommand {
    /// This person may sign in with this PIN, or not any more.
    Seat(String, Option<SecretString>),
    /// Save a setting.
    Set(String, SecretString),
    /// Read settings from a file that the operator chooses.
    Import,
    /// Write settings without secrets where the operator chooses.
    Export,
    /// Run the doctor.
    Diagnose,
}

/// A batch as the form has it; secrets of the configuration are added by the worker.
pub struct RunRequest {
    pub service: Service,
    pub intake: Intake,
    /// The link that handed its jobs out; `None` where none did.
    pub link: Option<LinkId>,
    pub pin: Option<SecretString>,
    pub dry_run: bool,
    /// What was said about an earlier batch of the same list.
    pub choice: ListChoice,
    /// Equal top-ups that are meant.
    pub repeats: Repeats,
    pub operator: String,
    /// Nobody sits there who could be asked.
    pub is_auto: bool,
    pub control: Control,
}

/// What the worker has to tell.
pub enum Update {
    /// Opening, locking and the first set-up.
    Setup(SetupUpdate),
    /// What is reached: the source of jobs, the browser.
    Reach(ReachUpdate),
    /// The list of this service.
    List(Service, ListUpdate),
    /// The operator chose no job file.
    NoFile,
    /// What runs on the portal.
    Portal(PortalUpdate),
    /// What the ledger has.
    Ledger(LedgerUpdate),
    /// The configuration's keys with their values, and whether they are secret; which one was saved.
    Settings(Vec<(String, String, bool)>, Option<String>),
    /// What the doctor found: good or not, what, and the detail.
    Diagnosis(Vec<(bool, String, String)>),
    /// A file was written, and where; or what went wrong.
    Written(Result<String, String>),
    /// The program had a fault when it ran last; its report.
    Mishap(PathBuf),
    /// Another window was opened: this one comes to the front.
    Raise,
    /// The system asks the program to end.
    Close,
}

/// Opening, locking and the first set-up.
pub enum SetupUpdate {
    /// Nothing is configured yet.
    First,
    /// Ledger and map are open.
    Ready(Basics),
    /// The secrets are locked; why the last try failed.
    Locked(Option<String>),
    /// It cannot work.
    Fault(String),
    /// The first set-up was not good.
    Bad(String),
    /// Was it what unlocks the window, for whom, and is that the owner?
    Unlocked(Option<(String, bool)>),
}

/// What is reached.
pub enum ReachUpdate {
    /// The job API's address, or why it is not reached.
    Api(Result<String, String>),
    /// There is no server: nobody named one, and none answers where one would be.
    NoServer,
    /// The browser's version, or why there is none.
    Browser(Result<String, String>),
    /// The browser's driver, where it is missing.
    Driver(DriverCard),
    /// Jobs come over another link from now on.
    NewLink(LinkId),
    /// The link was found; where our server's web admin is, if it is one.
    Linked(Option<String>),
    /// So many outcomes have not been acknowledged by their source.
    Unacknowledged(u64),
    /// What the shop wants to be read.
    Banners(Vec<ShopBanner>),
}

/// Where a list comes from.
pub enum ListSource {
    /// A file of this name.
    File(String),
    /// What is at the other end of this link.
    Link(LinkId),
}

/// The list of one service.
pub enum ListUpdate {
    /// It has come, or not.
    Fetched(ListSource, Result<Intake, String>),
    /// Its report was written.
    Exported(Result<PathBuf, String>),
    /// Its rows in the order that was wished; `None`: as they are.
    Ordered(TableWish, Option<Vec<u32>>),
    /// What is known of its accounts.
    Known(Known),
}

/// What runs on the portal.
pub enum PortalUpdate {
    /// An event of it.
    Progress(Progress),
    /// Nothing was begun: the list was stopped on an earlier day, and a person has to choose.
    Stopped(StoppedList),
    /// The batch ended; why it could not go on.
    Ended(Result<(), String>),
    /// Doubts were looked into; so many were settled.
    Reconciled(Result<usize, String>),
    /// A login's page as JPEG.
    Peeked(usize, Vec<u8>),
}

/// What the ledger has.
pub enum LedgerUpdate {
    /// What is in doubt now.
    Doubts(Vec<FoundAttempt>),
    /// What is known of this code, phone, order or transaction.
    Found(String, Vec<FoundAttempt>),
    /// What happened to an attempt.
    Story(side::Story),
    /// A slip was made; `true`: to be printed.
    Slip(Box<SavedSlip>, bool),
    /// A shift was closed.
    ShiftClosed(Box<Shift>),
    /// A person's word was written down.
    Resolved,
    /// Batches and sums.
    Days(Result<Box<HistoryView>, String>),
    /// It could not answer.
    Failed(String),
}

/// What the window has to know of the configuration.
#[derive(Debug, Clone)]
pub struct Basics {
    pub has_pin: bool,
    pub language: Language,
    pub is_dark: bool,
    /// 1.0 is as large as the system says.
    pub scale: f32,
    /// Minutes; 0 is never.
    pub lock_after_min: u32,
    pub has_sound: bool,
    /// Below this the balance runs low.
    pub low_balance: Vnd,
    pub limits: Limits,
    pub operator: String,
    /// Who may sign in.
    pub operators: Vec<String>,
    pub auto: AutoConfig,
}
