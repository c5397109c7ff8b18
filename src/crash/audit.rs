//! Compares what the program says with what the portal's own book says. Pure.

use std::collections::BTreeSet;

use crate::domain::Outcome;
use crate::ledger::JobResult;
use crate::sandbox::Truth;

/// What a comparison counted, and everything that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audited {
    /// Jobs that are proven paid.
    pub paid: usize,
    /// Jobs that only a person can settle.
    pub for_a_person: usize,
    /// Each broken promise in one sentence. Empty: all are kept.
    pub wrong: Vec<String>,
}

/// `jobs`: how many were asked for. `released`: how often the ledger let a confirming request go.
pub fn audit(jobs: usize, results: &[JobResult], released: usize, truth: &Truth) -> Audited {
    let mut wrong = Vec::new();
    let accounts: BTreeSet<&str> = results.iter().map(|r| r.job.account.as_str()).collect();
    for account in accounts {
        let of_account = || results.iter().filter(|r| r.job.account.as_str() == account);
        let moved = truth.times_paid(account);
        let moved_sum: i64 = truth
            .movements
            .iter()
            .filter(|m| m.moved && m.account == account)
            .map(|m| m.amount)
            .sum();
        let paid: Vec<i64> = of_account()
            .filter(|r| r.is_paid())
            .filter_map(|r| r.conclusion.amount)
            .map(crate::domain::Vnd::dong)
            .collect();
        let open = of_account()
            .filter(|r| r.conclusion.outcome == Outcome::Unknown)
            .count();
        if moved > of_account().count() {
            wrong.push(format!(
                "{account}: the money moved {moved} times for {} jobs",
                of_account().count()
            ));
        }
        if paid.len() > moved {
            wrong.push(format!(
                "{account}: paid {} times in the ledger, {moved} times in truth",
                paid.len()
            ));
        }
        if moved > paid.len() + open {
            wrong.push(format!(
                "{account}: {} payments are not recorded",
                moved - paid.len() - open
            ));
        }
        if open == 0 && paid.iter().sum::<i64>() != moved_sum {
            wrong.push(format!(
                "{account}: {} đ in the ledger, {moved_sum} đ in truth",
                paid.iter().sum::<i64>()
            ));
        }
    }
    if results.len() != jobs {
        wrong.push(format!(
            "{jobs} jobs were asked for, {} are there",
            results.len()
        ));
    }
    let unreached = results
        .iter()
        .filter(|r| r.conclusion.outcome == Outcome::Cancelled)
        .count();
    if unreached > 0 {
        wrong.push(format!("{unreached} jobs were never reached"));
    }
    if truth.confirm_posts > u64::try_from(released).unwrap_or_default() {
        wrong.push(format!(
            "{} confirming requests arrived, {released} were let go",
            truth.confirm_posts
        ));
    }
    Audited {
        paid: results.iter().filter(|r| r.is_paid()).count(),
        for_a_person: results
            .iter()
            .filter(|r| r.conclusion.outcome == Outcome::Unknown)
            .count(),
        wrong,
    }
}
