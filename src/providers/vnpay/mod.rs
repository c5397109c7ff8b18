//! VNPay: a page of its own that a customer is sent to, or a QR.
//!
//! Lives here: the page's address, its calls, its answers ([`answer`]), its notices ([`read_notice`]).
//! Never here: whether a call is made again.
//!
//! A payment there is made by whoever opens the page: nothing is asked of VNPay to open it, and nothing
//! takes it back.

mod answer;
mod notice;
mod sign;

pub use notice::{VnPayNotice, peek, read_notice};

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use reqwest::Method;
use serde_json::{Map, Value, json};
use url::Url;

use super::http::{Http, HttpAnswer, HttpCall, address};
use super::pace::CallPace;
use super::strict::{parse, text};
use super::{
    Link, Order, OrderRef, PaymentProvider, ProviderFault, ProviderRefusal, RefundDone,
    RefundOrder, RefundTold, Settings, SettingsFault, Told,
};
use crate::domain::payment::Provider;
use crate::domain::vietqr::note;
use answer::{refund_told, refunded, refused, signed, stamp, told};
use sign::{QUERY, REFUND, Secret, piped, signed_query};

/// Its test host; the real one comes with the contract and is set.
const PAY_URL: &str = "https://sandbox.vnpayment.vn/paymentv2/vpcpay.html";
/// Where it is asked.
const API_URL: &str = "https://sandbox.vnpayment.vn/merchant_webapi/api/transaction";
/// What its log and people call it.
const NAME: &str = "VNPay";
/// Of its protocol.
const VERSION: &str = "2.1.0";
/// The longest text of an order that is sent; VNPay takes 255.
const INFO_MAX: usize = 200;

/// One terminal of VNPay.
pub struct VnPay {
    http: Http,
    pace: Arc<CallPace>,
    pay_url: Url,
    api_url: Url,
    tmn_code: String,
    secret: Secret,
}

impl VnPay {
    /// With these keys.
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        let pay_url = address(settings.text("pay_url"), "pay_url", PAY_URL)?;
        let api_url = address(settings.text("api_url"), "api_url", API_URL)?;
        let tmn_code = settings.text("tmn_code").unwrap_or_default().to_owned();
        Ok(Self {
            http: Http::new(NAME, &[&pay_url, &api_url])?,
            pace: CallPace::of(&format!("vnpay {api_url} {tmn_code}")),
            pay_url,
            api_url,
            tmn_code,
            secret: Secret::of(settings),
        })
    }

    /// The address of a payment: `pay` shows a page, `genqr` answers a QR's text.
    fn pay_address(&self, order: &Order, command: &str) -> String {
        let locale = if order.is_english { "en" } else { "vn" };
        let info = note(
            &format!("{} {}", order.payment_code, order.description),
            INFO_MAX,
        );
        let query = signed_query(
            &self.secret,
            &[
                ("vnp_Version", VERSION.to_owned()),
                ("vnp_Command", command.to_owned()),
                ("vnp_TmnCode", self.tmn_code.clone()),
                ("vnp_Amount", hundredths(order.amount).to_string()),
                ("vnp_CurrCode", "VND".to_owned()),
                ("vnp_TxnRef", order.order_code.to_string()),
                ("vnp_OrderInfo", info),
                ("vnp_OrderType", "other".to_owned()),
                ("vnp_ReturnUrl", order.return_url.clone()),
                ("vnp_IpAddr", order.payer_ip.to_string()),
                ("vnp_Locale", locale.to_owned()),
                ("vnp_CreateDate", stamp(order.created_ms)),
                ("vnp_ExpireDate", stamp(order.expires_ms)),
            ],
        );
        format!("{}?{query}", self.pay_url)
    }

    async fn opened(&self, order: &Order) -> Result<Link, ProviderFault> {
        let qr_text = if order.wants_qr {
            Some(self.qr(order).await?)
        } else {
            None
        };
        Ok(Link {
            checkout_url: Some(self.pay_address(order, "pay")),
            qr_text,
            ..Link::default()
        })
    }

    async fn qr(&self, order: &Order) -> Result<String, ProviderFault> {
        let address = self.pay_address(order, "genqr");
        let url = Url::parse(&address).map_err(|_| self.http.unknown("no address"))?;
        let answer = self.send(Method::GET, url, None).await?;
        if matches!(answer.status, 401 | 403) {
            let status = answer.status.to_string();
            return Err(refused(&self.http, &status, "", ProviderRefusal::Settings));
        }
        let read = match parse(&answer.body) {
            Some(Value::Object(members)) if (200..=299).contains(&answer.status) => members,
            _ => {
                return Err(self
                    .http
                    .unknown(format!("HTTP {} without a QR", answer.status)));
            }
        };
        let content = text(&read, "qrcontent").filter(|content| !content.is_empty());
        match (text(&read, "code"), content) {
            (Some("00"), Some(content)) => Ok(content.to_owned()),
            (None | Some("00" | "99"), _) => Err(self.http.unknown("no QR in the answer")),
            (Some(code), _) => {
                let why = match code {
                    "02" | "97" => ProviderRefusal::Settings,
                    _ => ProviderRefusal::Other,
                };
                let words = text(&read, "message").unwrap_or_default();
                Err(refused(&self.http, code, words, why))
            }
        }
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        body: Option<String>,
    ) -> Result<HttpAnswer, ProviderFault> {
        self.pace.admit(NAME).await?;
        let call = HttpCall {
            method,
            url,
            headers: Vec::new(),
            body,
        };
        let answer = self.http.send(call).await?;
        if answer.status == 429 {
            self.pace.rest(Duration::from_secs(answer.retry_after_s));
            return Err(ProviderFault::Busy {
                provider: NAME,
                retry_after_s: answer.retry_after_s,
            });
        }
        Ok(answer)
    }

    async fn transact(&self, body: Map<String, Value>) -> Result<HttpAnswer, ProviderFault> {
        let body = Value::Object(body).to_string();
        self.send(Method::POST, self.api_url.clone(), Some(body))
            .await
    }

    /// The question about a payment, signed.
    fn query(&self, order: &OrderRef, request_id: &str) -> Map<String, Value> {
        let mut body = members(json!({
            "vnp_RequestId": request_id,
            "vnp_Version": VERSION,
            "vnp_Command": "querydr",
            "vnp_TmnCode": self.tmn_code,
            "vnp_TxnRef": order.order_code.to_string(),
            "vnp_OrderInfo": note(&format!("Truy van {}", order.payment_code), INFO_MAX),
            "vnp_TransactionDate": stamp(order.created_ms),
            "vnp_CreateDate": stamp(order.now_ms),
            "vnp_IpAddr": order.ip.to_string(),
        }));
        sign(&self.secret, QUERY, &mut body);
        body
    }

    /// The order to pay back, signed.
    fn refund_body(&self, refund: &RefundOrder) -> Map<String, Value> {
        let order = &refund.order;
        let kind = if refund.is_whole { "02" } else { "03" };
        let mut body = members(json!({
            "vnp_RequestId": request_id(&refund.id),
            "vnp_Version": VERSION,
            "vnp_Command": "refund",
            "vnp_TmnCode": self.tmn_code,
            "vnp_TransactionType": kind,
            "vnp_TxnRef": order.order_code.to_string(),
            "vnp_Amount": hundredths(refund.amount),
            "vnp_TransactionNo": refund.reference,
            "vnp_TransactionDate": stamp(order.created_ms),
            "vnp_CreateBy": note(&refund.by, 60),
            "vnp_CreateDate": stamp(order.now_ms),
            "vnp_IpAddr": order.ip.to_string(),
            "vnp_OrderInfo": note(&format!("Hoan tien {} {}", order.payment_code, refund.reason), INFO_MAX),
        }));
        sign(&self.secret, REFUND, &mut body);
        body
    }

    async fn asked(&self, order: &OrderRef) -> Result<Told, ProviderFault> {
        let request_id = uuid::Uuid::new_v4().simple().to_string();
        let answer = self.transact(self.query(order, &request_id)).await?;
        let members = signed(&self.http, &self.secret, &answer, false)?;
        told(
            &self.http,
            &members,
            &order.order_code.to_string(),
            &answer.text(),
        )
    }

    async fn asked_back(&self, order: &OrderRef) -> Result<RefundTold, ProviderFault> {
        let request_id = uuid::Uuid::new_v4().simple().to_string();
        let answer = self.transact(self.query(order, &request_id)).await?;
        let members = signed(&self.http, &self.secret, &answer, false)?;
        Ok(refund_told(&members, &order.order_code.to_string()))
    }

    async fn paid_back(&self, refund: &RefundOrder) -> Result<RefundDone, ProviderFault> {
        let answer = self.transact(self.refund_body(refund)).await?;
        let members = signed(&self.http, &self.secret, &answer, true)?;
        let number = refunded(&self.http, &members)?;
        let reference = Some(number).filter(|n| !n.is_empty() && n != "0");
        Ok(RefundDone {
            reference: reference.unwrap_or_else(|| refund.id.clone()),
            raw: answer.text(),
        })
    }

    /// Asks for an order that nobody has.
    async fn checked(&self) -> Result<(), ProviderFault> {
        let now_ms = jiff::Timestamp::now().as_millisecond();
        let nobody = OrderRef {
            order_code: 1,
            payment_code: "KIEMTRA".to_owned(),
            amount: 0,
            created_ms: now_ms,
            now_ms,
            link_id: None,
            ip: [127, 0, 0, 1].into(),
        };
        match self.asked(&nobody).await {
            Err(
                ProviderFault::Refused {
                    why: ProviderRefusal::Other,
                    ..
                }
                | ProviderFault::Busy { .. },
            ) => Ok(()),
            answered => answered.map(drop),
        }
    }
}

/// VNPay counts hundredths of a đồng, which nobody ever saw.
const fn hundredths(amount: i64) -> i64 {
    amount.saturating_mul(100)
}

/// The same refund has the same id there, in as many characters as VNPay takes.
fn request_id(id: &str) -> String {
    let is_taken = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    if is_taken {
        id.to_owned()
    } else {
        super::digest::sha256(id.as_bytes())
            .chars()
            .take(32)
            .collect()
    }
}

fn members(body: Value) -> Map<String, Value> {
    match body {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn sign(secret: &Secret, names: &[&str], body: &mut Map<String, Value>) {
    // Nothing of ours has a bar in it: `note` leaves letters, digits and spaces.
    let text = piped(names, body).unwrap_or_default();
    body.insert("vnp_SecureHash".to_owned(), secret.sign(&text).into());
}

impl PaymentProvider for VnPay {
    fn kind(&self) -> Provider {
        Provider::VnPay
    }

    fn open<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Link, ProviderFault>> {
        self.opened(order).boxed()
    }

    fn ask<'a>(&'a self, order: &'a OrderRef) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        self.asked(order).boxed()
    }

    /// VNPay takes nothing back. What it says now is what is told: where no money came, the payment can
    /// be cancelled here.
    fn cancel<'a>(
        &'a self,
        order: &'a OrderRef,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        self.asked(order).boxed()
    }

    fn refund<'a>(
        &'a self,
        refund: &'a RefundOrder,
    ) -> BoxFuture<'a, Result<RefundDone, ProviderFault>> {
        self.paid_back(refund).boxed()
    }

    fn ask_refund<'a>(
        &'a self,
        order: &'a OrderRef,
    ) -> BoxFuture<'a, Result<RefundTold, ProviderFault>> {
        self.asked_back(order).boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), ProviderFault>> {
        self.checked().boxed()
    }
}

#[cfg(test)]
mod tests;
