//! A transfer to the shop's own account: a QR that any bank's program reads. Nobody can be asked about
//! it; the shop's statement tells.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use super::{
    Link, Order, OrderRef, PayTo, PaymentProvider, ProviderFault, Settings, SettingsFault, Told,
    ToldStanding,
};
use crate::domain::payment::{End, Provider};
use crate::domain::vietqr::{NOTE_MAX, VietQr, bank_name, note};

/// What its log and people call it.
const NAME: &str = "VietQR";

/// The shop's account.
pub struct OwnAccount {
    bank_bin: String,
    number: String,
    name: String,
}

impl OwnAccount {
    /// As it is set. An account that no QR can be made of is refused here, not before a customer.
    pub fn new(settings: &Settings) -> Result<Self, SettingsFault> {
        let text = |name| settings.text(name).unwrap_or_default().to_owned();
        let account = Self {
            bank_bin: text("bank_bin"),
            number: text("account_number"),
            name: text("account_name"),
        };
        let qr = VietQr {
            bank_bin: &account.bank_bin,
            account: &account.number,
            ..VietQr::default()
        };
        qr.payload().map_err(|_| SettingsFault::Bad {
            name: "account_number",
            why: "cần mã ngân hàng 6 số và số tài khoản tối đa 19 chữ số (bank number or account is wrong)",
        })?;
        Ok(account)
    }

    fn link(&self, order: &Order) -> Result<Link, ProviderFault> {
        // The code stands first: banks cut what follows.
        let note = note(
            &format!("{} {}", order.payment_code, order.description),
            NOTE_MAX,
        );
        let qr = VietQr {
            bank_bin: &self.bank_bin,
            account: &self.number,
            amount: Some(order.amount),
            purpose: &note,
            ..VietQr::default()
        };
        let qr_text = qr.payload().map_err(|fault| ProviderFault::Refused {
            provider: NAME,
            code: "qr".to_owned(),
            text: fault.to_string(),
            why: super::ProviderRefusal::Other,
        })?;
        let account = PayTo {
            bank: bank_name(&self.bank_bin).unwrap_or_default().to_owned(),
            bin: self.bank_bin.clone(),
            number: self.number.clone(),
            name: self.name.clone(),
            note,
        };
        Ok(Link {
            qr_text: Some(qr_text),
            account: Some(account),
            ..Link::default()
        })
    }
}

const fn told(standing: ToldStanding) -> Told {
    Told {
        standing,
        amount: None,
        transfers: Vec::new(),
        link: Link {
            id: None,
            checkout_url: None,
            qr_text: None,
            account: None,
            otp: None,
        },
        raw: String::new(),
    }
}

impl PaymentProvider for OwnAccount {
    fn kind(&self) -> Provider {
        Provider::VietQr
    }

    fn open<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Link, ProviderFault>> {
        async { self.link(order) }.boxed()
    }

    fn ask<'a>(&'a self, _: &'a OrderRef) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        async { Ok(told(ToldStanding::Silent)) }.boxed()
    }

    fn cancel<'a>(
        &'a self,
        _: &'a OrderRef,
        _: &'a str,
    ) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        async { Ok(told(ToldStanding::Ended(End::Cancelled))) }.boxed()
    }

    fn check(&self) -> BoxFuture<'_, Result<(), ProviderFault>> {
        async { Ok(()) }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vietqr::decode;
    use crate::providers::{Channel, Payer};

    fn account(number: &str) -> Result<OwnAccount, SettingsFault> {
        let members = serde_json::json!({
            "bank_bin": "970436", "account_number": number, "account_name": "TIEM AN BINH"
        });
        OwnAccount::new(&Settings::read(Channel::VietQr, &members.to_string()).expect("settings"))
    }

    #[tokio::test]
    async fn the_qr_says_to_whom_how_much_and_which_payment() {
        let order = Order {
            order_code: 1,
            payment_code: "GN7K2M9QX".to_owned(),
            amount: 350_000,
            description: "Tiền phòng tháng 11".to_owned(),
            return_url: String::new(),
            cancel_url: String::new(),
            notify_url: String::new(),
            created_ms: 0,
            expires_ms: 0,
            payer_ip: [127, 0, 0, 1].into(),
            payer: Payer::default(),
            wallet_agent: None,
            wants_qr: true,
            is_english: false,
        };
        let link = account("0123456789")
            .expect("an account")
            .open(&order)
            .await
            .expect("a link");
        let read = decode(&link.qr_text.expect("a text")).expect("read");
        assert_eq!(
            (read.bank_bin.as_str(), read.account.as_str()),
            ("970436", "0123456789")
        );
        assert_eq!(
            (read.amount.as_str(), read.purpose.as_str()),
            ("350000", "GN7K2M9QX Tien phong than")
        );
        let account = link.account.expect("an account");
        assert_eq!(
            (account.bank.as_str(), account.note),
            ("Vietcombank", read.purpose)
        );
    }

    #[test]
    fn an_account_that_no_qr_can_be_made_of_is_refused() {
        assert!(account("0123 456").is_err());
        assert!(account(&"1".repeat(20)).is_err());
    }
}
