//! A connection to MariaDB for the time of one statement or one transaction.
//!
//! Whoever asks may leave in the middle: a client hangs up, a time is over. What the database still
//! says on that connection then belongs to nobody, and the next one would take it for the answer to
//! a question of its own, or wait for ever.
//!
//! *Invariant: only a connection on which everything was answered goes back to the others. Every
//! other one is closed, and MariaDB takes back what was not committed on it.*

use sqlx::pool::PoolConnection;
use sqlx::{MySql, MySqlConnection, MySqlPool};

/// A connection on loan. Dropped without [`Loan::give_back`] it is closed.
#[derive(Debug)]
pub(super) struct Loan {
    connection: PoolConnection<MySql>,
    is_whole: bool,
}

impl Loan {
    pub async fn of(pool: &MySqlPool) -> Result<Self, sqlx::Error> {
        Ok(Self {
            connection: pool.acquire().await?,
            is_whole: false,
        })
    }

    pub fn connection(&mut self) -> &mut MySqlConnection {
        &mut self.connection
    }

    /// Everything that was asked on it was answered, and nothing is open.
    pub fn give_back(mut self) {
        self.is_whole = true;
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if !self.is_whole {
            self.connection.close_on_drop();
        }
    }
}
