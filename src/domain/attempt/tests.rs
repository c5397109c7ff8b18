use super::*;
use crate::domain::Vnd;
use proptest::prelude::*;

fn intent() -> Intent {
    Intent {
        balance_before: Some(Vnd::fixed(1_000_000)),
        balance_seq: Some(0),
        balance_is_proof: true,
        ..Intent::bare("A", "o".into(), Vnd::fixed(150_000), GateKind::Latch)
    }
}

fn end(outcome: Outcome, proof: Proof) -> Event {
    Event::Concluded(Conclusion {
        outcome,
        proof,
        amount: None,
        transaction_id: None,
        message: String::new(),
    })
}

fn quote() -> Event {
    Event::QuoteSeen(Quote {
        amount: Vnd::fixed(150_000),
        customer: None,
        balance: None,
    })
}

fn until_armed() -> Vec<Event> {
    vec![
        Event::Leased {
            session: "s".into(),
            operator: None,
        },
        quote(),
        Event::Prepared,
        Event::PreArmed,
        Event::Armed(intent()),
    ]
}

fn released() -> Event {
    Event::Released {
        request: Some("7.1".into()),
        body: None,
    }
}

fn lost() -> Event {
    Event::ContactLost {
        why: "mất mạng".into(),
    }
}

#[test]
fn a_payment_goes_through_every_state_to_paid() {
    let mut events = until_armed();
    events.extend([
        released(),
        Event::Observed {
            said: vec![],
            balance: None,
        },
        end(Outcome::Paid, Proof::Response),
    ]);
    let attempt = Attempt::fold(&events).expect("legal");
    assert_eq!(attempt.state, State::Done(Outcome::Paid));
    assert_eq!(attempt.intent.map(|i| i.amount), Some(Vnd::fixed(150_000)));
}

#[test]
fn losing_contact_before_arming_starts_over_and_after_it_is_doubt() {
    for n in 1..=4 {
        let attempt = Attempt::fold(&until_armed()[..n])
            .expect("legal")
            .after(&lost())
            .expect("legal");
        assert_eq!(attempt.state, State::Queued, "after {n} events");
    }
    let attempt = Attempt::fold(&until_armed())
        .expect("legal")
        .after(&lost())
        .expect("legal");
    assert_eq!(attempt.state, State::Unknown);
    assert_eq!(attempt.standing().outcome, Outcome::Unknown);
    assert_eq!(attempt.standing().amount, Some(Vnd::fixed(150_000)));
}

#[test]
fn nothing_is_paid_without_a_click_and_a_proof() {
    let armed = Attempt::fold(&until_armed()).expect("legal");
    assert!(
        armed
            .clone()
            .after(&end(Outcome::Paid, Proof::Response))
            .is_err(),
        "armed is not paid"
    );
    let seen = armed
        .after(&Event::Observed {
            said: vec![],
            balance: None,
        })
        .expect("legal");
    assert!(
        seen.clone()
            .after(&end(Outcome::Paid, Proof::None))
            .is_err(),
        "clicked is not paid"
    );
    assert!(
        seen.clone()
            .after(&end(Outcome::Rejected, Proof::None))
            .is_err()
    );
    assert!(
        seen.clone()
            .after(&end(Outcome::Failed, Proof::Response))
            .is_err(),
        "past the click nothing is simply failed"
    );
    assert!(seen.after(&end(Outcome::Paid, Proof::Balance)).is_ok());
}

#[test]
fn an_armed_attempt_cannot_be_armed_or_leased_again() {
    let armed = Attempt::fold(&until_armed()).expect("legal");
    for again in until_armed() {
        assert!(armed.clone().after(&again).is_err(), "{}", again.wire());
        let unknown = armed.clone().after(&lost()).expect("legal");
        assert!(unknown.after(&again).is_err(), "{}", again.wire());
    }
}

#[test]
fn ends_are_never_rewritten() {
    let attempt = Attempt::fold(&until_armed())
        .expect("legal")
        .after(&lost())
        .expect("legal");
    let done = attempt
        .after(&end(Outcome::Rejected, Proof::Response))
        .expect("legal");
    assert!(
        done.clone()
            .after(&end(Outcome::Paid, Proof::History))
            .is_err()
    );
}

fn any_event() -> impl Strategy<Value = Event> {
    let outcome = prop::sample::select(Outcome::ALL.to_vec());
    let proof = prop::sample::select(vec![Proof::Response, Proof::Balance, Proof::None]);
    prop_oneof![
        Just(Event::Leased {
            session: "s".into(),
            operator: None
        }),
        Just(quote()),
        Just(Event::Prepared),
        Just(Event::PreArmed),
        Just(Event::Armed(intent())),
        Just(released()),
        Just(Event::EvidenceKept { files: vec![] }),
        Just(Event::Disputed { why: "w".into() }),
        Just(Event::Observed {
            said: vec![Said {
                severity: "info".into(),
                text: "m".into()
            }],
            balance: None
        }),
        Just(lost()),
        Just(Event::ReconcileStarted),
        (outcome, proof).prop_map(|(o, p)| end(o, p)),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_the_laws_hold(events in prop::collection::vec(any_event(), 0..60)) {
        let mut attempt = Attempt::default();
        let mut armed = 0;
        for event in &events {
            let before = attempt.clone();
            let Ok(next) = attempt.clone().after(event) else { continue };
            attempt = next;
            armed += usize::from(matches!(event, Event::Armed(_)));
            // Past arming an attempt leaves doubt only with an end.
            if before.state.is_in_doubt() {
                prop_assert!(attempt.state.is_in_doubt() || matches!(attempt.state, State::Done(_)));
            }
            if let State::Done(outcome) = before.state {
                prop_assert_eq!(attempt.state, State::Done(outcome));
            }
            if let State::Done(Outcome::Paid) = attempt.state {
                prop_assert!(attempt.intent.is_some());
                prop_assert_ne!(attempt.conclusion.as_ref().map(|c| c.proof), Some(Proof::None));
            }
        }
        prop_assert!(armed <= 1, "one attempt is armed once at most");
    }

    #[test]
    fn events_survive_the_disk(event in any_event()) {
        let text = serde_json::to_string(&event).expect("json");
        prop_assert_eq!(serde_json::from_str::<Event>(&text).expect("json"), event);
    }
}
