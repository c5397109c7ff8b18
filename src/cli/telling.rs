//! Says on the terminal, and in the log, what is being done to a database that takes a while.

use std::convert::Infallible;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::tell;
use crate::store::Doing;

/// How often it is looked whether there is something to say. What is done sooner is not worth a word.
const LOOKS: Duration = Duration::from_secs(1);
/// How many looks the same table's rows are spoken of once.
const SAME_TABLE: u32 = 3;

/// What is being done now.
#[derive(Debug, Default)]
pub(super) struct Telling {
    now: Mutex<Option<Doing>>,
}

impl Telling {
    /// It is this now.
    pub fn hear(&self, doing: Doing) {
        *self.now.lock().unwrap_or_else(PoisonError::into_inner) = Some(doing);
    }

    /// Says what is news, for as long as it is waited for.
    pub async fn speak(&self) -> Infallible {
        let (mut said, mut looks) = (None, 0);
        loop {
            tokio::time::sleep(LOOKS).await;
            looks += 1;
            let now = *self.now.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(doing) = now.filter(|_| now != said) else {
                continue;
            };
            if table_of(now) == table_of(said) && looks < SAME_TABLE {
                continue;
            }
            (said, looks) = (now, 0);
            tell(&format!("Đang {doing}…"));
            tracing::info!(%doing, "the database is being made ready");
        }
    }
}

fn table_of(doing: Option<Doing>) -> Option<&'static str> {
    match doing? {
        Doing::Waiting => None,
        Doing::Shaping { table, .. } | Doing::Filling { table, .. } => Some(table),
    }
}
