//! `gachno ledger`

use std::sync::Arc;

use jiff::tz::TimeZone;
use serde_json::json;

use super::args::LedgerArguments as What;
use super::{Ended, Exit, Failure, say, stop_on_signals, tell, unlock};
use crate::app;
use crate::config::{Config, Home};
use crate::domain::{Intake, Language, Outcome, Service};
use crate::engine::{
    Control, Decision, EvidenceStore, OutcomeEvent, Progress, Reporter, ResolveError, reconcile,
    report_of, reports_of_all, resolve,
};
use crate::ledger::{Backups, JobResult, Ledger, LedgerError};
use crate::report::{excel, story};

/// Copies the ledger: beside the program that holds it, where one does.
async fn back_up(home: &Home) -> Ended {
    let copied = match Ledger::open(&home.ledger()).await {
        Ok(ledger) => {
            tell_salvaged(&ledger);
            ledger.backups().make().await
        }
        Err(LedgerError::InUse { .. }) => Backups::make_beside(&home.ledger()).await,
        Err(error) => Err(error),
    };
    let copy = copied.map_err(Failure::cannot_run)?;
    say(&copy.display().to_string());
    Ok(Exit::Done)
}

pub async fn ledger(what: What) -> Ended {
    let home = Home::find()?;
    if let What::Reconcile {
        json,
        portal,
        headless,
    } = what
    {
        return Box::pin(reconcile_all(&home, json, portal, headless)).await;
    }
    if matches!(what, What::Backup) {
        return back_up(&home).await;
    }
    let ledger = Ledger::open(&home.ledger())
        .await
        .map_err(Failure::cannot_run)?;
    tell_salvaged(&ledger);
    match what {
        What::List { most } => list(&ledger, most).await,
        What::Show { what } => show(&home, &ledger, &what).await,
        What::Verify => verify(&ledger).await,
        What::Export {
            json: _,
            xlsx: Some(file),
            batch,
        } => {
            let reports = reports_of_all(&ledger, batch.as_deref())
                .await
                .map_err(Failure::cannot_run)?;
            excel::save_all(&reports, &file).map_err(Failure::cannot_run)?;
            tell(&format!(
                "Đã xuất {} dòng: {}",
                reports.iter().map(|r| r.rows.len()).sum::<usize>(),
                file.display()
            ));
            Ok(Exit::Done)
        }
        What::Export {
            json,
            xlsx: None,
            batch,
        } => export(&ledger, json, batch.as_deref()).await,
        What::Deliver => deliver(&home, Arc::new(ledger)).await,
        What::Adopt { name, reason } => {
            if name.trim().is_empty() || reason.trim().is_empty() {
                return Err(Failure::usage(ResolveError::Unsigned));
            }
            let was_missing = ledger
                .adopt(name.trim(), reason.trim())
                .await
                .map_err(Failure::cannot_run)?;
            say(if was_missing {
                "Đã ghi nhận; có thể thanh toán tiếp. (Adopted.)"
            } else {
                "Sổ không thiếu gì. (Nothing is missing.)"
            });
            Ok(Exit::Done)
        }
        What::Report { batch, report } => {
            let made = report_of(&ledger, &batch)
                .await
                .map_err(Failure::cannot_run)?;
            let made = made.ok_or_else(|| {
                Failure::usage(anyhow::anyhow!("Không có lô {batch}. (No such batch.)"))
            })?;
            excel::save_as(&made, &report).map_err(Failure::cannot_run)?;
            tell(&format!("Báo cáo: {}", report.display()));
            Ok(Exit::Done)
        }
        What::Resolve {
            attempt,
            paid,
            not_paid: _,
            name,
            reason,
        } => {
            let decision = Decision {
                is_paid: paid,
                name,
                reason,
            };
            let end = resolve(&ledger, &attempt, &decision)
                .await
                .map_err(|error| match error {
                    ResolveError::Ledger(_) => Failure::cannot_run(error),
                    ResolveError::NotInDoubt(_) | ResolveError::Unsigned => Failure::usage(error),
                })?;
            say(&format!(
                "{attempt}  {}  {}",
                end.outcome.label(),
                end.message
            ));
            Ok(Exit::Done)
        }
        What::Reconcile { .. } | What::Backup => Ok(Exit::Done),
    }
}

/// Tells what has not been acknowledged. 3: something still has not.
async fn deliver(home: &Home, ledger: Arc<Ledger>) -> Ended {
    let config = Config::load(&home.config_file())?;
    let secrets = app::secrets(&config, &unlock::for_opening(&config)?)?;
    let waiting = ledger
        .outbox()
        .unacknowledged()
        .await
        .map_err(Failure::cannot_run)?;
    let link = app::link(&config, &secrets, ledger)
        .await
        .map_err(Failure::cannot_run)?;
    let left = link.close().await;
    say(&format!(
        "Đã báo {} kết quả, còn {left}. (Delivered, left.)",
        waiting.saturating_sub(left)
    ));
    Ok(if left == 0 {
        Exit::Done
    } else {
        Exit::NeedsReview
    })
}

/// Says what had to be saved from a damaged file, if anything had to be.
pub(super) fn tell_salvaged(ledger: &Ledger) {
    let Some(saved) = ledger.salvaged() else {
        return;
    };
    let from = saved
        .from_copy
        .as_ref()
        .map(|copy| format!(", lấy từ bản sao {}", copy.display()))
        .unwrap_or_default();
    tell(&format!(
        "Sổ giao dịch bị hỏng: đã cứu {} sự kiện{from}. Tệp hỏng được giữ nguyên tại {}. (The damaged ledger was kept; what is whole goes on.)",
        saved.events,
        saved.kept.display()
    ));
}

fn local(at: jiff::Timestamp) -> String {
    at.to_zoned(TimeZone::system())
        .strftime("%d/%m/%Y %H:%M:%S")
        .to_string()
}

async fn list(ledger: &Ledger, most: u32) -> Ended {
    for batch in ledger
        .records()
        .batches(most)
        .await
        .map_err(Failure::cannot_run)?
    {
        let end = batch.finished.map_or_else(|| "chưa xong".to_owned(), local);
        let dry = if batch.is_dry_run {
            " (chạy thử)"
        } else {
            ""
        };
        say(&format!(
            "{}  {}  {:<24} {:>6} khoản  {}  {}{dry}",
            batch.id,
            local(batch.started),
            batch.service.spec().title,
            batch.jobs,
            end,
            batch.agent
        ));
    }
    Ok(Exit::Done)
}

async fn show(home: &Home, ledger: &Ledger, what: &str) -> Ended {
    let found = ledger
        .records()
        .find(what)
        .await
        .map_err(Failure::cannot_run)?;
    if found.is_empty() {
        say(&format!("Chưa từng làm gì với {what}. (Nothing found.)"));
        return Ok(Exit::Done);
    }
    let evidence = EvidenceStore::at(&home.evidence(), true);
    for (service, result) in found {
        let end = &result.conclusion;
        let amount = end.amount.map(|a| format!(" {a}")).unwrap_or_default();
        let at = result.at.map(local).unwrap_or_default();
        let service = service
            .parse::<Service>()
            .map_or(service, |s| s.spec().title.to_owned());
        say(&format!(
            "{} · {service} · {}{amount} · {at}",
            result.job.account,
            end.outcome.label()
        ));
        let order = result
            .job
            .order_id
            .as_ref()
            .map(|o| format!("; mã đơn: {o}"))
            .unwrap_or_default();
        say(&format!(
            "  chứng cứ: {}; mã giao dịch: {}{order}",
            end.proof.label(),
            end.transaction_id.as_deref().unwrap_or("—")
        ));
        let Some(attempt) = &result.attempt else {
            continue;
        };
        say(&format!("  lần thử {attempt}"));
        let told = story::told(
            &ledger
                .events_of(attempt)
                .await
                .map_err(Failure::cannot_run)?,
            Language::Vi,
        );
        for (at, sentence) in told.steps {
            say(&format!("    {}  {sentence}", local(at)));
        }
        for file in told.files {
            let place = evidence.find(&file.hash).map_or_else(
                || format!("đã xóa theo hạn lưu ({})", file.hash),
                |path| path.display().to_string(),
            );
            say(&format!(
                "    {}: {place}",
                story::shows(&file.what, Language::Vi)
            ));
        }
    }
    Ok(Exit::Done)
}

async fn verify(ledger: &Ledger) -> Ended {
    match ledger.verify().await.map_err(Failure::cannot_run)? {
        Ok(events) => {
            say(&format!(
                "Sổ nguyên vẹn: {events} sự kiện, chuỗi băm liền mạch. (The chain is whole.)"
            ));
            Ok(Exit::Done)
        }
        Err(fault) => Err(Failure::cannot_run(fault)),
    }
}

async fn export(ledger: &Ledger, is_json: bool, batch: Option<&str>) -> Ended {
    let batches = match batch {
        Some(id) => {
            let found = ledger
                .records()
                .batch(id)
                .await
                .map_err(Failure::cannot_run)?;
            vec![found.ok_or_else(|| {
                Failure::usage(anyhow::anyhow!("Không có lô {id}. (No such batch.)"))
            })?]
        }
        None => ledger
            .records()
            .batches(u32::MAX >> 1)
            .await
            .map_err(Failure::cannot_run)?,
    };
    // Oldest first, as a record is read.
    for batch in batches.into_iter().rev() {
        let results = ledger
            .records()
            .results(&batch.id, batch.service)
            .await
            .map_err(Failure::cannot_run)?;
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
                    end.amount
                        .map(super::super::domain::money::Vnd::digits)
                        .unwrap_or_default(),
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

async fn reconcile_all(
    home: &Home,
    is_json: bool,
    portal: Option<String>,
    headless: bool,
) -> Ended {
    let mut config = Config::load(&home.config_file())?;
    if let Some(portal) = portal {
        config.portal.url = portal;
    }
    config.browser.headless |= headless;
    let secrets = app::secrets(&config, &unlock::for_opening(&config)?)?;
    let tools = app::tools(home, &config, None).await?;
    let plan = app::plan(&config, &secrets, Service::PayEvn, Intake::default());
    let settled = reconcile(
        &tools,
        &plan,
        &Reporter::silent(),
        &Control::stopped_by(stop_on_signals()),
    )
    .await
    .map_err(Failure::cannot_run)?;
    // Whoever gave the jobs is told at once, where that can be done.
    if tools
        .ledger
        .outbox()
        .unacknowledged()
        .await
        .map_err(Failure::cannot_run)?
        > 0
        && let Ok(link) = app::link(&config, &secrets, tools.ledger.clone()).await
    {
        link.close().await;
    }
    let mut open = 0;
    for (id, attempt) in &settled {
        let end = attempt.standing();
        open += usize::from(end.outcome == Outcome::Unknown);
        if is_json {
            say(&json!({ "event": "reconciled", "attempt": id, "outcome": end.outcome, "proof": end.proof, "amount": end.amount, "message": end.message }).to_string());
        } else {
            say(&format!(
                "{id}  {}  {}  {}",
                end.outcome.label(),
                end.proof.label(),
                end.message
            ));
        }
    }
    if !is_json {
        say(&format!(
            "{} giao dịch cần đối soát, {open} vẫn chưa rõ.",
            settled.len()
        ));
    }
    Ok(if open == 0 {
        Exit::Done
    } else {
        Exit::NeedsReview
    })
}
