//! After the click: gathering evidence until it proves something, or leaving the attempt in doubt.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::runner::{EngineError, JobFault, Run};
use crate::domain::verdict::judge;
use crate::domain::{
    Account, Answer, Conclusion, DebtAfter, Doubt, Event, Evidence, Job, Outcome, PaymentType, Proof, Said, Service, Verdict, Vnd,
};
use crate::ledger::{Ledger, LedgerError, LiveAttempt};
use crate::portal::{Answered, LookUp, PortalError, answer_of, transaction_id};

/// A balance that has not fallen is read again after these waits: the portal may book a moment after it answers.
const SETTLE: [Duration; 3] = [Duration::from_millis(300), Duration::from_secs(1), Duration::from_secs(3)];

impl Run<'_> {
    /// Takes an armed attempt to its proof or into doubt. Never clicks anything that could pay.
    pub(super) async fn prove(&mut self, live: &mut LiveAttempt, index: usize, job: &Job, answered: Answered) -> Result<(), JobFault> {
        if answered.not_clicked {
            let message = answered.lost.unwrap_or_else(|| "trang báo chưa bấm xác nhận".to_owned());
            let end = Conclusion { outcome: Outcome::NotSent, proof: Proof::None, amount: None, transaction_id: None, message };
            return self.append(live, index, job, Event::Concluded(end)).await;
        }
        match answered.lost {
            None => {
                let event = Event::Observed { said: answered.said.clone(), balance: answered.balance };
                self.append(live, index, job, event).await?;
            }
            Some(why) => {
                tracing::warn!(account = %job.account, why, "no answer after the click");
                self.append(live, index, job, Event::ContactLost { why }).await?;
            }
        }
        match self.verdict(live, job, answered.balance).await? {
            Ok((outcome, proof)) => {
                let end = self.conclusion(live, outcome, proof);
                self.append(live, index, job, Event::Concluded(end)).await
            }
            Err(doubt) => {
                self.keep_doubt_picture(live).await;
                let why = doubt_text(live, doubt);
                tracing::warn!(account = %job.account, why, "the outcome is in doubt; its debt is locked");
                self.append(live, index, job, Event::ContactLost { why }).await
            }
        }
    }

    /// What the evidence proves, gathered as far as it takes.
    async fn verdict(&mut self, live: &LiveAttempt, job: &Job, balance: Option<Vnd>) -> Result<Result<(Outcome, Proof), Doubt>, JobFault> {
        let Some(intent) = live.attempt.intent.clone() else { return Ok(Err(Doubt::NoAnswerNoProof)) };
        let answer = live.attempt.observed.as_deref().map_or(Answer::Silent, |said| answer_of(self.tools.map.words(), said));
        let mut evidence = Evidence {
            amount: intent.amount,
            is_debt: job.top_up(live.service).is_none(),
            answer,
            balance_before: intent.balance_before,
            balance_after: match balance {
                Some(balance) => Some(balance),
                None => self.read_balance().await,
            },
            balance_is_proof: intent.balance_is_proof && self.is_alone(live, &intent.agent).await?,
            debt_after: DebtAfter::NotAsked,
        };
        self.balance = evidence.balance_after.or(self.balance);
        let mut settle = SETTLE.iter();
        loop {
            match judge(&evidence) {
                Verdict::Proven(outcome, proof) => return Ok(Ok((outcome, proof))),
                Verdict::LookAgain => evidence.debt_after = self.debt_after(live.service, job).await,
                Verdict::InDoubt(doubt @ (Doubt::NoAnswerNoFall | Doubt::SuccessWithoutFall)) => {
                    let Some(wait) = settle.next() else { return Ok(Err(doubt)) };
                    tokio::time::sleep(*wait).await;
                    evidence.balance_after = self.read_balance().await.or(evidence.balance_after);
                }
                Verdict::InDoubt(Doubt::FellButStillDue) if evidence.debt_after == DebtAfter::StillDue => {
                    let Some(wait) = settle.next() else { return Ok(Err(Doubt::FellButStillDue)) };
                    tokio::time::sleep(*wait).await;
                    evidence.debt_after = self.debt_after(live.service, job).await;
                }
                Verdict::InDoubt(doubt) => return Ok(Err(doubt)),
            }
        }
    }

    async fn is_alone(&self, live: &LiveAttempt, agent: &str) -> Result<bool, LedgerError> {
        Ok(!self.tools.ledger.has_doubt(agent, &live.id).await?)
    }

    fn conclusion(&self, live: &LiveAttempt, outcome: Outcome, proof: Proof) -> Conclusion {
        let said = live.attempt.observed.clone().unwrap_or_default();
        let words = Said::joined(&said);
        let amount = live.attempt.intent.as_ref().map(|i| i.amount);
        let markers = &self.tools.map.rules.transaction_id_after;
        Conclusion {
            outcome,
            proof,
            amount: amount.filter(|_| outcome != Outcome::AlreadyCleared),
            transaction_id: transaction_id(markers, &words).filter(|_| outcome == Outcome::Paid),
            message: match (words.is_empty(), proof) {
                (false, _) => words,
                (true, Proof::Balance) => {
                    format!("Cổng không trả lời rõ; số dư giảm đúng {}", amount.unwrap_or_default())
                }
                (true, _) => "Cổng không trả lời".to_owned(),
            },
        }
    }

    async fn keep_doubt_picture(&mut self, live: &LiveAttempt) {
        let evidence = self.tools.evidence.clone();
        if let Ok(mut page) = self.page() {
            evidence.picture(&mut page, &live.id, "chua-ro").await;
        }
    }

    /// The balance from a freshly loaded page, after renewing the session where that is needed. `None`: not to be had.
    async fn read_balance(&mut self) -> Option<Vnd> {
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
    async fn debt_after(&mut self, service: Service, job: &Job) -> DebtAfter {
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
            Ok(LookUp::NotFound(_) | LookUp::Rejected(_) | LookUp::Several(_)) | Err(_) => DebtAfter::Unclear,
        }
    }

    async fn look_up_debt(&mut self, service: Service, job: &Job) -> Result<LookUp, PortalError> {
        match (service, &job.account) {
            (Service::LookUpFtth | Service::PayTvInternet, Account::Subscriber(code)) => self.page()?.look_up_subscriber(code).await,
            (Service::PayEvn, Account::Bill(code)) => self.look_up_bill(code).await,
            (Service::TopUpMulti, Account::Phone(phone)) if job.payment != Some(PaymentType::Prepaid) => {
                self.page()?.look_up_postpaid(phone).await
            }
            (service, account) => Err(PortalError::Unreadable(format!("{service}: {account}"))),
        }
    }

    /// Reading moves no money, so it may be repeated once the session is renewed.
    async fn renew(&mut self, error: PortalError) -> Result<(), PortalError> {
        tracing::warn!(%error, "reading after the click failed; once more");
        match self.recover_session(&error, &CancellationToken::new()).await {
            Ok(()) => Ok(()),
            Err(EngineError::Portal(again)) => Err(again),
            Err(EngineError::Plan(_) | EngineError::Ledger(_)) => Err(error),
        }
    }

    /// Looks into attempts that an earlier run left in doubt, oldest first, as far as the balance and the portal's
    /// recorded words can settle them. What they cannot stays locked, for more evidence or a person.
    pub(super) async fn settle_doubts(&mut self, in_doubt: Vec<LiveAttempt>) -> Result<(), EngineError> {
        let mine: Vec<LiveAttempt> = in_doubt
            .into_iter()
            .filter(|l| l.attempt.intent.as_ref().is_some_and(|i| i.agent.eq_ignore_ascii_case(&self.agent)))
            .collect();
        for mut live in mine {
            let Some(job) = job_of(&self.tools.ledger, &live).await? else { continue };
            // Money that moved since for other attempts makes the balance then and now incomparable.
            let agent = self.agent.clone();
            if self.tools.ledger.paid_since(&agent, &live.id).await? {
                continue;
            }
            self.tools.ledger.append(&mut live, Event::ReconcileStarted).await?;
            let verdict = match self.verdict(&live, &job, None).await {
                Ok(verdict) => verdict,
                Err(JobFault::Ledger(error)) => return Err(error.into()),
                Err(JobFault::Technical(error)) => return Err(error.into()),
            };
            match verdict {
                Ok((outcome, proof)) => {
                    tracing::info!(attempt = live.id, %outcome, "an attempt in doubt was settled");
                    let end = self.conclusion(&live, outcome, proof);
                    self.tools.ledger.append(&mut live, Event::Concluded(end)).await?;
                }
                Err(doubt) => {
                    let why = doubt_text(&live, doubt);
                    self.tools.ledger.append(&mut live, Event::ContactLost { why }).await?;
                }
            }
        }
        Ok(())
    }
}

fn doubt_text(live: &LiveAttempt, doubt: Doubt) -> String {
    let words = live.attempt.observed.as_deref().map(Said::joined).unwrap_or_default();
    if words.is_empty() { format!("Chưa rõ: {doubt}") } else { format!("Chưa rõ: {doubt}. Cổng nói: {words}") }
}

async fn job_of(ledger: &Ledger, live: &LiveAttempt) -> Result<Option<Job>, LedgerError> {
    let jobs = ledger.jobs_of(&live.batch_id, live.service).await?;
    Ok(jobs.into_iter().find(|j| j.id == live.job_id).map(|j| j.job))
}
