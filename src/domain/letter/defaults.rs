//! What letters say until the shop says otherwise.

use super::LetterKind;
use crate::domain::Language;

/// Subject and body.
pub(super) const fn words(kind: LetterKind, language: Language) -> (&'static str, &'static str) {
    match (kind, language) {
        (LetterKind::DeskReceipt | LetterKind::DeskSettled | LetterKind::Care, _) => ("", ""),
        (LetterKind::PaymentPaid, Language::Vi) => (
            "Đã nhận thanh toán {payment_code} – {amount}",
            "Chào {customer_name},\n\n\
             {shop} đã nhận được {amount} cho: {description}.\n\n\
             Mã thanh toán: {payment_code}\n\
             Số tiền: {amount}\n\
             Thời điểm: {paid_at}\n\n\
             Xem lại tại: {pay_url}\n\n\
             Cảm ơn quý khách.\n\
             {shop}",
        ),
        (LetterKind::PaymentPaid, Language::En) => (
            "Payment {payment_code} received – {amount}",
            "Dear {customer_name},\n\n\
             {shop} has received {amount} for: {description}.\n\n\
             Payment code: {payment_code}\n\
             Amount: {amount}\n\
             Time: {paid_at}\n\n\
             See it again at: {pay_url}\n\n\
             Thank you.\n\
             {shop}",
        ),
        (LetterKind::RequestSent, Language::Vi) => (
            "{shop}: yêu cầu thanh toán {amount}",
            "Chào {customer_name},\n\n\
             {shop} gửi quý khách yêu cầu thanh toán {amount} cho: {description}.\n\n\
             Mở trang thanh toán: {pay_url}\n\n\
             Nếu không phải khoản của quý khách, xin bỏ qua thư này.\n\
             {shop}",
        ),
        (LetterKind::RequestSent, Language::En) => (
            "{shop}: please pay {amount}",
            "Dear {customer_name},\n\n\
             {shop} asks you to pay {amount} for: {description}.\n\n\
             Open the payment page: {pay_url}\n\n\
             If this is not for you, please ignore this letter.\n\
             {shop}",
        ),
    }
}
