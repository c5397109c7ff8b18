//! A person in the loop: captcha and OTP are theirs; the program waits and goes on by itself.

use std::time::Duration;

use gachno::browser::{Session, reap};
use gachno::domain::Errand;
use gachno::portal::{Credentials, LoginStep, Page, PortalMap};

use crate::world::{AGENT, World};

const LIMIT: Duration = Duration::from_secs(15);

/// What a person does in the browser, as script.
async fn person(session: &mut Session, script: &str) {
    session
        .run(
            &format!("{script}; arguments[arguments.length - 1]();"),
            Vec::new(),
        )
        .await
        .expect("done");
}

#[tokio::test]
async fn captcha_and_otp_are_left_to_a_person() {
    let world = World::with(|s| {
        s.switches.captcha = true;
        s.switches.otp = true;
    })
    .await;
    let tools = world.tools().await;
    let map = PortalMap::load(None).expect("map");
    let mut session = Session::open(&tools.browser).await.expect("browser");
    let url = world.sandbox.url();
    let credentials = Credentials {
        username: Some(AGENT.to_owned().into()),
        password: Some("mk1234".to_owned().into()),
    };
    let step = Page::new(&session, &map, &url, LIMIT)
        .log_in(&credentials)
        .await
        .expect("filled");
    assert!(
        matches!(step, LoginStep::NeedsPerson(Errand::Captcha)),
        "{step:?}"
    );

    person(&mut session, "document.getElementById('loginForm:securityCode').value = 'AB12CD'; document.getElementById('loginForm:btnLogin').click()")
        .await;
    let nobody = Page::new(&session, &map, &url, LIMIT)
        .await_person(Duration::from_millis(900))
        .await;
    assert!(nobody.is_err(), "the OTP is still outstanding");
    person(&mut session, "document.getElementById('loginForm:otpCode').value = '1357'; document.getElementById('loginForm:btnConfirm').click()")
        .await;
    let agent = Page::new(&session, &map, &url, LIMIT)
        .await_person(LIMIT)
        .await
        .expect("logged in");
    assert_eq!(agent, AGENT);
    session.close().await;
}

#[tokio::test]
async fn nothing_of_a_browser_stays_behind() {
    let world = World::with(|_| {}).await;
    let tools = world.tools().await;
    let session = Session::open(&tools.browser).await.expect("browser");
    let pid = session.facts().browser_pid.expect("pid");
    assert_eq!(
        std::fs::read_dir(world.run_folder())
            .expect("folder")
            .count(),
        2,
        "a record and a profile"
    );
    drop(session); // as a panic would
    let is_dead = || {
        !cfg!(target_os = "linux")
            || !std::path::Path::new(&format!("/proc/{pid}/cmdline")).exists()
            || std::fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|c| c.is_empty())
    };
    let files = || {
        std::fs::read_dir(world.run_folder())
            .expect("folder")
            .count()
    };
    let end = std::time::Instant::now() + Duration::from_secs(10);
    // Beside this thread: killing and removing block.
    while !is_dead() || files() > 0 {
        assert!(
            std::time::Instant::now() < end,
            "browser {pid}, {} files stay",
            files()
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(reap(&world.run_folder()).sessions, 0);
}
