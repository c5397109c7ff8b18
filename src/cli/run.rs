//! `gachno run`: one batch, its progress on the terminal or as JSON lines, its report.

mod jobs;
mod show;

use std::io::{IsTerminal, Write as _};
use std::path::PathBuf;

use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;
use tokio::sync::watch;

use super::args::RunArguments;
use super::{Ended, Exit, Failure, stop_on_signals, tell, unlock};
use crate::app::{self, LinkError, Secrets, ServerLink};
use crate::awake::Awake;
use crate::client::ApiError;
use crate::config::{Config, Home};
use crate::domain::{ListChoice, Outcome, Vnd};
use crate::engine::{
    self, Control, EngineError, Finished, Halt, Plan, Repeats, Reporter, Tools, report_of,
};
use crate::ledger::LedgerError;
use crate::report::excel;
use jobs::{SaidLine, intake, left_out, say_or_tell};
use show::show;

pub async fn run(options: RunArguments) -> Ended {
    let home = Home::find()?;
    let mut config = Config::load(&home.config_file())?;
    override_with(&mut config, &options)?;
    let secrets = app::secrets(&config, &unlock::for_opening(&config)?)?;
    let mut tools = app::tools(&home, &config, options.portal_map.as_deref()).await?;
    super::ledger::tell_salvaged(&tools.ledger);
    let link = link(&config, &secrets, &tools, &options).await?;
    let intake = intake(&config, link.as_ref(), &options).await?;
    let is_empty = intake.list.jobs.is_empty() && intake.list.errors.is_empty();
    if options.from_api && is_empty {
        tell("Không có dữ liệu từ API. (No jobs.)");
        close(link.as_ref(), options.json).await;
        return Ok(Exit::Done);
    }
    let left_out = left_out(options.service, &intake, options.json);
    let mut plan = app::plan(&config, &secrets, options.service, intake);
    plan.dry_run = options.dry_run;
    plan.choice = match (&options.continue_batch, options.new_batch) {
        (Some(batch), _) => ListChoice::Continue(batch.clone()),
        (None, true) => ListChoice::New,
        (None, false) => ListChoice::Unsaid,
    };
    if options.again {
        plan.repeats = Repeats::All;
    }
    plan.receiver = options.receiver_phone.clone().or(plan.receiver);
    if let Some(most) = options.max_total {
        plan.limits.per_batch = Some(
            plan.limits
                .per_batch
                .map_or(most, |configured| configured.min(most)),
        );
    }
    plan.check().map_err(Failure::usage)?;
    for line in left_out {
        say_or_tell(options.json, &line);
    }
    confirm(&plan, &options)?;
    super::driver::ensure(&tools.browser).await?;
    plan.sessions = options.sessions.map_or(plan.sessions, usize::from);
    tools.claims = link.as_ref().and_then(|link| link.claims.clone());
    let folder = app::report_folder(&config);
    let control = Control::stopped_by(stop_on_signals());
    let _awake = Awake::begin();
    if options.rehearse {
        tools.warm = app::warm(&config);
        rehearse(&tools, &plan, &control).await?;
    }
    tools.halt = options.halt_at.map(Halt::at_first).unwrap_or_default();
    let sessions = plan.sessions;
    let at_work = batch(
        &tools,
        &plan,
        options.json,
        &control,
        Destination {
            folder,
            file: options.report,
        },
    );
    let ended = match &link {
        Some(link) => {
            let (left, _) = watch::channel(0);
            tokio::select! {
                ended = at_work => ended,
                () = link.serve(sessions, &left) => return Ok(Exit::CannotRun),
            }
        }
        None => at_work.await,
    };
    tools.warm.close().await;
    close(link.as_ref(), options.json).await;
    Ok(exit_of(&ended?))
}

/// The same list without a payment: it leaves its logins to the batch that follows.
async fn rehearse(tools: &Tools, plan: &Plan, control: &Control) -> Result<(), Failure> {
    let mut rehearsal = plan.clone();
    rehearsal.dry_run = true;
    let (sender, _) = unbounded_channel();
    let done = engine::run(tools, &rehearsal, &Reporter::to(sender), control).await;
    done.map(|_| ()).map_err(Failure::cannot_run)
}

/// The way to where the jobs come from: for a list from there, or where an earlier run left
/// something to tell.
async fn link(
    config: &Config,
    secrets: &Secrets,
    tools: &Tools,
    options: &RunArguments,
) -> Result<Option<ServerLink>, Failure> {
    let link = async || app::link(config, secrets, tools.ledger.clone()).await;
    if options.from_api {
        return link().await.map(Some).map_err(|error| match error {
            LinkError::NoLogin | LinkError::Source(ApiError::BadAddress(_)) => {
                Failure::usage(error)
            }
            LinkError::Source(_) | LinkError::Ledger(_) => Failure::cannot_run(error),
        });
    }
    if tools
        .ledger
        .outbox()
        .unacknowledged()
        .await
        .map_err(Failure::cannot_run)?
        == 0
    {
        return Ok(None);
    }
    // A list from a file is done all the same.
    Ok(link()
        .await
        .inspect_err(|error| tracing::warn!(%error, "outcomes wait for their source"))
        .ok())
}

/// Tells what is still to be told, and says what could not be.
async fn close(link: Option<&ServerLink>, is_json: bool) {
    let Some(link) = link else { return };
    let left = link.close().await;
    if left > 0 {
        let text = format!(
            "{left} kết quả chưa báo được cho máy chủ; sẽ tự báo lần sau (gachno ledger deliver). (Not acknowledged yet.)"
        );
        say_or_tell(
            is_json,
            &SaidLine {
                json: json!({ "event": "unacknowledged", "count": left }),
                text,
            },
        );
    }
}

/// Where a report goes.
pub(super) struct Destination {
    pub folder: PathBuf,
    /// This very file instead of a new one in the folder.
    pub file: Option<PathBuf>,
}

/// Runs the batch with its progress shown, and writes its report whatever happened.
pub(super) async fn batch(
    tools: &Tools,
    plan: &Plan,
    is_json: bool,
    control: &Control,
    destination: Destination,
) -> Result<Finished, Failure> {
    let (sender, receiver) = unbounded_channel();
    let shown = tokio::spawn(show(receiver, is_json, plan.service));
    let ended = engine::run(tools, plan, &Reporter::to(sender), control).await;
    let shown = shown.await.unwrap_or_default();
    let batch = ended.as_ref().map(|f| f.batch.clone()).ok().or(shown.batch);
    let report = match &batch {
        Some(batch) => write_report(tools, batch, destination).await,
        None => Ok(None),
    };
    let path = match &report {
        Ok(path) => path.clone(),
        Err(failure) => {
            tell(&format!("{}", failure.error));
            None
        }
    };
    if let Some(Value::Object(mut last)) = shown.last {
        last.insert(
            "report".to_owned(),
            path.as_ref()
                .map_or(Value::Null, |p| p.display().to_string().into()),
        );
        say_or_tell(
            is_json,
            &SaidLine {
                json: Value::Object(last),
                text: String::new(),
            },
        );
    }
    if let Some(path) = &path {
        tell(&format!("Báo cáo: {}", path.display()));
    }
    let finished = ended.map_err(|error| match error {
        EngineError::Plan(_) | EngineError::Ledger(LedgerError::OtherList(_)) => {
            Failure::usage(error)
        }
        EngineError::Stopped(stopped) => {
            let why = EngineError::Stopped(stopped.clone());
            Failure::usage(anyhow::anyhow!(
                "{why}\n  --continue {}   làm tiếp: {} dòng còn lại, những dòng đã nạp không nạp nữa\n  --new-batch   làm mới từ đầu cả {} dòng; dòng nào vừa nạp trong {} giờ qua thì giữ lại để hỏi",
                stopped.batch, stopped.left, stopped.jobs, plan.limits.repeat_hours
            ))
        }
        EngineError::Ledger(_) | EngineError::Portal(_) | EngineError::Order(_) => {
            Failure::cannot_run(error)
        }
    })?;
    if let Some(why) = &finished.paused {
        tell(why);
    }
    let mut outcomes = finished.results.iter().map(|r| r.conclusion.outcome);
    if outcomes.any(|outcome| outcome == Outcome::HeldBack) {
        tell(
            "Có khoản trùng được giữ lại. Nếu đúng là nạp thêm lần nữa: chạy lại với --again. (Held back: --again.)",
        );
    }
    report.map(|_| finished)
}

async fn write_report(
    tools: &Tools,
    batch: &str,
    destination: Destination,
) -> Result<Option<PathBuf>, Failure> {
    let Some(report) = report_of(&tools.ledger, batch)
        .await
        .map_err(Failure::cannot_run)?
    else {
        return Ok(None);
    };
    let work = move || match destination.file {
        Some(file) => excel::save_as(&report, &file).map(|()| file),
        None => excel::save(&report, &destination.folder),
    };
    let written = tokio::task::spawn_blocking(work)
        .await
        .map_err(Failure::cannot_run)?;
    written.map(Some).map_err(Failure::cannot_run)
}

/// 0 where every job is proven, 3 where some need review or were not reached, 130 where the
/// operator stopped it.
pub(super) fn exit_of(finished: &Finished) -> Exit {
    if finished.stopped {
        Exit::Stopped
    } else if finished
        .results
        .iter()
        .all(|r| r.conclusion.outcome.is_proven())
    {
        Exit::Done
    } else {
        Exit::NeedsReview
    }
}

fn override_with(config: &mut Config, options: &RunArguments) -> Result<(), Failure> {
    let changes = [("api.url", &options.api), ("portal.url", &options.portal)];
    for (key, value) in changes {
        if let Some(value) = value {
            let no_secret = || Err(crate::config::ConfigVaultError::NoPassphrase);
            *config = crate::config::set(config, key, &value.clone().into(), no_secret)
                .map_err(Failure::usage)?;
        }
    }
    config.browser.headless |= options.headless;
    Ok(())
}

/// A payment is asked about on a terminal, and needs `--yes` where there is none.
fn confirm(plan: &Plan, options: &RunArguments) -> Result<(), Failure> {
    if !plan.service.is_payment() || plan.dry_run || options.yes {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(anyhow::anyhow!(
            "Thanh toán không có người bấm thì cần --yes. (A payment batch without a terminal needs --yes.)"
        )));
    }
    let known = plan.list.known_total();
    let sum = if known.is_zero() {
        "số tiền theo cổng báo".to_owned()
    } else {
        format!("{known}")
    };
    let mut terminal = std::io::stderr().lock();
    let _ = write!(
        terminal,
        "{}: trả {} khoản, {sum}. Gõ \"co\" để bắt đầu: ",
        plan.service.spec().title,
        plan.list.jobs.len()
    );
    let _ = terminal.flush();
    let mut answer = String::new();
    std::io::stdin()
        .read_line(&mut answer)
        .map_err(Failure::usage)?;
    if matches!(
        crate::domain::text::plain(answer.trim()).as_str(),
        "co" | "yes" | "y"
    ) {
        Ok(())
    } else {
        Err(Failure {
            exit: Exit::Stopped,
            error: anyhow::anyhow!("Không bắt đầu. (Not started.)"),
        })
    }
}

/// The sum of what a batch paid, for the demo's comparison with the truth.
pub(super) fn paid_of(finished: &Finished) -> Vnd {
    finished
        .results
        .iter()
        .filter(|r| r.is_paid())
        .filter_map(|r| r.conclusion.amount)
        .sum()
}
