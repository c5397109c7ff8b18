//! The Internet and TV page: look a subscriber up, choose the contract, open the confirm dialog.

use secrecy::SecretString;
use serde_json::json;

use super::kept::FormKind;
use super::look_up::{FoundDebt, LookUp, PortalContract, Readiness};
use super::map::Card;
use super::page::Page;
use super::prepared::Ready;
use super::snapshot::RawCard;
use super::snapshot::Snapshot;
use super::step::{await_any, await_question, click, fill, fill_secret};
use super::{PortalError, PortalMap};
use crate::domain::SubscriberCode;

impl Page<'_> {
    /// Looks a subscriber up.
    pub async fn look_up_subscriber(
        &mut self,
        code: &SubscriberCode,
    ) -> Result<LookUp, PortalError> {
        let path = self
            .map
            .pages
            .internet_tv
            .first()
            .cloned()
            .unwrap_or_default();
        let steps = [
            json!({ "op": "radio", "input": "tv.search_kind_input", "on": "tv.search_kind" }),
            fill("tv.code", code.as_str()),
            click("tv.search"),
            json!({ "op": "cards", "on": "tv.card", "button": self.map.card.button }),
        ];
        let snapshot = self.on_form(FormKind::InternetTv, &path, &steps).await?;
        let snapshot = self.check(snapshot)?;
        read_answer(self.map, &snapshot, code.as_str())
    }

    /// Chooses the contract, fills the PIN and opens the dialog.
    pub async fn prepare_contract(
        &mut self,
        contract: &PortalContract,
        pin: &SecretString,
    ) -> Result<Ready, PortalError> {
        // One call: choosing brings the panel, or a refusal and no panel.
        let steps = vec![
            json!({ "op": "click_id", "on": "tv.card", "id": contract.button }),
            await_any(&["tv.pin", "tv.pay"]),
            fill_secret("tv.pin", pin, true),
            click("tv.pay"),
            await_question("tv.confirm"),
        ];
        let (snapshot, fault) = self.step_with_words(steps).await?;
        match (snapshot.refusal(self.map)?, fault) {
            (Some(LookUp::Rejected(text) | LookUp::NotFound(text)), _) => {
                return Ok(Ready::Rejected(text));
            }
            (_, Some(fault)) => return Err(fault),
            (_, None) => {}
        }
        snapshot.ready(self.map, "tv.confirm")
    }
}

fn read_answer(map: &PortalMap, snapshot: &Snapshot, code: &str) -> Result<LookUp, PortalError> {
    if snapshot.cards.is_empty() {
        return match snapshot.refusal(map)? {
            Some(end) => Ok(end),
            // Neither a card nor a word: "not found" only where the page says so.
            None => Err(PortalError::System(
                "cổng không trả kết quả tra cứu".to_owned(),
            )),
        };
    }
    if let Some(end @ (LookUp::Rejected(_) | LookUp::NotFound(_))) = snapshot.refusal(map)? {
        return Ok(end);
    }
    let contracts = snapshot
        .cards
        .iter()
        .map(|card| contract(&map.card, card))
        .collect::<Result<Vec<_>, _>>()?;
    let chosen = match contracts.as_slice() {
        // The search was for exactly this subscriber, so a single contract is its own, whoever
        // represents it.
        [only] => Some(only),
        several => {
            let mut own = several.iter().filter(|c| c.is_of(code));
            own.next().filter(|_| own.next().is_none())
        }
    };
    let Some(contract) = chosen.cloned() else {
        return Ok(LookUp::Several(contracts));
    };
    if contract.debt.is_zero() {
        return Ok(LookUp::NoDebt(contract.note()));
    }
    Ok(LookUp::Found(FoundDebt {
        amount: contract.debt,
        customer: Some(contract.owner.clone()).filter(|o| !o.is_empty()),
        note: contract.note(),
        balance: snapshot.balance_vnd(),
        agent: snapshot.agent.clone(),
        readiness: Readiness::Contract(contract),
    }))
}

fn contract(labels: &Card, card: &RawCard) -> Result<PortalContract, PortalError> {
    let line = |label: &str| card.lines.get(label).cloned().unwrap_or_default();
    let changed = |element: &str, why: String| PortalError::PageChanged {
        element: element.to_owned(),
        why,
    };
    let debt_text = card
        .lines
        .get(&labels.debt)
        .ok_or_else(|| changed("card.debt", "không có dòng nợ cước".to_owned()))?;
    Ok(PortalContract {
        number: line(&labels.contract),
        owner: line(&labels.owner),
        subscriber: line(&labels.subscriber),
        service: line(&labels.service),
        contact: line(&labels.contact),
        debt: debt_text
            .parse()
            .map_err(|e| changed("card.debt", format!("{e}")))?,
        button: card
            .button
            .clone()
            .ok_or_else(|| changed("card.button", "không có nút thanh toán".to_owned()))?,
    })
}

#[cfg(test)]
mod tests;
