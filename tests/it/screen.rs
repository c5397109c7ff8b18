//! The program itself on a screen with a window manager, by real clicks and keys and through the real
//! clipboard. Where to click is asked as a screen reader asks.

mod display;
mod reader;

use std::process::{Command, Stdio};
use std::time::Duration;

use gachno::config::{Config, ConfigVault, Home, Unlock, set};
use gachno::domain::Service;
use gachno::sandbox::{self, Sandbox, Scenario};

use self::display::{Display, Ended, TASKBAR, until};
use self::reader::{Place, Reader, Thing};
use crate::world::{AGENT, PIN, terminate};

const PASSPHRASE: &str = "mưa rào Hà Nội";

/// The window, open on a desktop of its own.
struct Desk {
    window: Ended,
    reader: Reader,
    display: Display,
    home: tempfile::TempDir,
}

impl Desk {
    /// `None` where there is no screen to be had here. `change`: keys of the configuration.
    fn open(size: (i32, i32), change: &[(&str, &str)]) -> Option<Self> {
        let home = tempfile::tempdir().expect("folder");
        let desktop = Display::start(size, home.path()).zip(Reader::start(home.path()));
        let Some((display, reader)) = desktop else {
            eprintln!("skipped: no desktop here (scripts/install.sh brings one)");
            return None;
        };
        configured(&Home::at(home.path()), change);
        let mut window = program(home.path(), &display, &reader);
        let desk = Self {
            window: Ended(window.spawn().expect("starts")),
            reader,
            display,
            home,
        };
        desk.place_of("Get dữ liệu");
        Some(desk)
    }

    /// The program once more, on the same desktop.
    fn program(&self) -> Command {
        program(self.home.path(), &self.display, &self.reader)
    }

    /// Where *Dừng lại* lies on the small bar: at its left end. The bar is told from the window by its
    /// height.
    fn place_on_the_bar(&self) -> Place {
        until("the small bar is there", || {
            let all = ["search", "--onlyvisible", "--class", "gachno"];
            let all = self.display.hand(&all)?;
            all.lines().find_map(|window| {
                let told = ["getwindowgeometry", "--shell", window];
                let told = self.display.hand(&told)?;
                let number = |name: &str| -> Option<i32> {
                    let line = told.lines().find_map(|line| line.strip_prefix(name))?;
                    line.parse().ok()
                };
                let is_bar = number("HEIGHT=")? < 100;
                is_bar.then_some((number("X=")? + 12, number("Y=")? + 12, 60, 20))
            })
        })
    }

    fn things(&self) -> Vec<Thing> {
        self.reader.things_of(self.window.0.id())
    }

    /// Waits until this is told somewhere.
    fn hears(&self, text: &str) {
        until(text, || {
            let told = self.things();
            told.iter()
                .any(|thing| thing.name.contains(text))
                .then_some(())
        });
    }

    /// Where a control of this name lies, once it lies still.
    fn place_of(&self, name: &str) -> Place {
        self.place(name, Thing::is_button)
    }

    fn place(&self, name: &str, is_wanted: impl Fn(&Thing) -> bool) -> Place {
        let mut before = None;
        until(name, || {
            let things = self.things();
            let wanted = things
                .iter()
                .find(|thing| thing.name == name && is_wanted(thing) && thing.is_enabled());
            let place = self.reader.place_of(wanted?)?;
            (before.replace(place) == Some(place) && place.2 > 0).then_some(place)
        })
    }

    fn click(&self, name: &str) {
        self.click_in(self.place_of(name));
    }

    fn click_in(&self, (left, top, width, height): Place) {
        self.display.click_at(left + width / 2, top + height / 2);
    }

    /// Does the window have the keys?
    fn is_in_front(&self) -> bool {
        self.display.active().starts_with("GạchNợ")
    }

    /// Is there a browser's window on the screen?
    fn has_browser(&self) -> bool {
        let search = ["search", "--onlyvisible", "--class", "chrom"];
        self.display
            .hand(&search)
            .is_some_and(|found| !found.is_empty())
    }

    /// Puts the cursor into a field.
    fn enter(&self, name: &str) {
        self.click_in(self.place(name, Thing::is_field));
    }
}

/// The program as it is started on a desktop.
fn program(home: &std::path::Path, display: &Display, reader: &Reader) -> Command {
    let mut window = Command::new(env!("CARGO_BIN_EXE_gachno"));
    window
        .current_dir(home)
        .env("GACHNO_HOME", home)
        .env("GACHNO_PASSPHRASE", PASSPHRASE)
        .env("DISPLAY", &display.name)
        .env("DBUS_SESSION_BUS_ADDRESS", &reader.address)
        .env("AT_SPI_BUS_ADDRESS", &reader.address)
        .env("LIBGL_ALWAYS_SOFTWARE", "1")
        .env_remove("WAYLAND_DISPLAY")
        .stdin(Stdio::null());
    window
}

impl Drop for Desk {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let file = std::env::temp_dir().join(format!("gachno-{}.png", self.window.0.id()));
            self.display.photograph(&file);
            let told: Vec<String> = self.things().into_iter().map(|thing| thing.name).collect();
            eprintln!("{}: {told:?}", file.display());
        }
        // A story may have ended it itself.
        if !matches!(self.window.0.try_wait(), Ok(None)) {
            return;
        }
        terminate(&self.window.0);
        // It finishes what is on its way and closes its browser; one that hangs is ended.
        for _ in 0..400 {
            if self.window.0.try_wait().ok().flatten().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(25));
        }
        gachno::browser::reap(&self.home.path().join("run"));
    }
}

/// A machine on which the first set-up is over.
fn configured(home: &Home, change: &[(&str, &str)]) {
    let unlock = Unlock {
        passphrase: Some(PASSPHRASE.to_owned().into()),
        keyring: false,
    };
    let folder = home.ledger().with_file_name("ket_qua");
    let folder = folder.display().to_string();
    let mut config = Config::default();
    let common = [("portal.pin", PIN), ("report.folder", folder.as_str())];
    for (key, value) in common.iter().chain(change) {
        let vault = || match &config.vault {
            Some(header) => ConfigVault::open(header, &unlock),
            None => ConfigVault::create(&unlock),
        };
        config = set(&config, key, &(*value).to_owned().into(), vault).expect(key);
    }
    config.save(&home.config_file()).expect("saved");
}

#[test]
fn a_table_is_pasted_from_another_program_and_copied_into_one() {
    let Some(desk) = Desk::open((1366, 768), &[]) else {
        return;
    };
    desk.click(Service::PayEvn.spec().title);
    let excel = desk
        .display
        .copy("Mã khách hàng\tTên\tSố tiền\r\nPE0001\tNguyễn Văn An\t150.000\r\nPE0002\tTrần Thị Bích\t90.000\r\n");
    desk.enter("Mã khách hàng (mỗi dòng một mã)");
    desk.display.press("ctrl+v");
    desk.hears("Sẵn sàng · 2 dòng");
    drop(excel);
    desk.click("Chép bảng");
    let text = until("the table is in the clipboard", || {
        Some(desk.display.copied()).filter(|text| text.contains("PE0002"))
    });
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].contains("Mã\tKhách hàng\tSố tiền"), "{text}");
    assert!(
        lines[1].contains("PE0001") && lines[1].contains("150000"),
        "{text}"
    );
}

/// Is all of it on the screen, above the taskbar?
fn is_seen(desk: &Desk, (left, top, width, height): Place) -> bool {
    let (right, bottom) = (desk.display.size.0, desk.display.size.1 - TASKBAR);
    left >= 0 && top >= 0 && left + width <= right && top + height <= bottom
}

/// The buttons that one works with are seen, whatever the screen.
fn buttons_are_on_a_screen_of(size: (i32, i32)) {
    let Some(desk) = Desk::open(size, &[]) else {
        return;
    };
    desk.click(Service::PayEvn.spec().title);
    let list = desk.display.copy("PE0001\nPE0002\nPE0003");
    desk.enter("Mã khách hàng (mỗi dòng một mã)");
    desk.display.press("ctrl+v");
    desk.hears("Sẵn sàng · 3 dòng");
    drop(list);
    for name in [
        "Get dữ liệu",
        "Mở tệp…",
        "Chép bảng",
        "Chạy thử",
        "Bắt đầu",
        "Cài đặt",
    ] {
        let place = desk.place_of(name);
        assert!(
            is_seen(&desk, place),
            "{name} lies at {place:?} of {size:?}"
        );
    }
    let export = until("the last button", || {
        let things = desk.things();
        let export = things.iter().find(|thing| thing.name == "Xuất Excel")?;
        desk.reader.place_of(export)
    });
    assert!(is_seen(&desk, export), "{export:?} of {size:?}");
}

#[test]
fn every_button_is_on_a_screen_of_1280_by_800() {
    buttons_are_on_a_screen_of((1280, 800));
}

#[test]
fn every_button_is_on_a_screen_of_1366_by_768() {
    buttons_are_on_a_screen_of((1366, 768));
}

#[test]
fn every_button_is_on_a_screen_of_1920_by_1080() {
    buttons_are_on_a_screen_of((1920, 1080));
}

#[test]
fn every_button_is_on_a_screen_of_1024_by_600() {
    buttons_are_on_a_screen_of((1024, 600));
}

/// A portal with two bills.
fn portal(runtime: &tokio::runtime::Runtime, change: impl FnOnce(&mut Scenario)) -> Sandbox {
    gachno::init_tls();
    let mut scenario = Scenario::default();
    scenario.owing("PE0001", 150_000);
    scenario.owing("PE0002", 90_000);
    change(&mut scenario);
    let options = sandbox::SandboxOptions {
        scenario,
        ..sandbox::SandboxOptions::default()
    };
    runtime.block_on(sandbox::start(options)).expect("sandbox")
}

/// A window whose agent is at this portal, in a browser that is seen.
fn desk_at(portal: &Sandbox) -> Option<Desk> {
    let url = portal.url();
    let keys = [
        ("portal.url", url.as_str()),
        ("portal.username", AGENT),
        ("portal.password", "mk1234"),
    ];
    Desk::open((1366, 768), &keys)
}

/// A batch of two bills that has begun. What is named first ends first.
struct AtWork {
    desk: Desk,
    portal: Sandbox,
    _runtime: tokio::runtime::Runtime,
}

/// `None` where there is no screen to be had here. `change`: what the portal does.
fn at_work(change: impl FnOnce(&mut Scenario)) -> Option<AtWork> {
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let portal = portal(&runtime, change);
    let desk = desk_at(&portal)?;
    begin(&desk);
    Some(AtWork {
        desk,
        portal,
        _runtime: runtime,
    })
}

/// Pastes two bills and begins.
fn begin(desk: &Desk) {
    desk.click(Service::PayEvn.spec().title);
    let list = desk.display.copy("PE0001\nPE0002");
    desk.enter("Mã khách hàng (mỗi dòng một mã)");
    desk.display.press("ctrl+v");
    desk.hears("Sẵn sàng · 2 dòng");
    drop(list);
    desk.click("Bắt đầu");
}

#[test]
fn two_bills_are_paid_by_clicks_alone_and_the_window_stays_in_front() {
    let Some(at) = at_work(|_| {}) else {
        return;
    };
    at.desk.hears("Phiên 1");
    until("the window is in front of the browser", || {
        at.desk.has_browser().then_some(())?;
        at.desk.is_in_front().then_some(())
    });
    at.desk.hears("Xong · 2 đã thanh toán");
    assert!(at.desk.is_in_front(), "{}", at.desk.display.active());
    assert_eq!(at.portal.truth().total, 240_000);
    at.desk.click("Xuất Excel");
    at.desk.hears("Đã lưu");
    let reports = std::fs::read_dir(at.desk.home.path().join("ket_qua")).expect("a folder");
    assert_eq!(reports.count(), 1, "one service, one folder");
}

#[test]
fn the_browser_comes_to_the_front_where_a_person_is_wanted_in_it() {
    let Some(at) = at_work(|scenario| scenario.switches.otp = true) else {
        return;
    };
    at.desk.hears("Hiện trình duyệt");
    until("the browser is in front", || {
        (at.desk.has_browser() && !at.desk.is_in_front()).then_some(())
    });
    at.desk
        .hears("nhập mã OTP rồi bấm XÁC NHẬN trên trình duyệt · còn 4:");
}

#[test]
fn settings_stand_in_two_groups_in_words_and_seconds() {
    let Some(desk) = Desk::open((1366, 768), &[]) else {
        return;
    };
    desk.click("Cài đặt");
    desk.hears("Mã PIN xác nhận thanh toán");
    desk.hears("Giới hạn");
    desk.click("Nâng cao");
    desk.hears("Các mốc đối soát (giây sau khi chưa rõ)");
    desk.hears("Khóa cả đường truyền khi giữ");
    let told = desk.things();
    let is_there = |text: &str| told.iter().any(|thing| thing.name.contains(text));
    assert!(!is_there("mili giây") && !is_there("Mã PIN xác nhận"));
}

#[test]
fn a_second_window_brings_the_first_to_the_front_and_ends() {
    let Some(desk) = Desk::open((1366, 768), &[]) else {
        return;
    };
    let mut other = Ended(desk.program().spawn().expect("starts"));
    let ended = until("the second window ends", || {
        other.0.try_wait().expect("a child")
    });
    assert!(ended.success(), "{ended}");
    until("the first is in front", || desk.is_in_front().then_some(()));
}

#[test]
fn a_small_bar_lies_over_the_browser_and_stops_the_batch() {
    let Some(at) = at_work(|scenario| scenario.switches.otp = true) else {
        return;
    };
    at.desk.hears("Hiện trình duyệt");
    at.desk.click_in(at.desk.place_on_the_bar());
    at.desk.hears("Chạy tiếp");
}

#[test]
fn f1_opens_the_guide_at_the_place_where_one_is() {
    let Some(desk) = Desk::open((1366, 768), &[]) else {
        return;
    };
    desk.display.hand(&["key", "F1"]);
    desk.hears("Sáu dịch vụ");
    desk.click("Mục lục");
    desk.hears("Bắt đầu: đọc gì trước");
    // The work stays beside it.
    desk.place_of("Get dữ liệu");
    desk.click("Đóng");
    desk.display.hand(&["key", "ctrl+h"]);
    desk.hears("Lịch sử và đối chiếu");
    desk.display.hand(&["key", "F1"]);
    desk.hears("Cuối ngày");
}

#[test]
fn nothing_of_the_browser_stays_when_the_window_is_gone() {
    let Some(mut at) = at_work(|_| {}) else {
        return;
    };
    until("the browser is there", || {
        at.desk.has_browser().then_some(())
    });
    terminate(&at.desk.window.0);
    until("the window is gone", || {
        at.desk.window.0.try_wait().expect("a child").map(|_| ())
    });
    // A desktop has a session bus, and there Chromium writes its command line otherwise.
    let folder = at.desk.home.path().display().to_string();
    until("its browsers are gone", || {
        let processes = std::fs::read_dir("/proc").ok()?.flatten();
        let lines = processes.filter_map(|p| std::fs::read(p.path().join("cmdline")).ok());
        let mut lines = lines.map(|line| String::from_utf8_lossy(&line).into_owned());
        let stays = lines.any(|line| line.contains(&folder) && line.contains("--user-data-dir="));
        (!stays).then_some(())
    });
}
