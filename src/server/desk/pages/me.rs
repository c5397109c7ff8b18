//! Whoever is at the phone: what they may do, and whether their wallet is linked.

use axum::extract::State;

use super::draw::{Drawn, page, shell};
use crate::domain::desk::CollectorKind;
use crate::domain::desk::message::written;
use crate::server::AppState;
use crate::server::desk::view::{MePage, Tab};
use crate::server::desk::wallet::{self, WalletKnown};
use crate::server::desk::who::DeskPerson;
use crate::server::web::words::money;

/// `GET /desk/me`
pub async fn show(State(app): State<AppState>, me: DeskPerson) -> Drawn {
    let collector = app
        .store()
        .desk()
        .cash()
        .collector(me.person.user_id)
        .await?;
    let mut facts = Vec::new();
    if let Some(collector) = &collector {
        let kind = match collector.kind {
            Some(CollectorKind::Technician) => "Kỹ thuật viên (TIN/PNC)",
            Some(CollectorKind::FeeCollector) => "Nhân viên thu cước",
            None => "Chưa xếp loại",
        };
        facts.push(("Loại", kind.to_owned()));
        facts.push(("Hạn mức tiền mặt", money(collector.cash.limit)));
        if collector.cash.extra > 0 {
            let until = collector.extra_until.as_deref().map(written);
            let until = until.map_or_else(String::new, |day| format!(" đến {day}"));
            let extra = money(collector.cash.extra);
            facts.push(("Hạn mức bổ sung", format!("{extra}{until}")));
        }
    }
    let wallet = match wallet::known(&app, &me).await? {
        WalletKnown::NotOffered => "Cửa hàng chưa nhận ví".to_owned(),
        WalletKnown::Silent => "Ví chưa trả lời".to_owned(),
        WalletKnown::Told(link) if link.is_linked => format!("Đã liên kết {}", link.masked_phone),
        WalletKnown::Told(_) => {
            "Chưa liên kết: mở ứng dụng ví, liên kết với tài khoản này".to_owned()
        }
    };
    facts.push(("Ví điện tử", wallet));
    page(&MePage {
        shell: shell(&me, "Tài khoản", Tab::Today),
        role: me.person.role.label().to_owned(),
        facts,
    })
}
