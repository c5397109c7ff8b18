//! What a list comes to: sums, how good its end is, the table as text.

use super::{Phase, ServiceTab};
use crate::desktop::model::rows::RowState;
use crate::desktop::style::Tone;
use crate::desktop::words::Words;
use crate::domain::{Outcome, PaymentType, Vnd};

/// What a list comes to ([`ServiceTab::sums`]).
pub struct Sums<'t> {
    tab: &'t ServiceTab,
}

impl ServiceTab {
    /// What the list comes to.
    pub const fn sums(&self) -> Sums<'_> {
        Sums { tab: self }
    }
}

impl Sums<'_> {
    /// How good its end is: a doubt or anything left undone wants a look, and a batch in which
    /// nothing was achieved is no success.
    pub fn tone(&self) -> Tone {
        let count = |outcomes: &[Outcome]| -> usize {
            let of = |outcome| self.tab.counts.get(outcome).copied().unwrap_or_default();
            outcomes.iter().map(of).sum()
        };
        let achieved = count(&[
            Outcome::Paid,
            Outcome::Debt,
            Outcome::NoDebt,
            Outcome::AlreadyCleared,
            Outcome::DryRun,
        ]);
        let refused = count(&[Outcome::Rejected, Outcome::Refused, Outcome::NotFound]);
        let all: usize = self.tab.counts.values().sum();
        if achieved == all && self.tab.ended.is_none() {
            Tone::Good
        } else if refused == all && all > 0 {
            Tone::Bad
        } else {
            Tone::Doubt
        }
    }

    /// What a dry run that is over has found to be paid: how many, and their sum.
    pub fn rehearsed(&self) -> Option<(usize, Vnd)> {
        let is_over = self.tab.is_dry_run && self.tab.phase == Phase::Over;
        let quoted = || {
            self.tab
                .rows
                .iter()
                .filter(|row| row.state == RowState::Done(Outcome::DryRun))
        };
        is_over.then(|| {
            (
                quoted().count(),
                quoted().filter_map(|row| row.amount).sum(),
            )
        })
    }

    /// How many accounts a look-up found to owe something, and how much.
    pub fn owed(&self) -> (usize, Vnd) {
        let owing = || {
            self.tab
                .rows
                .iter()
                .filter(|row| row.state == RowState::Done(Outcome::Debt))
        };
        let sum = owing().filter_map(|row| row.amount).sum();
        (owing().count(), sum)
    }

    /// Outcomes by number, and what was paid.
    pub fn summary(&self, words: &Words) -> String {
        let counts = self.tab.counts.iter().filter(|(_, count)| **count > 0);
        let mut parts: Vec<String> = counts
            .map(|(outcome, count)| (words.count_of)(*count, (words.outcome)(*outcome)))
            .collect();
        let (owing, owed) = self.owed();
        if owing > 0 {
            parts = vec![(words.owed_sum)(owing, &owed.to_string())];
            parts.extend(
                self.tab
                    .counts
                    .iter()
                    .filter(|(outcome, count)| **outcome != Outcome::Debt && **count > 0)
                    .map(|(outcome, count)| (words.count_of)(*count, (words.outcome)(*outcome))),
            );
        }
        if !self.tab.paid.is_zero() {
            parts.push((words.paid_sum)(&self.tab.paid.to_string()));
        }
        parts.join(" · ")
    }

    /// What the table shows as text to paste into Excel: columns by tabs, rows by lines.
    pub fn as_text(&self, words: &Words) -> String {
        let mut titles = vec![words.number, words.code, words.customer];
        titles.extend(self.has_kinds().then_some(words.kind));
        titles.extend([words.money, words.state, words.note]);
        let mut text = titles.join("\t");
        for (place, row) in (0..self.tab.shown()).filter_map(|place| self.tab.row(place)) {
            let mut cells = vec![
                (place + 1).to_string(),
                // Excel would make a number of a phone and lose its 0.
                format!("'{}", row.account),
                row.customer.as_deref().unwrap_or_default().to_owned(),
            ];
            cells.extend(row.payment.map(|kind| (words.kind_of)(kind).to_owned()));
            cells.extend([
                row.amount.map(Vnd::digits).unwrap_or_default(),
                row.state.shown(words).1.to_owned(),
                row.message
                    .as_deref()
                    .unwrap_or_default()
                    .replace(['\t', '\n', '\r'], " "),
            ]);
            text.push('\n');
            text.push_str(&cells.join("\t"));
        }
        text
    }

    /// Are its rows of two kinds, prepaid and postpaid?
    pub fn has_kinds(&self) -> bool {
        self.tab
            .rows
            .get(0)
            .is_some_and(|row| row.payment.is_some())
    }

    /// How many top-ups of how much, and how many postpaid debts.
    pub fn kinds(&self) -> (usize, Vnd, usize) {
        let jobs = self.tab.list.jobs.iter();
        let top_ups = || {
            jobs.clone()
                .filter(|job| job.payment == Some(PaymentType::Prepaid))
        };
        let debts = jobs
            .clone()
            .filter(|job| job.payment == Some(PaymentType::Postpaid));
        let sum = top_ups().filter_map(|job| job.amount).sum();
        (top_ups().count(), sum, debts.count())
    }
}
