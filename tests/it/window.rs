//! The real window's application, driven by label as a person would, on the real engine, browser
//! and sandbox.

use std::path::Path;
use std::time::{Duration, Instant};

use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use gachno::app::Secrets;
use gachno::config::{Config, ConfigVault, Home, Unlock};
use gachno::desktop::model::rows::RowState;
use gachno::desktop::model::{Busy, DriverCard, Model, Phase, Reach, Setup};
use gachno::desktop::{Demo, DesktopApp, Start};
use gachno::domain::{JobList, Outcome, Service};
use gachno::mock_api::{self, MockApi};
use gachno::report::read_file;
use gachno::sandbox::{self, Sandbox, Scenario};
use gachno::server::{ServeConfig, ServeFile};
use gachno::store::Actor;
use gachno::store::jobs::{JobFilter, NewJob};
use gachno::store::machines::Scope;

#[cfg(target_os = "linux")]
use crate::world::terminate;
use crate::world::{AGENT, PIN};

/// Longer than anything takes on a slow machine; a condition that does not come fails the test with
/// its name.
const PATIENCE: Duration = Duration::from_mins(2);

/// A file that a hand lets go over the window.
#[derive(Debug)]
struct Dropped(std::path::PathBuf);

impl egui::DroppedFile for Dropped {
    fn path(&self) -> &Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        std::fs::read(&self.0).map_err(|e| e.to_string())
    }
}

/// Where the window's memory lies between two runs.
#[derive(Default)]
struct Kept(std::collections::HashMap<String, String>);

impl eframe::Storage for Kept {
    fn get_string(&self, key: &str) -> Option<String> {
        self.0.get(key).cloned()
    }

    fn set_string(&mut self, key: &str, value: String) {
        self.0.insert(key.to_owned(), value);
    }

    fn remove_string(&mut self, key: &str) {
        self.0.remove(key);
    }

    fn flush(&mut self) {}
}

struct Desk {
    harness: Harness<'static, DesktopApp>,
    sandbox: Sandbox,
    dir: tempfile::TempDir,
    api: MockApi,
    _runtime: tokio::runtime::Runtime,
}

impl Desk {
    fn open(change: impl FnOnce(&mut Scenario)) -> Self {
        let mut desk = Self::bare(change, |sandbox, api, dir| {
            let mut config = Config::default();
            config.portal.url = sandbox.url();
            config.api.url = api.url();
            config.browser.headless = true;
            // The window is not kept waiting for what a person may ask for.
            config.reconcile.wait_s = 0;
            config.reconcile.look_after_ms = vec![0, 60_000];
            // Whatever the hour is at which the tests run.
            (config.auto.quiet_from, config.auto.quiet_to) = (0, 0);
            config.report.folder = dir.join("ket_qua").display().to_string();
            let secret = |text: &str| Some(text.to_owned().into());
            let secrets = Secrets {
                username: secret(AGENT),
                password: secret("mk1234"),
                pin: secret(PIN),
                ..Secrets::default()
            };
            Some(Demo { config, secrets })
        });
        desk.until("the window is ready", |m| m.setup == Setup::Ready);
        desk
    }

    /// `None` for a demo: a window on whatever its folder holds.
    fn bare(
        change: impl FnOnce(&mut Scenario),
        demo: impl FnOnce(&Sandbox, &MockApi, &Path) -> Option<Demo>,
    ) -> Self {
        gachno::init_tls();
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        let mut scenario = Scenario::default();
        change(&mut scenario);
        let (sandbox, api) = runtime.block_on(async {
            let sandbox = sandbox::start(sandbox::SandboxOptions {
                scenario,
                ..sandbox::SandboxOptions::default()
            })
            .await
            .expect("sandbox");
            let listen = ([127, 0, 0, 1], 0).into();
            let api = mock_api::start(mock_api::MockApiOptions {
                listen,
                delay: Some(Duration::ZERO),
                seed: Some(3),
            })
            .await
            .expect("api");
            (sandbox, api)
        });
        let dir = tempfile::tempdir().expect("folder");
        let demo = demo(&sandbox, &api, dir.path());
        let start = Start {
            home: Home::at(dir.path()),
            demo,
        };
        let harness = Harness::builder()
            .with_size(egui::vec2(1280.0, 800.0))
            .build_eframe(move |creation| DesktopApp::new(&creation.egui_ctx, start));
        Self {
            harness,
            sandbox,
            dir,
            api,
            _runtime: runtime,
        }
    }

    fn model(&self) -> &Model {
        self.harness.state().model()
    }

    fn click(&mut self, label: &str) {
        self.harness
            .get_by_role_and_label(egui::accesskit::Role::Button, label)
            .click();
        // Panels take their new sizes over some frames; what is clicked next must lie where it was
        // found.
        for _ in 0..5 {
            self.harness.step();
        }
    }

    /// Types into the field with this label.
    fn fill(&mut self, label: &str, text: &str) {
        self.harness.get_by_label(label).focus();
        self.harness.step();
        self.harness.get_by_label(label).type_text(text);
        self.harness.step();
        self.harness.step();
    }

    /// Sets a key under *Cài đặt*.
    fn set(&mut self, key: &'static str, label: &str, value: &str) {
        self.harness.get_by_label(label).scroll_to_me();
        self.harness.run_ok();
        self.harness.get_by_label(label).focus();
        self.harness.step();
        // What stands there goes.
        self.harness
            .key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        self.harness.step();
        self.fill(label, value);
        self.click("Lưu");
        let wanted = value.to_owned();
        self.until("the setting is saved", move |m| {
            m.settings
                .rows
                .iter()
                .any(|row| row.key == key && row.value == wanted)
        });
    }

    fn press(&mut self, modifiers: egui::Modifiers, key: egui::Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.harness.step();
        self.harness.step();
    }

    /// Is this to be read somewhere?
    fn says(&self, text: &str) -> bool {
        self.harness
            .query_all_by_label_contains(text)
            .next()
            .is_some()
    }

    /// Draws frames until the condition holds.
    fn until(&mut self, what: &str, mut condition: impl FnMut(&Model) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !condition(self.model()) {
            assert!(
                Instant::now() < end,
                "{what}: {:?}, {:?}",
                self.model().sentence(),
                self.model().told.last()
            );
            self.harness.step();
            std::thread::sleep(Duration::from_millis(4));
        }
        self.harness.step();
    }
}

fn day_of(service: Service) {
    let mut desk = Desk::open(|_| {});
    desk.click(service.spec().title);
    desk.click("Get dữ liệu");
    desk.until("the list is there", |m| {
        m.fetching.is_none() && !m.tab().list.jobs.is_empty()
    });
    let jobs: Vec<String> = desk
        .model()
        .tab()
        .list
        .jobs
        .iter()
        .map(|j| j.account.to_string())
        .collect();
    desk.click("Bắt đầu");
    desk.until("the batch is over", |m| m.tab().phase == Phase::Over);
    assert_eq!(
        desk.model().tab().ended,
        None,
        "{:?}",
        desk.model().tab().ended
    );
    assert!(
        desk.model()
            .tab()
            .rows
            .iter()
            .all(|r| r.state != RowState::Waiting),
        "every row has an outcome"
    );
    desk.click("Xuất Excel");
    desk.until("the report is saved", |m| m.tab().report.is_some());
    let report = desk.model().tab().report.clone().expect("path");
    assert!(
        report.starts_with(desk.dir.path().join("ket_qua").join(service.spec().folder)),
        "{}",
        report.display()
    );
    // Read back as a job file: the same accounts, in order.
    let read = read_file(&report, service, gachno::domain::Defaults::default()).expect("readable");
    let accounts: Vec<String> = read
        .list
        .jobs
        .iter()
        .map(|j| j.account.to_string())
        .collect();
    if service.is_top_up(Some(gachno::domain::PaymentType::Prepaid))
        || !service.is_payment()
        || accounts.len() == jobs.len()
    {
        assert_eq!(accounts, jobs);
    }
    let paid: i64 = desk.model().tab().paid.dong();
    assert_eq!(
        paid,
        desk.sandbox.truth().total,
        "the window's sum is the truth"
    );
}

#[test]
fn get_data_start_export_ftth() {
    day_of(Service::LookUpFtth);
}

#[test]
fn get_data_start_export_evn() {
    day_of(Service::PayEvn);
}

#[test]
fn get_data_start_export_multi() {
    day_of(Service::TopUpMulti);
}

#[test]
fn get_data_start_export_viettel() {
    day_of(Service::TopUpViettel);
}

#[test]
fn get_data_start_export_tv() {
    day_of(Service::PayTvInternet);
}

#[test]
fn get_data_start_export_postpaid() {
    day_of(Service::LookUpPostpaid);
}

#[test]
fn stop_means_stop_and_the_window_stays_alive() {
    // Every answer takes a while, so that the stop comes in the middle.
    let mut desk = Desk::open(|s| {
        s.faults.push(sandbox::ScenarioFault {
            at: "search".into(),
            account: None,
            after: 0,
            times: 0,
            action: sandbox::FaultAction::DelayMs(400),
        });
    });
    desk.click("Get dữ liệu");
    desk.until("the list is there", |m| {
        m.fetching.is_none() && m.tab().list.jobs.len() >= 3
    });
    desk.click("Bắt đầu");
    desk.until("one job is done", |m| m.tab().done >= 1);
    desk.click("Dừng lại");
    assert_eq!(desk.model().tab().phase, Phase::Stopping);
    assert!(desk.model().sentence().1.contains("điểm an toàn"));
    desk.until("it has stopped", |m| m.tab().phase == Phase::Over);
    let tab = desk.model().tab();
    assert!(
        tab.counts.get(&Outcome::Cancelled).is_some_and(|n| *n >= 1),
        "{:?}",
        tab.counts
    );
    assert!(
        tab.ended
            .as_ref()
            .is_some_and(|why| why.contains("Đã dừng"))
    );
}

#[test]
fn a_pause_takes_no_new_job_and_goes_on_where_it_was() {
    let mut desk = Desk::open(|s| {
        s.faults.push(sandbox::ScenarioFault {
            at: "search".into(),
            account: None,
            after: 0,
            times: 0,
            action: sandbox::FaultAction::DelayMs(300),
        });
    });
    desk.click("Get dữ liệu");
    desk.until("the list is there", |m| {
        m.fetching.is_none() && m.tab().list.jobs.len() >= 3
    });
    desk.click("Bắt đầu");
    desk.until("one job is done", |m| m.tab().done >= 1);
    desk.click("Tạm dừng");
    assert!(desk.model().sentence().1.starts_with("Tạm dừng"));
    // The job at hand is finished; then the portal hears nothing any more.
    desk.until("the job at hand is done", |m| {
        m.tab()
            .rows
            .iter()
            .all(|r| matches!(r.state, RowState::Done(_) | RowState::Waiting))
    });
    // Its end is told a moment after the portal has heard its last request.
    let mut still = (desk.model().tab().done, Instant::now());
    desk.until("nothing ends for a second", |m| {
        if m.tab().done != still.0 {
            still = (m.tab().done, Instant::now());
        }
        still.1.elapsed() > Duration::from_secs(1)
    });
    let (done, heard) = (desk.model().tab().done, desk.sandbox.truth().answers.count);
    assert!(
        done < desk.model().tab().rows.len(),
        "it did not just run on"
    );
    let end = Instant::now() + Duration::from_secs(1);
    desk.until("a second passes", |_| Instant::now() > end);
    assert_eq!(
        (desk.model().tab().done, desk.sandbox.truth().answers.count),
        (done, heard)
    );
    desk.click("Tiếp tục");
    desk.until("the batch is over", |m| m.tab().phase == Phase::Over);
    let tab = desk.model().tab();
    assert_eq!((tab.done, &tab.ended), (tab.rows.len(), &None));
}

#[test]
fn what_is_in_doubt_is_told_and_looked_into_at_a_click() {
    let mut desk = Desk::open(|s| {
        s.switches.history = false;
        s.owing("PE0001", 150_000);
        s.faults.push(sandbox::ScenarioFault {
            at: "confirm".into(),
            account: None,
            after: 0,
            times: 1,
            action: sandbox::FaultAction::SettleMs(20_000),
        });
    });
    desk.click(Service::PayEvn.spec().title);
    desk.fill("Mã khách hàng (mỗi dòng một mã)", "PE0001");
    desk.until("the line is read", |m| m.tab().list.jobs.len() == 1);
    desk.click("Bắt đầu");
    desk.until("the batch is over", |m| m.tab().phase == Phase::Over);
    assert_eq!(
        desk.model().doubts.len(),
        1,
        "{:?}",
        desk.model().tab().rows
    );
    let end = Instant::now() + PATIENCE;
    while desk.sandbox.truth().moved == 0 {
        assert!(Instant::now() < end, "the portal settles");
        std::thread::sleep(Duration::from_millis(10));
    }
    desk.click("Đối soát");
    assert!(desk.model().sentence().1.contains("đối soát"));
    desk.until("it is settled", |m| m.busy == Busy::Nobody);
    assert_eq!(desk.model().doubts.len(), 0);
}

#[test]
fn what_was_paid_is_answered_told_and_counted() {
    let mut desk = Desk::open(|s| {
        s.owing("PE0001", 150_000);
    });
    desk.click(Service::PayEvn.spec().title);
    desk.fill("Mã khách hàng (mỗi dòng một mã)", "PE0001");
    desk.until("the line is read", |m| m.tab().list.jobs.len() == 1);
    desk.press(egui::Modifiers::NONE, egui::Key::F9);
    desk.until("the batch is over", |m| m.tab().phase == Phase::Over);
    assert_eq!(desk.model().tab().paid.dong(), 150_000);

    // Did we pay this? One line, its proof, its story.
    desk.press(egui::Modifiers::COMMAND, egui::Key::F);
    desk.fill("Mã", "PE0001");
    desk.click("Kiểm tra");
    desk.until("the ledger has answered", |m| m.find.asked.is_some());
    assert!(desk.says("Đã trả 150.000 đ"));
    desk.click("Diễn biến");
    desk.until("the story is told", |m| m.find.story.is_some());
    let story = desk.model().find.story.clone().expect("told");
    assert!(
        story
            .steps
            .iter()
            .any(|(_, step)| step.contains("Ghi sổ trước khi bấm"))
            && !story.evidence.is_empty(),
        "{story:?}"
    );

    // The same bill in a new list is known before the start.
    desk.click(Service::PayEvn.spec().title);
    desk.click("Danh sách mới");
    desk.fill("Mã khách hàng (mỗi dòng một mã)", "PE0001");
    desk.until("it is flagged", |m| m.tab().known.0 == 1);
    assert!(desk.says("đã trả trong tháng này"));

    // The day's end.
    desk.press(egui::Modifiers::COMMAND, egui::Key::H);
    desk.until("the days are there", |m| {
        !m.history.is_loading && !m.history.batches.is_empty()
    });
    assert_eq!(desk.model().history.today.dong(), 150_000);
    desk.fill("Tiền đếm được", "150.000");
    assert!(desk.says("Khớp từng đồng"));
    desk.click("Kết ca");
    desk.until("the shift is kept", |m| m.history.shifts.len() == 1);
    let shift = desk.model().history.shifts[0].clone();
    assert_eq!((shift.paid.dong(), shift.off_by()), (150_000, 0));
    desk.until("the next one begins with nothing", |m| {
        m.history.in_shift.0 == 0 && m.history.shift_since_ms == shift.until_ms
    });
    desk.click("Xuất khoảng này");
    desk.until("the file is written", |m| {
        m.told.iter().any(|n| n.text.contains(".xlsx"))
    });
    let files = |desk: &Desk| {
        desk.model()
            .told
            .iter()
            .filter(|n| n.text.contains(".xlsx"))
            .count()
    };
    let batch = desk.model().history.batches[0].clone();
    desk.harness
        .get_by_role_and_label(
            egui::accesskit::Role::CheckBox,
            &format!("{} {}", batch.service.spec().title, batch.started),
        )
        .click();
    desk.harness.step();
    desk.harness.step();
    desk.click("Xuất 1 lô đã chọn");
    desk.until("the ticked batch is written", |m| {
        m.told.iter().filter(|n| n.text.contains(".xlsx")).count() == 2
    });

    // What was found goes to Excel too, and its story is told in the other language.
    desk.press(egui::Modifiers::COMMAND, egui::Key::F);
    desk.click("Xuất Excel");
    desk.until("what was found is written", |m| {
        m.told.iter().filter(|n| n.text.contains(".xlsx")).count() == 3
    });
    assert_eq!(files(&desk), 3);
    desk.click("English");
    desk.until("the story is English", |m| {
        m.find.story.as_ref().is_some_and(|story| {
            story
                .steps
                .iter()
                .any(|(_, step)| step.starts_with("Concluded: Paid 150.000 đ"))
        })
    });
}

#[test]
#[expect(clippy::too_many_lines, reason = "one story of a shop's two people")]
fn whoever_works_signs_in_and_stands_in_every_attempt() {
    let mut desk = Desk::bare(
        |s| {
            s.owing("PE0001", 150_000);
        },
        |sandbox, api, dir| {
            let mut config = Config::default();
            config.portal.url = sandbox.url();
            config.api.url = api.url();
            config.browser.headless = true;
            config.report.folder = dir.join("ket_qua").display().to_string();
            let vault = || {
                ConfigVault::create(&Unlock {
                    passphrase: Some("mèo trên mái".into()),
                    keyring: false,
                })
            };
            for (key, value) in [
                ("portal.username", AGENT),
                ("portal.password", "mk1234"),
                ("portal.pin", PIN),
                ("operator", "Chủ"),
            ] {
                let opened = |config: &Config| match &config.vault {
                    Some(header) => ConfigVault::open(
                        header,
                        &Unlock {
                            passphrase: Some("mèo trên mái".into()),
                            keyring: false,
                        },
                    ),
                    None => vault(),
                };
                config =
                    gachno::config::set(&config, key, &value.to_owned().into(), || opened(&config))
                        .expect(key);
            }
            config.save(&Home::at(dir).config_file()).expect("saved");
            None
        },
    );
    desk.until("it is locked", |m| matches!(m.setup, Setup::Locked(_)));
    desk.fill("Mật khẩu mở khóa", "mèo trên mái");
    desk.click("Mở khóa");
    desk.until("it is ready", |m| m.setup == Setup::Ready);
    assert!(
        !desk.model().lock.is_locked && desk.model().operator == "Chủ",
        "nobody has to sign in yet"
    );

    // Two people are let in; from now on the lock asks who it is.
    desk.press(egui::Modifiers::COMMAND, egui::Key::Comma);
    for (name, pin) in [("Chị Lan", "2468"), ("Anh Minh", "1357")] {
        desk.harness.get_by_label("Mã PIN riêng").scroll_to_me();
        desk.harness.run_ok();
        desk.fill("Tên bạn", name);
        desk.fill("Mã PIN riêng", pin);
        desk.click("Cho phép");
        desk.until("the name is there", move |m| {
            m.operators.iter().any(|one| one == name)
        });
    }
    let saved = std::fs::read_to_string(Home::at(desk.dir.path()).config_file()).expect("saved");
    assert!(
        saved.contains("Chị Lan") && !saved.contains("2468"),
        "sealed"
    );
    desk.press(egui::Modifiers::COMMAND, egui::Key::L);
    assert!(desk.says("Ai đang làm?"));
    desk.fill("Mã PIN của bạn, hoặc mật khẩu mở khóa", "1357");
    desk.click("Mở khóa");
    desk.until("somebody else's PIN is none", |m| m.lock.wrong == 1);
    desk.until("the next try may be made", |m| {
        m.lock.wait_s(jiff::Timestamp::now().as_millisecond()) == 0
    });
    desk.fill("Mã PIN của bạn, hoặc mật khẩu mở khóa", "2468");
    desk.click("Mở khóa");
    desk.until("Lan is in", |m| {
        !m.lock.is_locked && m.operator == "Chị Lan"
    });
    // Whoever is no owner changes how the window looks, and neither limits nor people.
    assert!(!desk.model().is_owner && desk.says("Chỉ chủ cửa hàng"));
    let remove = desk
        .harness
        .get_all_by_label("Xóa")
        .next()
        .expect("a button");
    assert!(remove.accesskit_node().is_disabled());

    desk.click(Service::PayEvn.spec().title);
    desk.fill("Mã khách hàng (mỗi dòng một mã)", "PE0001");
    desk.until("the line is read", |m| m.tab().list.jobs.len() == 1);
    desk.press(egui::Modifiers::NONE, egui::Key::F9);
    desk.until("the batch is over", |m| m.tab().phase == Phase::Over);
    desk.press(egui::Modifiers::COMMAND, egui::Key::F);
    desk.fill("Mã", "PE0001");
    desk.click("Kiểm tra");
    desk.until("the ledger has answered", |m| m.find.asked.is_some());
    desk.click("Diễn biến");
    desk.until("her name is in the story", |m| {
        m.find.story.as_ref().is_some_and(|story| {
            story
                .steps
                .iter()
                .any(|(_, step)| step.starts_with("Chị Lan nhận việc"))
        })
    });
    desk.press(egui::Modifiers::COMMAND, egui::Key::H);
    desk.until("and on the batch", |m| {
        m.history
            .batches
            .first()
            .is_some_and(|batch| batch.operator == "Chị Lan")
    });
}

#[test]
fn a_column_keeps_its_width_when_the_window_is_opened_again() {
    let mut desk = Desk::open(|_| {});
    desk.click(Service::PayEvn.spec().title);
    desk.fill("Mã khách hàng (mỗi dòng một mã)", "PE0001");
    desk.until("the line is read", |m| m.tab().list.jobs.len() == 1);
    let customer = |desk: &Desk| {
        desk.harness
            .get_by_role_and_label(egui::accesskit::Role::Button, "Khách hàng")
            .rect()
    };
    let before = customer(&desk);
    let edge = egui::pos2(before.left() - 4.0, before.center().y);
    desk.harness.drag_at(edge);
    desk.harness.step();
    desk.harness.hover_at(edge + egui::vec2(30.0, 0.0));
    desk.harness.step();
    desk.harness.hover_at(edge + egui::vec2(60.0, 0.0));
    desk.harness.step();
    desk.harness.drop_at(edge + egui::vec2(60.0, 0.0));
    desk.harness.run_ok();
    let after = customer(&desk);
    assert!(
        after.left() > before.left() + 30.0,
        "dragged from {before} to {after}"
    );

    // What eframe writes when the window closes, read by the next one.
    let mut kept = Kept::default();
    desk.harness
        .ctx
        .memory(|memory| eframe::set_value(&mut kept, "egui", memory));
    let mut next = Desk::open(|_| {});
    next.harness
        .ctx
        .memory_mut(|memory| *memory = eframe::get_value(&kept, "egui").expect("read"));
    next.click(Service::PayEvn.spec().title);
    next.fill("Mã khách hàng (mỗi dòng một mã)", "PE0001");
    next.until("the line is read", |m| m.tab().list.jobs.len() == 1);
    assert!(
        (customer(&next).left() - after.left()).abs() < 2.0,
        "{} is {after}",
        customer(&next)
    );
}

/// A browser that has renewed itself: what is wrong is said, one click mends it.
#[test]
#[cfg(target_os = "linux")]
fn a_driver_that_is_missing_is_fetched_at_one_click() {
    use std::os::unix::fs::PermissionsExt;
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let source = runtime.block_on(crate::driver::Source::with(&["7.0.1.5"]));
    let mut desk = Desk::bare(
        |_| {},
        |sandbox, api, dir| {
            let browser = dir.join("chromium");
            std::fs::write(&browser, "#!/bin/sh\necho Chromium 7.0.1.2\n").expect("written");
            std::fs::set_permissions(&browser, std::fs::Permissions::from_mode(0o700))
                .expect("a program");
            let mut config = Config::default();
            config.portal.url = sandbox.url();
            config.api.url = api.url();
            config.browser.browser_path = browser.display().to_string();
            config.browser.driver_mirror = source.url();
            Some(Demo {
                config,
                secrets: Secrets::default(),
            })
        },
    );
    desk.until("it is said", |m| {
        matches!(&m.driver, DriverCard::Wanted(why) if why.contains("7.0.1.2"))
            && matches!(m.browser, Reach::Bad(_))
    });
    desk.click("Tải trình điều khiển");
    desk.until("it is there", |m| {
        m.driver == DriverCard::None && m.browser == Reach::Good("chromium 7.0.1.2".to_owned())
    });
}

#[test]
fn the_first_set_up_seals_the_secrets_and_the_window_locks() {
    let mut desk = Desk::bare(|_| {}, |_, _, _| None);
    desk.until("it asks for the first set-up", |m| m.setup == Setup::First);
    desk.fill("Mã đại lý đăng nhập cổng", AGENT);
    desk.fill("Mật khẩu cổng (tối đa 6 ký tự)", "mk1234");
    desk.fill("Mã PIN", PIN);
    let url = desk.api.url();
    desk.fill("Địa chỉ máy chủ việc (API)", &url);
    desk.fill("Mật khẩu mở khóa (tự đặt)", "con mèo trên mái tôn");
    desk.click("Kiểm tra");
    desk.until("the server was asked", |m| matches!(m.api, Reach::Good(_)));
    desk.click("Lưu và bắt đầu");
    desk.until("it is ready", |m| m.setup == Setup::Ready && m.has_pin);
    let saved = std::fs::read_to_string(Home::at(desk.dir.path()).config_file()).expect("saved");
    assert!(
        !saved.contains("mk1234") && !saved.contains(PIN) && !saved.contains(AGENT),
        "sealed"
    );
    let config: Config = serde_json::from_str(&saved).expect("a configuration");
    assert_eq!(config.api.url, url);

    desk.click("Khóa");
    assert!(
        desk.model().lock.is_locked && !desk.says("Get dữ liệu"),
        "nothing is behind it"
    );
    desk.fill("Mật khẩu mở khóa hoặc mã PIN", "111111");
    desk.click("Mở khóa");
    desk.until("the try was wrong", |m| m.lock.wrong == 1);
    assert!(desk.says("Thử lại sau"));
    desk.until("the next try may be made", |m| {
        m.lock.wait_s(jiff::Timestamp::now().as_millisecond()) == 0
    });
    desk.fill("Mật khẩu mở khóa hoặc mã PIN", PIN);
    desk.click("Mở khóa");
    desk.until("it is open", |m| !m.lock.is_locked);

    // A limit is set in the window and stands in the file.
    desk.press(egui::Modifiers::COMMAND, egui::Key::Comma);
    desk.fill("Nhiều nhất cho một ngày", "5.000.000");
    desk.harness
        .get_by_role_and_label(egui::accesskit::Role::Button, "Lưu")
        .scroll_to_me();
    desk.harness.run_ok();
    desk.click("Lưu");
    desk.until("it is saved", |m| m.limits.per_day.is_some());
    let config = Config::load(&Home::at(desk.dir.path()).config_file()).expect("a configuration");
    assert_eq!(
        config.limits.per_day.map(gachno::domain::Vnd::dong),
        Some(5_000_000)
    );
}

#[test]
fn a_whole_day_at_the_desk() {
    // Morning: a new machine is set up, and the window locks while the coffee is fetched.
    let mut desk = Desk::bare(|_| {}, |_, _, _| None);
    desk.until("it asks for the first set-up", |m| m.setup == Setup::First);
    desk.fill("Tên bạn", "Lan");
    desk.fill("Mã đại lý đăng nhập cổng", AGENT);
    desk.fill("Mật khẩu cổng (tối đa 6 ký tự)", "mk1234");
    desk.fill("Mã PIN", PIN);
    let (portal, api) = (desk.sandbox.url(), desk.api.url());
    desk.fill("Địa chỉ máy chủ việc (API)", &api);
    desk.fill("Mật khẩu mở khóa (tự đặt)", "con mèo trên mái tôn");
    desk.click("Lưu và bắt đầu");
    desk.until("it is ready", |m| m.setup == Setup::Ready && m.has_pin);
    desk.press(egui::Modifiers::COMMAND, egui::Key::Comma);
    desk.set("portal.url", "Địa chỉ cổng đại lý", &portal);
    desk.click("Nâng cao");
    let box_of = "Trình duyệt không cửa sổ; khi đó không nhập được captcha, OTP";
    desk.harness
        .get_by_role_and_label(egui::accesskit::Role::CheckBox, box_of)
        .scroll_to_me();
    desk.harness.run_ok();
    desk.harness
        .get_by_role_and_label(egui::accesskit::Role::CheckBox, box_of)
        .click();
    desk.until("no browser windows here", |m| {
        m.settings
            .rows
            .iter()
            .any(|row| row.key == "browser.headless" && row.value == "true")
    });
    desk.harness.get_by_label("Cửa hàng").scroll_to_me();
    desk.harness.run_ok();
    desk.click("Cửa hàng");
    let folder = desk.dir.path().join("ket_qua").display().to_string();
    desk.set(
        "report.folder",
        "Thư mục báo cáo; trống là ket_qua",
        &folder,
    );
    desk.click("Khóa");
    desk.fill("Mật khẩu mở khóa hoặc mã PIN", "con mèo trên mái tôn");
    desk.click("Mở khóa");
    desk.until("it is open", |m| !m.lock.is_locked);

    // The list comes, and is tried without paying.
    desk.click(Service::PayEvn.spec().title);
    desk.press(egui::Modifiers::NONE, egui::Key::F5);
    desk.until("the list is there", |m| {
        m.fetching.is_none() && m.tab().list.jobs.len() >= 3
    });
    desk.click("Chạy thử");
    desk.until("the dry run is over", |m| m.tab().phase == Phase::Over);
    assert_eq!(
        (desk.sandbox.truth().moved, desk.model().tab().ended.clone()),
        (0, None)
    );

    // A locked window keeps nobody signed in at the portal: the next batch signs in anew.
    desk.click("Khóa");
    desk.fill("Mật khẩu mở khóa hoặc mã PIN", "con mèo trên mái tôn");
    desk.click("Mở khóa");
    desk.until("it is open again", |m| !m.lock.is_locked);

    // The portal wants an OTP; nobody is there to type it, so it is stopped and goes on when the
    // portal has calmed down.
    desk.sandbox.update(|scenario| scenario.switches.otp = true);
    desk.click("Bắt đầu");
    desk.until("somebody is needed", |m| m.needs_person.is_some());
    assert!(desk.says("Hiện trình duyệt"));
    desk.click("Dừng lại");
    desk.until("it has stopped", |m| m.tab().phase == Phase::Over);
    assert_eq!(desk.sandbox.truth().moved, 0);
    desk.sandbox
        .update(|scenario| scenario.switches.otp = false);
    desk.click("Chạy tiếp");
    desk.until("the batch is over", |m| {
        m.tab().phase == Phase::Over && m.busy == Busy::Nobody
    });
    let truth = desk.sandbox.truth();
    assert!(
        truth.moved > 0 && desk.model().tab().paid.dong() == truth.total,
        "{truth:?}"
    );

    // Evening: the report, and the cash.
    desk.click("Xuất Excel");
    desk.until("the report is saved", |m| m.tab().report.is_some());
    desk.press(egui::Modifiers::COMMAND, egui::Key::H);
    desk.until("the days are there", |m| {
        !m.history.is_loading && !m.history.batches.is_empty()
    });
    assert_eq!(desk.model().history.today.dong(), truth.total);
    assert!(
        desk.model()
            .history
            .batches
            .iter()
            .all(|batch| batch.operator == "Lan")
    );
}

/// A window whose jobs are handed out by a shop's server.
struct Shop {
    desk: Desk,
    server: gachno::server::Running,
    runtime: tokio::runtime::Runtime,
    _dir: tempfile::TempDir,
}

impl Shop {
    /// With bills of these codes and debts.
    fn open(bills: &[(&str, i64)]) -> Self {
        gachno::init_tls();
        let runtime = tokio::runtime::Runtime::new().expect("runtime");
        let dir = tempfile::tempdir().expect("folder");
        let flags = ServeFile {
            listen: Some(([127, 0, 0, 1], 0).into()),
            ..ServeFile::default()
        };
        let config = ServeConfig::gather(&Home::at(dir.path()), flags).expect("config");
        let server = runtime
            .block_on(gachno::server::start(config))
            .expect("server");
        let store = server.app().store().clone();
        let codes: Vec<&str> = bills.iter().map(|(code, _)| *code).collect();
        let list = JobList::from_lines(
            Service::PayEvn,
            gachno::domain::Defaults::default(),
            &codes.join("\n"),
        );
        let jobs: Vec<NewJob> = list
            .jobs
            .iter()
            .map(|job| NewJob::of(Service::PayEvn, job, gachno::store::jobs::JobOrigin::Sample))
            .collect();
        runtime
            .block_on(store.jobs().add(&jobs, &Actor::system()))
            .expect("added");
        let machine = runtime
            .block_on(store.machines().add(
                "quầy 1",
                &[Scope::Lease, Scope::Read],
                None,
                &Actor::system(),
            ))
            .expect("machine");
        let url = server.url();
        let mut desk = Desk::bare(
            |scenario| {
                for (code, debt) in bills {
                    scenario.owing(code, *debt);
                }
            },
            |sandbox, _, dir| {
                let mut config = Config::default();
                config.portal.url = sandbox.url();
                config.api.url = url;
                config.browser.headless = true;
                config.report.folder = dir.join("ket_qua").display().to_string();
                let secret = |text: &str| Some(text.to_owned().into());
                let token = Some(machine.token);
                let secrets = Secrets {
                    username: secret(AGENT),
                    password: secret("mk1234"),
                    pin: secret(PIN),
                    token,
                    ..Secrets::default()
                };
                Some(Demo { config, secrets })
            },
        );
        desk.until("the window is ready", |m| m.setup == Setup::Ready);
        desk.click(Service::PayEvn.spec().title);
        Self {
            desk,
            server,
            runtime,
            _dir: dir,
        }
    }

    /// Fetches so many jobs.
    fn fetch(&mut self, count: usize) {
        self.desk.click("Get dữ liệu");
        self.desk.until("the jobs are there", |m| {
            m.tab().list.jobs.len() == count && m.tab().has_tickets()
        });
    }

    /// The server's jobs with their states.
    fn states(&self) -> std::collections::BTreeMap<String, &'static str> {
        states(&self.runtime, &self.server)
    }

    /// Draws frames until all jobs of the server are in this state.
    fn until_all_are(&mut self, state: &str) {
        let (runtime, server) = (&self.runtime, &self.server);
        self.desk.until(state, |_| {
            states(runtime, server)
                .values()
                .all(|known| *known == state)
        });
    }

    fn close(self) {
        drop(self.desk);
        self.runtime.block_on(self.server.stop());
    }
}

fn states(
    runtime: &tokio::runtime::Runtime,
    server: &gachno::server::Running,
) -> std::collections::BTreeMap<String, &'static str> {
    let jobs = runtime
        .block_on(server.app().store().jobs().list(&JobFilter::default(), 100))
        .expect("read");
    jobs.into_iter()
        .map(|job| (job.code, job.state.wire()))
        .collect()
}

#[test]
fn what_the_server_hands_out_is_held_given_back_paid_and_told() {
    let mut shop = Shop::open(&[("PE0001", 150_000), ("PE0002", 90_000)]);
    shop.fetch(2);
    assert!(
        shop.states().values().all(|state| *state == "leased"),
        "{:?}",
        shop.states()
    );

    // Not wanted: others may have them.
    shop.desk
        .harness
        .get_by_label("Mã khách hàng (mỗi dòng một mã)")
        .focus();
    shop.desk.harness.step();
    shop.desk.press(egui::Modifiers::COMMAND, egui::Key::A);
    shop.desk.press(egui::Modifiers::NONE, egui::Key::Delete);
    shop.until_all_are("ready");
    shop.fetch(2);

    shop.desk.press(egui::Modifiers::NONE, egui::Key::F9);
    shop.desk
        .until("the batch is over", |m| m.tab().phase == Phase::Over);
    shop.desk
        .until("everything is told", |m| m.unacknowledged == 0);
    shop.until_all_are("done");
    assert_eq!(shop.desk.sandbox.truth().total, 240_000);
    shop.desk.press(egui::Modifiers::COMMAND, egui::Key::Comma);
    shop.desk.until("the web admin can be opened", |m| {
        m.admin
            .as_deref()
            .is_some_and(|admin| admin.ends_with("/admin"))
    });
    assert!(shop.desk.says("Trang quản trị"));
    shop.close();
}

#[test]
fn another_source_of_jobs_takes_unpaid_lists_back_and_leaves_a_running_batch_its_own() {
    let bills: Vec<(String, i64)> = (1..=6)
        .map(|n| (format!("PE000{n}"), 100_000 + n))
        .collect();
    let bills: Vec<(&str, i64)> = bills
        .iter()
        .map(|(code, debt)| (code.as_str(), *debt))
        .collect();
    let mut shop = Shop::open(&bills);
    let (own, other) = (shop.server.url(), shop.desk.api.url());
    shop.fetch(6);
    let set_source = |shop: &mut Shop, url: &str| {
        shop.desk.press(egui::Modifiers::COMMAND, egui::Key::Comma);
        shop.desk.set("api.url", "Địa chỉ máy chủ việc", url);
        shop.desk.press(egui::Modifiers::COMMAND, egui::Key::Num2);
    };

    // The list was handed out by a server that jobs do not come from any more.
    set_source(&mut shop, &other);
    assert!(shop.desk.model().tab().list.jobs.is_empty());
    assert!(!shop.desk.model().tab().has_tickets());
    assert!(
        shop.desk
            .model()
            .told
            .iter()
            .any(|notice| notice.text.contains("Get dữ liệu")),
        "the operator is told to fetch it again"
    );
    shop.desk.press(egui::Modifiers::NONE, egui::Key::F9);
    assert_eq!(shop.desk.model().busy, Busy::Nobody);
    shop.until_all_are("ready");

    // A batch that runs goes on with its own source, and tells it everything.
    set_source(&mut shop, &own);
    shop.fetch(6);
    shop.desk.press(egui::Modifiers::NONE, egui::Key::F9);
    shop.desk.until("one is paid", |m| {
        m.tab().counts.contains_key(&Outcome::Paid)
    });
    set_source(&mut shop, &other);
    assert_eq!(
        shop.desk.model().busy,
        Busy::Batch(Service::PayEvn),
        "it still runs"
    );
    shop.desk
        .until("the batch is over", |m| m.tab().phase == Phase::Over);
    assert_eq!(shop.desk.model().tab().counts[&Outcome::Paid], 6);
    shop.until_all_are("done");

    // What is over is not begun again with what the old source had handed out.
    let paid = shop.desk.sandbox.truth().total;
    shop.desk.press(egui::Modifiers::NONE, egui::Key::F9);
    shop.desk.until("it is refused", |m| {
        m.busy == Busy::Nobody
            && m.tab()
                .ended
                .as_ref()
                .is_some_and(|why| why.contains("Get dữ liệu"))
    });
    assert_eq!(shop.desk.sandbox.truth().total, paid);
    shop.close();
}

#[test]
fn a_dropped_file_is_read_sorted_and_searched() {
    let mut desk = Desk::open(|_| {});
    desk.click(Service::PayEvn.spec().title);
    let file = desk.dir.path().join("viec.csv");
    let lines: String = (0..6_000).map(|i| format!("PE{i:05}\n")).collect();
    std::fs::write(&file, format!("bill_code\n{lines}PE00001\n")).expect("written");
    desk.harness
        .input_mut()
        .dropped_files
        .push(std::sync::Arc::new(Dropped(file)));
    desk.harness.step();
    desk.until("the file is read", |m| m.tab().rows.len() == 6_000);
    assert_eq!(desk.model().tab().list.duplicates.len(), 1);
    assert!(desk.model().tab().is_too_long_to_edit() && desk.says("quá dài để sửa ở đây"));
    desk.fill("Tìm trong bảng", "pe0599");
    desk.until("it is searched beside the window", |m| {
        m.tab()
            .order
            .as_ref()
            .is_some_and(|order| order.len() == 10)
    });
}

#[test]
fn vietnamese_is_typed_as_its_tools_type_it() {
    use egui::{Event, ImeEvent, Key, Modifiers};
    let mut desk = Desk::open(|_| {});
    desk.press(Modifiers::COMMAND, Key::F);
    desk.harness.get_by_label("Mã").focus();
    desk.harness.step();
    // Unikey swallows the key, takes back what it has typed, and types the letter with its tone,
    // all in one go.
    let backspace = |pressed| Event::Key {
        key: Key::Backspace,
        physical_key: None,
        pressed,
        repeat: false,
        modifiers: Modifiers::NONE,
    };
    for event in [
        Event::Text("Vie".into()),
        backspace(true),
        backspace(false),
        Event::Text("ệ".into()),
        Event::Text("t".into()),
    ] {
        desk.harness.event(event);
    }
    desk.harness.step();
    assert_eq!(desk.model().find.query, "Việt");
    // ibus shows what is being written first, and then commits it.
    for event in [
        Event::Text(" ".into()),
        Event::Ime(ImeEvent::Commit("Đức".into())),
    ] {
        desk.harness.event(event);
        desk.harness.step();
    }
    assert_eq!(desk.model().find.query, "Việt Đức");
}

#[test]
fn every_word_follows_the_language() {
    let mut desk = Desk::open(|_| {});
    desk.click("English");
    desk.until("it speaks English", |m| {
        m.language == gachno::desktop::words::Language::En
    });
    assert!(desk.says("Get data") && desk.says("Electricity (EVN)") && !desk.says("Bắt đầu"));
    desk.click("Tiếng Việt");
    desk.until("it speaks Vietnamese again", |m| {
        m.language == gachno::desktop::words::Language::Vi
    });
    assert!(desk.says("Get dữ liệu"));
}

#[test]
fn auto_mode_does_service_by_service_and_stops_when_it_is_told_to() {
    let mut desk = Desk::open(|_| {});
    let box_of_auto = desk
        .harness
        .get_by_role_and_label(egui::accesskit::Role::CheckBox, "Tự động");
    box_of_auto.click();
    desk.harness.step();
    desk.harness.step();
    assert!(
        !desk.model().auto.is_on && desk.says("tự trả tiền thật"),
        "one click does not pay by itself"
    );
    desk.click("Bật tự động");
    desk.until("two services are done", |m| {
        m.tabs
            .values()
            .filter(|tab| tab.phase == Phase::Over)
            .count()
            >= 2
    });
    desk.until("a batch runs", |m| {
        m.running()
            .is_some_and(|s| m.tabs[&s].phase == Phase::Running)
    });
    desk.click("Dừng lại");
    desk.until("it has stopped", |m| m.busy == Busy::Nobody);
    assert!(!desk.model().auto.is_on, "a stop that stops");
    let reports = desk
        .model()
        .tabs
        .values()
        .filter(|tab| tab.report.is_some())
        .count();
    assert!(reports >= 1, "each batch leaves its report");
}

#[test]
fn every_screen_draws_with_every_letter_and_every_control_has_a_name() {
    // The harness fails on a missing glyph and on a control without an accessible name.
    let mut desk = Desk::open(|_| {});
    for service in Service::ALL {
        desk.click(service.spec().title);
        desk.click("Get dữ liệu");
        desk.until("the list is there", |m| {
            m.fetching.is_none() && !m.tab().list.jobs.is_empty()
        });
    }
    for place in ["Đã trả chưa?", "Lịch sử", "Cài đặt", "Thông báo"] {
        desk.click(place);
        desk.harness.run_ok();
    }
    let name = |dark: bool| if dark { "Nền sáng" } else { "Nền tối" };
    let dark = desk.harness.ctx.theme() == egui::Theme::Dark;
    desk.click(name(dark));
    desk.harness.run_ok();
    desk.click(name(!dark));
}

/// A screen of its own for a real window; gone when it is dropped.
#[cfg(target_os = "linux")]
struct Screen(std::process::Child, String);

#[cfg(target_os = "linux")]
impl Screen {
    /// `None` where there is no Xvfb.
    fn start() -> Option<Self> {
        use std::io::{BufRead, BufReader};
        let mut command = std::process::Command::new("Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1280x800x24"]);
        let mut server = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::null())
            .spawn()
            .ok()?;
        let mut number = String::new();
        BufReader::new(server.stdout.as_mut()?)
            .read_line(&mut number)
            .ok()?;
        Some(Self(server, format!(":{}", number.trim())))
    }
}

#[cfg(target_os = "linux")]
impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_real_window_opens_on_a_real_screen_and_ends_when_it_is_told_to() {
    let Some(screen) = Screen::start() else {
        return eprintln!("skipped: no Xvfb here (scripts/install.sh brings it)");
    };
    let dir = tempfile::tempdir().expect("folder");
    let mut window = std::process::Command::new(env!("CARGO_BIN_EXE_gachno"))
        .env("GACHNO_HOME", dir.path())
        .env("DISPLAY", &screen.1)
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env_remove("WAYLAND_DISPLAY")
        .spawn()
        .expect("starts");
    let wait = |what: &str, condition: &mut dyn FnMut() -> bool| {
        let end = Instant::now() + PATIENCE;
        while !condition() {
            assert!(Instant::now() < end, "{what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    };
    // The worker opens the ledger once the window has a surface to draw on.
    let ledger = dir.path().join("ledger.db");
    wait("the window opens", &mut || ledger.exists());
    terminate(&window);
    wait("the window closes", &mut || {
        window.try_wait().expect("asked").is_some()
    });
    assert!(window.wait().expect("ended").success());
}
