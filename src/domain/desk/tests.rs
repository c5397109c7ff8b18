use super::message::parts;
use super::*;
use crate::domain::calendar::AHEAD_MS;

/// 26 November 2026 in Viet Nam, at this time of the day.
fn at(hour: i64, minute: i64) -> i64 {
    let midnight = "2026-11-26T00:00:00Z"
        .parse::<jiff::Timestamp>()
        .expect("a time");
    midnight.as_millisecond() - AHEAD_MS + (hour * 60 + minute) * 60_000
}

fn bill(id: i64, issued: &str) -> OwedItem {
    OwedItem {
        id,
        kind: ItemKind::Bill,
        issued: Some(issued.to_owned()),
        amount: 100_000,
        is_ptc: false,
    }
}

fn receivable(id: i64, issued: Option<&str>, is_ptc: bool) -> OwedItem {
    OwedItem {
        id,
        kind: ItemKind::Receivable,
        issued: issued.map(str::to_owned),
        amount: 50_000,
        is_ptc,
    }
}

fn around(kind: CollectorKind) -> Circumstances {
    Circumstances {
        kind: Some(kind),
        cash: CashStanding {
            limit: 1_000_000,
            ..CashStanding::default()
        },
        outstanding_is_for_cash: false,
        is_wallet_linked: true,
        now_ms: at(9, 0),
    }
}

fn contract(is_normal: bool, has_work: bool, items: Vec<OwedItem>) -> OwingContract {
    OwingContract {
        is_normal,
        has_work,
        items,
    }
}

fn said(
    contract: &OwingContract,
    selected: &[i64],
    method: DeskMethod,
    around: &Circumstances,
) -> Option<&'static str> {
    check(contract, selected, method, around)
        .err()
        .map(|spoken| spoken.rule.code())
}

use CollectorKind::{FeeCollector, Technician};
use DeskMethod::{Cash, PayOsQr, VnPayQr, Wallet};

#[test]
fn each_rule_has_its_exact_words() {
    let words: Vec<_> = Rule::ALL.iter().map(|r| (r.code(), r.message())).collect();
    assert_eq!(
        words,
        [
            (
                "nothing_selected",
                "Vui lòng chọn hóa đơn/khoản thu cần thanh toán"
            ),
            (
                "too_many_items",
                "Chỉ được chọn tối đa 6 hóa đơn/khoản thu thanh toán"
            ),
            ("oldest_first", "Vui lòng thanh toán hóa đơn xa nhất"),
            ("ptc_required", "Vui lòng chọn khoản thu PTC"),
            ("bills_required", "Vui lòng chọn hóa đơn cần thanh toán"),
            ("cash_outstanding", "Đang tồn tạm không thể thanh toán"),
            ("over_limit", "Vượt quá hạn mức gạch nợ bằng tiền mặt"),
            (
                "wallet_not_linked",
                "Vui lòng thực hiện liên kết phương thức thanh toán"
            ),
        ]
    );
    assert_eq!(
        SMS_QUOTA,
        ("sms_quota", "SĐT đã gửi quá 10 lần trong tháng")
    );
}

#[test]
fn nothing_and_too_much_are_said_first() {
    let bills = (1..=8)
        .map(|id| bill(id, &format!("2026-0{id}-01")))
        .collect();
    let contract = contract(false, true, bills);
    let around = around(FeeCollector);
    assert_eq!(
        said(&contract, &[], Cash, &around),
        Some("nothing_selected")
    );
    let seven = [1, 2, 3, 4, 5, 6, 7];
    assert_eq!(
        said(&contract, &seven, Cash, &around),
        Some("too_many_items")
    );
    assert_eq!(said(&contract, &seven[..6], Cash, &around), None);
    assert_eq!(
        check(&contract, &seven[..6], Cash, &around),
        Ok(600_000),
        "the sum is told"
    );
}

#[test]
fn a_later_bill_waits_for_an_older_one_and_equal_days_do_not() {
    let items = vec![
        bill(1, "2026-10-01"),
        bill(2, "2026-11-01"),
        bill(3, "2026-10-01"),
    ];
    let contract = contract(false, true, items);
    let around = around(FeeCollector);
    for (selected, expected) in [
        (&[2][..], Some("oldest_first")),
        (&[1, 2], Some("oldest_first")),
        (&[1], None),
        (&[3], None),
        (&[1, 3], None),
        (&[1, 2, 3], None),
    ] {
        assert_eq!(
            said(&contract, selected, Cash, &around),
            expected,
            "{selected:?}"
        );
    }
}

#[test]
fn receivables_have_no_age_beside_bills() {
    let items = vec![
        bill(1, "2026-10-01"),
        receivable(2, Some("2026-11-20"), false),
    ];
    let contract = contract(false, true, items);
    assert_eq!(said(&contract, &[2], Cash, &around(FeeCollector)), None);
}

#[test]
fn a_technician_takes_ptc_first_and_as_many_as_fit() {
    let mut items = vec![bill(1, "2026-10-01")];
    items.extend((2..=8).map(|id| receivable(id, Some(&format!("2026-0{}-01", 10 - id)), true)));
    items.push(receivable(9, None, true));
    let contract = contract(true, false, items);
    let around = around(Technician);
    // The oldest six: what has no day comes last.
    let forced: Vec<i64> = openings(&contract, Some(Technician))
        .iter()
        .filter(|opening| opening.is_forced)
        .map(|opening| opening.id)
        .collect();
    assert_eq!(forced, [3, 4, 5, 6, 7, 8]);
    assert_eq!(said(&contract, &[1], Cash, &around), Some("ptc_required"));
    assert_eq!(
        said(&contract, &[3, 4, 5, 6, 7], Cash, &around),
        Some("ptc_required")
    );
    assert_eq!(said(&contract, &[3, 4, 5, 6, 7, 8], Cash, &around), None);
    let ticked = openings(&contract, Some(Technician));
    assert!(
        ticked.iter().all(|o| o.is_ticked == o.is_forced),
        "bills are free and unticked"
    );
    // A fee collector may leave them.
    assert_eq!(
        said(
            &contract,
            &[1],
            Cash,
            &around_with_kind(around, FeeCollector)
        ),
        None
    );
}

fn around_with_kind(mut around: Circumstances, kind: CollectorKind) -> Circumstances {
    around.kind = Some(kind);
    around
}

#[test]
fn a_fee_collector_begins_with_what_the_contract_says() {
    let items = || {
        let mut items: Vec<_> = (1..=7)
            .map(|id| bill(id, &format!("2026-0{id}-01")))
            .collect();
        items.push(receivable(8, None, true));
        items
    };
    let marks = |is_normal, has_work| {
        let openings = openings(&contract(is_normal, has_work, items()), Some(FeeCollector));
        let of = |wanted: fn(&Opening) -> bool| {
            openings
                .iter()
                .filter(|o| wanted(o))
                .map(|o| o.id)
                .collect::<Vec<_>>()
        };
        (of(|o| o.is_ticked), of(|o| o.is_forced))
    };
    let six = vec![1, 2, 3, 4, 5, 6];
    assert_eq!(
        marks(true, true),
        (six.clone(), six.clone()),
        "normal, in work"
    );
    assert_eq!(
        marks(true, false),
        (six.clone(), vec![]),
        "normal, nothing in work"
    );
    assert_eq!(
        marks(false, false),
        (six.clone(), six),
        "another, nothing in work"
    );
    assert_eq!(marks(false, true), (vec![], vec![]), "another, in work");
    let around = around(FeeCollector);
    for (is_normal, has_work, expected) in [
        (true, true, Some("bills_required")),
        (true, false, None),
        (false, false, Some("bills_required")),
        (false, true, None),
    ] {
        let contract = contract(is_normal, has_work, items());
        assert_eq!(
            said(&contract, &[1], Cash, &around),
            expected,
            "{is_normal} {has_work}"
        );
        assert_eq!(
            said(&contract, &[8], Cash, &around),
            expected,
            "{is_normal} {has_work}"
        );
    }
}

#[test]
fn cash_of_an_earlier_day_stands_in_the_way_from_ten_o_clock() {
    let contract = contract(false, true, vec![bill(1, "2026-10-01")]);
    let mut late = around(FeeCollector);
    late.cash.held = 1;
    late.cash.held_of_earlier_days = 1;
    for (hour, minute, expected) in [
        (0, 0, None),
        (9, 59, None),
        (10, 0, Some("cash_outstanding")),
        (23, 59, Some("cash_outstanding")),
    ] {
        late.now_ms = at(hour, minute);
        for method in DeskMethod::ALL {
            assert_eq!(
                said(&contract, &[1], method, &late),
                expected,
                "{hour}:{minute}"
            );
        }
        assert_eq!(blocked(&late).map(Rule::code), expected);
    }
    late.outstanding_is_for_cash = true;
    assert_eq!(said(&contract, &[1], Cash, &late), Some("cash_outstanding"));
    for method in [Wallet, VnPayQr, PayOsQr] {
        assert_eq!(said(&contract, &[1], method, &late), None);
    }
    late.cash.held_of_earlier_days = 0;
    assert_eq!(
        said(&contract, &[1], Cash, &late),
        None,
        "today's cash does not count"
    );
}

#[test]
fn the_limit_is_for_cash_and_ends_at_the_last_dong() {
    let contract = contract(false, true, vec![bill(1, "2026-10-01")]);
    let mut around = around(FeeCollector);
    around.cash.limit = 150_000;
    around.cash.held = 50_000;
    assert_eq!(
        said(&contract, &[1], Cash, &around),
        None,
        "exactly as much as remains"
    );
    around.cash.held += 1;
    assert_eq!(said(&contract, &[1], Cash, &around), Some("over_limit"));
    for method in [Wallet, VnPayQr, PayOsQr] {
        assert_eq!(said(&contract, &[1], method, &around), None);
    }
    around.cash.extra = 1;
    assert_eq!(
        said(&contract, &[1], Cash, &around),
        None,
        "the extra limit counts"
    );
}

#[test]
fn only_a_technician_has_an_extra_limit_until_its_last_day() {
    let extra = |kind, until| extra_on("2026-11-26", kind, 500, until);
    assert_eq!(extra(Some(Technician), Some("2026-11-26")), 500);
    assert_eq!(extra(Some(Technician), Some("2026-11-25")), 0);
    assert_eq!(extra(Some(Technician), None), 0);
    assert_eq!(extra(Some(FeeCollector), Some("2026-12-31")), 0);
}

#[test]
fn a_wallet_has_to_be_linked() {
    let contract = contract(false, true, vec![bill(1, "2026-10-01")]);
    let mut around = around(FeeCollector);
    around.is_wallet_linked = false;
    assert_eq!(
        said(&contract, &[1], Wallet, &around),
        Some("wallet_not_linked")
    );
    assert_eq!(said(&contract, &[1], Cash, &around), None);
}

#[test]
fn rules_speak_in_their_order() {
    // Everything is wrong at once: as one after another is mended, the next one speaks.
    let items = vec![
        bill(1, "2026-10-01"),
        bill(2, "2026-11-01"),
        receivable(3, None, true),
    ];
    let technicians = contract(true, true, items);
    let mut around = around(Technician);
    around.cash = CashStanding {
        limit: 0,
        extra: 0,
        held: 1,
        held_of_earlier_days: 1,
    };
    around.now_ms = at(11, 0);
    assert_eq!(
        said(&technicians, &[], Cash, &around),
        Some("nothing_selected")
    );
    assert_eq!(
        said(&technicians, &[2], Cash, &around),
        Some("oldest_first")
    );
    assert_eq!(
        said(&technicians, &[1], Cash, &around),
        Some("ptc_required")
    );
    assert_eq!(
        said(&technicians, &[1, 3], Cash, &around),
        Some("cash_outstanding")
    );
    around.now_ms = at(9, 0);
    assert_eq!(
        said(&technicians, &[1, 3], Cash, &around),
        Some("over_limit")
    );
    around.is_wallet_linked = false;
    assert_eq!(
        said(&technicians, &[1, 3], Wallet, &around),
        Some("wallet_not_linked")
    );
}

#[test]
fn a_message_goes_to_whom_the_contract_says() {
    let phone = |number: &str, main, hifpt| ContractPhone {
        number: number.to_owned(),
        main,
        hifpt,
    };
    let main = |hifpt| phone("0900000001", true, hifpt);
    let other = |hifpt| phone("0900000002", false, hifpt);
    let third = phone("0900000003", false, true);
    assert_eq!(phone_of(&[other(true), main(true)], true), "0900000001");
    assert_eq!(
        phone_of(&[main(false), other(false), third.clone()], true),
        "0900000003"
    );
    assert_eq!(
        phone_of(&[main(false), other(true), third], true),
        "0900000002"
    );
    assert_eq!(phone_of(&[main(false), other(false)], true), "");
    assert_eq!(phone_of(&[other(true), main(false)], false), "0900000001");
    assert_eq!(phone_of(&[other(true)], false), "");
}

#[test]
fn messages_say_what_was_agreed_in_plain_letters() {
    let told = ReceiptTold {
        contract: "SGH123456",
        receipt: "PT20261126-0001",
        total: 250_000,
        days: Some(("2026-10-01", "2026-10-31")),
    };
    let technician = receipt_text(Some(Technician), &told);
    assert_eq!(
        technician,
        "FPT Telecom thong bao: So tien Quy khach thanh toan cho HD SGH123456 la 250.000 VND. Xin cam on. (ISC01.TRANGPT30)"
    );
    let collector = receipt_text(Some(FeeCollector), &told);
    assert_eq!(
        collector,
        "Cam on ban da thanh toan thanh cong so 250.000d, so chung tu: PT20261126-0001 tu ngay 01/10/2026 - 31/10/2026 cua hop dong SGH123456. LH 19006600"
    );
    assert!(technician.is_ascii() && collector.is_ascii());
    assert_eq!((parts(&technician), parts(&collector)), (1, 1));
    let alone = ReceiptTold { days: None, ..told };
    assert_eq!(
        receipt_text(Some(FeeCollector), &alone),
        "Cam on ban da thanh toan thanh cong so 250.000d, so chung tu: PT20261126-0001 cua hop dong SGH123456. LH 19006600"
    );
    assert!(settled_text("Hợp–đồng", "HĐ 1", 1_000).is_ascii());
    assert_eq!((parts(&"a".repeat(160)), parts(&"a".repeat(161))), (1, 2));
    assert_eq!((parts(&"a".repeat(306)), parts(&"a".repeat(307))), (2, 3));
    assert_eq!(parts(&"^".repeat(81)), 2, "each of them counts twice");
}

#[test]
fn receipts_are_numbered_by_the_day_in_viet_nam() {
    assert_eq!(receipt_number(at(0, 0), 1), "PT20261126-0001");
    assert_eq!(receipt_number(at(0, 0) - 1, 12_345), "PT20261125-12345");
}

#[test]
fn what_a_market_place_collects_is_not_shown() {
    assert!(is_hidden(Some(2), ""));
    assert!(is_hidden(None, "titok") && is_hidden(Some(1), "shopee"));
    assert!(!is_hidden(Some(1), "ctt") && !is_hidden(None, ""));
}

#[test]
fn a_contract_that_cannot_be_read_says_why() {
    let read = |json: serde_json::Value| IncomingContract::read(&json);
    let item = |settle: serde_json::Value| {
        serde_json::json!({ "number": "HD1", "customer_name": "An", "phones": [{ "number": "84 901 234 567", "main": true }],
            "bills": [{ "number": "B1", "from": "2026-10-01", "to": "2026-10-31", "issued": "2026-11-01", "amount": 250_000, "settle": settle }] })
    };
    let good = read(item(
        serde_json::json!({ "service": "gach_dien_evn", "code": "PE01000123456" }),
    ));
    let good = good.expect("reads");
    assert_eq!(good.phones[0].number, "0901234567");
    assert_eq!(good.kind, NORMAL);
    for (bad, why) in [
        (
            item(serde_json::json!({ "service": "boi_toan", "code": "1" })),
            "boi_toan",
        ),
        (
            item(serde_json::json!({ "service": "tra_cuu_ftth", "code": "abc123" })),
            "tra_cuu_ftth",
        ),
        (serde_json::json!({ "number": " " }), "number"),
        (
            serde_json::json!({ "number": "1", "bills": [{ "number": "B", "issued": "2026-11-01", "amount": 0 }] }),
            "số tiền",
        ),
        (
            serde_json::json!({ "number": "1", "bills": [{ "number": "B", "issued": "2026-02-30", "amount": 1 }] }),
            "issued",
        ),
        (
            serde_json::json!({ "number": "1", "bills": [{ "number": "B", "amount": 1 }] }),
            "phát hành",
        ),
        (serde_json::json!([]), "sai dạng"),
    ] {
        let fault = read(bad.clone()).expect_err("is refused");
        assert!(fault.contains(why), "{bad}: {fault}");
    }
}

#[test]
fn a_phone_is_one_number_however_it_is_written() {
    for written in [
        "0981234567",
        "0981 234 567",
        "0981.234-567",
        "84981234567",
        "+84 981 234 567",
        "0084981234567",
        "981234567",
        "\u{200b}0981234567",
        "\u{ff10}981234567",
        "(0981)234567",
    ] {
        assert_eq!(dialled(written), "0981234567", "{written:?}");
    }
    assert_eq!(dialled("02923812345"), "02923812345");
    assert!(is_phone("0981234567") && !is_phone("abc") && !is_phone("9.8e8"));
}

#[test]
fn what_a_market_place_collects_is_hidden_however_it_is_written() {
    for source in ["titok", "shopee", "Shopee", "TITOK "] {
        assert!(is_hidden(None, source), "{source:?}");
    }
    assert!(!is_hidden(Some(1), "fpt") && is_hidden(Some(2), "fpt"));
}
