//! Contracts of a company that has them elsewhere: read when somebody opens one, kept with ours.

use std::time::Duration;

use serde_json::Value;

use super::who::DeskPerson;
use crate::domain::desk::IncomingContract;
use crate::providers::Channel;
use crate::server::AppState;
use crate::server::messages::company;
use crate::server::pay::refusal::PayRefusal;

/// How long somebody who opens a contract waits for the company's system.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// Reads a contract from the company's own system, where there is one. Where it does not answer, or does
/// not know the contract, ours holds.
pub async fn refresh(app: &AppState, me: &DeskPerson, number: &str) -> Result<(), PayRefusal> {
    let channels = app.channels().await?;
    match channels.own(me.owner, Channel::BackOffice) {
        Ok(Some(_)) => {}
        Ok(None) => return Ok(()),
        Err(fault) => {
            tracing::error!(%fault, "the company's system cannot be asked");
            return Ok(());
        }
    }
    let Ok(company) = company(app, me.owner).await else {
        return Ok(());
    };
    let found = match tokio::time::timeout(ANSWER_MAX, company.contract(number)).await {
        Ok(Ok(Some(found))) => found,
        Ok(Ok(None)) => return Ok(()),
        Ok(Err(fault)) => {
            tracing::warn!(%fault, "the company's system did not tell a contract; ours holds");
            return Ok(());
        }
        Err(_) => {
            tracing::warn!("the company's system did not answer in time; ours holds");
            return Ok(());
        }
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
