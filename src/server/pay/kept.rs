//! What is kept of a payment as one text in its row: the account that money goes to, and the one-time password
//! that is waited for.

use serde::{Deserialize, Serialize};

use crate::providers::{OtpPrompt, PayTo};

/// The account that money goes to, with what a transfer to it has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct KeptAccount {
    /// The bank's short name; empty where its number is not known.
    pub bank: String,
    /// The bank's number: six digits.
    pub bin: String,
    /// The account.
    pub number: String,
    /// Whose it is.
    pub name: String,
    /// The note that the transfer must carry.
    pub note: String,
}

impl KeptAccount {
    /// What is kept of a provider's answer.
    pub fn of(account: &PayTo) -> Self {
        Self {
            bank: account.bank.clone(),
            bin: account.bin.clone(),
            number: account.number.clone(),
            name: account.name.clone(),
            note: account.note.clone(),
        }
    }

    /// As it stands in the row.
    pub fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// What the row has; `None` where there is none.
    pub fn read(text: Option<&str>) -> Option<Self> {
        serde_json::from_str(text?).ok()
    }
}

/// The terms of a one-time password. The password itself is kept nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptOtp {
    /// Its digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub length: Option<u8>,
    /// Until when it works, in milliseconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_ms: Option<i64>,
    /// How often it may still be entered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempts_left: Option<i64>,
    /// When another one may be asked for, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resend_after_s: Option<i64>,
    /// Where it was sent, with most of it hidden.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_to: Option<String>,
}

impl KeptOtp {
    /// What is kept of a provider's answer.
    pub fn of(otp: &OtpPrompt) -> Self {
        Self {
            length: Some(otp.length),
            expires_ms: Some(otp.expires_ms),
            attempts_left: Some(otp.attempts_left),
            resend_after_s: Some(otp.resend_after_s),
            sent_to: Some(otp.sent_to.clone()),
        }
    }

    /// As it stands in the row.
    pub fn text(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// What the row has; `None` where none is waited for.
    pub fn read(text: Option<&str>) -> Option<Self> {
        serde_json::from_str(text?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_as_it_was_written() {
        let account = KeptAccount {
            bank: "VCB".to_owned(),
            bin: "970436".to_owned(),
            number: "0071".to_owned(),
            name: "TIEM AN BINH".to_owned(),
            note: "GN1".to_owned(),
        };
        let text = account.text();
        assert_eq!(
            text,
            r#"{"bank":"VCB","bin":"970436","number":"0071","name":"TIEM AN BINH","note":"GN1"}"#
        );
        assert_eq!(KeptAccount::read(Some(&text)), Some(account));
        let otp = r#"{"length":6,"expires_ms":1,"attempts_left":3,"resend_after_s":60,"sent_to":"09***11"}"#;
        let read = KeptOtp::read(Some(otp)).expect("terms");
        assert_eq!(read.text(), otp);
        let alone = KeptOtp {
            attempts_left: Some(2),
            ..KeptOtp::default()
        };
        assert_eq!(alone.text(), r#"{"attempts_left":2}"#);
        assert_eq!(KeptOtp::read(None), None);
        assert_eq!(KeptAccount::read(Some("not kept by us")), None);
    }
}
