use super::super::ServiceTab;
use super::*;
use crate::domain::{Intake, PaymentType, Source, Ticket, Vnd};

fn taken(service: Service, rows: Vec<RawJob>) -> ServiceTab {
    let mut tab = ServiceTab::default();
    let list = JobList::check(service, tab.defaults(), rows);
    tab.take(
        service,
        Intake {
            list,
            ..Intake::default()
        },
    );
    tab
}

fn bill(code: &str, receiver: &str) -> RawJob {
    RawJob {
        account: code.to_owned(),
        amount: Some("150000".to_owned()),
        receiver: Some(receiver.to_owned()),
        ..RawJob::default()
    }
}

#[test]
fn a_bills_own_receiver_and_expected_amount_outlive_an_edit_of_the_list() {
    let service = Service::PayEvn;
    let mut tab = taken(
        service,
        vec![
            bill("PE01", "0981111111"),
            bill("PE02", "0982222222"),
            bill("PE03", "0983333333"),
        ],
    );
    // One is left out by hand, one gets an order, one is new.
    tab.text = "PE01\nPE03|D7\nPE04".to_owned();
    tab.edited(service);
    let seen = |tab: &ServiceTab| -> Vec<(String, Option<String>, Option<i64>)> {
        tab.list
            .jobs
            .iter()
            .map(|job| {
                (
                    job.account.to_string(),
                    job.receiver.as_ref().map(ToString::to_string),
                    job.amount.map(Vnd::dong),
                )
            })
            .collect()
    };
    let expected = [
        (
            "PE01".to_owned(),
            Some("0981111111".to_owned()),
            Some(150_000),
        ),
        (
            "PE03".to_owned(),
            Some("0983333333".to_owned()),
            Some(150_000),
        ),
        ("PE04".to_owned(), None, None),
    ];
    assert_eq!(seen(&tab), expected);
    // The form changes; the row that was left out stays out.
    tab.receiver = "0989999999".to_owned();
    tab.edited(service);
    assert_eq!(seen(&tab), expected);
}

#[test]
fn a_postpaid_number_of_the_list_never_becomes_a_top_up_by_an_edit() {
    let service = Service::TopUpMulti;
    let mut tab = ServiceTab::default();
    tab.payment = Some(PaymentType::Prepaid);
    tab.amount = "50000".to_owned();
    let postpaid = RawJob {
        account: "0981234567".to_owned(),
        payment: Some("Gạch nợ trả sau".to_owned()),
        ..RawJob::default()
    };
    let leased = RawJob {
        account: "0987654321".to_owned(),
        payment: Some("Gạch nợ trả sau".to_owned()),
        ticket: Some(Ticket {
            source: Source::Server,
            id: "J1".to_owned(),
            fence: 1,
        }),
        ..RawJob::default()
    };
    let list = JobList::check(service, tab.defaults(), [postpaid, leased]);
    tab.take(
        service,
        Intake {
            list,
            ..Intake::default()
        },
    );
    assert_eq!(tab.text, "0981234567\n0987654321");
    tab.text.push_str("\n0971234567");
    for amount in ["50000", "20000"] {
        tab.amount = amount.to_owned();
        tab.edited(service);
        let kinds: Vec<_> = tab.list.jobs.iter().map(|job| job.payment).collect();
        assert_eq!(
            kinds,
            [
                Some(PaymentType::Postpaid),
                Some(PaymentType::Postpaid),
                Some(PaymentType::Prepaid)
            ],
            "{amount}"
        );
        assert!(tab.list.jobs[1].ticket.is_some());
    }
}

#[test]
fn numbers_that_say_nothing_themselves_follow_the_form() {
    let service = Service::TopUpMulti;
    let phone = RawJob {
        account: "0981234567".to_owned(),
        ..RawJob::default()
    };
    let mut tab = taken(service, vec![phone]);
    assert_eq!(tab.list.jobs[0].payment, Some(PaymentType::Postpaid));
    (tab.payment, tab.amount) = (Some(PaymentType::Prepaid), "50000".to_owned());
    tab.edited(service);
    assert_eq!(
        tab.list.jobs[0].top_up(service),
        Some(Vnd::fixed(50_000)),
        "a file of bare numbers, and the kind chosen afterwards"
    );
}
