//! VNPay as it is documented: a page that customers are sent to, questions, refunds, news.

mod api;
pub(super) mod order;
mod page;

use axum::Router;
use axum::routing::{get, post};

use order::VnPayOrder;

use super::Gateway;
use super::deliver::GatewayNews;
use super::keys::hash_secret;
use super::sign;
use super::time::{local, now_ms};
use super::truth::GatewayTransfer;

pub fn router(gateway: &Gateway) -> Router {
    Router::new()
        .route("/vnpay/paymentv2/vpcpay.html", get(page::open))
        .route(
            "/vnpay/pay/{tmn}/{reference}",
            get(page::show).post(page::press),
        )
        .route(
            "/vnpay/merchant_webapi/api/transaction",
            post(api::transact),
        )
        .with_state(gateway.clone())
}

/// Is there such a terminal?
pub fn is_terminal(tmn_code: &str) -> bool {
    tmn_code.starts_with("SANDBOX")
}

impl VnPayOrder {
    /// What is told of its end, with its digest.
    pub fn told(&self) -> String {
        self.told_with(self.amount)
    }

    fn told_with(&self, amount: i64) -> String {
        let is_paid = self.response == "00";
        let number = self.number.unwrap_or_default().to_string();
        let bank_number = if is_paid {
            format!("VNP{number}")
        } else {
            String::new()
        };
        let pairs = [
            ("vnp_TmnCode", self.tmn_code.clone()),
            ("vnp_Amount", amount.to_string()),
            ("vnp_BankCode", "NCB".to_owned()),
            ("vnp_BankTranNo", bank_number),
            ("vnp_CardType", "ATM".to_owned()),
            ("vnp_PayDate", self.pay_date.clone()),
            ("vnp_OrderInfo", self.info.clone()),
            ("vnp_TransactionNo", number),
            ("vnp_ResponseCode", self.response.clone()),
            ("vnp_TransactionStatus", self.status.clone()),
            ("vnp_TxnRef", self.reference.clone()),
        ];
        sign::of_query(&hash_secret(&self.tmn_code), &pairs)
    }

    fn news(&self, ipn_url: &str) -> GatewayNews {
        let with = |query: &str| {
            let joint = if ipn_url.contains('?') { '&' } else { '?' };
            format!("{ipn_url}{joint}{query}")
        };
        let news = |url: String| GatewayNews {
            order_code: self.order_code(),
            url,
            body: None,
            headers: Vec::new(),
            forged: None,
            refused_by: |answer| !answer.contains("\"00\"") && !answer.contains("\"02\""),
        };
        let told = self.told();
        let from = format!("vnp_Amount={}", self.amount);
        let lie = told.replacen(&from, &format!("{from}0"), 1);
        let mut whole = news(with(&told));
        whole.forged = Some(Box::new(news(with(&lie))));
        whole
    }
}

/// What a status is where the customer's bank says this.
fn status_of(response: &str) -> &'static str {
    match response {
        "00" => "00",
        "07" => "07",
        _ => "02",
    }
}

impl Gateway {
    /// A customer finishes an order with this code (`00` pays), and VNPay tells of it. Its number; `None`:
    /// nobody opened such an order, or it has ended before.
    pub fn vnpay_ends(&self, order_code: i64, response: &str) -> Option<String> {
        self.vnpay_told(order_code, response, VnPayOrder::is_open)
    }

    /// The same order is paid once more, by a transaction of its own. Its number; `None`: it was not paid.
    pub fn vnpay_pays_again(&self, order_code: i64) -> Option<String> {
        self.vnpay_told(order_code, "00", |order| order.status == "00")
    }

    fn vnpay_told(
        &self,
        order_code: i64,
        response: &str,
        may: fn(&VnPayOrder) -> bool,
    ) -> Option<String> {
        let reference = order_code.to_string();
        let order = {
            let mut world = self.world();
            let number = 14_000_000 + world.number();
            let mut orders = world.vnpay.values_mut();
            let order = orders.find(|order| order.reference == reference)?;
            if !may(order) {
                return None;
            }
            let at_ms = now_ms();
            response.clone_into(&mut order.response);
            status_of(response).clone_into(&mut order.status);
            order.number = Some(number);
            if response == "00" {
                order.paid.push((number, order.amount));
            }
            order.pay_date = local(at_ms, "%Y%m%d%H%M%S");
            let order = order.clone();
            if matches!(response, "00" | "07") {
                world.moved(GatewayTransfer {
                    provider: "vnpay",
                    order_code,
                    reference: number.to_string(),
                    amount: order.amount / 100,
                    currency: "VND".to_owned(),
                    at_ms,
                });
            }
            order
        };
        let ipn_url = self.world().scenario.webhooks.vnpay.clone();
        if let Some(ipn_url) = ipn_url {
            self.tell(order.news(&ipn_url));
        }
        order.number.map(|number| number.to_string())
    }
}
