//! What a click or a key asks for.

use std::path::PathBuf;

use super::rows::{self, TableWish};
use super::side::Only;
use super::state::Place;
use crate::domain::ListChoice;

/// What a click or a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserAction {
    /// Show this.
    Go(Place),
    /// The guide, at this place; or away with it.
    Help,
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
    Wish(TableWish),
    /// Sort by this column.
    Sort(rows::TableColumn),
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
    /// Ask it for this code.
    Ask(String),
    /// Tell this attempt's story.
    Story(String),
    /// A person's word on an attempt in doubt.
    Resolve {
        /// The attempt.
        attempt: String,
        /// It was paid.
        is_paid: bool,
    },
    /// The receipt of this attempt: on paper (`true`), or as a picture to send.
    Receipt(String, bool),
    /// The shift is over, as counted.
    CloseShift,
    /// Print the shift at this place of the list.
    PrintShift(usize),
    /// Leave only these batches, or all of them.
    Only(Option<Only>),
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
    /// Fetch the driver that fits the browser.
    FetchDriver,
    /// Save the first set-up.
    FinishSetup,
    /// Do without it for now.
    SkipSetup,
    /// Open the demo instead.
    Demo,
    /// Bring back the list that stood there before.
    Previous(usize),
    /// The window may close although something runs, or stays open.
    Close(bool),
    /// Auto mode on or off.
    Auto(bool),
}
