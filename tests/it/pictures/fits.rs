//! Letters of every size on small screens: everything can be reached, and nothing that one works with lies
//! over anything else.

use egui::accesskit::Role;
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use gachno::desktop::dress;
use gachno::desktop::model::{Login, Model, Phase, Place};
use gachno::domain::Service;

use super::{Picture, at_work, in_doubt, painted, ready};

/// Width and height of the screen, and how large letters are.
type Screen = (f32, f32, f32);

const SCREENS: [Screen; 5] = [
    (1280.0, 800.0, 0.8),
    (1280.0, 740.0, 1.5),
    (1280.0, 740.0, 2.0),
    (1024.0, 540.0, 1.0),
    (1024.0, 540.0, 1.25),
];

fn over() -> Model {
    let mut model = at_work(24);
    model.busy = gachno::desktop::model::Busy::Nobody;
    model.doubts = vec![super::found(
        gachno::domain::Outcome::Unknown,
        gachno::domain::Proof::None,
    )];
    let tab = model.tab_mut();
    (tab.phase, tab.batch) = (Phase::Over, Some("b".into()));
    tab.report = Some("/tmp/ket_qua/Thanh toán điện EVN/1031-20-11-2026.xlsx".into());
    model
}

fn running() -> Model {
    let mut model = at_work(9);
    for login in 0..3 {
        model.tab_mut().logins.insert(login, Login::default());
    }
    model
}

fn top_ups() -> Model {
    ready(
        Service::TopUpMulti,
        "0981234567|50000\n0972333444|100000\n0905111222\n0981234567|50000\n12345",
    )
}

fn doubt() -> Model {
    let mut model = ready(Service::PayEvn, "");
    in_doubt(&mut model);
    model
}

fn settings() -> Model {
    let mut model = ready(Service::PayEvn, "");
    model.place = Place::Settings;
    let config = gachno::config::Config::default();
    let value = |key: &String| gachno::config::get(&config, key).unwrap_or_default();
    let rows = gachno::config::keys()
        .into_iter()
        .map(|key| (key.clone(), value(&key), gachno::config::is_secret(&key)));
    model.settings.take(rows.collect());
    model
}

/// Where pictures of the small screens are wanted, for whoever looks at them.
fn folder() -> Option<std::path::PathBuf> {
    std::env::var_os("GACHNO_PICTURES").map(Into::into)
}

fn on(what: &str, screen: Screen, model: Model) -> Harness<'static, Picture> {
    let (width, height, zoom) = screen;
    // A window is as many points as its pixels by the letters' size.
    let mut builder = Harness::builder()
        .with_size(egui::vec2(width / zoom, height / zoom))
        .with_pixels_per_point(zoom);
    if folder().is_some() {
        builder = builder.wgpu();
    }
    let mut harness = builder.build_eframe(move |creation| {
        dress(&creation.egui_ctx);
        creation.egui_ctx.set_theme(egui::Theme::Light);
        Picture(model)
    });
    for _ in 0..6 {
        harness.step();
    }
    painted(&mut harness);
    if let Some(folder) = folder() {
        let picture = harness.render().expect("rendered");
        let name = format!("{what}-{width}x{height}-{zoom}.png");
        picture.save(folder.join(name)).expect("saved");
    }
    harness
}

fn is_control(node: &egui_kittest::Node<'_>) -> bool {
    matches!(
        node.accesskit_node().role(),
        Role::Button | Role::CheckBox | Role::TextInput | Role::ComboBox
    )
}

/// Where the control at this place of them all lies, and its name.
fn control(harness: &Harness<'_, Picture>, place: usize) -> Option<(String, egui::Rect)> {
    let node = harness
        .root()
        .children_recursive()
        .filter(is_control)
        .nth(place)?;
    let name = node.accesskit_node().label().unwrap_or_default();
    Some((name, node.rect()))
}

/// Everything can be reached, by scrolling where need be.
fn all_is_reached(what: &str, model: impl Fn() -> Model) {
    for screen in SCREENS {
        let mut harness = on(what, screen, model());
        let seen = harness.ctx.content_rect();
        let mut place = 0;
        while let Some((name, at)) = control(&harness, place) {
            // Rows go with the table, whose head is looked at.
            if name.contains(|c: char| c.is_ascii_digit()) && name.len() > 8 {
                place += 1;
                continue;
            }
            if !seen.contains(at.center()) {
                if let Some(node) = harness
                    .root()
                    .children_recursive()
                    .filter(is_control)
                    .nth(place)
                {
                    node.scroll_to_me();
                }
                for _ in 0..12 {
                    harness.step();
                }
            }
            if let Some((name, at)) = control(&harness, place) {
                assert!(
                    seen.contains(at.center()),
                    "{what} on {screen:?}: {name} at {at} of {seen}"
                );
            }
            place += 1;
        }
        assert!(place > 10, "{what} has controls");
    }
}

/// These buttons lie on the screen and beside each other.
fn buttons_lie_apart(what: &str, model: impl Fn() -> Model, names: &[&str]) {
    for screen in SCREENS {
        let harness = on(what, screen, model());
        let seen = harness.ctx.content_rect().expand(1.0);
        let places: Vec<(&str, egui::Rect)> = names
            .iter()
            .map(|name| {
                (
                    *name,
                    harness.get_by_role_and_label(Role::Button, name).rect(),
                )
            })
            .collect();
        for (place, (name, at)) in places.iter().enumerate() {
            assert!(
                seen.contains_rect(*at),
                "{what} on {screen:?}: {name} at {at} of {seen}"
            );
            for (other, there) in &places[place + 1..] {
                assert!(
                    !at.shrink(1.0).intersects(*there),
                    "{what} on {screen:?}: {name} at {at}, {other} at {there}"
                );
            }
        }
    }
}

#[test]
fn a_list_of_top_ups_fits() {
    let names = [
        "Get dữ liệu",
        "Mở tệp…",
        "Chép bảng",
        "Chạy thử",
        "Bắt đầu",
        "Khóa",
    ];
    buttons_lie_apart("nap", top_ups, &names);
    all_is_reached("nap", top_ups);
}

#[test]
fn a_batch_at_work_fits() {
    let names = ["Get dữ liệu", "Chép bảng", "Tạm dừng", "Dừng lại", "Khóa"];
    buttons_lie_apart("chay", running, &names);
    all_is_reached("chay", running);
}

#[test]
fn a_batch_that_is_over_and_written_fits() {
    let names = [
        "Get dữ liệu",
        "Danh sách mới",
        "Chép bảng",
        "Mở thư mục",
        "Mở báo cáo",
        "Xuất Excel",
        "Đối soát",
        "Khóa",
    ];
    buttons_lie_apart("xong", over, &names);
    all_is_reached("xong", over);
}

#[test]
fn a_doubt_that_is_decided_fits() {
    all_is_reached("chua_ro", doubt);
}

#[test]
fn days_fit() {
    all_is_reached("lich_su", super::history);
}

#[test]
fn settings_fit() {
    all_is_reached("cai_dat", settings);
}
