//! A payment is taken back, or its link is, because the money came another way.

use serde_json::json;

use super::{Cashier, timed};
use crate::domain::payment::End;
use crate::server::pay::refusal::PayRefusal;
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::PAYMENT;
use crate::store::payments::{Fact, Heard, HeardFrom, PaymentRow};
use crate::store::{Actor, Entry};

impl Cashier {
    /// Takes a payment back: at its provider first, then here.
    pub async fn cancel(&self, row: PaymentRow, actor: &Actor) -> Result<PaymentRow, PayRefusal> {
        use crate::domain::PaymentState;
        if row.state() == PaymentState::Cancelled {
            return Ok(row);
        }
        if !row.state().is_open() || row.received() > 0 {
            return Err(not_cancelled(&row));
        }
        let provider = self.needed(&row).await?;
        let order = self.order_ref(&row);
        let call = provider.cancel(&order, "Khach huy");
        let told = self.in_line(&row, "cancel", call).await?;
        let after = self
            .take(&row, &told, HeardFrom::Poll, "cancel")
            .await?
            .payment;
        let is_free = after.state().is_open()
            && after.received() == 0
            && after.state() != PaymentState::Processing;
        if is_free {
            let heard = Heard {
                payment: row.id,
                source: HeardFrom::Person,
                kind: "cancelled",
                key: "cancelled",
                body: "",
                facts: &[Fact::Ended(End::Cancelled)],
                actor: Some(actor),
            };
            return Ok(self.hear(&heard).await?.payment);
        }
        if after.state() == PaymentState::Cancelled {
            // The provider's word ended it; whose wish it was stands in the trail.
            let state = |row: &PaymentRow| json!({ "state": row.state().wire() });
            let entry = Entry::of(AuditAction::PaymentCancel)
                .row(&PAYMENT, row.id)
                .before(state(&row))
                .after(state(&after));
            self.app.store().audit().record(actor, entry).await?;
            Ok(after)
        } else {
            Err(not_cancelled(&after))
        }
    }

    /// Takes the link of a payment back whose payable was paid another way. Best effort.
    pub async fn close(&self, row: &PaymentRow) -> Result<PaymentRow, PayRefusal> {
        let provider = self.needed(row).await?;
        let order = self.order_ref(row);
        let call = provider.cancel(&order, "Da tra cach khac");
        // May take a second call: what it is now.
        // Whoever asks in this one's turn has taken it for this.
        let told = timed(row, "cancel", call).await?;
        self.take(row, &told, HeardFrom::Poll, "close")
            .await
            .map(|o| o.payment)
    }
}

pub(super) fn not_cancelled(row: &PaymentRow) -> PayRefusal {
    let error = format!("Không hủy được: {}.", row.state().label());
    PayRefusal::conflict(error)
        .with("success", false)
        .with("state", row.state().wire())
}
