//! One transaction: what is done in it is kept as a whole or not at all, and done again as a whole
//! where the database asks for that.
//!
//! What one area of the store offers to the others is a function over [`Tx`]; so calls of several
//! areas make one transaction. A method of an area's handle is one transaction of its own.

use sqlx::{Executor, Sqlite, Transaction};
use tokio::sync::Mutex;

use super::engine::Engine;
use super::loan::Loan;
use super::sql::{AllRows, Changed, Conn, FirstRow, SqlRow, SqlValue, query};
use super::store::{IDLE_FOR_EVER, Pools, Store};
use super::writers::WriteTurn;
use crate::store::StoreError;

/// A transaction.
pub struct Tx {
    store: Store,
    open: Mutex<Open>,
}

enum Open {
    Sqlite(WriteTurn),
    MariaDb(Loan),
    /// Reads what stood there when it began, for as long as it takes.
    SqliteSnapshot(Transaction<'static, Sqlite>),
    MariaDbSnapshot(Loan),
}

/// Runs `$body`, a future over `&$tx`, in a transaction: commits it, or takes it back and does it
/// again as a whole where the database asks for that.
macro_rules! transaction {
    ($store:expr, |$tx:ident| $body:expr) => {{
        let mut tries = $crate::store::base::Tries::new();
        loop {
            let ended = match $crate::store::base::Tx::begin($store).await {
                Ok($tx) => {
                    let done = $body.await;
                    $tx.finish(done).await
                }
                Err(error) => Err(error),
            };
            match ended {
                Ok(value) => break Ok(value),
                Err(error) => {
                    if let Err(error) = tries.again(error).await {
                        break Err(error);
                    }
                }
            }
        }
    }};
}
pub(in crate::store) use transaction;

impl Tx {
    /// Begins a transaction that writes. Use [`transaction!`], which does it again where the
    /// database asks for it.
    pub(in crate::store) async fn begin(store: &Store) -> Result<Self, StoreError> {
        let open = match store.pools() {
            Pools::Sqlite(_, writers) => Open::Sqlite(writers.begin().await?),
            Pools::MariaDb(pool) => match Loan::of(pool).await {
                Ok(mut loan) => {
                    loan.connection().execute("START TRANSACTION").await?;
                    Open::MariaDb(loan)
                }
                Err(error) => return Err(Box::pin(store.why(error)).await.into()),
            },
        };
        Ok(Self::new(store, open))
    }

    /// Begins one that only reads, and that sees nothing of what others do meanwhile. It may wait
    /// for the other side of a copy as long as that takes.
    pub(super) async fn snapshot(store: &Store) -> Result<Self, StoreError> {
        let open = match store.pools() {
            Pools::Sqlite(pool, _) => Open::SqliteSnapshot(pool.begin().await?),
            Pools::MariaDb(pool) => {
                // Never given back: nobody gets it as it is then.
                let mut loan = Loan::of(pool).await?;
                for sql in [IDLE_FOR_EVER, ONE_MOMENT, "START TRANSACTION READ ONLY"] {
                    loan.connection().execute(sql).await?;
                }
                Open::MariaDbSnapshot(loan)
            }
        };
        Ok(Self::new(store, open))
    }

    /// Begins one that reads several things of one moment, for as long as a page takes.
    pub(in crate::store) async fn reading(store: &Store) -> Result<Self, StoreError> {
        let open = match store.pools() {
            Pools::Sqlite(pool, _) => Open::SqliteSnapshot(pool.begin().await?),
            Pools::MariaDb(pool) => {
                let mut loan = match Loan::of(pool).await {
                    Ok(loan) => loan,
                    Err(error) => return Err(Box::pin(store.why(error)).await.into()),
                };
                for sql in [ONE_MOMENT, "START TRANSACTION READ ONLY"] {
                    loan.connection().execute(sql).await?;
                }
                Open::MariaDb(loan)
            }
        };
        Ok(Self::new(store, open))
    }

    fn new(store: &Store, open: Open) -> Self {
        Self {
            store: store.clone(),
            open: Mutex::new(open),
        }
    }

    /// Commits what went well, takes back what did not.
    pub(in crate::store) async fn finish<T>(
        self,
        done: Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let open = self.open.into_inner();
        let value = match done {
            Ok(value) => value,
            Err(error) => {
                match open {
                    Open::Sqlite(turn) => turn.roll_back().await,
                    Open::MariaDb(mut loan) => match loan.connection().execute("ROLLBACK").await {
                        Ok(_) => loan.give_back(),
                        Err(fault) => {
                            tracing::debug!(%fault, "the transaction could not be taken back; the database does it");
                        }
                    },
                    Open::SqliteSnapshot(_) | Open::MariaDbSnapshot(_) => {}
                }
                return Err(error);
            }
        };
        match open {
            Open::Sqlite(turn) => turn.commit().await?,
            Open::MariaDb(mut loan) => {
                loan.connection().execute("COMMIT").await?;
                loan.give_back();
            }
            // It only read.
            Open::SqliteSnapshot(_) | Open::MariaDbSnapshot(_) => {}
        }
        Ok(value)
    }
}

/// The next transaction, and only that, sees one state of the database however much it reads.
const ONE_MOMENT: &str = "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ";

/// Runs a statement in whichever transaction it is.
macro_rules! within {
    ($self:ident, $sql:ident, $values:ident, $call:ident) => {
        match &mut *$self.open.lock().await {
            Open::Sqlite(turn) => query!($sql, $values)
                .$call(turn.connection()?)
                .await
                .map(Into::into),
            Open::MariaDb(loan) | Open::MariaDbSnapshot(loan) => query!($sql, $values)
                .$call(loan.connection())
                .await
                .map(Into::into),
            Open::SqliteSnapshot(tx) => {
                query!($sql, $values).$call(&mut **tx).await.map(Into::into)
            }
        }
    };
}

impl Conn for Tx {
    const ALONE: bool = false;

    fn engine(&self) -> Engine {
        self.store.engine()
    }

    fn now_ms(&self) -> i64 {
        self.store.now_ms()
    }

    fn shared_now_ms(&self) -> i64 {
        self.store.shared_now_ms()
    }

    async fn change(&self, sql: &str, values: Vec<SqlValue>) -> Result<Changed, StoreError> {
        self.store.note(sql, &values);
        Ok(within!(self, sql, values, execute)?)
    }

    async fn first(&self, sql: &str, values: Vec<SqlValue>) -> Result<Option<SqlRow>, sqlx::Error> {
        self.store.note(sql, &values);
        let answer: FirstRow = within!(self, sql, values, fetch_optional)?;
        Ok(answer.0)
    }

    async fn every(&self, sql: &str, values: Vec<SqlValue>) -> Result<Vec<SqlRow>, sqlx::Error> {
        self.store.note(sql, &values);
        let answer: AllRows = within!(self, sql, values, fetch_all)?;
        Ok(answer.0)
    }
}
