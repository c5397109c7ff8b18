//! What was told of a payment, in words for people.

use crate::domain::payment::{PaymentState, PaymentTask};
use crate::providers::payos::{OFFICIAL, SEED};
use crate::store::payments::StoredEvent;

/// The sign, the word and the colour of a state.
pub const fn tone(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Paid => "tone good",
        PaymentState::Underpaid | PaymentState::Review => "tone doubt",
        PaymentState::Failed => "tone bad",
        PaymentState::Processing => "tone busy",
        PaymentState::Created
        | PaymentState::Pending
        | PaymentState::Cancelled
        | PaymentState::Expired
        | PaymentState::Refunded => "tone calm",
    }
}

/// Why a person has to look.
pub const fn task(task: PaymentTask) -> &'static str {
    match task {
        PaymentTask::Underpaid => "Thiếu tiền",
        PaymentTask::Surplus => "Thừa tiền",
        PaymentTask::Review => "Cần xem",
    }
}

/// From where something is known.
pub fn source(wire: &str) -> &'static str {
    match wire {
        "webhook" => "Cổng báo",
        "poll" => "Hỏi cổng",
        "return" => "Khách quay lại",
        "api" => "Chương trình của cửa hàng",
        "statement" => "Sao kê",
        "open" => "Lúc tạo",
        _ => "Người",
    }
}

/// What was told, in a sentence.
pub fn event(event: &StoredEvent) -> String {
    if let Some(code) = event.kind.strip_prefix(OFFICIAL) {
        return match code {
            "00" => "PayOS báo có tiền về.".to_owned(),
            code => format!("PayOS báo giao dịch không thành công (mã {code})."),
        };
    }
    if let Some(status) = event.kind.strip_prefix(SEED) {
        return format!("PayOS báo trạng thái {status}.");
    }
    match event.kind.as_str() {
        "opened" => "Cổng đã nhận khoản này: khách trả được.",
        "refused" => "Cổng từ chối tạo khoản này.",
        "status" => "Hỏi cổng và ghi điều cổng trả lời.",
        "compare" => "Đối soát hằng ngày hỏi lại cổng.",
        "close" => "Đã trả bằng cách khác: báo cổng đóng khoản này.",
        "cancel" => "Báo cổng hủy khoản này.",
        "cancelled" => "Đã hủy: cổng xác nhận chưa có tiền.",
        "transfer" => "Thấy tiền về trên sao kê và ghi vào đây.",
        "attached" => "Có người gắn khoản tiền chưa rõ vào đây.",
        "accept" => "Có người quyết định nhận.",
        "ignore" => "Có người quyết định bỏ qua.",
        "refund" => "Đã hoàn tiền.",
        "refund_asked" => "Gửi lệnh hoàn tiền tới cổng.",
        "refund_refused" => "Cổng từ chối lệnh hoàn tiền: chưa hoàn gì.",
        "refund_unknown" => "Chưa rõ lệnh hoàn tiền: chưa ghi gì.",
        "undo" => "Hoàn tác một lần nhập sao kê: tiền đã ghi được rút lại.",
        "00/00" => "VNPay báo thanh toán thành công.",
        kind => return told(&event.source, kind),
    }
    .to_owned()
}

fn told(source: &str, kind: &str) -> String {
    let who = match source {
        "webhook" => "Cổng báo",
        "poll" | "return" | "open" => "Cổng trả lời",
        _ => "Ghi nhận",
    };
    format!("{who}: {kind}.")
}
