//! What can go wrong on a page, and what to do about it.

use crate::browser::BrowserError;

/// Why a step on the portal could not be done. Everything here happened before a paying click, or
/// is about reading.
#[derive(Debug, thiserror::Error)]
pub enum PortalError {
    /// The browser or its driver.
    #[error(transparent)]
    Browser(#[from] BrowserError),
    /// An element of the map is not on the page.
    #[error(
        "Cổng đã đổi giao diện: không thấy “{element}”. Chạy gachno doctor --portal và gửi nhật ký cho kỹ thuật. (Element not usable.) [{why}]"
    )]
    PageChanged {
        /// Its name in the map.
        element: String,
        /// Missing, hidden, covered, disabled, read back differently.
        why: String,
    },
    /// The session is over.
    #[error("Phiên làm việc trên cổng đã hết, cần đăng nhập lại. (Session expired.)")]
    Expired,
    /// The portal does not answer.
    #[error("Cổng không trả lời trong {seconds} giây. Thử lại sau. (The portal does not answer.)")]
    NoAnswer {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The portal says that something is wrong on its side, or says nothing usable.
    #[error("Cổng báo lỗi: {0} (The portal reports a fault.)")]
    System(String),
    /// The portal refuses the login.
    #[error(
        "Cổng không cho đăng nhập: {0}. Kiểm tra mã đại lý và mật khẩu; không thử lại để tránh khóa tài khoản. (Login refused.)"
    )]
    LoginRefused(String),
    /// Somebody else is logged in.
    #[error(
        "Trình duyệt đang đăng nhập tài khoản {found}, không phải {expected}. Vui lòng sử dụng đúng tài khoản đã đăng ký. (Another portal user is logged in.)"
    )]
    OtherUser {
        /// Who is logged in.
        found: String,
        /// Who should be.
        expected: String,
    },
    /// The frame shows no agent code.
    #[error("Không tìm thấy tên tài khoản trên Viettel Pay Pro. (No agent code on the page.)")]
    NoUser,
    /// Nobody came to do the captcha or the OTP.
    #[error(
        "Đã chờ {seconds} giây mà chưa có ai hoàn tất đăng nhập (captcha/OTP) trên trình duyệt. (Nobody completed the login.)"
    )]
    NobodyCame {
        /// How long it was waited for.
        seconds: u64,
    },
    /// The page's answer is not what the script sends.
    #[error("Không đọc được trả lời của trang. (Unreadable page answer.) [{0}]")]
    Unreadable(String),
}

impl PortalError {
    /// Can the same step be tried again in the same or a new session?
    pub fn may_be_tried_again(&self) -> bool {
        match self {
            Self::Browser(e) => !matches!(
                e,
                BrowserError::NoBrowser { .. }
                    | BrowserError::NoDriver { .. }
                    | BrowserError::BadPath { .. }
                    | BrowserError::Versions { .. }
            ),
            Self::PageChanged { .. }
            | Self::Expired
            | Self::NoAnswer { .. }
            | Self::System(_)
            | Self::Unreadable(_) => true,
            Self::LoginRefused(_)
            | Self::OtherUser { .. }
            | Self::NoUser
            | Self::NobodyCame { .. } => false,
        }
    }

    /// Does every further job meet the same fault, so that going on is pointless?
    pub fn ends_the_batch(&self) -> bool {
        !self.may_be_tried_again()
    }
}
