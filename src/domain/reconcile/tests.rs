use super::*;

fn look(at_ms: i64, history: HistorySays, debt: DebtAfter, balance: BalanceSays) -> Look {
    Look {
        at_ms,
        history,
        debt,
        balance,
    }
}

fn no(at_ms: i64) -> Look {
    look(
        at_ms,
        HistorySays::Absent,
        DebtAfter::StillDue,
        BalanceSays::Unchanged,
    )
}

fn of(looks: &[Look]) -> Settled {
    let patience = Patience {
        schedule_ms: vec![0, 5_000, 15_000, 60_000, 130_000, 300_000, 3_600_000],
        settle_ms: 60_000,
        apart_ms: 60_000,
    };
    settle(looks, true, 0, &patience)
}

#[test]
fn not_paid_needs_two_complete_looks_far_enough_apart_and_late_enough() {
    assert_eq!(of(&[]), Settled::LookAt(0));
    assert_eq!(
        of(&[no(10)]),
        Settled::LookAt(5_000),
        "absence right after sending is no proof"
    );
    assert_eq!(
        of(&[no(10), no(61_000)]),
        Settled::LookAt(121_000),
        "the first was before the portal settles"
    );
    let proven = Settled::Proven(Outcome::NotSent, Proof::History, None);
    assert_eq!(of(&[no(61_000), no(131_000)]), proven);
    assert_eq!(
        of(&[no(61_000), no(120_000)]),
        Settled::LookAt(121_000),
        "not apart enough"
    );
    for odd in [
        look(
            131_000,
            HistorySays::NotToBeHad,
            DebtAfter::StillDue,
            BalanceSays::Unchanged,
        ),
        look(
            131_000,
            HistorySays::Absent,
            DebtAfter::Gone,
            BalanceSays::Unchanged,
        ),
        look(
            131_000,
            HistorySays::Absent,
            DebtAfter::StillDue,
            BalanceSays::NoProof,
        ),
        look(
            131_000,
            HistorySays::Absent,
            DebtAfter::StillDue,
            BalanceSays::Other,
        ),
    ] {
        assert_eq!(
            of(&[no(61_000), odd.clone()]),
            Settled::LookAt(300_000),
            "{odd:?}"
        );
    }
}

#[test]
fn one_row_of_ones_own_is_paid_and_two_are_for_a_person() {
    let mine = HistorySays::Unique {
        transaction: Some("T1".into()),
    };
    let paid = Settled::Proven(Outcome::Paid, Proof::History, Some("T1".into()));
    assert_eq!(
        of(&[
            no(10),
            look(20, mine, DebtAfter::StillDue, BalanceSays::Unchanged)
        ]),
        paid
    );
    assert_eq!(
        of(&[look(
            20,
            HistorySays::Several,
            DebtAfter::Gone,
            BalanceSays::Fell
        )]),
        Settled::Person
    );
    assert_eq!(
        of(&[no(4_000_000)]),
        Settled::LookAt(4_060_000),
        "the shop was closed when the schedule ran out"
    );
    let unclear = look(
        4_000_000,
        HistorySays::NotToBeHad,
        DebtAfter::Unclear,
        BalanceSays::NoProof,
    );
    assert_eq!(
        of(&[unclear]),
        Settled::Person,
        "the schedule ends with a person"
    );
}

#[test]
fn without_a_history_only_the_exact_fall_and_a_cleared_debt_prove() {
    let without = |debt, balance| of(&[look(10, HistorySays::NotToBeHad, debt, balance)]);
    assert_eq!(
        without(DebtAfter::Gone, BalanceSays::Fell),
        Settled::Proven(Outcome::Paid, Proof::Balance, None)
    );
    assert_eq!(
        without(DebtAfter::StillDue, BalanceSays::Fell),
        Settled::LookAt(5_000)
    );
    assert_eq!(
        without(DebtAfter::Gone, BalanceSays::Unchanged),
        Settled::LookAt(5_000),
        "somebody else may have paid"
    );
}

#[test]
fn the_balance_clears_all_open_attempts_together_or_convicts_them_all() {
    let says = |after: u32, open: &[u32]| {
        let open: Vec<Vnd> = open.iter().copied().map(Vnd::fixed).collect();
        balance_says(Some(Vnd::fixed(1_000_000)), Some(Vnd::fixed(after)), &open)
    };
    assert_eq!(says(1_000_000, &[50_000]), BalanceSays::Unchanged);
    assert_eq!(says(950_000, &[50_000]), BalanceSays::Fell);
    assert_eq!(says(940_000, &[50_000]), BalanceSays::Other);
    assert_eq!(
        says(1_000_000, &[50_000, 20_000]),
        BalanceSays::Unchanged,
        "none of them"
    );
    assert_eq!(
        says(930_000, &[50_000, 20_000]),
        BalanceSays::Fell,
        "both of them"
    );
    assert_eq!(
        says(950_000, &[50_000, 20_000]),
        BalanceSays::NoProof,
        "the one, or something else"
    );
    assert_eq!(
        says(1_010_000, &[50_000]),
        BalanceSays::Other,
        "topped up meanwhile"
    );
    assert_eq!(
        balance_says(None, Some(Vnd::ZERO), &[]),
        BalanceSays::NoProof
    );
}

fn row(id: &str, account: &str, amount: u32) -> HistoryRow {
    HistoryRow {
        transaction: id.into(),
        account: account.into(),
        amount: Vnd::fixed(amount),
    }
}

fn claim(account: &str, amount: u32, id: Option<&str>) -> Claim {
    Claim {
        account: account.into(),
        amount: Vnd::fixed(amount),
        transaction: id.map(str::to_owned),
    }
}

#[test]
fn each_row_belongs_to_one_attempt_at_most() {
    let me = claim("0981234567", 50_000, None);
    let open = std::slice::from_ref(&me);
    let mine = row("T2", "84-98-123-4567", 50_000);
    let unique = |id: Option<&str>| HistorySays::Unique {
        transaction: id.map(str::to_owned),
    };
    assert_eq!(match_history(&[], &[], open, &me), HistorySays::Absent);
    assert_eq!(
        match_history(&[row("T1", "0981234567", 20_000)], &[], open, &me),
        HistorySays::Absent
    );
    assert_eq!(
        match_history(std::slice::from_ref(&mine), &[], open, &me),
        unique(Some("T2"))
    );
    // An equal top-up that is proven has its own row.
    let first = row("T1", "0981234567", 50_000);
    let known = [claim("0981234567", 50_000, Some("T1"))];
    assert_eq!(
        match_history(&[mine.clone(), first.clone()], &known, open, &me),
        unique(Some("T2"))
    );
    assert_eq!(
        match_history(std::slice::from_ref(&first), &known, open, &me),
        HistorySays::Absent
    );
    let unnamed = [claim("0981234567", 50_000, None)];
    assert_eq!(
        match_history(std::slice::from_ref(&first), &unnamed, open, &me),
        HistorySays::Absent
    );
    assert_eq!(
        match_history(&[mine.clone(), first.clone()], &unnamed, open, &me),
        unique(None)
    );
    // More rows than attempts: somebody else paid too.
    assert_eq!(
        match_history(&[mine, first], &[], open, &me),
        HistorySays::Several
    );
}

#[test]
fn two_unknown_attempts_do_not_share_a_row() {
    let me = claim("0981234567", 50_000, None);
    let both = [me.clone(), me.clone()];
    assert_eq!(
        match_history(&[row("T1", "0981234567", 50_000)], &[], &both, &me),
        HistorySays::Several
    );
}
