//! Messages to customers: by whom they are carried, and what carriers say became of them.
//!
//! Lives here: the carriers of payees ([`Carriers`]), sending one message ([`send`]), Zalo's tokens
//! (`tokens`), reports of delivery (`reports`). Never here: when a message is tried again, what it says.
//!
//! *Invariant: Zalo's token to renew with works once: one server renews at a time, and what comes is kept
//! before it is used.*

mod reports;
mod tokens;

pub use reports::router;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::AppState;
use super::channels::OpenChannel;
use crate::domain::letter::{LetterChannel, LetterFault};
use crate::providers::backoffice::BackOffice;
use crate::providers::message::esms::Esms;
use crate::providers::message::hifpt::HiFpt;
use crate::providers::message::zalo::{TemplateParams, Zalo, ZaloFault, listed};
use crate::providers::message::{Message, MessageTaken};
use crate::providers::{Channel, ProviderFault, SettingsFault};
use crate::store::letters::ClaimedLetter;

/// The name of the template that receipts are told by.
const RECEIPT: &str = "receipt";

/// One carrier, with its connections.
#[derive(Clone)]
pub(super) enum MessageCarrier {
    Esms(Arc<Esms>),
    Zalo(Arc<Zalo>),
    HiFpt(Arc<HiFpt>),
    BackOffice(Arc<BackOffice>),
}

/// A carrier, and the version of the settings that it was made of.
type Made = (i64, MessageCarrier);

/// The carriers that were used.
#[derive(Default)]
pub(super) struct Carriers {
    made: Mutex<HashMap<(i64, Channel), Made>>,
    /// What Zalo's templates list, by their ids, with the carrier's version.
    params: Mutex<HashMap<(i64, String), Option<TemplateParams>>>,
    /// One renews at a time in this process; over all servers see to it a lease.
    renewing: tokio::sync::Mutex<()>,
}

impl Carriers {
    pub(super) fn of(&self, open: &OpenChannel) -> Result<MessageCarrier, SettingsFault> {
        let key = (open.payee, open.settings.channel());
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((version, carrier)) = made.get(&key)
            && *version == open.version
        {
            return Ok(carrier.clone());
        }
        let settings = open.settings.clone().complete()?;
        let carrier = match settings.channel() {
            Channel::Sms => MessageCarrier::Esms(Arc::new(Esms::new(&settings)?)),
            Channel::Zns => MessageCarrier::Zalo(Arc::new(Zalo::new(&settings)?)),
            Channel::HiFpt => MessageCarrier::HiFpt(Arc::new(HiFpt::new(&settings)?)),
            Channel::BackOffice => {
                MessageCarrier::BackOffice(Arc::new(BackOffice::new(&settings)?))
            }
            _ => {
                return Err(SettingsFault::Bad {
                    name: "channel",
                    why: "không gửi tin được bằng kênh này (carries no messages)",
                });
            }
        };
        made.insert(key, (open.version, carrier.clone()));
        Ok(carrier)
    }
}

/// The settings that a payee's messages go by, with the carrier made of them.
pub(super) async fn carrier(
    app: &AppState,
    payee: i64,
    channel: Channel,
) -> Result<(OpenChannel, MessageCarrier), LetterFault> {
    let later = |why: String| LetterFault::Temporary(why);
    let channels = app.channels().await.map_err(|e| later(e.to_string()))?;
    let open = channels
        .used(payee, channel)
        .map_err(|fault| later(fault.to_string()))?
        .ok_or_else(|| {
            later(format!(
                "Chưa đặt kênh {}: mở Cổng thanh toán.",
                channel.label()
            ))
        })?;
    let made = app.carriers().of(open);
    let made = made.map_err(|fault| later(fault.to_string()))?;
    Ok((open.clone(), made))
}

/// A payee's company's own system.
pub(super) async fn company(app: &AppState, payee: i64) -> Result<Arc<BackOffice>, LetterFault> {
    match carrier(app, payee, Channel::BackOffice).await? {
        (_, MessageCarrier::BackOffice(company)) => Ok(company),
        _ => Err(LetterFault::Temporary(String::new())),
    }
}

/// Sends one message by its carrier, once.
pub(super) async fn send(app: &AppState, letter: &ClaimedLetter) -> Result<(), LetterFault> {
    let channel = match letter.channel {
        LetterChannel::Sms => Channel::Sms,
        LetterChannel::Zns => Channel::Zns,
        LetterChannel::HiFpt => Channel::HiFpt,
        LetterChannel::Care => Channel::BackOffice,
        LetterChannel::Email => Channel::Smtp,
    };
    let (open, carrier) = carrier(app, letter.payee, channel).await?;
    let message = Message {
        id: &letter.message_id,
        phone: &letter.recipient,
        title: &letter.subject,
        text: &letter.text,
    };
    let taken = match carrier {
        MessageCarrier::Esms(esms) => {
            let report = format!("{}/webhook/esms/{}", app.public_url(), esms.report_token());
            esms.send(&message, &report).await?
        }
        MessageCarrier::HiFpt(hifpt) => hifpt.send(&message, &app.public_url()).await?,
        MessageCarrier::Zalo(zalo) => by_zalo(app, &open, &zalo, letter, &message).await?,
        MessageCarrier::BackOffice(company) => return told(&company, letter).await,
    };
    if !taken.id.is_empty()
        && let Err(error) = app.store().letters().carried(letter.id, &taken.id).await
    {
        // It went; only a report of it will find nothing.
        tracing::warn!(%error, letter = letter.id, "a carrier's number could not be kept");
    }
    Ok(())
}

/// A company's own system is told of a visit or a receipt.
async fn told(company: &BackOffice, letter: &ClaimedLetter) -> Result<(), LetterFault> {
    let what = serde_json::from_str(&letter.text)
        .map_err(|error| LetterFault::Permanent(error.to_string()))?;
    match company.care(&letter.message_id, &what).await {
        Ok(()) => Ok(()),
        Err(fault @ ProviderFault::Refused { .. }) => {
            Err(LetterFault::Permanent(fault.to_string()))
        }
        Err(fault) => Err(LetterFault::Temporary(fault.to_string())),
    }
}

/// By Zalo: filled with what its template lists, under a token that is renewed where it is not good any
/// more, once.
async fn by_zalo(
    app: &AppState,
    open: &OpenChannel,
    zalo: &Zalo,
    letter: &ClaimedLetter,
    message: &Message<'_>,
) -> Result<MessageTaken, LetterFault> {
    let data = letter
        .data
        .as_ref()
        .ok_or_else(|| LetterFault::Permanent("Tin Zalo không có dữ liệu mẫu.".to_owned()))?;
    let name = letter.kind.strip_prefix("desk_").unwrap_or(RECEIPT);
    let template = zalo.template(name).ok_or_else(|| {
        LetterFault::Undeliverable(format!("Chưa đặt mẫu Zalo {name:?} (templates)."))
    })?;
    let mut access = tokens::access(app, open, zalo, None).await?;
    for is_last in [false, true] {
        let params = params(app, open, zalo, template, &access).await;
        let filled = listed(&data.filled, params.as_ref());
        match zalo.send(message, template, &filled, &access).await {
            Ok(taken) => return Ok(taken),
            Err(ZaloFault::Letter(fault)) => return Err(fault),
            Err(ZaloFault::Token) if is_last => break,
            Err(ZaloFault::Token) => {
                access = tokens::access(app, open, zalo, Some(&access)).await?;
            }
        }
    }
    Err(LetterFault::Temporary(
        "Zalo không nhận mã vừa cấp.".to_owned(),
    ))
}

/// What a template lists, asked once for these settings.
async fn params(
    app: &AppState,
    open: &OpenChannel,
    zalo: &Zalo,
    template: &str,
    access: &secrecy::SecretString,
) -> Option<TemplateParams> {
    let key = (open.version, format!("{}|{template}", open.payee));
    let known = |carriers: &Carriers| {
        let params = carriers.params.lock();
        params
            .unwrap_or_else(PoisonError::into_inner)
            .get(&key)
            .cloned()
    };
    if let Some(params) = known(app.carriers()) {
        return params;
    }
    let learned = zalo.params(template, access).await;
    if learned.is_some() {
        let mut params = app
            .carriers()
            .params
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        params.insert(key, learned.clone());
    }
    learned
}
