//! What is set for a provider, or for what sends letters: one JSON object each, its members named here
//! once, with what is secret and what must not be missing.
//!
//! Lives here: reading, checking, showing without secrets, changing keys without a moment in which an old
//! one is refused. Never here: where it is kept, or that it is sealed there.

mod channel;

use secrecy::SecretString;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value as Json, json};
use url::Url;

use channel::{Holds, Member};

pub use channel::Channel;

/// Where the checksum keys that were replaced stay, until somebody drops them.
const OLD_KEYS: &str = "old_checksum_keys";

/// Why settings cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsFault {
    /// It is no JSON object, or too large to be one.
    #[error("Cần một đối tượng JSON. (A JSON object is needed.)")]
    NotAnObject,
    /// Nobody knows this member.
    #[error("Không có mục {0:?}. (Unknown member.)")]
    Unknown(String),
    /// What stands there is not what it should be.
    #[error("{name}: {why}")]
    Bad {
        /// Which member.
        name: &'static str,
        /// What is wrong with it; never what stands there.
        why: &'static str,
    },
    /// Something needed is missing.
    #[error("Thiếu: {}. (Missing.)", .0.join(", "))]
    Missing(Vec<&'static str>),
}

/// The settings of a channel. Secrets are in it: it is never printed, and sealed wherever it is kept.
#[derive(Clone)]
pub struct Settings {
    channel: Channel,
    members: Map<String, Json>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Settings({}, sealed)", self.channel.wire())
    }
}

impl Settings {
    /// Reads what somebody gave. What is missing is another question ([`Self::missing`]).
    pub fn read(channel: Channel, text: &str) -> Result<Self, SettingsFault> {
        let given = serde_json::from_str(text).map_err(|_| SettingsFault::NotAnObject)?;
        let Json::Object(given) = given else {
            return Err(SettingsFault::NotAnObject);
        };
        let mut members = Map::new();
        for (name, value) in given {
            let Some(member) = channel.members().iter().find(|m| m.name == name) else {
                return Err(SettingsFault::Unknown(name));
            };
            if !value.is_null() && value.as_str() != Some("") {
                members.insert(name, checked(member, value)?);
            }
        }
        let settings = Self { channel, members };
        settings.fit_together()?;
        Ok(settings)
    }

    /// Opens what [`Self::sealable`] gave.
    pub fn opened(channel: Channel, text: &str) -> Result<Self, SettingsFault> {
        match serde_json::from_str(text) {
            Ok(Json::Object(members)) => Ok(Self { channel, members }),
            _ => Err(SettingsFault::NotAnObject),
        }
    }

    /// Everything, secrets too, as a text that is to be sealed.
    pub fn sealable(&self) -> SecretString {
        SecretString::from(Json::Object(self.members.clone()).to_string())
    }

    /// Whose settings these are.
    pub const fn channel(&self) -> Channel {
        self.channel
    }

    /// What must be there and is not.
    pub fn missing(&self) -> Vec<&'static str> {
        let is_missing = |m: &&Member| m.is_needed && !self.members.contains_key(m.name);
        let missing = self.channel.members().iter().filter(is_missing);
        missing.map(|m| m.name).collect()
    }

    /// Is everything there that must be?
    pub fn complete(self) -> Result<Self, SettingsFault> {
        let missing = self.missing();
        if missing.is_empty() {
            Ok(self)
        } else {
            Err(SettingsFault::Missing(missing))
        }
    }

    /// For people: a secret is `true`.
    pub fn shown(&self) -> Json {
        let mut shown = Map::new();
        for member in self.channel.members() {
            if let Some(value) = self.members.get(member.name) {
                let is_secret = member.holds == Holds::Secret;
                let value = if is_secret {
                    Json::Bool(true)
                } else {
                    value.clone()
                };
                shown.insert(member.name.to_owned(), value);
            }
        }
        let old = self.old_keys().count();
        if old > 0 {
            shown.insert("old_keys".to_owned(), json!(old));
        }
        shown.insert("missing".to_owned(), json!(self.missing()));
        Json::Object(shown)
    }

    /// Names with texts.
    pub fn texts(&self, name: &str) -> std::collections::BTreeMap<String, String> {
        let members = self.members.get(name).and_then(Json::as_object);
        let text = |(name, value): (&String, &Json)| match value {
            Json::String(text) => Some((name.clone(), text.clone())),
            Json::Number(number) => Some((name.clone(), number.to_string())),
            _ => None,
        };
        members.into_iter().flatten().filter_map(text).collect()
    }

    /// In the place of `before`: another checksum key keeps the one before, so that what was signed with
    /// it is still believed.
    #[must_use]
    pub fn in_place_of(mut self, before: &Self) -> Self {
        let key = |of: &Self| of.text("checksum_key").map(str::to_owned);
        let mut old: Vec<String> = before.old_keys().map(str::to_owned).collect();
        if let (Some(was), Some(is)) = (key(before), key(&self))
            && was != is
        {
            old.insert(0, was);
        }
        old.retain(|k| Some(k) != key(&self).as_ref());
        if !old.is_empty() {
            self.members.insert(OLD_KEYS.to_owned(), json!(old));
        }
        self
    }

    /// With what `before` has and nobody gave anew: a form never shows a secret, so it cannot send it back.
    #[must_use]
    pub fn completed_from(mut self, before: &Self) -> Self {
        for member in self.channel.members() {
            if member.holds == Holds::Secret
                && !self.members.contains_key(member.name)
                && let Some(kept) = before.members.get(member.name)
            {
                self.members.insert(member.name.to_owned(), kept.clone());
            }
        }
        self
    }

    /// Without the keys that were replaced.
    #[must_use]
    pub fn without_old_keys(mut self) -> Self {
        self.members.remove(OLD_KEYS);
        self
    }

    /// The checksum keys that were replaced and still hold, the newest first.
    pub fn old_keys(&self) -> impl Iterator<Item = &str> {
        let keys = self.members.get(OLD_KEYS).and_then(Json::as_array);
        keys.into_iter().flatten().filter_map(Json::as_str)
    }

    /// A member's text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.members.get(name).and_then(Json::as_str)
    }

    /// A member's secret.
    pub fn secret(&self, name: &str) -> Option<SecretString> {
        self.text(name).map(SecretString::from)
    }

    /// With one member changed: for a provider that renews its own tokens.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.members.insert(name.to_owned(), Json::from(value));
        self
    }

    /// All members as a type of their own.
    pub fn typed<T: DeserializeOwned>(&self) -> Result<T, SettingsFault> {
        serde_json::from_value(Json::Object(self.members.clone()))
            .map_err(|_| SettingsFault::NotAnObject)
    }

    /// Where two members have to fit each other.
    fn fit_together(&self) -> Result<(), SettingsFault> {
        let is_here = |host: &str| {
            host == "localhost"
                || host
                    .trim_matches(['[', ']'])
                    .parse::<std::net::IpAddr>()
                    .is_ok_and(|ip| ip.is_loopback())
        };
        if self.channel == Channel::Smtp
            && self.text("tls") == Some("none")
            && !self.text("host").is_some_and(is_here)
        {
            return Err(SettingsFault::Bad {
                name: "tls",
                why: "chỉ được \"none\" với máy chủ thư trên chính máy này (only for loopback)",
            });
        }
        Ok(())
    }
}

fn checked(member: &Member, value: Json) -> Result<Json, SettingsFault> {
    let bad = |why| SettingsFault::Bad {
        name: member.name,
        why,
    };
    match member.holds {
        Holds::Port => match value.as_u64() {
            Some(1..=65_535) => Ok(value),
            _ => Err(bad("cần số cổng 1–65535 (a port)")),
        },
        Holds::Texts => match &value {
            Json::Object(texts)
                if texts.len() <= 50 && texts.values().all(|v| v.is_string() || v.is_u64()) =>
            {
                Ok(value)
            }
            _ => Err(bad("cần một đối tượng gồm các chữ (an object of texts)")),
        },
        Holds::Text | Holds::Secret | Holds::Address | Holds::OneOf(_) => {
            let text = value.as_str().ok_or(bad("cần một chuỗi (a text)"))?;
            if text.len() > 2_000 || text.chars().any(char::is_control) {
                return Err(bad(
                    "quá dài hoặc có ký tự lạ (too long, or odd characters)",
                ));
            }
            match member.holds {
                Holds::Address if !is_address(text) => Err(bad(
                    "cần https://…, hoặc http:// trên chính máy này (https, or http to loopback)",
                )),
                Holds::OneOf(words) if !words.contains(&text) => {
                    Err(bad("không có lựa chọn này (no such choice)"))
                }
                _ => Ok(value),
            }
        }
    }
}

/// Encrypted, or never leaving this computer.
fn is_address(text: &str) -> bool {
    let Ok(url) = Url::parse(text) else {
        return false;
    };
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(url::Host::Domain(name))) => name == "localhost",
        ("http", Some(url::Host::Ipv4(ip))) => ip.is_loopback(),
        ("http", Some(url::Host::Ipv6(ip))) => ip.is_loopback(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAYOS: &str = r#"{"client_id":"c","api_key":"k-secret","checksum_key":"first-secret"}"#;

    #[test]
    fn what_is_missing_unknown_or_in_the_clear_is_said() {
        let settings = Settings::read(Channel::PayOs, r#"{"client_id":"c"}"#).expect("an object");
        assert_eq!(settings.missing(), ["api_key", "checksum_key"]);
        assert!(matches!(
            settings.complete(),
            Err(SettingsFault::Missing(_))
        ));
        let unknown = Settings::read(Channel::PayOs, r#"{"clientid":"c"}"#);
        assert_eq!(
            unknown.unwrap_err(),
            SettingsFault::Unknown("clientid".to_owned())
        );
        for (address, is_good) in [
            ("https://api.example", true),
            ("http://127.0.0.1:80/payos", true),
            ("http://[::1]:80", true),
            ("http://localhost", true),
            ("http://api.example", false),
            ("ftp://127.0.0.1", false),
            ("api.example", false),
        ] {
            let text = json!({ "client_id": "c", "base_url": address }).to_string();
            assert_eq!(
                Settings::read(Channel::PayOs, &text).is_ok(),
                is_good,
                "{address}"
            );
        }
        let open = r#"{"host":"mail.example","port":25,"tls":"none","from":"a@b.example"}"#;
        assert!(Settings::read(Channel::Smtp, open).is_err());
    }

    #[test]
    fn secrets_are_never_shown() {
        let settings = Settings::read(Channel::PayOs, PAYOS).expect("read");
        let shown = format!("{} {settings:?}", settings.shown());
        assert!(!shown.contains("secret"), "{shown}");
        assert_eq!(settings.shown()["checksum_key"], true);
        assert_eq!(settings.shown()["missing"], json!([]));
    }

    #[test]
    fn a_key_that_is_replaced_holds_until_it_is_dropped() {
        let first = Settings::read(Channel::PayOs, PAYOS).expect("read");
        let second = |text: &str| {
            Settings::read(Channel::PayOs, &PAYOS.replace("first-secret", text)).expect("read")
        };
        let both = second("second").in_place_of(&first);
        assert_eq!(both.old_keys().collect::<Vec<_>>(), ["first-secret"]);
        let three = second("third").in_place_of(&both);
        assert_eq!(
            three.old_keys().collect::<Vec<_>>(),
            ["second", "first-secret"]
        );
        let back = second("second").in_place_of(&three);
        assert_eq!(
            back.old_keys().collect::<Vec<_>>(),
            ["third", "first-secret"]
        );
        assert_eq!(back.without_old_keys().old_keys().count(), 0);
    }
}
