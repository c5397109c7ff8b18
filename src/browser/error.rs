//! What can go wrong with a browser, and what to do about it.

use std::path::PathBuf;

use fantoccini::error::{CmdError, NewSessionError};

use super::supply::SupplyError;
use super::{Family, Version};

/// Why a browser cannot be used. The texts say what the operator can do.
#[derive(Debug, thiserror::Error)]
pub enum BrowserError {
    /// No browser on this machine.
    #[error(
        "Không tìm thấy Chrome, Chromium hoặc Edge. Cài đặt trình duyệt Chrome, hoặc đặt đường dẫn bằng: gachno config set browser.browser_path … (No browser found; looked at: {looked_at})"
    )]
    NoBrowser {
        /// Where it was looked for.
        looked_at: String,
    },
    /// No driver on this machine.
    #[error(
        "Chưa có {family} để điều khiển trình duyệt{}. Bấm Tải trình điều khiển trong cửa sổ, hoặc chạy: gachno driver fetch. (There is no driver for the browser yet.)",
        .browser.map(|version| format!(" phiên bản {version}")).unwrap_or_default()
    )]
    NoDriver {
        /// Which driver.
        family: Family,
        /// The browser's version, where it tells.
        browser: Option<Version>,
    },
    /// A configured path leads nowhere.
    #[error(
        "Đường dẫn {path} trong cấu hình ({key}) không chạy được. Sửa lại hoặc để trống để tự tìm. (The configured path cannot be run.)"
    )]
    BadPath {
        /// The configuration key.
        key: &'static str,
        /// The path.
        path: PathBuf,
    },
    /// Browser and driver do not belong together.
    #[error(
        "Trình duyệt đã lên phiên bản {browser}, {family} {driver} không dùng được nữa, cần {family} {browser_major}. {} (The driver does not fit the browser.)",
        if *.is_chosen { "Để trống browser.driver_path để chương trình tự tìm và tải." } else { "Bấm Tải trình điều khiển trong cửa sổ, hoặc chạy: gachno driver fetch." }
    )]
    Versions {
        /// Which driver.
        family: Family,
        /// The browser's version.
        browser: Version,
        /// The driver's version.
        driver: Version,
        /// What the driver's major version should be.
        browser_major: u32,
        /// Was this very driver chosen in the configuration?
        is_chosen: bool,
    },
    /// The driver that is missing cannot be fetched.
    #[error(transparent)]
    Supply(#[from] SupplyError),
    /// The driver's process does not start or does not say its port.
    #[error(
        "Trình điều khiển trình duyệt không khởi động được. (The driver did not start.) [{why}]"
    )]
    DriverStart {
        /// What it said.
        why: String,
    },
    /// The WebDriver refuses a session.
    #[error("Không mở được trình duyệt. (The WebDriver refused a session.) [{why}]")]
    NoSession {
        /// What it said, first line.
        why: String,
        /// The cause.
        #[source]
        source: Box<NewSessionError>,
    },
    /// A remote WebDriver does not answer.
    #[error(
        "Không kết nối được WebDriver tại {url}. Kiểm tra browser.webdriver_url. (Cannot reach the WebDriver.) [{why}]"
    )]
    Unreachable {
        /// Its address, without a password that stands in it.
        url: String,
        /// First line of the cause.
        why: String,
    },
    /// The page cannot be loaded.
    #[error("Không mở được {url}. Kiểm tra mạng và portal.url. (Cannot open the page.) [{why}]")]
    PageUnreachable {
        /// The address.
        url: String,
        /// The browser's words.
        why: String,
    },
    /// The browser or its driver is gone, or does not answer any more.
    #[error("Mất liên lạc với trình duyệt. (Lost contact with the browser.) [{why}]")]
    Lost {
        /// How it showed.
        why: String,
    },
    /// The page's script failed or was cut short, by a navigation for instance.
    #[error("Trang không trả lời lệnh. (The page's script failed.) [{why}]")]
    Script {
        /// The browser's words.
        why: String,
    },
    /// The relay's process does not start or does not answer.
    #[error(
        "Bộ chuyển tiếp kết nối không chạy. Đặt browser.valve = false để chạy không có nó. (The relay does not work.) [{why}]"
    )]
    Relay {
        /// What happened.
        why: String,
    },
    /// A profile or a record cannot be written.
    #[error("Không ghi được {path}. Kiểm tra quyền và dung lượng đĩa. (Cannot write it.)")]
    Disk {
        /// The path.
        path: PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

impl BrowserError {
    /// Must a new session be opened before anything else can be done?
    pub fn is_lost(&self) -> bool {
        matches!(self, Self::Lost { .. })
    }

    /// Would fetching a driver help?
    pub fn wants_driver(&self) -> bool {
        matches!(
            self,
            Self::NoDriver { .. }
                | Self::Versions {
                    is_chosen: false,
                    ..
                }
        )
    }
}

/// First line only: a driver's messages carry stack traces behind it.
pub(super) fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or("").trim().to_owned()
}

/// Sorts a WebDriver fault once, where it enters.
pub(super) fn of_command(error: &CmdError) -> BrowserError {
    match error {
        CmdError::Standard(e) => {
            let kind = e.error();
            let message = first_line(&e.message);
            let is_lost = matches!(
                kind.as_str(),
                "invalid session id" | "session not created" | "no such window"
            ) || [
                "disconnected",
                "not reachable",
                "crashed",
                "target window already closed",
            ]
            .iter()
            .any(|sign| message.contains(sign));
            if is_lost {
                BrowserError::Lost { why: message }
            } else {
                BrowserError::Script { why: message }
            }
        }
        CmdError::Failed(_) | CmdError::FailedC(_) | CmdError::Lost(_) => BrowserError::Lost {
            why: error.to_string(),
        },
        other => BrowserError::Script {
            why: other.to_string(),
        },
    }
}
