//! What a customer is told of a payment at the door: written in the transaction of the payment, sent
//! afterwards. The quota stops a message and never a payment.

use serde_json::{Map, Value, json};

use super::head::Head;
use super::pay::items_of;
use super::told::NO_PHONE;
use crate::domain::calendar::{day_of, minute_of, wire_time};
use crate::domain::desk::{
    MESSAGES_MAX, ReceiptTold, SMS_QUOTA, dialled, parts, receipt_text, settled_text,
};
use crate::domain::letter::{LetterChannel, LetterKind, message_id};
use crate::domain::money::grouped;
use crate::store::StoreError;
use crate::store::base::{Conn, Tx, execute, exists, insert_once, one, text_or_none, values};
use crate::store::letters::{self, LetterData, NewLetter};

/// The customer is told of the receipt, by the ways that were chosen.
pub(super) async fn tell_receipt(tx: &Tx, head: &Head) -> Result<(), StoreError> {
    if !head.tells_by_hifpt() && !head.notify_sms && !head.notify_zns {
        return Ok(());
    }
    let receipt = head.receipt.as_deref().unwrap_or_default();
    let told = ReceiptTold {
        contract: &head.contract,
        receipt,
        total: head.total,
        days: (head.days.as_ref()).map(|(from, to)| (from.as_str(), to.as_str())),
    };
    let message = Message {
        text: receipt_text(head.kind, &told),
        data: zns_data(tx, head, &told),
        kind: LetterKind::DeskReceipt,
        code: receipt.to_owned(),
    };
    message.tell(tx, head).await
}

/// The customer is told that an item is paid at the portal, by the ways that were chosen, where the shop
/// has it on.
pub(super) async fn tell_settled(
    tx: &Tx,
    head: &Head,
    item: (i64, &str, i64),
) -> Result<(), StoreError> {
    let (id, number, amount) = item;
    let message = Message {
        text: settled_text(&head.contract, number, amount),
        data: texts(json!({
            "customer_name": head.customer_name,
            "contract_number": head.contract,
            "receipt_number": head.receipt.as_deref().unwrap_or_default(),
            "amount": grouped(amount),
        })),
        kind: LetterKind::DeskSettled,
        code: format!("{}-{id}", head.receipt.as_deref().unwrap_or_default()),
    };
    message.tell(tx, head).await
}

/// What a template of Zalo's may be filled with, all as texts.
fn zns_data(tx: &Tx, head: &Head, told: &ReceiptTold<'_>) -> Map<String, Value> {
    let period = match told.days {
        Some((from, to)) => format!(
            "{} - {}",
            crate::domain::desk::message::written(from),
            crate::domain::desk::message::written(to)
        ),
        None => String::new(),
    };
    texts(json!({
        "customer_name": head.customer_name,
        "contract_number": head.contract,
        "receipt_number": told.receipt,
        "address": head.address,
        "period": period,
        "amount": grouped(told.total),
        "method": head.method.label(),
        "paid_at": minute_of(tx.now_ms()),
    }))
}

fn texts(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

/// One message, whichever way it goes.
struct Message {
    text: String,
    /// For a template: names and texts.
    data: Map<String, Value>,
    kind: LetterKind,
    code: String,
}

impl Message {
    async fn tell(&self, tx: &Tx, head: &Head) -> Result<(), StoreError> {
        if head.tells_by_hifpt() {
            self.by(tx, head, LetterChannel::HiFpt, false).await?;
        }
        // Both: by Zalo, and by SMS only where Zalo cannot deliver.
        if head.notify_zns {
            self.by(tx, head, LetterChannel::Zns, head.notify_sms)
                .await?;
        } else if head.notify_sms {
            self.by(tx, head, LetterChannel::Sms, false).await?;
        }
        Ok(())
    }

    async fn by(
        &self,
        tx: &Tx,
        head: &Head,
        channel: LetterChannel,
        has_fallback: bool,
    ) -> Result<(), StoreError> {
        let phone = dialled(&head.phone);
        let in_the_way = if phone.is_empty() {
            Some(NO_PHONE)
        } else if is_counted(channel) && !count(tx, &phone).await? {
            Some(SMS_QUOTA)
        } else {
            None
        };
        if in_the_way.is_none() {
            let letter = NewLetter {
                message_id: message_id(
                    channel,
                    self.kind,
                    &format!("{}-{}", head.owner_id, self.code),
                ),
                channel,
                payee: head.owner_id,
                payment: None,
                kind: self.kind,
                recipient: phone,
                subject: format!("{} {}", self.kind.label(), head.contract),
                text: self.text.clone(),
                html: None,
                data: (channel == LetterChannel::Zns).then(|| LetterData {
                    filled: self.data.clone(),
                    or_by_sms: has_fallback,
                    desk_payment: head.id,
                }),
            };
            letters::write(tx, &letter).await?;
        }
        keep(
            tx,
            head.id,
            channel,
            in_the_way.map(|(code, _)| code),
            &self.text,
        )
        .await
    }
}

/// Does a message by this way count towards a number's month?
const fn is_counted(channel: LetterChannel) -> bool {
    matches!(channel, LetterChannel::Sms | LetterChannel::Zns)
}

/// One more message to this number in this month. `false`: there were as many as may be.
async fn count(tx: &Tx, phone: &str) -> Result<bool, StoreError> {
    let month: String = day_of(tx.now_ms()).chars().take(7).collect();
    let sql =
        "UPDATE message_count SET count = count + 1 WHERE phone = ? AND month = ? AND count < ?";
    let given = || values![phone, month.as_str(), MESSAGES_MAX];
    if execute(tx, sql, given()).await? > 0 {
        return Ok(true);
    }
    let into = "INTO message_count (phone, month, count) VALUES (?, ?, 0)";
    let is_first = insert_once(tx, into, values![phone, month.as_str()]).await?;
    Ok(is_first && execute(tx, sql, given()).await? > 0)
}

async fn keep(
    tx: &Tx,
    desk_payment: i64,
    channel: LetterChannel,
    code: Option<&str>,
    text: &str,
) -> Result<(), StoreError> {
    let sql = "INSERT INTO desk_notice (desk_payment_id, channel, state, code, text, parts, at) VALUES (?, ?, ?, ?, ?, ?, ?)";
    let state = if code.is_none() { "queued" } else { "blocked" };
    let parts = i64::try_from(parts(text)).unwrap_or(1);
    let given = values![
        desk_payment,
        channel.wire(),
        state,
        code,
        text,
        parts,
        tx.now_ms()
    ];
    execute(tx, sql, given).await.map(|_| ())
}

/// A message by Zalo could not be delivered: the SMS that was wanted for that case. Counted like any.
pub(in crate::store) async fn instead_of_zns(
    tx: &Tx,
    (payee, kind, recipient): (i64, LetterKind, &str),
    (subject, said): (&str, &str),
    desk_payment: i64,
    id: &str,
) -> Result<(), StoreError> {
    let code = if count(tx, recipient).await? {
        let letter = NewLetter {
            message_id: id.replace(".zns@", ".sms@"),
            channel: LetterChannel::Sms,
            payee,
            payment: None,
            kind,
            recipient: recipient.to_owned(),
            subject: subject.to_owned(),
            text: said.to_owned(),
            html: None,
            data: None,
        };
        letters::write(tx, &letter).await?;
        None
    } else {
        Some(SMS_QUOTA.0)
    };
    keep(tx, desk_payment, LetterChannel::Sms, code, said).await
}

/// A company's own system is told of the receipt, where there is one.
pub(super) async fn tell_company(tx: &Tx, head: &Head) -> Result<(), StoreError> {
    if !head.has_company {
        return Ok(());
    }
    let items = items_of(tx, head.id).await?;
    let listed: Vec<_> = items
        .iter()
        .map(|i| json!({ "kind": i.kind.wire(), "number": i.number, "amount": i.amount }))
        .collect();
    let body = json!({
        "kind": "receipt",
        "contract": head.contract,
        "receipt": head.receipt,
        "total": head.total,
        "method": head.method.wire(),
        "collector": login_of(tx, head.collector_id).await?,
        "at": wire_time(tx.now_ms()),
        "items": listed,
    });
    let code = format!(
        "{}-{}",
        head.owner_id,
        head.receipt.as_deref().unwrap_or_default()
    );
    care(tx, head.owner_id, &code, &body).await
}

async fn login_of(tx: &Tx, user: i64) -> Result<Option<String>, StoreError> {
    let sql = "SELECT username FROM users WHERE id = ?";
    match one(tx, sql, values![user]).await? {
        Some(row) => text_or_none(&row, 0),
        None => Ok(None),
    }
}

/// Has this payee a system of its own that wants to know?
pub(super) async fn has_company(tx: &Tx, owner: i64) -> Result<bool, StoreError> {
    let sql =
        "SELECT 1 FROM payment_config WHERE owner_id = ? AND provider = 'backoffice' AND is_on = 1";
    exists(tx, sql, values![owner]).await
}

/// Something that a company's own system is told.
pub(super) async fn care(tx: &Tx, owner: i64, code: &str, body: &Value) -> Result<(), StoreError> {
    let channel = LetterChannel::Care;
    let letter = NewLetter {
        message_id: message_id(channel, LetterKind::Care, code),
        channel,
        payee: owner,
        payment: None,
        kind: LetterKind::Care,
        recipient: "backoffice".to_owned(),
        subject: code.to_owned(),
        text: body.to_string(),
        html: None,
        data: None,
    };
    letters::write(tx, &letter).await.map(|_| ())
}
