//! The six services as data. A seventh is one more entry in [`Service::ALL`], its [`Spec`], and one
//! page object.

use std::fmt;
use std::str::FromStr;

use super::money::Vnd;
use super::payment_type::PaymentType;
use super::text::plain;

/// Which kind of account a service asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccountKind {
    /// An Internet or TV subscriber (`Số thuê bao`).
    Subscriber,
    /// An electricity customer (`Mã khách hàng`, `PE…`).
    Bill,
    /// A mobile number.
    Phone,
}

/// What an operator can have done for a list of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// `tra_cuu_ftth`
    LookUpFtth,
    /// `gach_dien_evn`
    PayEvn,
    /// `nap_tien_da_mang`
    TopUpMulti,
    /// `nap_tien_viettel`
    TopUpViettel,
    /// `thanh_toan_tv_internet`
    PayTvInternet,
    /// `tra_cuu_no_tra_sau`
    LookUpPostpaid,
}

/// Does a service move money?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// It only reads.
    LookUp,
    /// It ends in a payment.
    Payment,
}

/// What a top-up's amount may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amounts {
    /// The service takes no amount; for a debt a given one is what the operator expects to be
    /// quoted.
    Quoted,
    /// One of the buttons on the page.
    OneOf(&'static [Vnd]),
    /// Typed freely, within these bounds and in whole steps.
    Free {
        /// The smallest amount.
        min: Vnd,
        /// The largest amount; above it a slip of the finger is likelier than a wish.
        max: Vnd,
        /// Every amount is a multiple of this.
        step: Vnd,
    },
}

/// All that is particular to a service and can be said without its page.
#[derive(Debug)]
pub struct Spec {
    /// The name in files, URLs and JSON.
    pub wire: &'static str,
    /// The name on the screen.
    pub title: &'static str,
    /// The name that the sample job API puts into `service`.
    pub api_name: &'static str,
    /// What the account is called on this service's form.
    pub account_label: &'static str,
    /// The folder of its reports below `ket_qua`.
    pub folder: &'static str,
    /// Look-up or payment.
    pub kind: Kind,
    /// What its accounts are.
    pub account: AccountKind,
    /// The key of its list in the job API's `data`.
    pub list_key: &'static str,
    /// What a top-up's amount may be.
    pub amounts: Amounts,
    /// Asked for by the form: the receiver's phone number.
    pub takes_receiver_phone: bool,
    /// Asked for by the form: prepaid or postpaid.
    pub takes_payment_type: bool,
}

const BUTTON_AMOUNTS: [Vnd; 8] = [
    Vnd::fixed(10_000),
    Vnd::fixed(20_000),
    Vnd::fixed(30_000),
    Vnd::fixed(50_000),
    Vnd::fixed(100_000),
    Vnd::fixed(200_000),
    Vnd::fixed(300_000),
    Vnd::fixed(500_000),
];

const FREE_AMOUNTS: Amounts = Amounts::Free {
    min: Vnd::fixed(1_000),
    max: Vnd::fixed(10_000_000),
    step: Vnd::fixed(1_000),
};

impl Service {
    /// In the order of the side bar.
    pub const ALL: [Self; 6] = [
        Self::LookUpFtth,
        Self::PayEvn,
        Self::TopUpMulti,
        Self::TopUpViettel,
        Self::PayTvInternet,
        Self::LookUpPostpaid,
    ];

    /// Its data.
    pub const fn spec(self) -> &'static Spec {
        match self {
            Self::LookUpFtth => &Spec {
                wire: "tra_cuu_ftth",
                title: "Tra cứu FTTH",
                api_name: "Tra cứu FTTH",
                account_label: "Số thuê bao",
                folder: "Tra cứu FTTH",
                kind: Kind::LookUp,
                account: AccountKind::Subscriber,
                list_key: "subscriber_codes",
                amounts: Amounts::Quoted,
                takes_receiver_phone: false,
                takes_payment_type: false,
            },
            Self::PayEvn => &Spec {
                wire: "gach_dien_evn",
                title: "Gạch điện EVN",
                api_name: "Gạch điện EVN",
                account_label: "Mã khách hàng",
                folder: "Thanh toán điện EVN",
                kind: Kind::Payment,
                account: AccountKind::Bill,
                list_key: "bill_codes",
                amounts: Amounts::Quoted,
                takes_receiver_phone: true,
                takes_payment_type: false,
            },
            Self::TopUpMulti => &Spec {
                wire: "nap_tien_da_mang",
                title: "Nạp tiền đa mạng",
                api_name: "Nạp tiền đa mạng",
                account_label: "Số điện thoại",
                folder: "Nạp tiền đa mạng",
                kind: Kind::Payment,
                account: AccountKind::Phone,
                list_key: "phone_numbers",
                amounts: Amounts::OneOf(&BUTTON_AMOUNTS),
                takes_receiver_phone: false,
                takes_payment_type: true,
            },
            Self::TopUpViettel => &Spec {
                wire: "nap_tien_viettel",
                title: "Nạp tiền Viettel",
                api_name: "Nạp tiền mạng Viettel",
                account_label: "Số điện thoại",
                folder: "Nạp tiền viettel",
                kind: Kind::Payment,
                account: AccountKind::Phone,
                list_key: "phone_numbers",
                amounts: FREE_AMOUNTS,
                takes_receiver_phone: false,
                takes_payment_type: false,
            },
            Self::PayTvInternet => &Spec {
                wire: "thanh_toan_tv_internet",
                title: "Thanh toán TV – Internet",
                api_name: "Thanh toán TV - Internet",
                account_label: "Mã thuê bao",
                folder: "Thanh toán TV-Internet",
                kind: Kind::Payment,
                account: AccountKind::Subscriber,
                list_key: "subscriber_codes",
                amounts: Amounts::Quoted,
                takes_receiver_phone: false,
                takes_payment_type: false,
            },
            Self::LookUpPostpaid => &Spec {
                wire: "tra_cuu_no_tra_sau",
                title: "Tra cứu nợ trả sau",
                api_name: "Tra cứu nợ thuê bao trả sau",
                account_label: "Số điện thoại",
                folder: "Tra cứu nợ trả sau",
                kind: Kind::LookUp,
                account: AccountKind::Phone,
                list_key: "phone_numbers",
                amounts: Amounts::Quoted,
                takes_receiver_phone: false,
                takes_payment_type: false,
            },
        }
    }

    /// The service that people or programs call so: by its wire name, or by its title in whichever letters.
    pub fn named(text: &str) -> Option<Self> {
        let text = plain(text);
        Self::ALL
            .into_iter()
            .find(|service| service.spec().wire == text || plain(service.spec().title) == text)
    }

    /// Does it end in a payment?
    pub fn is_payment(self) -> bool {
        self.spec().kind == Kind::Payment
    }

    /// Could a job of this service be a top-up of the given type?
    pub fn is_top_up(self, payment: Option<PaymentType>) -> bool {
        match self {
            Self::TopUpViettel => true,
            Self::TopUpMulti => payment == Some(PaymentType::Prepaid),
            Self::LookUpFtth | Self::PayEvn | Self::PayTvInternet | Self::LookUpPostpaid => false,
        }
    }
}

impl Amounts {
    /// Why the portal would not take this amount, if it would not.
    pub fn refuse(self, amount: Vnd) -> Option<String> {
        if amount.is_zero() {
            return Some("số tiền phải lớn hơn 0".to_owned());
        }
        match self {
            Self::Quoted => None,
            Self::OneOf(allowed) => (!allowed.contains(&amount)).then(|| {
                let list: Vec<String> = allowed.iter().map(ToString::to_string).collect();
                format!(
                    "không nạp được {amount}; chọn một trong {}",
                    list.join(", ")
                )
            }),
            Self::Free { min, max, .. } if amount < min || amount > max => {
                Some(format!("không nạp được {amount}; nhập từ {min} đến {max}"))
            }
            Self::Free { step, .. } => (amount.dong() % step.dong() != 0)
                .then(|| format!("không nạp được {amount}; nhập bội số của {step}")),
        }
    }
}

/// No service has this wire name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "không có dịch vụ {0:?}; các dịch vụ: tra_cuu_ftth, gach_dien_evn, nap_tien_da_mang, nap_tien_viettel, thanh_toan_tv_internet, tra_cuu_no_tra_sau"
)]
pub struct UnknownService(pub String);

impl FromStr for Service {
    type Err = UnknownService;

    fn from_str(wire: &str) -> Result<Self, UnknownService> {
        Self::ALL
            .into_iter()
            .find(|s| s.spec().wire == wire.trim())
            .ok_or_else(|| UnknownService(wire.to_owned()))
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.spec().wire)
    }
}

impl serde::Serialize for Service {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.spec().wire)
    }
}

impl<'de> serde::Deserialize<'de> for Service {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_service_is_found_by_its_wire_name() {
        for service in Service::ALL {
            assert_eq!(service.spec().wire.parse(), Ok(service));
        }
        assert!("nap_the_cao".parse::<Service>().is_err());
    }

    #[test]
    fn amounts_that_the_page_cannot_take_are_refused_before_it_is_opened() {
        let multi = Service::TopUpMulti.spec().amounts;
        assert_eq!(multi.refuse(Vnd::fixed(50_000)), None);
        assert!(
            multi
                .refuse(Vnd::fixed(60_000))
                .is_some_and(|why| why.contains("10.000 đ"))
        );
        let free = Service::TopUpViettel.spec().amounts;
        assert_eq!(free.refuse(Vnd::fixed(15_000)), None);
        for absurd in [0, 500, 15_500, 10_001_000, 4_000_000_000] {
            assert!(free.refuse(Vnd::fixed(absurd)).is_some(), "{absurd}");
        }
    }
}
