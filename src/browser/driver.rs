//! One `ChromeDriver` process of ours.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use super::BrowserError;

/// A driver that has not said its port by then never will.
const START_MAX: Duration = Duration::from_secs(20);

/// A running `ChromeDriver` on a port of its own choice. Dropping it kills it.
#[derive(Debug)]
pub struct Driver {
    child: Child,
    port: u16,
}

impl Driver {
    /// Starts the driver in its own process group, so that a Ctrl-C in the terminal does not reach it before us.
    /// Blocks until it says its port (some 50 ms).
    pub fn start(program: &Path) -> Result<Self, BrowserError> {
        let fault = |why: String| BrowserError::DriverStart { why };
        let mut command = Command::new(program);
        command.arg("--port=0").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        #[cfg(windows)]
        std::os::windows::process::CommandExt::creation_flags(&mut command, 0x0800_0000 /* CREATE_NO_WINDOW */);
        let mut child = command.spawn().map_err(|e| fault(format!("{}: {e}", program.display())))?;
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
        if let Ok(port) = told.recv_timeout(START_MAX) {
            Ok(Self { child, port })
        } else {
            let _ = child.kill();
            let status = child.wait();
            Err(fault(status.map_or_else(|e| e.to_string(), |s| format!("đã thoát, {s}"))))
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
        assert_eq!(port_in("ChromeDriver was started successfully on port 40123."), Some(40_123));
        assert_eq!(port_in("Starting ChromeDriver 156.0 on port 0"), None);
    }

    #[cfg(unix)]
    #[test]
    fn a_program_that_is_no_driver_is_told_apart() {
        let error = Driver::start(Path::new("/bin/true")).map(|_| ()).expect_err("no driver");
        assert!(matches!(error, BrowserError::DriverStart { .. }), "{error}");
    }
}
