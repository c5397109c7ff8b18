//! What a list does not say of a contract that is known stays as it was; what a list changed can be put back.
//!
//! Pure functions over what is known and what came in.

use super::contract::{Contract, ContractItem};
use crate::domain::desk::{IncomingContract, IncomingItem, IncomingPhone, Settle, Unsaid};

/// A contract as a list would say it that changes nothing, without its items.
pub(super) fn said(known: &Contract) -> IncomingContract {
    let phone = |phone: &crate::domain::desk::ContractPhone| IncomingPhone {
        number: phone.number.clone(),
        main: phone.main,
        hifpt: phone.hifpt,
    };
    IncomingContract {
        number: known.number.clone(),
        customer_name: known.customer_name.clone(),
        address: known.address.clone(),
        kind: known.kind.clone(),
        phones: known.phones.iter().map(phone).collect(),
        service_requests: known.requests.clone(),
        collector: known.collector.clone(),
        ..IncomingContract::default()
    }
}

/// An item as a list would say it that changes nothing.
pub(super) fn item_said(known: &ContractItem) -> IncomingItem {
    let settle = known.settle_service.clone().zip(known.settle_code.clone());
    IncomingItem {
        number: known.number.clone(),
        from: known.from.clone(),
        to: known.to.clone(),
        issued: known.issued.clone(),
        amount: known.amount,
        content: known.content.clone(),
        source: known.source.clone(),
        paid_type: known.paid_type,
        ptc: known.is_ptc,
        settle: settle.map(|(service, code)| Settle { service, code }),
        unsaid: Vec::new(),
    }
}

/// What a contract is after a list: what it does not say stays.
pub(super) fn completed(incoming: &IncomingContract, known: &Contract) -> IncomingContract {
    let (mut whole, before) = (incoming.clone(), said(known));
    for unsaid in &incoming.unsaid {
        match unsaid {
            Unsaid::CustomerName => whole.customer_name.clone_from(&before.customer_name),
            Unsaid::Address => whole.address.clone_from(&before.address),
            Unsaid::Type => whole.kind.clone_from(&before.kind),
            Unsaid::ServiceRequests => whole.service_requests.clone_from(&before.service_requests),
            _ => {}
        }
    }
    let has = |what| incoming.unsaid.contains(&what);
    whole.phones = if has(Unsaid::Phones) {
        before.phones
    } else {
        phones(
            &whole.phones,
            &before.phones,
            has(Unsaid::Hifpt),
            has(Unsaid::OtherPhones),
        )
    };
    whole.collector = whole.collector.or(before.collector);
    whole
}

/// Phones that a list names, and behind them those that it does not.
fn phones(
    named: &[IncomingPhone],
    known: &[IncomingPhone],
    keeps_hifpt: bool,
    keeps_others: bool,
) -> Vec<IncomingPhone> {
    let same = |phone: &IncomingPhone| known.iter().find(|known| known.number == phone.number);
    let all_known = named.iter().all(|phone| same(phone).is_some());
    if keeps_others && keeps_hifpt && all_known {
        return known.to_vec();
    }
    let mut all: Vec<IncomingPhone> = named.to_vec();
    if keeps_hifpt {
        for phone in &mut all {
            phone.hifpt = same(phone).is_some_and(|known| known.hifpt);
        }
    }
    if keeps_others {
        let is_named = |known: &&IncomingPhone| named.iter().any(|p| p.number == known.number);
        let others = known.iter().filter(|known| !is_named(known)).cloned();
        all.extend(others.map(|phone| IncomingPhone {
            main: false,
            ..phone
        }));
    }
    all
}

/// What an item is after a list: what it does not say stays.
pub(super) fn completed_item(item: &IncomingItem, known: &ContractItem) -> IncomingItem {
    let (mut whole, before) = (item.clone(), item_said(known));
    for unsaid in &item.unsaid {
        match unsaid {
            Unsaid::From => whole.from.clone_from(&before.from),
            Unsaid::To => whole.to.clone_from(&before.to),
            Unsaid::Issued => whole.issued.clone_from(&before.issued),
            Unsaid::Content => whole.content.clone_from(&before.content),
            Unsaid::Source => whole.source.clone_from(&before.source),
            Unsaid::PaidType => whole.paid_type = before.paid_type,
            Unsaid::Ptc => whole.ptc = before.ptc,
            Unsaid::Settle => whole.settle.clone_from(&before.settle),
            _ => {}
        }
    }
    whole.unsaid.clear();
    whole
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::desk::{ContractPhone, ItemKind, ItemState, ServiceRequest};

    fn known() -> Contract {
        Contract {
            id: 1,
            owner_id: 1,
            number: "W1".to_owned(),
            customer_name: "Lê Tám".to_owned(),
            address: "Số 1".to_owned(),
            kind: "dac_biet".to_owned(),
            phones: vec![
                ContractPhone {
                    number: "0901".to_owned(),
                    main: true,
                    hifpt: true,
                },
                ContractPhone {
                    number: "0902".to_owned(),
                    main: false,
                    hifpt: false,
                },
            ],
            requests: vec![ServiceRequest {
                kind: "KPDV".to_owned(),
                state: "dang_xu_ly".to_owned(),
            }],
            collector: Some("luc".to_owned()),
        }
    }

    #[test]
    fn what_a_list_does_not_say_stays() {
        let all = vec![
            Unsaid::CustomerName,
            Unsaid::Address,
            Unsaid::Type,
            Unsaid::Phones,
            Unsaid::ServiceRequests,
        ];
        let list = IncomingContract {
            number: "W1".to_owned(),
            kind: "binh_thuong".to_owned(),
            unsaid: all,
            ..IncomingContract::default()
        };
        let whole = completed(&list, &known());
        assert_eq!(
            IncomingContract {
                unsaid: Vec::new(),
                ..whole
            },
            said(&known())
        );
        let list = IncomingContract {
            unsaid: Vec::new(),
            ..list
        };
        assert!(
            completed(&list, &known()).phones.is_empty(),
            "said to have none"
        );
    }

    #[test]
    fn a_phone_of_a_list_is_the_main_one_and_the_others_stay() {
        let list = |number: &str, unsaid: &[Unsaid]| IncomingContract {
            phones: vec![IncomingPhone {
                number: number.to_owned(),
                main: true,
                hifpt: false,
            }],
            unsaid: unsaid.to_vec(),
            ..IncomingContract::default()
        };
        let both = [Unsaid::Hifpt, Unsaid::OtherPhones];
        assert_eq!(
            completed(&list("0902", &both), &known()).phones,
            said(&known()).phones
        );
        let phones = completed(&list("0903", &both), &known()).phones;
        let told: Vec<_> = phones
            .iter()
            .map(|p| (p.number.as_str(), p.main, p.hifpt))
            .collect();
        assert_eq!(
            told,
            [
                ("0903", true, false),
                ("0901", false, true),
                ("0902", false, false)
            ]
        );
        assert_eq!(completed(&list("0903", &[]), &known()).phones.len(), 1);
    }

    #[test]
    fn an_item_keeps_what_is_not_said_of_it() {
        let known = ContractItem {
            id: 7,
            kind: ItemKind::Bill,
            number: "B1".to_owned(),
            from: Some("2026-10-01".to_owned()),
            to: Some("2026-10-31".to_owned()),
            issued: Some("2026-11-01".to_owned()),
            amount: 11_000,
            content: "Cước".to_owned(),
            source: String::new(),
            paid_type: None,
            is_ptc: true,
            is_hidden: false,
            settle_service: Some("gach_dien_evn".to_owned()),
            settle_code: Some("PE01".to_owned()),
            state: ItemState::Open,
            desk_payment: None,
        };
        let item = IncomingItem {
            number: "B1".to_owned(),
            amount: 22_000,
            issued: Some("2026-11-05".to_owned()),
            unsaid: vec![
                Unsaid::From,
                Unsaid::To,
                Unsaid::Content,
                Unsaid::Ptc,
                Unsaid::Settle,
            ],
            ..IncomingItem::default()
        };
        let whole = completed_item(&item, &known);
        let expected = IncomingItem {
            amount: 22_000,
            issued: Some("2026-11-05".to_owned()),
            ..item_said(&known)
        };
        assert_eq!(whole, expected);
    }
}
