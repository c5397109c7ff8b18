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
    assert!(matches!(look(&page(cards(), &[]), "k1_l"), Ok(LookUp::Several(c)) if c.len() == 2));
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
