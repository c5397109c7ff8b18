//! What happened to one attempt, told in sentences.

use jiff::Timestamp;

use crate::domain::{BalanceSays, DebtAfter, Event, GateKind, HistorySays, Kept, Look, Said};
use crate::ledger::EventRow;

/// What happened to an attempt.
#[derive(Debug, Clone, Default)]
pub struct Told {
    /// When, and what, in a sentence.
    pub steps: Vec<(Timestamp, String)>,
    /// What was kept of it.
    pub files: Vec<Kept>,
}

/// An attempt's events, told.
pub fn told(events: &[EventRow]) -> Told {
    let mut told = Told::default();
    for event in events {
        match serde_json::from_str::<Event>(&event.body) {
            Ok(Event::EvidenceKept { files }) => told.files.extend(files),
            Ok(known) => told.steps.push((event.at, sentence(&known))),
            // Written by a newer program: shown as it stands.
            Err(_) => told.steps.push((event.at, format!("{} {}", event.kind, event.body))),
        }
    }
    told
}

/// One event in a sentence.
pub fn sentence(event: &Event) -> String {
    match event {
        Event::Leased { .. } => "Nhận việc, mở trang của cổng".to_owned(),
        Event::QuoteSeen(quote) => {
            let customer = quote.customer.as_ref().map(|c| format!(", khách hàng {c}")).unwrap_or_default();
            let balance = quote.balance.map(|b| format!("; số dư đại lý {b}")).unwrap_or_default();
            format!("Cổng báo số tiền {}{customer}{balance}", quote.amount)
        }
        Event::Prepared => "Đã điền form và đọc lại đúng; hộp xác nhận đang mở".to_owned(),
        Event::PreArmed => "Được phép thanh toán".to_owned(),
        Event::Armed(intent) => {
            let gate = match intent.gate {
                GateKind::Valve => "giữ yêu cầu và khóa đường truyền",
                GateKind::Wire => "giữ yêu cầu trong trình duyệt",
                GateKind::Latch => "chốt trong trang",
            };
            let before = intent.balance_before.map_or_else(|| "chưa rõ".to_owned(), |b| b.to_string());
            format!("Ghi sổ trước khi bấm: trả {} từ {}; số dư trước {before}; {gate}", intent.amount, intent.agent)
        }
        Event::Released { .. } => "Yêu cầu xác nhận đã được kiểm tra đúng tài khoản và số tiền, cho đi một lần".to_owned(),
        Event::Withheld { why } => format!("Yêu cầu không đi được và đã bị hủy: {why}"),
        Event::Observed { said, balance } => {
            let after = balance.map(|b| format!("; số dư sau {b}")).unwrap_or_default();
            let words = if said.is_empty() { "không có lời nào".to_owned() } else { format!("“{}”", Said::joined(said)) };
            format!("Cổng trả lời: {words}{after}")
        }
        Event::ContactLost { why } => why.clone(),
        Event::ReconcileStarted => "Bắt đầu đối soát".to_owned(),
        Event::Looked(look) => format!("Đối soát: {}", looked(look)),
        Event::EvidenceKept { files } => format!("Lưu {} chứng cứ", files.len()),
        Event::Concluded(end) => {
            let amount = end.amount.map(|a| format!(" {a}")).unwrap_or_default();
            format!("Kết luận: {}{amount}, bằng {}. {}", end.outcome.label(), end.proof.label(), end.message)
        }
        Event::LateEvidence { what } => format!("Chứng cứ đến sau: {what}"),
    }
}

fn looked(look: &Look) -> String {
    let history = match &look.history {
        HistorySays::NotToBeHad => "không đọc được lịch sử",
        HistorySays::Absent => "lịch sử không có giao dịch này",
        HistorySays::Unique { .. } => "lịch sử có đúng giao dịch này",
        HistorySays::Several => "lịch sử có nhiều giao dịch giống nhau",
    };
    let debt = match look.debt {
        DebtAfter::NotAsked => None,
        DebtAfter::Gone => Some("đã hết nợ"),
        DebtAfter::StillDue => Some("vẫn còn nợ"),
        DebtAfter::Unclear => Some("không tra được nợ"),
    };
    let balance = match look.balance {
        BalanceSays::NoProof => "số dư chưa đủ làm bằng chứng",
        BalanceSays::Unchanged => "số dư không giảm",
        BalanceSays::Fell => "số dư giảm đúng số tiền",
        BalanceSays::Other => "số dư thay đổi khác",
    };
    [Some(history), debt, Some(balance)].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What a file of evidence shows, by the name it was kept under.
pub fn shows(what: &str) -> &'static str {
    match what {
        "request" => "yêu cầu xác nhận (PIN đã che)",
        "response" => "trả lời nguyên văn của cổng",
        "quote" => "màn hình trước khi xác nhận",
        "outcome" => "màn hình sau khi xác nhận",
        "doubt" => "màn hình lúc chưa rõ",
        "failure" => "màn hình lúc lỗi",
        _ => "chứng cứ",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Conclusion, Outcome, Proof, Vnd};

    #[test]
    fn an_end_names_outcome_amount_and_proof() {
        let end = Conclusion::of(Outcome::Paid, Proof::Balance, "Cổng không trả lời rõ".into()).about(Vnd::fixed(150_000));
        let told = sentence(&Event::Concluded(end));
        for word in ["Đã thanh toán", "150.000 đ", "Cổng không trả lời rõ"] {
            assert!(told.contains(word), "{told}");
        }
    }
}
