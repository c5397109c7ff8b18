use sqlx::SqliteConnection;
use sqlx::sqlite::SqliteConnectOptions;

use super::*;
use crate::domain::calendar::DAY_MS;
use crate::domain::{
    Conclusion, Defaults, Event, GateKind, GuardFacts, Intent, JobList, ListChoice, Outcome, Proof,
    Quote, State,
};

async fn open(dir: &tempfile::TempDir) -> Ledger {
    Ledger::open(&dir.path().join("ledger.db"))
        .await
        .expect("opens")
}

/// A ledger whose clock is set by hand.
async fn open_at(dir: &tempfile::TempDir, at: &str) -> (Ledger, Clock) {
    let clock = Clock::set_to(at.parse().expect("a time"));
    let ledger = Ledger::open_by(&dir.path().join("ledger.db"), clock.clone())
        .await
        .expect("opens");
    (ledger, clock)
}

/// What speaks against paying this now, in a new batch of its own.
async fn facts(ledger: &Ledger, line: &str, amount: u32) -> GuardFacts {
    let asked = NewBatch {
        choice: ListChoice::New,
        ..list(line)
    };
    let service = asked.service;
    let entered = enter(ledger, asked).await;
    let live = ledger
        .attempt(&entered, &entered.jobs[0])
        .await
        .expect("made");
    let job = &entered.jobs[0].job;
    let query = FactsQuery {
        live: &live,
        obligation: &job.obligation(service),
        order: job.order_id.as_deref(),
        is_debt: job.top_up(service).is_none(),
        amount: Vnd::fixed(amount),
        repeat_ms: DAY_MS,
    };
    ledger.account("a").facts(query).await.expect("read")
}

/// A list of bills, or of top-ups where the first line names a phone.
fn list(lines: &str) -> NewBatch {
    let service = if lines.starts_with('0') {
        Service::TopUpViettel
    } else {
        Service::PayEvn
    };
    NewBatch {
        service,
        jobs: JobList::from_lines(service, Defaults::default(), lines).jobs,
        ..batch("PE01")
    }
}

fn batch(lines: &str) -> NewBatch {
    NewBatch {
        service: Service::PayEvn,
        agent: "A".into(),
        operator: "Lan".into(),
        portal: "http://portal".into(),
        is_dry_run: false,
        also: String::new(),
        jobs: JobList::from_lines(Service::PayEvn, Defaults::default(), lines).jobs,
        left_out: serde_json::json!([]),
        choice: ListChoice::Unsaid,
    }
}

/// A batch that nobody has to be asked about.
async fn enter(ledger: &Ledger, new: NewBatch) -> Batch {
    let entered = ledger.enter(new).await.expect("entered");
    entered.batch().expect("nothing to ask")
}

fn intent(obligation: &str) -> Intent {
    Intent {
        balance_is_proof: true,
        balance_seq: Some(0),
        session: "s".into(),
        ..Intent::bare("A", obligation.into(), Vnd::fixed(150_000), GateKind::Latch)
    }
}

async fn armed(ledger: &Ledger, batch: &Batch, job: usize) -> LiveAttempt {
    let mut live = ledger
        .attempt(batch, &batch.jobs[job])
        .await
        .expect("attempt");
    let obligation = batch.jobs[job].job.obligation(batch.service);
    for event in [
        Event::Leased {
            session: "s".into(),
            operator: None,
        },
        Event::QuoteSeen(Quote {
            amount: Vnd::fixed(150_000),
            customer: Some("NGUYỄN VĂN A".into()),
            balance: None,
        }),
        Event::Prepared,
        Event::PreArmed,
    ] {
        ledger.append(&mut live, event).await.expect("legal");
    }
    assert!(
        ledger
            .append(&mut live, Event::Armed(intent(&obligation)))
            .await
            .is_err(),
        "arming has its own door"
    );
    let permission = ledger
        .arm(&mut live, intent(&obligation))
        .await
        .expect("armed");
    assert_eq!(permission.attempt(), live.id);
    live
}

fn paid() -> Event {
    Event::Concluded(Conclusion {
        outcome: Outcome::Paid,
        proof: Proof::Response,
        amount: Some(Vnd::fixed(150_000)),
        transaction_id: Some("GD1".into()),
        message: "Thanh toán thành công".into(),
    })
}

#[tokio::test]
async fn a_second_program_on_the_same_ledger_is_told_who_has_it() {
    let dir = tempfile::tempdir().expect("dir");
    let first = open(&dir).await;
    let error = Ledger::open(first.path()).await.expect_err("in use");
    assert!(
        matches!(&error, LedgerError::InUse { holder, .. } if *holder == std::process::id().to_string()),
        "{error}"
    );
    drop(first);
    open(&dir).await; // the lock went with its holder
}

#[tokio::test]
async fn a_dead_run_leaves_doubt_behind_only_past_arming() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let entered = enter(&ledger, batch("PE01\nPE02\nPE03")).await;
    let past = armed(&ledger, &entered, 0).await;
    let mut before = ledger
        .attempt(&entered, &entered.jobs[1])
        .await
        .expect("attempt");
    ledger
        .append(
            &mut before,
            Event::Leased {
                session: "s".into(),
                operator: None,
            },
        )
        .await
        .expect("legal");
    drop(ledger); // the power goes

    let ledger = open(&dir).await;
    let doubts = ledger.in_doubt().await.expect("read");
    assert_eq!(
        doubts.iter().map(|l| l.id.as_str()).collect::<Vec<_>>(),
        [past.id.as_str()]
    );
    assert_eq!(doubts[0].attempt.state, State::Unknown);
    let now = facts(&ledger, "PE01", 150_000).await;
    assert_eq!(now.doubt_on.as_deref(), Some(past.id.as_str()));
    assert_eq!(now.others_in_doubt, 1, "agent codes have no case");

    let again = enter(&ledger, batch("PE01\nPE02\nPE03")).await;
    assert!(again.continued, "the same batch goes on");
    assert_eq!(
        again.jobs[1].last.as_ref().map(|l| l.attempt.state),
        Some(State::Queued)
    );
    assert!(again.jobs[2].last.is_none());
    assert!(ledger.verify().await.expect("read").is_ok());
}

#[tokio::test]
async fn a_refused_event_leaves_no_trace() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let entered = enter(&ledger, batch("PE01")).await;
    let mut live = armed(&ledger, &entered, 0).await;
    let before = ledger.events_of(&live.id).await.expect("read").len();
    assert!(
        matches!(
            ledger.append(&mut live, paid()).await,
            Err(LedgerError::Illegal(_))
        ),
        "armed is not paid"
    );
    assert_eq!(
        ledger.events_of(&live.id).await.expect("read").len(),
        before
    );
    assert_eq!(live.attempt.state, State::Armed);
}

#[tokio::test]
async fn events_cannot_be_changed_and_a_forger_is_found() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let entered = enter(&ledger, batch("PE01")).await;
    let mut live = armed(&ledger, &entered, 0).await;
    ledger
        .append(
            &mut live,
            Event::Observed {
                said: vec![],
                balance: None,
            },
        )
        .await
        .expect("legal");
    ledger.append(&mut live, paid()).await.expect("legal");
    assert_eq!(ledger.verify().await.expect("read"), Ok(7));

    let mut writer = ledger.connection.lock().await;
    let change =
        "UPDATE events SET body = replace(body, '150000', '15000') WHERE kind = 'concluded'";
    assert!(
        sqlx::query(change).execute(&mut writer.sql).await.is_err(),
        "the table refuses"
    );
    sqlx::query("DROP TRIGGER events_are_never_changed")
        .execute(&mut writer.sql)
        .await
        .expect("forger's work");
    sqlx::query(change)
        .execute(&mut writer.sql)
        .await
        .expect("forger's work");
    drop(writer);
    assert_eq!(
        ledger.verify().await.expect("read"),
        Err(ChainFault { seq: 7 })
    );
}

#[tokio::test]
async fn a_finished_payment_batch_is_the_same_batch_until_the_day_is_over() {
    let dir = tempfile::tempdir().expect("dir");
    let (ledger, clock) = open_at(&dir, "2026-11-25T03:00:00Z").await;
    let first = enter(&ledger, batch("PE01")).await;
    ledger.finish(&first.id).await.expect("finished");
    let same_day = enter(&ledger, batch("PE01")).await;
    assert_eq!(
        (same_day.id.as_str(), same_day.was_finished),
        (first.id.as_str(), true)
    );
    ledger.finish(&first.id).await.expect("finished");
    clock.advance(DAY_MS);
    assert_ne!(enter(&ledger, batch("PE01")).await.id, first.id);
    let other = enter(&ledger, batch("PE01\nPE02")).await;
    assert!(!other.continued);
    let forced = enter(
        &ledger,
        NewBatch {
            choice: ListChoice::New,
            ..batch("PE01\nPE02")
        },
    )
    .await;
    assert_ne!(forced.id, other.id);
}

#[tokio::test]
async fn what_was_paid_is_found_and_counted() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let entered = enter(&ledger, batch("PE01|D7\nPE02")).await;
    let mut live = armed(&ledger, &entered, 0).await;
    ledger
        .append(
            &mut live,
            Event::Observed {
                said: vec![],
                balance: None,
            },
        )
        .await
        .expect("legal");
    ledger.append(&mut live, paid()).await.expect("legal");
    armed(&ledger, &entered, 1).await;
    for what in ["pe01", "PE01", "D7", "gd1", &live.id] {
        let found = ledger.records().find(what).await.expect("read");
        assert!(found.len() == 1 && found[0].1.is_paid(), "{what}");
    }
    let account = ledger.account("a");
    let spent = account.spent(&entered.id, 0).await.expect("read");
    assert_eq!(
        spent,
        Spent {
            in_batch: Vnd::fixed(300_000),
            today: Vnd::fixed(300_000)
        },
        "doubt counts as spent"
    );
    let paid_before = async |amount| facts(&ledger, "PE01", amount).await.paid_before_ms;
    assert!(paid_before(150_000).await.is_some());
    assert!(paid_before(1).await.is_none(), "another bill");
    let results = ledger
        .records()
        .results(&entered.id, Service::PayEvn)
        .await
        .expect("read");
    assert_eq!(
        results
            .iter()
            .map(|r| r.conclusion.outcome)
            .collect::<Vec<_>>(),
        [Outcome::Paid, Outcome::Unknown]
    );
    assert_eq!(results[0].customer.as_deref(), Some("NGUYỄN VĂN A"));
}

#[tokio::test]
async fn a_file_that_is_no_ledger_is_left_alone() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("ledger.db");
    fs::write(&path, "đây không phải sổ giao dịch ".repeat(100)).expect("write");
    let before = fs::read(&path).expect("read");
    assert!(matches!(
        Ledger::open(&path).await,
        Err(LedgerError::Damaged { .. })
    ));
    assert_eq!(fs::read(&path).expect("read"), before);
}

#[tokio::test]
async fn a_full_disk_arms_nothing_and_loses_nothing() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let entered = enter(&ledger, batch("PE01")).await;
    let mut live = ledger
        .attempt(&entered, &entered.jobs[0])
        .await
        .expect("attempt");
    for event in [
        Event::Leased {
            session: "s".into(),
            operator: None,
        },
        Event::QuoteSeen(Quote {
            amount: Vnd::fixed(1),
            customer: None,
            balance: None,
        }),
        Event::Prepared,
        Event::PreArmed,
    ] {
        ledger.append(&mut live, event).await.expect("legal");
    }
    {
        let mut writer = ledger.connection.lock().await;
        let pages: i64 = sqlx::query("PRAGMA page_count")
            .fetch_one(&mut writer.sql)
            .await
            .expect("read")
            .get(0);
        let full = format!("PRAGMA max_page_count = {pages}");
        sqlx::raw_sql(sqlx::AssertSqlSafe(full))
            .execute(&mut writer.sql)
            .await
            .expect("set");
    }
    let large = Intent {
        session: "s".repeat(100_000),
        ..intent("o")
    };
    let error = ledger.arm(&mut live, large).await.expect_err("full");
    assert!(matches!(error, LedgerError::DiskFull { .. }), "{error}");
    assert_eq!(
        live.attempt.state,
        State::PreArmed,
        "no permission to press was given"
    );
    assert!(ledger.verify().await.expect("read").is_ok());
}

#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_cannot_be_made_says_so() {
    let error = Ledger::open(Path::new("/proc/gachno/ledger.db"))
        .await
        .expect_err("cannot");
    assert!(matches!(error, LedgerError::Folder { .. }), "{error}");
}

/// A batch with one payment, to its end.
async fn pay(ledger: &Ledger, line: &str) -> LiveAttempt {
    let entered = enter(ledger, batch(line)).await;
    let mut live = armed(ledger, &entered, 0).await;
    ledger
        .append(
            &mut live,
            Event::Observed {
                said: vec![],
                balance: None,
            },
        )
        .await
        .expect("legal");
    ledger.append(&mut live, paid()).await.expect("legal");
    live
}

/// Puts a copy where the journal was, as a person would.
fn restore(copy: &Path, ledger: &Path) {
    for more in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{more}", ledger.display()));
    }
    fs::copy(copy, ledger).expect("copied");
}

#[tokio::test]
async fn an_older_copy_pays_nothing_until_a_person_has_compared() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    pay(&ledger, "PE01").await;
    let copy = ledger.backups().make().await.expect("copied");
    pay(&ledger, "PE02").await;
    ledger.check_whole().await.expect("whole");
    ledger.close().await.expect("closed");

    restore(&copy, &dir.path().join("ledger.db"));
    let ledger = open(&dir).await;
    assert!(
        ledger
            .records()
            .find("PE02")
            .await
            .expect("read")
            .is_empty(),
        "the copy knows nothing of it"
    );
    assert!(matches!(
        ledger.check_whole().await,
        Err(LedgerError::OlderCopy {
            here: 7,
            known: 14,
            ..
        })
    ));
    let entered = enter(&ledger, batch("PE02")).await;
    let mut live = ledger
        .attempt(&entered, &entered.jobs[0])
        .await
        .expect("attempt");
    let refused = ledger
        .arm(&mut live, intent("o"))
        .await
        .expect_err("refused");
    assert!(
        matches!(refused, LedgerError::OlderCopy { .. }),
        "{refused}"
    );
    ledger.close().await.expect("closed");

    let ledger = open(&dir).await;
    assert!(
        ledger
            .adopt("Chị Lan", "đã so với lịch sử cổng")
            .await
            .expect("taken")
    );
    pay(&ledger, "PE03").await;
    assert!(
        !ledger.adopt("Chị Lan", "lần nữa").await.expect("read"),
        "nothing is missing any more"
    );
    assert!(ledger.verify().await.expect("read").is_ok());
    ledger.close().await.expect("closed");
    open(&dir).await.check_whole().await.expect("whole");
}

#[tokio::test]
async fn copies_are_whole_and_only_the_newest_are_kept() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    for number in 0..16 {
        pay(&ledger, &format!("PE{number:02}")).await;
        let copy = ledger.backups().make().await.expect("copied");
        let events = ledger.seq().await;
        let folder = tempfile::tempdir().expect("dir");
        restore(&copy, &folder.path().join("ledger.db"));
        assert_eq!(
            open(&folder).await.verify().await.expect("read"),
            Ok(events)
        );
    }
    assert_eq!(
        fs::read_dir(dir.path().join("sao_luu"))
            .expect("list")
            .count(),
        14
    );
    assert_eq!(
        ledger.backups().make_if_due().await.expect("asked"),
        None,
        "one was just made"
    );
}

#[tokio::test]
async fn what_is_whole_of_a_damaged_file_goes_on_and_the_damaged_one_is_kept() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("ledger.db");
    let ledger = open(&dir).await;
    for number in 0..40 {
        pay(&ledger, &format!("PE{number:02}")).await;
    }
    let all = ledger.seq().await;
    ledger.close().await.expect("closed");
    // A page in the middle of the events is gone.
    let mut bytes = fs::read(&path).expect("read");
    let has_events = |page: &&mut [u8]| page.windows(8).any(|text| text == b"{\"kind\":");
    let count = bytes.chunks_mut(4096).filter(has_events).count();
    let page = bytes
        .chunks_mut(4096)
        .filter(has_events)
        .nth(count / 2)
        .expect("a page of events");
    page.fill(0xAA);
    fs::write(&path, &bytes).expect("written");

    let ledger = open(&dir).await;
    if ledger.salvaged().is_none() {
        // Found when it is read; the next start saves what can be saved.
        assert!(matches!(
            ledger.verify().await,
            Err(LedgerError::Damaged { .. }) | Ok(Err(_))
        ));
    }
    ledger.close().await.expect("closed");
    let ledger = open(&dir).await;
    let salvaged = ledger.salvaged().cloned().expect("saved");
    assert_eq!(
        fs::read(&salvaged.kept).expect("kept"),
        bytes,
        "the damaged file is as it was"
    );
    assert!(salvaged.events > 0 && salvaged.events < all, "{salvaged:?}");
    assert_eq!(ledger.verify().await.expect("read"), Ok(ledger.seq().await));
    assert!(
        matches!(
            ledger.check_whole().await,
            Err(LedgerError::OlderCopy { .. })
        ),
        "something is missing, so nothing is paid"
    );
    assert!(
        !ledger
            .records()
            .find("PE00")
            .await
            .expect("read")
            .is_empty()
    );
}

#[tokio::test]
async fn a_copy_that_has_more_than_the_damaged_file_takes_its_place() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("ledger.db");
    let ledger = open(&dir).await;
    pay(&ledger, "PE01").await;
    let copy = ledger.backups().make().await.expect("copied");
    ledger.close().await.expect("closed");
    let mut bytes = fs::read(&path).expect("read");
    bytes[..100].fill(0);
    fs::write(&path, &bytes).expect("written");
    let ledger = open(&dir).await;
    assert_eq!(
        ledger.salvaged().and_then(|s| s.from_copy.clone()),
        Some(copy),
        "{:?}",
        ledger.salvaged()
    );
    ledger.check_whole().await.expect("the copy has everything");
    assert!(
        ledger.records().find("PE01").await.expect("read")[0]
            .1
            .is_paid()
    );
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_turn_time_around() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let first = pay(&ledger, "PE01").await;
    // An hour ago it was an hour later.
    ledger.connection.lock().await.head.at_ms += 3_600_000;
    let second = pay(&ledger, "PE02").await;
    let times = async |live: &LiveAttempt| {
        ledger
            .events_of(&live.id)
            .await
            .expect("read")
            .iter()
            .map(|e| e.at)
            .collect::<Vec<_>>()
    };
    let (before, after) = (times(&first).await, times(&second).await);
    assert!(
        after.first() >= before.last() && after.is_sorted(),
        "{after:?}"
    );
    assert!(ledger.verify().await.expect("read").is_ok());
    // What was paid since is counted by the events' numbers, whatever the clock says.
    let intent = Intent {
        balance_before: Some(Vnd::fixed(1_000_000)),
        balance_seq: Some(7),
        ..intent("o")
    };
    let books = ledger.account("A").books("", &intent).await.expect("read");
    assert_eq!(books.own.map(|own| own.paid), Some(Vnd::fixed(150_000)));
    let now = facts(&ledger, "PE02", 150_000).await;
    assert!(now.paid_before_ms.is_some());
}

#[tokio::test]
async fn every_earlier_schema_becomes_todays_and_keeps_what_it_knew() {
    for version in 1..schema::known() {
        let dir = tempfile::tempdir().expect("dir");
        let path = dir.path().join("ledger.db");
        let options = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true);
        let mut sql = SqliteConnection::connect_with(&options)
            .await
            .expect("new file");
        assert!(schema::migrate_to(&mut sql, version).await.is_ok());
        let rows = [
            "INSERT INTO batches VALUES ('b', 'i', 'gach_dien_evn', 'A', 'Lan', 'p', 0, '[]', 1, NULL)",
            "INSERT INTO jobs (id, batch_id, position, account, account_key, source_row) VALUES (1, 'b', 0, 'PE01', 'pe01', 'dòng 1')",
            "INSERT INTO attempts VALUES ('a', 1, 'b', 'gach_dien_evn', 'pe01', 'leased', NULL, NULL, NULL, NULL, NULL, 1, 1)",
        ];
        for row in rows {
            sqlx::query(row).execute(&mut sql).await.expect("inserted");
        }
        let genesis = chain::head(&mut sql).await.expect("read");
        let body = serde_json::to_string(&Event::Leased {
            session: "s".into(),
            operator: None,
        })
        .expect("json");
        chain::append(&mut sql, 1, &genesis, Some("a"), "b", "leased", &body)
            .await
            .expect("appended");
        sql.close().await.expect("closed");

        let ledger = open(&dir).await;
        let found = ledger.records().find("PE01").await.expect("read");
        assert_eq!(
            found[0].1.attempt.as_deref(),
            Some("a"),
            "from schema {version}"
        );
        assert_eq!(
            ledger.verify().await.expect("read"),
            Ok(2),
            "with what the dead run left behind"
        );
    }
}

/// A batch of jobs that a server handed out.
fn leased(lines: &str) -> NewBatch {
    let mut new = batch(lines);
    for (place, job) in new.jobs.iter_mut().enumerate() {
        job.ticket = Some(Ticket {
            source: Source::Server,
            id: format!("job-{place}"),
            fence: 7,
        });
    }
    new
}

#[tokio::test]
async fn an_outcome_lies_in_the_outbox_until_its_source_has_it() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let entered = enter(&ledger, leased("PE01\nPE02\nPE03")).await;
    assert_eq!(
        entered.jobs[0]
            .job
            .ticket
            .as_ref()
            .map(|t| (t.id.as_str(), t.fence)),
        Some(("job-0", 7))
    );
    let held = async |ledger: &Ledger| {
        ledger
            .outbox()
            .held(None)
            .await
            .expect("read")
            .into_iter()
            .map(|t| t.id)
            .collect::<Vec<_>>()
    };
    assert_eq!(held(&ledger).await, ["job-0", "job-1", "job-2"]);

    // A doubt is told at once, and what became of it when that is known.
    let mut live = armed(&ledger, &entered, 0).await;
    assert_eq!(
        ledger.outbox().unacknowledged().await.expect("read"),
        0,
        "arming is the server's own yes"
    );
    assert_eq!(
        held(&ledger).await,
        ["job-1", "job-2"],
        "what may have been paid is never given back"
    );
    ledger
        .append(
            &mut live,
            Event::ContactLost {
                why: "mất mạng".into(),
            },
        )
        .await
        .expect("legal");
    ledger
        .append(&mut live, Event::ReconcileStarted)
        .await
        .expect("legal");
    let end = Conclusion::of(Outcome::Paid, Proof::History, "có trong lịch sử".into())
        .about(Vnd::fixed(150_000));
    ledger
        .append(&mut live, Event::Concluded(end))
        .await
        .expect("legal");
    ledger
        .note(&live.id, Event::EvidenceKept { files: Vec::new() })
        .await
        .expect("kept");
    ledger.close().await.expect("closed");

    // However often the program ends in between.
    let ledger = open(&dir).await;
    let letters = ledger
        .outbox()
        .letters(Source::Server, 10)
        .await
        .expect("read");
    assert_eq!(
        letters.iter().map(|l| l.report.outcome).collect::<Vec<_>>(),
        [Outcome::Unknown, Outcome::Paid]
    );
    let paid = &letters[1].report;
    assert_eq!(
        (paid.job.as_str(), paid.fence, paid.amount, paid.proof),
        ("job-0", 7, Some(Vnd::fixed(150_000)), Proof::History)
    );
    assert_eq!(paid.operator.as_deref(), Some("Lan"));
    ledger
        .outbox()
        .acknowledge(letters[0].seq, "accepted")
        .await
        .expect("noted");
    assert_eq!(
        ledger
            .outbox()
            .letters(Source::Server, 10)
            .await
            .expect("read")
            .len(),
        1
    );
    ledger
        .outbox()
        .acknowledge(letters[1].seq, "accepted")
        .await
        .expect("noted");
    assert_eq!(ledger.outbox().unacknowledged().await.expect("read"), 0);

    ledger
        .outbox()
        .gave_back(&ledger.outbox().held(Some(&entered.id)).await.expect("read"))
        .await
        .expect("noted");
    assert_eq!(held(&ledger).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_dead_run_had_armed_behind_a_valve_is_told_as_not_sent() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let entered = enter(&ledger, leased("PE01")).await;
    let mut live = ledger
        .attempt(&entered, &entered.jobs[0])
        .await
        .expect("attempt");
    let quote = Quote {
        amount: Vnd::fixed(150_000),
        customer: None,
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
        ledger.append(&mut live, event).await.expect("legal");
    }
    let _ = ledger
        .arm(
            &mut live,
            Intent {
                gate: GateKind::Valve,
                ..intent("evn:pe01")
            },
        )
        .await
        .expect("armed");
    ledger.close().await.expect("as if it were killed");
    let ledger = open(&dir).await;
    assert_eq!(
        ledger
            .outbox()
            .letters(Source::Server, 10)
            .await
            .expect("read")
            .into_iter()
            .map(|l| l.report.outcome)
            .collect::<Vec<_>>(),
        [Outcome::NotSent]
    );
}

#[tokio::test]
async fn the_same_bill_handed_out_anew_is_another_batch() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let first = enter(&ledger, leased("PE01")).await;
    assert!(
        enter(&ledger, leased("PE01")).await.continued,
        "the very same claims go on"
    );
    let mut anew = leased("PE01");
    anew.jobs[0].ticket = Some(Ticket {
        source: Source::Server,
        id: "job-0".into(),
        fence: 8,
    });
    assert_ne!(enter(&ledger, anew).await.id, first.id);
}

/// The body of an armed event as an earlier program wrote it: with members that are gone.
const OLD_ARMED: &str = r#"{"kind":"armed","agent":"A","fingerprint":"gach_dien_evn|pe01|150000","obligation":"gach_dien_evn|pe01","amount":150000,"balance_before":9000000,"balance_seq":3,"balance_is_proof":true,"gate":"valve","session":"s","browser_pid":4242,"fence":7,"deadline_ms":1763600000000}"#;

#[test]
fn what_an_earlier_program_armed_is_still_read() {
    let Ok(Event::Armed(intent)) = serde_json::from_str(OLD_ARMED) else {
        panic!("an armed event");
    };
    assert_eq!(
        (intent.obligation.as_str(), intent.amount, intent.gate),
        ("gach_dien_evn|pe01", Vnd::fixed(150_000), GateKind::Valve)
    );
}

/// A batch with one row, paid.
async fn paid_list(ledger: &Ledger, line: &str) -> (Batch, LiveAttempt) {
    let entered = enter(ledger, list(line)).await;
    let mut live = armed(ledger, &entered, 0).await;
    let seen = Event::Observed {
        said: vec![],
        balance: None,
    };
    ledger.append(&mut live, seen).await.expect("legal");
    ledger.append(&mut live, paid()).await.expect("legal");
    (entered, live)
}

#[tokio::test]
async fn octobers_stopped_list_is_not_told_as_novembers() {
    let dir = tempfile::tempdir().expect("dir");
    let (ledger, clock) = open_at(&dir, "2026-10-20T03:00:00Z").await;
    let (october, _) = paid_list(&ledger, "PE01\nPE02").await;
    // The second bill was never reached. A month later the same list is started again.
    clock.advance(31 * DAY_MS);
    let november = enter(&ledger, list("PE01\nPE02")).await;
    assert_ne!(november.id, october.id);
    assert!(
        november.jobs.iter().all(|job| job.last.is_none()),
        "every bill is looked up anew"
    );
    let now = facts(&ledger, "PE01", 150_000).await;
    assert_eq!(now.paid_before_ms, None, "November's bill is another one");
}

#[tokio::test]
async fn a_doubt_is_carried_into_every_later_list() {
    let dir = tempfile::tempdir().expect("dir");
    let (ledger, clock) = open_at(&dir, "2026-10-20T03:00:00Z").await;
    let october = enter(&ledger, list("PE01")).await;
    let live = armed(&ledger, &october, 0).await;
    clock.advance(31 * DAY_MS);
    let now = facts(&ledger, "PE01", 150_000).await;
    assert_eq!(now.doubt_on, Some(live.id));
}

#[tokio::test]
async fn a_stopped_list_of_top_ups_is_asked_about_the_next_day() {
    let dir = tempfile::tempdir().expect("dir");
    let (ledger, clock) = open_at(&dir, "2026-11-25T16:50:00Z").await;
    let lines = "0981234567|150000\n0981234568|150000";
    let (stopped, _) = paid_list(&ledger, lines).await;
    let same = enter(&ledger, list(lines)).await;
    assert_eq!(same.id, stopped.id, "ten minutes before midnight");
    clock.advance(11 * 60_000);
    let Entered::Ask(asked) = ledger.enter(list(lines)).await.expect("entered") else {
        panic!("a minute after midnight somebody has to say");
    };
    assert_eq!(
        (asked.batch.as_str(), asked.jobs, asked.left, asked.paid),
        (stopped.id.as_str(), 2, 1, Vnd::fixed(150_000))
    );
    let choose = |choice| NewBatch {
        choice,
        ..list(lines)
    };
    let on = enter(&ledger, choose(ListChoice::Continue(asked.batch.clone()))).await;
    assert!(on.continued && on.id == stopped.id);
    let anew = enter(&ledger, choose(ListChoice::New)).await;
    assert_ne!(anew.id, stopped.id);
    let other = NewBatch {
        choice: ListChoice::Continue(asked.batch),
        ..list("0981234569|150000")
    };
    assert!(matches!(
        ledger.enter(other).await,
        Err(LedgerError::OtherList(_))
    ));
}

#[tokio::test]
async fn an_equal_top_up_is_seen_over_midnight_and_in_a_mended_list() {
    let dir = tempfile::tempdir().expect("dir");
    let (ledger, clock) = open_at(&dir, "2026-11-25T16:59:50Z").await;
    let (_, live) = paid_list(&ledger, "0981234567|150000").await;
    let ended_ms = clock.now_ms();
    // Ten seconds later it is another day, and another list.
    clock.advance(20_000);
    let mended = "0981234567|150000\n0981234568|150000";
    let equal = facts(&ledger, mended, 150_000).await.equal;
    assert_eq!(equal.map(|equal| equal.at_ms), Some(ended_ms));
    // Evidence that is kept later moves it to no other day.
    clock.advance(DAY_MS - 60_000);
    let kept = Event::EvidenceKept { files: Vec::new() };
    ledger.note(&live.id, kept).await.expect("noted");
    assert!(facts(&ledger, mended, 150_000).await.equal.is_some());
    clock.advance(60_000);
    assert_eq!(facts(&ledger, mended, 150_000).await.equal, None);
}

#[tokio::test]
async fn a_bill_paid_in_the_last_minute_of_a_month_is_not_paid_in_the_first_of_the_next() {
    let dir = tempfile::tempdir().expect("dir");
    let (ledger, clock) = open_at(&dir, "2026-10-31T16:59:40Z").await;
    paid_list(&ledger, "PE01").await;
    clock.advance(60_000);
    let now = facts(&ledger, "PE01", 150_000).await;
    assert!(now.paid_before_ms.is_some());
    clock.advance(DAY_MS);
    let now = facts(&ledger, "PE01", 150_000).await;
    assert_eq!(now.paid_before_ms, None);
}

#[tokio::test]
async fn a_rescued_ledger_keeps_the_days_of_its_history() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("ledger.db");
    let (ledger, clock) = open_at(&dir, "2026-09-10T03:00:00Z").await;
    paid_list(&ledger, "PE01").await;
    let paid_ms = clock.now_ms();
    ledger.close().await.expect("closed");
    // Somebody has marked it as damaged: it is saved at the next start, months later.
    fs::write(damage_mark(&path), "").expect("marked");
    clock.advance(60 * DAY_MS);
    let ledger = Ledger::open_by(&path, clock.clone()).await.expect("opens");
    assert!(ledger.salvaged().is_some());
    let accounts = ledger
        .records()
        .paid_accounts(Service::PayEvn, 0)
        .await
        .expect("read");
    assert_eq!(accounts, [("pe01".to_owned(), paid_ms)]);
    let spent = ledger.account("A").spent("", paid_ms + 1).await;
    assert_eq!(
        spent.expect("read").today,
        Vnd::ZERO,
        "nothing was paid today"
    );
}

#[tokio::test]
async fn a_flipped_byte_that_is_no_text_any_more_is_named_and_no_panic() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    pay(&ledger, "PE01").await;
    let mut writer = ledger.connection.lock().await;
    for change in [
        "DROP TRIGGER events_are_never_changed",
        // 0xFF is in no UTF-8 text.
        "UPDATE events SET body = CAST(X'FF' || substr(CAST(body AS BLOB), 2) AS TEXT) WHERE seq = 3",
    ] {
        sqlx::query(change)
            .execute(&mut writer.sql)
            .await
            .expect("the disk's work");
    }
    drop(writer);
    assert_eq!(
        ledger.verify().await.expect("read"),
        Err(ChainFault { seq: 3 })
    );
}

#[tokio::test]
async fn the_chain_is_verified_while_a_batch_arms() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    pay(&ledger, "PE01").await;
    let busy = ledger.connection.lock().await;
    assert!(ledger.verify().await.expect("read").is_ok());
    drop(busy);
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_reads_the_ledger() {
    use std::os::unix::fs::PermissionsExt as _;

    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    pay(&ledger, "PE01").await;
    for entry in fs::read_dir(dir.path()).expect("list").flatten() {
        let mode = entry.metadata().expect("its rights").permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", entry.path().display());
    }
    drop(ledger);
}

#[tokio::test]
async fn a_letter_that_is_written_while_nobody_waits_yet_wakes_who_asked_before() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let letter = ledger.outbox().new_letter();
    // Written between looking into the box and waiting.
    ledger.letters.notify_waiters();
    letter.await;
    // As it was: the wait began at its first poll, and this one would be missed.
    let lazily = async { ledger.outbox().new_letter().await };
    ledger.letters.notify_waiters();
    let missed = tokio::time::timeout(std::time::Duration::from_millis(50), lazily).await;
    assert!(missed.is_err(), "the fault that the test is about");
}
