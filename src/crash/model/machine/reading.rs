//! What a driver reads in the model: the page, the account, the history.

use super::Simulation;
use crate::crash::model::portal::vnd;
use crate::domain::driver::{ArmOrder, Effect, Input, LookedUp, Opened, Reading};
use crate::domain::{DebtAfter, Intent, Outcome, Vnd};

impl Simulation {
    /// What the portal's answer teaches about its words.
    pub(super) fn learn(&mut self, reading: &Reading) {
        match reading.answer {
            crate::domain::Answer::Success { .. } => self.words_fail = false,
            crate::domain::Answer::Unclear => self.words_fail = true,
            _ => {}
        }
    }

    /// What only reads.
    pub(in crate::crash::model) fn read(
        &mut self,
        attempt: usize,
        effect: Effect,
    ) -> Option<Input> {
        Some(match effect {
            Effect::ReadBooks => Input::Books(self.journal.books(attempt, self.now)),
            Effect::AskBalance | Effect::ReadBalance if self.chance(5.0) => Input::Balance(None),
            Effect::AskBalance | Effect::ReadBalance => {
                Input::Balance(Some(vnd(self.portal.balance)))
            }
            Effect::LookUpDebt if self.chance(5.0) => Input::Debt(DebtAfter::Unclear),
            Effect::LookUpDebt => {
                let job = self.journal.records[attempt].job;
                Input::Debt(match self.portal.owed(&self.account(job)) {
                    0 => DebtAfter::Gone,
                    _ => DebtAfter::StillDue,
                })
            }
            Effect::ReadHistory if self.chance(5.0) => Input::History(None),
            Effect::ReadHistory => {
                let rows = self.portal.rows(self.now);
                let account = |job| self.account(job);
                Input::History(Some(self.journal.history(rows, account)))
            }
            Effect::Wait(ms) => {
                self.pass(i64::try_from(ms).unwrap_or_default());
                Input::Waited
            }
            Effect::Photograph => Input::Photographed,
            other => {
                self.out_of_order.push(format!("{other:?}"));
                return None;
            }
        })
    }

    pub(super) fn look_up(&mut self, job: usize, with_balance: bool) -> LookedUp {
        let amount = self.amount(job);
        if self.is_debt && amount == 0 {
            return LookedUp::End {
                outcome: Outcome::NoDebt,
                words: String::new(),
            };
        }
        LookedUp::Due {
            amount: vnd(amount),
            customer: None,
            balance: self.balance_on_page(with_balance),
            agent: Some("A".into()),
            note: String::new(),
        }
    }

    pub(super) fn facts(&self, attempt: usize) -> crate::domain::GuardFacts {
        let task = self.task_of(attempt);
        self.journal.facts(attempt, &task, self.now)
    }

    pub(super) fn explained(&self, (balance, seq): (Vnd, i64)) -> Option<Vnd> {
        balance.checked_sub(self.journal.paid_since(seq))
    }

    pub(super) fn open_dialog(&mut self, amount: Vnd) -> Input {
        let amounts = if self.chance(1.0) {
            vec![amount.saturating_add(Vnd::fixed(1_000))]
        } else {
            vec![amount]
        };
        Input::Opened(Opened::Dialog {
            amounts,
            balance: None,
        })
    }

    pub(super) fn intent(&self, job: usize, order: &ArmOrder) -> Intent {
        let task = &self.tasks[job];
        let obligation = task.job.obligation(task.service);
        let mark = self.portal.has_history.then(String::new);
        Intent {
            history_seq: mark.as_ref().map(|_| 0),
            history_mark: mark,
            ..order.intent("A", obligation)
        }
    }
}
