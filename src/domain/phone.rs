//! Vietnamese mobile numbers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A Vietnamese mobile number: ten digits from 0, with a prefix that a network uses today.
///
/// `+84…`, `84…` and `0…` are read, with spaces, dots, dashes and brackets anywhere.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// The network that a prefix was given to. Numbers keep their prefix when a customer changes
/// networks, so this tells where a number came from, not who bills it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "the names are the networks' own")]
pub enum Network {
    Viettel,
    VinaPhone,
    MobiFone,
    Vietnamobile,
    Gmobile,
    Itel,
    Wintel,
}

/// Prefixes after the renumbering of 2018 (eleven-digit numbers became ten) with the later virtual
/// networks.
const PREFIXES: [(Network, &[&str]); 7] = [
    (
        Network::Viettel,
        &[
            "032", "033", "034", "035", "036", "037", "038", "039", "086", "096", "097", "098",
        ],
    ),
    (
        Network::VinaPhone,
        &["081", "082", "083", "084", "085", "088", "091", "094"],
    ),
    (
        Network::MobiFone,
        &["070", "076", "077", "078", "079", "089", "090", "093"],
    ),
    (Network::Vietnamobile, &["052", "056", "058", "092"]),
    (Network::Gmobile, &["059", "099"]),
    (Network::Itel, &["087"]),
    (Network::Wintel, &["055"]),
];

/// Why a text is no mobile number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPhone {
    /// Nothing there.
    #[error("chưa có số điện thoại")]
    Empty,
    /// Letters or other signs inside.
    #[error("số điện thoại {0:?} có ký tự lạ; chỉ nhập chữ số")]
    Letters(String),
    /// Not ten digits from 0.
    #[error("số điện thoại {0:?} sai độ dài; cần 10 chữ số bắt đầu bằng 0 (hoặc +84)")]
    Length(String),
    /// Ten digits, but no mobile network has this prefix.
    #[error("đầu số của {0:?} không thuộc mạng di động nào đang dùng")]
    Prefix(String),
}

impl Phone {
    /// Ten digits from 0.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The network that the prefix was given to.
    pub fn network(&self) -> Option<Network> {
        network_of(&self.0)
    }
}

fn network_of(ten_digits: &str) -> Option<Network> {
    let prefix = ten_digits.get(..3)?;
    PREFIXES
        .iter()
        .find(|(_, prefixes)| prefixes.contains(&prefix))
        .map(|(network, _)| *network)
}

impl FromStr for Phone {
    type Err = NotPhone;

    fn from_str(text: &str) -> Result<Self, NotPhone> {
        let bare: String = text
            .chars()
            .filter(|c| {
                !c.is_whitespace()
                    && !matches!(
                        c,
                        '.' | '-'
                            | '–'
                            | '('
                            | ')'
                            | '\u{200b}'
                            | '\u{feff}'
                            | '\u{202a}'
                            | '\u{202c}'
                    )
            })
            .collect();
        if bare.is_empty() {
            return Err(NotPhone::Empty);
        }
        let digits = bare.strip_prefix('+').unwrap_or(&bare);
        if !digits.chars().all(|c| c.is_ascii_digit()) {
            return Err(NotPhone::Letters(text.trim().to_owned()));
        }
        let national = match digits.strip_prefix("84") {
            Some(rest) if rest.len() == 9 => format!("0{rest}"),
            // People also write +84 0912…: the trunk zero stays where it does not belong.
            Some(rest) if rest.len() == 10 && rest.starts_with('0') => rest.to_owned(),
            _ if bare.starts_with('+') => return Err(NotPhone::Length(text.trim().to_owned())),
            _ => digits.to_owned(),
        };
        if national.len() != 10 || !national.starts_with('0') {
            return Err(NotPhone::Length(text.trim().to_owned()));
        }
        if network_of(&national).is_none() {
            return Err(NotPhone::Prefix(text.trim().to_owned()));
        }
        Ok(Self(national))
    }
}

impl TryFrom<String> for Phone {
    type Error = NotPhone;

    fn try_from(text: String) -> Result<Self, NotPhone> {
        text.parse()
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

/// A phone number as it was written. A spreadsheet takes it for a number, and its zero away.
pub fn with_zero(text: String) -> String {
    if text.len() == 9 {
        format!("0{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_way_of_writing_a_number_is_one_number() {
        for text in [
            "0981234567",
            "+84981234567",
            "84981234567",
            " 0981 234 567 ",
            "098-123.4567",
            "(+84) 98 123 45 67",
            "+84 0981234567",
        ] {
            assert_eq!(
                text.parse::<Phone>().map(String::from),
                Ok("0981234567".to_owned()),
                "{text}"
            );
        }
    }

    #[test]
    fn what_is_no_mobile_number_is_refused_with_the_reason() {
        let refused = |text: &str| text.parse::<Phone>().expect_err(text);
        assert_eq!(refused("  "), NotPhone::Empty);
        assert!(matches!(refused("09812345a7"), NotPhone::Letters(_)));
        assert!(matches!(refused("098123456"), NotPhone::Length(_)));
        assert!(matches!(refused("09812345678"), NotPhone::Length(_)));
        assert!(matches!(refused("981234567"), NotPhone::Length(_)));
        assert!(matches!(refused("+1981234567"), NotPhone::Length(_)));
        assert!(matches!(refused("0241234567"), NotPhone::Prefix(_)));
        assert!(
            matches!(refused("0121234567"), NotPhone::Prefix(_)),
            "eleven-digit prefixes ended in 2018"
        );
    }

    #[test]
    fn the_network_follows_the_prefix() {
        for (text, network) in [
            ("0321234567", Network::Viettel),
            ("0861234567", Network::Viettel),
            ("0912345678", Network::VinaPhone),
            ("0891234567", Network::MobiFone),
            ("0561234567", Network::Vietnamobile),
            ("0591234567", Network::Gmobile),
            ("0871234567", Network::Itel),
            ("0551234567", Network::Wintel),
        ] {
            assert_eq!(
                text.parse::<Phone>().ok().and_then(|p| p.network()),
                Some(network),
                "{text}"
            );
        }
    }

    #[test]
    fn no_prefix_belongs_to_two_networks() {
        let mut all: Vec<&str> = PREFIXES
            .iter()
            .flat_map(|(_, p)| p.iter().copied())
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_read_reads_again(text in "\\PC{0,20}") {
            if let Ok(phone) = text.parse::<Phone>() {
                prop_assert_eq!(phone.as_str().parse::<Phone>(), Ok(phone));
            }
        }
    }
}
