//! A desktop of its own: a screen, a window manager that keeps room for a taskbar, hands and a
//! clipboard. All of it is gone when it is dropped.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Longer than anything takes on a slow machine; a condition that does not come fails the test with
/// its name.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a taskbar takes of the screen's lower end.
pub const TASKBAR: i32 = 40;

/// A process that ends with us.
pub struct Ended(pub Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Asks again and again until there is an answer.
pub fn until<T>(what: &str, mut asked: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = asked() {
            return answer;
        }
        assert!(Instant::now() < end, "not within {PATIENCE:?}: {what}");
        std::thread::sleep(Duration::from_millis(25));
    }
}

/// A screen with a window manager on it.
pub struct Display {
    pub name: String,
    pub size: (i32, i32),
    _manager: Ended,
    _server: Ended,
}

impl Display {
    /// `None` where a program is missing that it takes.
    pub fn start(size: (i32, i32), folder: &Path) -> Option<Self> {
        let (width, height) = size;
        let mut server = Command::new("Xvfb");
        server
            // Between two clients it would begin anew, and end the window manager with that.
            .arg("-noreset")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = Ended(server.spawn().ok()?);
        let mut number = String::new();
        BufReader::new(server.0.stdout.as_mut()?)
            .read_line(&mut number)
            .ok()?;
        let name = format!(":{}", number.trim());
        let taskbar = format!("<bottom>{TASKBAR}</bottom>");
        let settings = std::fs::read_to_string("/etc/xdg/openbox/rc.xml").ok()?;
        let file = folder.join("openbox.xml");
        std::fs::write(&file, settings.replace("<bottom>0</bottom>", &taskbar)).ok()?;
        let mut manager = Command::new("openbox");
        manager
            .arg("--config-file")
            .arg(&file)
            .env("DISPLAY", &name)
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let display = Self {
            name,
            size,
            _manager: Ended(manager.spawn().ok()?),
            _server: server,
        };
        until("the window manager is there", || {
            display.hand(&["get_desktop"])
        });
        display.clipboard(&["-version"]).output().ok()?;
        Some(display)
    }

    /// What `xdotool` says; `None` where it cannot.
    pub fn hand(&self, arguments: &[&str]) -> Option<String> {
        let done = Command::new("xdotool")
            .args(arguments)
            .env("DISPLAY", &self.name)
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        done.status.success().then_some(said)
    }

    pub fn click_at(&self, x: i32, y: i32) {
        let (x, y) = (x.to_string(), y.to_string());
        self.hand(&["mousemove", &x, &y, "click", "1"])
            .expect("a click");
    }

    pub fn press(&self, keys: &str) {
        self.hand(&["key", "--clearmodifiers", keys])
            .expect("a key");
    }

    /// The title of the window that has the keys.
    pub fn active(&self) -> String {
        self.hand(&["getactivewindow", "getwindowname"])
            .unwrap_or_default()
    }

    fn clipboard(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("xclip");
        command
            .args(["-selection", "clipboard"])
            .args(arguments)
            .env("DISPLAY", &self.name)
            .stderr(Stdio::null());
        command
    }

    /// Copies a text in another program, which stays as long as somebody may paste it.
    pub fn copy(&self, text: &str) -> Ended {
        let mut program = self.clipboard(&["-in", "-quiet"]);
        let mut program = Ended(
            program
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .spawn()
                .expect("xclip"),
        );
        program
            .0
            .stdin
            .take()
            .expect("its input")
            .write_all(text.as_bytes())
            .expect("copied");
        until("it is in the clipboard", || {
            (self.copied() == text).then_some(())
        });
        program
    }

    /// What another program would paste.
    pub fn copied(&self) -> String {
        let out = self.clipboard(&["-out"]).output().expect("xclip");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// The screen as it is, where there is a camera: for whoever looks into a failure.
    pub fn photograph(&self, path: &Path) {
        let _ = Command::new("scrot")
            .arg("--overwrite")
            .arg(path)
            .env("DISPLAY", &self.name)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
    }
}
