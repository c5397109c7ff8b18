//! SMS by eSMS (`ViHAT`): all values are texts, HTTP says 200 to everything, and the code says what it was.

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::{Message, MessageTaken, lost, members, short_id, word};
use crate::domain::letter::LetterFault;
use crate::providers::http::{Http, HttpCall, address, below};
use crate::providers::{Settings, SettingsFault};

/// What its log and people call it.
const NAME: &str = "eSMS";
const BASE: &str = "https://rest.esms.vn";

/// One account there.
pub struct Esms {
    http: Http,
    base: Url,
    api_key: SecretString,
    secret_key: SecretString,
    brandname: String,
}

impl Esms {
    /// With these keys.
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        let base = address(settings.text("base_url"), "base_url", BASE)?;
        Ok(Self {
            http: Http::new(NAME, &[&base])?,
            base,
            api_key: settings.secret("api_key").unwrap_or_default(),
            secret_key: settings.secret("secret_key").unwrap_or_default(),
            brandname: settings.text("brandname").unwrap_or_default().to_owned(),
        })
    }

    /// What stands at the end of the address that its reports go to. They are not signed: whoever knows it
    /// is believed.
    pub fn report_token(&self) -> String {
        let said = format!("esms report|{}", self.secret_key.expose_secret());
        short_id(&said)
    }

    /// Sends a message. The same id again within a day is known there and sent once.
    pub async fn send(
        &self,
        message: &Message<'_>,
        report_url: &str,
    ) -> Result<MessageTaken, LetterFault> {
        let body = json!({
            "ApiKey": self.api_key.expose_secret(),
            "SecretKey": self.secret_key.expose_secret(),
            "Phone": message.phone,
            "Content": message.text,
            "Brandname": self.brandname,
            "SmsType": "2",
            "IsUnicode": "0",
            "Sandbox": "0",
            "RequestId": short_id(message.id),
            "CallbackUrl": report_url,
        });
        let path = [
            "MainService.svc",
            "json",
            "SendMultipleMessage_V4_post_json",
            "",
        ];
        let call = HttpCall {
            method: Method::POST,
            url: below(&self.base, &path),
            headers: Vec::new(),
            body: Some(body.to_string()),
        };
        let answer = self.http.send(call).await.map_err(|fault| lost(&fault))?;
        let Some(told) = members(&answer) else {
            let why = format!("eSMS trả lời không đọc được (HTTP {}).", answer.status);
            return Err(LetterFault::Temporary(why));
        };
        meaning(&word(&told, "CodeResult"), &word(&told, "ErrorMessage")).map(|()| MessageTaken {
            id: word(&told, "SMSID"),
        })
    }
}

/// What a code means for the message.
fn meaning(code: &str, text: &str) -> Result<(), LetterFault> {
    let why = format!("eSMS: {text} (mã {code})");
    match code {
        // 124: it was sent before under this id.
        "100" | "124" => Ok(()),
        // Blocked number, no number, no such kind, not the text that was registered, network not registered.
        "99" | "108" | "118" | "146" | "177" => Err(LetterFault::Permanent(why)),
        // Keys, money, name, address: a person mends it, and the message goes.
        _ => Err(LetterFault::Temporary(why)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_whether_the_message_is_tried_again() {
        assert_eq!(meaning("100", ""), Ok(()));
        assert_eq!(meaning("124", "Request exist 1"), Ok(()));
        for (code, is_for_good) in [("108", true), ("146", true), ("103", false), ("101", false)] {
            let fault = meaning(code, "x").expect_err("a fault");
            assert_eq!(
                matches!(fault, LetterFault::Permanent(_)),
                is_for_good,
                "{code}"
            );
        }
    }
}
