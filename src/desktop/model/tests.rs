use super::rows::{Group, RowState, TableWish};
use super::*;
use crate::desktop::style::Tone;
use crate::domain::job::Defaults;
use crate::domain::{Errand, Intake, JobList, Outcome, PaymentType, Proof};
use crate::engine::{OutcomeEvent, Progress};
use jiff::Timestamp;

fn ready(service: Service, text: &str) -> Model {
    let mut model = Model::new(true);
    model.setup = Setup::Ready;
    model.place = Place::Service(service);
    model.tab_mut().text = text.to_owned();
    model.tab_mut().edited(service);
    model
}

fn outcome(index: usize, account: &str, outcome: Outcome) -> Progress {
    Progress::Outcome(OutcomeEvent {
        service: Service::PayEvn,
        index,
        account: account.into(),
        order_id: None,
        outcome,
        amount: Some(Vnd::fixed(150_000)),
        transaction_id: None,
        proof: Proof::Response,
        message: "ok".into(),
        customer: None,
        attempt: None,
        at: Timestamp::UNIX_EPOCH,
        earlier: false,
    })
}

#[test]
fn one_sentence_tells_where_things_stand() {
    let mut model = ready(Service::PayEvn, "");
    assert!(model.sentence().1.starts_with("Chưa có dữ liệu"));
    model = ready(Service::PayEvn, "PE01\nPE02\nx!");
    assert!(model.sentence().1.contains("Nhập mã PIN"));
    model.pin = "246810".into();
    assert_eq!(
        model.sentence(),
        (Tone::Good, "Sẵn sàng · 2 dòng".to_owned())
    );
    assert!(model.ahead().can_start());
    model.busy = Busy::Batch(Service::PayEvn);
    model.tab_mut().started(false);
    model.fold(Progress::LoggedIn {
        login: 0,
        agent: "A".into(),
        balance: None,
    });
    model.fold(outcome(1, "PE02", Outcome::Paid));
    model.fold(Progress::Progress {
        done: 1,
        total: 2,
        eta_s: None,
        paid: Vnd::fixed(150_000),
        balance: Some(Vnd::fixed(850_000)),
    });
    assert_eq!(model.balance, Some(Vnd::fixed(850_000)));
    assert_eq!(model.sentence().1, "Đang chạy · còn 1 dòng");
    let row = model.tab().rows.get(1).expect("row");
    assert_eq!(
        (row.state, row.amount),
        (RowState::Done(Outcome::Paid), Some(Vnd::fixed(150_000)))
    );
    assert!(!model.ahead().can_start() && !model.ahead().can_export());
    model.fold(Progress::NeedsPerson {
        login: 0,
        errand: Errand::Otp,
        what: String::new(),
        until_ms: model.now_ms + 270_500,
    });
    let (tone, said) = model.sentence();
    assert_eq!(tone, Tone::Doubt);
    assert!(said.ends_with("còn 4:30"), "{said}");
    model.ended(Err("Mất liên lạc".into()));
    assert_eq!(model.sentence().1, "Mất liên lạc");
    assert!(
        model.tab().is_interrupted(),
        "starting again goes on with it"
    );
    model.language = Language::En;
    model.place = Place::Service(Service::PayTvInternet);
    assert_eq!(
        model.sentence().1,
        "No data yet. Press Get data, or paste codes on the left."
    );
}

#[test]
fn a_fetched_list_keeps_what_the_source_left_out_until_it_is_edited() {
    let mut model = ready(Service::TopUpMulti, "");
    let defaults = Defaults {
        amount: Some(Vnd::fixed(50_000)),
        payment: Some(PaymentType::Prepaid),
    };
    let list = JobList::from_lines(Service::TopUpMulti, defaults, "0981234567\n12\n0981234567");
    model.fetched(
        Service::TopUpMulti,
        Intake {
            list,
            ..Intake::default()
        },
        None,
    );
    assert_eq!(model.tab().text, "0981234567|50000");
    assert_eq!(
        (
            model.tab().list.errors.len(),
            model.tab().list.duplicates.len()
        ),
        (1, 1)
    );
    model.tab_mut().edited(Service::TopUpMulti);
    assert!(model.tab().list.errors.is_empty());
}

#[test]
fn a_doubt_that_was_settled_counts_once() {
    let mut model = ready(Service::PayEvn, "PE01");
    model.busy = Busy::Batch(Service::PayEvn);
    model.tab_mut().started(false);
    model.fold(outcome(0, "PE01", Outcome::Unknown));
    assert_eq!(model.tab().rows.count(Group::NeedsLook), 1);
    model.fold(outcome(0, "PE01", Outcome::Paid));
    assert_eq!(model.tab().sums().summary(model.words()), "1 đã thanh toán");
    assert_eq!(
        (
            model.tab().rows.count(Group::NeedsLook),
            model.tab().rows.count(Group::Finished)
        ),
        (0, 1)
    );
}

#[test]
fn rows_that_were_paid_this_month_are_told_before_the_start() {
    let mut model = ready(Service::PayEvn, "PE01\nPE02\nPE03");
    let known = Known {
        paid: [("pe01".to_owned(), "20/11 10:31".to_owned())].into(),
        in_doubt: ["pe03".to_owned()].into(),
        ms_a_job: Some(30_000),
    };
    model.known.insert(Service::PayEvn, known);
    model.flag(Service::PayEvn);
    assert_eq!(
        (model.tab().known, model.ahead().minutes()),
        ((1, 1), Some(2)),
        "three at half a minute each"
    );
    assert_eq!(
        model.tab().rows.get(0).and_then(|r| r.message.as_deref()),
        Some("Đã trả lúc 20/11 10:31")
    );
    assert_eq!(
        model.tab().rows.get(1).and_then(|r| r.message.as_deref()),
        None
    );
}

#[test]
fn what_failed_safely_becomes_a_list_of_its_own() {
    let mut model = ready(Service::PayEvn, "PE01\nPE02\nPE03");
    model.busy = Busy::Batch(Service::PayEvn);
    model.tab_mut().started(false);
    for (index, account, how) in [
        (0, "PE01", Outcome::Paid),
        (1, "PE02", Outcome::Failed),
        (2, "PE03", Outcome::Unknown),
    ] {
        model.fold(outcome(index, account, how));
    }
    model.ended(Ok(()));
    assert!(model.tab().has_failed());
    model.tab_mut().only_failed(Service::PayEvn);
    assert_eq!(
        model.tab().text,
        "PE02",
        "neither what was paid nor what is in doubt"
    );
}

#[test]
fn a_copied_table_keeps_the_zeros_of_phones() {
    let mut model = ready(Service::LookUpPostpaid, "0981234567");
    model.tab_mut().wish = TableWish {
        query: "098".into(),
        ..TableWish::default()
    };
    model.tab_mut().reorder();
    let text = model.tab().sums().as_text(model.words());
    assert_eq!(
        text.lines()
            .nth(1)
            .map(|l| l.split('\t').take(2).collect::<Vec<_>>()),
        Some(vec!["1", "'0981234567"])
    );
}

/// A batch of two bills that is over with these outcomes.
fn over(outcomes: [Outcome; 2], is_dry_run: bool) -> Model {
    let mut model = ready(Service::PayEvn, "PE01\nPE02");
    model.has_pin = true;
    model.busy = Busy::Batch(Service::PayEvn);
    model.tab_mut().started(is_dry_run);
    for (index, how) in outcomes.into_iter().enumerate() {
        model.fold(outcome(index, ["PE01", "PE02"][index], how));
    }
    model.ended(Ok(()));
    model
}

#[test]
fn an_end_is_as_good_as_what_was_achieved() {
    for (outcomes, tone) in [
        ([Outcome::Paid, Outcome::NoDebt], Tone::Good),
        ([Outcome::Paid, Outcome::Unknown], Tone::Doubt),
        ([Outcome::Paid, Outcome::Rejected], Tone::Doubt),
        ([Outcome::Rejected, Outcome::Rejected], Tone::Bad),
        ([Outcome::Cancelled, Outcome::Cancelled], Tone::Doubt),
    ] {
        let model = over(outcomes, false);
        assert_eq!(model.sentence().0, tone, "{outcomes:?}");
        let told = model.told.last().expect("told");
        assert_eq!(told.tone, tone, "{outcomes:?}");
    }
}

#[test]
fn a_dry_run_says_what_the_real_one_will_cost() {
    let model = over([Outcome::DryRun, Outcome::DryRun], true);
    let (tone, sentence) = model.sentence();
    assert_eq!(tone, Tone::Good);
    assert!(
        sentence.contains("sẽ trả 2 khoản · 300.000 đ"),
        "{sentence}"
    );
    assert!(
        model.ahead().is_shown(),
        "the sheet stands before the payment"
    );
    assert!(
        !over([Outcome::Paid, Outcome::Paid], false)
            .ahead()
            .is_shown()
    );
}

#[test]
fn an_empty_file_leaves_the_list_alone_and_a_bad_one_says_why() {
    let mut model = ready(Service::PayEvn, "PE01");
    model.fetched(Service::PayEvn, Intake::default(), Some("trống.xlsx"));
    assert_eq!(model.tab().list.jobs.len(), 1);
    let told = model.told.last().expect("told").text.clone();
    assert!(told.contains("trống.xlsx"), "{told}");
    let list = JobList::from_lines(Service::PayEvn, Defaults::default(), "mã lạ!");
    let bad = Intake {
        list,
        ..Intake::default()
    };
    model.fetched(Service::PayEvn, bad, Some("sai.xlsx"));
    assert!(model.tab().list.jobs.is_empty());
    let told = model.told.last().expect("told").text.clone();
    assert!(told.contains("dòng 1") && !told.contains("API"), "{told}");
}

#[test]
fn top_ups_and_debts_are_told_apart() {
    let model = ready(
        Service::TopUpMulti,
        "0981234567|50000\n0972333444|2tr\n0905111222",
    );
    let tab = model.tab();
    assert!(tab.sums().has_kinds());
    assert_eq!(tab.sums().kinds(), (1, Vnd::fixed(50_000), 1));
    let row = tab.rows.get(0).expect("row");
    assert_eq!(row.payment, Some(PaymentType::Prepaid));
    assert!(!ready(Service::PayEvn, "PE01").tab().sums().has_kinds());
}

#[test]
fn a_look_up_tells_what_is_owed() {
    let mut model = ready(Service::LookUpPostpaid, "0981234567\n0981234568");
    model.busy = Busy::Batch(Service::LookUpPostpaid);
    model.tab_mut().started(false);
    model.fold(outcome(0, "0981234567", Outcome::Debt));
    model.fold(outcome(1, "0981234568", Outcome::NoDebt));
    model.ended(Ok(()));
    assert_eq!(
        model.tab().sums().summary(model.words()),
        "Còn nợ 1 mã · 150.000 đ · 1 không nợ cước"
    );
}

#[test]
fn what_was_told_stands_for_a_while_and_a_failed_fetch_until_the_next() {
    let mut model = ready(Service::PayEvn, "");
    model.fetching = Some(Service::PayEvn);
    model.not_fetched("Không nối được máy chủ. (Cannot reach the server.)".into());
    assert_eq!(
        model.sentence(),
        (Tone::Bad, "Không nối được máy chủ.".to_owned())
    );
    model.tell(Tone::Good, "Xong");
    model.now_ms += 7_000;
    model.forget_told();
    assert_eq!(model.shown.as_ref().map(|n| n.text.as_str()), Some("Xong"));
    model.now_ms += 1_000;
    model.forget_told();
    assert_eq!(model.shown, None);
    model.tab_mut().text = "PE0001".into();
    model.tab_mut().edited(Service::PayEvn);
    assert!(!model.sentence().1.contains("máy chủ"));
}
