//! How many calls a channel takes in a second, kept over all servers, in one place: five places, each
//! free again [`WINDOW_MS`] after it was taken.
//!
//! Questions that nobody waits for take a place and leave one for customers; what a customer waits for
//! goes at once and pushes the questions back.

use super::Questions;
use crate::store::StoreError;
use crate::store::base::{all, execute, insert_once, int, values};

/// Calls in a window.
const PLACES: usize = 5;
/// Places that questions leave free.
const SPARE: usize = 1;
/// A second, and what calls may bunch up by on their way: it is the provider that counts.
const WINDOW_MS: i64 = 1_060;
/// Between taking a place and calling no more may pass, else the place counts from later on.
const LATE_MS: i64 = 20;

/// A place that was found: which, and what stood there.
struct Place {
    number: i64,
    free_at: i64,
}

impl Questions<'_> {
    /// May a channel be asked now? `None`: yes, and the turn is taken. Else when to try again, in
    /// milliseconds.
    pub async fn take_turn(&self, channel: &str) -> Result<Option<i64>, StoreError> {
        let caller = caller(channel);
        loop {
            let places = self.places(&caller).await?;
            let now = self.store.now_ms();
            // Where a clock was set back, nobody waits for longer than a window.
            let wait = |place: &Place| (place.free_at - now).clamp(0, WINDOW_MS);
            let wait = places.get(SPARE).map_or(0, wait);
            if wait > 0 {
                return Ok(Some(wait));
            }
            if let Some(first) = places.first()
                && self.take(&caller, first, now).await?
            {
                return Ok(None);
            }
        }
    }

    /// A customer's call goes at once: those who ask wait the longer.
    pub async fn note_call(&self, channel: &str) -> Result<(), StoreError> {
        let caller = caller(channel);
        let places = self.places(&caller).await?;
        let now = self.store.now_ms();
        for place in &places {
            if self.take(&caller, place, now.max(place.free_at)).await? {
                break;
            }
        }
        Ok(())
    }

    /// All places, the one that is free first before the others.
    async fn places(&self, caller: &str) -> Result<Vec<Place>, StoreError> {
        let sql = "SELECT since, count FROM call_count WHERE caller = ? AND since <= 0 ORDER BY count, since";
        loop {
            let rows = all(self.store, sql, values![caller]).await?;
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
                insert_once(self.store, into, values![caller, number]).await?;
            }
        }
    }

    /// Takes a place, unless somebody else was first.
    async fn take(&self, caller: &str, place: &Place, now: i64) -> Result<bool, StoreError> {
        let sql = "UPDATE call_count SET count = ? WHERE caller = ? AND since = ? AND count = ?";
        let until = now + WINDOW_MS;
        let given = values![until, caller, place.number, place.free_at];
        if execute(self.store, sql, given).await? == 0 {
            return Ok(false);
        }
        let late = self.store.now_ms() - now;
        if late > LATE_MS {
            let given = values![until + late, caller, place.number, until];
            execute(self.store, sql, given).await?;
        }
        Ok(true)
    }
}

/// Places stand among the counts, under a name that no caller has: `since` is the place, from 0 down,
/// `count` when it is free.
fn caller(channel: &str) -> String {
    format!("turn|{channel}")
}
