//! What each number says, and those that are there before anything was counted: a rule about a number
//! that is not there never fires.

use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge};

use crate::domain::letter::LetterChannel;
use crate::domain::payment::Provider;
use crate::domain::{Outcome, Service};
use crate::server::tasks;
use crate::store::catalogue::LeaseRefusal;
use crate::store::payments::DifferenceKind;

/// Says what all of them are.
pub fn all() {
    requests();
    jobs();
    payments();
    letters();
    zeros();
}

fn requests() {
    describe_counter!(
        "gachno_requests_total",
        "Requests by route, method and status."
    );
    describe_histogram!(
        "gachno_request_seconds",
        "Time of requests by route and method."
    );
    describe_gauge!("gachno_jobs", "Jobs by service and state.");
    describe_counter!(
        "gachno_task_runs_total",
        "Runs of what runs beside the requests."
    );
    describe_counter!(
        "gachno_task_failures_total",
        "Runs that failed; each is tried again."
    );
    describe_gauge!("gachno_task_seconds", "Time of the last run.");
}

fn jobs() {
    describe_counter!(
        "gachno_jobs_leased_total",
        "Jobs that were handed out, by service."
    );
    describe_counter!(
        "gachno_arms_total",
        "Questions whether a payment may be confirmed, by answer: armed, or why not."
    );
    describe_counter!(
        "gachno_outcomes_total",
        "Outcomes that machines told, by outcome and by whether they were taken."
    );
    describe_counter!(
        "gachno_leases_lost_total",
        "Jobs taken back from machines that were not heard of, by whether they were armed."
    );
    describe_counter!(
        "gachno_connections_refused_total",
        "Connections for which there was no place."
    );
    describe_gauge!(
        "gachno_database_writable",
        "Whether the database could be written when that was tried last: 1, or 0."
    );
}

fn payments() {
    describe_counter!(
        "gachno_provider_calls_total",
        "Calls to payment providers by call and answer: ok, refused, unknown (nobody knows), busy."
    );
    describe_histogram!(
        "gachno_provider_seconds",
        "Time of calls to payment providers."
    );
    describe_counter!(
        "gachno_webhooks_refused_total",
        "News that were not believed: no signature of a key of ours."
    );
    describe_counter!(
        "gachno_unmatched_total",
        "Money that a provider told of and that fits no payment, since the start."
    );
    describe_gauge!(
        "gachno_unmatched_open",
        "Unmatched money that nobody has decided about: how many."
    );
    describe_gauge!(
        "gachno_unmatched_open_dong",
        "Unmatched money that nobody has decided about: its sum in dong."
    );
    describe_gauge!("gachno_payments_open", "Payments that have not ended.");
    describe_gauge!(
        "gachno_payment_open_age_seconds",
        "Age of the oldest payment that has not ended; 0 where there is none."
    );
    describe_gauge!(
        "gachno_payment_tasks",
        "Payments that a person has to look at, by why: underpaid, surplus, review."
    );
    describe_counter!(
        "gachno_payment_differences_total",
        "What the daily comparison found to differ between a provider and us, by kind."
    );
}

fn letters() {
    describe_gauge!(
        "gachno_letters",
        "Letters by channel: waiting to be sent, given up."
    );
    describe_counter!(
        "gachno_letters_total",
        "Attempts to send letters, by channel and result."
    );
}

fn zeros() {
    counter!("gachno_connections_refused_total").increment(0);
    gauge!("gachno_database_writable").set(1.0);
    for armed in ["no", "yes"] {
        counter!("gachno_leases_lost_total", "armed" => armed).increment(0);
    }
    for service in Service::ALL {
        counter!("gachno_jobs_leased_total", "service" => service.spec().wire).increment(0);
    }
    for answer in LeaseRefusal::ALL.iter().map(|refusal| refusal.wire()) {
        counter!("gachno_arms_total", "result" => answer).increment(0);
    }
    counter!("gachno_arms_total", "result" => "armed").increment(0);
    for outcome in Outcome::ALL {
        for result in ["accepted", "duplicate", "refused"] {
            counter!("gachno_outcomes_total", "outcome" => outcome.wire(), "result" => result)
                .increment(0);
        }
    }
    for task in tasks::ALL {
        counter!("gachno_task_runs_total", "task" => task.name()).increment(0);
        counter!("gachno_task_failures_total", "task" => task.name()).increment(0);
        gauge!("gachno_task_seconds", "task" => task.name()).set(0.0);
    }
    for provider in Provider::ALL {
        let name = provider.wire();
        counter!("gachno_webhooks_refused_total", "provider" => name).increment(0);
        counter!("gachno_unmatched_total", "provider" => name).increment(0);
        for call in ["open", "ask", "cancel"] {
            for answer in ["ok", "refused", "unknown", "busy"] {
                counter!("gachno_provider_calls_total", "provider" => name, "call" => call, "answer" => answer)
                    .increment(0);
            }
        }
    }
    for kind in DifferenceKind::ALL {
        counter!("gachno_payment_differences_total", "kind" => kind.wire()).increment(0);
    }
    for channel in LetterChannel::ALL {
        for result in ["sent", "failed"] {
            counter!("gachno_letters_total", "channel" => channel.wire(), "result" => result)
                .increment(0);
        }
    }
}
