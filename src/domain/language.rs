//! The two languages of the people who use it.

use serde::{Deserialize, Serialize};

/// A language of the screen and of what is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Language {
    /// The one of two wordings.
    pub fn pick<T>(self, vi: T, en: T) -> T {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// Its own name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Vi => "Tiếng Việt",
            Self::En => "English",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Vi => Self::En,
            Self::En => Self::Vi,
        }
    }

    /// From the configuration's word; Vietnamese where it is none of ours.
    pub fn of(code: &str) -> Self {
        if code == "en" { Self::En } else { Self::Vi }
    }

    /// The configuration's word.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Vi => "vi",
            Self::En => "en",
        }
    }
}

/// What a person has to do in the browser before the program can go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Errand {
    /// Log in: no agent code and password are kept.
    LogIn,
    /// Read the captcha.
    Captcha,
    /// Type the one-time code that came by message.
    Otp,
}

impl Errand {
    /// Asks for it.
    pub fn asked(self, language: Language) -> &'static str {
        match self {
            Self::LogIn => language.pick(
                "Cần bạn đăng nhập trên trình duyệt (chưa lưu mã đại lý và mật khẩu)",
                "Please log in in the browser (no agent code and password are kept)",
            ),
            Self::Captcha => language.pick(
                "Cần bạn nhập mã bảo vệ (captcha) rồi bấm ĐĂNG NHẬP trên trình duyệt",
                "Please type the captcha in the browser, then press ĐĂNG NHẬP",
            ),
            Self::Otp => language.pick(
                "Cần bạn nhập mã OTP rồi bấm XÁC NHẬN trên trình duyệt",
                "Please type the one-time code in the browser, then press XÁC NHẬN",
            ),
        }
    }
}
