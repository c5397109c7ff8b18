//! What the shop has decided, and what its people like to see. One row a setting, its value as JSON; what is not there is the
//! default.

mod preferences;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};

use crate::domain::text::plain;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{Conn, Store, Tx, all, execute, int, one, text, transaction, values};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::house::SETTINGS;

/// The shop's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "settings, each by its own name"
)]
pub struct ShopRules {
    /// How often a job that failed before its payment is handed out, at most.
    pub tries_max: i64,
    /// How long a failed job rests before it is handed out again, for each try, in milliseconds.
    pub retry_after_ms: i64,
    /// How long a job is held when the machine does not say, in milliseconds.
    pub lease_ms: i64,
    /// For how many hours an equal top-up (the same number and amount) is not armed unless the
    /// machine says that it is meant; 0: never.
    pub repeat_hours: i64,
    /// May anyone who reaches the server read the open jobs by `/api/data/…`? Else a machine's
    /// token is needed.
    pub open_data: bool,
    /// The portal PIN that goes along with the lists of payments: a Fernet token, or empty. Never
    /// in clear.
    pub pin_sealed: String,
    /// The phone number that electricity bills are receipted to, where a job has none.
    pub receiver_phone: String,
    /// May people ask for an account?
    pub registration: bool,
    /// How long a trial account works, in days.
    pub trial_days: i64,
    /// Must owners and managers use a second factor?
    pub require_2fa: bool,
    /// Days after which finished sessions and failed log-ins are forgotten.
    pub keep_days: i64,
    /// Does cash of an earlier day stand in the way of cash alone, or of every way to pay at a door?
    pub desk_outstanding_cash_only: bool,
    /// Are customers told when what they paid at a door is paid at the portal?
    pub desk_tell_settled: bool,
}

impl Default for ShopRules {
    fn default() -> Self {
        Self {
            tries_max: 3,
            retry_after_ms: 30_000,
            lease_ms: 60_000,
            repeat_hours: 24,
            open_data: false,
            pin_sealed: String::new(),
            receiver_phone: String::new(),
            registration: false,
            trial_days: 7,
            require_2fa: false,
            keep_days: 90,
            desk_outstanding_cash_only: false,
            desk_tell_settled: false,
        }
    }
}

/// One setting with the value that it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShopSetting {
    /// How often a job that failed before its payment is handed out, at most.
    TriesMax(i64),
    /// How long a failed job rests for each try.
    RetryAfterMs(i64),
    /// How long a job is held when the machine does not say.
    LeaseMs(i64),
    /// For how many hours an equal top-up is not armed; 0: never.
    RepeatHours(i64),
    /// May anyone read the open jobs?
    OpenData(bool),
    /// The portal's PIN, sealed; empty: none.
    PinSealed(String),
    /// The phone number that bills are receipted to; empty: none.
    ReceiverPhone(String),
    /// May people ask for an account?
    Registration(bool),
    /// How long a trial account works; 0: for ever.
    TrialDays(i64),
    /// Must owners and managers use a second factor?
    Require2fa(bool),
    /// Days after which failed sign-ins are forgotten.
    KeepDays(i64),
    /// Does cash of an earlier day stand in the way of cash alone?
    DeskOutstandingCashOnly(bool),
    /// Are customers told when what they paid is paid at the portal?
    DeskTellSettled(bool),
}

impl ShopSetting {
    /// Its name in the database.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::TriesMax(_) => "tries_max",
            Self::RetryAfterMs(_) => "retry_after_ms",
            Self::LeaseMs(_) => "lease_ms",
            Self::RepeatHours(_) => "repeat_hours",
            Self::OpenData(_) => "open_data",
            Self::PinSealed(_) => "pin_sealed",
            Self::ReceiverPhone(_) => "receiver_phone",
            Self::Registration(_) => "registration",
            Self::TrialDays(_) => "trial_days",
            Self::Require2fa(_) => "require_2fa",
            Self::KeepDays(_) => "keep_days",
            Self::DeskOutstandingCashOnly(_) => "desk_outstanding_cash_only",
            Self::DeskTellSettled(_) => "desk_tell_settled",
        }
    }

    fn value(&self) -> Json {
        match self {
            Self::TriesMax(number)
            | Self::RetryAfterMs(number)
            | Self::LeaseMs(number)
            | Self::RepeatHours(number)
            | Self::TrialDays(number)
            | Self::KeepDays(number) => Json::from(*number),
            Self::OpenData(is)
            | Self::Registration(is)
            | Self::Require2fa(is)
            | Self::DeskOutstandingCashOnly(is)
            | Self::DeskTellSettled(is) => Json::from(*is),
            Self::PinSealed(text) | Self::ReceiverPhone(text) => Json::from(text.as_str()),
        }
    }

    /// Does the shop have it so already?
    pub fn is_in(&self, shop: &ShopRules) -> bool {
        match self {
            Self::TriesMax(value) => *value == shop.tries_max,
            Self::RetryAfterMs(value) => *value == shop.retry_after_ms,
            Self::LeaseMs(value) => *value == shop.lease_ms,
            Self::RepeatHours(value) => *value == shop.repeat_hours,
            Self::OpenData(value) => *value == shop.open_data,
            Self::PinSealed(value) => *value == shop.pin_sealed,
            Self::ReceiverPhone(value) => *value == shop.receiver_phone,
            Self::Registration(value) => *value == shop.registration,
            Self::TrialDays(value) => *value == shop.trial_days,
            Self::Require2fa(value) => *value == shop.require_2fa,
            Self::KeepDays(value) => *value == shop.keep_days,
            Self::DeskOutstandingCashOnly(value) => *value == shop.desk_outstanding_cash_only,
            Self::DeskTellSettled(value) => *value == shop.desk_tell_settled,
        }
    }

    /// The trail never sees a sealed value.
    fn for_trail(&self, json: &str) -> String {
        match self {
            Self::PinSealed(_) => "(sealed)".to_owned(),
            _ => json.to_owned(),
        }
    }

    /// What a row of the old settings says in ours: may people register, and how long is a trial. The
    /// keys' exact names differ from shop to shop and were never written down, so words in them decide.
    pub fn of_old(key: &str, value: &str) -> Option<Self> {
        let (key, value) = (plain(key), value.trim());
        let has = |words: &[&str]| words.iter().any(|w| key.contains(w));
        if has(&["trial", "dung thu", "dung_thu"]) {
            let days: i64 = value.parse().ok()?;
            return (0..=3_650).contains(&days).then_some(Self::TrialDays(days));
        }
        if has(&["regist", "dang ky", "dang_ky", "signup", "sign_up"]) {
            return match plain(value).as_str() {
                "1" | "true" | "on" | "yes" | "co" => Some(Self::Registration(true)),
                "0" | "" | "false" | "off" | "no" | "khong" => Some(Self::Registration(false)),
                _ => None,
            };
        }
        None
    }
}

/// A row of the old system's settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OldSetting {
    /// Its number.
    pub id: i64,
    /// What it is called.
    pub key: String,
    /// What it says.
    pub value: String,
}

/// The shop's settings ([`Store::settings`]).
pub struct ShopSettings<'s> {
    pub(in crate::store) store: &'s Store,
}

impl Store {
    /// The shop's settings.
    pub const fn settings(&self) -> ShopSettings<'_> {
        ShopSettings { store: self }
    }
}

impl ShopSettings<'_> {
    /// The shop's settings as they are now.
    pub async fn shop(&self) -> Result<ShopRules, StoreError> {
        let mut found = Map::new();
        for row in all(self.store, "SELECT name, value FROM settings", vec![]).await? {
            if let Ok(value) = serde_json::from_str(&text(&row, 1)?) {
                found.insert(text(&row, 0)?, value);
            }
        }
        // What the old system had decided holds until somebody decides anew.
        let old = all(
            self.store,
            "SELECT `key`, `value` FROM admin_config WHERE deleted_at IS NULL ORDER BY id",
            vec![],
        )
        .await?;
        for row in &old {
            if let Some(old) = ShopSetting::of_old(&text(row, 0)?, &text(row, 1)?) {
                found.entry(old.name()).or_insert(old.value());
            }
        }
        serde_json::from_value(Json::Object(found))
            .map_err(|e| StoreError::Damaged(format!("settings: {e}")))
    }

    /// Sets one of them.
    pub async fn set(&self, setting: &ShopSetting, actor: &Actor) -> Result<(), StoreError> {
        transaction!(self.store, |tx| set(&tx, setting, actor))
    }

    /// The settings of the old system, the newest first.
    pub async fn old(&self, limit: u32) -> Result<Vec<OldSetting>, StoreError> {
        let sql = format!(
            "SELECT CAST(id AS SIGNED), `key`, `value` FROM admin_config WHERE deleted_at IS NULL ORDER BY id DESC LIMIT {limit}"
        );
        all(self.store, &self.store.casts(&sql), vec![])
            .await?
            .iter()
            .map(|row| {
                Ok(OldSetting {
                    id: int(row, 0)?,
                    key: text(row, 1)?,
                    value: text(row, 2)?,
                })
            })
            .collect()
    }
}

async fn set(tx: &Tx, setting: &ShopSetting, actor: &Actor) -> Result<(), StoreError> {
    let (name, now, value) = (setting.name(), tx.now_ms(), setting.value().to_string());
    let sql = format!("SELECT value FROM settings WHERE name = ?{}", tx.locked());
    let before = one(tx, &sql, values![name]).await?;
    let before = before.map(|row| text(&row, 0)).transpose()?;
    if before.is_some() {
        let sql =
            "UPDATE settings SET value = ?, updated_at = ?, version = version + 1 WHERE name = ?";
        execute(tx, sql, values![value.clone(), now, name]).await?;
    } else {
        let sql = "INSERT INTO settings (name, value, updated_at) VALUES (?, ?, ?)";
        execute(tx, sql, values![name, value.clone(), now]).await?;
    }
    let entry = Entry::of(AuditAction::SettingsSet)
        .table(&SETTINGS)
        .before(json!({ name: before.map(|json| setting.for_trail(&json)) }))
        .after(json!({ name: setting.for_trail(&value) }));
    audit::write(tx, actor, entry).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_keys_are_known_by_their_words() {
        assert_eq!(
            ShopSetting::of_old("trial_days", "15"),
            Some(ShopSetting::TrialDays(15))
        );
        assert_eq!(
            ShopSetting::of_old("Số ngày dùng thử", " 30 "),
            Some(ShopSetting::TrialDays(30))
        );
        assert_eq!(
            ShopSetting::of_old("allow_register_admin", "1"),
            Some(ShopSetting::Registration(true))
        );
        assert_eq!(
            ShopSetting::of_old("Cho đăng ký", "không"),
            Some(ShopSetting::Registration(false))
        );
        for (key, value) in [
            ("trial_days", "mãi mãi"),
            ("trial_days", "-1"),
            ("register", "maybe"),
            ("theme", "1"),
        ] {
            assert_eq!(ShopSetting::of_old(key, value), None, "{key}");
        }
    }
}
