//! Payment providers: what they are asked and what they tell, as HTTP and signatures.
//!
//! Lives here: one file or folder a provider behind [`PaymentProvider`], the pace that is kept towards
//! them, the reading of what they send by themselves. Never here: SQL, what becomes of a payment
//! (`crate::domain::payment`), when they are asked.
//!
//! *Invariants: a call is made once, and what is not known of it is [`ProviderFault::Unknown`], never a
//! failure; an answer without a good signature is no answer where the provider signs; a secret never
//! stands in an error or in `Debug`.*

pub mod backoffice;
mod digest;
mod http;
pub mod message;
mod pace;
pub mod payos;
pub mod settings;
mod sign;
pub mod smtp;
pub mod strict;
mod told;
mod vietqr;
pub mod vnpay;
pub mod wallet;

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use secrecy::SecretString;

use crate::domain::payment::Provider;

pub use settings::{Channel, Settings, SettingsFault};
pub use told::{
    News, ProviderEvent, RefundDone, RefundTold, SeenTransfer, Told, ToldStanding, WebhookRefusal,
};

/// A payment as its provider is asked to open it.
#[derive(Debug, Clone)]
pub struct Order {
    /// The number by which the provider knows it, for ever.
    pub order_code: i64,
    /// The short code by which people know it: nine capital letters and digits.
    pub payment_code: String,
    /// Whole đồng.
    pub amount: i64,
    /// What it is for, in the shop's words.
    pub description: String,
    /// Where the customer comes back to.
    pub return_url: String,
    /// Where the customer comes back to after giving up.
    pub cancel_url: String,
    /// Where the provider tells us of money, where it wants to be told so with each order.
    pub notify_url: String,
    /// When it was written down, in milliseconds since 1970.
    pub created_ms: i64,
    /// Until when it can be paid.
    pub expires_ms: i64,
    /// From where the customer asks.
    pub payer_ip: IpAddr,
    /// Who pays.
    pub payer: Payer,
    /// Whose wallet it is taken from.
    pub wallet_agent: Option<String>,
    /// Is a QR to be shown by us, where the provider has the choice?
    pub wants_qr: bool,
    /// Does the customer read Vietnamese, or English?
    pub is_english: bool,
}

/// Who pays, as far as we know.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Payer {
    /// The person's name.
    pub name: String,
    /// Where letters go.
    pub email: String,
    /// Where messages go.
    pub phone: String,
}

/// A payment that its provider was asked to open before.
#[derive(Debug, Clone)]
pub struct OrderRef {
    /// The number by which the provider knows it.
    pub order_code: i64,
    /// The short code.
    pub payment_code: String,
    /// Whole đồng.
    pub amount: i64,
    /// When it was written down: some providers want to hear it again.
    pub created_ms: i64,
    /// What is asked now happens at this moment.
    pub now_ms: i64,
    /// The provider's own name for it, where it has told one.
    pub link_id: Option<String>,
    /// From where we ask.
    pub ip: IpAddr,
}

/// A payment that can be paid now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    /// The provider's own name for it.
    pub id: Option<String>,
    /// The provider's page.
    pub checkout_url: Option<String>,
    /// What stands in the QR: a text, not a picture.
    pub qr_text: Option<String>,
    /// The account that money goes to.
    pub account: Option<PayTo>,
    /// The one-time password that is waited for.
    pub otp: Option<OtpPrompt>,
}

/// An account with what a transfer to it has to say.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PayTo {
    /// The bank's short name, where its number is known.
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

/// A one-time password that was sent to somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtpPrompt {
    /// Its digits.
    pub length: u8,
    /// Until when it works, in milliseconds since 1970.
    pub expires_ms: i64,
    /// How often it may still be entered.
    pub attempts_left: i64,
    /// When another one may be asked for, in seconds.
    pub resend_after_s: i64,
    /// Where it was sent, with most of it hidden.
    pub sent_to: String,
}

/// A wallet as it is linked to somebody.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WalletLink {
    /// Is one?
    pub is_linked: bool,
    /// Its phone number, as far as it is shown: `******4567`.
    pub masked_phone: String,
}

/// Money that is to be paid back.
#[derive(Debug, Clone)]
pub struct RefundOrder {
    /// Of which payment.
    pub order: OrderRef,
    /// Which refund: the same id is the same refund.
    pub id: String,
    /// Whole đồng.
    pub amount: i64,
    /// Is it all of that transfer?
    pub is_whole: bool,
    /// The transfer that is paid back.
    pub reference: String,
    /// Who decided it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// Why a provider did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProviderFault {
    /// It said no, and it is known that nothing was done, unless `why` says otherwise.
    #[error("{provider} từ chối: {text} (mã {code})")]
    Refused {
        /// Which provider.
        provider: &'static str,
        /// Its code.
        code: String,
        /// Its words.
        text: String,
        /// What kind of no it is.
        why: ProviderRefusal,
    },
    /// Nobody knows whether it was done: no answer, a broken one, or one without a good signature.
    #[error("{provider} không trả lời rõ ràng. Chương trình sẽ tự hỏi lại. (No usable answer.)")]
    Unknown {
        /// Which provider.
        provider: &'static str,
        /// For the log.
        cause: String,
    },
    /// It wants to be left alone for a while.
    #[error("{provider} đang bận, thử lại sau {retry_after_s} giây. (Slow down.)")]
    Busy {
        /// Which provider.
        provider: &'static str,
        /// When to ask again.
        retry_after_s: u64,
    },
    /// This provider has no such thing.
    #[error("{provider} không có chức năng này. (Not offered by this provider.)")]
    NotOffered {
        /// Which provider.
        provider: &'static str,
    },
}

/// What kind of no it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProviderRefusal {
    /// The order number was used before: the order is there already.
    Repeated,
    /// Keys or channel are wrong: the shop has to mend its settings.
    Settings,
    /// The wallet is not linked.
    NotLinked,
    /// The one-time password is wrong; so many tries are left.
    OtpWrong {
        /// Tries that are left.
        attempts_left: i64,
    },
    /// The one-time password is too old.
    OtpExpired,
    /// Too many wrong ones: the payment is over.
    OtpLocked,
    /// Another one cannot be sent yet.
    OtpTooEarly {
        /// When it can, in seconds.
        retry_after_s: u64,
    },
    /// The money is not there, or a limit of the wallet is in the way: the payment is over.
    NoFunds,
    /// The provider knows no such payment.
    Absent,
    /// Its words to a refund say neither yes nor no.
    InDoubt,
    /// Anything else.
    Other,
}

/// A provider with a payee's keys. Each call is one question; whoever asks decides about another one.
pub trait PaymentProvider: Send + Sync {
    /// Which provider it is.
    fn kind(&self) -> Provider;

    /// Makes the payment payable there.
    fn open<'a>(&'a self, order: &'a Order) -> BoxFuture<'a, Result<Link, ProviderFault>>;

    /// How it stands there.
    fn ask<'a>(&'a self, order: &'a OrderRef) -> BoxFuture<'a, Result<Told, ProviderFault>>;

    /// Takes it back there. What it is then is what is told: money may have been first.
    fn cancel<'a>(
        &'a self,
        order: &'a OrderRef,
        reason: &'a str,
    ) -> BoxFuture<'a, Result<Told, ProviderFault>>;

    /// Pays back.
    fn refund<'a>(
        &'a self,
        _: &'a RefundOrder,
    ) -> BoxFuture<'a, Result<RefundDone, ProviderFault>> {
        not_offered(self.kind())
    }

    /// How paying back stands there, where its name may not be sent again.
    fn ask_refund<'a>(
        &'a self,
        _: &'a OrderRef,
    ) -> BoxFuture<'a, Result<RefundTold, ProviderFault>> {
        not_offered(self.kind())
    }

    /// Enters the one-time password.
    fn enter_otp<'a>(
        &'a self,
        _: &'a OrderRef,
        _: &'a SecretString,
    ) -> BoxFuture<'a, Result<Told, ProviderFault>> {
        not_offered(self.kind())
    }

    /// Sends another one-time password.
    fn resend_otp<'a>(
        &'a self,
        _: &'a OrderRef,
    ) -> BoxFuture<'a, Result<OtpPrompt, ProviderFault>> {
        not_offered(self.kind())
    }

    /// The wallet that is linked to somebody, by their name there.
    fn wallet_link<'a>(
        &'a self,
        _agent: &'a str,
    ) -> BoxFuture<'a, Result<WalletLink, ProviderFault>> {
        not_offered(self.kind())
    }

    /// Is it there, and does it know our keys? Moves nothing.
    fn check(&self) -> BoxFuture<'_, Result<(), ProviderFault>>;

    /// Tells it where to send its news.
    fn register_webhook<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<(), ProviderFault>> {
        not_offered(self.kind())
    }
}

/// What a provider that has no such thing answers.
fn not_offered<'a, T: Send + 'a>(kind: Provider) -> BoxFuture<'a, Result<T, ProviderFault>> {
    let provider = kind.label();
    std::future::ready(Err(ProviderFault::NotOffered { provider })).boxed()
}

/// The provider that these settings are of. It holds connections: it is made once for its settings, and
/// kept until they change.
pub fn make(settings: &Settings) -> Result<Arc<dyn PaymentProvider>, SettingsFault> {
    let settings = settings.clone().complete()?;
    Ok(match settings.channel().provider() {
        Some(Provider::PayOs) => Arc::new(payos::PayOs::new(&settings)?),
        Some(Provider::VnPay) => Arc::new(vnpay::VnPay::new(&settings)?),
        Some(Provider::Wallet) => Arc::new(wallet::Wallet::new(&settings)?),
        Some(Provider::VietQr) => Arc::new(vietqr::OwnAccount::new(&settings)?),
        Some(Provider::Cash) | None => {
            return Err(SettingsFault::Bad {
                name: "channel",
                why: "không phải kênh thanh toán (no payments go by it)",
            });
        }
    })
}
