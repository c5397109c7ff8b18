//! One `ChromeDriver` process of ours.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::BrowserError;
use super::workspace::MARK;
use crate::process::quiet;

/// A driver that has not said its port by then never will.
const START_MAX: Duration = Duration::from_secs(20);

/// It takes a free IPv4 port and then wants the same one on IPv6: where somebody has that, it ends
/// at once. Another start finds another port.
const TRIES: u32 = 3;

/// A running `ChromeDriver` on a port of its own choice. Dropping it kills it.
#[derive(Debug)]
pub struct Driver {
    child: Child,
    port: u16,
}

/// Why one start came to nothing.
struct Failed {
    why: String,
    /// By itself, before it said its port?
    has_ended: bool,
}

impl Driver {
    /// Starts the driver in its own process group, so that a Ctrl-C in the terminal does not reach
    /// it before us. Blocks until it says its port (some 50 ms). `profile`: what a reaper will know
    /// it by, should we be killed.
    pub fn start(program: &Path, profile: Option<&Path>) -> Result<Self, BrowserError> {
        let mut tried = 1;
        loop {
            match Self::try_start(program, profile) {
                Err(Failed {
                    has_ended: true, ..
                }) if tried < TRIES => tried += 1,
                Err(Failed { why, .. }) => return Err(BrowserError::DriverStart { why }),
                Ok(driver) => return Ok(driver),
            }
        }
    }

    fn try_start(program: &Path, profile: Option<&Path>) -> Result<Self, Failed> {
        let fault = |why: String| Failed {
            why,
            has_ended: false,
        };
        let mut command = quiet(program);
        command
            .arg("--port=0")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(profile) = profile {
            command.env(MARK, profile);
        }
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .spawn()
            .map_err(|e| fault(format!("{}: {e}", program.display())))?;
        let Some(stdout) = child.stdout.take() else {
            let _ = child.kill();
            return Err(fault("không đọc được đầu ra".to_owned()));
        };
        let (tell, told) = mpsc::channel();
        // Reads to the end: a driver whose pipe is full would stop.
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if let Some(port) = port_in(&line) {
                    let _ = tell.send(port);
                }
            }
        });
        match told.recv_timeout(START_MAX) {
            Ok(port) => Ok(Self { child, port }),
            Err(silence) => {
                let _ = child.kill();
                let status = child.wait();
                let why = status.map_or_else(|e| e.to_string(), |s| format!("đã thoát, {s}"));
                Err(Failed {
                    why,
                    has_ended: silence == mpsc::RecvTimeoutError::Disconnected,
                })
            }
        }
    }

    /// Where it listens, on loopback.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `ChromeDriver was started successfully on port 40123.`
fn port_in(line: &str) -> Option<u16> {
    let (_, rest) = line.split_once("successfully on port ")?;
    rest.trim_end_matches('.').trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_drivers_own_words() {
        assert_eq!(
            port_in("ChromeDriver was started successfully on port 40123."),
            Some(40_123)
        );
        assert_eq!(port_in("Starting ChromeDriver 156.0 on port 0"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_driver_that_found_no_port_finds_one_the_next_time() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().expect("folder");
        let program = folder.path().join("driver");
        let script = "#!/bin/sh\n[ -e \"$0.once\" ] || { touch \"$0.once\"; exit 1; }\necho was started successfully on port 40123.\nexec sleep 60\n";
        std::fs::write(&program, script).expect("written");
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700))
            .expect("made a program");
        assert_eq!(
            Driver::start(&program, None)
                .expect("the second time")
                .url(),
            "http://127.0.0.1:40123"
        );
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_is_no_driver_is_told_apart() {
        let error = Driver::start(Path::new("/bin/true"), None)
            .map(|_| ())
            .expect_err("no driver");
        assert!(matches!(error, BrowserError::DriverStart { .. }), "{error}");
    }
}
