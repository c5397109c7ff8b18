//! Handing letters out for sending, and what became of them.

use super::{LEASE_MS, LetterData, Letters};
use crate::domain::letter::{AfterFailure, LetterChannel, LetterFault, LetterKind};
use crate::store::StoreError;
use crate::store::base::{
    Conn, SqlRow, SqlValue, Tx, all, execute, exists, int, marks, one, text, text_or_none,
    transaction, values,
};
use crate::store::desk;

/// A letter that somebody was handed to send it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedLetter {
    /// Its number.
    pub id: i64,
    /// Which attempt this is, from 1: an answer that comes too late has an old one.
    pub tries: i64,
    /// The same on every attempt.
    pub message_id: String,
    /// The way that it goes.
    pub channel: LetterChannel,
    /// Whose settings it is sent with.
    pub payee: i64,
    /// `payment_paid`, …
    pub kind: String,
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

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LetterEnded {
    /// Which letter.
    pub id: i64,
    /// Which attempt.
    pub tries: i64,
    /// Sent, or why not.
    pub result: Result<(), LetterFault>,
}

impl Letters<'_> {
    /// Takes letters whose time has come, by one of these ways, the oldest first. Nobody else is handed
    /// them for [`LEASE_MS`]; who dies with them is followed by another sender.
    pub async fn claim(
        &self,
        channels: &[LetterChannel],
        limit: u32,
    ) -> Result<Vec<ClaimedLetter>, StoreError> {
        // Asked often and mostly in vain: that takes nobody's right to write.
        let waits = "SELECT 1 FROM letter WHERE state = 'waiting' AND next_at <= ? LIMIT 1";
        if !exists(self.store, waits, values![self.store.now_ms()]).await? {
            return Ok(Vec::new());
        }
        transaction!(self.store, |tx| claim(&tx, channels, limit))
    }

    /// Keeps what became of attempts, in one transaction. A letter that went counts as sent whoever has it
    /// by now; a failure counts only from the attempt that is on.
    pub async fn ended(&self, ended: &[LetterEnded]) -> Result<(), StoreError> {
        transaction!(self.store, |tx| all_ended(&tx, ended))
    }

    /// One that went.
    pub async fn sent(&self, letter: &ClaimedLetter) -> Result<(), StoreError> {
        self.ended(&[letter.ended(Ok(()))]).await
    }

    /// One that did not: it rests, or is given up.
    pub async fn failed(
        &self,
        letter: &ClaimedLetter,
        fault: LetterFault,
    ) -> Result<(), StoreError> {
        self.ended(&[letter.ended(Err(fault))]).await
    }
}

impl ClaimedLetter {
    /// What became of this attempt.
    pub const fn ended(&self, result: Result<(), LetterFault>) -> LetterEnded {
        LetterEnded {
            id: self.id,
            tries: self.tries,
            result,
        }
    }
}

async fn claim(
    tx: &Tx,
    channels: &[LetterChannel],
    limit: u32,
) -> Result<Vec<ClaimedLetter>, StoreError> {
    let now = tx.now_ms();
    let sql = format!(
        "SELECT id, tries, message_id, channel, owner_id, kind, recipient, subject, text, html, data FROM letter \
         WHERE state = 'waiting' AND next_at <= ? AND channel IN ({}) ORDER BY next_at LIMIT {limit}{}",
        marks(channels.len()),
        tx.claimed()
    );
    let mut given = values![now];
    given.extend(channels.iter().map(|c| SqlValue::from(c.wire())));
    let letters = all(tx, &sql, given)
        .await?
        .iter()
        .map(claimed)
        .collect::<Result<Vec<_>, _>>()?;
    if !letters.is_empty() {
        let sql = format!(
            "UPDATE letter SET next_at = ?, tries = tries + 1 WHERE id IN ({})",
            marks(letters.len())
        );
        let mut given = values![now + LEASE_MS];
        given.extend(letters.iter().map(|letter| SqlValue::from(letter.id)));
        execute(tx, &sql, given).await?;
    }
    Ok(letters)
}

fn claimed(row: &SqlRow) -> Result<ClaimedLetter, StoreError> {
    let channel = text(row, 3)?;
    Ok(ClaimedLetter {
        id: int(row, 0)?,
        tries: int(row, 1)? + 1,
        message_id: text(row, 2)?,
        channel: LetterChannel::of(&channel).ok_or(StoreError::Damaged(channel))?,
        payee: int(row, 4)?,
        kind: text(row, 5)?,
        recipient: text(row, 6)?,
        subject: text(row, 7)?,
        text: text(row, 8)?,
        html: text_or_none(row, 9)?,
        data: data_of(text_or_none(row, 10)?)?,
    })
}

fn data_of(text: Option<String>) -> Result<Option<LetterData>, StoreError> {
    let read = |text: String| {
        serde_json::from_str(&text).map_err(|_| StoreError::Damaged("letter.data".to_owned()))
    };
    text.map(read).transpose()
}

async fn all_ended(tx: &Tx, ended: &[LetterEnded]) -> Result<(), StoreError> {
    let went: Vec<i64> = ended
        .iter()
        .filter(|one| one.result.is_ok())
        .map(|one| one.id)
        .collect();
    for ids in went.chunks(200) {
        all_sent(tx, ids).await?;
    }
    for one in ended {
        if let Err(fault) = &one.result {
            one_failed(tx, one, fault).await?;
        }
    }
    Ok(())
}

async fn all_sent(tx: &Tx, ids: &[i64]) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let sql = format!(
        "UPDATE letter SET state = 'sent', sent_at = COALESCE(sent_at, ?), why = NULL WHERE id IN ({})",
        marks(ids.len())
    );
    let mut given = values![now];
    given.extend(ids.iter().map(|id| SqlValue::from(*id)));
    execute(tx, &sql, given).await?;
    let sql = format!(
        "INSERT INTO letter_try (letter_id, result, at) VALUES {}",
        vec!["(?, 'sent', ?)"; ids.len()].join(", ")
    );
    let given = ids.iter().flat_map(|id| values![*id, now]).collect();
    execute(tx, &sql, given).await.map(|_| ())
}

async fn one_failed(tx: &Tx, one: &LetterEnded, fault: &LetterFault) -> Result<(), StoreError> {
    let now = tx.now_ms();
    let why: String = fault.to_string().chars().take(255).collect();
    let goes_another_way = fault.wants_another_way() && goes_by_sms(tx, one.id).await?;
    let after = if goes_another_way {
        AfterFailure::GiveUp
    } else {
        fault.after(one.tries)
    };
    let (state, result, next_at) = match after {
        AfterFailure::Rest(ms) => ("waiting", "failed", now + ms),
        AfterFailure::GiveUp => ("given_up", "given_up", now),
    };
    let sql = "UPDATE letter SET state = ?, next_at = ?, why = ? WHERE id = ? AND state = 'waiting' AND tries = ?";
    let given = values![state, next_at, why.as_str(), one.id, one.tries];
    if execute(tx, sql, given).await? == 0 {
        return Ok(());
    }
    let sql = "INSERT INTO letter_try (letter_id, result, why, at) VALUES (?, ?, ?, ?)";
    execute(tx, sql, values![one.id, result, why, now]).await?;
    if goes_another_way {
        by_sms(tx, one.id).await?;
    }
    Ok(())
}

/// Was an SMS wanted where this letter cannot be delivered?
async fn goes_by_sms(tx: &Tx, id: i64) -> Result<bool, StoreError> {
    let sql = "SELECT data FROM letter WHERE id = ? AND channel = 'zns'";
    let row = one(tx, sql, values![id]).await?;
    let data = row.map(|row| text_or_none(&row, 0)).transpose()?.flatten();
    Ok(data_of(data)?.is_some_and(|data| data.or_by_sms))
}

async fn by_sms(tx: &Tx, id: i64) -> Result<(), StoreError> {
    let sql = "SELECT owner_id, recipient, subject, text, message_id, data, kind FROM letter WHERE id = ?";
    let Some(row) = one(tx, sql, values![id]).await? else {
        return Ok(());
    };
    let Some(data) = data_of(text_or_none(&row, 5)?)? else {
        return Ok(());
    };
    let (recipient, subject, said) = (text(&row, 1)?, text(&row, 2)?, text(&row, 3)?);
    let kind = text(&row, 6)?;
    let kind = LetterKind::of(&kind).ok_or(StoreError::Damaged(kind))?;
    let whom = (int(&row, 0)?, kind, recipient.as_str());
    let what = (subject.as_str(), said.as_str());
    desk::instead_of_zns(tx, whom, what, data.desk_payment, &text(&row, 4)?).await
}
