//! The rows of a list, a million of them if need be: in chunks that are shared with whoever sorts
//! them, so that nothing big is copied and no lock is held while a frame is drawn.

use std::sync::Arc;

use crate::desktop::style::Tone;
use crate::desktop::words::Words;
use crate::domain::text::plain;
use crate::domain::{Outcome, PaymentType, Vnd};

/// Rows in a chunk: what is copied at most when a row changes while somebody sorts.
const CHUNK: usize = 4_096;

/// One job, as the table shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    /// Code or phone.
    pub account: Arc<str>,
    /// Whose bill it is, where the portal said so.
    pub customer: Option<Arc<str>>,
    /// In đồng, once it is known.
    pub amount: Option<Vnd>,
    /// Prepaid or postpaid, where a service has both.
    pub payment: Option<PaymentType>,
    /// Where it stands.
    pub state: RowState,
    /// The portal's words, or ours.
    pub message: Option<Arc<str>>,
    /// When it last changed, in milliseconds since 1970.
    pub at_ms: Option<i64>,
    /// Its newest attempt.
    pub attempt: Option<Arc<str>>,
}

/// Where a row stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowState {
    /// Nobody is at it.
    Waiting,
    /// The portal is being asked.
    LookingUp,
    /// The form is being filled.
    Preparing,
    /// Armed or on its way.
    Paying,
    /// The answer is being read.
    Verifying,
    /// Nothing proves yet how it ended.
    InDoubt,
    /// It has an outcome.
    Done(Outcome),
}

/// What a chip above the table filters by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Waiting.
    Waiting,
    /// Being worked on.
    Working,
    /// Done, as wished.
    Finished,
    /// Refused or failed.
    Refused,
    /// A person should look.
    NeedsLook,
}

impl Group {
    /// All of them, in the order of the chips.
    pub const ALL: [Self; 5] = [
        Self::Waiting,
        Self::Working,
        Self::Finished,
        Self::Refused,
        Self::NeedsLook,
    ];

    /// Its name.
    pub const fn name(self, words: &Words) -> &'static str {
        match self {
            Self::Waiting => words.waiting,
            Self::Working => words.working,
            Self::Finished => words.finished,
            Self::Refused => words.refused,
            Self::NeedsLook => words.needs_look,
        }
    }
}

impl RowState {
    /// From the name of an attempt's state.
    pub fn of(state: &str) -> Self {
        match state {
            "leased" => Self::LookingUp,
            "looked_up" | "prepared" | "pre_armed" => Self::Preparing,
            "armed" | "released" => Self::Paying,
            "observed" => Self::Verifying,
            "unknown" | "reconciling" => Self::InDoubt,
            other => Outcome::ALL
                .into_iter()
                .find(|o| o.wire() == other)
                .map_or(Self::Waiting, Self::Done),
        }
    }

    /// Its chip.
    pub const fn group(self) -> Group {
        match self {
            Self::Waiting => Group::Waiting,
            Self::LookingUp | Self::Preparing | Self::Paying | Self::Verifying => Group::Working,
            Self::InDoubt => Group::NeedsLook,
            Self::Done(outcome) => match outcome {
                Outcome::Paid
                | Outcome::Debt
                | Outcome::NoDebt
                | Outcome::AlreadyCleared
                | Outcome::DryRun => Group::Finished,
                Outcome::Rejected
                | Outcome::Refused
                | Outcome::Failed
                | Outcome::NotFound
                | Outcome::NotSent => Group::Refused,
                Outcome::Unknown | Outcome::HeldBack => Group::NeedsLook,
                Outcome::Cancelled => Group::Waiting,
            },
        }
    }

    /// A sign, a word and what it means to the eye: colour never stands alone.
    pub fn shown(self, words: &Words) -> (&'static str, &'static str, Tone) {
        match self {
            Self::Waiting => ("○", words.waiting, Tone::Quiet),
            Self::LookingUp => ("▶", words.looking_up, Tone::Busy),
            Self::Preparing => ("▶", words.preparing, Tone::Busy),
            Self::Paying => ("▶", words.paying, Tone::Busy),
            Self::Verifying => ("▶", words.verifying, Tone::Busy),
            Self::InDoubt => ("⚠", words.in_doubt, Tone::Doubt),
            Self::Done(outcome) => {
                let (icon, tone) = shown(outcome);
                (icon, (words.outcome)(outcome), tone)
            }
        }
    }
}

/// Sign and tone of an outcome.
pub const fn shown(outcome: Outcome) -> (&'static str, Tone) {
    match outcome {
        Outcome::Paid => ("✔", Tone::Good),
        Outcome::Debt | Outcome::NoDebt | Outcome::AlreadyCleared | Outcome::DryRun => {
            ("✔", Tone::Quiet)
        }
        Outcome::Unknown | Outcome::HeldBack => ("⚠", Tone::Doubt),
        Outcome::Rejected | Outcome::Refused | Outcome::Failed | Outcome::NotFound => {
            ("✖", Tone::Bad)
        }
        Outcome::NotSent | Outcome::Cancelled => ("○", Tone::Quiet),
    }
}

impl JobRow {
    /// A job that nobody has begun.
    pub fn waiting(account: &str, amount: Option<Vnd>) -> Self {
        Self {
            account: account.into(),
            customer: None,
            amount,
            payment: None,
            state: RowState::Waiting,
            message: None,
            at_ms: None,
            attempt: None,
        }
    }
}

/// All rows. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    chunks: Vec<Arc<Vec<JobRow>>>,
    len: usize,
    counts: [usize; Group::ALL.len()],
}

impl FromIterator<JobRow> for Rows {
    fn from_iter<I: IntoIterator<Item = JobRow>>(rows: I) -> Self {
        let mut all = Self::default();
        let mut chunk = Vec::new();
        for row in rows {
            all.counts[row.state.group() as usize] += 1;
            all.len += 1;
            chunk.push(row);
            if chunk.len() == CHUNK {
                all.chunks.push(Arc::new(std::mem::take(&mut chunk)));
            }
        }
        if !chunk.is_empty() {
            all.chunks.push(Arc::new(chunk));
        }
        all
    }
}

impl Rows {
    /// How many.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Is there none?
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many of this chip.
    pub fn count(&self, group: Group) -> usize {
        self.counts[group as usize]
    }

    /// The row at this place of the list.
    pub fn get(&self, index: usize) -> Option<&JobRow> {
        self.chunks.get(index / CHUNK)?.get(index % CHUNK)
    }

    /// All, in the list's order.
    pub fn iter(&self) -> impl Iterator<Item = &JobRow> {
        self.chunks.iter().flat_map(|chunk| chunk.iter())
    }

    /// Changes one row. What somebody else is sorting stays as it was for them.
    pub fn change(&mut self, index: usize, change: impl FnOnce(&mut JobRow)) {
        let Some(row) = self
            .chunks
            .get_mut(index / CHUNK)
            .and_then(|chunk| Arc::make_mut(chunk).get_mut(index % CHUNK))
        else {
            return;
        };
        self.counts[row.state.group() as usize] -= 1;
        change(row);
        self.counts[row.state.group() as usize] += 1;
    }
}

/// A column that can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TableColumn {
    /// Its place in the list.
    Number,
    /// Code or phone.
    Account,
    /// Whose bill.
    Customer,
    /// In đồng.
    Amount,
    /// Where it stands.
    State,
    /// When.
    At,
}

/// What the table should show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableWish {
    /// Only these.
    pub group: Option<Group>,
    /// Only rows with these words.
    pub query: String,
    /// By this column; `true`: the other way round.
    pub sort: Option<(TableColumn, bool)>,
}

impl TableWish {
    /// Everything in the list's order.
    pub fn is_plain(&self) -> bool {
        self.group.is_none() && self.query.trim().is_empty() && self.sort.is_none()
    }
}

/// The places of the rows that are wished for, in order. `None`: all as they are. Takes a good part
/// of a second for a million rows: not for a frame.
pub fn ordered(rows: &Rows, wish: &TableWish) -> Option<Vec<u32>> {
    if wish.is_plain() {
        return None;
    }
    let query = plain(wish.query.trim());
    // Codes and phones are plain already: no copy is made of a million of them.
    let is_in = |text: &[u8]| {
        text.windows(query.len())
            .any(|part| part.eq_ignore_ascii_case(query.as_bytes()))
    };
    let has = |text: &str| {
        if text.is_ascii() {
            is_in(text.as_bytes())
        } else {
            plain(text).contains(&query)
        }
    };
    let is_number = !query.is_empty() && query.bytes().all(|byte| byte.is_ascii_digit());
    let fits = |row: &JobRow| {
        wish.group.is_none_or(|group| row.state.group() == group)
            && (query.is_empty()
                || has(&row.account)
                || row.customer.as_deref().is_some_and(has)
                || row.message.as_deref().is_some_and(has)
                || is_number
                    && row
                        .amount
                        .is_some_and(|amount| digits_have(amount.dong(), &query)))
    };
    let mut places: Vec<u32> = (0_u32..)
        .zip(rows.iter())
        .filter(|(_, row)| fits(row))
        .map(|(place, _)| place)
        .collect();
    if let Some((column, is_reversed)) = wish.sort {
        let row = |place: &u32| rows.get(*place as usize);
        match column {
            TableColumn::Number => {}
            TableColumn::Account => {
                places.sort_by_cached_key(|p| row(p).map(|r| r.account.clone()));
            }
            TableColumn::Customer => {
                places.sort_by_cached_key(|p| row(p).and_then(|r| r.customer.clone()));
            }
            TableColumn::Amount => places.sort_by_key(|p| row(p).and_then(|r| r.amount)),
            TableColumn::State => places.sort_by_key(|p| row(p).map(|r| r.state)),
            TableColumn::At => places.sort_by_key(|p| row(p).and_then(|r| r.at_ms)),
        }
        if is_reversed {
            places.reverse();
        }
    }
    Some(places)
}

/// Are these digits, one behind the other, in the number?
fn digits_have(number: i64, digits: &str) -> bool {
    let mut text = [0; 20];
    let mut place = text.len();
    let mut rest = number.unsigned_abs();
    loop {
        place -= 1;
        text[place] = b'0' + u8::try_from(rest % 10).unwrap_or_default();
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    text[place..]
        .windows(digits.len())
        .any(|part| part == digits.as_bytes())
}

#[cfg(test)]
mod tests;
