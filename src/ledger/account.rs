//! What the journal knows about one agent's account: what is in doubt on it, what was paid, and
//! what speaks against paying something now.
//!
//! Agent codes are the same whatever their case.

use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

use super::{Ledger, LedgerError, LiveAttempt};
use crate::domain::calendar::{DAY_MS, day_start, month_start};
use crate::domain::driver::{Books, Since};
use crate::domain::guard::EqualTopUp;
use crate::domain::reconcile::is_booked;
use crate::domain::{Claim, Event, GuardFacts, Intent, Service, Vnd};

/// One agent's account, as the journal knows it.
#[derive(Debug, Clone, Copy)]
pub struct AgentAccount<'l> {
    pub(super) ledger: &'l Ledger,
    pub(super) agent: &'l str,
}

/// Whether a payment may be made, as it is asked.
#[derive(Debug, Clone, Copy)]
pub struct FactsQuery<'q> {
    /// The attempt that would be armed.
    pub live: &'q LiveAttempt,
    /// What it would lock.
    pub obligation: &'q str,
    /// The order that it came from.
    pub order: Option<&'q str>,
    /// Is it a debt (as opposed to a top-up)?
    pub is_debt: bool,
    /// What would be paid.
    pub amount: Vnd,
    /// For how long an equal top-up is asked about, in milliseconds.
    pub repeat_ms: i64,
}

/// Paid or in doubt so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spent {
    /// In this batch.
    pub in_batch: Vnd,
    /// By this portal user since the day began.
    pub today: Vnd,
}

impl Ledger {
    /// The account of this agent.
    pub fn account<'l>(&'l self, agent: &'l str) -> AgentAccount<'l> {
        AgentAccount {
            ledger: self,
            agent,
        }
    }
}

impl AgentAccount<'_> {
    /// Everything that the guards have to know about a payment, at one moment.
    pub async fn facts(&self, query: FactsQuery<'_>) -> Result<GuardFacts, LedgerError> {
        let now_ms = self.ledger.clock.now_ms();
        let mut writer = self.ledger.connection.lock().await;
        let sql = &mut writer.sql;
        let facts = async {
            let spent = spent(sql, &query.live.batch_id, self.agent, day_start(now_ms)).await?;
            Ok(GuardFacts {
                now_ms,
                doubt_on: doubt_on(sql, &query).await?,
                paid_before_ms: paid_before(sql, &query, now_ms).await?,
                equal: equal_top_up(sql, &query, now_ms).await?,
                spent_in_batch: spent.in_batch,
                spent_today: spent.today,
                others_in_doubt: others_in_doubt(sql, self.agent, &query.live.id).await?,
                last_paid_ms: last_paid(sql, self.agent).await?,
            })
        };
        facts.await.map_err(|e| self.ledger.fault(e))
    }

    /// Attempts in doubt on the account, other than `except`: those that nobody is at. What is
    /// just on its way to the portal is not among them.
    pub async fn others_in_doubt(&self, except: &str) -> Result<usize, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        others_in_doubt(&mut writer.sql, self.agent, except)
            .await
            .map_err(|e| self.ledger.fault(e))
    }

    /// What the journal knows about the account for weighing what the balance says of this
    /// attempt.
    pub async fn books(&self, attempt: &str, intent: &Intent) -> Result<Books, LedgerError> {
        let now_ms = self.ledger.clock.now_ms();
        let mut writer = self.ledger.connection.lock().await;
        let sql = &mut writer.sql;
        let books = async {
            let own = match intent.balance_before.zip(intent.balance_seq) {
                Some(rest) => Some(since(sql, self.agent, attempt, rest).await?),
                None => None,
            };
            let earlier = match rest_before(sql, self.agent, attempt).await? {
                Some(rest) => Some(since(sql, self.agent, attempt, rest).await?),
                None => None,
            };
            let row = sqlx::query(
                "SELECT COUNT(*) FROM attempts WHERE agent = ? COLLATE NOCASE AND outcome IS NULL",
            )
            .bind(self.agent)
            .fetch_one(sql)
            .await?;
            Ok(Books {
                now_ms,
                in_doubt: usize::try_from(row.get::<i64, _>(0)).unwrap_or_default(),
                own,
                earlier,
            })
        };
        books.await.map_err(|e| self.ledger.fault(e))
    }

    /// Is this balance, read at rest, one that has everything in it that was paid before? See
    /// [`is_booked`].
    pub async fn is_booked(&self, balance: Vnd, settle_ms: i64) -> Result<bool, LedgerError> {
        let now_ms = self.ledger.clock.now_ms();
        let mut writer = self.ledger.connection.lock().await;
        let sql = &mut writer.sql;
        let booked = async {
            let explained = match newest_rest(sql, self.agent).await? {
                Some(rest) => {
                    let since = since(sql, self.agent, "", rest).await?;
                    since.balance.checked_sub(since.paid)
                }
                None => None,
            };
            let last_paid_ms = last_paid(sql, self.agent).await?;
            Ok(is_booked(
                balance,
                explained,
                last_paid_ms,
                now_ms,
                settle_ms,
            ))
        };
        booked.await.map_err(|e| self.ledger.fault(e))
    }

    /// What that balance and the payments proven since explain that it is now. `seq`: the newest
    /// event when it was read.
    pub async fn explained(&self, balance: Vnd, seq: i64) -> Result<Option<Vnd>, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let since = since(&mut writer.sql, self.agent, "", (balance, seq)).await;
        let since = since.map_err(|e| self.ledger.fault(e))?;
        Ok(since.balance.checked_sub(since.paid))
    }

    /// Attempts that were armed after that event: those that are paid, and those that are open.
    pub async fn claims(&self, since_seq: i64) -> Result<(Vec<Claim>, Vec<Claim>), LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        claims(&mut writer.sql, self.agent, since_seq)
            .await
            .map_err(|e| self.ledger.fault(e))
    }

    /// Paid or in doubt so far: in this batch, and by this agent since that moment (milliseconds
    /// since 1970).
    pub async fn spent(&self, batch: &str, day_start_ms: i64) -> Result<Spent, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        spent(&mut writer.sql, batch, self.agent, day_start_ms)
            .await
            .map_err(|e| self.ledger.fault(e))
    }

    /// Have the portal's own words proven one of the newest payments of this service? Else only
    /// the balance or a history can. `None`: nothing was paid yet.
    pub async fn words_have_proven(&self, service: Service) -> Result<Option<bool>, LedgerError> {
        let mut writer = self.ledger.connection.lock().await;
        let row = sqlx::query(
            "SELECT MAX(e.body LIKE '%\"proof\":\"response\"%') FROM \
             (SELECT id FROM attempts WHERE outcome IS NOT NULL AND outcome = 'paid' AND service = ? \
             ORDER BY updated_ms DESC LIMIT 50) a JOIN events e ON e.attempt_id = a.id AND e.kind = 'concluded'",
        )
        .bind(service.spec().wire)
        .fetch_one(&mut writer.sql)
        .await
        .map_err(|e| self.ledger.fault(e))?;
        Ok(row.get::<Option<bool>, _>(0))
    }
}

pub(super) type Sql<T> = Result<T, sqlx::Error>;

/// Another attempt in doubt at the same obligation.
async fn doubt_on(sql: &mut SqliteConnection, query: &FactsQuery<'_>) -> Sql<Option<String>> {
    let row = sqlx::query(
        "SELECT id FROM attempts WHERE obligation = ? AND outcome IS NULL AND id <> ? LIMIT 1",
    )
    .bind(query.obligation)
    .bind(&query.live.id)
    .fetch_optional(sql)
    .await?;
    Ok(row.map(|row| row.get(0)))
}

/// When the debt was paid with this amount this month or within a day, or the order's top-up ever.
async fn paid_before(
    sql: &mut SqliteConnection,
    query: &FactsQuery<'_>,
    now_ms: i64,
) -> Sql<Option<i64>> {
    let row = match (query.is_debt, query.order) {
        (false, Some(order)) => {
            sqlx::query(
                "SELECT a.updated_ms FROM attempts a JOIN jobs j ON j.id = a.job_id \
                 WHERE a.obligation = ? AND j.order_id = ? AND a.outcome = 'paid' LIMIT 1",
            )
            .bind(query.obligation)
            .bind(order)
            .fetch_optional(sql)
            .await?
        }
        (false, None) => None,
        // A bill of the same amount in another month is another bill; but the first minute of a
        // month is not another month for a portal that has yet to book the last one.
        (true, _) => {
            sqlx::query(
                "SELECT updated_ms FROM attempts WHERE obligation = ? AND amount = ? AND outcome = 'paid' \
                 AND updated_ms >= ? ORDER BY updated_ms DESC LIMIT 1",
            )
            .bind(query.obligation)
            .bind(query.amount.dong())
            .bind(month_start(now_ms).min(now_ms - DAY_MS))
            .fetch_optional(sql)
            .await?
        }
    };
    Ok(row.map(|row| row.get(0)))
}

/// An equal top-up of another batch that was paid or is in doubt, a short while ago.
async fn equal_top_up(
    sql: &mut SqliteConnection,
    query: &FactsQuery<'_>,
    now_ms: i64,
) -> Sql<Option<EqualTopUp>> {
    if query.is_debt || query.repeat_ms <= 0 {
        return Ok(None);
    }
    let row = sqlx::query(
        "SELECT updated_ms FROM attempts WHERE obligation = ? AND batch_id <> ? \
         AND (outcome = 'paid' OR outcome IS NULL) AND updated_ms >= ? ORDER BY updated_ms DESC LIMIT 1",
    )
    .bind(query.obligation)
    .bind(&query.live.batch_id)
    .bind(now_ms - query.repeat_ms)
    .fetch_optional(sql)
    .await?;
    Ok(row.map(|row| EqualTopUp { at_ms: row.get(0) }))
}

async fn others_in_doubt(sql: &mut SqliteConnection, agent: &str, except: &str) -> Sql<usize> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM attempts WHERE agent = ? COLLATE NOCASE AND outcome IS NULL AND id <> ? \
         AND state IN ('unknown', 'reconciling')",
    )
    .bind(agent)
    .bind(except)
    .fetch_one(sql)
    .await?;
    Ok(usize::try_from(row.get::<i64, _>(0)).unwrap_or_default())
}

/// The account since a balance was read at rest.
async fn since(
    sql: &mut SqliteConnection,
    agent: &str,
    except: &str,
    (balance, seq): (Vnd, i64),
) -> Sql<Since> {
    let paid: i64 = sqlx::query(
        "SELECT COALESCE(SUM(a.amount), 0) FROM attempts a JOIN events e ON e.attempt_id = a.id AND e.kind = 'armed' \
         WHERE a.agent = ? COLLATE NOCASE AND a.outcome = 'paid' AND a.id <> ? AND e.seq > ?",
    )
    .bind(agent)
    .bind(except)
    .bind(seq)
    .fetch_one(&mut *sql)
    .await?
    .get(0);
    let (_, open) = claims(sql, agent, seq).await?;
    Ok(Since {
        balance,
        paid: Vnd::try_from(paid).unwrap_or_default(),
        open: open.into_iter().map(|claim| claim.amount).collect(),
    })
}

async fn claims(
    sql: &mut SqliteConnection,
    agent: &str,
    since_seq: i64,
) -> Sql<(Vec<Claim>, Vec<Claim>)> {
    let rows = sqlx::query(
        "SELECT j.account, a.amount, a.transaction_id, a.outcome FROM attempts a JOIN jobs j ON j.id = a.job_id \
         JOIN events e ON e.attempt_id = a.id AND e.kind = 'armed' \
         WHERE a.agent = ? COLLATE NOCASE AND e.seq > ? AND (a.outcome = 'paid' OR a.outcome IS NULL)",
    )
    .bind(agent)
    .bind(since_seq)
    .fetch_all(sql)
    .await?;
    let claim = |row: &SqliteRow| Claim {
        account: row.get(0),
        amount: row
            .get::<Option<i64>, _>(1)
            .and_then(|dong| Vnd::try_from(dong).ok())
            .unwrap_or_default(),
        transaction: row.get(2),
    };
    let (paid, open): (Vec<SqliteRow>, Vec<SqliteRow>) = rows
        .into_iter()
        .partition(|row| row.get::<Option<&str>, _>(3).is_some());
    Ok((
        paid.iter().map(claim).collect(),
        open.iter().map(claim).collect(),
    ))
}

/// The newest balance at rest that an attempt before this one was armed with, and the newest event
/// at that time.
async fn rest_before(
    sql: &mut SqliteConnection,
    agent: &str,
    attempt: &str,
) -> Sql<Option<(Vnd, i64)>> {
    let rows = sqlx::query(
        "SELECT e.body FROM events e JOIN attempts a ON a.id = e.attempt_id \
         WHERE a.agent = ? COLLATE NOCASE AND e.kind = 'armed' \
         AND e.seq < (SELECT seq FROM events WHERE attempt_id = ? AND kind = 'armed') ORDER BY e.seq DESC LIMIT 100",
    )
    .bind(agent)
    .bind(attempt)
    .fetch_all(sql)
    .await?;
    Ok(rows.iter().find_map(rest_in))
}

/// The newest balance at rest that any attempt was armed with, and the newest event at that time.
async fn newest_rest(sql: &mut SqliteConnection, agent: &str) -> Sql<Option<(Vnd, i64)>> {
    let rows = sqlx::query(
        "SELECT e.body FROM events e JOIN attempts a ON a.id = e.attempt_id \
         WHERE a.agent = ? COLLATE NOCASE AND e.kind = 'armed' ORDER BY e.seq DESC LIMIT 100",
    )
    .bind(agent)
    .fetch_all(sql)
    .await?;
    Ok(rows.iter().find_map(rest_in))
}

/// The balance at rest in the body of an armed event.
pub(super) fn rest_in(row: &SqliteRow) -> Option<(Vnd, i64)> {
    match serde_json::from_str::<Event>(row.try_get(0).ok()?) {
        Ok(Event::Armed(intent)) => intent.balance_before.zip(intent.balance_seq),
        _ => None,
    }
}

/// When a payment of this agent was proven last.
pub(super) async fn last_paid(sql: &mut SqliteConnection, agent: &str) -> Sql<Option<i64>> {
    let row = sqlx::query(
        "SELECT updated_ms FROM attempts WHERE agent = ? COLLATE NOCASE AND agent IS NOT NULL AND outcome = 'paid' \
         ORDER BY updated_ms DESC LIMIT 1",
    )
    .bind(agent)
    .fetch_optional(sql)
    .await?;
    Ok(row.map(|row| row.get(0)))
}

async fn spent(
    sql: &mut SqliteConnection,
    batch: &str,
    agent: &str,
    day_start_ms: i64,
) -> Sql<Spent> {
    let row = sqlx::query(
        "SELECT \
         (SELECT COALESCE(SUM(amount), 0) FROM attempts WHERE obligation IS NOT NULL \
          AND (outcome IS NULL OR outcome = 'paid') AND batch_id = ?), \
         (SELECT COALESCE(SUM(amount), 0) FROM attempts WHERE obligation IS NOT NULL \
          AND (outcome IS NULL OR outcome = 'paid') AND agent = ? COLLATE NOCASE AND updated_ms >= ?)",
    )
    .bind(batch)
    .bind(agent)
    .bind(day_start_ms)
    .fetch_one(sql)
    .await?;
    let sum = |dong: i64| Vnd::try_from(dong).unwrap_or_default();
    Ok(Spent {
        in_batch: sum(row.get(0)),
        today: sum(row.get(1)),
    })
}
