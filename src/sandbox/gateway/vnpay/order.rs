//! An order of VNPay as it is kept.

use super::super::truth::GatewayLink;

/// An order that somebody opened the page of.
#[derive(Debug, Clone)]
pub struct VnPayOrder {
    pub tmn_code: String,
    pub reference: String,
    /// In hundredths.
    pub amount: i64,
    pub info: String,
    pub created: String,
    pub return_url: String,
    /// Both codes of what became of it; `01` twice before.
    pub response: String,
    pub status: String,
    /// VNPay's number, once there is one.
    pub number: Option<u64>,
    pub pay_date: String,
    /// What was paid for it: each transaction's number, with what is left of it, in hundredths.
    pub paid: Vec<(u64, i64)>,
    /// Refunds that were asked for, by their ids: each is taken once, whatever becomes of it.
    pub refund_ids: Vec<String>,
}

impl VnPayOrder {
    pub fn order_code(&self) -> i64 {
        self.reference.parse().unwrap_or_default()
    }

    pub fn is_open(&self) -> bool {
        self.status == "01"
    }

    pub fn shown(&self) -> GatewayLink {
        GatewayLink {
            provider: "vnpay",
            channel: self.tmn_code.clone(),
            order_code: self.order_code(),
            id: self.number.map(|n| n.to_string()).unwrap_or_default(),
            amount: self.amount / 100,
            status: format!("{}/{}", self.response, self.status),
        }
    }
}
