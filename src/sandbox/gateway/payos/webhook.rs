//! What PayOS tells by itself.

use serde_json::{Value, json};

use super::super::Gateway;
use super::super::deliver::GatewayNews;
use super::super::sign;
use super::super::time::local;
use super::{PayOsLink, Transaction, key_of};

/// What PayOS sends to an address that somebody registers.
pub fn sample(key: &str, url: &str) -> GatewayNews {
    let data = json!({
        "orderCode": 123, "amount": 3000, "description": "VQRIO123", "accountNumber": "12345678",
        "reference": "TF230204212323", "transactionDateTime": "2023-02-04 18:25:00",
        "currency": "VND", "paymentLinkId": "124c33293c43417ab7879e14c8d9eb18", "code": "00",
        "desc": "Thành công", "counterAccountBankId": "", "counterAccountBankName": "",
        "counterAccountName": "", "counterAccountNumber": "", "virtualAccountName": "",
        "virtualAccountNumber": ""
    });
    news(
        123,
        url,
        envelope(&data, &sign::of_object(key, &data)),
        Vec::new(),
    )
}

/// The body of a webhook.
fn envelope(data: &Value, signature: &str) -> String {
    json!({"code": "00", "desc": "success", "success": true, "data": data, "signature": signature})
        .to_string()
}

fn news(
    order_code: i64,
    url: &str,
    body: String,
    headers: Vec<(&'static str, String)>,
) -> GatewayNews {
    GatewayNews {
        order_code,
        url: url.to_owned(),
        body: Some(body),
        headers,
        forged: None,
        refused_by: |_| false,
    }
}

fn official(link: &PayOsLink, money: &Transaction, key: &str, url: &str) -> GatewayNews {
    let data = json!({
        "accountNumber": link.account,
        "amount": money.amount,
        "description": link.description,
        "reference": money.reference,
        "transactionDateTime": local(money.at_ms, "%Y-%m-%d %H:%M:%S"),
        "virtualAccountNumber": "",
        "counterAccountBankId": "",
        "counterAccountBankName": "",
        "counterAccountName": null,
        "counterAccountNumber": null,
        "virtualAccountName": "",
        "currency": money.currency,
        "orderCode": link.order_code,
        "paymentLinkId": link.id,
        "code": "00",
        "desc": "success",
    });
    let signature = sign::of_object(key, &data);
    let mut lie = data.clone();
    lie["amount"] = json!(money.amount.saturating_mul(10));
    let forged = news(link.order_code, url, envelope(&lie, &signature), Vec::new());
    let mut news = news(
        link.order_code,
        url,
        envelope(&data, &signature),
        Vec::new(),
    );
    news.forged = Some(Box::new(forged));
    news
}

/// The form that is signed in a header.
fn with_header(link: &PayOsLink, money: &Transaction, key: &str, url: &str) -> GatewayNews {
    let body = |amount: i64| {
        json!({
            "orderCode": link.order_code.to_string(), "status": "PAID", "transId": money.reference,
            "paymentMethod": "bank_transfer", "amount": amount, "currency": money.currency,
        })
        .to_string()
    };
    let (told, lie) = (body(money.amount), body(money.amount.saturating_mul(10)));
    let header = || vec![("x-signature", sign::hmac_sha256(key, &told))];
    let forged = news(link.order_code, url, lie, header());
    let mut news = news(link.order_code, url, told.clone(), header());
    news.forged = Some(Box::new(forged));
    news
}

impl Gateway {
    /// Tells of money that came, where somebody wants to be told.
    pub fn payos_tells(&self, order_code: i64, reference: &str) {
        let news = {
            let world = self.world();
            let link = world
                .payos
                .values()
                .find(|link| link.order_code == order_code);
            let money = link.and_then(|l| l.transactions.iter().find(|t| t.reference == reference));
            let (Some(link), Some(money)) = (link, money) else {
                return;
            };
            let registered = world.payos_webhooks.get(&link.client_id);
            let Some(url) = registered.or(world.scenario.webhooks.payos.as_ref()) else {
                return;
            };
            let key = key_of(&world, &link.client_id);
            if world.scenario.delivery.seed_form {
                with_header(link, money, &key, url)
            } else {
                official(link, money, &key, url)
            }
        };
        self.tell(news);
    }
}
