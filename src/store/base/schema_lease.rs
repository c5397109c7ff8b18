//! Who makes a database ours: one program at a time, over a cluster too, where named locks do not hold.
//!
//! A row, renewed while the work goes on. Whoever holds it knows what it wrote there last, and changes it from
//! that and nothing else; a program that died stops doing so, and the next one takes the row over.

use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::ddl::suffix;
use super::doing::{Doing, Teller};
use super::{Conn, Store, execute, int, one, transaction, values};
use crate::store::StoreError;

/// How often it is renewed.
const RENEWED: Duration = Duration::from_secs(2);
/// Who has not renewed it for so long is dead.
const DEAD_AFTER: Duration = Duration::from_secs(10);
/// How often one who waits looks.
const LOOKS: Duration = Duration::from_millis(250);
/// How long giving it back may take: who cannot is taken for dead soon.
const GIVEN_BACK: Duration = Duration::from_secs(3);

/// The right to change the schema, for as long as this is held.
pub(super) struct SchemaLease {
    store: Store,
    lost: CancellationToken,
    renewing: AbortOnDropHandle<i64>,
    enough: CancellationToken,
}

impl SchemaLease {
    /// Takes it; waits for a program that has it and lives. `None`: that one did the work.
    pub async fn take(
        store: &Store,
        fingerprint: &str,
        tell: Teller<'_>,
    ) -> Result<Option<Self>, StoreError> {
        let sql = format!(
            "CREATE TABLE IF NOT EXISTS schema_lock (name VARCHAR(64) NOT NULL PRIMARY KEY, since_ms BIGINT NOT NULL){}",
            suffix(store.engine())
        );
        execute(store, &sql, vec![]).await?;
        // What stood there when it was looked at first, and since when that has not changed.
        let mut seen: Option<(i64, Instant)> = None;
        loop {
            let now = store.shared_now_ms();
            let Some(heard) = transaction!(store, |tx| look(&tx, now))? else {
                return Ok(Some(Self::held(store, now)));
            };
            let since = match seen {
                Some((before, since)) if before == heard => since,
                _ => Instant::now(),
            };
            seen = Some((heard, since));
            let silent_ms = i64::try_from(DEAD_AFTER.as_millis()).unwrap_or(i64::MAX);
            // By the clock that all share; by our own where that one was set back meanwhile.
            let is_dead = heard < now - silent_ms || since.elapsed() > DEAD_AFTER;
            if is_dead && transaction!(store, |tx| renew(&tx, heard, now))? {
                tracing::warn!(
                    "the program that was changing the schema has died; its work is gone on with"
                );
                return Ok(Some(Self::held(store, now)));
            }
            tell(Doing::Waiting);
            tokio::time::sleep(LOOKS).await;
            if store.schema().has_all(fingerprint).await? {
                return Ok(None);
            }
        }
    }

    fn held(store: &Store, now: i64) -> Self {
        let (lost, enough) = (CancellationToken::new(), CancellationToken::new());
        let renewing = tokio::spawn(keep(store.clone(), now, lost.clone(), enough.clone()));
        Self {
            store: store.clone(),
            lost,
            renewing: AbortOnDropHandle::new(renewing),
            enough,
        }
    }

    /// Until somebody else has taken it, who thought us dead.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// The next one need not wait.
    pub async fn give_back(self) {
        self.enough.cancel();
        let store = self.store;
        let given = async {
            let Ok(mine) = self.renewing.await else {
                return;
            };
            let sql = "DELETE FROM schema_lock WHERE name = 'schema' AND since_ms = ?";
            if let Err(error) = execute(&store, sql, values![mine]).await {
                tracing::debug!(%error, "the schema's lease was not given back; it runs out by itself");
            }
        };
        // Late: it runs out by itself.
        let _ = tokio::time::timeout(GIVEN_BACK, given).await;
    }
}

/// Renews it until that is enough, or somebody else has it; says what was written last.
async fn keep(
    store: Store,
    mut mine: i64,
    lost: CancellationToken,
    enough: CancellationToken,
) -> i64 {
    loop {
        tokio::select! {
            () = enough.cancelled() => return mine,
            () = tokio::time::sleep(RENEWED) => {}
        }
        // Later than what stands there, whatever a clock says.
        let next = store.shared_now_ms().max(mine + 1);
        match transaction!(&store, |tx| renew(&tx, mine, next)) {
            Ok(true) => mine = next,
            Ok(false) => {
                lost.cancel();
                return mine;
            }
            Err(error) => {
                tracing::debug!(%error, "the schema's lease was not renewed; it is tried again");
            }
        }
    }
}

/// Takes it where nobody has it. `Some`: when the one who has it was heard of.
async fn look(tx: &super::Tx, now: i64) -> Result<Option<i64>, StoreError> {
    let sql = format!(
        "SELECT since_ms FROM schema_lock WHERE name = 'schema'{}",
        tx.locked()
    );
    if let Some(row) = one(tx, &sql, vec![]).await? {
        return int(&row, 0).map(Some);
    }
    let sql = "INSERT INTO schema_lock (name, since_ms) VALUES ('schema', ?)";
    execute(tx, sql, values![now]).await?;
    Ok(None)
}

/// Changes it from what one knows to stand there. Not: somebody else has it.
async fn renew(tx: &super::Tx, mine: i64, next: i64) -> Result<bool, StoreError> {
    let sql = "UPDATE schema_lock SET since_ms = ? WHERE name = 'schema' AND since_ms = ?";
    Ok(execute(tx, sql, values![next, mine]).await? > 0)
}
