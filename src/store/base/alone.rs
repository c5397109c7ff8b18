//! A statement by itself, on whichever connection is free; one that writes is a transaction of its own where
//! writers stand in line.

use std::time::Duration;

use super::engine::Engine;
use super::loan::Loan;
use super::sql::{AllRows, Changed, Conn, FirstRow, SqlRow, SqlValue, execute, query};
use super::store::{Pools, Store};
use super::tx::{Tx, transaction};
use crate::store::StoreError;

impl Store {
    /// Holds the right to write for so long, as another program may that works on the same file: for trials.
    pub async fn hold_writes(&self, time: Duration) -> Result<(), StoreError> {
        transaction!(self, |tx| async {
            execute(
                &tx,
                "UPDATE leader_lease SET fence = fence WHERE name = ''",
                vec![],
            )
            .await?;
            tokio::time::sleep(time).await;
            Ok(())
        })
    }
}

/// Runs a statement on any connection of whichever database it is.
macro_rules! on_any {
    ($self:ident, $sql:ident, $values:ident, $call:ident) => {
        match $self.pools() {
            Pools::Sqlite(pool, _) => query!($sql, $values).$call(pool).await.map(Into::into),
            Pools::MariaDb(pool) => match Loan::of(pool).await {
                Ok(mut loan) => {
                    let answer = query!($sql, $values).$call(loan.connection()).await;
                    loan.give_back();
                    answer.map(Into::into)
                }
                Err(error) => Err(error),
            },
        }
    };
}

/// The answer, or what is behind its absence.
macro_rules! or_why {
    ($self:ident, $answer:expr) => {
        match $answer {
            Ok(answer) => Ok(answer),
            Err(error) => Err(Box::pin($self.why(error)).await),
        }
    };
}

impl Conn for Store {
    const ALONE: bool = true;

    fn engine(&self) -> Engine {
        self.engine()
    }

    fn now_ms(&self) -> i64 {
        self.now_ms()
    }

    fn shared_now_ms(&self) -> i64 {
        self.shared_now_ms()
    }

    async fn change(&self, sql: &str, values: Vec<SqlValue>) -> Result<Changed, StoreError> {
        let written = async {
            match self.pools() {
                // In line with all others who write.
                Pools::Sqlite(..) => {
                    let tx = Tx::begin(self).await?;
                    let done = tx.change(sql, values).await;
                    tx.finish(done).await
                }
                Pools::MariaDb(..) => {
                    self.note(sql, &values);
                    let done: Result<Changed, _> = on_any!(self, sql, values, execute);
                    Ok(or_why!(self, done)?)
                }
            }
        };
        // Boxed: every call of the house that writes holds this within it.
        Box::pin(written).await
    }

    async fn first(&self, sql: &str, values: Vec<SqlValue>) -> Result<Option<SqlRow>, sqlx::Error> {
        self.note(sql, &values);
        let answer: Result<FirstRow, _> = on_any!(self, sql, values, fetch_optional);
        or_why!(self, answer).map(|row| row.0)
    }

    async fn every(&self, sql: &str, values: Vec<SqlValue>) -> Result<Vec<SqlRow>, sqlx::Error> {
        self.note(sql, &values);
        let answer: Result<AllRows, _> = on_any!(self, sql, values, fetch_all);
        or_why!(self, answer).map(|rows| rows.0)
    }
}
