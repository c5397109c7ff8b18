//! Money that a provider told of and that fits no payment: kept until a person says whose it is.

use serde_json::json;

use super::MoneyBooks;
use super::hear::{Fact, Heard, HeardFrom, HeardOutcome, SeenMoney, hear, reference_kept};
use super::keys::{self, KeyClaim, KeyUse};
use crate::domain::calendar;
use crate::domain::payment::{Provider, TRANSFER_MAX};
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::search_text::search_text;
use crate::store::base::{
    Conn, SqlRow, Tx, all, execute, insert, int, int_or_none, one, text, text_or_none, transaction,
    values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::payments::UNMATCHED_MONEY;

/// Money that fits no payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewUnmatched<'n> {
    /// Who told of it.
    pub provider: Provider,
    /// Whose channel it came by.
    pub owner_id: Option<i64>,
    /// The number that it came with.
    pub order_code: &'n str,
    /// The money.
    pub money: &'n SeenMoney,
    /// What the payer wrote.
    pub note: Option<&'n str>,
}

/// The same, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmatched {
    /// Its number.
    pub id: i64,
    /// Who told of it.
    pub provider: String,
    /// Whose channel it came by.
    pub owner_id: Option<i64>,
    /// The number that it came with.
    pub order_code: String,
    /// The bank's number of it.
    pub reference: String,
    /// Whole đồng.
    pub amount: i64,
    /// What the payer wrote.
    pub note: Option<String>,
    /// When it moved, in milliseconds since 1970.
    pub at: i64,
    /// `open`, `attached`, `ignored`.
    pub state: String,
    /// Which payment it was attached to.
    pub payment_id: Option<i64>,
}

/// What came of attaching money.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attached {
    /// It is that payment's now.
    Done(Box<HeardOutcome>),
    /// It was attached to this payment before.
    Before(i64),
    /// It is another payee's.
    OtherPayee,
    /// There is no such money, or somebody has put it aside.
    Gone,
    /// The key was used for something else.
    KeyUsed,
}

/// What a person says of money that fits no payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attach<'a> {
    /// Which money.
    pub money: i64,
    /// Whose it is.
    pub payment: i64,
    /// How they know.
    pub reason: &'a str,
    /// The caller's own name for it.
    pub key: Option<KeyUse>,
}

const UNMATCHED: &str = "SELECT id, provider, owner_id, order_code, reference, amount, note, at, state, payment_id FROM unmatched_money";

fn read(row: &SqlRow) -> Result<Unmatched, StoreError> {
    Ok(Unmatched {
        id: int(row, 0)?,
        provider: text(row, 1)?,
        owner_id: int_or_none(row, 2)?,
        order_code: text(row, 3)?,
        reference: text(row, 4)?,
        amount: int(row, 5)?,
        note: text_or_none(row, 6)?,
        at: int(row, 7)?,
        state: text(row, 8)?,
        payment_id: int_or_none(row, 9)?,
    })
}

impl MoneyBooks<'_> {
    /// Keeps money that fits no payment, once.
    pub async fn keep_unmatched(&self, new: &NewUnmatched<'_>) -> Result<(), StoreError> {
        transaction!(self.store, |tx| async { keep(&tx, new).await.map(|_| ()) })
    }

    /// How much money nobody has decided about: how many, and its sum in đồng.
    pub async fn unmatched_open(&self) -> Result<(i64, i64), StoreError> {
        let sql = self.store.casts(
            "SELECT COUNT(*), CAST(COALESCE(SUM(amount), 0) AS SIGNED) FROM unmatched_money WHERE state = 'open'",
        );
        match one(self.store, &sql, vec![]).await? {
            Some(row) => Ok((int(&row, 0)?, int(&row, 1)?)),
            None => Ok((0, 0)),
        }
    }

    /// Money that nobody has decided about, the newest first; of one payee where `owner` says so.
    pub async fn unmatched(
        &self,
        owner: Option<i64>,
        most: u32,
    ) -> Result<Vec<Unmatched>, StoreError> {
        let (whose, given) = match owner {
            Some(owner) => (" AND owner_id = ?", values![owner]),
            None => ("", values![]),
        };
        let sql = format!("{UNMATCHED} WHERE state = 'open'{whose} ORDER BY id DESC LIMIT {most}");
        all(self.store, &sql, given)
            .await?
            .iter()
            .map(read)
            .collect()
    }

    /// Money that fits no payment, by its number.
    pub async fn unmatched_one(&self, id: i64) -> Result<Option<Unmatched>, StoreError> {
        let sql = format!("{UNMATCHED} WHERE id = ?");
        let row = one(self.store, &sql, values![id]).await?;
        row.as_ref().map(read).transpose()
    }

    /// A person says which payment it is.
    pub async fn attach(&self, wish: &Attach<'_>, actor: &Actor) -> Result<Attached, StoreError> {
        transaction!(self.store, |tx| attach(&tx, wish, actor))
    }

    /// A person puts it aside.
    pub async fn ignore_unmatched(
        &self,
        id: i64,
        reason: &str,
        actor: &Actor,
    ) -> Result<bool, StoreError> {
        transaction!(self.store, |tx| ignore(&tx, id, reason, actor))
    }
}

/// Keeps it. `None`: it was kept before.
pub(super) async fn keep(tx: &Tx, new: &NewUnmatched<'_>) -> Result<Option<i64>, StoreError> {
    let provider = new.provider.wire();
    // What cannot be is kept as the most that can, with what was said beside it: the sums stay sums.
    let kept = SeenMoney {
        amount: new.money.amount.clamp(-TRANSFER_MAX, TRANSFER_MAX),
        ..new.money.clone()
    };
    let said = (kept.amount != new.money.amount).then(|| {
        format!(
            "báo {} đ · {}",
            new.money.amount,
            new.note.unwrap_or_default()
        )
    });
    let new = &NewUnmatched {
        money: &kept,
        note: said.as_deref().or(new.note),
        ..*new
    };
    let Some(reference) = free_reference(tx, new).await? else {
        return Ok(None);
    };
    let sql = "INSERT INTO unmatched_money (provider, owner_id, order_code, reference, amount, note, at, state, search_text) \
               VALUES (?, ?, ?, ?, ?, ?, ?, 'open', ?)";
    let words = search_text([Some(new.order_code), Some(reference.as_str()), new.note]);
    let given = values![
        provider,
        new.owner_id,
        new.order_code,
        &reference,
        new.money.amount,
        new.note,
        new.money.at_ms.unwrap_or_else(|| tx.now_ms()),
        words
    ];
    insert(tx, sql, given).await.map(Some)
}

/// Under which reference it is kept. `None`: it is there. Banks' references repeat over payees and days: where the
/// reference is another money's, its payee, amount and day stand behind it.
async fn free_reference(tx: &Tx, new: &NewUnmatched<'_>) -> Result<Option<String>, StoreError> {
    let sql = "SELECT owner_id, amount, at FROM unmatched_money WHERE provider = ? AND order_code = ? AND reference = ?";
    let money = new.money;
    let day = money.at_ms.map(calendar::day_of);
    let apart = format!(
        "{}/{}/{}/{}",
        money.reference,
        new.owner_id.unwrap_or_default(),
        money.amount,
        day.as_deref().unwrap_or_default()
    );
    for reference in [&money.reference, &apart] {
        let reference = reference_kept(reference);
        let once = values![new.provider.wire(), new.order_code, &reference];
        let Some(row) = one(tx, sql, once).await? else {
            return Ok(Some(reference));
        };
        let at = int(&row, 2)?;
        let is_same = int_or_none(&row, 0)? == new.owner_id
            && int(&row, 1)? == money.amount
            && day.as_ref().is_none_or(|day| calendar::day_of(at) == *day);
        if is_same {
            return Ok(None);
        }
    }
    Ok(None)
}

async fn held(tx: &Tx, id: i64) -> Result<Option<Unmatched>, StoreError> {
    let sql = format!("{UNMATCHED} WHERE id = ?{}", tx.locked());
    let row = one(tx, &sql, values![id]).await?;
    row.as_ref().map(read).transpose()
}

async fn attach(tx: &Tx, wish: &Attach<'_>, actor: &Actor) -> Result<Attached, StoreError> {
    let Attach {
        money: id,
        payment: payment_id,
        reason,
        ..
    } = *wish;
    if keys::claim(tx, wish.key.as_ref(), payment_id).await? == KeyClaim::Other {
        return Ok(Attached::KeyUsed);
    }
    let Some(found) = held(tx, id).await? else {
        return Ok(Attached::Gone);
    };
    if let Some(before) = found.payment_id {
        return Ok(Attached::Before(before));
    }
    if found.state != "open" {
        return Ok(Attached::Gone);
    }
    let sql = "SELECT owner_id FROM payment WHERE id = ?";
    let row = one(tx, sql, values![payment_id])
        .await?
        .ok_or(StoreError::NoRow)?;
    if found
        .owner_id
        .is_some_and(|owner| int(&row, 0).ok() != Some(owner))
    {
        return Ok(Attached::OtherPayee);
    }
    let body = json!({ "unmatched": id, "order_code": found.order_code, "reason": reason });
    let money = SeenMoney {
        reference: found.reference.clone(),
        amount: found.amount,
        currency: "VND".to_owned(),
        at_ms: Some(found.at),
        method: None,
    };
    let heard = Heard {
        payment: payment_id,
        source: HeardFrom::Person,
        kind: "attached",
        key: &format!("attached|{id}"),
        body: &body.to_string(),
        facts: &[Fact::Money(money)],
        actor: Some(actor),
    };
    let outcome = hear(tx, &heard).await?;
    decided(tx, id, "attached", Some(payment_id), reason, actor).await?;
    Ok(Attached::Done(Box::new(outcome)))
}

pub(super) async fn ignore(
    tx: &Tx,
    id: i64,
    reason: &str,
    actor: &Actor,
) -> Result<bool, StoreError> {
    let is_open = held(tx, id)
        .await?
        .is_some_and(|found| found.state == "open");
    if is_open {
        decided(tx, id, "ignored", None, reason, actor).await?;
    }
    Ok(is_open)
}

async fn decided(
    tx: &Tx,
    id: i64,
    state: &str,
    payment_id: Option<i64>,
    reason: &str,
    actor: &Actor,
) -> Result<(), StoreError> {
    let sql = "UPDATE unmatched_money SET state = ?, payment_id = ?, reason = ?, decided_at = ? WHERE id = ?";
    execute(tx, sql, values![state, payment_id, reason, tx.now_ms(), id]).await?;
    let after = json!({ "state": state, "payment_id": payment_id, "reason": reason });
    let entry = Entry::of(AuditAction::UnmatchedDecide)
        .row(&UNMATCHED_MONEY, id)
        .after(after);
    audit::write(tx, actor, entry).await
}
