use super::*;

#[test]
fn wrong_tries_slow_down_and_a_right_one_forgets_them() {
    let mut lock = Lock::default();
    lock.close();
    for wait in [2, 4, 8, 16, 32, 60, 60] {
        lock.answered(false, 1_000);
        assert_eq!(lock.wait_s(1_000), wait);
    }
    lock.close();
    assert_eq!(lock.wait_s(1_000), 60, "locking anew forgets nothing");
    lock.answered(true, 1_000);
    assert_eq!(lock, Lock::default());
}

#[test]
fn a_passphrase_is_weighed_by_how_it_is_guessed() {
    assert_eq!(strength(""), 0);
    assert!(strength("123456") < 2 && strength("gachno") < 2);
    assert!(strength("con mèo trên mái tôn nóng") >= 4);
}

#[test]
fn ticked_batches_are_written_and_else_all_of_them() {
    let batch = |id: &str| BatchView {
        id: id.into(),
        service: Service::PayEvn,
        started: String::new(),
        is_finished: true,
        is_dry_run: false,
        operator: String::new(),
        jobs: 1,
        paid: Vnd::ZERO,
    };
    let mut history = HistoryView {
        batches: vec![batch("a"), batch("b")],
        shift: ShiftForm {
            counted: "1000".into(),
            ..ShiftForm::default()
        },
        ..HistoryView::default()
    };
    assert_eq!(history.chosen(), ["a", "b"]);
    history.ticked = HashSet::from(["b".to_owned()]);
    assert_eq!(history.chosen(), ["b"]);
    let later = history.renewed(HistoryView {
        batches: vec![batch("b"), batch("c")],
        ..HistoryView::default()
    });
    assert_eq!(
        (later.chosen(), later.shift.counted.as_str()),
        (vec!["b".to_owned()], "1000")
    );
    let gone = history.renewed(HistoryView {
        batches: vec![batch("c")],
        ..HistoryView::default()
    });
    assert_eq!(gone.chosen(), ["c"], "what is not shown is not written");
}

#[test]
fn the_days_cash_is_held_against_the_ledger() {
    let mut history = HistoryView {
        in_shift: (2, Vnd::fixed(412_000)),
        ..HistoryView::default()
    };
    assert_eq!(history.off_by(), None);
    history.shift.counted = "412.000".into();
    assert_eq!(history.off_by(), Some(0));
    history.shift.counted = "400.000 đ".into();
    assert_eq!(history.off_by(), Some(-12_000));
    history.shift.opening = "500k".into();
    history.shift.counted = "912.000".into();
    assert_eq!(history.off_by(), Some(0), "with what lay there before");
}

#[test]
fn a_click_into_a_chart_leaves_its_batches() {
    let batch = |id: &str, service, operator: &str, started: &str| BatchView {
        id: id.into(),
        service,
        started: started.into(),
        is_finished: true,
        is_dry_run: false,
        operator: operator.into(),
        jobs: 1,
        paid: Vnd::ZERO,
    };
    let mut history = HistoryView {
        batches: vec![
            batch("a", Service::PayEvn, "Lan", "26/11/2026 09:40"),
            batch("b", Service::TopUpMulti, "Minh", "26/11/2026 15:02"),
            batch("c", Service::PayEvn, "Minh", "25/11/2026 09:05"),
        ],
        ..HistoryView::default()
    };
    for (only, left) in [
        (Only::Service(Service::PayEvn), ["a", "c"]),
        (Only::Person("Minh".into()), ["b", "c"]),
        (Only::Day("26/11".into()), ["a", "b"]),
        (Only::Hour(9), ["a", "c"]),
    ] {
        history.only = Some(only);
        assert_eq!(history.chosen(), left, "{:?}", history.only);
    }
}
