//! Messages by `HiFPT`, in the contract that the house has written for itself: signed like the wallet, shown
//! once for each id.

use reqwest::Method;
use secrecy::SecretString;
use serde_json::json;
use url::Url;

use super::{Message, MessageTaken, lost, members, word};
use crate::domain::letter::LetterFault;
use crate::providers::http::{Http, HttpCall, address, below};
use crate::providers::{Settings, SettingsFault, sign};

/// What its log and people call it.
const NAME: &str = "HiFPT";

/// One client there.
pub struct HiFpt {
    http: Http,
    base: Url,
    client_id: String,
    secret: SecretString,
}

impl HiFpt {
    /// With these keys.
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        let base = address(settings.text("base_url"), "base_url", "")?;
        Ok(Self {
            http: Http::new(NAME, &[&base])?,
            base,
            client_id: settings.text("client_id").unwrap_or_default().to_owned(),
            secret: settings.secret("secret").unwrap_or_default(),
        })
    }

    /// Sends a message; `link` is where more is to be seen.
    pub async fn send(
        &self,
        message: &Message<'_>,
        link: &str,
    ) -> Result<MessageTaken, LetterFault> {
        let url = below(&self.base, &["v1", "messages"]);
        let body = json!({
            "message_id": message.id,
            "phone": message.phone,
            "title": message.title,
            "body": message.text,
            "link": link,
        })
        .to_string();
        let mut headers = vec![("x-client-id", self.client_id.clone())];
        headers.extend(sign::headers(
            &self.secret,
            &Method::POST,
            &url,
            Some(&body),
        ));
        let call = HttpCall {
            method: Method::POST,
            url,
            headers,
            body: Some(body),
        };
        let answer = self.http.send(call).await.map_err(|fault| lost(&fault))?;
        let told = members(&answer).unwrap_or_default();
        match answer.status {
            200..=299 => Ok(MessageTaken {
                id: word(&told, "message_id"),
            }),
            404 => Err(LetterFault::Undeliverable(
                "Số này không dùng HiFPT.".to_owned(),
            )),
            400 | 422 => Err(LetterFault::Permanent(format!(
                "HiFPT không nhận tin này ({}).",
                word(&told, "code")
            ))),
            status => Err(LetterFault::Temporary(format!(
                "HiFPT báo lỗi {status} ({}).",
                word(&told, "code")
            ))),
        }
    }
}
