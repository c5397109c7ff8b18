//! Channels, and what each of them has to be told.

use crate::domain::payment::Provider;

/// What can be set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Channel {
    /// Payments by PayOS.
    PayOs,
    /// Payments by VNPay.
    VnPay,
    /// Payments by wallet.
    Wallet,
    /// Payments to a bank account.
    VietQr,
    /// E-mail.
    Smtp,
    /// SMS by eSMS.
    Sms,
    /// Messages by Zalo.
    Zns,
    /// Messages by `HiFPT`.
    HiFpt,
    /// A company's own system.
    BackOffice,
}

/// What a member holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holds {
    Text,
    Secret,
    /// `https://…`, or `http://` on this computer.
    Address,
    Port,
    /// Names with texts.
    Texts,
    OneOf(&'static [&'static str]),
}

/// A member of a channel's settings.
#[derive(Debug, Clone, Copy)]
pub(super) struct Member {
    pub(super) name: &'static str,
    pub(super) holds: Holds,
    pub(super) is_needed: bool,
}

pub(super) const fn needed(name: &'static str, holds: Holds) -> Member {
    Member {
        name,
        holds,
        is_needed: true,
    }
}

pub(super) const fn optional(name: &'static str, holds: Holds) -> Member {
    Member {
        name,
        holds,
        is_needed: false,
    }
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::PayOs,
        Self::VnPay,
        Self::Wallet,
        Self::VietQr,
        Self::Smtp,
        Self::Sms,
        Self::Zns,
        Self::HiFpt,
        Self::BackOffice,
    ];

    /// The name on the command line and in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::PayOs => "payos",
            Self::VnPay => "vnpay",
            Self::Wallet => "wallet",
            Self::VietQr => "vietqr",
            Self::Smtp => "smtp",
            Self::Sms => "sms",
            Self::Zns => "zns",
            Self::HiFpt => "hifpt",
            Self::BackOffice => "backoffice",
        }
    }

    /// What people call it.
    pub const fn label(self) -> &'static str {
        match self {
            Self::PayOs => "PayOS",
            Self::VnPay => "VNPay",
            Self::Wallet => "Ví điện tử",
            Self::VietQr => "Tài khoản ngân hàng (VietQR)",
            Self::Smtp => "E-mail (SMTP)",
            Self::Sms => "SMS (eSMS)",
            Self::Zns => "Zalo ZNS",
            Self::HiFpt => "HiFPT",
            Self::BackOffice => "Hệ thống nội bộ",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }

    /// The payments that go by it.
    pub const fn provider(self) -> Option<Provider> {
        match self {
            Self::PayOs => Some(Provider::PayOs),
            Self::VnPay => Some(Provider::VnPay),
            Self::Wallet => Some(Provider::Wallet),
            Self::VietQr => Some(Provider::VietQr),
            Self::Smtp | Self::Sms | Self::Zns | Self::HiFpt | Self::BackOffice => None,
        }
    }

    /// The channel that payments of a provider go by. Cash goes by none.
    pub const fn of_provider(provider: Provider) -> Option<Self> {
        match provider {
            Provider::PayOs => Some(Self::PayOs),
            Provider::VnPay => Some(Self::VnPay),
            Provider::Wallet => Some(Self::Wallet),
            Provider::VietQr => Some(Self::VietQr),
            Provider::Cash => None,
        }
    }

    pub(super) const fn members(self) -> &'static [Member] {
        use Holds::{Address, OneOf, Port, Secret, Text, Texts};
        match self {
            Self::PayOs => {
                const {
                    &[
                        needed("client_id", Text),
                        needed("api_key", Secret),
                        needed("checksum_key", Secret),
                        optional("base_url", Address),
                        optional("checkout_base", Address),
                        optional("partner_code", Text),
                        optional("signature_mode", OneOf(&["official", "seed", "both"])),
                    ]
                }
            }
            Self::VnPay => {
                const {
                    &[
                        needed("tmn_code", Text),
                        needed("hash_secret", Secret),
                        optional("pay_url", Address),
                        optional("api_url", Address),
                        // Some terminals were given the older digest.
                        optional("hash_algorithm", OneOf(&["SHA512", "SHA256"])),
                    ]
                }
            }
            Self::Wallet => {
                const {
                    &[
                        needed("merchant_id", Text),
                        needed("secret", Secret),
                        needed("base_url", Address),
                    ]
                }
            }
            Self::VietQr => {
                const {
                    &[
                        needed("bank_bin", Text),
                        needed("account_number", Text),
                        needed("account_name", Text),
                    ]
                }
            }
            Self::Smtp => {
                const {
                    &[
                        needed("host", Text),
                        needed("port", Port),
                        optional("username", Text),
                        optional("password", Secret),
                        needed("tls", OneOf(&["required", "starttls", "none"])),
                        needed("from", Text),
                    ]
                }
            }
            Self::Sms => {
                const {
                    &[
                        needed("api_key", Secret),
                        needed("secret_key", Secret),
                        needed("brandname", Text),
                        optional("base_url", Address),
                    ]
                }
            }
            Self::Zns => {
                const {
                    &[
                        needed("app_id", Text),
                        needed("secret_key", Secret),
                        needed("refresh_token", Secret),
                        needed("oa_secret", Secret),
                        needed("templates", Texts),
                        optional("base_url", Address),
                        optional("oauth_url", Address),
                    ]
                }
            }
            Self::HiFpt => {
                const {
                    &[
                        needed("base_url", Address),
                        needed("client_id", Text),
                        needed("secret", Secret),
                    ]
                }
            }
            Self::BackOffice => {
                const {
                    &[
                        needed("base_url", Address),
                        optional("client_id", Text),
                        optional("secret", Secret),
                    ]
                }
            }
        }
    }

    /// What a member can be chosen from; empty where anything can stand there.
    pub fn choices(self, name: &str) -> &'static [&'static str] {
        let member = self.members().iter().find(|m| m.name == name);
        match member.map(|m| m.holds) {
            Some(Holds::OneOf(words)) => words,
            _ => &[],
        }
    }

    /// Its members for a form: name, whether it is secret, whether it must not be missing.
    pub fn fields(self) -> impl Iterator<Item = (&'static str, bool, bool)> {
        self.members()
            .iter()
            .map(|m| (m.name, m.holds == Holds::Secret, m.is_needed))
    }
}
