//! Cash is handed in: declared by who held it, counted by somebody else.

use serde_json::json;

use super::{declared, take_off};
use crate::domain::calendar::day_of;
use crate::store::StoreError;
use crate::store::base::audit::{self, Actor, Entry};
use crate::store::base::{
    Conn, SqlRow, Tx, all, execute, insert, int, int_or_none, one, text, text_or_none, transaction,
    values,
};
use crate::store::catalogue::AuditAction;
use crate::store::catalogue::contracts::HAND_IN;
use crate::store::desk::DeskCash;
use crate::store::payments::{KeyUse, for_desk};

/// Cash that is handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HandIn {
    /// Its number.
    pub id: i64,
    /// Who hands it in.
    pub collector_id: i64,
    /// Their login.
    pub collector: String,
    /// What they say, in đồng.
    pub amount: i64,
    /// What they say about it.
    pub note: String,
    /// Was it counted?
    pub is_confirmed: bool,
    /// What was counted.
    pub counted: Option<i64>,
    /// Why that differs.
    pub reason: Option<String>,
    /// Who counted it.
    pub confirmed_by: Option<String>,
    /// When.
    pub confirmed_at: Option<i64>,
    /// When it was declared.
    pub created_at: i64,
}

/// How much more than twice of what was declared may be counted, in đồng: above it a zero slipped in, and a number that
/// is confirmed stands.
pub(super) const COUNTED_OVER: i64 = 1_000_000;

/// Why cash cannot be handed in so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandInRefusal {
    /// More than is held and not declared yet.
    TooMuch {
        /// What could be declared, in đồng.
        left: i64,
    },
    /// What was counted differs, and nobody says why.
    ReasonNeeded,
    /// So much more was counted than was declared that the number is not what was meant.
    CountedTooMuch,
    /// It is the collector's own.
    OwnMoney,
    /// The key was used for something else.
    KeyUsed,
}

/// Cash that was counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmed {
    /// What was counted, in đồng.
    pub counted: i64,
}

impl DeskCash<'_> {
    /// A collector says what they hand in. Says its number.
    pub async fn hand_in(
        &self,
        owner: i64,
        user: i64,
        (amount, note): (i64, &str),
        key: Option<&KeyUse>,
        actor: &Actor,
    ) -> Result<Result<HandIn, HandInRefusal>, StoreError> {
        transaction!(self.store, |tx| declare(
            &tx,
            owner,
            user,
            (amount, note),
            key,
            actor
        ))
    }

    /// Somebody else counts it. Said again, it answers the same.
    pub async fn confirm(
        &self,
        owner: i64,
        id: i64,
        (counted, reason): (i64, Option<&str>),
        actor: &Actor,
    ) -> Result<Result<Confirmed, HandInRefusal>, StoreError> {
        transaction!(self.store, |tx| confirm(
            &tx,
            owner,
            id,
            (counted, reason),
            actor
        ))
    }

    /// What was handed in, the newest first: by a collector, or by all; what waits, or all.
    pub async fn hand_ins(
        &self,
        owner: i64,
        user: Option<i64>,
        is_open_only: bool,
    ) -> Result<Vec<HandIn>, StoreError> {
        let mut sql = format!("{HAND_IN_ROW} WHERE h.owner_id = ?");
        let mut given = values![owner];
        if let Some(user) = user {
            sql.push_str(" AND h.collector_id = ?");
            given.push(user.into());
        }
        if is_open_only {
            sql.push_str(" AND h.state = 'open'");
        }
        sql.push_str(" ORDER BY h.id DESC LIMIT 200");
        let rows = all(self.store, &sql, given).await?;
        rows.iter().map(read_hand_in).collect()
    }
}

pub(super) const HAND_IN_ROW: &str = "SELECT h.id, h.collector_id, u.username, h.amount, h.note, h.state, h.counted, h.reason, c.username, h.confirmed_at, h.created_at \
     FROM hand_in h LEFT JOIN users u ON u.id = h.collector_id LEFT JOIN users c ON c.id = h.confirmed_by";

pub(super) fn read_hand_in(row: &SqlRow) -> Result<HandIn, StoreError> {
    Ok(HandIn {
        id: int(row, 0)?,
        collector_id: int(row, 1)?,
        collector: text_or_none(row, 2)?.unwrap_or_default(),
        amount: int(row, 3)?,
        note: text(row, 4)?,
        is_confirmed: text(row, 5)? == "confirmed",
        counted: int_or_none(row, 6)?,
        reason: text_or_none(row, 7)?,
        confirmed_by: text_or_none(row, 8)?,
        confirmed_at: int_or_none(row, 9)?,
        created_at: int(row, 10)?,
    })
}

pub(super) async fn of_id(tx: &Tx, id: i64) -> Result<HandIn, StoreError> {
    let sql = format!("{HAND_IN_ROW} WHERE h.id = ?");
    let row = one(tx, &sql, values![id]).await?.ok_or(StoreError::NoRow)?;
    read_hand_in(&row)
}

pub(super) async fn declare(
    tx: &Tx,
    owner: i64,
    user: i64,
    (amount, note): (i64, &str),
    key: Option<&KeyUse>,
    actor: &Actor,
) -> Result<Result<HandIn, HandInRefusal>, StoreError> {
    // One after another: what is declared must not exceed what is held.
    let sql = format!(
        "SELECT held FROM collector WHERE user_id = ?{}",
        tx.locked()
    );
    let held = match one(tx, &sql, values![user]).await? {
        Some(row) => int(&row, 0)?,
        None => 0,
    };
    match for_desk::key_look(tx, key).await? {
        Some(Ok(id)) => return of_id(tx, id).await.map(Ok),
        Some(Err(_)) => return Ok(Err(HandInRefusal::KeyUsed)),
        None => {}
    }
    let left = held - declared(tx, user).await?;
    if amount > left {
        return Ok(Err(HandInRefusal::TooMuch { left: left.max(0) }));
    }
    let sql = "INSERT INTO hand_in (owner_id, collector_id, amount, note, state, created_at) VALUES (?, ?, ?, ?, 'open', ?)";
    let id = insert(tx, sql, values![owner, user, amount, note, tx.now_ms()]).await?;
    for_desk::key_keep(tx, key, id).await?;
    let entry = Entry::of(AuditAction::HandInAdd)
        .row(&HAND_IN, id)
        .after(json!({ "amount": amount }));
    audit::write(tx, actor, entry).await?;
    of_id(tx, id).await.map(Ok)
}

pub(super) async fn confirm(
    tx: &Tx,
    owner: i64,
    id: i64,
    (counted, reason): (i64, Option<&str>),
    actor: &Actor,
) -> Result<Result<Confirmed, HandInRefusal>, StoreError> {
    let sql = format!(
        "SELECT collector_id, amount, state, counted FROM hand_in WHERE id = ? AND owner_id = ?{}",
        tx.locked()
    );
    let row = one(tx, &sql, values![id, owner]).await?;
    let row = row.ok_or(StoreError::NoRow)?;
    let (user, amount) = (int(&row, 0)?, int(&row, 1)?);
    if actor.user_id == Some(user) {
        return Ok(Err(HandInRefusal::OwnMoney));
    }
    if text(&row, 2)? == "confirmed" {
        let counted = int_or_none(&row, 3)?.unwrap_or_default();
        return Ok(Ok(Confirmed { counted }));
    }
    if counted > amount.saturating_mul(2).saturating_add(COUNTED_OVER) {
        return Ok(Err(HandInRefusal::CountedTooMuch));
    }
    if counted != amount && reason.is_none() {
        return Ok(Err(HandInRefusal::ReasonNeeded));
    }
    let sql = format!("SELECT id FROM collector WHERE user_id = ?{}", tx.locked());
    one(tx, &sql, values![user]).await?;
    let left_hand = take_off(tx, user, counted).await?;
    let now = tx.now_ms();
    let sql = "UPDATE hand_in SET state = 'confirmed', counted = ?, reason = ?, confirmed_by = ?, confirmed_at = ?, confirmed_day = ? WHERE id = ?";
    let reason = reason.filter(|_| counted != amount);
    let given = values![counted, reason, actor.user_id, now, day_of(now), id];
    execute(tx, sql, given).await?;
    let entry = Entry::of(AuditAction::HandInConfirm)
        .row(&HAND_IN, id)
        .before(json!({ "state": "open", "amount": amount }))
        .after(json!({ "state": "confirmed", "counted": counted, "left_hand": left_hand, "reason": reason }));
    audit::write(tx, actor, entry).await?;
    Ok(Ok(Confirmed { counted }))
}
