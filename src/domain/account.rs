//! Who a job is for: a subscriber code, a bill code or a phone number.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use super::phone::{Network, NotPhone, Phone};
use super::service::{AccountKind, Service};

/// The portal's own limit on its code field (`contractCode`, maxlength 100).
const CODE_LENGTH_MAX: usize = 100;
/// Shorter than this is a slip of the finger, not a code.
const CODE_LENGTH_MIN: usize = 3;

/// Why a text cannot be an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAccount {
    /// Nothing there.
    #[error("chưa có mã")]
    Empty,
    /// Shorter than three characters or longer than the portal's field.
    #[error("mã {0:?} sai độ dài; cần {CODE_LENGTH_MIN}–{CODE_LENGTH_MAX} ký tự")]
    Length(String),
    /// A sign that no code has.
    #[error(
        "mã {0:?} có ký tự lạ {1:?}; chỉ dùng chữ cái không dấu, chữ số, gạch dưới, gạch nối, dấu chấm"
    )]
    Sign(String, char),
    /// Not a mobile number.
    #[error(transparent)]
    Phone(#[from] NotPhone),
}

macro_rules! code {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The code as it is typed into the portal.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAccount;

            fn from_str(text: &str) -> Result<Self, NotAccount> {
                read_code(text).map(Self)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAccount;

            fn try_from(text: String) -> Result<Self, NotAccount> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(code: $name) -> Self {
                code.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
    };
}

code! {
    /// An Internet or TV subscriber code, such as `k012_gftth_example1`. Spaces are dropped, as the
    /// portal's field does.
    SubscriberCode
}
code! {
    /// An electricity customer code, such as `PE01000123456`.
    BillCode
}

fn read_code(text: &str) -> Result<String, NotAccount> {
    let code: String = text
        .nfc()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\u{feff}' | '\u{200b}'))
        .collect();
    if code.is_empty() {
        return Err(NotAccount::Empty);
    }
    if let Some(sign) = code
        .chars()
        .find(|c| !c.is_ascii_alphanumeric() && !matches!(c, '_' | '-' | '.'))
    {
        return Err(NotAccount::Sign(code, sign));
    }
    if !(CODE_LENGTH_MIN..=CODE_LENGTH_MAX).contains(&code.len()) {
        return Err(NotAccount::Length(code));
    }
    Ok(code)
}

/// Who a job is for. Parsed once; after that nobody checks again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Account {
    /// An Internet or TV subscriber.
    Subscriber(SubscriberCode),
    /// An electricity customer.
    Bill(BillCode),
    /// A mobile number.
    Phone(Phone),
}

impl Account {
    /// Reads the text as the kind that the service asks for.
    pub fn parse(kind: AccountKind, text: &str) -> Result<Self, NotAccount> {
        Ok(match kind {
            AccountKind::Subscriber => Self::Subscriber(text.parse()?),
            AccountKind::Bill => Self::Bill(text.parse()?),
            AccountKind::Phone => Self::Phone(text.parse()?),
        })
    }

    /// The account as it is typed into the portal.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Subscriber(code) => code.as_str(),
            Self::Bill(code) => code.as_str(),
            Self::Phone(phone) => phone.as_str(),
        }
    }

    /// Does it look like a code of another service? Nobody knows every form that a code may have, so
    /// this is only ever asked about, never refused.
    pub fn looks_odd(&self, service: Service) -> bool {
        let text = self.as_str();
        let is_digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let is_phone = text.parse::<Phone>().is_ok();
        match self {
            // Two letters of the power company, then its number.
            Self::Bill(_) => !text.as_bytes().first().is_some_and(u8::is_ascii_alphabetic),
            Self::Subscriber(_) => {
                let is_bill = text.len() == 13
                    && text.as_bytes()[..2].eq_ignore_ascii_case(b"PE")
                    && text[2..].bytes().all(|byte| byte.is_ascii_digit());
                is_phone || is_bill || (is_digits && text.len() > 15)
            }
            // Numbers keep their prefix when a customer changes the network.
            Self::Phone(phone) => {
                matches!(service, Service::TopUpViettel | Service::LookUpPostpaid)
                    && phone.network() != Some(Network::Viettel)
            }
        }
    }

    /// For comparing and locking: codes that differ in case only are one account.
    pub fn key(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lose_spaces_and_nothing_else() {
        let read = |text: &str| text.parse::<SubscriberCode>().map(String::from);
        assert_eq!(
            read(" k012_gftth example1\t"),
            Ok("k012_gftthexample1".to_owned())
        );
        assert_eq!(
            read("0012345"),
            Ok("0012345".to_owned()),
            "leading zeros stay"
        );
        assert_eq!(read(" "), Err(NotAccount::Empty));
        assert!(matches!(read("ab"), Err(NotAccount::Length(_))));
        assert!(matches!(read(&"a".repeat(101)), Err(NotAccount::Length(_))));
        assert!(matches!(read("mã-01"), Err(NotAccount::Sign(_, 'ã'))));
        assert!(matches!(read("=cmd|x"), Err(NotAccount::Sign(_, '='))));
    }

    #[test]
    fn a_code_of_another_service_looks_odd() {
        let odd = |kind, text| {
            let account = Account::parse(kind, text).expect("an account");
            account.looks_odd(Service::TopUpViettel)
        };
        for text in ["0981234567", "22012345678901234567"] {
            assert!(odd(AccountKind::Bill, text), "{text}");
            assert!(odd(AccountKind::Subscriber, text), "{text}");
        }
        assert!(odd(AccountKind::Subscriber, "PE01000123456"));
        for text in ["PE01000123456", "pe0001", "PB09010012345"] {
            assert!(!odd(AccountKind::Bill, text), "{text}");
        }
        assert!(odd(AccountKind::Phone, "0905111222") && !odd(AccountKind::Phone, "0981234567"));
        for text in ["k012_gftth_example1", "0012345", "tv_nam_01"] {
            assert!(!odd(AccountKind::Subscriber, text), "{text}");
        }
    }

    #[test]
    fn case_does_not_make_another_account() {
        let a = Account::parse(AccountKind::Bill, "pe01000").expect("code");
        let b = Account::parse(AccountKind::Bill, "PE01000").expect("code");
        assert_ne!(a, b);
        assert_eq!(a.key(), b.key());
    }
}
