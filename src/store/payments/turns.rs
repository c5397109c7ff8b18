//! How many calls a channel takes in a second, kept over all servers, in one place: five places, each
//! free again [`WINDOW_MS`] after it was taken.
//!
//! Questions that nobody waits for take a place when one is free, and leave one for customers. What a customer waits
//! for stands in line: it takes the next place although that is free only in a moment, and waits until then. So
//! customers are served in the order in which they came and before all questions, and nobody calls too often.

use super::Questions;
use crate::store::StoreError;
use crate::store::base::{Conn, all, execute, insert_once, int, transaction, values};

/// Calls in a window.
const PLACES: usize = 5;
/// Places that questions leave free.
const SPARE: usize = 1;
/// A second, and what calls may bunch up by on their way: it is the provider that counts.
const WINDOW_MS: i64 = 1_060;
/// Nobody stands in line for longer.
const AHEAD_MAX_MS: i64 = 10_000;
/// Between taking a place and calling no more may pass, else the place counts from later on.
const LATE_MS: i64 = 20;

/// A place that was found: which, and what stood there.
struct Place {
    number: i64,
    free_at: i64,
}

impl Place {
    /// When it is free. What lies farther ahead than anybody waits was written before a clock was set back.
    const fn free_at(&self, now: i64) -> i64 {
        if self.free_at > now + AHEAD_MAX_MS {
            now
        } else {
            self.free_at
        }
    }
}

/// Places in the line of a channel that are wanted for what a customer does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TurnWanted {
    /// The channel's name.
    pub channel: String,
    /// How many calls it takes.
    pub calls: u32,
    /// How long the last place is waited for at most, in milliseconds.
    pub most_ms: i64,
}

impl Questions<'_> {
    /// May a channel be asked now? `None`: yes, and the turn is taken. Else when to try again, in
    /// milliseconds.
    pub async fn take_turn(&self, channel: &str) -> Result<Option<i64>, StoreError> {
        let caller = caller(channel);
        loop {
            let places = places(self.store, &caller).await?;
            let now = self.store.now_ms();
            let wait = |place: &Place| (place.free_at(now) - now).clamp(0, WINDOW_MS);
            let wait = places.get(SPARE).map_or(0, wait);
            if wait > 0 {
                return Ok(Some(wait));
            }
            if let Some(first) = places.first()
                && take(self.store, &caller, first, now).await?
            {
                return Ok(None);
            }
        }
    }

    /// A place in a channel's line for what a customer waits for: how long to wait for it, in milliseconds. `Err`
    /// within: all are taken, and the next one is free after so many.
    pub async fn reserve_turn(&self, turn: &TurnWanted) -> Result<Result<i64, i64>, StoreError> {
        transaction!(self.store, |tx| reserve(&tx, turn))
    }
}

/// Reserves what a customer waits for, within whatever is done together with it.
pub(super) async fn reserve<C: Conn>(
    c: &C,
    turn: &TurnWanted,
) -> Result<Result<i64, i64>, StoreError> {
    let caller = caller(&turn.channel);
    let (mut calls, mut wait) = (turn.calls, 0);
    while calls > 0 {
        let places = places(c, &caller).await?;
        let now = c.now_ms();
        let Some(first) = places.first() else { break };
        let at = first.free_at(now).max(now);
        if at - now > turn.most_ms {
            return Ok(Err(at - now));
        }
        if take(c, &caller, first, at).await? {
            wait = wait.max(at - now);
            calls -= 1;
        }
    }
    Ok(Ok(wait))
}

/// All places, the one that is free first before the others.
async fn places<C: Conn>(c: &C, caller: &str) -> Result<Vec<Place>, StoreError> {
    let sql =
        "SELECT since, count FROM call_count WHERE caller = ? AND since <= 0 ORDER BY count, since";
    loop {
        let rows = all(c, sql, values![caller]).await?;
        if rows.len() >= PLACES {
            let place = |row| {
                Ok(Place {
                    number: int(row, 0)?,
                    free_at: int(row, 1)?,
                })
            };
            return rows.iter().map(place).collect();
        }
        for number in 0..PLACES {
            let number = -i64::try_from(number).unwrap_or_default();
            let into = "INTO call_count (caller, since, count) VALUES (?, ?, 0)";
            insert_once(c, into, values![caller, number]).await?;
        }
    }
}

/// Takes a place for a call at this moment, unless somebody else was first.
async fn take<C: Conn>(c: &C, caller: &str, place: &Place, at: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE call_count SET count = ? WHERE caller = ? AND since = ? AND count = ?";
    let until = at + WINDOW_MS;
    let given = values![until, caller, place.number, place.free_at];
    if execute(c, sql, given).await? == 0 {
        return Ok(false);
    }
    let late = c.now_ms() - at;
    if late > LATE_MS {
        let given = values![until + late, caller, place.number, until];
        execute(c, sql, given).await?;
    }
    Ok(true)
}

/// Places stand among the counts, under a name that no caller has: `since` is the place, from 0 down,
/// `count` when it is free.
fn caller(channel: &str) -> String {
    format!("turn|{channel}")
}
