//! Where the log goes: a file a day in the data folder, and the terminal where it is asked for.

mod day_file;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use self::day_file::DayFile;
use crate::config::{Home, private_folder};
use crate::mishap;
use crate::server::LogForm;

/// Which log file, in which form.
#[derive(Debug, Clone, Copy)]
pub enum File {
    /// `gachno.….log`: lines for people.
    Program,
    /// `serve.….log`
    Server(LogForm),
}

/// Keeps the log's writer alive; dropping it writes what is left.
pub struct Logs {
    _file: Option<WorkerGuard>,
}

/// Starts the log. A log that cannot be written does not keep the program from working: the ledger
/// is the record.
pub fn start(verbose: u8, file: File) -> Logs {
    let (prefix, form) = match file {
        File::Program => ("gachno", LogForm::Text),
        File::Server(form) => ("serve", form),
    };
    let folder = Home::find().ok().map(|home| home.logs());
    if let Some(folder) = folder.clone() {
        mishap::report_to(folder);
    }
    let appender = folder.and_then(|folder| {
        private_folder(&folder).ok()?;
        DayFile::begin(&folder, prefix, form).ok()
    });
    let (file, guard) = match appender {
        Some(appender) => {
            let (writer, guard) = tracing_appender::non_blocking(appender);
            let plain = tracing_subscriber::fmt::layer()
                .with_writer(writer)
                .with_ansi(false);
            let layer = match form {
                // The request that it belongs to once, not each span that it passed.
                LogForm::Json => plain
                    .json()
                    .flatten_event(true)
                    .with_span_list(false)
                    .boxed(),
                LogForm::Text => plain.boxed(),
            };
            (
                Some(layer.with_filter(EnvFilter::new("info,gachno=debug"))),
                Some(guard),
            )
        }
        None => (None, None),
    };
    let level = match verbose {
        0 => "off",
        1 => "warn,gachno=info",
        2 => "info,gachno=debug",
        _ => "info,gachno=trace",
    };
    let terminal = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_filter(EnvFilter::new(level));
    // Err: a test has one already.
    let _ = tracing_subscriber::registry()
        .with(file)
        .with(terminal)
        .try_init();
    Home::tell_moved();
    Logs { _file: guard }
}
