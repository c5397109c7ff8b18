//! A job's claim at the place it came from, and what that place is told of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::attempt::{Conclusion, State};
use super::money::Vnd;
use super::outcome::{Outcome, Proof};
use super::service::Service;

/// A place that hands out jobs and wants to know what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Our own server: jobs are leased, armed and reported with a fence.
    Server,
    /// The shop's collection site: bills are listed, and told when they are paid.
    Site,
}

impl Source {
    /// The name in the ledger.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Site => "site",
        }
    }

    /// By its name in the ledger.
    pub fn of(wire: &str) -> Option<Self> {
        [Self::Server, Self::Site]
            .into_iter()
            .find(|source| source.wire() == wire)
    }
}

/// A job's claim at its source.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ticket {
    /// Where it came from.
    pub source: Source,
    /// Its id there; at the collection site the code as it is stored.
    pub id: String,
    /// Goes along with everything that is said about it: who has an older one has lost it. 0 where
    /// there is none.
    pub fence: i64,
}

impl Ticket {
    /// Has its source to agree before anything is paid? The collection site knows no machines: there
    /// this machine's ledger alone guards against a second payment.
    pub fn needs_permit(&self) -> bool {
        self.source == Source::Server
    }
}

/// What a source is told of an attempt. Kept until the source has said that it has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The attempt's id, a UUID: the same report twice is one.
    pub attempt: String,
    /// The job's id at its source.
    pub job: String,
    /// The fence that it came with.
    pub fence: i64,
    /// How it ended, or that nobody knows.
    pub outcome: Outcome,
    /// In đồng.
    pub amount: Option<Vnd>,
    /// The portal's id.
    pub transaction_id: Option<String>,
    /// What proves it.
    pub proof: Proof,
    /// The portal's words, or ours.
    pub message: Option<String>,
    /// When, by the machine's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Who worked.
    pub operator: Option<String>,
}

/// What a source is told when an attempt moves from one state to the next; `None` where it has
/// nothing to know.
///
/// Our server hears every end and every new doubt: a doubt locks the debt on all machines. What was
/// never begun is given back instead. The collection site hears of proven payments alone.
pub fn told(
    source: Source,
    service: Service,
    before: State,
    now: State,
    standing: &Conclusion,
) -> Option<Outcome> {
    let outcome = match now {
        // Evidence that is kept afterwards is no news.
        State::Done(outcome) if !matches!(before, State::Done(_)) => outcome,
        State::Unknown if !matches!(before, State::Unknown | State::Reconciling) => {
            Outcome::Unknown
        }
        _ => return None,
    };
    let is_wanted = match source {
        Source::Server => !matches!(outcome, Outcome::Cancelled | Outcome::DryRun),
        Source::Site => {
            outcome == Outcome::Paid && standing.proof != Proof::None && service.is_payment()
        }
    };
    is_wanted.then_some(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(source: Source, before: State, now: State) -> Option<Outcome> {
        let standing = match now {
            State::Done(outcome) => Conclusion::of(outcome, Proof::Response, String::new()),
            _ => Conclusion::of(Outcome::Unknown, Proof::None, String::new()),
        };
        told(source, Service::PayEvn, before, now, &standing)
    }

    #[test]
    fn the_server_hears_of_every_end_and_of_a_doubt_once() {
        let server = |before, now| of(Source::Server, before, now);
        for end in [
            Outcome::Paid,
            Outcome::Rejected,
            Outcome::NoDebt,
            Outcome::Failed,
            Outcome::NotSent,
            Outcome::Refused,
        ] {
            assert_eq!(server(State::Observed, State::Done(end)), Some(end));
        }
        assert_eq!(
            server(State::Released, State::Unknown),
            Some(Outcome::Unknown)
        );
        assert_eq!(
            server(State::Reconciling, State::Unknown),
            None,
            "it is known already"
        );
        assert_eq!(
            server(State::Unknown, State::Done(Outcome::Paid)),
            Some(Outcome::Paid),
            "and what became of it"
        );
        assert_eq!(
            server(State::Done(Outcome::Paid), State::Done(Outcome::Paid)),
            None,
            "evidence that is kept later"
        );
        for nothing in [
            State::Done(Outcome::Cancelled),
            State::Done(Outcome::DryRun),
            State::Armed,
            State::Released,
        ] {
            assert_eq!(server(State::PreArmed, nothing), None);
        }
    }

    #[test]
    fn the_collection_site_hears_of_proven_payments_alone() {
        assert_eq!(
            of(Source::Site, State::Observed, State::Done(Outcome::Paid)),
            Some(Outcome::Paid)
        );
        for other in [
            State::Done(Outcome::NoDebt),
            State::Done(Outcome::AlreadyCleared),
            State::Done(Outcome::Rejected),
            State::Unknown,
        ] {
            assert_eq!(of(Source::Site, State::Observed, other), None, "{other:?}");
        }
        let look_up = Conclusion::of(Outcome::Paid, Proof::Response, String::new());
        assert_eq!(
            told(
                Source::Site,
                Service::LookUpFtth,
                State::Observed,
                State::Done(Outcome::Paid),
                &look_up
            ),
            None
        );
    }
}
