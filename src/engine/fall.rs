//! Carries the check of the account's fall out ([`FallCheck`]) and says what it found.

use std::time::Duration;

use super::login::PortalLogin;
use super::tools::EngineError;
use crate::domain::driver::{Effect, Fall, FallCheck, FallStep, Input, is_check_due};
use crate::domain::{Event, Vnd};

use super::carry::misplaced;

impl PortalLogin<'_> {
    fn pays(&self) -> bool {
        self.plan.service.is_payment() && !self.plan.dry_run
    }

    /// Is the fall to be checked before this job?
    pub fn is_check_due(&self, index: usize) -> bool {
        let next = self.crew.batch.jobs[index]
            .job
            .obligation(self.plan.service);
        let unchecked = self.crew.book.unchecked(Some(&next), self.now_ms());
        self.pays() && is_check_due(&unchecked, self.plan.sessions)
    }

    /// The same, unless another login was faster.
    pub async fn check_fall_if_due(&mut self, index: usize) -> Result<(), EngineError> {
        let at_rest = self.crew.book.at_work.write().await;
        let is_still_due = self.is_check_due(index);
        drop(at_rest);
        if is_still_due {
            self.check_fall().await?;
        }
        Ok(())
    }

    /// Holds the fall of the account against what was told since it was read at rest.
    pub async fn check_fall(&mut self) -> Result<(), EngineError> {
        match self.crew.book.at_rest() {
            rest @ Some(_) => self.check_fall_since(rest, None).await,
            None => Ok(()),
        }
    }

    /// The same for what a run said that ended a moment ago. `seen`: the balance that was just read.
    pub async fn check_fall_before(&mut self, seen: Option<Vnd>) -> Result<(), EngineError> {
        self.check_fall_since(None, seen).await
    }

    async fn check_fall_since(
        &mut self,
        since: Option<(Vnd, i64)>,
        mut seen: Option<Vnd>,
    ) -> Result<(), EngineError> {
        if !self.pays() || self.session.is_none() {
            return Ok(());
        }
        let crew = self.crew;
        let mut rest = None;
        let mut check = FallCheck::new(&crew.rules);
        let mut step = check.begin();
        let fall = loop {
            let effect = match step {
                FallStep::Done(fall) => break fall,
                FallStep::Ask(effect) => effect,
            };
            let input = match effect {
                Effect::WaitForRest => {
                    rest = Some(crew.book.at_work.write().await);
                    Input::AtRest
                }
                Effect::ReadFall => {
                    let account = self.tools.ledger.account(&self.agent);
                    Input::Fall(account.fall(since).await?)
                }
                Effect::ReadBalance => Input::Balance(match seen.take() {
                    None => self.read_balance().await,
                    seen => seen,
                }),
                Effect::Wait(ms) => {
                    tokio::time::sleep(Duration::from_millis(ms)).await;
                    Input::Waited
                }
                other => return Err(misplaced(&other).into()),
            };
            step = check.step(input)?;
        };
        let found = self.conclude_fall(fall).await;
        drop(rest);
        found
    }

    async fn conclude_fall(&self, fall: Fall) -> Result<(), EngineError> {
        match fall {
            Fall::Agrees(balance, seq) => {
                self.crew.book.rests_at(balance, seq, self.now_ms());
            }
            Fall::Moved(balance, seq) => {
                tracing::warn!(%balance, "the account moved by something else than what was paid here");
                self.crew.book.rests_at(balance, seq, self.now_ms());
            }
            Fall::Unknown => {}
            Fall::Missing {
                expected,
                seen,
                attempts,
            } => {
                let why = format!(
                    "Cổng báo đã trả {} giao dịch, số dư lẽ ra còn {expected} nhưng là {seen}: có giao dịch \
                     chưa trừ tiền. So các dòng vừa trả với lịch sử của cổng.",
                    attempts.len()
                );
                for attempt in attempts {
                    let why = why.clone();
                    self.tools
                        .ledger
                        .note(&attempt, Event::Disputed { why })
                        .await?;
                }
                self.crew.pause(why);
            }
        }
        Ok(())
    }
}
