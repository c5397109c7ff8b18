//! Programs that this one starts, and how the system asks this one to end.

use std::process::Command;

/// A console program started from a window would open a black window of its own on Windows.
#[cfg(windows)]
const CREATE_NO_WINDOW: u32 = 0x0800_0000;

/// A command whose program gets no console window of its own.
pub fn quiet(program: impl AsRef<std::ffi::OsStr>) -> Command {
    #[cfg_attr(
        not(windows),
        expect(unused_mut, reason = "only Windows has such windows")
    )]
    let mut command = Command::new(program);
    #[cfg(windows)]
    std::os::windows::process::CommandExt::creation_flags(&mut command, CREATE_NO_WINDOW);
    command
}

/// Waits until a person or the system wants the program to end: Ctrl-C and SIGTERM; on Windows also
/// a console that is closed, a logoff, a shutdown. Windows ends the program some seconds later
/// whatever it does.
pub async fn terminated() {
    #[cfg(unix)]
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = signalled(tokio::signal::unix::SignalKind::terminate()) => {}
    }
    #[cfg(windows)]
    {
        use tokio::signal::windows as system;
        // What cannot be listened to never comes.
        macro_rules! told {
            ($listen:path) => {
                async {
                    match $listen() {
                        Ok(mut told) => drop(told.recv().await),
                        Err(_) => std::future::pending().await,
                    }
                }
            };
        }
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            () = told!(system::ctrl_break) => {}
            () = told!(system::ctrl_close) => {}
            () = told!(system::ctrl_logoff) => {}
            () = told!(system::ctrl_shutdown) => {}
        }
    }
    #[cfg(not(any(unix, windows)))]
    let _ = tokio::signal::ctrl_c().await;
}

/// The same for what a person works with: a terminal that is closed ends it too, unless it was
/// started so as not to mind that (`nohup`). A server has another use for that signal.
pub async fn terminated_or_hung_up() {
    #[cfg(unix)]
    if !minds_no_hangup(&std::fs::read_to_string("/proc/self/status").unwrap_or_default()) {
        tokio::select! {
            () = terminated() => {}
            () = signalled(tokio::signal::unix::SignalKind::hangup()) => {}
        }
        return;
    }
    terminated().await;
}

/// Is the first signal, a hangup, among those that are ignored?
#[cfg(unix)]
fn minds_no_hangup(status: &str) -> bool {
    status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .is_some_and(|mask| mask & 1 == 1)
}

#[cfg(unix)]
async fn signalled(kind: tokio::signal::unix::SignalKind) {
    match tokio::signal::unix::signal(kind) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_minds_no_hangup_is_known_by_its_mask() {
        assert!(minds_no_hangup("Name:\tx\nSigIgn:\t0000000000001001\n"));
        assert!(!minds_no_hangup("Name:\tx\nSigIgn:\t0000000000001000\n"));
        assert!(!minds_no_hangup(""));
    }
}
