//! Every screen as a picture, in Vietnamese, light and dark: compared with what lies in
//! `assets/screens`, which the README shows. `UPDATE_SNAPSHOTS=1 cargo nextest run -E
//! 'test(pictures::)'` takes them anew.

mod fits;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use egui_kittest::{Harness, SnapshotOptions, SnapshotResults};
use gachno::desktop::model::rows::{JobRow, RowState, TableWish};
use gachno::desktop::model::side::{BatchView, Story};
use gachno::desktop::model::{
    Busy, FoundAttempt, Login, Model, Needed, Phase, Place, Reach, Settling, Setup, Wait,
};
use gachno::desktop::{draw, dress};
use gachno::domain::{Conclusion, Errand, Outcome, Proof, Service, Vnd};
use gachno::ledger::StoppedList;

struct Picture(Model);

impl eframe::App for Picture {
    fn ui(&mut self, ui: &mut egui::Ui, _: &mut eframe::Frame) {
        draw(ui, &mut self.0);
    }
}

/// Takes the picture in both themes.
fn taken(name: &str, model: impl Fn() -> Model) {
    // The pixels of text differ a little between versions of the software renderer.
    let options = SnapshotOptions::new()
        .threshold(2.0)
        .max_failed_pixels(100)
        .output_path("assets/screens");
    let mut results = SnapshotResults::new();
    for (theme, suffix) in [(egui::Theme::Light, "sang"), (egui::Theme::Dark, "toi")] {
        let model = model();
        let mut harness = Harness::builder()
            .with_size(egui::vec2(1280.0, 800.0))
            .with_theme(theme)
            .wgpu()
            .build_eframe(move |creation| {
                dress(&creation.egui_ctx);
                creation.egui_ctx.set_theme(theme);
                Picture(model)
            });
        for _ in 0..6 {
            harness.step();
        }
        painted(&mut harness);
        results.add(harness.try_snapshot_options(format!("{name}_{suffix}"), &options));
    }
    results.unwrap();
}

/// Pictures in the window are read and decoded beside it.
fn painted(harness: &mut Harness<'_, Picture>) {
    let end = Instant::now() + Duration::from_secs(30);
    while harness.ctx.has_pending_images() {
        assert!(Instant::now() < end, "pictures are not shown");
        std::thread::sleep(Duration::from_millis(5));
        harness.step();
    }
    harness.step();
    harness.step();
}

fn dong(amount: u32) -> Vnd {
    Vnd::fixed(amount)
}

fn ready(service: Service, lines: &str) -> Model {
    let mut model = Model::new(false);
    model.setup = Setup::Ready;
    model.has_pin = true;
    model.place = Place::Service(service);
    model.api = Reach::Good("http://127.0.0.1:8080".into());
    model.browser = Reach::Good("Chromium 156".into());
    model.agent = Some("1234567890_VTP_00001_DB".into());
    model.balance = Some(dong(4_120_000));
    model.limits.per_day = Some(dong(50_000_000));
    lines.clone_into(&mut model.tab_mut().text);
    model.tab_mut().edited(service);
    model
}

const CUSTOMERS: [&str; 5] = [
    "NGUYỄN VĂN AN",
    "TRẦN THỊ BÍCH NGỌC",
    "LÊ HOÀNG PHƯỚC",
    "PHẠM ĐỨC THẮNG",
    "VÕ THỊ KIM UYÊN",
];

/// A batch of 24 bills, so many of them through.
fn at_work(done: usize) -> Model {
    let lines: String = (0..24)
        .map(|i| format!("PE0100{:05}\n", i * 37 + 5))
        .collect();
    let mut model = ready(Service::PayEvn, &lines);
    model.busy = Busy::Batch(Service::PayEvn);
    let tab = model.tab_mut();
    tab.started(false);
    for place in 0..done {
        let outcome = match place {
            4 => Outcome::NoDebt,
            7 => Outcome::Refused,
            9 => Outcome::Unknown,
            11 => Outcome::Rejected,
            _ => Outcome::Paid,
        };
        let message = match outcome {
            Outcome::Paid => format!(
                "Giao dịch thành công. Mã giao dịch: VTP00{:04}",
                4_100 + place
            ),
            Outcome::NoDebt => "Không còn nợ cước".to_owned(),
            Outcome::Refused => "Nợ 3.000 đ dưới mức tối thiểu 5.000 đ, không trả".to_owned(),
            Outcome::Unknown => "Cổng không trả lời; đang chờ lịch sử và số dư".to_owned(),
            _ => "Hóa đơn đã được thanh toán trước đó".to_owned(),
        };
        tab.rows.change(place, |row: &mut JobRow| {
            row.state = RowState::Done(outcome);
            row.customer = Some(CUSTOMERS[place % CUSTOMERS.len()].into());
            row.amount = (outcome != Outcome::NoDebt)
                .then(|| dong(96_000 + 41_500 * u32::try_from(place).unwrap_or_default()));
            row.message = Some(Arc::from(message));
        });
        *tab.counts.entry(outcome).or_default() += 1;
    }
    tab.done = done;
    tab.paid = dong(1_245_000);
    model
}

fn found(outcome: Outcome, proof: Proof) -> FoundAttempt {
    FoundAttempt {
        attempt: "0199".into(),
        service: Service::PayEvn,
        account: "PE010000190".into(),
        customer: Some("TRẦN THỊ BÍCH NGỌC".into()),
        end: Conclusion {
            outcome,
            proof,
            amount: Some(dong(412_000)),
            transaction_id: (outcome == Outcome::Paid).then(|| "VTP004113".to_owned()),
            message: if outcome == Outcome::Paid {
                "Giao dịch thành công. Số tiền: 412.000đ".into()
            } else {
                "Cổng không trả lời".into()
            },
        },
        at: "20/11/2026 10:31".into(),
    }
}

#[test]
fn an_empty_list() {
    taken("trong", || ready(Service::LookUpFtth, ""));
}

#[test]
fn a_list_that_is_ready() {
    taken("san_sang", || {
        let mut model = ready(
            Service::TopUpMulti,
            "0981234567|50000\n0972 333 444|100000\n+84 905 111 222|200000\n0981234567|50000\n12345\n0911222333",
        );
        model.tab_mut().known = (1, 0);
        model
    });
}

#[test]
fn a_batch_at_work_with_three_logins() {
    taken("dang_chay", || {
        let mut model = at_work(14);
        let tab = model.tab_mut();
        for (login, place) in [(0_usize, 14), (1, 15), (2, 16)] {
            let state = [RowState::Paying, RowState::LookingUp, RowState::Verifying][login];
            tab.rows.change(place, |row| row.state = state);
            let account = tab
                .rows
                .get(place)
                .map(|row| row.account.to_string())
                .unwrap_or_default();
            tab.logins.insert(
                login,
                Login {
                    at: Some((account, state)),
                    done: 5 - login,
                    ..Login::default()
                },
            );
        }
        model
    });
}

#[test]
fn somebody_is_needed() {
    taken("can_ban", || {
        let mut model = at_work(3);
        model.needs_person = Some(Needed {
            login: 0,
            errand: Errand::Otp,
            wait: Wait {
                since_ms: 0,
                until_ms: 270_000,
            },
        });
        model.tab_mut().logins.insert(
            0,
            Login {
                needs_person: true,
                ..Login::default()
            },
        );
        model
    });
}

#[test]
fn a_doubt_that_is_looked_into() {
    taken("doi_soat", || {
        let mut model = at_work(24);
        model.doubts = vec![found(Outcome::Unknown, Proof::None)];
        model.busy = Busy::Reconciling;
        model.now_ms = 50_000;
        model.settling = Some(Settling {
            open: 1,
            wait: Wait {
                since_ms: 0,
                until_ms: 150_000,
            },
        });
        model
    });
}

#[test]
fn a_batch_that_is_over_with_a_doubt() {
    taken("xong", || {
        let mut model = at_work(24);
        model.busy = Busy::Nobody;
        model.doubts = vec![found(Outcome::Unknown, Proof::None)];
        let tab = model.tab_mut();
        (tab.phase, tab.batch) = (Phase::Over, Some("b".into()));
        model
    });
}

#[test]
fn a_list_that_was_stopped_on_an_earlier_day() {
    taken("hoi_lam_tiep", || {
        let lines: String = (1..=6).map(|i| format!("098100000{i}|50000\n")).collect();
        let mut model = ready(Service::TopUpViettel, &lines);
        model.tab_mut().stopped = Some(StoppedList {
            batch: "0199".into(),
            started: "2026-11-24T09:12:00Z".parse().expect("a time"),
            jobs: 6,
            left: 2,
            paid: dong(200_000),
        });
        model
    });
}

#[test]
fn equal_top_ups_that_are_asked_about() {
    taken("hoi_nap_trung", || {
        let lines: String = (1..=6).map(|i| format!("098100000{i}|50000\n")).collect();
        let mut model = ready(Service::TopUpViettel, &lines);
        let tab = model.tab_mut();
        tab.started(false);
        tab.phase = Phase::Over;
        for place in 0..6 {
            let outcome = if place < 4 {
                Outcome::HeldBack
            } else {
                Outcome::Paid
            };
            tab.rows.change(place, |row| {
                row.state = RowState::Done(outcome);
                row.message = (outcome == Outcome::HeldBack).then(|| {
                    format!(
                        "Đã nạp 50.000 đ cho 098100000{} lúc 23:59 hôm qua",
                        place + 1
                    )
                    .into()
                });
            });
            *tab.counts.entry(outcome).or_default() += 1;
        }
        let job = tab.list.jobs[1].identity(Service::TopUpViettel);
        tab.meant.insert(job);
        (tab.done, tab.paid) = (6, dong(100_000));
        model
    });
}

#[test]
fn a_filtered_table() {
    taken("loc", || {
        let mut model = at_work(24);
        model.busy = Busy::Nobody;
        let tab = model.tab_mut();
        (tab.phase, tab.batch) = (Phase::Over, Some("b".into()));
        tab.wish = TableWish {
            query: "ngoc".into(),
            sort: Some((gachno::desktop::model::rows::TableColumn::Amount, true)),
            ..TableWish::default()
        };
        tab.reorder();
        model
    });
}

#[test]
fn was_it_paid() {
    taken("da_tra_chua", || {
        let mut model = ready(Service::PayEvn, "");
        model.place = Place::Find;
        model.find.query = "PE010000190".into();
        model.find.asked = Some("PE010000190".into());
        model.find.found = vec![found(Outcome::Paid, Proof::Response)];
        let steps = [
            (
                "20/11 10:31:02",
                "Cổng báo số tiền 412.000 đ, khách hàng TRẦN THỊ BÍCH NGỌC; số dư đại lý 4.532.000 đ",
            ),
            (
                "20/11 10:31:02",
                "Ghi sổ trước khi bấm: trả 412.000 đ từ 1234567890_VTP_00001_DB; số dư trước 4.532.000 đ; giữ yêu cầu và khóa đường truyền",
            ),
            (
                "20/11 10:31:02",
                "Yêu cầu xác nhận đã được kiểm tra đúng tài khoản và số tiền, cho đi một lần",
            ),
            (
                "20/11 10:31:03",
                "Cổng trả lời: “Giao dịch thành công. Số tiền: 412.000đ”; số dư sau 4.120.000 đ",
            ),
            (
                "20/11 10:31:03",
                "Kết luận: Đã thanh toán 412.000 đ, bằng Câu trả lời của cổng",
            ),
        ];
        let steps = steps
            .map(|(at, step)| (at.to_owned(), step.to_owned()))
            .to_vec();
        model.find.story = Some(Story {
            attempt: "0199".into(),
            steps,
            evidence: Vec::new(),
        });
        model
    });
}

#[test]
fn a_doubt_with_all_that_is_known() {
    taken("chua_ro", || {
        let mut model = ready(Service::PayEvn, "");
        in_doubt(&mut model);
        model
    });
}

/// A doubt with all that was kept of it, about to be decided.
fn in_doubt(model: &mut Model) {
    model.place = Place::Find;
    model.doubts = vec![found(Outcome::Unknown, Proof::None)];
    model.find.name = "Lan".into();
    let kept = |what: &str, file: &str| {
        let screens = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/pictures");
        (what.to_owned(), screens.join(file))
    };
    model.find.story = Some(Story {
        attempt: "0199".into(),
        steps: vec![
            (
                "20/11 10:31:02".into(),
                "Ghi sổ trước khi bấm: trả 412.000 đ; giữ yêu cầu và khóa đường truyền".into(),
            ),
            (
                "20/11 10:31:47".into(),
                "Cổng không trả lời trong 45 giây; chờ lịch sử và số dư".into(),
            ),
        ],
        evidence: vec![
            kept("màn hình trước khi xác nhận", "cong_truoc.png"),
            kept("màn hình lúc chưa rõ", "cong_sau.png"),
            kept("yêu cầu xác nhận (PIN đã che)", "yeu_cau.txt"),
            kept("trả lời nguyên văn của cổng", "tra_loi.txt"),
        ],
    });
}

#[test]
fn days_and_the_cash() {
    taken("lich_su", history);
}

/// A week of batches, and the cash of its last day.
fn history() -> Model {
    let mut model = ready(Service::PayEvn, "");
    model.place = Place::History;
    let history = &mut model.history;
    let paid = [
        3_100_000, 8_240_000, 5_905_000, 0, 7_770_000, 12_450_000, 9_132_000,
    ];
    history.by_day = (14..21)
        .zip(paid)
        .map(|(day, paid)| (format!("{day}/11"), dong(paid)))
        .collect();
    history.by_service = vec![
        (Service::PayEvn, 64, dong(28_300_000)),
        (Service::TopUpMulti, 41, dong(4_150_000)),
        (Service::PayTvInternet, 33, dong(14_147_000)),
    ];
    history.by_outcome = vec![
        (Outcome::Paid, 138),
        (Outcome::NoDebt, 12),
        (Outcome::Rejected, 3),
        (Outcome::Unknown, 1),
    ];
    history.today = dong(9_132_000);
    history.in_shift = (31, dong(9_132_000));
    history.shift.counted = "9.130.000".into();
    let batch = |started: &str, service, jobs, paid| BatchView {
        id: started.to_owned(),
        service,
        started: started.to_owned(),
        is_finished: true,
        is_dry_run: false,
        operator: "Lan".into(),
        jobs,
        paid: dong(paid),
    };
    history.batches = vec![
        batch("20/11/2026 15:02", Service::PayEvn, 32, 6_432_000),
        batch("20/11/2026 09:40", Service::TopUpMulti, 18, 2_700_000),
        batch("19/11/2026 16:21", Service::PayTvInternet, 33, 12_450_000),
    ];
    model
}

#[test]
fn settings_with_what_each_does() {
    taken("cai_dat", || {
        let mut model = ready(Service::PayEvn, "");
        model.place = Place::Settings;
        let config = gachno::config::Config::default();
        let value = |key: &String| gachno::config::get(&config, key).unwrap_or_default();
        model.settings.take(
            gachno::config::keys()
                .into_iter()
                .map(|key| (key.clone(), value(&key), gachno::config::is_secret(&key)))
                .collect(),
        );
        model.settings.diagnosis = vec![
            (true, "API".into(), "http://127.0.0.1:8080".into()),
            (true, "Chromium".into(), "Chromium 156".into()),
            (
                false,
                "tv".into(),
                "tv.code ≈ [id=\"payMoneyForm:maHopDong\"]".into(),
            ),
        ];
        model
    });
}

#[test]
fn a_locked_window() {
    taken("khoa", || {
        let mut model = at_work(14);
        model.lock.close();
        model
    });
}

#[test]
fn a_locked_window_that_asks_who_it_is() {
    taken("ai_dang_lam", || {
        let mut model = ready(Service::PayEvn, "");
        model.operators = vec!["Chị Lan".into(), "Anh Minh".into()];
        model.lock.close();
        model
    });
}

#[test]
fn the_first_set_up() {
    taken("thiet_lap", || {
        let mut model = ready(Service::PayEvn, "");
        model.setup = Setup::First;
        model.first.operator = "Lan".into();
        model.first.user = "1234567890_VTP_00001_DB".into();
        model.first.passphrase = "con mèo trên mái tôn nóng".into();
        model
    });
}
