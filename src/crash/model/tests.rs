use super::*;

#[test]
fn twenty_thousand_attempts_break_no_promise() {
    let counts = simulate(1, 20_000, Flaw::None);
    assert!(
        counts.wrong.is_empty(),
        "{:#?}",
        &counts.wrong[..counts.wrong.len().min(5)]
    );
    // What the model is there for happens often enough.
    assert!(
        counts.crashes > 500 && counts.paid > 5_000 && counts.doubts > 1_000,
        "{counts:?}"
    );
    assert!(counts.postponed > 20 && counts.leased > 1_000, "{counts:?}");
    assert!(counts.lies > 50 && counts.disputed > 50, "{counts:?}");
}

#[test]
fn a_number_replays_everything() {
    let run = || {
        let mut counts = ModelCounts::default();
        (7..30).for_each(|number| batch(number, Flaw::None, &mut counts));
        counts
    };
    assert_eq!(run(), run());
}

#[test]
fn every_broken_rule_is_found() {
    for flaw in [
        Flaw::RetriesDoubts,
        Flaw::AbsenceProvesAtOnce,
        Flaw::BalanceAlwaysProves,
        Flaw::ArmedIsNeverSent,
        Flaw::PaysWithoutAsking,
        Flaw::DoubtedBalanceProves,
        Flaw::BelievesEveryWord,
        Flaw::BelievesOldBalances,
    ] {
        let mut counts = ModelCounts::default();
        let mut number = 1;
        while counts.wrong.is_empty() && counts.attempts < 60_000 {
            batch(number, flaw, &mut counts);
            number += 1;
        }
        assert!(!counts.wrong.is_empty(), "{flaw:?} goes unnoticed");
    }
}

#[test]
fn an_older_attempts_word_opens_no_job_that_a_newer_one_may_pay() {
    // The first attempt failed without an answer, and its letter arrives after the second was
    // armed under the same lease.
    let mut counts = ModelCounts::default();
    batch(203_663_790, Flaw::None, &mut counts);
    assert!(counts.wrong.is_empty(), "{:?}", counts.wrong);
}
