//! The programs of the terminal.
//!
//! Lives here: arguments, what is printed, exit codes. Never here: what the programs do.

mod args;
mod bench;
mod complete;
mod config;
mod demo;
mod doctor;
mod driver;
mod ledger;
mod logs;
mod run;
mod serve;
mod store;
mod telling;
mod unlock;

use std::process::ExitCode;

use clap::Parser;

use args::{Arguments, Program};

/// Ends of a program, as scripts may rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Every job has a proven outcome.
    Done = 0,
    /// It could not be run at all.
    CannotRun = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Some jobs need review or were not reached.
    NeedsReview = 3,
    /// Stopped by the operator.
    Stopped = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// A program's end that is a fault, with what to print.
pub(crate) struct Failure {
    exit: Exit,
    error: anyhow::Error,
}

impl Failure {
    pub fn usage(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::Usage,
            error: error.into(),
        }
    }

    pub fn cannot_run(error: impl Into<anyhow::Error>) -> Self {
        Self {
            exit: Exit::CannotRun,
            error: error.into(),
        }
    }
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        Self::usage(error)
    }
}

impl From<crate::app::SetupError> for Failure {
    fn from(error: crate::app::SetupError) -> Self {
        match error {
            crate::app::SetupError::Config(_) | crate::app::SetupError::Map(_) => {
                Self::usage(error)
            }
            crate::app::SetupError::Ledger(_) => Self::cannot_run(error),
        }
    }
}

pub(crate) type Ended = Result<Exit, Failure>;

/// Prints one line on stdout. A reader that has gone away is no fault of ours.
pub(crate) fn say(line: &str) {
    use std::io::Write;
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}");
    let _ = out.flush();
}

/// Prints one line on stderr.
pub(crate) fn tell(line: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Arguments to one of the programs.
pub fn main() -> ExitCode {
    crate::init_tls();
    let arguments = Arguments::parse();
    // No log file of its own, and nothing on stdout but its acknowledgements.
    if matches!(arguments.command, Some(Program::Relay)) {
        return relay().map_or(Exit::CannotRun, |exit| exit).into();
    }
    let file = match &arguments.command {
        Some(Program::Serve(options)) => logs::File::Server(serve::log_form(options)),
        _ => logs::File::Program,
    };
    let _logs = logs::start(arguments.verbose, file);
    match dispatch(arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            tracing::error!(
                error = format!("{:#}", failure.error),
                "the program ends with a fault"
            );
            tell(&format!("Lỗi: {}", failure.error));
            for cause in failure.error.chain().skip(1) {
                tell(&format!("  ↳ {cause}"));
            }
            failure.exit.into()
        }
    }
}

fn dispatch(arguments: Arguments) -> Ended {
    match arguments.command.unwrap_or(Program::Desktop) {
        Program::Desktop => desktop(),
        Program::Demo(demo) => demo::demo(&demo),
        Program::Run(run) => blocking(run::run(*run)),
        Program::MockSite(options) => blocking(serve::mock_site(options)),
        Program::MockApi(options) => blocking(serve::mock_api(options)),
        Program::Serve(options) => blocking(serve::serve(options)),
        Program::Store { what } => blocking(store::run(what)),
        Program::Sandbox(options) => blocking(serve::sandbox(options)),
        Program::Relay => relay(),
        Program::Bench(options) => blocking(bench::bench(options)),
        Program::Doctor(options) => blocking(doctor::doctor(options)),
        Program::Completions { shell } => Ok(complete::completions(shell)),
        Program::Man { folder } => complete::man(&folder),
        Program::Driver { what } => blocking(driver::driver(what)),
        Program::Ledger { what } => blocking(ledger::ledger(what)),
        Program::Config { what } => config::config(what),
    }
}

/// The relay's own program. A signal for the terminal is not for it: it ends with its orders.
fn relay() -> Ended {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Failure::cannot_run)?;
    let served = runtime.block_on(crate::browser::serve_relay(
        tokio::io::stdin(),
        tokio::io::stdout(),
    ));
    // Not waiting for the thread that still reads stdin.
    runtime.shutdown_background();
    served.map(|()| Exit::Done).map_err(Failure::cannot_run)
}

/// Runs a program's future on a runtime of its own.
pub(crate) fn blocking<T>(program: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::cannot_run)?;
    let ended = runtime.block_on(program);
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    ended
}

#[cfg(feature = "desktop")]
fn desktop() -> Ended {
    let home = crate::config::Home::find()?;
    crate::desktop::run(crate::desktop::Start { home, demo: None })
        .map(|()| Exit::Done)
        .map_err(Failure::cannot_run)
}

#[cfg(not(feature = "desktop"))]
fn desktop() -> Ended {
    Err(Failure::usage(anyhow::anyhow!(
        "Bản này không có cửa sổ. Dùng: gachno run … (Built without the window.)"
    )))
}

/// Cancelled by Ctrl-C, by SIGTERM, by a terminal that is closed. A second signal does not wait for the safe point.
pub(crate) fn stop_on_signals() -> tokio_util::sync::CancellationToken {
    let stop = tokio_util::sync::CancellationToken::new();
    let told = stop.clone();
    tokio::spawn(async move {
        crate::process::terminated_or_hung_up().await;
        told.cancel();
        tell("Đang dừng ở điểm an toàn… (bấm Ctrl-C lần nữa để thoát ngay)");
        crate::process::terminated_or_hung_up().await;
        // The ledger has everything; browsers that stay are cleared at the next start.
        std::process::exit(Exit::Stopped as i32);
    });
    stop
}
