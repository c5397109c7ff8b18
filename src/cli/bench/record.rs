//! `gachno bench ledger` and `recovery`: what the durable record costs.

use std::path::Path;
use std::time::Instant;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};

use super::{Row, percentile};
use crate::cli::Failure;
use crate::crash::Lab;
use crate::domain::{
    Conclusion, Defaults, Event, GateKind, Intent, JobList, ListChoice, Outcome, Proof, Quote,
    Service, Vnd,
};
use crate::ledger::{Batch, BatchJob, Ledger, NewBatch};

/// Payments that are recorded, one bare commit beside each step.
const PAYMENTS: usize = 2_000;

/// Arming and releasing, in turns with a bare commit of one row of the same size on the same disk.
pub(super) async fn ledger() -> Result<Vec<Row>, Failure> {
    let mut took = recorded(PAYMENTS).await?;
    let half = |values: &mut Vec<f64>| percentile(values, 50);
    let (commit, arm, release) = (
        half(&mut took.commits),
        half(&mut took.arms),
        half(&mut took.releases),
    );
    Ok(vec![
        Row::plain("bare SQLite commit, p50", commit, "ms"),
        Row::plain(
            "bare SQLite commit, p99",
            percentile(&mut took.commits, 99),
            "ms",
        ),
        Row::plain("armed, p50", arm, "ms"),
        Row::plain("released, p50", release, "ms"),
        Row::plain("armed against a bare commit, p50", arm / commit, "×"),
        Row::plain("released against a bare commit, p50", release / commit, "×"),
        Row::plain("armed and released, p50", half(&mut took.both), "ms"),
        Row::at_most(
            "armed and released, p99",
            percentile(&mut took.both, 99),
            "ms",
            2.0,
        ),
        Row::plain(
            "armed and released against two bare commits, p99",
            percentile(&mut took.both, 99) / (2.0 * percentile(&mut took.commits, 99)),
            "×",
        ),
    ])
}

/// How long armed and released wait for the disk together, in milliseconds: half of all payments at
/// most.
pub(super) async fn waits_ms() -> Result<f64, Failure> {
    const FEW: usize = 200;
    Ok(percentile(&mut recorded(FEW).await?.both, 50))
}

/// What each of many payments took, in milliseconds.
#[derive(Default)]
struct Recorded {
    commits: Vec<f64>,
    arms: Vec<f64>,
    releases: Vec<f64>,
    both: Vec<f64>,
}

async fn recorded(payments: usize) -> Result<Recorded, Failure> {
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let ledger = Ledger::open(&folder.path().join("ledger.db"))
        .await
        .map_err(Failure::cannot_run)?;
    let lines: Vec<String> = (0..payments).map(|i| format!("PE{i:07}")).collect();
    let batch = NewBatch {
        service: Service::PayEvn,
        agent: "A".into(),
        operator: "Lan".into(),
        portal: "http://portal".into(),
        is_dry_run: false,
        also: String::new(),
        jobs: JobList::from_lines(Service::PayEvn, Defaults::default(), &lines.join("\n")).jobs,
        left_out: serde_json::Value::Null,
        choice: ListChoice::New,
    };
    let entered = ledger.enter(batch).await.map_err(Failure::cannot_run)?;
    let batch = entered
        .batch()
        .ok_or_else(|| Failure::cannot_run(anyhow::anyhow!("the new ledger has an old list")))?;
    let mut bare = bare(&folder.path().join("bare.db"))
        .await
        .map_err(Failure::cannot_run)?;
    let mut seen = Recorded::default();
    for job in &batch.jobs {
        let took = payment(&ledger, &batch, job, &mut bare).await?;
        seen.commits.push(took.commit);
        seen.arms.push(took.arm);
        seen.releases.push(took.release);
        seen.both.push(took.arm + took.release);
    }
    Ok(seen)
}

/// How long one payment's steps took, in milliseconds.
struct Took {
    commit: f64,
    arm: f64,
    release: f64,
}

/// A payment from its lease to its proof, with a bare commit of the same size beside it.
async fn payment(
    ledger: &Ledger,
    batch: &Batch,
    job: &BatchJob,
    bare: &mut SqliteConnection,
) -> Result<Took, Failure> {
    let mut live = ledger
        .attempt(batch, job)
        .await
        .map_err(Failure::cannot_run)?;
    let quote = Quote {
        amount: Vnd::fixed(150_000),
        customer: Some("NGUYỄN VĂN A".into()),
        balance: None,
    };
    for event in [
        Event::Leased {
            session: "s".into(),
            operator: None,
        },
        Event::QuoteSeen(quote),
        Event::Prepared,
        Event::PreArmed,
    ] {
        ledger
            .append(&mut live, event)
            .await
            .map_err(Failure::cannot_run)?;
    }
    let intent = intent(job.job.account.as_str());
    let body = serde_json::to_string(&intent).map_err(Failure::cannot_run)?;

    let started = Instant::now();
    sqlx::query("INSERT INTO rows (body) VALUES (?)")
        .bind(&body)
        .execute(&mut *bare)
        .await
        .map_err(Failure::cannot_run)?;
    let commit = ms(started);

    let started = Instant::now();
    let permission = ledger
        .arm(&mut live, intent)
        .await
        .map_err(Failure::cannot_run)?;
    let arm = ms(started);
    // The click that it permits is another bench's matter.
    drop(permission);
    let started = Instant::now();
    let released = Event::Released {
        request: Some("1234.5".into()),
        body: Some("0".repeat(64)),
    };
    ledger
        .append(&mut live, released)
        .await
        .map_err(Failure::cannot_run)?;
    let release = ms(started);
    let balance = Some(Vnd::fixed(8_850_000));
    let end = Conclusion {
        outcome: Outcome::Paid,
        proof: Proof::Response,
        amount: Some(Vnd::fixed(150_000)),
        transaction_id: None,
        message: "ok".into(),
    };
    for event in [
        Event::Observed {
            said: Vec::new(),
            balance,
        },
        Event::Concluded(end),
    ] {
        ledger
            .append(&mut live, event)
            .await
            .map_err(Failure::cannot_run)?;
    }
    Ok(Took {
        commit,
        arm,
        release,
    })
}

/// A killed run, started again on a long ledger.
pub(super) async fn recovery(events: u32) -> Result<Vec<Row>, Failure> {
    let program = std::env::current_exe().map_err(Failure::cannot_run)?;
    let lab = Lab::new(&program).map_err(Failure::cannot_run)?;
    let seen = lab.recovery(events).await.map_err(Failure::cannot_run)?;
    let events = u32::try_from(seen.events).map_or(f64::MAX, f64::from);
    Ok(vec![
        Row::plain("events in the ledger", events, ""),
        Row::at_most("ledger opened", seen.opened.as_secs_f64(), "s", 1.0),
        Row::at_most(
            "attempt in flight classified, browser alive",
            seen.classified.as_secs_f64(),
            "s",
            3.0,
        ),
        Row::plain("its outcome proven", seen.proven.as_secs_f64(), "s"),
        Row::at_most(
            "nothing of the killed run left",
            seen.reaped.as_secs_f64(),
            "s",
            5.0,
        ),
    ])
}

async fn bare(path: &Path) -> Result<SqliteConnection, sqlx::Error> {
    // As the ledger's own: nothing is told to be on disk that is not.
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let mut sql = SqliteConnection::connect_with(&options).await?;
    sqlx::query("CREATE TABLE rows (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT")
        .execute(&mut sql)
        .await?;
    Ok(sql)
}

fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1_000.0
}

fn intent(account: &str) -> Intent {
    let agent = "1234567890_VTP_00001_DB";
    let obligation = format!("evn:{account}");
    Intent {
        balance_before: Some(Vnd::fixed(9_000_000)),
        balance_is_proof: true,
        balance_seq: Some(1),
        session: "0".repeat(32),
        browser_pid: Some(4_242),
        debugger_address: Some("127.0.0.1:40000".into()),
        bidi_url: Some("ws://127.0.0.1:40001/session/00000000000000000000000000000000".into()),
        context: Some("0".repeat(32)),
        history_mark: Some("GD0000001".into()),
        history_seq: Some(1),
        ..Intent::bare(agent, obligation, Vnd::fixed(150_000), GateKind::Valve)
    }
}
