//! One attempt at one job, up to its outcome.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::book::Stamp;
use super::crew::locked;
use super::evidence::Piece;
use super::halt::Boundary;
use super::keeping::Keeping;
use super::progress::Progress;
use super::runner::{JobFault, Run};
use super::timing::{day_start_ms, month_start_ms};
use crate::browser::{Gate, Strength};
use crate::client::Denial;
use crate::domain::guard::{Situation, allow};
use crate::domain::{
    Account, BillCode, Conclusion, Event, GateKind, Intent, Job, Outcome, PaymentType, Phone,
    Proof, Quote, Refusal, Service, Vnd,
};
use crate::ledger::{BatchJob, LiveAttempt};
use crate::portal::{
    AmountField, Answered, Armament, Found, LookUp, LookUpOrReady, PortalError, Prepared,
    Readiness, Ready,
};

/// What the page led to, before anything is armed.
#[expect(
    clippy::large_enum_variant,
    reason = "one at a time, never in a collection"
)]
enum Way {
    /// A quote; the page is ready for the next step.
    Quoted(Found),
    /// An end: outcome, amount, words.
    End(Outcome, Option<Vnd>, String),
}

impl Run<'_> {
    /// One try. `Ok` means that the attempt has an outcome or is in doubt; `Err` happened before
    /// arming.
    pub(super) async fn attempt_job(
        &mut self,
        entry: &BatchJob,
        index: usize,
        live: &mut LiveAttempt,
    ) -> Result<(), JobFault> {
        let calls_before = self.calls();
        let stamp = self.stamp().await;
        let session = self
            .session
            .as_ref()
            .map(|s| s.facts().session_id.clone())
            .unwrap_or_default();
        let operator = Some(self.plan.operator.clone()).filter(|who| !who.is_empty());
        self.append(live, index, &entry.job, Event::Leased { session, operator })
            .await?;
        if let (Some(claims), Some(ticket)) = (&self.tools.claims, &entry.job.ticket)
            && claims.is_lost(ticket)
        {
            let end = Conclusion::of(
                Outcome::Cancelled,
                Proof::None,
                "Máy chủ đã giao việc này cho máy khác".to_owned(),
            );
            return self.conclude(live, index, &entry.job, end).await;
        }
        match self.look_up(&entry.job).await? {
            Way::End(outcome, amount, message) => {
                let proof = if outcome == Outcome::Refused {
                    Proof::None
                } else {
                    Proof::Response
                };
                let end = Conclusion {
                    amount,
                    ..Conclusion::of(outcome, proof, message)
                };
                self.conclude(live, index, &entry.job, end).await
            }
            Way::Quoted(found) => {
                if let Some(agent) = &found.agent {
                    self.check_agent(agent)?;
                } else if self.plan.service.is_payment() {
                    return Err(PortalError::NoUser.into());
                }
                self.crew.saw_balance(found.balance);
                let quote = Quote {
                    amount: found.amount,
                    customer: found.customer.clone(),
                    balance: found.balance,
                };
                self.append(live, index, &entry.job, Event::QuoteSeen(quote))
                    .await?;
                if self.plan.service.is_payment() {
                    self.pay(entry, index, live, found, stamp).await?;
                    if live.attempt.standing().outcome == Outcome::Paid {
                        locked(&self.crew.calls_per_payment).push(self.calls() - calls_before);
                    }
                    Ok(())
                } else {
                    let end = Conclusion::of(Outcome::Debt, Proof::Response, found.note)
                        .about(found.amount);
                    self.conclude(live, index, &entry.job, end).await
                }
            }
        }
    }

    /// Appends and tells.
    pub(super) async fn append(
        &self,
        live: &mut LiveAttempt,
        index: usize,
        job: &Job,
        event: Event,
    ) -> Result<(), JobFault> {
        self.tools.ledger.append(live, event).await?;
        self.say_state(live, index, job);
        self.tools
            .halt
            .at(live.attempt.state.into(), self.reporter)
            .await;
        Ok(())
    }

    pub(super) fn say_state(&self, live: &LiveAttempt, index: usize, job: &Job) {
        self.reporter.say(Progress::State {
            login: self.login,
            index,
            account: job.account.to_string(),
            attempt: live.id.clone(),
            state: live.attempt.state.wire(),
            amount: live.attempt.quote.as_ref().map(|q| q.amount),
        });
    }

    async fn conclude(
        &self,
        live: &mut LiveAttempt,
        index: usize,
        job: &Job,
        end: Conclusion,
    ) -> Result<(), JobFault> {
        self.append(live, index, job, Event::Concluded(end)).await
    }

    /// Asks the portal. Where the page does look-up and preparation in one step, the dialog is open
    /// afterwards.
    async fn look_up(&mut self, job: &Job) -> Result<Way, PortalError> {
        let answer = match (self.plan.service, &job.account) {
            (Service::TopUpMulti | Service::TopUpViettel, Account::Phone(phone))
                if job.top_up(self.plan.service).is_some() =>
            {
                let pin = self.plan.pin.clone().unwrap_or_default();
                let amount = job.amount.unwrap_or_default();
                let field = if self.plan.service == Service::TopUpMulti {
                    AmountField::Button
                } else {
                    AmountField::Free
                };
                let (answer, balance) = self
                    .page()?
                    .prepare_top_up(phone, amount, field, &pin)
                    .await?;
                match answer {
                    LookUpOrReady::End(end) => end,
                    LookUpOrReady::Ready(Ready::Rejected(text)) => LookUp::Rejected(text),
                    LookUpOrReady::Ready(Ready::Cleared(text)) => LookUp::Cleared(text),
                    LookUpOrReady::Ready(Ready::Prepared(prepared)) => LookUp::Found(Found {
                        amount,
                        customer: None,
                        note: format!("Nạp {amount}"),
                        balance,
                        agent: prepared.agent.clone(),
                        readiness: Readiness::Prepared(prepared),
                    }),
                }
            }
            (service, _) => self.look_up_debt(service, job).await?,
        };
        let is_payment = self.plan.service.is_payment();
        Ok(match answer {
            LookUp::Found(found) => Way::Quoted(found),
            LookUp::NoDebt(text) => Way::End(Outcome::NoDebt, Some(Vnd::ZERO), text),
            LookUp::Cleared(text) => Way::End(Outcome::AlreadyCleared, None, text),
            LookUp::NotFound(text) => Way::End(Outcome::NotFound, None, text),
            LookUp::Rejected(text) => Way::End(Outcome::Rejected, None, text),
            LookUp::Several(contracts) if is_payment => Way::End(
                Outcome::Refused,
                None,
                Refusal::SeveralContracts(contracts.len()).to_string(),
            ),
            LookUp::Several(contracts) => {
                let amount = contracts.iter().map(|c| c.debt).sum();
                let note = contracts
                    .iter()
                    .map(crate::portal::Contract::note)
                    .collect::<Vec<_>>()
                    .join(" || ");
                Way::Quoted(Found {
                    amount,
                    customer: contracts.first().map(|c| c.owner.clone()),
                    note,
                    balance: None,
                    agent: None,
                    readiness: Readiness::LookedUp,
                })
            }
        })
    }

    /// Asks what is owed.
    pub(super) async fn look_up_debt(
        &mut self,
        service: Service,
        job: &Job,
    ) -> Result<LookUp, PortalError> {
        match (service, &job.account) {
            (Service::LookUpFtth | Service::PayTvInternet, Account::Subscriber(code)) => {
                self.page()?.look_up_subscriber(code).await
            }
            (Service::PayEvn, Account::Bill(code)) => {
                self.look_up_bill(code, job.receiver.as_ref()).await
            }
            (Service::LookUpPostpaid | Service::TopUpMulti, Account::Phone(phone))
                if job.payment != Some(PaymentType::Prepaid) =>
            {
                self.page()?.look_up_postpaid(phone).await
            }
            // The list was parsed by the service's own kind, so no other pair exists.
            (service, account) => Err(PortalError::Unreadable(format!("{service}: {account}"))),
        }
    }

    /// Looks a bill up; where its page was found is remembered.
    async fn look_up_bill(
        &mut self,
        code: &BillCode,
        receiver: Option<&Phone>,
    ) -> Result<LookUp, PortalError> {
        let pin = self.plan.pin.clone().unwrap_or_default();
        let (receiver, mut known) = (
            receiver.or(self.plan.receiver.as_ref()).cloned(),
            self.bill_page.clone(),
        );
        let answer = self
            .page()?
            .look_up_bill(&mut known, code, receiver.as_ref(), &pin)
            .await;
        self.bill_page = known;
        answer
    }

    async fn pay(
        &mut self,
        entry: &BatchJob,
        index: usize,
        live: &mut LiveAttempt,
        mut found: Found,
        stamp: Stamp,
    ) -> Result<(), JobFault> {
        let job = &entry.job;
        let amount = found.amount;
        let refused = |refusal: Refusal| {
            Conclusion::of(Outcome::Refused, Proof::None, refusal.to_string()).about(amount)
        };
        if let Some(refusal) = self.refusal(job, live, &found).await? {
            return self.conclude(live, index, job, refused(refusal)).await;
        }
        let prepared = match self.prepare(&found.readiness, found.amount).await? {
            Some(Ready::Prepared(prepared)) => prepared,
            Some(Ready::Rejected(message)) => {
                let end =
                    Conclusion::of(Outcome::Rejected, Proof::Response, message).about(found.amount);
                return self.conclude(live, index, job, end).await;
            }
            Some(Ready::Cleared(message)) => {
                return self
                    .conclude(
                        live,
                        index,
                        job,
                        Conclusion::of(Outcome::AlreadyCleared, Proof::Response, message),
                    )
                    .await;
            }
            None => match std::mem::replace(&mut found.readiness, Readiness::LookedUp) {
                Readiness::Prepared(prepared) => prepared,
                _ => return Err(PortalError::Unreadable("không có hộp xác nhận".to_owned()).into()),
            },
        };
        // What will be confirmed is what the dialog says; a price that changed since the look-up is
        // not paid.
        if let Some(other) = prepared
            .dialog_amounts
            .first()
            .filter(|_| !prepared.dialog_amounts.contains(&found.amount))
        {
            return self
                .conclude(
                    live,
                    index,
                    job,
                    refused(Refusal::DialogDiffers(*other, found.amount)),
                )
                .await;
        }
        self.append(live, index, job, Event::Prepared).await?;
        if self.plan.dry_run {
            let end = Conclusion::of(
                Outcome::DryRun,
                Proof::None,
                format!("Chạy thử: sẽ trả {}", found.amount),
            )
            .about(found.amount);
            return self.conclude(live, index, job, end).await;
        }
        let mut keeping = Keeping::of(self);
        keeping.shoot("quote");
        self.append(live, index, job, Event::PreArmed).await?;
        // The gate is on before anything is armed: how strong it is stands in the intent.
        let gate = self.page()?.hold().await?;
        // Whoever needs the account at rest waits for this seat to be free again.
        let seat = self.crew.book.at_work.read().await;
        let arming = self.crew.arming.lock().await;
        if let Some(refusal) = self.refusal(job, live, &found).await? {
            drop((arming, seat));
            self.lift(gate).await;
            return self.conclude(live, index, job, refused(refusal)).await;
        }
        if let Err(denial) = self.permit(job, live, amount).await {
            drop((arming, seat));
            self.lift(gate).await;
            return self
                .conclude(live, index, job, denied(&denial).about(amount))
                .await;
        }
        let intent = self
            .intent(
                job,
                live,
                found.amount,
                &prepared,
                found.balance,
                stamp,
                gate.strength(),
            )
            .await?;
        let armed = match self.tools.ledger.arm(live, intent).await {
            Ok(armed) => armed,
            Err(error) => {
                // Not armed is not sent; the session goes with its gate.
                self.session = None;
                return Err(error.into());
            }
        };
        let on_its_way = self.crew.book.arm();
        drop(arming);
        self.say_state(live, index, job);
        self.tools.halt.at(Boundary::Armed, self.reporter).await;
        let armament = Armament {
            account: job.account.as_str().to_owned(),
            amount: found.amount,
        };
        keeping.taken().await;
        let answered = self
            .press(
                live,
                index,
                job,
                prepared,
                armed,
                gate,
                &armament,
                &mut keeping,
            )
            .await;
        self.tools.halt.at(Boundary::Answered, self.reporter).await;
        keeping.raw(&answered);
        keeping.shoot("outcome");
        // From here on nothing is technical any more: the attempt is proven or stays in doubt.
        let proven = self
            .prove(
                live,
                index,
                job,
                answered,
                &mut keeping,
                stamp,
                (seat, on_its_way),
            )
            .await;
        keeping.taken().await;
        keeping.keep(self, live);
        proven
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "everything that one click takes, once"
    )]
    async fn press(
        &self,
        live: &mut LiveAttempt,
        index: usize,
        job: &Job,
        prepared: Prepared,
        armed: crate::ledger::Armed,
        gate: Gate,
        armament: &Armament,
        keeping: &mut Keeping,
    ) -> Answered {
        let release = async |request: &str, body: &str| {
            self.tools.halt.at(Boundary::Held, self.reporter).await;
            let piece = Piece::text("request", body);
            let event = Event::Released {
                request: Some(request.to_owned()),
                body: Some(piece.kept().hash),
            };
            keeping.add(piece);
            let written = self.tools.ledger.append(live, event).await;
            if written.is_ok() {
                self.say_state(live, index, job);
                self.tools.halt.at(Boundary::Released, self.reporter).await;
            }
            written
        };
        match self.page() {
            Ok(mut page) => page.press(prepared, armed, gate, armament, release).await,
            Err(error) => Answered::not_sent(error.to_string()),
        }
    }

    /// Where a server gave the job it has to agree before anything is armed.
    async fn permit(&self, job: &Job, live: &LiveAttempt, amount: Vnd) -> Result<(), Denial> {
        match (&self.tools.claims, &job.ticket) {
            (Some(claims), Some(ticket)) => claims.arm(ticket, &live.id, amount).await,
            _ => Ok(()),
        }
    }

    async fn lift(&self, gate: Gate) {
        if let Some(session) = &self.session {
            gate.lift(session).await;
        }
    }

    async fn prepare(
        &mut self,
        readiness: &Readiness,
        amount: Vnd,
    ) -> Result<Option<Ready>, PortalError> {
        let pin = self.plan.pin.clone().unwrap_or_default();
        match readiness {
            Readiness::Prepared(_) | Readiness::LookedUp => Ok(None),
            Readiness::Contract(contract) => self
                .page()?
                .prepare_contract(contract, &pin)
                .await
                .map(Some),
            Readiness::PhoneDebt => self.page()?.prepare_postpaid(amount, &pin).await.map(Some),
        }
    }

    /// The guards before arming.
    async fn refusal(
        &self,
        job: &Job,
        live: &LiveAttempt,
        found: &Found,
    ) -> Result<Option<Refusal>, JobFault> {
        let ledger = &self.tools.ledger;
        let zone = TimeZone::system();
        let now = Timestamp::now();
        let top_up = job.top_up(self.plan.service);
        let obligation = obligation(self.plan.service, job);
        if let Some(attempt) = ledger.doubt_on(&obligation, &live.id).await? {
            return Ok(Some(Refusal::InDoubt(attempt)));
        }
        let paid_before = match (top_up, &job.order_id) {
            (Some(_), Some(order)) => ledger.order_paid(&obligation, order).await?,
            // The same top-up may be wanted twice; within one list it was already made one.
            (Some(_), None) => None,
            // A bill of the same amount in another month is another bill.
            (None, _) => {
                ledger
                    .paid_on(&obligation, found.amount, month_start_ms(now, &zone))
                    .await?
            }
        };
        if let Some(at) = paid_before {
            let local = at.to_zoned(zone).strftime("%H:%M %d/%m/%Y").to_string();
            return Ok(Some(Refusal::PaidBefore(local)));
        }
        let spent = ledger
            .spent(&live.batch_id, &self.agent, day_start_ms(now, &zone))
            .await?;
        let situation = Situation {
            quoted: found.amount,
            expected: if top_up.is_some() { None } else { job.amount },
            minimum: if top_up.is_some() {
                Vnd::ZERO
            } else {
                self.tools.map.rules.minimum_debt
            },
            balance: found.balance,
            spent_in_batch: spent.in_batch,
            spent_today: spent.today,
        };
        Ok(allow(&self.plan.limits, &situation).err())
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "an intent is made of all of this"
    )]
    async fn intent(
        &self,
        job: &Job,
        live: &LiveAttempt,
        amount: Vnd,
        prepared: &Prepared,
        balance: Option<Vnd>,
        stamp: Stamp,
        strength: Strength,
    ) -> Result<Intent, JobFault> {
        let facts = self
            .session
            .as_ref()
            .map(|s| s.facts().clone())
            .unwrap_or_default();
        let book = &self.crew.book;
        // The page's balance is at rest where nothing was on its way when the page was asked for,
        // nor is in doubt.
        let is_at_rest = book.is_untouched(stamp, 0)
            && !self.tools.ledger.has_doubt(&self.agent, &live.id).await?;
        if is_at_rest && let Some(balance) = prepared.balance.or(balance) {
            book.rests_at(balance, stamp.seq);
        }
        let (balance_before, balance_seq) = book.at_rest().unzip();
        let (history_mark, history_seq) = locked(&self.crew.history_mark).clone().unzip();
        Ok(Intent {
            agent: self.agent.clone(),
            fingerprint: format!(
                "{}|{}|{}",
                self.plan.service,
                job.account.key(),
                amount.digits()
            ),
            obligation: obligation(self.plan.service, job),
            amount,
            balance_before,
            balance_seq,
            balance_is_proof: balance_before.is_some(),
            gate: match strength {
                Strength::Valve => GateKind::Valve,
                Strength::Wire => GateKind::Wire,
                Strength::Latch => GateKind::Latch,
            },
            session: facts.session_id,
            browser_pid: facts.browser_pid,
            debugger_address: facts.debugger_address,
            bidi_url: facts.bidi_url,
            context: facts.context,
            history_mark,
            history_seq,
            fence: job.ticket.as_ref().map(|ticket| ticket.fence),
            deadline_ms: Timestamp::now().as_millisecond()
                + i64::try_from(self.tools.answer_max.as_millis()).unwrap_or(i64::MAX / 2),
        })
    }
}

/// How a job ends that the server did not let be paid. A yes that was lost on its way is taken back
/// by telling it.
fn denied(denial: &Denial) -> Conclusion {
    let outcome = match denial {
        Denial::Refused(_) => Outcome::Cancelled,
        Denial::Unanswered(_) => Outcome::Failed,
    };
    Conclusion::of(outcome, Proof::None, denial.to_string())
}

/// What an attempt in doubt locks. A debt by service and account, whatever the period: a doubt from
/// last month is still one. A top-up also by its amount: equal ones run strictly one after another.
pub(super) fn obligation(service: Service, job: &Job) -> String {
    match job.top_up(service) {
        Some(amount) => format!("{service}|{}|{}", job.account.key(), amount.digits()),
        None => format!("{service}|{}", job.account.key()),
    }
}
