//! What the shop has decided. One row a setting, its value as JSON; what is not there is the
//! default.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use super::StoreError;
use super::audit::{self, Actor};
use super::db::{Store, Tx, all, execute, one, text, transaction, values};
use crate::domain::text::plain;

/// The shop's settings.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Shop {
    /// How often a job that failed before its payment is handed out, at most.
    pub tries_max: i64,
    /// How long a failed job rests before it is handed out again, for each try, in milliseconds.
    pub retry_after_ms: i64,
    /// How long a job is held when the machine does not say, in milliseconds.
    pub lease_ms: i64,
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
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            tries_max: 3,
            retry_after_ms: 30_000,
            lease_ms: 60_000,
            open_data: false,
            pin_sealed: String::new(),
            receiver_phone: String::new(),
            registration: false,
            trial_days: 7,
            require_2fa: false,
            keep_days: 90,
        }
    }
}

/// What a row of the old settings says in ours: may people register, and how long is a trial. The
/// keys' exact names differ from shop to shop and were never written down, so words in them decide.
pub fn of_old(key: &str, value: &str) -> Option<(&'static str, Json)> {
    let (key, value) = (plain(key), value.trim());
    let has = |words: &[&str]| words.iter().any(|w| key.contains(w));
    if has(&["trial", "dung thu", "dung_thu"]) {
        let days: i64 = value.parse().ok()?;
        return (0..=3_650)
            .contains(&days)
            .then(|| ("trial_days", days.into()));
    }
    if has(&["regist", "dang ky", "dang_ky", "signup", "sign_up"]) {
        return match plain(value).as_str() {
            "1" | "true" | "on" | "yes" | "co" => Some(("registration", true.into())),
            "0" | "" | "false" | "off" | "no" | "khong" => Some(("registration", false.into())),
            _ => None,
        };
    }
    None
}

impl Store {
    /// The shop's settings as they are now.
    pub async fn shop(&self) -> Result<Shop, StoreError> {
        let mut found = Map::new();
        for row in all(&self.db, "SELECT name, value FROM settings", vec![]).await? {
            if let Ok(value) = serde_json::from_str(&text(&row, 1)?) {
                found.insert(text(&row, 0)?, value);
            }
        }
        // What the old system had decided holds until somebody decides anew.
        let old = all(
            &self.db,
            "SELECT `key`, `value` FROM admin_config WHERE deleted_at IS NULL ORDER BY id",
            vec![],
        )
        .await?;
        for row in &old {
            if let Some((name, value)) = of_old(&text(row, 0)?, &text(row, 1)?) {
                found.entry(name).or_insert(value);
            }
        }
        serde_json::from_value(Json::Object(found))
            .map_err(|e| StoreError::Damaged(format!("settings: {e}")))
    }

    /// Sets one of them. The trail never sees a sealed value.
    pub async fn set_shop(
        &self,
        name: &str,
        value: &Json,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let mut changed = serde_json::to_value(self.shop().await?)
            .map_err(|e| StoreError::Damaged(e.to_string()))?;
        let Some(place) = changed.get_mut(name) else {
            return Err(StoreError::NotAllowed(name.to_owned()));
        };
        *place = value.clone();
        serde_json::from_value::<Shop>(changed).map_err(|e| StoreError::BadValue {
            field: name.to_owned(),
            why: e.to_string(),
        })?;
        transaction!(self, |tx| self.set_in(&tx, name, value, actor))
    }

    async fn set_in(
        &self,
        tx: &Tx,
        name: &str,
        value: &Json,
        actor: &Actor,
    ) -> Result<(), StoreError> {
        let now = self.now_ms();
        let before = one(
            &**tx,
            &format!("SELECT value FROM settings WHERE name = ?{}", self.locked()),
            values![name],
        )
        .await?;
        let before = before.map(|row| text(&row, 0)).transpose()?;
        if before.is_some() {
            let sql = "UPDATE settings SET value = ?, updated_at = ?, version = version + 1 WHERE name = ?";
            execute(&**tx, sql, values![value.to_string(), now, name]).await?;
        } else {
            execute(
                &**tx,
                "INSERT INTO settings (name, value, updated_at) VALUES (?, ?, ?)",
                values![name, value.to_string(), now],
            )
            .await?;
        }
        let shown = |text: String| {
            if name.ends_with("_sealed") {
                "(sealed)".to_owned()
            } else {
                text
            }
        };
        let (before, after) = (
            serde_json::json!({ name: before.map(shown) }),
            serde_json::json!({ name: shown(value.to_string()) }),
        );
        audit::write(
            self,
            tx,
            actor,
            "settings.set",
            Some("settings"),
            None,
            Some(&before),
            Some(&after),
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_old_keys_are_known_by_their_words() {
        assert_eq!(of_old("trial_days", "15"), Some(("trial_days", 15.into())));
        assert_eq!(
            of_old("Số ngày dùng thử", " 30 "),
            Some(("trial_days", 30.into()))
        );
        assert_eq!(
            of_old("allow_register_admin", "1"),
            Some(("registration", true.into()))
        );
        assert_eq!(
            of_old("Cho đăng ký", "không"),
            Some(("registration", false.into()))
        );
        for (key, value) in [
            ("trial_days", "mãi mãi"),
            ("trial_days", "-1"),
            ("register", "maybe"),
            ("theme", "1"),
        ] {
            assert_eq!(of_old(key, value), None, "{key}");
        }
    }
}
