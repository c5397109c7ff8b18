//! The commit gate on a page of its own: fetch, `XMLHttpRequest` and a form's navigation, with and
//! without the valve.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::State;
use axum::response::Html;
use axum::routing::{get, post};
use gachno::browser::{BrowserSettings, Gate, Judgement, Passed, Posted, Session, Strength};

const PAGE: &str = "<html><body><form id=f method=post action=/pay><input name=account value=A1><input name=amount value=100></form></body></html>";

/// A page that can pay, and how often it was asked to.
struct Shop {
    dir: tempfile::TempDir,
    url: String,
    paid: Arc<AtomicU32>,
}

impl Shop {
    async fn open() -> Self {
        gachno::init_tls();
        let paid = Arc::new(AtomicU32::new(0));
        let pay = async |State(paid): State<Arc<AtomicU32>>, _body: Bytes| {
            paid.fetch_add(1, Ordering::SeqCst);
            Html("<p>paid</p>")
        };
        let router = axum::Router::new()
            .route("/", get(async || Html(PAGE)))
            .route("/pay", post(pay))
            .with_state(paid.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("bind");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self {
            dir: tempfile::tempdir().expect("folder"),
            url,
            paid,
        }
    }

    async fn session(&self, valve: bool) -> Session {
        let relay = valve.then(|| env!("CARGO_BIN_EXE_gachno").into());
        let settings = BrowserSettings {
            headless: true,
            run_folder: self.dir.path().join("run"),
            relay,
            ..BrowserSettings::default()
        };
        let session = Session::open(&settings).await.expect("browser");
        session.goto(&self.url).await.expect("page");
        session
    }

    fn paid(&self) -> u32 {
        self.paid.load(Ordering::SeqCst)
    }
}

/// What is armed here.
fn judge(posted: &Posted) -> Judgement {
    match posted.body.as_str() {
        "account=A1&amount=100" => Judgement::Confirms,
        other => Judgement::Wrong(format!("not what was armed: {other}")),
    }
}

/// Runs the script with the gate on; says what went through, and what the release saw.
async fn through(session: &Session, script: &str) -> (Passed, Vec<String>) {
    let mut gate = Gate::hold(session).await.expect("gate");
    let released = Mutex::new(Vec::new());
    let release = async |posted: &Posted| {
        released.lock().expect("free").push(posted.body.clone());
        Ok::<(), String>(())
    };
    // The page may go away under its own script: what counts is what the gate saw.
    let _ = gate
        .through(session, session.run(script, Vec::new()), judge, release)
        .await;
    let settled = async {
        while session
            .run(
                "arguments[0](document.readyState === 'complete')",
                Vec::new(),
            )
            .await
            .is_err()
        {}
    };
    let _ = tokio::time::timeout(
        Duration::from_secs(5),
        gate.through(session, settled, judge, async |_: &Posted| Err("once")),
    )
    .await;
    (
        gate.lift(session).await,
        released.into_inner().expect("free"),
    )
}

const FETCH: &str = "const done = arguments[0]; fetch('/pay', { method: 'POST', body: 'account=A1&amount=100' }).then((r) => r.text()).then(() => done(1), () => done(0));";

#[tokio::test]
async fn a_fetch_goes_out_once_and_only_after_its_release() {
    let shop = Shop::open().await;
    let session = shop.session(true).await;
    let mut gate = Gate::hold(&session).await.expect("gate");
    assert_eq!(gate.strength(), Strength::Valve);
    let seen = shop.paid.clone();
    let release = async |posted: &Posted| {
        assert_eq!(posted.body, "account=A1&amount=100");
        // It is held: however long this takes, nothing arrives.
        tokio::time::sleep(Duration::from_millis(150)).await;
        assert_eq!(seen.load(Ordering::SeqCst), 0);
        Ok::<(), String>(())
    };
    gate.through(&session, session.run(FETCH, Vec::new()), judge, release)
        .await
        .expect("script");
    assert_eq!(
        gate.answer(&session).await.as_deref(),
        Some("<p>paid</p>"),
        "the raw answer is read"
    );
    let passed = gate.lift(&session).await;
    assert!(
        passed.is_released && passed.refused.is_none() && passed.doubles == 0,
        "{passed:?}"
    );
    assert_eq!((passed.status, shop.paid()), (Some(200), 1));
    session.close().await;
}

#[tokio::test]
async fn a_second_request_is_failed_whatever_sends_it() {
    let shop = Shop::open().await;
    let session = shop.session(true).await;
    let twice =
        "const done = arguments[0]; const pay = () => fetch('/pay', { method: 'POST', body: 'account=A1&amount=100' }).then(() => 1, () => 0);
                 pay().then((first) => pay().then((second) => done([first, second])));";
    let (passed, released) = through(&session, twice).await;
    assert_eq!(
        (passed.doubles, released.len(), shop.paid()),
        (1, 1, 1),
        "{passed:?}"
    );
    session.close().await;
}

#[tokio::test]
async fn another_amount_or_account_than_was_armed_never_leaves() {
    let shop = Shop::open().await;
    for valve in [true, false] {
        let session = shop.session(valve).await;
        for body in ["account=A1&amount=1000", "account=A2&amount=100", ""] {
            let script = format!(
                "const done = arguments[0]; fetch('/pay', {{ method: 'POST', body: '{body}' }}).then(() => done(1), () => done(0));"
            );
            let (passed, released) = through(&session, &script).await;
            assert!(
                !passed.is_released && passed.refused.is_some(),
                "{body}: {passed:?}"
            );
            assert_eq!((released.len(), shop.paid()), (0, 0), "{body}");
        }
        // The page works on afterwards, without a gate.
        session.run(FETCH, Vec::new()).await.expect("script");
        assert_eq!(shop.paid.swap(0, Ordering::SeqCst), 1);
        session.close().await;
    }
}

#[tokio::test]
async fn xml_http_requests_and_forms_are_held_like_fetches() {
    let shop = Shop::open().await;
    for (valve, strength) in [(true, Strength::Valve), (false, Strength::Wire)] {
        let session = shop.session(valve).await;
        let xhr = "const done = arguments[0]; const x = new XMLHttpRequest(); x.open('POST', '/pay'); x.onloadend = () => done(x.status); x.send('account=A1&amount=100');";
        let (passed, released) = through(&session, xhr).await;
        assert!(passed.is_released, "{strength:?} {passed:?}");
        assert_eq!(
            (released.as_slice(), shop.paid()),
            (["account=A1&amount=100".to_owned()].as_slice(), 1)
        );
        // The browser cannot be asked for the body of a form that loads a document; the page tells
        // it first.
        let form = "const f = document.getElementById('f'); window.__gachnoTell(JSON.stringify({ body: new URLSearchParams([...new FormData(f)]).toString() })); f.submit();";
        let (passed, released) = through(&session, form).await;
        assert!(passed.is_released, "{strength:?} {passed:?}");
        assert_eq!(
            (released.len(), shop.paid.swap(0, Ordering::SeqCst)),
            (1, 2)
        );
        session.goto(&shop.url).await.expect("page");
        // One whose body nobody told goes nowhere.
        let (passed, _) = through(&session, "document.getElementById('f').submit();").await;
        assert!(passed.refused.is_some() && shop.paid() == 0, "{passed:?}");
        session.close().await;
    }
}

#[tokio::test]
async fn a_release_that_cannot_be_written_keeps_the_request_in() {
    let shop = Shop::open().await;
    let session = shop.session(true).await;
    let mut gate = Gate::hold(&session).await.expect("gate");
    let full = async |_: &Posted| Err("the disk is full");
    let _ = gate
        .through(&session, session.run(FETCH, Vec::new()), judge, full)
        .await;
    let passed = gate.lift(&session).await;
    assert_eq!(
        (passed.is_released, passed.refused.as_deref(), shop.paid()),
        (false, Some("the disk is full"), 0)
    );
    session.close().await;
}

#[tokio::test]
async fn several_logins_of_one_browser_do_not_see_each_other() {
    let shop = Shop::open().await;
    let settings = BrowserSettings {
        headless: true,
        run_folder: shop.dir.path().join("run"),
        relay: Some(env!("CARGO_BIN_EXE_gachno").into()),
        ..BrowserSettings::default()
    };
    let shards = gachno::browser::Shards::new(settings, 3);
    let (first, second) = (
        shards.session().await.expect("first"),
        shards.session().await.expect("second"),
    );
    for session in [&first, &second] {
        session.goto(&shop.url).await.expect("page");
    }
    assert_eq!(
        first.facts().browser_pid,
        second.facts().browser_pid,
        "one browser"
    );
    first
        .run(
            "document.cookie = 'who=first'; arguments[0](1);",
            Vec::new(),
        )
        .await
        .expect("script");
    let cookies = second
        .run("arguments[0](document.cookie);", Vec::new())
        .await
        .expect("script");
    assert_eq!(cookies, "", "cookies are each login's own");
    // A gate on the one holds nothing of the other.
    let gate = Gate::hold(&first).await.expect("gate");
    second.run(FETCH, Vec::new()).await.expect("script");
    assert_eq!(shop.paid(), 1);
    gate.lift(&first).await;
    first.close().await;
    second.close().await;
}
