//! What becomes of a refund that a provider carries out: (state, word) → state, and which transactions
//! the money goes back to.
//!
//! A refund of a payment is one attempt for each transaction with money left. An attempt has a name at its
//! provider (VNPay's `RequestId`), and only that name can be asked about again: a new one may move money
//! a second time. So nothing new is sent while the outcome of an attempt is open.

use crate::domain::calendar::day_of;

/// How far an attempt to pay back has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundState {
    /// Written down before the provider is called.
    Begun,
    /// It was sent, and nobody knows what came of it.
    Unknown,
    /// The provider has answered, and neither yes nor no: it has another refund of the same money under way, or
    /// failed over this one (VNPay's 99). That it knows the name proves nothing any more.
    Doubt,
    /// The provider said no: nothing moved. Another attempt has another name.
    Refused,
    /// The provider pays it back. It is booked.
    Done,
}

impl RefundState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Begun,
        Self::Unknown,
        Self::Doubt,
        Self::Refused,
        Self::Done,
    ];

    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Unknown => "unknown",
            Self::Doubt => "doubt",
            Self::Refused => "refused",
            Self::Done => "done",
        }
    }

    /// The one of this name.
    pub fn of(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.wire() == wire)
    }

    /// Could the provider still pay it back, or have done so?
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Begun | Self::Unknown | Self::Doubt)
    }

    /// The state of an attempt that is found in the database. One that was sent before whoever sent it fell
    /// may have arrived.
    #[must_use]
    pub const fn found(self, was_sent: bool) -> Self {
        match self {
            Self::Begun if was_sent => Self::Unknown,
            state => state,
        }
    }

    /// The only place where an attempt's state changes.
    #[must_use]
    pub const fn after(self, word: RefundWord) -> Self {
        // What has ended stays: a late word is none.
        if !self.is_open() {
            return self;
        }
        match (self, word) {
            // A name that the provider knows, and that we have sent into silence before: that one arrived.
            (_, RefundWord::Done) | (Self::Unknown, RefundWord::Repeated) => Self::Done,
            (_, RefundWord::Refused) | (Self::Begun, RefundWord::NotTaken) => Self::Refused,
            // It never heard this name, or failed over it: what it has under way may be something else.
            (_, RefundWord::Repeated | RefundWord::Doubtful)
            | (Self::Doubt, RefundWord::Unclear) => Self::Doubt,
            (_, RefundWord::Unclear) => Self::Unknown,
            (_, RefundWord::NotTaken) => self,
        }
    }
}

/// What a provider says to a refund.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundWord {
    /// It pays back.
    Done,
    /// No, and nothing moved.
    Refused,
    /// It was asked for already, and is on its way (VNPay's 94).
    Repeated,
    /// It answered in words of its own that say neither yes nor no.
    Doubtful,
    /// Nothing that could be understood, or nothing at all.
    Unclear,
    /// This call was not taken: too many at once.
    NotTaken,
}

/// How an attempt whose outcome is open is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RefundCall {
    /// Sent under its name: the provider takes a name once.
    Send,
    /// The transaction is asked about. A name is known for a day, so that an old one would move money anew.
    Ask,
}

/// How an attempt is asked about that was sent first at `sent_ms`, if it was.
pub fn refund_call(sent_ms: Option<i64>, now_ms: i64) -> RefundCall {
    match sent_ms {
        Some(sent) if day_of(sent) != day_of(now_ms) => RefundCall::Ask,
        _ => RefundCall::Send,
    }
}

/// Which transactions `amount` goes back to, given what is left of each, the oldest first: the place of
/// each, with its part. One that covers it alone, else the newest first. `None`: so much is not left.
pub fn refund_parts(amount: i64, left: &[i64]) -> Option<Vec<(usize, i64)>> {
    if amount <= 0 {
        return None;
    }
    if let Some(at) = left.iter().rposition(|left| *left >= amount) {
        return Some(vec![(at, amount)]);
    }
    let mut parts = Vec::new();
    let mut rest = amount;
    for (at, left) in left.iter().enumerate().rev() {
        let part = rest.min(*left);
        if part > 0 {
            parts.push((at, part));
            rest -= part;
        }
    }
    (rest == 0).then_some(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_known_leads_out_of_doubt() {
        use RefundState::{Begun, Done, Doubt, Refused, Unknown};
        for (state, word, after) in [
            (Begun, RefundWord::Done, Done),
            (Begun, RefundWord::Refused, Refused),
            (Begun, RefundWord::Unclear, Unknown),
            (Begun, RefundWord::NotTaken, Refused),
            (Begun, RefundWord::Repeated, Doubt),
            (Begun, RefundWord::Doubtful, Doubt),
            (Unknown, RefundWord::Doubtful, Doubt),
            (Unknown, RefundWord::Repeated, Done),
            (Unknown, RefundWord::Unclear, Unknown),
            (Unknown, RefundWord::NotTaken, Unknown),
            (Unknown, RefundWord::Refused, Refused),
            (Doubt, RefundWord::Repeated, Doubt),
            (Doubt, RefundWord::Unclear, Doubt),
            (Doubt, RefundWord::NotTaken, Doubt),
            (Doubt, RefundWord::Done, Done),
            (Refused, RefundWord::Done, Refused),
            (Done, RefundWord::Refused, Done),
        ] {
            assert_eq!(state.after(word), after, "{state:?} {word:?}");
        }
        assert_eq!(Begun.found(true), Unknown);
        assert_eq!(Begun.found(false), Begun);
    }

    #[test]
    fn money_goes_back_to_where_it_is_left() {
        for (amount, left, parts) in [
            (100, &[100, 100][..], Some(vec![(1, 100)])),
            (100, &[100, 0], Some(vec![(0, 100)])),
            (200, &[100, 100], Some(vec![(1, 100), (0, 100)])),
            (50, &[100, 20], Some(vec![(0, 50)])),
            (110, &[100, 20], Some(vec![(1, 20), (0, 90)])),
            (121, &[100, 20], None),
            (0, &[100], None),
            (1, &[], None),
        ] {
            assert_eq!(refund_parts(amount, left), parts, "{amount} of {left:?}");
        }
    }

    #[test]
    fn a_name_is_sent_again_on_its_own_day_alone() {
        let morning = 1_800_000_000_000;
        let hour = 3_600_000;
        assert_eq!(refund_call(None, morning), RefundCall::Send);
        assert_eq!(refund_call(Some(morning), morning + hour), RefundCall::Send);
        assert_eq!(
            refund_call(Some(morning), morning + 24 * hour),
            RefundCall::Ask
        );
    }
}
