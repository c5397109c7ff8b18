use super::*;
use crate::portal::PortalMap;

fn judged(expected_amount: Option<u32>, body: &str) -> Judgement {
    judged_of("phone.confirm", "0981234567", expected_amount, body)
}

fn judged_of(confirm: &str, account: &str, expected_amount: Option<u32>, body: &str) -> Judgement {
    let map = PortalMap::load(None).expect("map");
    let expected = Expected {
        words: &map.gate,
        buttons: ids(&map.elements[confirm]),
        account: account.into(),
        typed_amount: expected_amount.map(Vnd::fixed),
        picked: Some(("indexForm:subAmountId".into(), "4".into())),
        attempt: "A1".into(),
    };
    expected.judge(&Posted {
        id: "1".into(),
        url: "u".into(),
        body: body.into(),
        attempt: Some("A1".into()),
        view: Some("1:2".into()),
    })
}

const GOOD: &str = "javax.faces.source=indexForm%3AyesIdCard&indexForm%3AphoneNumberId=0981234567&indexForm%3AtransAmountId_hinput=150000&javax.faces.ViewState=1%3A2";

#[test]
fn only_the_paying_buttons_request_confirms() {
    assert_eq!(judged(Some(150_000), GOOD), Judgement::Confirms);
    assert_eq!(
        judged(Some(150_000), &GOOD.replace("yesIdCard", "updateId")),
        Judgement::Other
    );
    assert_eq!(
        judged(
            None,
            "indexForm%3AyesIdCard=&indexForm%3AphoneNumberId=0981234567"
        ),
        Judgement::Confirms,
        "a form that loads a page"
    );
    assert_eq!(
        judged(None, "javax.faces.source=xindexForm%3AyesIdCard"),
        Judgement::Other,
        "to the letter"
    );
}

#[test]
fn another_amounts_button_than_the_one_that_was_chosen_does_not_leave() {
    let with = |value: &str| format!("{GOOD}&indexForm%3AsubAmountId={value}");
    assert_eq!(judged(None, &with("4")), Judgement::Confirms);
    assert!(matches!(judged(None, &with("5")), Judgement::Wrong(_)));
}

#[test]
fn another_account_amount_or_page_does_not_leave() {
    for (from, to) in [
        ("0981234567", "0981234568"),
        ("150000", "1500000"),
        ("150000", ""),
        ("1%3A2", "9%3A9"),
    ] {
        assert!(
            matches!(
                judged(Some(150_000), &GOOD.replace(from, to)),
                Judgement::Wrong(_)
            ),
            "{from} → {to}"
        );
    }
}

#[test]
fn a_request_without_account_or_amount_does_not_leave() {
    let forms = [
        (
            "phone.confirm",
            "indexForm%3AyesIdCard",
            "indexForm%3AphoneNumberId",
        ),
        (
            "evn.confirm",
            "payMoneyForm%3AyesIdEVN",
            "payMoneyForm%3AbillCodeId",
        ),
        (
            "tv.confirm",
            "payMoneyForm%3AyesId0",
            "payMoneyForm%3AcontractCode",
        ),
    ];
    for (confirm, button, field) in forms {
        let whole = format!("{button}=&{field}=pe01");
        assert_eq!(
            judged_of(confirm, "PE01", None, &whole),
            Judgement::Confirms
        );
        for without in [format!("{button}="), format!("{button}=&{field}=+")] {
            assert!(
                matches!(
                    judged_of(confirm, "PE01", None, &without),
                    Judgement::Wrong(_)
                ),
                "{without}"
            );
        }
    }
    for gone in [
        "&indexForm%3AtransAmountId_hinput=150000",
        "&indexForm%3AphoneNumberId=0981234567",
    ] {
        assert!(
            matches!(
                judged(Some(150_000), &GOOD.replace(gone, "")),
                Judgement::Wrong(_)
            ),
            "{gone}"
        );
    }
}

#[test]
fn a_pin_is_never_kept() {
    let map = PortalMap::load(None).expect("map");
    let kept = masked(&map.gate, "payMoneyForm%3ApinId=246810&a=1");
    assert!(!kept.contains("246810") && kept.contains("a=1"), "{kept}");
}
