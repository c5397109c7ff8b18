use super::*;

fn lines(service: Service, text: &str) -> JobList {
    JobList::from_lines(service, Defaults::default(), text)
}

fn with_amount(service: Service, payment: Option<PaymentType>, amount: u32, text: &str) -> JobList {
    JobList::from_lines(
        service,
        Defaults {
            amount: Some(Vnd::fixed(amount)),
            payment,
        },
        text,
    )
}

#[test]
fn lines_of_the_old_tool_are_understood() {
    let list = lines(
        Service::TopUpViettel,
        "0981234567|50000|A1\n 0981234568 | 20.000đ \n\n0981234569|0",
    );
    let seen: Vec<_> = list
        .jobs
        .iter()
        .map(|j| {
            (
                j.account.as_str(),
                j.amount.map(Vnd::dong),
                j.order_id.as_deref(),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("0981234567", Some(50_000), Some("A1")),
            ("0981234568", Some(20_000), None)
        ]
    );
    assert_eq!(list.errors.len(), 1);
    assert_eq!(list.errors[0].row, "dòng 4");

    let list = lines(Service::PayTvInternet, "HTV001|order-9\nHTV002");
    assert_eq!(list.jobs[0].order_id.as_deref(), Some("order-9"));
    assert_eq!(list.jobs[1].order_id, None);
}

#[test]
fn an_amount_makes_a_top_up_and_none_a_postpaid_debt() {
    let list = lines(
        Service::TopUpMulti,
        "0981234567|50000\n0981234568\n0981234569||o7\n0981234560|b1a2-uuid",
    );
    let seen: Vec<_> = list
        .jobs
        .iter()
        .map(|j| (j.payment, j.amount.map(Vnd::dong), j.order_id.as_deref()))
        .collect();
    assert_eq!(
        seen,
        [
            (Some(PaymentType::Prepaid), Some(50_000), None),
            (Some(PaymentType::Postpaid), None, None),
            (Some(PaymentType::Postpaid), None, Some("o7")),
            (Some(PaymentType::Postpaid), None, Some("b1a2-uuid")),
        ]
    );
}

#[test]
fn the_ordered_amount_is_topped_up_and_no_other() {
    // The old tool looked `50000` up in a table keyed by `50.000đ`, found nothing and clicked
    // 10.000đ.
    for text in [
        "0981234567|50000",
        "0981234567|50.000đ",
        "0981234567|50,000 VND",
    ] {
        assert_eq!(
            lines(Service::TopUpMulti, text).jobs[0].amount,
            Some(Vnd::fixed(50_000))
        );
    }
    let odd = lines(Service::TopUpMulti, "0981234567|60000");
    assert!(odd.jobs.is_empty());
    assert!(
        odd.errors[0].why.contains("60.000"),
        "{}",
        odd.errors[0].why
    );
}

#[test]
fn defaults_fill_what_a_row_leaves_out() {
    let list = with_amount(
        Service::TopUpMulti,
        Some(PaymentType::Prepaid),
        20_000,
        "0981234567\n0981234568|50000",
    );
    assert_eq!(
        list.jobs
            .iter()
            .filter_map(|j| j.amount)
            .map(Vnd::dong)
            .collect::<Vec<_>>(),
        [20_000, 50_000]
    );
    let list = with_amount(
        Service::TopUpMulti,
        Some(PaymentType::Postpaid),
        20_000,
        "0981234567",
    );
    assert_eq!(
        list.jobs[0].amount, None,
        "a postpaid debt has no amount of ours"
    );
    let missing = lines(Service::TopUpViettel, "0981234567");
    assert_eq!(missing.errors[0].why, "thiếu số tiền nạp");
}

#[test]
fn duplicates_are_shown_and_done_once() {
    let list = lines(Service::PayEvn, "PE01\npe01\nPE02\nPE 01");
    assert_eq!(list.jobs.len(), 2);
    assert_eq!(
        list.duplicates
            .iter()
            .map(|d| (d.row.as_str(), d.first_row.as_str()))
            .collect::<Vec<_>>(),
        [("dòng 2", "dòng 1"), ("dòng 4", "dòng 1")]
    );
    let top_ups = lines(
        Service::TopUpViettel,
        "0981234567|10000|A\n0981234567|10000|B\n0981234567|10000|A\n0981234567|20000|A",
    );
    assert_eq!(
        (top_ups.jobs.len(), top_ups.duplicates.len()),
        (3, 1),
        "two orders are two top-ups"
    );
}

#[test]
fn nothing_is_lost_however_long_the_list() {
    let text: String = (0..10_000)
        .map(|i| {
            format!(
                "{}\n",
                if i % 10 == 0 {
                    "x!".to_owned()
                } else {
                    format!("C{i:05}")
                }
            )
        })
        .collect();
    let list = lines(Service::LookUpFtth, &text);
    assert_eq!((list.jobs.len(), list.errors.len()), (9_000, 1_000));
}
