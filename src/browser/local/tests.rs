//! A program that is killed while it opens a browser: whatever it left is gone after the next start.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::super::workspace::{MARK, Workspace};
use super::super::{Browser, BrowserSettings, FetchPolicy, Reaped, reap};
use super::LocalBrowser;

/// The folder in which [`opens_a_browser`] works, where it is started for that.
const FOLDER: &str = "GACHNO_TEST_FOLDER";

/// Programs that stand for browser, driver and relay. Those of `killers` kill the program that
/// starts them before it learns anything of them, and live on.
fn programs(folder: &Path, killers: &[&str]) {
    for (name, work) in [
        ("browser", "exec sleep 600"),
        (
            "driver",
            "echo was started successfully on port 40123.\nexec sleep 600",
        ),
        ("relay", "exec sleep 600"),
    ] {
        // What it would say after that has no reader any more.
        let work = if killers.contains(&name) {
            "kill -9 $PPID\nexec sleep 600"
        } else {
            work
        };
        let script = format!(
            "#!/bin/sh\ncase \"$1\" in --version) echo 'Chromium 156.0.1.2'; exit;; esac\n\
             echo $$ > \"$0.pid\"\n{work}\n"
        );
        let path = folder.join(name);
        fs::write(&path, script).expect("written");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).expect("made a program");
    }
}

/// Not a test of its own: what the tests below start, to be killed.
#[test]
#[ignore = "started by the other tests of this file"]
fn opens_a_browser() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        return;
    };
    let settings = BrowserSettings {
        browser_path: folder.join("browser").display().to_string(),
        driver_path: folder.join("driver").display().to_string(),
        run_folder: folder.join("run"),
        relay: folder
            .join("relay.is_wanted")
            .exists()
            .then(|| folder.join("relay")),
        ..BrowserSettings::default()
    };
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let opened = runtime.block_on(Browser::open(&settings));
    panic!("nobody killed it: {opened:?}");
}

/// Runs it until it is killed.
fn killed_while_it_opens(folder: &Path) {
    let status = Command::new(std::env::current_exe().expect("this program"))
        .args([
            "--exact",
            "browser::local::tests::opens_a_browser",
            "--ignored",
            "--nocapture",
        ])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .status()
        .expect("started");
    assert_eq!(status.signal(), Some(9), "{status:?}");
}

/// Is the process that wrote this file alive?
fn is_alive(pid_file: &Path) -> bool {
    let pid = fs::read_to_string(pid_file).expect("it was started");
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    !(stat.is_empty() || stat.contains(") Z "))
}

fn is_gone_after_a_start(folder: &Path, helper: &str) {
    let pid_file = folder.join(format!("{helper}.pid"));
    assert!(is_alive(&pid_file), "what was killed left it alive");
    assert_eq!(
        reap(&folder.join("run")),
        Reaped {
            sessions: 1,
            processes: 1
        }
    );
    let end = Instant::now() + Duration::from_secs(10);
    while is_alive(&pid_file) {
        assert!(Instant::now() < end, "the {helper} stays for ever");
        std::thread::yield_now();
    }
    assert_eq!(files_in(&folder.join("run")), 0);
}

fn files_in(run: &Path) -> usize {
    fs::read_dir(run).map_or(0, Iterator::count)
}

#[cfg(target_os = "linux")]
#[test]
fn a_relay_that_nobody_wrote_down_does_not_stay() {
    let folder = tempfile::tempdir().expect("folder");
    programs(folder.path(), &["relay"]);
    fs::write(folder.path().join("relay.is_wanted"), "").expect("written");
    killed_while_it_opens(folder.path());
    is_gone_after_a_start(folder.path(), "relay");
}

#[cfg(target_os = "linux")]
#[test]
fn a_driver_that_nobody_wrote_down_does_not_stay() {
    let folder = tempfile::tempdir().expect("folder");
    programs(folder.path(), &["driver"]);
    killed_while_it_opens(folder.path());
    is_gone_after_a_start(folder.path(), "driver");
}

#[test]
fn half_made_folders_of_dead_programs_go_and_those_of_living_ones_stay() {
    let folder = tempfile::tempdir().expect("folder");
    let run = folder.path();
    // A folder without a record, as older versions left them.
    fs::create_dir_all(run.join("profile-old/Default")).expect("made");
    // A record that was damaged, with its folder.
    fs::create_dir(run.join("profile-damaged")).expect("made");
    fs::write(run.join("profile-damaged.json"), b"\0\0\0").expect("written");
    // A record whose program was killed before it made the folder.
    let dead = r#"{"app":{"pid":1,"started":1},"profile":"PROFILE"}"#;
    let profile = run.join("profile-dead");
    fs::write(
        run.join("profile-dead.json"),
        dead.replace("PROFILE", &profile.display().to_string()),
    )
    .expect("written");
    let living = Workspace::claim(run).expect("ours");
    fs::write(run.join("something.txt"), "not ours to judge").expect("written");

    assert_eq!(reap(run).sessions, 3);
    assert!(living.profile().is_dir());
    assert_eq!(
        files_in(run),
        3,
        "folder and record of the living one, and the text"
    );
    living.clear();
    assert_eq!(files_in(run), 1);
}

#[cfg(target_os = "linux")]
#[test]
fn a_helper_of_another_profile_is_not_touched() {
    let folder = tempfile::tempdir().expect("folder");
    fs::create_dir(folder.path().join("profile-dead")).expect("made");
    let mut other = Command::new("sleep")
        .arg("600")
        .env(MARK, folder.path().join("profile-dead-2"))
        .spawn()
        .expect("started");
    assert_eq!(
        reap(folder.path()),
        Reaped {
            sessions: 1,
            processes: 0
        }
    );
    assert!(other.try_wait().expect("asked").is_none());
    other.kill().expect("killed");
    other.wait().expect("gone");
}

/// The archive of a driver that says this version.
fn driver_archive(version: &str) -> Vec<u8> {
    use std::io::Write;
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("msedgedriver", zip::write::SimpleFileOptions::default())
        .expect("started");
    write!(
        zip,
        "#!/bin/sh\necho 'Microsoft Edge WebDriver {version} (x)'\n"
    )
    .expect("written");
    zip.finish().expect("finished").into_inner()
}

#[tokio::test]
async fn a_browser_that_has_renewed_itself_gets_its_driver_where_nobody_has_to_be_asked() {
    use wiremock::matchers::path;
    use wiremock::{Mock, MockServer, ResponseTemplate};
    crate::init_tls();
    let folder = tempfile::tempdir().expect("folder");
    let script = |name: &str, says: &str| {
        let program = folder.path().join(name);
        fs::create_dir_all(program.parent().expect("folder")).expect("made");
        fs::write(&program, format!("#!/bin/sh\necho '{says}'\n")).expect("written");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).expect("a program");
        program.display().to_string()
    };
    let server = MockServer::start().await;
    // The driver of the very version is not published yet; the newest of its number is.
    for (at, body) in [
        ("/LATEST_RELEASE_7_LINUX", b"7.0.80.12\r\n".to_vec()),
        (
            "/7.0.80.12/edgedriver_linux64.zip",
            driver_archive("7.0.80.12"),
        ),
    ] {
        let answer = ResponseTemplate::new(200).set_body_bytes(body);
        Mock::given(path(at))
            .respond_with(answer)
            .mount(&server)
            .await;
    }
    script("drivers/msedgedriver-6.0.80.1/msedgedriver", "old");
    let mut settings = BrowserSettings {
        browser_path: script("microsoft-edge", "Microsoft Edge 7.0.80.13"),
        run_folder: folder.path().join("run"),
        ..BrowserSettings::default()
    };
    settings.supply.folder = folder.path().join("drivers");
    settings.supply.edge_mirror = server.uri();
    let refused = LocalBrowser::claim(&settings).await.expect_err("asks");
    assert!(refused.wants_driver(), "{refused}");
    settings.supply.policy = FetchPolicy::Always;
    let (found, local) = LocalBrowser::claim(&settings).await.expect("fetched");
    assert_eq!(found.driver_version.to_string(), "7.0.80.12");
    local.end().await;
}
