//! Those who carry short messages: eSMS ([`esms`]), Zalo ([`zalo`]), `HiFPT` ([`hifpt`]).
//!
//! Lives here: their calls, their codes, what each code means for a message. Never here: when a message is
//! sent again, who holds Zalo's token.
//!
//! Sources: eSMS's and Zalo's public documents, and for `HiFPT` the contract that the house has written for
//! itself.

pub mod esms;
pub mod hifpt;
pub mod zalo;

use serde_json::{Map, Value};

use super::ProviderFault;
use super::http::HttpAnswer;
use crate::domain::letter::LetterFault;

/// A message that is to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Message<'m> {
    /// The same on every attempt.
    pub id: &'m str,
    /// A phone number as it is dialled at home.
    pub phone: &'m str,
    /// One line.
    pub title: &'m str,
    /// What it says, in plain letters.
    pub text: &'m str,
}

/// A message that a carrier took: the carrier's number of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageTaken {
    /// Its number there; empty where it tells none.
    pub id: String,
}

/// Are these two secrets the same? Takes as long whatever differs in them.
pub fn is_same(one: &str, other: &str) -> bool {
    super::digest::is_equal(one, other)
}

/// An id of ours that every carrier takes: forty letters and digits.
pub fn short_id(id: &str) -> String {
    let mut digest = super::digest::sha256(id.as_bytes());
    digest.truncate(40);
    digest
}

/// No carrier answered, or nobody knows what.
fn lost(fault: &ProviderFault) -> LetterFault {
    LetterFault::Temporary(fault.to_string())
}

/// The members of an answer that is a JSON object.
fn members(answer: &HttpAnswer) -> Option<Map<String, Value>> {
    match serde_json::from_slice(&answer.body) {
        Ok(Value::Object(members)) => Some(members),
        _ => None,
    }
}

/// A short word of an answer, for people.
fn word(members: &Map<String, Value>, name: &str) -> String {
    let text = match members.get(name) {
        Some(Value::String(text)) => text.clone(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    };
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}
