//! After the click: gathering evidence until it proves something, or leaving the attempt in doubt.

use std::time::Duration;

use tokio::sync::RwLockReadGuard;

use super::book::{OnItsWay, Stamp};
use super::keeping::Keeping;
use super::runner::{EngineError, JobFault, Run};
use crate::domain::verdict::judge;
use crate::domain::{
    Answer, Conclusion, DebtAfter, Doubt, Event, Evidence, Job, Outcome, Proof, Said, Service,
    State, Verdict, Vnd,
};
use crate::ledger::{LedgerError, LiveAttempt};
use crate::portal::{Answered, LookUp, PortalError, answer_of, transaction_id};

/// A balance that has not fallen is read again after these waits: the portal may book a moment
/// after it answers.
const SETTLE: [Duration; 3] = [
    Duration::from_millis(300),
    Duration::from_secs(1),
    Duration::from_secs(3),
];

impl Run<'_> {
    /// Takes an armed attempt to its proof or into doubt. Never clicks anything that could pay.
    #[expect(
        clippy::too_many_arguments,
        reason = "everything that is known after one click, once"
    )]
    pub(super) async fn prove(
        &mut self,
        live: &mut LiveAttempt,
        index: usize,
        job: &Job,
        answered: Answered,
        keeping: &mut Keeping,
        stamp: Stamp,
        on_its_way: (RwLockReadGuard<'_, ()>, OnItsWay<'_>),
    ) -> Result<(), JobFault> {
        if answered.not_clicked {
            let message = answered
                .lost
                .unwrap_or_else(|| "trang báo chưa bấm xác nhận".to_owned());
            if live.attempt.state == State::Released {
                self.append(
                    live,
                    index,
                    job,
                    Event::Withheld {
                        why: message.clone(),
                    },
                )
                .await?;
            }
            return self
                .append(
                    live,
                    index,
                    job,
                    Event::Concluded(Conclusion::not_sent(message)),
                )
                .await;
        }
        match answered.lost {
            None => {
                let event = Event::Observed {
                    said: answered.said.clone(),
                    balance: answered.balance,
                };
                self.append(live, index, job, event).await?;
            }
            Some(why) => {
                tracing::warn!(account = %job.account, why, "no answer after the click");
                self.append(live, index, job, Event::ContactLost { why })
                    .await?;
            }
        }
        // A balance that others may have moved meanwhile says nothing yet.
        let balance = answered
            .balance
            .filter(|_| self.crew.book.is_untouched(stamp, 1));
        self.crew.saw_balance(answered.balance);
        let mut verdict = self.at_first_sight(live, job, balance);
        if !matches!(verdict, Verdict::Proven(..)) {
            keeping.taken().await;
            // From here on the account has to be at rest: everything else on its way is waited for.
            drop(on_its_way);
            let at_rest = self.crew.book.at_work.write().await;
            verdict = match self.verdict(live, job, balance, &SETTLE).await? {
                Ok((outcome, proof)) => Verdict::Proven(outcome, proof),
                Err(doubt) => Verdict::InDoubt(doubt),
            };
            drop(at_rest);
        }
        match verdict {
            Verdict::Proven(outcome, proof) => {
                let end = self.conclusion(live, outcome, proof, None);
                self.append(live, index, job, Event::Concluded(end)).await
            }
            Verdict::InDoubt(_) | Verdict::LookAgain => {
                let doubt = if let Verdict::InDoubt(doubt) = verdict {
                    doubt
                } else {
                    Doubt::NoAnswerNoProof
                };
                self.keep_picture(live, "doubt").await;
                let why = doubt_text(live, doubt);
                tracing::warn!(account = %job.account, why, "the outcome is in doubt; its debt is locked");
                self.append(live, index, job, Event::ContactLost { why })
                    .await
            }
        }
    }

    fn evidence(
        &self,
        live: &LiveAttempt,
        job: &Job,
        before: Option<Vnd>,
        after: Option<Vnd>,
        is_proof: bool,
    ) -> Evidence {
        let said = live.attempt.observed.as_deref();
        Evidence {
            amount: live.attempt.intent.as_ref().map_or(Vnd::ZERO, |i| i.amount),
            is_debt: job.top_up(live.service).is_none(),
            answer: said.map_or(Answer::Silent, |said| {
                answer_of(self.tools.map.words(), said)
            }),
            balance_before: before,
            balance_after: after,
            balance_is_proof: is_proof,
            debt_after: DebtAfter::NotAsked,
        }
    }

    /// What the portal's own answer proves, with the balance that came with it.
    fn at_first_sight(&self, live: &LiveAttempt, job: &Job, balance: Option<Vnd>) -> Verdict {
        let before = live
            .attempt
            .intent
            .as_ref()
            .and_then(|i| i.balance_before)
            .filter(|_| balance.is_some());
        judge(&self.evidence(live, job, before, balance, balance.is_some()))
    }

    /// What the evidence proves, gathered as far as it takes. The account is at rest. `settle`:
    /// waits before what has not happened yet is looked for again.
    pub(super) async fn verdict(
        &mut self,
        live: &LiveAttempt,
        job: &Job,
        balance: Option<Vnd>,
        settle: &[Duration],
    ) -> Result<Result<(Outcome, Proof), Doubt>, JobFault> {
        let before = self.balance_explained(live).await?;
        let after = match balance {
            Some(balance) => Some(balance),
            None => self.read_balance().await,
        };
        let mut evidence = self.evidence(live, job, before, after, before.is_some());
        self.crew.saw_balance(after);
        let mut settle = settle.iter();
        loop {
            match judge(&evidence) {
                Verdict::Proven(outcome, proof) => return Ok(Ok((outcome, proof))),
                Verdict::LookAgain => {
                    evidence.debt_after = self.debt_after(live.service, job).await
                }
                Verdict::InDoubt(doubt @ (Doubt::NoAnswerNoFall | Doubt::SuccessWithoutFall)) => {
                    let Some(wait) = settle.next() else {
                        return Ok(Err(doubt));
                    };
                    tokio::time::sleep(*wait).await;
                    evidence.balance_after = self.read_balance().await.or(evidence.balance_after);
                }
                Verdict::InDoubt(Doubt::FellButStillDue)
                    if evidence.debt_after == DebtAfter::StillDue =>
                {
                    let Some(wait) = settle.next() else {
                        return Ok(Err(Doubt::FellButStillDue));
                    };
                    tokio::time::sleep(*wait).await;
                    evidence.debt_after = self.debt_after(live.service, job).await;
                }
                Verdict::InDoubt(doubt) => return Ok(Err(doubt)),
            }
        }
    }

    /// What the balance would be now without this attempt: what it was at rest, less everything
    /// proven since. `None` where it proves nothing: it was never read at rest, or something else
    /// on the account is in doubt.
    pub(super) async fn balance_explained(
        &self,
        live: &LiveAttempt,
    ) -> Result<Option<Vnd>, LedgerError> {
        let Some(intent) = &live.attempt.intent else {
            return Ok(None);
        };
        let (Some(before), Some(seq)) = (
            intent.balance_before.filter(|_| intent.balance_is_proof),
            intent.balance_seq,
        ) else {
            return Ok(None);
        };
        let ledger = &self.tools.ledger;
        if ledger.has_doubt(&intent.agent, &live.id).await? {
            return Ok(None);
        }
        let paid = ledger.paid_since(&intent.agent, seq, &live.id).await?;
        Ok(before.checked_sub(paid))
    }

    pub(super) fn conclusion(
        &self,
        live: &LiveAttempt,
        outcome: Outcome,
        proof: Proof,
        transaction: Option<String>,
    ) -> Conclusion {
        let said = live.attempt.observed.clone().unwrap_or_default();
        let words = Said::joined(&said);
        let amount = live.attempt.intent.as_ref().map(|i| i.amount);
        let markers = &self.tools.map.rules.transaction_id_after;
        let proof = match proof {
            Proof::Response if live.attempt.is_reattached => Proof::Reattach,
            other => other,
        };
        Conclusion {
            outcome,
            proof,
            amount: amount.filter(|_| outcome != Outcome::AlreadyCleared),
            transaction_id: transaction
                .or_else(|| transaction_id(markers, &words))
                .filter(|_| outcome == Outcome::Paid),
            message: match (words.is_empty(), proof, outcome) {
                (_, Proof::History, Outcome::NotSent) => {
                    "Lịch sử, số dư và nợ cước đều cho thấy chưa trả; làm lại được".to_owned()
                }
                (false, ..) => words,
                (true, Proof::Balance, _) => {
                    format!(
                        "Cổng không trả lời rõ; số dư giảm đúng {}",
                        amount.unwrap_or_default()
                    )
                }
                (true, Proof::History, _) => {
                    "Cổng không trả lời rõ; giao dịch có trong lịch sử của cổng".to_owned()
                }
                (true, ..) => "Cổng không trả lời".to_owned(),
            },
        }
    }

    /// The balance from a freshly loaded page, after renewing the session where that is needed.
    /// `None`: not to be had.
    pub(super) async fn read_balance(&mut self) -> Option<Vnd> {
        let read = match self.balance_once().await {
            Err(error) => match self.renew(error).await {
                Ok(()) => self.balance_once().await,
                Err(error) => Err(error),
            },
            read => read,
        };
        read.ok().flatten()
    }

    async fn balance_once(&mut self) -> Result<Option<Vnd>, PortalError> {
        self.page()?.balance().await
    }

    /// Is the debt still there? Only the portal's own words say that it is gone.
    pub(super) async fn debt_after(&mut self, service: Service, job: &Job) -> DebtAfter {
        let looked = match self.look_up_debt(service, job).await {
            Err(error) => match self.renew(error).await {
                Ok(()) => self.look_up_debt(service, job).await,
                Err(error) => Err(error),
            },
            looked => looked,
        };
        match looked {
            Ok(LookUp::NoDebt(_) | LookUp::Cleared(_)) => DebtAfter::Gone,
            Ok(LookUp::Found(_)) => DebtAfter::StillDue,
            Ok(LookUp::NotFound(_) | LookUp::Rejected(_) | LookUp::Several(_)) | Err(_) => {
                DebtAfter::Unclear
            }
        }
    }

    /// Reading moves no money, so it may be repeated once the session is renewed.
    pub(super) async fn renew(&mut self, error: PortalError) -> Result<(), PortalError> {
        tracing::warn!(%error, "reading after the click failed; once more");
        match self.recover_session(&error).await {
            Ok(()) => Ok(()),
            Err(EngineError::Portal(again)) => Err(again),
            Err(EngineError::Plan(_) | EngineError::Ledger(_)) => Err(error),
        }
    }
}

pub(super) fn doubt_text(live: &LiveAttempt, doubt: Doubt) -> String {
    let words = live
        .attempt
        .observed
        .as_deref()
        .map(Said::joined)
        .unwrap_or_default();
    if words.is_empty() {
        format!("Chưa rõ: {doubt}")
    } else {
        format!("Chưa rõ: {doubt}. Cổng nói: {words}")
    }
}
