//! How much may be armed: for one job, and in a day.

use super::Jobs;
use crate::domain::calendar::day_start;
use crate::domain::{Service, Vnd};
use crate::store::StoreError;
use crate::store::base::{
    Conn, Engine, Tx, all, execute, insert, int, int_or_none, one, text_or_none, values,
};

impl Jobs<'_> {
    /// A limit for a machine and a service; `None` is all of them.
    pub async fn set_limit(
        &self,
        machine: Option<i64>,
        service: Option<Service>,
        per_job: Option<Vnd>,
        per_day: Option<Vnd>,
    ) -> Result<i64, StoreError> {
        let sql = "INSERT INTO limits (machine_id, service, per_job, per_day) VALUES (?, ?, ?, ?)";
        let given = values![
            machine,
            service.map(|s| s.spec().wire),
            per_job.map(Vnd::dong),
            per_day.map(Vnd::dong)
        ];
        insert(self.store, sql, given).await
    }
}

/// Would a payment of this amount exceed a limit? One whose amount nobody told does, wherever
/// there is a limit.
pub(in crate::store) async fn is_over_limit(
    tx: &Tx,
    machine: i64,
    service: &str,
    amount: Option<Vnd>,
) -> Result<bool, StoreError> {
    const WHERE: &str = "deleted_at IS NULL AND (machine_id IS NULL OR machine_id = ?) AND (service IS NULL OR service = ?)";
    if tx.engine() == Engine::MariaDb {
        // Who asks next waits until this payment stands in the sum, or on another node of a
        // cluster has to ask again.
        execute(
            tx,
            &format!("UPDATE limits SET checks = checks + 1 WHERE {WHERE}"),
            values![machine, service],
        )
        .await?;
    }
    let sql = format!("SELECT machine_id, service, per_job, per_day FROM limits WHERE {WHERE}");
    for limit in all(tx, &sql, values![machine, service]).await? {
        let (of_machine, of_service) = (int_or_none(&limit, 0)?, text_or_none(&limit, 1)?);
        let (per_job, per_day) = (int_or_none(&limit, 2)?, int_or_none(&limit, 3)?);
        let Some(amount) = amount.map(Vnd::dong) else {
            if per_job.or(per_day).is_some() {
                return Ok(true);
            }
            continue;
        };
        if per_job.is_some_and(|most| amount > most) {
            return Ok(true);
        }
        if let Some(most) = per_day
            && armed_today(tx, of_machine, of_service).await? + amount > most
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What was armed today and not proven to be nothing. A job counts once: its earlier attempts
/// were proven not sent.
async fn armed_today(
    tx: &Tx,
    machine: Option<i64>,
    service: Option<String>,
) -> Result<i64, StoreError> {
    let sql = tx.casts(
        "SELECT CAST(COALESCE(SUM(attempts.amount), 0) AS SIGNED) FROM attempts JOIN jobs ON jobs.id = attempts.job_id \
         WHERE attempts.armed_at >= ? AND (? IS NULL OR attempts.machine_id = ?) AND (? IS NULL OR jobs.service = ?) \
         AND (jobs.state IN ('armed', 'in_doubt', 'review') OR jobs.outcome = 'paid') \
         AND NOT EXISTS (SELECT 1 FROM attempts AS later WHERE later.job_id = attempts.job_id AND later.id > attempts.id)",
    );
    let given = values![
        day_start(tx.now_ms()),
        machine,
        machine,
        service.clone(),
        service
    ];
    one(tx, &sql, given)
        .await?
        .map_or(Ok(0), |row| int(&row, 0))
}
