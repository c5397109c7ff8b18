//! A list as it came from a file or from the job API, kept beside the lines that one may edit.
//!
//! A line holds less than a job: neither a bill's own receiver nor the amount that is expected, nor
//! whether a phone is prepaid. So untouched lines stay the jobs that they came with.

use std::collections::HashMap;

use crate::domain::job::Defaults;
use crate::domain::{Job, JobList, RawJob, Service};

/// A list as it came from its source.
#[derive(Debug, Clone)]
pub(super) struct TakenList {
    /// With what was left out at the source.
    pub list: JobList,
    /// Was a line changed or removed since?
    pub is_edited: bool,
    /// What the form said when it came.
    defaults: Defaults,
    /// The places of its jobs, by their lines and by their accounts.
    by_line: HashMap<String, usize>,
    by_account: HashMap<String, usize>,
}

impl TakenList {
    /// A list that has just come.
    pub fn of(service: Service, list: JobList, defaults: Defaults) -> Self {
        let places = |key: &dyn Fn(&Job) -> String| {
            list.jobs
                .iter()
                .enumerate()
                .map(|(place, job)| (key(job), place))
                .collect()
        };
        Self {
            is_edited: false,
            defaults,
            by_line: places(&|job| line_of(service, job)),
            by_account: places(&|job| job.account.key()),
            list,
        }
    }

    /// What a line says, with what is known of it from the source.
    pub fn row(&self, service: Service, row: String, line: &str, defaults: Defaults) -> RawJob {
        let job_at = |place: Option<&usize>| place.and_then(|at| self.list.jobs.get(*at));
        let typed = RawJob::from_line(service, row, line);
        if let Some(job) = job_at(self.by_line.get(line.trim()))
            && (defaults == self.defaults || self.says_more(service, job))
        {
            return raw(job, typed.row);
        }
        // The same customer in other words: the receiver and the expected amount stay theirs.
        let of_account = job_at(self.by_account.get(&key_of(service, &typed)));
        RawJob {
            receiver: of_account
                .and_then(|job| job.receiver.as_ref())
                .map(ToString::to_string),
            amount: typed.amount.or_else(|| {
                let job = of_account.filter(|job| job.payment.is_none())?;
                Some(
                    job.amount
                        .filter(|_| job.top_up(service).is_none())?
                        .digits(),
                )
            }),
            ..typed
        }
    }

    /// Would the job's line, read under the same form, be another job? Or did a server hand it out
    /// as it is? Then the form has nothing to say about it.
    fn says_more(&self, service: Service, job: &Job) -> bool {
        let line = RawJob::from_line(service, job.row.clone(), &line_of(service, job));
        let read = JobList::check(service, self.defaults, [line]);
        job.ticket.is_some()
            || read
                .jobs
                .first()
                .is_none_or(|read| (read.amount, read.payment) != (job.amount, job.payment))
    }
}

/// The line's account as one that is compared, where it is one.
fn key_of(service: Service, typed: &RawJob) -> String {
    crate::domain::Account::parse(service.spec().account, &typed.account)
        .map(|account| account.key())
        .unwrap_or_default()
}

/// The job as a row that says everything itself.
fn raw(job: &Job, row: String) -> RawJob {
    RawJob {
        row,
        account: job.account.to_string(),
        amount: job.amount.map(crate::domain::money::Vnd::digits),
        order_id: job.order_id.clone(),
        payment: job.payment.map(|payment| payment.label().to_owned()),
        receiver: job.receiver.as_ref().map(ToString::to_string),
        ticket: job.ticket.clone(),
    }
}

/// A job as one types it.
pub(super) fn line_of(service: Service, job: &Job) -> String {
    let account = job.account.to_string();
    match (job.top_up(service), &job.order_id) {
        (Some(amount), Some(order)) => format!("{account}|{}|{order}", amount.digits()),
        (Some(amount), None) => format!("{account}|{}", amount.digits()),
        (None, Some(order)) if matches!(service, Service::TopUpMulti | Service::TopUpViettel) => {
            format!("{account}||{order}")
        }
        (None, Some(order)) => format!("{account}|{order}"),
        (None, None) => account,
    }
}

#[cfg(test)]
mod tests;
