//! The settings' form: the configuration as a person types it.

/// The settings' form.
#[derive(Debug, Clone, Default)]
pub struct ShownSettings {
    /// Every key.
    pub rows: Vec<Setting>,
    /// Are the ones on the screen those that a shop seldom touches?
    pub is_advanced: bool,
    /// What the doctor said: good or not, what, and the detail.
    pub diagnosis: Vec<(bool, String, String)>,
    /// Is it at work?
    pub is_diagnosing: bool,
    /// Who is to be let in.
    pub seat_name: String,
    /// With which PIN.
    pub seat_pin: String,
    /// Who is about to be removed: asked once more.
    pub removing: Option<String>,
}

/// One key of the configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Dotted.
    pub key: String,
    /// As it is; a secret only as a mark that it is set.
    pub value: String,
    /// As it was typed.
    pub typed: String,
    /// Is it never shown?
    pub is_secret: bool,
}

impl Setting {
    /// As it is shown: times in seconds, which the configuration has in milliseconds.
    fn new(key: String, stored: &str, is_secret: bool) -> Self {
        let value = if is_in_ms(&key) {
            let all = stored.split(", ").map(seconds);
            all.collect::<Vec<_>>().join("; ")
        } else {
            stored.to_owned()
        };
        Self {
            typed: if is_secret {
                String::new()
            } else {
                value.clone()
            },
            key,
            value,
            is_secret,
        }
    }

    /// What was typed as the configuration has it. What is no time is left for it to refuse.
    pub fn stored(&self) -> String {
        if !is_in_ms(&self.key) {
            return self.typed.clone();
        }
        let parts = self.typed.split([';', ' ']).filter(|part| !part.is_empty());
        let all: Option<Vec<String>> = parts.map(milliseconds).collect();
        all.map_or_else(|| self.typed.clone(), |all| all.join(", "))
    }

    /// Is it one that a shop seldom touches?
    pub fn is_advanced(&self) -> bool {
        match self.key.split_once('.') {
            Some(("reconcile" | "browser" | "evidence", _)) => true,
            Some(("portal", name)) => !matches!(name, "url" | "username" | "password" | "pin"),
            Some(("api", name)) => !matches!(name, "url" | "token"),
            _ => false,
        }
    }

    /// The part of the configuration that it is of.
    pub fn section(&self) -> &str {
        self.key.split('.').next().unwrap_or_default()
    }
}

fn is_in_ms(key: &str) -> bool {
    key.ends_with("_ms")
}

/// Milliseconds as seconds: `2500` is `2,5`.
fn seconds(ms: &str) -> String {
    let Ok(ms) = ms.trim().parse::<u32>() else {
        return ms.to_owned();
    };
    match ms % 1_000 {
        0 => (ms / 1_000).to_string(),
        rest => format!("{},{rest:03}", ms / 1_000)
            .trim_end_matches('0')
            .to_owned(),
    }
}

/// Seconds as milliseconds; at most three digits behind the comma.
fn milliseconds(seconds: &str) -> Option<String> {
    let (whole, part) = seconds.split_once([',', '.']).unwrap_or((seconds, ""));
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(part) || part.len() > 3 {
        return None;
    }
    let whole: u32 = whole.parse().ok()?;
    let part: u32 = format!("{part:0<3}").parse().ok()?;
    Some(whole.checked_mul(1_000)?.checked_add(part)?.to_string())
}

impl ShownSettings {
    /// Takes what the configuration has; what was typed and not saved stays.
    pub fn take(&mut self, values: Vec<(String, String, bool)>) {
        let typed: std::collections::HashMap<String, String> = self
            .rows
            .drain(..)
            .filter(|row| row.typed != row.value)
            .map(|row| (row.key, row.typed))
            .collect();
        self.rows = values
            .into_iter()
            .map(|(key, value, is_secret)| {
                let row = Setting::new(key, &value, is_secret);
                match typed.get(&row.key) {
                    Some(typed) => Setting {
                        typed: typed.clone(),
                        ..row
                    },
                    None => row,
                }
            })
            .collect();
    }

    /// This key was saved.
    pub fn saved(&mut self, key: &str) {
        if let Some(row) = self.rows.iter_mut().find(|row| row.key == key) {
            row.typed = if row.is_secret {
                String::new()
            } else {
                row.value.clone()
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_typed_in_seconds_and_kept_in_milliseconds() {
        let mut row = Setting::new("reconcile.look_after_ms".into(), "0, 2500, 60000", false);
        assert_eq!(row.value, "0; 2,5; 60");
        assert_eq!(row.stored(), "0, 2500, 60000");
        row.typed = "1; 0,25 90".into();
        assert_eq!(row.stored(), "1000, 250, 90000");
        row.typed = "mai".into();
        assert_eq!(row.stored(), "mai", "the configuration refuses it");
    }

    #[test]
    fn every_time_in_milliseconds_comes_back_as_it_went() {
        for ms in [
            0,
            1,
            10,
            250,
            999,
            1_000,
            1_001,
            60_000,
            3_600_000,
            u32::MAX,
        ] {
            let shown = seconds(&ms.to_string());
            assert_eq!(milliseconds(&shown), Some(ms.to_string()), "{shown}");
        }
        for wrong in ["", ",", "1,2345", "x", "-1", "99999999"] {
            assert_eq!(milliseconds(wrong), None, "{wrong}");
        }
    }
}
