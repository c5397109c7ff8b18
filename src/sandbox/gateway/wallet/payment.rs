//! A payment out of a wallet as it is kept.

use super::super::truth::GatewayLink;

/// A payment out of a wallet.
#[derive(Debug, Clone)]
pub struct WalletPayment {
    pub merchant_id: String,
    pub id: String,
    pub order_id: String,
    pub amount: i64,
    pub notify_url: String,
    pub idempotency_key: String,
    /// The body of the first request, to tell a repeat from something else.
    pub body: String,
    pub state: &'static str,
    pub code: Option<&'static str>,
    pub created_ms: i64,
    pub paid_ms: Option<i64>,
    pub otp: String,
    pub otp_sent_ms: i64,
    pub attempts_left: i64,
    pub resends: u32,
}

impl WalletPayment {
    pub fn order_code(&self) -> i64 {
        self.order_id.parse().unwrap_or_default()
    }

    pub fn shown(&self) -> GatewayLink {
        GatewayLink {
            provider: "wallet",
            channel: self.merchant_id.clone(),
            order_code: self.order_code(),
            id: self.id.clone(),
            amount: self.amount,
            status: self.state.to_owned(),
        }
    }
}
