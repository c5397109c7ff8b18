use super::*;
use crate::domain::{Conclusion, Defaults, GateKind, JobList, Outcome, Proof, Quote};

async fn open(dir: &tempfile::TempDir) -> Ledger {
    Ledger::open(&dir.path().join("ledger.db"))
        .await
        .expect("opens")
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
        day_start_ms: 0,
        force_new: false,
    }
}

fn intent(obligation: &str) -> Intent {
    Intent {
        agent: "A".into(),
        fingerprint: "f".into(),
        obligation: obligation.into(),
        amount: Vnd::fixed(150_000),
        balance_before: None,
        balance_is_proof: true,
        gate: GateKind::Latch,
        session: "s".into(),
        browser_pid: None,
        debugger_address: None,
        balance_seq: Some(0),
        bidi_url: None,
        context: None,
        history_mark: None,
        history_seq: None,
        fence: None,
        deadline_ms: 0,
    }
}

async fn armed(ledger: &Ledger, batch: &Batch, job: usize) -> LiveAttempt {
    let mut live = ledger
        .attempt(batch, &batch.jobs[job])
        .await
        .expect("attempt");
    let obligation = format!("evn:{}", batch.jobs[job].job.account.key());
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
    let entered = ledger
        .enter(batch("PE01\nPE02\nPE03"))
        .await
        .expect("entered");
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
    assert_eq!(
        ledger.doubt_on("evn:pe01", "").await.expect("read"),
        Some(past.id.clone())
    );
    assert!(ledger.has_doubt("A", "").await.expect("read"));

    let again = ledger
        .enter(batch("PE01\nPE02\nPE03"))
        .await
        .expect("entered");
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
    let entered = ledger.enter(batch("PE01")).await.expect("entered");
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
    let entered = ledger.enter(batch("PE01")).await.expect("entered");
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
    let ledger = open(&dir).await;
    let first = ledger.enter(batch("PE01")).await.expect("entered");
    ledger.finish(&first.id).await.expect("finished");
    let same_day = ledger.enter(batch("PE01")).await.expect("entered");
    assert_eq!(
        (same_day.id.as_str(), same_day.was_finished),
        (first.id.as_str(), true)
    );
    ledger.finish(&first.id).await.expect("finished");
    let next_day = NewBatch {
        day_start_ms: now_ms() + 1,
        ..batch("PE01")
    };
    assert_ne!(ledger.enter(next_day).await.expect("entered").id, first.id);
    let other = ledger.enter(batch("PE01\nPE02")).await.expect("entered");
    assert!(!other.continued);
    let forced = ledger
        .enter(NewBatch {
            force_new: true,
            ..batch("PE01\nPE02")
        })
        .await
        .expect("entered");
    assert_ne!(forced.id, other.id);
}

#[tokio::test]
async fn what_was_paid_is_found_and_counted() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let entered = ledger.enter(batch("PE01|D7\nPE02")).await.expect("entered");
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
        let found = ledger.find(what).await.expect("read");
        assert!(found.len() == 1 && found[0].1.is_paid(), "{what}");
    }
    let spent = ledger.spent(&entered.id, "A", 0).await.expect("read");
    assert_eq!(
        spent,
        Spent {
            in_batch: Vnd::fixed(300_000),
            today: Vnd::fixed(300_000)
        },
        "doubt counts as spent"
    );
    assert!(
        ledger
            .paid_on("evn:pe01", Vnd::fixed(150_000), 0)
            .await
            .expect("read")
            .is_some()
    );
    assert!(
        ledger
            .paid_on("evn:pe01", Vnd::fixed(1), 0)
            .await
            .expect("read")
            .is_none()
    );
    let results = ledger
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
    let entered = ledger.enter(batch("PE01")).await.expect("entered");
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
        fingerprint: "f".repeat(100_000),
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
    let entered = ledger.enter(batch(line)).await.expect("entered");
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
    let copy = ledger.back_up().await.expect("copied");
    pay(&ledger, "PE02").await;
    ledger.check_whole().await.expect("whole");
    ledger.close().await.expect("closed");

    restore(&copy, &dir.path().join("ledger.db"));
    let ledger = open(&dir).await;
    assert!(
        ledger.find("PE02").await.expect("read").is_empty(),
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
    let entered = ledger.enter(batch("PE02")).await.expect("entered");
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
        let copy = ledger.back_up().await.expect("copied");
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
        ledger.back_up_if_due().await.expect("asked"),
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
    assert!(!ledger.find("PE00").await.expect("read").is_empty());
}

#[tokio::test]
async fn a_copy_that_has_more_than_the_damaged_file_takes_its_place() {
    let dir = tempfile::tempdir().expect("dir");
    let path = dir.path().join("ledger.db");
    let ledger = open(&dir).await;
    pay(&ledger, "PE01").await;
    let copy = ledger.back_up().await.expect("copied");
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
    assert!(ledger.find("PE01").await.expect("read")[0].1.is_paid());
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
    assert_eq!(
        ledger.paid_since("A", 7, "").await.expect("read"),
        Vnd::fixed(150_000)
    );
    assert!(
        ledger
            .paid_on("evn:pe02", Vnd::fixed(150_000), 0)
            .await
            .expect("read")
            .is_some()
    );
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
        chain::append(&mut sql, &genesis, Some("a"), "b", "leased", &body)
            .await
            .expect("appended");
        sql.close().await.expect("closed");

        let ledger = open(&dir).await;
        let found = ledger.find("PE01").await.expect("read");
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
    let entered = ledger
        .enter(leased("PE01\nPE02\nPE03"))
        .await
        .expect("entered");
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
        ledger.unacknowledged().await.expect("read"),
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
    let letters = ledger.letters(10).await.expect("read");
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
        .acknowledge(letters[0].seq, "accepted")
        .await
        .expect("noted");
    assert_eq!(ledger.letters(10).await.expect("read").len(), 1);
    ledger
        .acknowledge(letters[1].seq, "accepted")
        .await
        .expect("noted");
    assert_eq!(ledger.unacknowledged().await.expect("read"), 0);

    ledger
        .gave_back(&ledger.held(Some(&entered.id)).await.expect("read"))
        .await
        .expect("noted");
    assert_eq!(held(&ledger).await, Vec::<String>::new());
}

#[tokio::test]
async fn what_a_dead_run_had_armed_behind_a_valve_is_told_as_not_sent() {
    let dir = tempfile::tempdir().expect("dir");
    let ledger = open(&dir).await;
    let entered = ledger.enter(leased("PE01")).await.expect("entered");
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
            .letters(10)
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
    let first = ledger.enter(leased("PE01")).await.expect("entered");
    assert!(
        ledger
            .enter(leased("PE01"))
            .await
            .expect("entered")
            .continued,
        "the very same claims go on"
    );
    let mut anew = leased("PE01");
    anew.jobs[0].ticket = Some(Ticket {
        source: Source::Server,
        id: "job-0".into(),
        fence: 8,
    });
    assert_ne!(ledger.enter(anew).await.expect("entered").id, first.id);
}
