//! What becomes of a payment: (standing, event) → standing, what its payable is credited with, and
//! what a person has to look at.
//!
//! The end depends on what happened and not on the order in which it was told: money outweighs every
//! word about an end, and among words the one that says more wins. Only an end that was committed before
//! money came sends that money to a person.

use super::{End, PaymentState};

/// Money of a payment, where it stands. The three add up to what was received.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Money {
    /// Credited to what is paid for, in đồng.
    pub credited: i64,
    /// Received beyond what was owed.
    pub surplus: i64,
    /// Received where nothing was to be received any more: a person says whose it is.
    pub review: i64,
}

impl Money {
    /// All that was received and not paid back.
    pub const fn received(self) -> i64 {
        self.credited + self.surplus + self.review
    }
}

/// A payment as far as its rules go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// How far it has come.
    pub state: PaymentState,
    /// What is to be paid, in đồng.
    pub amount: i64,
    /// What came.
    pub money: Money,
    /// What a person has to look at.
    pub task: Option<PaymentTask>,
}

/// Why a person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PaymentTask {
    /// Less than the amount came.
    Underpaid,
    /// More than was owed came.
    Surplus,
    /// Money, or a word about it, that fits nothing.
    Review,
}

impl PaymentTask {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Underpaid, Self::Surplus, Self::Review];

    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Underpaid => "underpaid",
            Self::Surplus => "surplus",
            Self::Review => "review",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }
}

/// What happened to a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PaymentEvent {
    /// The provider knows it: it can be paid.
    Opened,
    /// The provider is at it.
    Processing,
    /// Money arrived, in đồng. Told once for each transfer: whoever tells it has seen to that.
    Transfer(i64),
    /// Money of another currency arrived, or the provider holds money that it suspects: no transfer
    /// of ours, but nothing to overlook.
    Strange,
    /// It ended without money, as the provider says or as we have carried through.
    Ended(End),
    /// So much was paid back, in đồng.
    Refunded(i64),
    /// A person takes the money as this payment's.
    Accepted,
    /// A person has looked, and leaves it as it is.
    Ignored,
}

/// What follows from an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentStep {
    /// How the payment stands now.
    pub standing: Standing,
    /// What the payable is credited with, in đồng; less than nothing where it was paid back.
    pub credit: i64,
    /// What of the payable needs not be paid any more, in đồng: a person took less for all.
    pub waived: i64,
}

/// Why an event cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Nothing, or less than nothing, was said to have come.
    #[error("Số tiền phải lớn hơn 0. (The amount must be positive.)")]
    NoAmount,
    /// More than came would be paid back.
    #[error("Không hoàn quá số đã nhận. (More than was received.)")]
    TooMuchBack,
    /// There is no money to decide about.
    #[error("Không có khoản tiền nào cần quyết định. (There is nothing to decide.)")]
    NothingToDecide,
    /// Sums that no shop has.
    #[error("Số tiền quá lớn. (The amount is too large.)")]
    TooLarge,
}

impl Standing {
    /// A payment that was just written down.
    pub const fn new(amount: i64) -> Self {
        Self {
            state: PaymentState::Created,
            amount,
            money: Money {
                credited: 0,
                surplus: 0,
                review: 0,
            },
            task: None,
        }
    }

    /// What follows from `event`, where what is paid for still owes `owed` đồng.
    ///
    /// An event that changes nothing gives the same standing: late, early and repeated words are no errors.
    pub fn after(&self, event: PaymentEvent, owed: i64) -> Result<PaymentStep, Refused> {
        let mut now = *self;
        let (mut credit, mut waived) = (0, 0);
        match event {
            PaymentEvent::Opened if self.state == PaymentState::Created => {
                now.state = PaymentState::Pending;
            }
            PaymentEvent::Processing
                if matches!(self.state, PaymentState::Created | PaymentState::Pending) =>
            {
                now.state = PaymentState::Processing;
            }
            PaymentEvent::Ended(end) if self.state.is_open() && self.money.received() == 0 => {
                now.state = end.state();
            }
            // Said before, said too late, or said although money has come.
            PaymentEvent::Opened | PaymentEvent::Processing | PaymentEvent::Ended(_) => {}
            PaymentEvent::Transfer(amount) => credit = now.take(amount, owed)?,
            PaymentEvent::Strange => {
                if !matches!(self.state, PaymentState::Paid | PaymentState::Refunded) {
                    now.state = PaymentState::Review;
                }
                now.task = Some(PaymentTask::Review);
            }
            PaymentEvent::Refunded(amount) => credit = -now.give_back(amount)?,
            PaymentEvent::Accepted => (credit, waived) = now.accept(owed)?,
            PaymentEvent::Ignored => {
                if self.task.is_none() {
                    return Err(Refused::NothingToDecide);
                }
                now.task = None;
            }
        }
        Ok(PaymentStep {
            standing: now,
            credit,
            waived,
        })
    }

    /// Money came. Says what of it the payable is credited with.
    fn take(&mut self, amount: i64, owed: i64) -> Result<i64, Refused> {
        if amount <= 0 {
            return Err(Refused::NoAmount);
        }
        let received = self
            .money
            .received()
            .checked_add(amount)
            .ok_or(Refused::TooLarge)?;
        match self.state {
            PaymentState::Cancelled
            | PaymentState::Expired
            | PaymentState::Failed
            | PaymentState::Review => {
                self.money.review += amount;
                self.state = PaymentState::Review;
                self.task = Some(PaymentTask::Review);
                Ok(0)
            }
            PaymentState::Paid | PaymentState::Refunded => {
                self.money.surplus += amount;
                self.task = Some(
                    self.task
                        .unwrap_or(PaymentTask::Surplus)
                        .max(PaymentTask::Surplus),
                );
                Ok(0)
            }
            PaymentState::Created
            | PaymentState::Pending
            | PaymentState::Processing
            | PaymentState::Underpaid => {
                let missing = (self.amount - self.money.received()).max(0);
                let credit = amount.min(missing).min(owed.max(0));
                self.money.credited += credit;
                self.money.surplus += amount - credit;
                // What was paid by another way owes nothing: all that comes here is surplus.
                let is_whole = received >= self.amount || owed <= 0;
                (self.state, self.task) = match (is_whole, self.money.surplus) {
                    (true, 0) => (PaymentState::Paid, None),
                    (true, _) => (PaymentState::Paid, Some(PaymentTask::Surplus)),
                    (false, _) => (PaymentState::Underpaid, Some(PaymentTask::Underpaid)),
                };
                Ok(credit)
            }
        }
    }

    /// Money was paid back: first what was too much, last what was credited. Says what the payable
    /// loses by it.
    fn give_back(&mut self, amount: i64) -> Result<i64, Refused> {
        if amount <= 0 {
            return Err(Refused::NoAmount);
        }
        if amount > self.money.received() {
            return Err(Refused::TooMuchBack);
        }
        let mut rest = amount;
        for part in [&mut self.money.surplus, &mut self.money.review] {
            let taken = rest.min(*part);
            *part -= taken;
            rest -= taken;
        }
        self.money.credited -= rest;
        if self.money.received() == 0 {
            self.state = PaymentState::Refunded;
        }
        if self.money.surplus == 0 && self.money.review == 0 {
            self.task = None;
        }
        Ok(rest)
    }

    /// A person takes the money as this payment's, as far as something is owed. Says what the payable is
    /// credited with, and what of it needs not be paid any more: less than was asked for is taken for all.
    fn accept(&mut self, owed: i64) -> Result<(i64, i64), Refused> {
        match self.state {
            PaymentState::Review if self.money.review > 0 => {
                let credit = self.money.review.min(owed.max(0));
                self.money.credited += credit;
                self.money.surplus += self.money.review - credit;
                self.money.review = 0;
                self.state = PaymentState::Paid;
                self.task = None;
                Ok((credit, 0))
            }
            PaymentState::Underpaid => {
                self.state = PaymentState::Paid;
                self.task = None;
                let missing = (self.amount - self.money.received()).max(0);
                Ok((0, missing.min(owed.max(0))))
            }
            _ if self.task.is_some() && self.money.received() > 0 => {
                self.task = None;
                Ok((0, 0))
            }
            _ => Err(Refused::NothingToDecide),
        }
    }
}

#[cfg(test)]
mod tests;
