//! What each number says, and those that are there before anything was counted: a rule about a number
//! that is not there never fires.

use metrics::{counter, describe_counter, describe_gauge, describe_histogram};

use crate::domain::letter::LetterChannel;
use crate::domain::payment::Provider;
use crate::store::payments::DifferenceKind;

/// Says what all of them are.
pub fn all() {
    requests();
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
