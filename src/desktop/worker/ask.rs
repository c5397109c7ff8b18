//! What the window asks of the ledger.

use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::Teller;
use super::days::{since_ms, this_month_ms};
use super::message::{LedgerCommand, LedgerUpdate, ListUpdate, Update};
use super::open::Open;
use super::slips;
use crate::app;
use crate::desktop::model::side::{BatchView, FoundAttempt, HistoryView, Story};
use crate::desktop::model::{Known, local};
use crate::desktop::words::said;
use crate::domain::{Language, Outcome, Service, Vnd};
use crate::engine::{Tools, reports_of, reports_of_found, resolve};
use crate::ledger::{JobResult, Ledger, Sum};
use crate::report::{BatchReport, excel, story as stories};

/// Answers what is asked of the ledger, and tells.
pub async fn answer(at: &Open, command: LedgerCommand, to: &Teller) {
    let ledger = &at.tools.ledger;
    let folder = app::report_folder(&at.config);
    let answer = match command {
        LedgerCommand::Find(what) => found(ledger, &what)
            .await
            .map(|found| LedgerUpdate::Found(what, found)),
        LedgerCommand::Story(attempt, language) => story(&at.tools, &attempt, language)
            .await
            .map(LedgerUpdate::Story),
        LedgerCommand::Resolve(attempt, decision) => {
            let resolved = resolve(ledger, &attempt, &decision).await;
            tell_known(ledger, to).await;
            resolved.map(|_| LedgerUpdate::Resolved).map_err(said)
        }
        LedgerCommand::Receipt(one, who, is_print) => slips::receipt(at, &one, &who)
            .await
            .map(|slip| LedgerUpdate::Slip(Box::new(slip), is_print)),
        LedgerCommand::PrintShift(shift) => slips::of_shift(at, &shift)
            .await
            .map(|slip| LedgerUpdate::Slip(Box::new(slip), true)),
        LedgerCommand::CloseShift(shift) => slips::close_shift(at, *shift).await,
        LedgerCommand::Days(count) => {
            Ok(LedgerUpdate::Days(history(at, count).await.map(Box::new)))
        }
        LedgerCommand::ExportBatches(batches) => {
            let written = export_batches(ledger, &folder, &batches).await;
            return to.tell(Update::Written(
                written.map(|path| path.display().to_string()),
            ));
        }
        LedgerCommand::ExportFound(what) => {
            let written = export_found(ledger, &folder, &what).await;
            return to.tell(Update::Written(
                written.map(|path| path.display().to_string()),
            ));
        }
    };
    to.tell(Update::Ledger(answer.unwrap_or_else(LedgerUpdate::Failed)));
}

/// Tells what is in doubt, and what was paid this month.
pub async fn tell_known(ledger: &Ledger, teller: &Teller) {
    teller.tell(Update::Ledger(match doubts(ledger).await {
        Ok(doubts) => LedgerUpdate::Doubts(doubts),
        Err(why) => LedgerUpdate::Failed(why),
    }));
    for service in Service::ALL {
        teller.tell(match known(ledger, service).await {
            Ok(known) => Update::List(service, ListUpdate::Known(known)),
            Err(why) => Update::Ledger(LedgerUpdate::Failed(why)),
        });
    }
}

const MOMENT: &str = "%d/%m/%Y %H:%M";

fn view(service: Service, result: JobResult) -> Option<FoundAttempt> {
    Some(FoundAttempt {
        attempt: result.attempt?,
        service,
        account: result.job.account.to_string(),
        customer: result.customer,
        end: result.conclusion,
        at: result
            .at
            .map(|at| local(at.as_millisecond(), MOMENT))
            .unwrap_or_default(),
    })
}

/// Everything that was ever done with this code, phone, order, transaction or attempt.
pub async fn found(ledger: &Ledger, what: &str) -> Result<Vec<FoundAttempt>, String> {
    let found = ledger.records().find(what).await.map_err(said)?;
    Ok(found
        .into_iter()
        .filter_map(|(service, result)| view(service.parse().ok()?, result))
        .collect())
}

/// What is in doubt.
pub async fn doubts(ledger: &Ledger) -> Result<Vec<FoundAttempt>, String> {
    let mut all = Vec::new();
    for live in ledger.in_doubt().await.map_err(said)? {
        let Some(job) = ledger.job_of(&live).await.map_err(said)? else {
            continue;
        };
        let since = ledger
            .records()
            .unknown_since(&live.id)
            .await
            .map_err(said)?;
        all.push(FoundAttempt {
            attempt: live.id.clone(),
            service: live.service,
            account: job.account.to_string(),
            customer: live
                .attempt
                .quote
                .as_ref()
                .and_then(|quote| quote.customer.clone()),
            end: live.attempt.standing(),
            at: since.map(|ms| local(ms, MOMENT)).unwrap_or_default(),
        });
    }
    Ok(all)
}

/// Which of a service's accounts were paid this month, and which are in doubt.
pub async fn known(ledger: &Ledger, service: Service) -> Result<Known, String> {
    let since = this_month_ms();
    let paid = ledger
        .records()
        .paid_accounts(service, since)
        .await
        .map_err(said)?;
    let in_doubt = ledger
        .in_doubt()
        .await
        .map_err(said)?
        .into_iter()
        .filter(|live| live.service == service);
    let ms_a_job = ledger.records().ms_a_job(service).await.map_err(said)?;
    let mut known = Known {
        ms_a_job,
        paid: paid
            .into_iter()
            .map(|(key, at_ms)| (key, local(at_ms, "%d/%m %H:%M")))
            .collect(),
        ..Known::default()
    };
    for live in in_doubt {
        if let Some(job) = ledger.job_of(&live).await.map_err(said)? {
            known.in_doubt.insert(job.account.key());
        }
    }
    Ok(known)
}

/// What happened to an attempt, with what was kept of it.
pub async fn story(tools: &Tools, attempt: &str, language: Language) -> Result<Story, String> {
    let told = stories::told(
        &tools.ledger.events_of(attempt).await.map_err(said)?,
        language,
    );
    let evidence = told.files.into_iter().filter_map(|file| {
        Some((
            stories::shows(&file.what, language).to_owned(),
            tools.evidence.find(&file.hash)?,
        ))
    });
    let steps = told
        .steps
        .into_iter()
        .map(|(at, sentence)| (local(at.as_millisecond(), "%d/%m %H:%M:%S"), sentence))
        .collect();
    Ok(Story {
        attempt: attempt.to_owned(),
        steps,
        evidence: evidence.collect(),
    })
}

/// Batches, sums and shifts of so many days.
async fn history(at: &Open, count: u16) -> Result<HistoryView, String> {
    let history = days(&at.tools.ledger, count).await?;
    let now_ms = Timestamp::now().as_millisecond();
    let (shift_since_ms, bills, paid) = slips::shift_so_far(at, now_ms).await?;
    Ok(HistoryView {
        shift_since_ms,
        in_shift: (bills, paid),
        shifts: slips::closed(at).await?,
        ..history
    })
}

/// Batches and sums of so many days, today included.
pub async fn days(ledger: &Ledger, days: u16) -> Result<HistoryView, String> {
    let since = since_ms(days);
    let mut history = HistoryView {
        days,
        ..HistoryView::default()
    };
    let today = local(Timestamp::now().as_millisecond(), "%d/%m");
    // Every day has its place, also one on which nothing was done.
    history.by_day = (0..i64::from(days.max(1)))
        .map(|day| {
            (
                local(since + day * 86_400_000 + 43_200_000, "%d/%m"),
                Vnd::ZERO,
            )
        })
        .collect();
    for sum in ledger.records().sums_since(since).await.map_err(said)? {
        add(&mut history, &sum, &today);
    }
    history.by_outcome.sort_by_key(|(outcome, _)| *outcome);
    history.by_service.sort_by_key(|(service, ..)| *service);
    for batch in ledger.records().batches_since(since).await.map_err(said)? {
        history.batches.push(BatchView {
            paid: ledger.records().paid_in(&batch.id).await.map_err(said)?,
            started: local(batch.started.as_millisecond(), MOMENT),
            is_finished: batch.finished.is_some(),
            is_dry_run: batch.is_dry_run,
            jobs: usize::try_from(batch.jobs).unwrap_or_default(),
            operator: batch.operator,
            service: batch.service,
            id: batch.id,
        });
    }
    for batch in &history.batches {
        let mut known = history.by_person.iter_mut();
        match known.find(|(name, ..)| *name == batch.operator) {
            Some((_, count, paid)) => {
                (*count, *paid) = (*count + 1, paid.saturating_add(batch.paid));
            }
            None => history
                .by_person
                .push((batch.operator.clone(), 1, batch.paid)),
        }
    }
    history
        .by_person
        .sort_by_key(|(_, _, paid)| std::cmp::Reverse(*paid));
    Ok(history)
}

/// Adds what became of jobs of one service in a quarter of an hour. `today` as the days are written.
fn add(history: &mut HistoryView, sum: &Sum, today: &str) {
    match history
        .by_outcome
        .iter_mut()
        .find(|(outcome, _)| *outcome == sum.outcome)
    {
        Some((_, count)) => *count += sum.count,
        None => history.by_outcome.push((sum.outcome, sum.count)),
    }
    if sum.outcome != Outcome::Paid {
        return;
    }
    let hour = local(sum.at_ms, "%H").parse::<usize>().unwrap_or_default();
    if let Some(count) = history.by_hour.get_mut(hour) {
        *count += sum.count;
    }
    let day = local(sum.at_ms, "%d/%m");
    if let Some((_, paid)) = history.by_day.iter_mut().find(|(at, _)| *at == day) {
        *paid = paid.saturating_add(sum.amount);
    }
    if day == today {
        history.today = history.today.saturating_add(sum.amount);
    }
    match history
        .by_service
        .iter_mut()
        .find(|(service, ..)| *service == sum.service)
    {
        Some((_, count, paid)) => {
            (*count, *paid) = (*count + sum.count, paid.saturating_add(sum.amount));
        }
        None => history
            .by_service
            .push((sum.service, sum.count, sum.amount)),
    }
}

/// Writes these batches to one Excel file, and says where.
pub async fn export_batches(
    ledger: &Ledger,
    folder: &Path,
    batches: &[String],
) -> Result<PathBuf, String> {
    write(
        reports_of(ledger, |batch| batches.contains(&batch.id))
            .await
            .map_err(said)?,
        folder,
    )
    .await
}

/// Writes everything that was ever done with this to one Excel file, and says where.
pub async fn export_found(ledger: &Ledger, folder: &Path, what: &str) -> Result<PathBuf, String> {
    write(
        reports_of_found(ledger.records().find(what).await.map_err(said)?),
        folder,
    )
    .await
}

async fn write(reports: Vec<BatchReport>, folder: &Path) -> Result<PathBuf, String> {
    let name = format!(
        "gachno-{}.xlsx",
        local(Timestamp::now().as_millisecond(), "%H%M-%d-%m-%Y")
    );
    let path = folder.join(name);
    let file = path.clone();
    tokio::task::spawn_blocking(move || excel::save_all(&reports, &file))
        .await
        .map_err(said)?
        .map_err(said)?;
    Ok(std::path::absolute(&path).unwrap_or(path))
}
