//! Jobs as they come in at the terminal, and what was left out of them.

use serde_json::{Value, json};

use crate::app::{self, ServerLink};
use crate::cli::args::RunArguments;
use crate::cli::{Failure, say, tell};
use crate::config::Config;
use crate::domain::job::Defaults;
use crate::domain::{Intake, Outcome, Proof, Service};
use crate::report::read_file;

pub(super) async fn intake(
    config: &Config,
    link: Option<&ServerLink>,
    options: &RunArguments,
) -> Result<Intake, Failure> {
    let defaults = Defaults {
        amount: options.amount,
        payment: options.payment_type,
    };
    if let Some(path) = &options.jobs {
        read_file(path, options.service, defaults).map_err(Failure::usage)
    } else {
        let Some(link) = link else {
            return Ok(Intake::default());
        };
        let fetched = link
            .fetch(
                options.service,
                defaults,
                config.api.jobs_at_once,
                &app::operator(config),
            )
            .await;
        fetched.map_err(Failure::cannot_run)
    }
}

/// One thing to say, in both ways.
pub(super) struct SaidLine {
    pub(super) json: Value,
    pub(super) text: String,
}

pub(super) fn say_or_tell(is_json: bool, line: &SaidLine) {
    if is_json {
        say(&line.json.to_string());
    } else if !line.text.is_empty() {
        tell(&line.text);
    }
}

/// Bad rows and duplicates, each by its number and reason. As JSON a bad row is an outcome like any
/// other: refused by us before anything was sent.
pub(super) fn left_out(service: Service, intake: &Intake, is_json: bool) -> Vec<SaidLine> {
    let now = jiff::Timestamp::now();
    let errors = intake.list.errors.iter().map(|e| SaidLine {
        json: json!({
            "event": "outcome", "service": service, "account": e.account, "order_id": null, "outcome": Outcome::Refused, "amount": null,
            "transaction_id": null, "proof": Proof::None, "message": format!("{}: {}", e.row, e.why), "attempt": null, "at": now,
        }),
        text: format!("Bỏ qua {} ({}): {}", e.row, e.account, e.why),
    });
    let duplicates = intake
        .list
        .duplicates
        .iter()
        .filter(|_| !is_json)
        .map(|d| SaidLine {
            json: Value::Null,
            text: format!(
                "Trùng: {} ({}) giống {}; chỉ làm một lần",
                d.row, d.account, d.first_row
            ),
        });
    errors.chain(duplicates).collect()
}
