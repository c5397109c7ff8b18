//! Everything that the payment pages say, in both languages: one struct a language, so that a word that is
//! missing in one does not compile.

use axum::http::{HeaderMap, header};
use axum::response::Response;

use crate::domain::payment::{PaymentState, Provider};
use crate::server::web::preferred;

/// What the pages say.
pub struct PayWords {
    /// The language's code.
    pub code: &'static str,
    /// The link to the other language.
    pub other: &'static str,
    /// The other language's code.
    pub other_code: &'static str,
    pub pay_to: &'static str,
    pub amount: &'static str,
    pub missing: &'static str,
    pub choose: &'static str,
    pub payos: &'static str,
    pub vnpay: &'static str,
    pub vietqr: &'static str,
    pub wallet: &'static str,
    pub no_method: &'static str,
    pub scan: &'static str,
    pub qr_alt: &'static str,
    pub open_app: &'static str,
    pub open_page: &'static str,
    pub save_qr: &'static str,
    pub bank: &'static str,
    pub account: &'static str,
    pub holder: &'static str,
    pub note: &'static str,
    pub note_why: &'static str,
    pub copy: &'static str,
    pub copied: &'static str,
    pub until: &'static str,
    pub time_over: &'static str,
    pub next: &'static str,
    pub next_vietqr: &'static str,
    pub refresh: &'static str,
    pub cancel: &'static str,
    pub other_method: &'static str,
    pub code_label: &'static str,
    pub otp: &'static str,
    pub otp_sent: &'static str,
    pub otp_enter: &'static str,
    pub otp_again: &'static str,
    pub thanks: &'static str,
    pub yours: &'static str,
    pub none: &'static str,
    pub opening: &'static str,
    pub paid_at: &'static str,
    pub expired_request: &'static str,
    pub back: &'static str,
}

/// Vietnamese.
pub static VI: PayWords = PayWords {
    code: "vi",
    other: "English",
    other_code: "en",
    pay_to: "Thanh toán cho",
    amount: "Số tiền",
    missing: "Còn thiếu",
    choose: "Chọn cách thanh toán",
    payos: "Quét mã QR bằng ứng dụng ngân hàng",
    vnpay: "VNPay: thẻ, ngân hàng, ví",
    vietqr: "Chuyển khoản ngân hàng (VietQR)",
    wallet: "Ví điện tử",
    no_method: "Cửa hàng chưa mở cách thanh toán nào. Liên hệ cửa hàng.",
    scan: "Mở ứng dụng ngân hàng, chọn quét QR rồi quét mã này.",
    qr_alt: "Mã QR để chuyển khoản",
    open_app: "Mở ứng dụng ngân hàng",
    open_page: "Mở trang thanh toán",
    save_qr: "Lưu ảnh mã QR",
    bank: "Ngân hàng",
    account: "Số tài khoản",
    holder: "Chủ tài khoản",
    note: "Nội dung chuyển khoản",
    note_why: "Giữ đúng nội dung này để tiền được ghi ngay.",
    copy: "Chép",
    copied: "Đã chép",
    until: "Thanh toán trước",
    time_over: "Đã hết giờ. Nếu đã chuyển tiền, đừng chuyển lại: hệ thống đang kiểm tra.",
    next: "Chuyển xong, trang này tự đổi sang màu xanh trong vài giây. Không cần gửi ảnh chụp.",
    next_vietqr: "Chuyển xong, cửa hàng đối chiếu sao kê rồi xác nhận. Trang này tự đổi khi xong.",
    refresh: "Tải lại trang này",
    cancel: "Hủy thanh toán",
    other_method: "Chọn cách khác",
    code_label: "Mã thanh toán",
    otp: "Mã xác nhận (OTP)",
    otp_sent: "Mã đã gửi tới",
    otp_enter: "Xác nhận",
    otp_again: "Gửi lại mã",
    thanks: "Cảm ơn bạn. Có thể đóng trang này.",
    yours: "Khoản thanh toán của tôi",
    none: "Chưa có khoản nào.",
    opening: "Đang nối với cổng thanh toán. Đợi vài giây.",
    paid_at: "Trả lúc",
    expired_request: "Yêu cầu này đã hết hạn. Liên hệ cửa hàng để lấy yêu cầu mới.",
    back: "Về danh sách",
};

/// English.
pub static EN: PayWords = PayWords {
    code: "en",
    other: "Tiếng Việt",
    other_code: "vi",
    pay_to: "Payment to",
    amount: "Amount",
    missing: "Still missing",
    choose: "Choose how to pay",
    payos: "Scan a QR with your bank's app",
    vnpay: "VNPay: card, bank, wallet",
    vietqr: "Bank transfer (VietQR)",
    wallet: "Wallet",
    no_method: "This shop takes no payments here yet. Please contact the shop.",
    scan: "Open your bank's app, choose scan QR, and scan this code.",
    qr_alt: "QR code for the transfer",
    open_app: "Open my bank's app",
    open_page: "Open the payment page",
    save_qr: "Save the QR picture",
    bank: "Bank",
    account: "Account number",
    holder: "Account holder",
    note: "Transfer note",
    note_why: "Keep this note as it is, so that your money is found at once.",
    copy: "Copy",
    copied: "Copied",
    until: "Pay before",
    time_over: "The time is over. If you have sent the money, do not send it again: we are checking.",
    next: "When you have paid, this page turns green by itself within seconds. No screenshot is needed.",
    next_vietqr: "When you have paid, the shop checks its statement and confirms. This page changes by itself.",
    refresh: "Reload this page",
    cancel: "Cancel payment",
    other_method: "Pay another way",
    code_label: "Payment code",
    otp: "One-time password (OTP)",
    otp_sent: "Sent to",
    otp_enter: "Confirm",
    otp_again: "Send again",
    thanks: "Thank you. You may close this page.",
    yours: "My payments",
    none: "Nothing here yet.",
    opening: "Connecting to the payment provider. A few seconds, please.",
    paid_at: "Paid at",
    expired_request: "This request has expired. Please ask the shop for a new one.",
    back: "Back to the list",
};

impl PayWords {
    /// What a way to pay is called.
    pub const fn method(&self, provider: Provider) -> &'static str {
        match provider {
            Provider::PayOs => self.payos,
            Provider::VnPay => self.vnpay,
            Provider::VietQr => self.vietqr,
            Provider::Wallet => self.wallet,
            // Taken by collectors at doors; no page of a payer offers it.
            Provider::Cash => "Tiền mặt",
        }
    }

    /// How a payment stands, in a line.
    pub fn state(&self, state: PaymentState) -> &'static str {
        let is_english = self.code == "en";
        let (vi, en) = match state {
            PaymentState::Created => ("Đang nối với cổng thanh toán", "Connecting"),
            PaymentState::Pending => ("Chờ thanh toán", "Waiting for your payment"),
            PaymentState::Processing => ("Cổng đang xử lý", "Being processed"),
            PaymentState::Underpaid => ("Chưa đủ tiền", "Not the whole amount yet"),
            PaymentState::Paid => ("Đã thanh toán", "Paid"),
            PaymentState::Cancelled => ("Đã hủy", "Cancelled"),
            PaymentState::Expired => ("Đã hết hạn", "Expired"),
            PaymentState::Failed => ("Không thành công", "Not successful"),
            PaymentState::Review => (
                "Đã nhận tin, cửa hàng đang kiểm tra",
                "Received, the shop is checking",
            ),
            PaymentState::Refunded => ("Đã hoàn tiền", "Paid back"),
        };
        if is_english { en } else { vi }
    }
}

/// What remembers a language that somebody chose.
const COOKIE: &str = "gachno-lang";

/// The language that the address chooses.
fn chosen(query: Option<&str>) -> Option<&'static str> {
    let (_, value) =
        url::form_urlencoded::parse(query?.as_bytes()).find(|(name, _)| name == "lang")?;
    match &*value {
        "en" => Some("en"),
        "vi" => Some("vi"),
        _ => None,
    }
}

/// The language: as the address says, as was chosen before, as the browser asks, else Vietnamese.
pub fn of(headers: &HeaderMap, query: Option<&str>) -> &'static PayWords {
    let text = |name: header::HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    let before = text(header::COOKIE).and_then(|cookies| {
        let mut pairs = cookies
            .split(';')
            .filter_map(|pair| pair.trim().split_once('='));
        pairs
            .find(|(name, _)| *name == COOKIE)
            .map(|(_, value)| value)
    });
    let asked = preferred::language(headers, &["vi", "en"]);
    match chosen(query).or(before).or(asked) {
        Some(language) if language.to_ascii_lowercase().starts_with("en") => &EN,
        _ => &VI,
    }
}

/// Remembers the language that the address chooses: the pages that follow speak it too.
pub fn remembered(query: Option<&str>, mut response: Response) -> Response {
    if let Some(language) = chosen(query)
        && let Ok(cookie) =
            format!("{COOKIE}={language}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly").parse()
    {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_outweighs_what_a_browser_asks() {
        let with = |pairs: &[(header::HeaderName, &str)]| {
            let parsed = |(name, value): &(header::HeaderName, &str)| {
                (name.clone(), value.parse().expect("a value"))
            };
            pairs.iter().map(parsed).collect::<HeaderMap>()
        };
        let english = (header::ACCEPT_LANGUAGE, "en-US,en;q=0.9");
        let cookie = (header::COOKIE, "a=1; gachno-lang=vi");
        assert_eq!(of(&with(&[]), None).code, "vi");
        assert_eq!(of(&with(std::slice::from_ref(&english)), None).code, "en");
        assert_eq!(
            of(&with(&[english.clone(), cookie.clone()]), None).code,
            "vi"
        );
        assert_eq!(
            of(&with(&[english, cookie]), Some("t=1&lang=en")).code,
            "en"
        );
    }
}
