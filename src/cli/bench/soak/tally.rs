//! What the server told its clients, to be compared with what it kept.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use uuid::Uuid;

use super::super::stage::small;
use super::super::{Row, percentile};
use crate::domain::JobState;
use crate::store::jobs::JobView;

/// What each bill takes, in đồng.
pub(super) const AMOUNT: i64 = 150_000;
/// Times of so many requests are kept: of more, each has the same chance.
const TIMES_MAX: usize = 200_000;

/// What was told.
#[derive(Debug, Default)]
pub(super) struct Tally(Mutex<Told>);

#[derive(Debug, Default)]
struct Told {
    /// Jobs that were said to be there.
    added: HashSet<String>,
    /// To whom each was given, and under which fence.
    given: HashMap<(String, i64), Uuid>,
    /// Which attempt was allowed to pay.
    armed: HashMap<String, Uuid>,
    /// Jobs whose payment was told and taken.
    paid: HashSet<String>,
    asked: u64,
    /// Answers by status; 0: none came.
    answers: BTreeMap<u16, u64>,
    times: Vec<f64>,
    broken: Vec<String>,
}

impl Tally {
    fn told(&self) -> std::sync::MutexGuard<'_, Told> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A request was answered with this status, or by nothing (0).
    pub fn answered(&self, status: u16, took: Duration) {
        let mut told = self.told();
        told.asked += 1;
        *told.answers.entry(status).or_default() += 1;
        if status == 500 {
            told.broken
                .push("a request was answered with 500".to_owned());
        }
        if (200..300).contains(&status) {
            let ms = took.as_secs_f64() * 1_000.0;
            if told.times.len() < TIMES_MAX {
                told.times.push(ms);
            } else {
                let place =
                    rand::random_range(0..usize::try_from(told.asked).unwrap_or(usize::MAX));
                if let Some(kept) = told.times.get_mut(place) {
                    *kept = ms;
                }
            }
        }
    }

    pub fn asked(&self) -> u64 {
        self.told().asked
    }

    /// A promise was broken.
    pub fn is_wrong(&self, why: String) {
        self.told().broken.push(why);
    }

    pub fn added(&self, job: &str) {
        self.told().added.insert(job.to_owned());
    }

    /// A job was given to this one who asked.
    pub fn given(&self, job: &str, fence: i64, lease: Uuid) {
        let mut told = self.told();
        let before = told.given.insert((job.to_owned(), fence), lease);
        if before.is_some_and(|before| before != lease) {
            told.broken
                .push(format!("{job} was given twice under one fence"));
        }
    }

    /// An attempt was allowed to pay the job.
    pub fn armed(&self, job: &str, attempt: Uuid) {
        let mut told = self.told();
        let before = told.armed.insert(job.to_owned(), attempt);
        if before.is_some_and(|before| before != attempt) {
            told.broken
                .push(format!("{job}: two attempts were allowed to pay"));
        }
    }

    pub fn paid(&self, job: &str) {
        self.told().paid.insert(job.to_owned());
    }

    /// Have as many ended as were added?
    pub fn is_done(&self, ended: i64) -> bool {
        i64::try_from(self.told().added.len()).is_ok_and(|added| ended >= added)
    }

    pub fn broken(&self) -> Vec<String> {
        self.told().broken.clone()
    }

    /// Each difference between what was told and what is kept.
    pub fn compared(&self, kept: &[JobView]) -> Vec<String> {
        let told = self.told();
        let mut wrong = Vec::new();
        let by_id: HashMap<&str, &JobView> =
            kept.iter().map(|job| (job.id.as_str(), job)).collect();
        for job in &told.added {
            if !by_id.contains_key(job.as_str()) {
                wrong.push(format!("{job} was added and is not there"));
            }
        }
        for job in kept.iter().filter(|job| !told.added.contains(&job.id)) {
            wrong.push(format!("{} is there and nobody was told", job.id));
        }
        for id in &told.paid {
            match by_id.get(id.as_str()) {
                Some(job) if job.state == JobState::Done && job.paid_amount == Some(AMOUNT) => {}
                Some(job) => wrong.push(format!("{id} was told as paid and is {:?}", job.state)),
                None => wrong.push(format!("{id} was told as paid and is not there")),
            }
        }
        for job in kept.iter().filter(|job| job.state == JobState::Done) {
            if !told.paid.contains(&job.id) {
                wrong.push(format!("{} is done and nobody told so", job.id));
            }
        }
        let sum: i64 = kept.iter().filter_map(|job| job.paid_amount).sum();
        let expected = i64::try_from(told.paid.len()).unwrap_or(i64::MAX) * AMOUNT;
        if sum != expected {
            wrong.push(format!("{sum} đ are in the books, {expected} đ were told"));
        }
        wrong
    }

    pub fn rows(&self) -> Vec<Row> {
        let mut told = self.told();
        let mut rows = vec![
            Row::plain("jobs added", small(told.added.len() as u64), ""),
            Row::plain("jobs paid", small(told.paid.len() as u64), ""),
        ];
        for (status, count) in &told.answers {
            let name = match status {
                0 => "no answer".to_owned(),
                status => format!("answers {status}"),
            };
            rows.push(Row::plain(name, small(*count), ""));
        }
        rows.push(Row::plain("p50", percentile(&mut told.times, 50), "ms"));
        rows.push(Row::plain("p99", percentile(&mut told.times, 99), "ms"));
        rows
    }
}
