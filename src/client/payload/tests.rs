use super::*;
use serde_json::json;

fn jobs(service: Service, body: &Value) -> Vec<(String, Option<i64>, Option<String>)> {
    let intake = read(service, Defaults::default(), body).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(intake.list.errors, []);
    intake
        .list
        .jobs
        .into_iter()
        .map(|j| (j.account.to_string(), j.amount.map(Vnd::dong), j.order_id))
        .collect()
}

#[test]
fn the_sample_form_fills_amount_and_type_for_all() {
    let body = json!({ "status": "success", "service": "Nạp tiền đa mạng", "data": {
        "phone_numbers": ["0981234567", 912_345_678], "pin": "246810", "payment_type": "Nạp trả trước", "amount": "50.000đ" } });
    let intake = read(Service::TopUpMulti, Defaults::default(), &body).expect("list");
    assert!(intake.pin.is_some());
    assert!(
        intake.list.jobs.iter().all(
            |j| j.amount == Some(Vnd::fixed(50_000)) && j.payment == Some(PaymentType::Prepaid)
        )
    );
    assert_eq!(
        intake.list.jobs[1].account.as_str(),
        "0912345678",
        "a number lost its zero"
    );
}

#[test]
fn in_the_ordered_form_the_amount_alone_decides() {
    let body = json!({ "status": "success", "service": "nap_tien_da_mang", "data": {
        "phone_numbers": ["0981234567|50000", "0981234568"], "payment_type": "prepaid", "amount": 10_000,
        "phone_amount_pairs": [{ "phone": "0981234567", "amount": 50_000 }, { "phone": "0981234568", "amount": null }],
        "order_id": "o2", "code_order_map": [{ "code": "0981234567|50000", "orderId": "o1" }, { "code": "0981234568", "orderId": "o2" }] } });
    let intake = read(Service::TopUpMulti, Defaults::default(), &body).expect("list");
    let seen: Vec<_> = intake
        .list
        .jobs
        .iter()
        .map(|j| (j.payment, j.amount.map(Vnd::dong), j.order_id.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (Some(PaymentType::Prepaid), Some(50_000), Some("o1")),
            (Some(PaymentType::Postpaid), None, Some("o2"))
        ]
    );
    assert_eq!(intake.list.duplicates, []);
}

#[test]
fn the_map_and_the_list_are_united() {
    let body = json!({ "status": "success", "data": { "subscriber_codes": ["HTV01", "HTV02"],
        "code_order_map": [{ "code": "HTV02", "orderId": "o2" }, { "code": "HTV03", "orderId": 7 }] } });
    assert_eq!(
        jobs(Service::PayTvInternet, &body),
        [
            ("HTV02".into(), None, Some("o2".into())),
            ("HTV03".into(), None, Some("7".into())),
            ("HTV01".into(), None, None)
        ]
    );
}

#[test]
fn the_newest_desktops_keys_and_the_old_sites_text_are_understood() {
    let newest = json!({ "data": { "subscriber_codes": ["0981234567|15000"], "order_id": "o1" } });
    assert_eq!(
        jobs(Service::TopUpViettel, &newest),
        [("0981234567".into(), Some(15_000), Some("o1".into()))]
    );
    assert_eq!(
        jobs(Service::PayEvn, &json!({ "data": "PE01, PE02,," })).len(),
        2
    );
    assert_eq!(
        jobs(
            Service::PayEvn,
            &json!({ "data": [{ "bill_code": "PE01" }, "PE02"] })
        )
        .len(),
        2
    );
    assert_eq!(
        jobs(Service::PayEvn, &json!({ "bill_codes": ["PE01"] })).len(),
        1,
        "a bare data object"
    );
}

#[test]
fn a_bad_element_is_named_and_the_good_ones_are_kept() {
    let body = json!({ "data": { "phone_amount_pairs": [{ "phone": "0981234567", "amount": "abc" }, { "phone": "12" }, true, { "phone": "0981234568", "amount": 20_000 }] } });
    let intake = read(Service::TopUpMulti, Defaults::default(), &body).expect("list");
    assert_eq!(intake.list.jobs.len(), 1);
    let rows: Vec<_> = intake.list.errors.iter().map(|e| e.row.as_str()).collect();
    assert_eq!(
        rows,
        [
            "phone_amount_pairs[0]",
            "phone_amount_pairs[1]",
            "phone_amount_pairs[2]"
        ]
    );
}

#[test]
fn a_wrong_shape_says_where() {
    let refused =
        |body: &Value| read(Service::PayEvn, Defaults::default(), body).expect_err("refused");
    assert_eq!(
        refused(&json!({ "status": "error", "message": "hỏng" })),
        PayloadError::Failed("hỏng".into())
    );
    assert!(
        matches!(refused(&json!({ "status": "success" })), PayloadError::Shape { at, .. } if at == "data")
    );
    assert!(
        matches!(refused(&json!({ "data": { "bill_codes": "PE01" } })), PayloadError::Shape { at, .. } if at == "bill_codes")
    );
    assert!(matches!(
        refused(&json!({ "service": "Nạp tiền đa mạng", "data": {} })),
        PayloadError::OtherService { .. }
    ));
    assert!(
        matches!(refused(&json!({ "data": { "bill_codes": [], "receiver_phone": "12" } })), PayloadError::Shape { at, .. } if at == "receiver_phone")
    );
    assert!(matches!(refused(&json!(5)), PayloadError::Shape { .. }));
}
