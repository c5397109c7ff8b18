//! Money is paid back: by the provider where it can, else a person has done it and it is written down.
//!
//! Lives here: the calls and their order. What a word means says `domain::payment::refund`, what is
//! written down `store::payments`.

use std::time::{Duration, Instant};

use super::cashier::Cashier;
use super::make::key_used;
use super::refusal::PayRefusal;
use crate::domain::payment::{RefundCall, RefundState, RefundWord, refund_call};
use crate::providers::{
    OrderRef, PaymentProvider, ProviderFault, ProviderRefusal, RefundOrder, RefundTold,
};
use crate::server::AppState;
use crate::server::web::words::money;
use crate::store::payments::{KeyUse, NewRefund, PaymentRow, RefundAttempt, RefundEnd, RefundPlan};
use crate::store::{Actor, StoreError};

/// How long somebody waits for what others are paying back of the same payment.
const WAIT_MAX: Duration = Duration::from_secs(15);
/// Between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(50);
/// Attempts that are asked about in one run.
const IN_A_RUN: u32 = 20;

/// A refund that somebody decided.
#[derive(Debug, Clone)]
pub struct Refund {
    /// Of which payment.
    pub payment: PaymentRow,
    /// Whole đồng; nothing: all that is there.
    pub amount: Option<i64>,
    /// Why.
    pub reason: String,
    /// The caller's own name for it.
    pub key: Option<KeyUse>,
}

/// Pays back, once: the same refund of the same payment is the same one, however often it is pressed.
pub async fn pay_back(
    app: &AppState,
    refund: Refund,
    actor: Actor,
) -> Result<PaymentRow, PayRefusal> {
    let own = app.clone();
    // Carried through whether or not somebody still waits: the provider may have done it already.
    let work = async move { carried(&own, refund, &actor).await };
    match app.carry_through(work).await {
        Ok(done) => done,
        Err(_) => Err(PayRefusal::broken()),
    }
}

async fn carried(app: &AppState, refund: Refund, actor: &Actor) -> Result<PaymentRow, PayRefusal> {
    let (id, begun) = (refund.payment.id, Instant::now());
    if refund.payment.provider.pays_back() {
        provider_of(app, &refund.payment).await?;
    }
    let new = NewRefund {
        payment: id,
        amount: refund.amount,
        reason: refund.reason,
        key: refund.key,
    };
    let payments = app.store().payments();
    while begun.elapsed() < WAIT_MAX {
        match payments.plan_refund(&new, actor).await? {
            RefundPlan::KeyUsed => return Err(key_used()),
            RefundPlan::NothingThere => {
                return Err(PayRefusal::conflict("Khoản này chưa nhận tiền nào."));
            }
            RefundPlan::TooMuch(received) => {
                return Err(PayRefusal::invalid(format!(
                    "amount: chỉ nhận {received} đ, không hoàn nhiều hơn."
                )));
            }
            RefundPlan::Done(row) => return Ok(*row),
            RefundPlan::Booked(outcome) => {
                app.pay().changed(&outcome.payment);
                return Ok(outcome.payment);
            }
            RefundPlan::Send(attempts) => {
                send_all(app, &attempts, actor).await?;
                let found = payments.find(id).await?;
                return found.ok_or_else(PayRefusal::not_found);
            }
            RefundPlan::Open(attempts) => settle_first(app, &attempts, &new, actor).await?,
        }
    }
    Err(PayRefusal::busy())
}

/// Sends what was just written down: all of it, also where one part is refused.
async fn send_all(
    app: &AppState,
    attempts: &[RefundAttempt],
    actor: &Actor,
) -> Result<(), PayRefusal> {
    let (mut done, mut no) = (0, None);
    for attempt in attempts {
        match call(app, attempt, actor).await? {
            Called::Done => done += attempt.amount,
            Called::No(refusal) => no = Some(refusal),
            // The task has been faster; what comes of it is looked up when it is pressed again.
            Called::Held => no = Some(PayRefusal::busy()),
        }
    }
    match no {
        None => Ok(()),
        Some(refusal) if done > 0 => {
            let error = format!("Đã hoàn {}. Phần còn lại: {}", money(done), refusal.error());
            Err(refusal.saying(error))
        }
        Some(refusal) => Err(refusal),
    }
}

/// The outcome of what was sent before has to be known before anything new is sent.
async fn settle_first(
    app: &AppState,
    attempts: &[RefundAttempt],
    new: &NewRefund,
    actor: &Actor,
) -> Result<(), PayRefusal> {
    for attempt in attempts {
        match call(app, attempt, actor).await? {
            Called::Done => {}
            // Somebody else is at it.
            Called::Held => tokio::time::sleep(LOOK_AGAIN).await,
            Called::No(refusal) => {
                let after = app.store().payments().refunds(attempt.payment_id).await?;
                let is_open = after
                    .iter()
                    .any(|a| a.id == attempt.id && a.state.is_open());
                if is_open || new.is_decision_of(attempt) {
                    return Err(refusal);
                }
            }
        }
    }
    Ok(())
}

/// What came of a call.
enum Called {
    /// It is paid back and booked.
    Done,
    /// The provider said no, or nobody knows.
    No(PayRefusal),
    /// Somebody else is at it, or has been.
    Held,
}

/// Calls the provider about an attempt whose outcome is open, and books what it says.
async fn call(
    app: &AppState,
    attempt: &RefundAttempt,
    actor: &Actor,
) -> Result<Called, PayRefusal> {
    let payments = app.store().payments();
    let payment = payments.find(attempt.payment_id).await?;
    let payment = payment.ok_or_else(PayRefusal::not_found)?;
    let provider = provider_of(app, &payment).await?;
    let Some(attempt) = payments.hold_refund(attempt.id).await? else {
        return Ok(Called::Held);
    };
    let state = attempt.state.found(attempt.sent_at.is_some());
    let said = asked(app, provider.as_ref(), &payment, &attempt).await?;
    let end = RefundEnd {
        state: state.after(said.word),
        said: &said.text,
        number: said.number.as_deref(),
        is_by_hand: false,
    };
    let outcome = payments.end_refund(&attempt, end, actor).await?;
    if let Some(outcome) = &outcome {
        app.pay().changed(&outcome.payment);
    }
    Ok(match end.state {
        RefundState::Done => Called::Done,
        RefundState::Refused => Called::No(said.refusal()),
        RefundState::Begun | RefundState::Unknown | RefundState::Doubt => {
            Called::No(open(end.state))
        }
    })
}

/// Asks the provider, in the way in which this attempt may be asked about.
async fn asked(
    app: &AppState,
    provider: &dyn PaymentProvider,
    payment: &PaymentRow,
    attempt: &RefundAttempt,
) -> Result<Said, PayRefusal> {
    let cashier = Cashier::of(app);
    let order = cashier.order_ref(payment);
    let of_transaction = async || {
        let asked = provider.ask_refund(&order);
        let answer = cashier.in_line(payment, "ask_refund", asked).await;
        told(app, attempt, answer).await
    };
    if refund_call(attempt.sent_at, app.store().now_ms()) == RefundCall::Ask {
        return Ok(of_transaction().await?);
    }
    let refund = order_of(app, order.clone(), attempt).await?;
    let answer = cashier
        .in_line(payment, "refund", provider.refund(&refund))
        .await;
    let said = Said::of(answer.map(|done| done.reference));
    let state = attempt.state.found(attempt.sent_at.is_some());
    if said.word == RefundWord::Repeated && state == RefundState::Unknown {
        // It arrived. Whether the bank has refused it since, the transaction itself says.
        let also = of_transaction().await?;
        if also.word == RefundWord::Refused {
            return Ok(also);
        }
    }
    Ok(said)
}

async fn provider_of(
    app: &AppState,
    payment: &PaymentRow,
) -> Result<std::sync::Arc<dyn PaymentProvider>, PayRefusal> {
    let provider = Cashier::of(app)
        .provider(payment.owner_id, payment.provider)
        .await?;
    provider.ok_or_else(|| PayRefusal::provider("VNPay đang tắt."))
}

async fn order_of(
    app: &AppState,
    order: OrderRef,
    attempt: &RefundAttempt,
) -> Result<RefundOrder, StoreError> {
    let transfers = app.store().payments().transfers(attempt.payment_id).await?;
    let paid = transfers.iter().find(|t| t.reference == attempt.reference);
    Ok(RefundOrder {
        order,
        id: attempt.request_id.clone(),
        amount: attempt.amount,
        is_whole: paid.is_some_and(|t| t.amount == attempt.amount),
        reference: attempt.reference.clone(),
        by: attempt.who.clone(),
        reason: attempt.reason.clone(),
    })
}

/// What a provider said to a refund.
struct Said {
    word: RefundWord,
    text: String,
    number: Option<String>,
    fault: Option<ProviderFault>,
}

impl Said {
    fn of(answer: Result<String, ProviderFault>) -> Self {
        let fault = match answer {
            Ok(number) => {
                return Self {
                    word: RefundWord::Done,
                    text: String::new(),
                    number: Some(number),
                    fault: None,
                };
            }
            Err(fault) => fault,
        };
        tracing::warn!(%fault, "a refund was not simply taken");
        let word = match &fault {
            ProviderFault::Refused { why, .. } if *why == ProviderRefusal::Repeated => {
                RefundWord::Repeated
            }
            ProviderFault::Refused { why, .. } if *why == ProviderRefusal::InDoubt => {
                RefundWord::Doubtful
            }
            ProviderFault::Refused { .. } | ProviderFault::NotOffered { .. } => RefundWord::Refused,
            ProviderFault::Unknown { .. } => RefundWord::Unclear,
            ProviderFault::Busy { .. } => RefundWord::NotTaken,
        };
        Self {
            word,
            text: fault.to_string(),
            number: None,
            fault: Some(fault),
        }
    }

    fn refusal(self) -> PayRefusal {
        match self.fault {
            Some(ProviderFault::Refused { text, code, .. }) => {
                PayRefusal::conflict(format!("VNPay không hoàn tiền: {text} (mã {code})."))
            }
            Some(fault) => PayRefusal::from(fault),
            None => PayRefusal::conflict("VNPay không hoàn tiền."),
        }
    }
}

/// What an answer about the transaction says of an attempt. It names no attempt: it counts where there was
/// no other one of the same transaction.
async fn told(
    app: &AppState,
    attempt: &RefundAttempt,
    answer: Result<RefundTold, ProviderFault>,
) -> Result<Said, StoreError> {
    let all = app.store().payments().refunds(attempt.payment_id).await?;
    let is_sole = !all
        .iter()
        .any(|a| a.id != attempt.id && a.state == RefundState::Done);
    let word = match answer {
        Ok(RefundTold::OnItsWay) if is_sole => RefundWord::Done,
        Ok(RefundTold::Refused) if is_sole => RefundWord::Refused,
        Ok(_) | Err(_) => RefundWord::Unclear,
    };
    Ok(Said {
        word,
        text: "Hỏi lại giao dịch gốc.".to_owned(),
        number: None,
        fault: None,
    })
}

/// Nobody knows what came of it: nothing is booked, and nothing new is sent.
fn open(state: RefundState) -> PayRefusal {
    PayRefusal::provider(match state {
        RefundState::Doubt => {
            "VNPay trả lời không rõ, hoặc đang hoàn một lệnh khác của giao dịch này. Chưa ghi gì. Xem ở VNPay rồi thử lại."
        }
        _ => {
            "VNPay chưa trả lời rõ lệnh hoàn tiền. Chưa ghi gì, máy chủ tự hỏi lại. Thử lại sau ít giây."
        }
    })
    .with("refund", state.wire())
}

/// A person has looked at the provider's own pages, and says what became of an attempt whose outcome is
/// open.
pub async fn settled_by_hand(
    app: &AppState,
    attempt: &RefundAttempt,
    (is_paid_back, reason): (bool, &str),
    actor: &Actor,
) -> Result<(), PayRefusal> {
    let payments = app.store().payments();
    let Some(held) = payments.hold_refund(attempt.id).await? else {
        return Err(PayRefusal::conflict(
            "Lệnh hoàn này vừa có kết quả, hoặc máy chủ đang hỏi VNPay. Mở lại trang rồi xem.",
        ));
    };
    let word = if is_paid_back {
        RefundWord::Done
    } else {
        RefundWord::Refused
    };
    let said = format!("{}: {reason}", actor.who);
    let end = RefundEnd {
        state: held.state.after(word),
        said: &said,
        number: None,
        is_by_hand: true,
    };
    if let Some(outcome) = payments.end_refund(&held, end, actor).await? {
        app.pay().changed(&outcome.payment);
    }
    Ok(())
}

/// Asks about refunds whose outcome is open, whoever decided them.
pub async fn ask_open(app: &AppState) -> Result<(), StoreError> {
    let open = app.store().payments().open_refunds(IN_A_RUN).await?;
    for attempt in open {
        let own = app.clone();
        let id = attempt.id;
        // Carried through: a task that is ended half-way must not lose an answer.
        let work = async move { call(&own, &attempt, &Actor::system()).await.map(drop) };
        if !matches!(app.carry_through(work).await, Ok(Ok(()))) {
            tracing::warn!(refund = id, "a refund could not be asked about");
        }
    }
    Ok(())
}
