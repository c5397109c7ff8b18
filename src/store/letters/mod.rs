//! Letters: written in the transaction of what they tell of, sent afterwards, at least once.
//!
//! Lives here: writing ([`write()`]), handing out for sending and what became of it (`send`), what a shop
//! says in its own words (`templates`). Never here: SMTP, when something is told.
//!
//! *Invariants: the same message id is one letter, whoever writes it; a letter is handed to one sender at a time, for
//! [`LEASE_MS`]; every attempt leaves a row.*

mod carried;
mod send;
mod templates;

pub use carried::{Delivery, KeptTokens};
pub use send::{ClaimedLetter, LetterEnded};
pub use templates::KeptTemplate;
pub(in crate::store) use templates::compose;

use serde::{Deserialize, Serialize};

use crate::domain::letter::{LetterChannel, LetterKind};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::search_text;
use crate::store::base::{
    Conn, SqlRow, Store, Tx, all, execute, insert_once, int, int_or_none, one, text, text_or_none,
    transaction, values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::letters::LETTER;

/// Who was handed a letter has so long to say what became of it, in milliseconds.
pub const LEASE_MS: i64 = 45_000;

/// A letter that is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewLetter {
    /// The same letter has the same one ([`crate::domain::letter::message_id`]).
    pub message_id: String,
    /// The way that it goes.
    pub channel: LetterChannel,
    /// Whose settings it is sent with.
    pub payee: i64,
    /// The payment that it tells of.
    pub payment: Option<i64>,
    /// What it tells.
    pub kind: LetterKind,
    /// An address, or a phone number.
    pub recipient: String,
    /// One line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as a page.
    pub html: Option<String>,
    /// For a template of a messenger.
    pub data: Option<LetterData>,
}

/// What a messenger's template is filled with, and what follows where it cannot be delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterData {
    /// Names and texts.
    pub filled: serde_json::Map<String, serde_json::Value>,
    /// Is an SMS sent where this way cannot deliver?
    pub or_by_sms: bool,
    /// The payment at the door that it tells of.
    pub desk_payment: i64,
}

/// A letter as people look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "each is as in the new letter, or says itself what it is"
)]
pub struct LetterView {
    pub id: i64,
    pub message_id: String,
    pub channel: String,
    pub payee: i64,
    pub payment: Option<i64>,
    pub kind: String,
    pub recipient: String,
    pub subject: String,
    pub text: String,
    /// `waiting`, `sent` or `given_up`.
    pub state: String,
    /// Attempts since it was written, or since somebody had it sent again.
    pub tries: i64,
    /// When it is tried next, in milliseconds since 1970.
    pub next_at: i64,
    pub sent_at: Option<i64>,
    pub why: Option<String>,
    pub created_at: i64,
}

/// An attempt to send a letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterTry {
    /// `sent`, `failed` or `given_up`; `again`: somebody had it sent again.
    pub result: String,
    /// What was in the way.
    pub why: Option<String>,
    /// When, in milliseconds since 1970.
    pub at: i64,
}

/// Letters ([`Store::letters`]).
pub struct Letters<'s> {
    pub(super) store: &'s Store,
}

impl Store {
    /// Letters and messages to customers.
    pub const fn letters(&self) -> Letters<'_> {
        Letters { store: self }
    }
}

const VIEW: &str = "SELECT id, message_id, channel, owner_id, payment_id, kind, recipient, subject, text, state, tries, next_at, sent_at, why, \
                    created_at FROM letter";

impl Letters<'_> {
    /// Writes one by itself. `false`: it was written before.
    pub async fn write(&self, new: &NewLetter) -> Result<bool, StoreError> {
        transaction!(self.store, |tx| write(&tx, new))
    }

    /// One of them.
    pub async fn find(&self, id: i64) -> Result<Option<LetterView>, StoreError> {
        let row = one(self.store, &format!("{VIEW} WHERE id = ?"), values![id]).await?;
        row.as_ref().map(view).transpose()
    }

    /// Those that tell of a payment, in the order in which they were written.
    pub async fn of_payment(&self, payment: i64) -> Result<Vec<LetterView>, StoreError> {
        let sql = format!("{VIEW} WHERE payment_id = ? ORDER BY id LIMIT 100");
        let rows = all(self.store, &sql, values![payment]).await?;
        rows.iter().map(view).collect()
    }

    /// The attempts to send it, the newest first.
    pub async fn tries(&self, id: i64) -> Result<Vec<LetterTry>, StoreError> {
        let sql =
            "SELECT result, why, at FROM letter_try WHERE letter_id = ? ORDER BY id DESC LIMIT 100";
        let rows = all(self.store, sql, values![id]).await?;
        let read = |row: &SqlRow| {
            Ok(LetterTry {
                result: text(row, 0)?,
                why: text_or_none(row, 1)?,
                at: int(row, 2)?,
            })
        };
        rows.iter().map(read).collect()
    }

    /// A letter that was given up waits to be sent again, with all its tries before it.
    pub async fn again(&self, id: i64, actor: &Actor) -> Result<(), StoreError> {
        transaction!(self.store, |tx| again(&tx, id, actor))
    }

    /// How many wait and how many were given up, by channel, for the numbers. What was sent is not counted:
    /// it only grows.
    pub async fn counts(&self) -> Result<Vec<(String, String, i64)>, StoreError> {
        let sql = "SELECT channel, state, COUNT(*) FROM letter WHERE state IN ('waiting', 'given_up') GROUP BY channel, state";
        let rows = all(self.store, sql, vec![]).await?;
        rows.iter()
            .map(|row| Ok((text(row, 0)?, text(row, 1)?, int(row, 2)?)))
            .collect()
    }
}

/// Writes a letter, in the transaction of what it tells of. `false`: it was written before, and stays as
/// it is.
pub(in crate::store) async fn write(tx: &Tx, new: &NewLetter) -> Result<bool, StoreError> {
    let into = "INTO letter (message_id, channel, owner_id, payment_id, kind, recipient, subject, text, html, data, state, next_at, created_at, search_text) \
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'waiting', ?, ?, ?)";
    let cut = |text: &str| text.chars().take(255).collect::<String>();
    let data = new
        .data
        .as_ref()
        .map(|data| serde_json::json!(data).to_string());
    let (now, recipient, subject) = (tx.now_ms(), cut(&new.recipient), cut(&new.subject));
    let search = search_text([Some(recipient.as_str()), Some(subject.as_str())]);
    let given = values![
        new.message_id.chars().take(128).collect::<String>(),
        new.channel.wire(),
        new.payee,
        new.payment,
        new.kind.wire(),
        recipient,
        subject,
        new.text.clone(),
        new.html.clone(),
        data,
        now,
        now,
        search
    ];
    insert_once(tx, into, given).await
}

async fn again(tx: &Tx, id: i64, actor: &Actor) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let sql = "UPDATE letter SET state = 'waiting', tries = 0, next_at = ? WHERE id = ? AND state = 'given_up'";
    if execute(tx, sql, values![now, id]).await? == 0 {
        return Err(StoreError::NoRow);
    }
    let sql = "INSERT INTO letter_try (letter_id, result, at) VALUES (?, 'again', ?)";
    execute(tx, sql, values![id, now]).await?;
    let state = |state: &str| serde_json::json!({ "state": state });
    let entry = Entry::of(AuditAction::LetterAgain)
        .row(&LETTER, id)
        .before(state("given_up"))
        .after(state("waiting"));
    audit::write(tx, actor, entry).await
}

fn view(row: &SqlRow) -> Result<LetterView, StoreError> {
    Ok(LetterView {
        id: int(row, 0)?,
        message_id: text(row, 1)?,
        channel: text(row, 2)?,
        payee: int(row, 3)?,
        payment: int_or_none(row, 4)?,
        kind: text(row, 5)?,
        recipient: text(row, 6)?,
        subject: text(row, 7)?,
        text: text(row, 8)?,
        state: text(row, 9)?,
        tries: int(row, 10)?,
        next_at: int(row, 11)?,
        sent_at: int_or_none(row, 12)?,
        why: text_or_none(row, 13)?,
        created_at: int(row, 14)?,
    })
}
