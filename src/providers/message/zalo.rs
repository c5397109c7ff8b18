//! Messages by Zalo (ZNS): templates by phone number, under a token that lives a day and is renewed by
//! another one that works once.

use std::collections::BTreeMap;

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use url::Url;

use super::{Message, MessageTaken, lost, members, short_id, word};
use crate::domain::letter::LetterFault;
use crate::providers::digest::sha256;
use crate::providers::http::{Http, HttpCall, address, below};
use crate::providers::{Settings, SettingsFault};

/// What its log and people call it.
const NAME: &str = "Zalo";
const BASE: &str = "https://business.openapi.zalo.me";
const OAUTH: &str = "https://oauth.zaloapp.com";
/// The longest id of ours that it echoes is 48 letters.
const TRACKING_MAX: usize = 40;

/// One application there.
pub struct Zalo {
    http: Http,
    base: Url,
    oauth: Url,
    app_id: String,
    secret_key: SecretString,
    oa_secret: SecretString,
    templates: BTreeMap<String, String>,
}

/// Two tokens: one to send with, one to renew both with, once.
#[derive(Debug, Clone)]
pub struct ZaloTokens {
    /// To send with.
    pub access: SecretString,
    /// To renew with.
    pub refresh: SecretString,
    /// How long the first one lives, in seconds.
    pub lasts_s: i64,
}

/// What a template may be filled with: names, and how long each may be.
pub type TemplateParams = BTreeMap<String, Option<usize>>;

/// Why Zalo did not take a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ZaloFault {
    /// The token is not good any more: it is renewed once, and the message tried once more.
    Token,
    /// What it means for the message.
    Letter(LetterFault),
}

impl Zalo {
    /// With these keys.
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        let base = address(settings.text("base_url"), "base_url", BASE)?;
        let oauth = address(settings.text("oauth_url"), "oauth_url", OAUTH)?;
        Ok(Self {
            http: Http::new(NAME, &[&base, &oauth])?,
            base,
            oauth,
            app_id: settings.text("app_id").unwrap_or_default().to_owned(),
            secret_key: settings.secret("secret_key").unwrap_or_default(),
            oa_secret: settings.secret("oa_secret").unwrap_or_default(),
            templates: settings.texts("templates"),
        })
    }

    /// The template of this name.
    pub fn template(&self, name: &str) -> Option<&str> {
        self.templates.get(name).map(String::as_str)
    }

    /// Is this news of Zalo's, signed for us? `mac=` or `mac = ` before the digest is taken off.
    pub fn is_signed(&self, body: &str, timestamp: &str, signature: &str) -> bool {
        let text = format!(
            "{}{body}{timestamp}{}",
            self.app_id,
            self.oa_secret.expose_secret()
        );
        let given = signature.trim();
        let given = match given.strip_prefix("mac") {
            Some(rest) => rest.trim_start().trim_start_matches('=').trim_start(),
            None => given,
        };
        crate::providers::digest::is_equal(&sha256(text.as_bytes()), &given.to_ascii_lowercase())
    }

    /// Renews both tokens. The one that is given works once: what comes is kept before it is used.
    pub async fn renew(&self, refresh: &SecretString) -> Result<ZaloTokens, LetterFault> {
        let url = below(&self.oauth, &["v4", "oa", "access_token"]);
        let form = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("app_id", &self.app_id)
            .append_pair("grant_type", "refresh_token")
            .append_pair("refresh_token", refresh.expose_secret())
            .finish();
        let headers = vec![("secret_key", self.secret_key.expose_secret().to_owned())];
        let answer = self
            .http
            .send_form(url, headers, form)
            .await
            .map_err(|fault| lost(&fault))?;
        let told = members(&answer).unwrap_or_default();
        let text = |name: &str| {
            let text = told.get(name).and_then(Value::as_str);
            text.filter(|text| !text.is_empty()).map(str::to_owned)
        };
        let (Some(access), Some(refresh)) = (text("access_token"), text("refresh_token")) else {
            return Err(LetterFault::Temporary(format!(
                "Zalo không cấp mã mới (mã {}). Lấy refresh token mới rồi nhập lại.",
                word(&told, "error")
            )));
        };
        let lasts_s = match told.get("expires_in") {
            Some(Value::String(text)) => text.parse().ok(),
            Some(Value::Number(number)) => number.as_i64(),
            _ => None,
        };
        Ok(ZaloTokens {
            access: SecretString::from(access),
            refresh: SecretString::from(refresh),
            lasts_s: lasts_s.unwrap_or(3_600).clamp(60, 30 * 86_400),
        })
    }

    /// What a template may be filled with. `None`: it could not be learned.
    pub async fn params(&self, template: &str, access: &SecretString) -> Option<TemplateParams> {
        let mut url = below(&self.base, &["template", "info", "v2"]);
        url.query_pairs_mut().append_pair("template_id", template);
        let call = HttpCall {
            method: Method::GET,
            url,
            headers: vec![("access_token", access.expose_secret().to_owned())],
            body: None,
        };
        let told = members(&self.http.send(call).await.ok()?)?;
        let listed = told.get("data")?.get("listParams")?.as_array()?;
        let param = |param: &Value| {
            let name = param.get("name")?.as_str()?.to_owned();
            let most = match param.get("maxLength") {
                Some(Value::Number(number)) => number.as_u64(),
                Some(Value::String(text)) => text.parse().ok(),
                _ => None,
            };
            Some((name, most.and_then(|most| usize::try_from(most).ok())))
        };
        Some(listed.iter().filter_map(param).collect())
    }

    /// Sends a template, filled with what it lists of `data`.
    pub async fn send(
        &self,
        message: &Message<'_>,
        template: &str,
        data: &Map<String, Value>,
        access: &SecretString,
    ) -> Result<MessageTaken, ZaloFault> {
        let mut tracking = short_id(message.id);
        tracking.truncate(TRACKING_MAX);
        let body = json!({
            "phone": abroad(message.phone),
            "template_id": template,
            "template_data": data,
            "tracking_id": tracking,
        });
        let call = HttpCall {
            method: Method::POST,
            url: below(&self.base, &["message", "template"]),
            headers: vec![("access_token", access.expose_secret().to_owned())],
            body: Some(body.to_string()),
        };
        let answer = self.http.send(call).await;
        let answer = answer.map_err(|fault| ZaloFault::Letter(lost(&fault)))?;
        let Some(told) = members(&answer) else {
            let why = format!("Zalo trả lời không đọc được (HTTP {}).", answer.status);
            return Err(ZaloFault::Letter(LetterFault::Temporary(why)));
        };
        let code = told.get("error").and_then(Value::as_i64);
        meaning(code, &word(&told, "message"))?;
        let data = told.get("data").and_then(Value::as_object);
        Ok(MessageTaken {
            id: data.map(|data| word(data, "msg_id")).unwrap_or_default(),
        })
    }
}

/// What of `data` a template lists, no longer than it takes.
pub fn listed(data: &Map<String, Value>, params: Option<&TemplateParams>) -> Map<String, Value> {
    let Some(params) = params else {
        return data.clone();
    };
    let mut listed = Map::new();
    for (name, most) in params {
        if let Some(Value::String(text)) = data.get(name) {
            let text: String = text.chars().take(most.unwrap_or(usize::MAX)).collect();
            listed.insert(name.clone(), Value::String(text));
        }
    }
    listed
}

/// `84987654321` of `0987654321`.
fn abroad(phone: &str) -> String {
    match phone.strip_prefix('0') {
        Some(rest) => format!("84{rest}"),
        None => phone.trim_start_matches('+').to_owned(),
    }
}

/// What a code means for the message.
fn meaning(code: Option<i64>, text: &str) -> Result<(), ZaloFault> {
    let Some(code) = code else {
        return Err(ZaloFault::Letter(LetterFault::Temporary(
            "Zalo trả lời không có mã.".to_owned(),
        )));
    };
    let why = format!("Zalo: {text} (mã {code})");
    let fault = match code {
        0 => return Ok(()),
        -124 | -1241 | -216 | -220 => return Err(ZaloFault::Token),
        // Nobody there, or nobody who wants it: another way may do.
        -114 | -115 | -118 | -119 | -134 | -137 | -141..=-139 | -144 | -147 | -1441 | -1471 => {
            LetterFault::Undeliverable(why)
        }
        // Not between 22:00 and 06:00: by another way, or in the morning.
        -133 => LetterFault::AtNight(why),
        // No number, or not what the template wants: never.
        -108 | -111 | -112 | -113 | -1121 | -1122 | -1124 | -1131 | -122 | -132 | -161 | -162 => {
            LetterFault::Permanent(why)
        }
        // Ours to mend, or theirs.
        _ => LetterFault::Temporary(why),
    };
    Err(ZaloFault::Letter(fault))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_says_what_is_done() {
        let of = |code| meaning(Some(code), "x");
        assert_eq!(of(0), Ok(()));
        assert_eq!(of(-124), Err(ZaloFault::Token));
        let fault = |code| match of(code) {
            Err(ZaloFault::Letter(fault)) => fault,
            other => panic!("{code}: {other:?}"),
        };
        assert!(matches!(fault(-118), LetterFault::Undeliverable(_)));
        assert!(matches!(fault(-133), LetterFault::AtNight(_)));
        assert!(matches!(fault(-108), LetterFault::Permanent(_)));
        assert!(matches!(fault(-100), LetterFault::Temporary(_)));
        assert!(matches!(fault(-109), LetterFault::Temporary(_)));
    }

    #[test]
    fn a_template_is_filled_with_what_it_lists() {
        let data = json!({ "amount": "250.000", "customer_name": "Nguyen Van An", "period": "" });
        let data = data.as_object().expect("an object");
        let params = TemplateParams::from([
            ("amount".to_owned(), None),
            ("customer_name".to_owned(), Some(6)),
            ("unknown".to_owned(), None),
        ]);
        let filled = listed(data, Some(&params));
        assert_eq!(
            Value::Object(filled),
            json!({ "amount": "250.000", "customer_name": "Nguyen" })
        );
        assert_eq!(&listed(data, None), data);
    }

    #[test]
    fn a_number_is_written_as_from_abroad() {
        assert_eq!(abroad("0987654321"), "84987654321");
        assert_eq!(abroad("+84987654321"), "84987654321");
    }
}
