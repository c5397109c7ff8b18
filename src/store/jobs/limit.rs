//! How much may be armed: for one job, and in a day.

use crate::domain::{Service, Vnd};
use crate::store::StoreError;
use crate::store::db::{Store, Tx, all, insert, int, int_or_none, one, text_or_none, values};

impl Store {
    /// A limit for a machine and a service; `None` is all of them.
    pub async fn set_limit(
        &self,
        machine: Option<i64>,
        service: Option<Service>,
        per_job: Option<Vnd>,
        per_day: Option<Vnd>,
    ) -> Result<i64, StoreError> {
        let sql = "INSERT INTO limits (machine_id, service, per_job, per_day) VALUES (?, ?, ?, ?)";
        let given = values![machine, service.map(|s| s.spec().wire), per_job.map(Vnd::dong), per_day.map(Vnd::dong)];
        insert(&self.db, sql, given).await
    }

    pub(super) async fn is_over_limit(&self, tx: &Tx, machine: i64, service: &str, amount: Option<Vnd>) -> Result<bool, StoreError> {
        let Some(amount) = amount.map(Vnd::dong) else { return Ok(false) };
        let sql = "SELECT machine_id, service, per_job, per_day FROM limits WHERE deleted_at IS NULL AND (machine_id IS NULL OR machine_id = ?) \
                   AND (service IS NULL OR service = ?)";
        for limit in all(&**tx, sql, values![machine, service]).await? {
            if int_or_none(&limit, 2)?.is_some_and(|most| amount > most) {
                return Ok(true);
            }
            let Some(most) = int_or_none(&limit, 3)? else { continue };
            // What was armed today and not proven to be nothing.
            let sql = self.casts(
                "SELECT CAST(COALESCE(SUM(attempts.amount), 0) AS SIGNED) FROM attempts JOIN jobs ON jobs.id = attempts.job_id \
                       WHERE attempts.armed_at >= ? AND (? IS NULL OR attempts.machine_id = ?) AND (? IS NULL OR jobs.service = ?) \
                       AND (jobs.state IN ('armed', 'in_doubt', 'review') OR jobs.outcome = 'paid')",
            );
            let (of_machine, of_service) = (int_or_none(&limit, 0)?, text_or_none(&limit, 1)?);
            let given = values![start_of_day(self.now_ms()), of_machine, of_machine, of_service.clone(), of_service];
            let spent = one(&**tx, &sql, given).await?.map_or(Ok(0), |row| int(&row, 0))?;
            if spent + amount > most {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Midnight in Viet Nam, which has had no other time since 1975.
fn start_of_day(now_ms: i64) -> i64 {
    const DAY: i64 = 86_400_000;
    const AHEAD: i64 = 7 * 3_600_000;
    (now_ms + AHEAD).div_euclid(DAY) * DAY - AHEAD
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_midnight_in_viet_nam() {
        let at = |text: &str| text.parse::<jiff::Timestamp>().expect("a time").as_millisecond();
        assert_eq!(start_of_day(at("2026-11-21T16:59:59Z")), at("2026-11-20T17:00:00Z"));
        assert_eq!(start_of_day(at("2026-11-21T17:00:00Z")), at("2026-11-21T17:00:00Z"));
    }
}
