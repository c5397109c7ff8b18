//! A company that has contracts and limits elsewhere: a contract and what its collector may hold are read when
//! somebody opens them, and kept with ours; a limit that is set here is set there first.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::who::DeskPerson;
use crate::domain::desk::{IncomingContract, is_day};
use crate::providers::backoffice::{BackOffice, CashLimit};
use crate::providers::{Channel, ProviderFault};
use crate::server::AppState;
use crate::server::messages::company;
use crate::server::pay::refusal::PayRefusal;
use crate::store::desk::{Collector, CollectorChange};

/// How long somebody who opens a contract waits for the company's system.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// The company's own system, where there is one.
async fn system(app: &AppState, owner: i64) -> Result<Option<Arc<BackOffice>>, PayRefusal> {
    let channels = app.channels().await?;
    match channels.own(owner, Channel::BackOffice) {
        Ok(Some(_)) => Ok(company(app, owner).await.ok()),
        Ok(None) => Ok(None),
        Err(fault) => {
            tracing::error!(%fault, "the company's system cannot be asked");
            Ok(None)
        }
    }
}

/// What it answered in time. `None`: it does not know, or did not answer, and ours holds.
async fn answer<T>(
    what: &str,
    question: impl Future<Output = Result<Option<T>, ProviderFault>>,
) -> Option<T> {
    match tokio::time::timeout(ANSWER_MAX, question).await {
        Ok(Ok(found)) => found,
        Ok(Err(fault)) => {
            tracing::warn!(what, %fault, "the company's system did not tell it; ours holds");
            None
        }
        Err(_) => {
            tracing::warn!(
                what,
                "the company's system did not answer in time; ours holds"
            );
            None
        }
    }
}

/// Reads a contract, and what its reader may hold, from the company's own system, where there is one.
pub async fn refresh(app: &AppState, me: &DeskPerson, number: &str) -> Result<(), PayRefusal> {
    let Some(company) = system(app, me.owner).await? else {
        return Ok(());
    };
    let (contract, limit) = tokio::join!(
        answer("contract", company.contract(number)),
        answer("limit", company.limit(&me.person.username))
    );
    if let Some(limit) = limit {
        keep_limit(app, me, limit).await?;
    }
    let Some(found) = contract else {
        return Ok(());
    };
    match IncomingContract::read(&Value::Object(found)) {
        Ok(contract) if contract.number == number => {
            let desk = app.store().desk();
            desk.put(me.owner, &[(0, contract)], &me.actor()).await?;
        }
        Ok(_) => tracing::warn!("the company's system told another contract than was asked for"),
        Err(why) => tracing::warn!(
            why,
            "the company's system told a contract that cannot be read"
        ),
    }
    Ok(())
}

/// Reads what somebody may hold from the company's own system, where there is one.
pub async fn refresh_limit(app: &AppState, me: &DeskPerson) -> Result<(), PayRefusal> {
    let Some(company) = system(app, me.owner).await? else {
        return Ok(());
    };
    match answer("limit", company.limit(&me.person.username)).await {
        Some(limit) => keep_limit(app, me, limit).await,
        None => Ok(()),
    }
}

/// Keeps a limit that differs from ours.
async fn keep_limit(app: &AppState, me: &DeskPerson, told: CashLimit) -> Result<(), PayRefusal> {
    let cash = app.store().desk().cash();
    let Some(ours) = cash.collector(me.person.user_id).await? else {
        return Ok(());
    };
    if let Some(change) = change_to(&ours, told) {
        cash.change(ours.user_id, &change, &me.actor()).await?;
    }
    Ok(())
}

/// What has to change for ours to be as it was told.
fn change_to(ours: &Collector, told: CashLimit) -> Option<CollectorChange> {
    let until = told.extra_until.filter(|day| told.extra > 0 && is_day(day));
    let extra = if until.is_some() { told.extra } else { 0 };
    let is_same = ours.cash.limit == told.limit && ours.extra == extra && ours.extra_until == until;
    (!is_same).then_some(CollectorChange {
        kind: None,
        cash_limit: Some(told.limit),
        extra: Some((extra, until)),
    })
}

/// A limit is set in the company's own system, where there is one, before it is set here.
pub async fn set_limit(
    app: &AppState,
    me: &DeskPerson,
    person: &str,
    limit: &CashLimit,
) -> Result<(), PayRefusal> {
    let Some(company) = system(app, me.owner).await? else {
        return Ok(());
    };
    let set = tokio::time::timeout(ANSWER_MAX, company.set_limit(person, limit)).await;
    match set {
        Ok(Ok(())) => Ok(()),
        Ok(Err(fault)) => {
            tracing::warn!(%fault, "the company's system did not take a limit");
            Err(not_taken())
        }
        Err(_) => {
            tracing::warn!("the company's system did not answer to a limit in time");
            Err(not_taken())
        }
    }
}

fn not_taken() -> PayRefusal {
    PayRefusal::of(
        axum::http::StatusCode::SERVICE_UNAVAILABLE,
        "provider_unreachable",
        "Hệ thống nội bộ chưa nhận hạn mức mới, chưa đổi gì cả. Thử lại sau ít phút.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::desk::CashStanding;

    fn told(limit: i64, extra: i64, until: Option<&str>) -> CashLimit {
        CashLimit {
            limit,
            extra,
            extra_until: until.map(str::to_owned),
        }
    }

    #[test]
    fn a_limit_that_differs_is_changed_and_an_extra_without_an_end_is_none() {
        let ours = Collector {
            user_id: 1,
            kind: None,
            cash: CashStanding {
                limit: 5,
                ..CashStanding::default()
            },
            extra: 0,
            extra_until: None,
        };
        assert_eq!(change_to(&ours, told(5, 0, None)), None);
        assert_eq!(change_to(&ours, told(5, 9, None)), None);
        let change = change_to(&ours, told(7, 9, Some("2026-12-01"))).unwrap();
        assert_eq!(change.cash_limit, Some(7));
        assert_eq!(change.extra, Some((9, Some("2026-12-01".to_owned()))));
    }
}
