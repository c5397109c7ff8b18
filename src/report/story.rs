//! What happened to one attempt, told in sentences.

use jiff::Timestamp;

use crate::domain::{
    BalanceSays, DebtAfter, Event, GateKind, HistorySays, Intent, Kept, Language, Look, Quote,
    Said, Vnd,
};
use crate::ledger::EventRow;

/// What happened to an attempt.
#[derive(Debug, Clone, Default)]
pub struct ToldStory {
    /// When, and what, in a sentence.
    pub steps: Vec<(Timestamp, String)>,
    /// What was kept of it.
    pub files: Vec<Kept>,
}

/// An attempt's events, told.
pub fn told(events: &[EventRow], language: Language) -> ToldStory {
    let mut told = ToldStory::default();
    for event in events {
        match serde_json::from_str::<Event>(&event.body) {
            Ok(Event::EvidenceKept { files }) => told.files.extend(files),
            Ok(known) => told.steps.push((event.at, sentence(&known, language))),
            // Written by a newer program: shown as it stands.
            Err(_) => told
                .steps
                .push((event.at, format!("{} {}", event.kind, event.body))),
        }
    }
    told
}

/// One event in a sentence. What the portal said stays as it was said.
pub fn sentence(event: &Event, language: Language) -> String {
    let is = |vi: &str, en: &str| language.pick(vi, en).to_owned();
    match event {
        Event::Leased { operator: None, .. } => is(
            "Nhận việc, mở trang của cổng",
            "Took the job, opened the portal's page",
        ),
        Event::Leased {
            operator: Some(who),
            ..
        } => language.pick(
            format!("{who} nhận việc, mở trang của cổng"),
            format!("{who} took the job, opened the portal's page"),
        ),
        Event::QuoteSeen(quote) => quoted(quote, language),
        Event::Prepared => is(
            "Đã điền form và đọc lại đúng; hộp xác nhận đang mở",
            "Filled the form and read it back; the confirming dialog stands open",
        ),
        Event::PreArmed => is("Được phép thanh toán", "Allowed to pay"),
        Event::Armed(intent) => armed(intent, language),
        Event::Released { .. } => is(
            "Yêu cầu xác nhận đã được kiểm tra đúng tài khoản và số tiền, cho đi một lần",
            "The confirming request was checked for account and amount, and let go once",
        ),
        Event::Withheld { why } => language.pick(
            format!("Yêu cầu không đi được và đã bị hủy: {why}"),
            format!("The request could not be let go and was cancelled: {why}"),
        ),
        Event::Observed { said, balance } => observed(said, *balance, language),
        Event::ContactLost { why } => why.clone(),
        Event::ReconcileStarted => is("Bắt đầu đối soát", "Began to reconcile"),
        Event::Looked(look) => language.pick(
            format!("Đối soát: {}", looked(look, language)),
            format!("Reconciling: {}", looked(look, language)),
        ),
        Event::EvidenceKept { files } => language.pick(
            format!("Lưu {} chứng cứ", files.len()),
            format!("Kept {} pieces of evidence", files.len()),
        ),
        Event::Disputed { why } => language.pick(
            format!("Cần kiểm tra lại: {why}"),
            format!("To be checked: {why}"),
        ),
        Event::Concluded(end) => {
            let amount = end.amount.map(|a| format!(" {a}")).unwrap_or_default();
            let (outcome, proof) = (end.outcome.label_in(language), end.proof.label_in(language));
            language.pick(
                format!("Kết luận: {outcome}{amount}, bằng {proof}. {}", end.message),
                format!("Concluded: {outcome}{amount}, by {proof}. {}", end.message),
            )
        }
    }
}

fn quoted(quote: &Quote, language: Language) -> String {
    let customer = quote
        .customer
        .as_ref()
        .map(|c| language.pick(format!(", khách hàng {c}"), format!(", customer {c}")))
        .unwrap_or_default();
    let balance = quote
        .balance
        .map(|b| {
            language.pick(
                format!("; số dư đại lý {b}"),
                format!("; the agent's balance {b}"),
            )
        })
        .unwrap_or_default();
    language.pick(
        format!("Cổng báo số tiền {}{customer}{balance}", quote.amount),
        format!("The portal quoted {}{customer}{balance}", quote.amount),
    )
}

fn armed(intent: &Intent, language: Language) -> String {
    let gate = match intent.gate {
        GateKind::Valve => language.pick(
            "giữ yêu cầu và khóa đường truyền",
            "the request is held and the line is shut",
        ),
        GateKind::Wire => language.pick(
            "giữ yêu cầu trong trình duyệt",
            "the request is held in the browser",
        ),
        GateKind::Latch => language.pick("chốt trong trang", "a latch in the page"),
    };
    let before = intent.balance_before.map_or_else(
        || language.pick("chưa rõ", "not known").to_owned(),
        |b| b.to_string(),
    );
    let (amount, agent) = (intent.amount, &intent.agent);
    language.pick(
        format!("Ghi sổ trước khi bấm: trả {amount} từ {agent}; số dư trước {before}; {gate}"),
        format!(
            "Written down before the click: {amount} from {agent}; balance before {before}; {gate}"
        ),
    )
}

fn observed(said: &[Said], balance: Option<Vnd>, language: Language) -> String {
    let after = balance
        .map(|b| language.pick(format!("; số dư sau {b}"), format!("; balance after {b}")))
        .unwrap_or_default();
    let words = if said.is_empty() {
        language.pick("không có lời nào", "nothing").to_owned()
    } else {
        format!("“{}”", Said::joined(said))
    };
    language.pick(
        format!("Cổng trả lời: {words}{after}"),
        format!("The portal said: {words}{after}"),
    )
}

fn looked(look: &Look, language: Language) -> String {
    let history = match &look.history {
        HistorySays::NotToBeHad => {
            language.pick("không đọc được lịch sử", "the history cannot be read")
        }
        HistorySays::Absent => {
            language.pick("lịch sử không có giao dịch này", "it is not in the history")
        }
        HistorySays::Unique { .. } => {
            language.pick("lịch sử có đúng giao dịch này", "it is in the history")
        }
        HistorySays::Several => language.pick(
            "lịch sử có nhiều giao dịch giống nhau",
            "several like it are in the history",
        ),
    };
    let debt = match look.debt {
        DebtAfter::NotAsked => None,
        DebtAfter::Gone => Some(language.pick("đã hết nợ", "the debt is gone")),
        DebtAfter::StillDue => Some(language.pick("vẫn còn nợ", "the debt is still there")),
        DebtAfter::Unclear => {
            Some(language.pick("không tra được nợ", "the debt cannot be looked up"))
        }
    };
    let balance = match look.balance {
        BalanceSays::NoProof => {
            language.pick("số dư chưa đủ làm bằng chứng", "the balance proves nothing")
        }
        BalanceSays::Unchanged => language.pick("số dư không giảm", "the balance did not fall"),
        BalanceSays::Fell => language.pick(
            "số dư giảm đúng số tiền",
            "the balance fell by exactly the amount",
        ),
        BalanceSays::Other => language.pick("số dư thay đổi khác", "the balance changed otherwise"),
    };
    [Some(history), debt, Some(balance)]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join("; ")
}

/// What a file of evidence shows, by the name it was kept under.
pub fn shows(what: &str, language: Language) -> &'static str {
    match what {
        "request" => language.pick(
            "yêu cầu xác nhận (PIN đã che)",
            "the confirming request (PIN masked)",
        ),
        "response" => language.pick("trả lời nguyên văn của cổng", "the portal's raw answer"),
        "quote" => language.pick("màn hình trước khi xác nhận", "the page before confirming"),
        "outcome" => language.pick("màn hình sau khi xác nhận", "the page after confirming"),
        "doubt" => language.pick("màn hình lúc chưa rõ", "the page when it was in doubt"),
        "failure" => language.pick("màn hình lúc lỗi", "the page when it failed"),
        _ => language.pick("chứng cứ", "evidence"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Conclusion, Outcome, Proof};

    #[test]
    fn who_took_a_job_is_told() {
        let took = Event::Leased {
            session: String::new(),
            operator: Some("Lan".into()),
        };
        assert!(sentence(&took, Language::Vi).starts_with("Lan nhận việc"));
        assert!(sentence(&took, Language::En).starts_with("Lan took the job"));
    }

    #[test]
    fn an_end_names_outcome_amount_and_proof() {
        let end = Conclusion::of(
            Outcome::Paid,
            Proof::Balance,
            "Cổng không trả lời rõ".into(),
        )
        .about(Vnd::fixed(150_000));
        let told = sentence(&Event::Concluded(end.clone()), Language::Vi);
        for word in ["Đã thanh toán", "150.000 đ", "Cổng không trả lời rõ"] {
            assert!(told.contains(word), "{told}");
        }
        let told = sentence(&Event::Concluded(end), Language::En);
        for word in [
            "Concluded: Paid 150.000 đ",
            "the balance",
            "Cổng không trả lời rõ",
        ] {
            assert!(told.contains(word), "{told}");
        }
    }
}
