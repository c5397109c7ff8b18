//! `gachno ledger`

use jiff::tz::TimeZone;
use serde_json::json;

use super::args::Ledger as What;
use super::{Ended, Exit, Failure, say, stop_on_signals, tell, unlock};
use crate::app;
use crate::config::{Config, Home};
use crate::domain::{Intake, Outcome, Service};
use crate::engine::{Control, Decision, OutcomeEvent, Progress, Reporter, ResolveError, reconcile, report_of, resolve};
use crate::ledger::{JobResult, Ledger};
use crate::report::excel;

pub async fn ledger(what: What) -> Ended {
    let home = Home::find()?;
    if let What::Reconcile { json, portal, headless } = what {
        return reconcile_all(&home, json, portal, headless).await;
    }
    let ledger = Ledger::open(&home.ledger()).await.map_err(Failure::cannot_run)?;
    match what {
        What::List { most } => list(&ledger, most).await,
        What::Show { what } => show(&ledger, &what).await,
        What::Verify => verify(&ledger).await,
        What::Export { json, batch } => export(&ledger, json, batch.as_deref()).await,
        What::Report { batch, report } => {
            let made = report_of(&ledger, &batch).await.map_err(Failure::cannot_run)?;
            let made = made.ok_or_else(|| Failure::usage(anyhow::anyhow!("Không có lô {batch}. (No such batch.)")))?;
            excel::save_as(&made, &report).map_err(Failure::cannot_run)?;
            tell(&format!("Báo cáo: {}", report.display()));
            Ok(Exit::Done)
        }
        What::Resolve { attempt, paid, not_paid: _, name, reason } => {
            let decision = Decision { is_paid: paid, name, reason };
            let end = resolve(&ledger, &attempt, &decision).await.map_err(|error| match error {
                ResolveError::Ledger(_) => Failure::cannot_run(error),
                ResolveError::NotInDoubt(_) | ResolveError::Unsigned => Failure::usage(error),
            })?;
            say(&format!("{attempt}  {}  {}", end.outcome.label(), end.message));
            Ok(Exit::Done)
        }
        What::Reconcile { .. } => Ok(Exit::Done),
    }
}

fn local(at: jiff::Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%d/%m/%Y %H:%M:%S").to_string()
}

async fn list(ledger: &Ledger, most: u32) -> Ended {
    for batch in ledger.batches(most).await.map_err(Failure::cannot_run)? {
        let end = batch.finished.map_or_else(|| "chưa xong".to_owned(), local);
        let dry = if batch.is_dry_run { " (chạy thử)" } else { "" };
        say(&format!("{}  {}  {:<24} {:>6} khoản  {}  {}{dry}", batch.id, local(batch.started), batch.service.spec().title, batch.jobs, end, batch.agent));
    }
    Ok(Exit::Done)
}

async fn show(ledger: &Ledger, what: &str) -> Ended {
    let found = ledger.find(what).await.map_err(Failure::cannot_run)?;
    if found.is_empty() {
        say(&format!("Chưa từng làm gì với {what}. (Nothing found.)"));
        return Ok(Exit::Done);
    }
    for (service, result) in found {
        let end = &result.conclusion;
        let amount = end.amount.map(|a| format!(" {a}")).unwrap_or_default();
        let at = result.at.map(local).unwrap_or_default();
        say(&format!("{} · {service} · {}{amount} · {at}", result.job.account, end.outcome.label()));
        say(&format!("  chứng cứ: {}; mã giao dịch: {}; {}", end.proof.label(), end.transaction_id.as_deref().unwrap_or("—"), end.message));
        let Some(attempt) = &result.attempt else { continue };
        for event in ledger.events_of(attempt).await.map_err(Failure::cannot_run)? {
            say(&format!("  {}  {:<18} {}", local(event.at), event.kind, event.body));
        }
    }
    Ok(Exit::Done)
}

async fn verify(ledger: &Ledger) -> Ended {
    match ledger.verify().await.map_err(Failure::cannot_run)? {
        Ok(events) => {
            say(&format!("Sổ nguyên vẹn: {events} sự kiện, chuỗi băm liền mạch. (The chain is whole.)"));
            Ok(Exit::Done)
        }
        Err(fault) => Err(Failure::cannot_run(fault)),
    }
}

async fn export(ledger: &Ledger, is_json: bool, batch: Option<&str>) -> Ended {
    let batches = match batch {
        Some(id) => {
            let found = ledger.batch(id).await.map_err(Failure::cannot_run)?;
            vec![found.ok_or_else(|| Failure::usage(anyhow::anyhow!("Không có lô {id}. (No such batch.)")))?]
        }
        None => ledger.batches(u32::MAX >> 1).await.map_err(Failure::cannot_run)?,
    };
    // Oldest first, as a record is read.
    for batch in batches.into_iter().rev() {
        let results = ledger.results(&batch.id, batch.service).await.map_err(Failure::cannot_run)?;
        for (index, result) in results.iter().enumerate() {
            if is_json {
                say(&exported(&batch.id, batch.service, index, result).to_string());
            } else {
                let end = &result.conclusion;
                say(&format!(
                    "{}\t{}\t{}\t{}\t{}\t{}",
                    batch.id,
                    batch.service,
                    result.job.account,
                    end.outcome,
                    end.amount.map(super::super::domain::money::Vnd::digits).unwrap_or_default(),
                    end.message.replace(['\t', '\n'], " ")
                ));
            }
        }
    }
    Ok(Exit::Done)
}

fn exported(batch: &str, service: Service, index: usize, result: &JobResult) -> serde_json::Value {
    let event = Progress::Outcome(OutcomeEvent::of(service, index, result));
    let mut value = serde_json::to_value(&event).unwrap_or_default();
    value["batch"] = batch.into();
    value
}

async fn reconcile_all(home: &Home, is_json: bool, portal: Option<String>, headless: bool) -> Ended {
    let mut config = Config::load(&home.config_file())?;
    if let Some(portal) = portal {
        config.portal.url = portal;
    }
    config.browser.headless |= headless;
    let secrets = app::secrets(&config, &unlock::for_opening(&config)?)?;
    let tools = app::tools(home, &config, None).await?;
    let plan = app::plan(&config, &secrets, Service::PayEvn, Intake::default());
    let settled = reconcile(&tools, &plan, &Reporter::silent(), &Control::stopped_by(stop_on_signals())).await.map_err(Failure::cannot_run)?;
    let mut open = 0;
    for (id, attempt) in &settled {
        let end = attempt.standing();
        open += usize::from(end.outcome == Outcome::Unknown);
        if is_json {
            say(&json!({ "event": "reconciled", "attempt": id, "outcome": end.outcome, "proof": end.proof, "amount": end.amount, "message": end.message }).to_string());
        } else {
            say(&format!("{id}  {}  {}  {}", end.outcome.label(), end.proof.label(), end.message));
        }
    }
    if !is_json {
        say(&format!("{} giao dịch cần đối soát, {open} vẫn chưa rõ.", settled.len()));
    }
    Ok(if open == 0 { Exit::Done } else { Exit::NeedsReview })
}
