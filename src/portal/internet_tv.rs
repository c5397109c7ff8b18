//! The Internet and TV page: look a subscriber up, choose the contract, open the confirm dialog.

use secrecy::SecretString;
use serde_json::json;

use super::look_up::{Contract, Found, LookUp, Readiness};
use super::map::Card;
use super::page::Page;
use super::prepared::Ready;
use super::snapshot::RawCard;
use super::snapshot::Snapshot;
use super::step::{await_any, await_question, click, fill, fill_secret, ready};
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
        self.open(&path).await?;
        let snapshot = self
            .step(vec![
                ready(),
                json!({ "op": "radio", "input": "tv.search_kind_input", "on": "tv.search_kind" }),
                fill("tv.code", code.as_str()),
                click("tv.search"),
                json!({ "op": "cards", "on": "tv.card", "button": self.map.card.button }),
            ])
            .await?;
        read_answer(self.map, &snapshot, code.as_str())
    }

    /// Chooses the contract, fills the PIN and opens the dialog.
    pub async fn prepare_contract(
        &mut self,
        contract: &Contract,
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
    Ok(LookUp::Found(Found {
        amount: contract.debt,
        customer: Some(contract.owner.clone()).filter(|o| !o.is_empty()),
        note: contract.note(),
        balance: snapshot.balance_vnd(),
        agent: snapshot.agent.clone(),
        readiness: Readiness::Contract(contract),
    }))
}

fn contract(labels: &Card, card: &RawCard) -> Result<Contract, PortalError> {
    let line = |label: &str| card.lines.get(label).cloned().unwrap_or_default();
    let changed = |element: &str, why: String| PortalError::PageChanged {
        element: element.to_owned(),
        why,
    };
    let debt_text = card
        .lines
        .get(&labels.debt)
        .ok_or_else(|| changed("card.debt", "không có dòng nợ cước".to_owned()))?;
    Ok(Contract {
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
mod tests {
    use super::*;
    use crate::domain::Vnd;

    fn card(number: &str, subscriber: &str, debt: &str, button: u32) -> RawCard {
        let lines = [
            ("Mã hợp đồng:", number),
            ("Chủ hợp đồng:", "NGUYỄN VĂN A"),
            ("Số thuê bao đại diện:", subscriber),
            ("Dịch vụ:", "Internet"),
            ("Số điện thoại liên hệ:", "912345678"),
            ("Nợ cước:", debt),
        ];
        RawCard {
            lines: lines
                .into_iter()
                .map(|(l, v)| (l.to_owned(), v.to_owned()))
                .collect(),
            button: Some(format!("payMoneyForm:btnView{button}")),
        }
    }

    fn page(cards: Vec<RawCard>, messages: &[(&str, &str)]) -> Snapshot {
        let said: Vec<_> = messages
            .iter()
            .map(|(severity, text)| json!({ "severity": severity, "text": text }))
            .collect();
        let mut snapshot: Snapshot = serde_json::from_value(json!({
            "url": "", "doc": "", "agent": "A", "balance": "1.234.567 đ", "messages": said, "login": false, "captcha": false, "otp": false,
            "expired": false, "dialog": null, "matched": {}, "pressed": false, "refreshed": false, "answered": null, "error": null,
        }))
        .expect("snapshot");
        snapshot.cards = cards;
        snapshot
    }

    fn look(snapshot: &Snapshot, code: &str) -> Result<LookUp, PortalError> {
        read_answer(&PortalMap::load(None).expect("map"), snapshot, code)
    }

    #[test]
    fn a_single_contract_is_read_whoever_represents_it() {
        let answer = page(
            vec![card("600000001", "k012_gftth_example1", "165,000 VND", 1)],
            &[],
        );
        let Ok(LookUp::Found(found)) = look(&answer, "another_code") else {
            panic!("found")
        };
        assert_eq!(
            (found.amount, found.balance),
            (Vnd::fixed(165_000), Some(Vnd::fixed(1_234_567)))
        );
        assert_eq!(
            found.note,
            "HD:600000001 | Chu:NGUYỄN VĂN A | SDT:912345678 | No:165.000 đ"
        );
    }

    #[test]
    fn among_several_contracts_only_the_code_to_the_letter_is_taken() {
        let cards = || {
            vec![
                card("600000001", "k1_long", "10,000 VND", 1),
                card("600000002", "K1", "20,000 VND", 2),
            ]
        };
        let Ok(LookUp::Found(found)) = look(&page(cards(), &[]), "k1") else {
            panic!("found")
        };
        assert_eq!(
            found.amount,
            Vnd::fixed(20_000),
            "not the one that merely contains the code"
        );
        assert!(
            matches!(look(&page(cards(), &[]), "k1_l"), Ok(LookUp::Several(c)) if c.len() == 2)
        );
        let twins = vec![
            card("600000001", "k1", "10,000 VND", 1),
            card("600000002", "k1", "20,000 VND", 2),
        ];
        assert!(matches!(
            look(&page(twins, &[]), "k1"),
            Ok(LookUp::Several(_))
        ));
    }

    #[test]
    fn an_empty_answer_is_not_not_found() {
        assert!(matches!(
            look(&page(vec![], &[]), "k1"),
            Err(PortalError::System(_))
        ));
        assert!(matches!(
            look(&page(vec![], &[("error", "Không tìm thấy thuê bao")]), "k1"),
            Ok(LookUp::NotFound(_))
        ));
        assert!(matches!(
            look(
                &page(vec![], &[("info", "Thuê bao không còn nợ cước")]),
                "k1"
            ),
            Ok(LookUp::NoDebt(_))
        ));
    }

    #[test]
    fn an_amount_that_cannot_be_read_is_no_amount() {
        for odd in ["165,000.50 VND", "165k", ""] {
            assert!(
                matches!(
                    look(&page(vec![card("6", "k1", odd, 1)], &[]), "k1"),
                    Err(PortalError::PageChanged { .. })
                ),
                "{odd}"
            );
        }
    }
}
