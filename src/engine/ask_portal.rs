//! What the driver asks of the portal, put to its pages: looking up, preparing, reading again.

use super::login::PortalLogin;
use crate::domain::driver::{HistoryRead, LookedUp, Opened, Reading};
use crate::domain::{
    Account, Answer, BillCode, DebtAfter, Intent, Job, Outcome, PaymentType, Phone, Said, Service,
    Vnd,
};
use crate::ledger::LedgerError;
use crate::portal::{
    AmountField, FoundDebt, LookUp, LookUpOrReady, PortalContract, PortalError, PortalMap,
    Prepared, Readiness, Ready, answer_of, transaction_id,
};

/// What a look-up leads to, with the page's own readiness for the next step.
pub(super) struct Looked {
    pub seen: LookedUp,
    pub readiness: Readiness,
}

/// What opening the dialog leads to, with the page's permission to confirm it.
pub(super) struct OpenedDialog {
    pub opened: Opened,
    pub prepared: Option<Prepared>,
}

impl PortalLogin<'_> {
    /// Asks the portal. Where the page does look-up and preparation in one step, the dialog is open
    /// afterwards. `with_balance`: a page that is not loaded for it asks for the balance too.
    pub async fn look_up(&mut self, job: &Job, with_balance: bool) -> Result<Looked, PortalError> {
        let answer = match (self.plan.service, &job.account) {
            (Service::TopUpMulti | Service::TopUpViettel, Account::Phone(phone))
                if job.top_up(self.plan.service).is_some() =>
            {
                self.fill_top_up(phone, job.amount.unwrap_or_default(), with_balance)
                    .await?
            }
            (service, _) => self.look_up_debt(service, job, with_balance).await?,
        };
        Ok(looked(answer, self.plan.service.is_payment()))
    }

    async fn fill_top_up(
        &mut self,
        phone: &Phone,
        amount: Vnd,
        with_balance: bool,
    ) -> Result<LookUp, PortalError> {
        let pin = self.plan.pin.clone().unwrap_or_default();
        let field = match self.plan.service {
            Service::TopUpMulti => AmountField::Button,
            _ => AmountField::Free,
        };
        let (answer, balance) = self
            .page()?
            .asking_balance(with_balance)
            .prepare_top_up(phone, amount, field, &pin)
            .await?;
        Ok(match answer {
            LookUpOrReady::End(end) => end,
            LookUpOrReady::Ready(Ready::Rejected(text)) => LookUp::Rejected(text),
            LookUpOrReady::Ready(Ready::Cleared(text)) => LookUp::Cleared(text),
            LookUpOrReady::Ready(Ready::Prepared(prepared)) => LookUp::Found(FoundDebt {
                amount,
                customer: None,
                note: format!("Nạp {amount}"),
                balance,
                agent: prepared.agent.clone(),
                readiness: Readiness::Prepared(prepared),
            }),
        })
    }

    /// Asks what is owed.
    async fn look_up_debt(
        &mut self,
        service: Service,
        job: &Job,
        with_balance: bool,
    ) -> Result<LookUp, PortalError> {
        match (service, &job.account) {
            (Service::LookUpFtth | Service::PayTvInternet, Account::Subscriber(code)) => {
                let mut page = self.page()?.asking_balance(with_balance);
                page.look_up_subscriber(code).await
            }
            (Service::PayEvn, Account::Bill(code)) => {
                self.look_up_bill(code, job.receiver.as_ref(), with_balance)
                    .await
            }
            (Service::LookUpPostpaid | Service::TopUpMulti, Account::Phone(phone))
                if job.payment != Some(PaymentType::Prepaid) =>
            {
                let mut page = self.page()?.asking_balance(with_balance);
                page.look_up_postpaid(phone).await
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
        with_balance: bool,
    ) -> Result<LookUp, PortalError> {
        let pin = self.plan.pin.clone().unwrap_or_default();
        let receiver = receiver.or(self.plan.receiver.as_ref()).cloned();
        let mut known = self.bill_page.clone();
        let answer = self
            .page()?
            .asking_balance(with_balance)
            .look_up_bill(&mut known, code, receiver.as_ref(), &pin)
            .await;
        self.bill_page = known;
        answer
    }

    /// Opens the dialog, where it is not open yet.
    pub async fn open_dialog(
        &mut self,
        readiness: Readiness,
        amount: Vnd,
    ) -> Result<OpenedDialog, PortalError> {
        let pin = self.plan.pin.clone().unwrap_or_default();
        let ready = match readiness {
            Readiness::Prepared(prepared) => Ready::Prepared(prepared),
            Readiness::Contract(contract) => self.page()?.prepare_contract(&contract, &pin).await?,
            Readiness::PhoneDebt => self.page()?.prepare_postpaid(amount, &pin).await?,
            Readiness::LookedUp => {
                return Err(PortalError::Unreadable("không có hộp xác nhận".to_owned()));
            }
        };
        let end = |outcome, words| OpenedDialog {
            opened: Opened::End { outcome, words },
            prepared: None,
        };
        Ok(match ready {
            Ready::Rejected(words) => end(Outcome::Rejected, words),
            Ready::Cleared(words) => end(Outcome::AlreadyCleared, words),
            Ready::Prepared(prepared) => OpenedDialog {
                opened: Opened::Dialog {
                    amounts: prepared.dialog_amounts.clone(),
                    balance: prepared.balance,
                },
                prepared: Some(prepared),
            },
        })
    }

    /// Is the debt still there? Only the portal's own words say that it is gone.
    pub async fn debt_after(&mut self, service: Service, job: &Job) -> DebtAfter {
        let looked = match self.look_up_debt(service, job, false).await {
            Err(error) => match self.renew(error).await {
                Ok(()) => self.look_up_debt(service, job, false).await,
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

    /// The portal's history down to the intent's mark, with whose its rows may be. `None`: it has
    /// none, or it cannot be read.
    pub async fn read_history(
        &mut self,
        intent: &Intent,
    ) -> Result<Option<HistoryRead>, LedgerError> {
        let (Some(mark), Some(since)) = (&intent.history_mark, intent.history_seq) else {
            return Ok(None);
        };
        let read = match self.history_once(mark).await {
            Err(error) => match self.renew(error).await {
                Ok(()) => self.history_once(mark).await,
                Err(error) => Err(error),
            },
            read => read,
        };
        let history = match read {
            Ok(Some(history)) => history,
            Ok(None) => return Ok(None),
            Err(error) => {
                tracing::warn!(%error, "the history could not be read");
                return Ok(None);
            }
        };
        let account = self.tools.ledger.account(&intent.agent);
        let (paid, open) = account.claims(since).await?;
        Ok(Some(HistoryRead {
            rows: history.rows,
            is_complete: history.is_complete,
            paid,
            open,
        }))
    }

    async fn history_once(
        &mut self,
        mark: &str,
    ) -> Result<Option<crate::portal::History>, PortalError> {
        self.page()?.history(mark).await
    }
}

fn looked(answer: LookUp, is_payment: bool) -> Looked {
    let end = |outcome, words| Looked {
        seen: LookedUp::End { outcome, words },
        readiness: Readiness::LookedUp,
    };
    match answer {
        LookUp::Found(found) => Looked {
            seen: LookedUp::Due {
                amount: found.amount,
                customer: found.customer,
                balance: found.balance,
                agent: found.agent,
                note: found.note,
            },
            readiness: found.readiness,
        },
        LookUp::NoDebt(words) => end(Outcome::NoDebt, words),
        LookUp::Cleared(words) => end(Outcome::AlreadyCleared, words),
        LookUp::NotFound(words) => end(Outcome::NotFound, words),
        LookUp::Rejected(words) => end(Outcome::Rejected, words),
        LookUp::Several(contracts) if is_payment => Looked {
            seen: LookedUp::Several(contracts.len()),
            readiness: Readiness::LookedUp,
        },
        LookUp::Several(contracts) => Looked {
            seen: LookedUp::Due {
                amount: contracts.iter().map(|c| c.debt).sum(),
                customer: contracts.first().map(|c| c.owner.clone()),
                balance: None,
                agent: None,
                note: contracts
                    .iter()
                    .map(PortalContract::note)
                    .collect::<Vec<_>>()
                    .join(" || "),
            },
            readiness: Readiness::LookedUp,
        },
    }
}

/// What the portal's words mean by its map; `None`: it said nothing.
pub(super) fn reading_of(map: &PortalMap, said: Option<&[Said]>) -> Reading {
    Reading {
        answer: said.map_or(Answer::Silent, |said| answer_of(map.words(), said)),
        transaction: transaction_id(
            &map.rules.transaction_id_after,
            &Said::joined(said.unwrap_or_default()),
        ),
    }
}
