use proptest::prelude::*;

use super::*;
use PaymentEvent::{Accepted, Ended, Ignored, Opened, Processing, Refunded, Strange, Transfer};

/// A payment of a payable that owes its amount, and what is told of it in this order.
fn told(amount: i64, events: &[PaymentEvent]) -> (Standing, i64) {
    let mut standing = Standing::new(amount);
    let mut owed = amount;
    for event in events {
        let step = standing.after(*event, owed).expect("possible");
        standing = step.standing;
        owed -= step.credit;
        assert_eq!(
            standing.money.credited,
            amount - owed,
            "what is credited is what is owed less"
        );
    }
    (standing, owed)
}

#[test]
fn the_amount_pays_and_less_waits_for_the_rest() {
    let (paid, owed) = told(500_000, &[Opened, Transfer(500_000)]);
    assert_eq!((paid.state, owed, paid.task), (PaymentState::Paid, 0, None));
    let (less, owed) = told(500_000, &[Opened, Transfer(200_000)]);
    assert_eq!(
        (less.state, owed, less.task),
        (
            PaymentState::Underpaid,
            300_000,
            Some(PaymentTask::Underpaid)
        )
    );
    let (rest, owed) = told(500_000, &[Opened, Transfer(200_000), Transfer(300_000)]);
    assert_eq!((rest.state, owed, rest.task), (PaymentState::Paid, 0, None));
}

#[test]
fn what_is_too_much_is_kept_and_shown_to_a_person() {
    let (more, _) = told(500_000, &[Transfer(700_000)]);
    assert_eq!(
        (more.state, more.money.surplus, more.task),
        (PaymentState::Paid, 200_000, Some(PaymentTask::Surplus))
    );
    let (twice, _) = told(500_000, &[Transfer(500_000), Transfer(500_000)]);
    assert_eq!(
        (twice.state, twice.money.surplus),
        (PaymentState::Paid, 500_000)
    );
    let settled = Standing::new(500_000)
        .after(Transfer(500_000), 0)
        .expect("possible");
    assert_eq!(
        (
            settled.standing.state,
            settled.standing.money.surplus,
            settled.credit
        ),
        (PaymentState::Paid, 500_000, 0),
        "another payment was first"
    );
}

#[test]
fn money_after_an_end_is_for_a_person_and_never_revives_it() {
    for end in [End::Cancelled, End::Expired, End::Failed] {
        let (late, owed) = told(100_000, &[Opened, Ended(end), Transfer(100_000)]);
        assert_eq!(
            (late.state, late.money.review, owed),
            (PaymentState::Review, 100_000, 100_000)
        );
        let (taken, owed) = told(100_000, &[Ended(end), Transfer(100_000), Accepted]);
        assert_eq!(
            (taken.state, taken.money.credited, owed),
            (PaymentState::Paid, 100_000, 0)
        );
        let (back, owed) = told(100_000, &[Ended(end), Transfer(100_000), Refunded(100_000)]);
        assert_eq!((back.state, owed), (PaymentState::Refunded, 100_000));
    }
}

#[test]
fn too_little_that_a_person_accepts_leaves_nothing_to_pay() {
    let less = told(500_000, &[Opened, Transfer(200_000)]).0;
    let step = less.after(Accepted, 300_000).expect("possible");
    assert_eq!(
        (step.standing.state, step.standing.task),
        (PaymentState::Paid, None)
    );
    assert_eq!((step.credit, step.waived), (0, 300_000));
    // Other money has come since: no more is let go than is owed.
    let step = less.after(Accepted, 100_000).expect("possible");
    assert_eq!((step.credit, step.waived), (0, 100_000));
}

#[test]
fn a_refund_gives_back_what_was_too_much_first() {
    let (rest, owed) = told(100_000, &[Transfer(150_000), Refunded(50_000)]);
    assert_eq!(
        (rest.state, rest.money.received(), owed, rest.task),
        (PaymentState::Paid, 100_000, 0, None)
    );
    let (all, owed) = told(100_000, &[Transfer(150_000), Refunded(150_000)]);
    assert_eq!(
        (all.state, all.money.received(), owed),
        (PaymentState::Refunded, 0, 100_000)
    );
    let paid = told(100_000, &[Transfer(100_000)]).0;
    assert_eq!(paid.after(Refunded(100_001), 0), Err(Refused::TooMuchBack));
}

#[test]
fn a_person_decides_only_where_there_is_something_to_decide() {
    let open = told(100_000, &[Opened]).0;
    assert_eq!(open.after(Accepted, 100_000), Err(Refused::NothingToDecide));
    assert_eq!(open.after(Ignored, 100_000), Err(Refused::NothingToDecide));
    let strange = told(100_000, &[Opened, Strange]).0;
    assert_eq!(strange.state, PaymentState::Review);
    assert_eq!(
        strange.after(Accepted, 100_000),
        Err(Refused::NothingToDecide),
        "no money of ours came"
    );
    assert_eq!(
        strange
            .after(Ignored, 100_000)
            .expect("looked at")
            .standing
            .task,
        None
    );
}

/// What providers may tell, one word about an end at most: a provider ends a payment one way.
fn words() -> impl Strategy<Value = Vec<PaymentEvent>> {
    let transfers = prop::collection::vec((1_i64..400_000).prop_map(Transfer), 0..5);
    let words = prop::sample::subsequence(vec![Opened, Processing], 0..=2);
    (transfers, words).prop_map(|(transfers, words)| [transfers, words].concat())
}

proptest! {
    #[test]
    fn no_order_and_no_repetition_of_words_gives_another_end(
        (events, other) in words().prop_flat_map(|events| (Just(events.clone()), Just(events).prop_shuffle())),
        amount in 1_i64..600_000,
        again in any::<prop::sample::Index>(),
    ) {
        let (first, owed) = told(amount, &events);
        prop_assert_eq!(told(amount, &other), (first, owed));
        // A word, unlike money, may be told again by anybody: transfers are told once each.
        if let Some(word) = events.iter().find(|e| !matches!(e, Transfer(_))) {
            let mut repeated = events.clone();
            repeated.insert(again.index(events.len() + 1), *word);
            prop_assert_eq!(told(amount, &repeated), (first, owed));
        }
        let sum: i64 = events.iter().map(|e| if let Transfer(amount) = e { *amount } else { 0 }).sum();
        prop_assert_eq!(first.money.received(), sum);
        prop_assert_eq!(first.state == PaymentState::Paid, sum >= amount);
    }

    #[test]
    fn an_end_that_is_told_after_money_changes_nothing(events in words(), amount in 1_i64..600_000, at in any::<prop::sample::Index>()) {
        let first_money = events.iter().position(|e| matches!(e, Transfer(_)));
        if let Some(first) = first_money {
            for end in [End::Cancelled, End::Expired, End::Failed] {
                let mut with_end = events.clone();
                with_end.insert(first + 1 + at.index(events.len() - first), Ended(end));
                prop_assert_eq!(told(amount, &with_end), told(amount, &events));
            }
        }
    }

    #[test]
    fn no_dong_is_lost_whatever_happens(
        events in prop::collection::vec(prop_oneof![
            (1_i64..1_000_000).prop_map(Transfer), (1_i64..1_000_000).prop_map(Refunded), Just(Opened), Just(Processing), Just(Strange), Just(Accepted),
            Just(Ignored), Just(Ended(End::Cancelled)), Just(Ended(End::Expired)), Just(Ended(End::Failed)),
        ], 0..20),
        amount in 1_i64..600_000,
        mut owed in 0_i64..600_000,
    ) {
        let mut standing = Standing::new(amount);
        let (mut came, mut credited) = (0, 0);
        for event in events {
            let before = standing.state;
            let Ok(step) = standing.after(event, owed) else { continue };
            standing = step.standing;
            owed -= step.credit;
            credited += step.credit;
            came += match event { Transfer(amount) => amount, Refunded(amount) => -amount, _ => 0 };
            prop_assert_eq!(standing.money.received(), came);
            prop_assert_eq!(standing.money.credited, credited);
            prop_assert!(owed >= 0 && standing.money.surplus >= 0 && standing.money.review >= 0 && credited >= 0);
            let is_allowed = before == standing.state || before.is_open() || standing.state == PaymentState::Refunded
                || (standing.state == PaymentState::Review && !matches!(before, PaymentState::Paid | PaymentState::Refunded))
                || (before == PaymentState::Review && standing.state == PaymentState::Paid);
            prop_assert!(is_allowed, "{before:?} → {:?}", standing.state);
        }
    }
}
