//! The screen: a function from the model to what was asked for. Text fields change their own text; nothing else does.

use egui::{Align, Button, CentralPanel, Color32, ComboBox, Frame, Layout, Margin, Panel, ProgressBar, RichText, ScrollArea, TextEdit, Ui};

use super::model::{Action, Model, Phase, Setup, Status};
use super::style::{ACCENT, Tone, sentence};
use super::table;
use crate::domain::service::Amounts;
use crate::domain::{PaymentType, Service};

/// Draws everything; says what was clicked.
pub fn show(ui: &mut Ui, model: &mut Model) -> Vec<Action> {
    let mut actions = Vec::new();
    Panel::left("services").exact_size(232.0).resizable(false).show(ui, |ui| side_bar(ui, model, &mut actions));
    Panel::top("head").show(ui, |ui| head(ui, model, &mut actions));
    Panel::bottom("actions").show(ui, |ui| action_bar(ui, model, &mut actions));
    if let Setup::Locked(why) = &model.setup {
        let why = why.clone();
        CentralPanel::default().show(ui, |ui| unlock(ui, model, why.as_deref(), &mut actions));
        return actions;
    }
    Panel::left("form").default_size(290.0).show(ui, |ui| form(ui, model, &mut actions));
    CentralPanel::default().show(ui, |ui| list(ui, model));
    actions
}

fn side_bar(ui: &mut Ui, model: &Model, actions: &mut Vec<Action>) {
    ui.add_space(12.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new("GạchNợ").font(sentence()));
        if model.is_demo {
            ui.label(RichText::new("dùng thử").small());
        }
    });
    ui.add_space(8.0);
    for service in Service::ALL {
        let is_running = model.running == Some(service);
        let title = if is_running { format!("{} ▶", service.spec().title) } else { service.spec().title.to_owned() };
        let is_chosen = model.service == service;
        let color = if is_chosen { Color32::WHITE } else { ui.visuals().text_color() };
        let button = Button::selectable(is_chosen, RichText::new(title).color(color)).min_size(egui::vec2(212.0, 32.0));
        if ui.add(button).clicked() {
            actions.push(Action::Choose(service));
        }
    }
    ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
        ui.add_space(8.0);
        if ui.button(if ui.visuals().dark_mode { "Nền sáng" } else { "Nền tối" }).clicked() {
            actions.push(Action::ToggleTheme);
        }
        light(ui, "Trình duyệt", &model.browser);
        light(ui, "API", &model.api);
    });
}

fn light(ui: &mut Ui, name: &str, status: &Status) {
    let (icon, tone, detail) = match status {
        Status::Checking => ("○", Tone::Quiet, "đang kiểm tra…"),
        Status::Good(text) => ("●", Tone::Good, text.as_str()),
        Status::Bad(why) => ("✖", Tone::Bad, why.as_str()),
    };
    let word = match status {
        Status::Checking => "…",
        Status::Good(_) => "sẵn sàng",
        Status::Bad(_) => "chưa được",
    };
    let text = RichText::new(format!("{icon} {name}: {word}")).color(tone.ink(ui.visuals().dark_mode)).small();
    ui.label(text).on_hover_text(detail);
}

fn head(ui: &mut Ui, model: &Model, actions: &mut Vec<Action>) {
    let dark = ui.visuals().dark_mode;
    let tab = model.tab();
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        ui.heading(model.service.spec().title);
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let balance = model.balance.map_or_else(|| "—".to_owned(), |b| b.to_string());
            ui.label(RichText::new(format!("Số dư {balance}")).strong());
            if let Some(agent) = &model.agent {
                ui.label(RichText::new(agent).small());
            }
        });
    });
    let (tone, text) = model.sentence();
    ui.label(RichText::new(text).size(16.0).color(tone.ink(dark)));
    if model.doubts > 0 && !model.reconciling {
        ui.horizontal(|ui| {
            let text = format!("⚠ {} giao dịch chưa rõ kết quả; nợ của chúng đang khóa, không trả lại", model.doubts);
            ui.label(RichText::new(text).color(Tone::Doubt.ink(dark)).strong());
            if ui.add_enabled(model.can_reconcile(), Button::new("Đối soát")).clicked() {
                actions.push(Action::Reconcile);
            }
        });
    }
    let total = tab.rows.len();
    if tab.phase != Phase::Editing && total > 0 {
        ui.horizontal(|ui| {
            #[expect(clippy::cast_precision_loss, reason = "a bar's length")]
            let share = tab.done as f32 / total as f32;
            let bar = ProgressBar::new(share).desired_width(ui.available_width() - 300.0).fill(ACCENT).desired_height(14.0);
            ui.add(bar);
            ui.label(format!("{}/{total}", tab.done));
            ui.label(RichText::new(format!("{} đã trả", tab.paid)).strong());
        });
    }
    ui.add_space(6.0);
}

/// A labelled field: the label also names it for a screen reader.
fn field(ui: &mut Ui, name: &str, text: &mut String, is_secret: bool, hint: &'static str) -> bool {
    let label = ui.label(name);
    let edit = TextEdit::singleline(text).password(is_secret).hint_text(hint).desired_width(f32::INFINITY);
    ui.add(edit).labelled_by(label.id).changed()
}

fn form(ui: &mut Ui, model: &mut Model, actions: &mut Vec<Action>) {
    let service = model.service;
    let spec = service.spec();
    let needs_pin = service.is_payment() && !model.has_pin && model.tab().list_pin.is_none();
    let is_editable = model.tab().phase == Phase::Editing && model.running != Some(service);
    ui.add_space(8.0);
    ui.add_enabled_ui(is_editable, |ui| {
        let tab = model.tab_mut();
        let mut changed = false;
        if spec.takes_payment_type {
            let label = ui.label("Hình thức (dòng không ghi số tiền)");
            let chosen = tab.payment.unwrap_or(PaymentType::Postpaid);
            ComboBox::from_id_salt("payment")
                .selected_text(chosen.label())
                .width(ui.available_width())
                .show_ui(ui, |ui| {
                    for payment in [PaymentType::Prepaid, PaymentType::Postpaid] {
                        changed |= ui.selectable_value(&mut tab.payment, Some(payment), payment.label()).changed();
                    }
                })
                .response
                .labelled_by(label.id);
        }
        if !matches!(spec.amounts, Amounts::Quoted) {
            changed |= field(ui, "Số tiền nạp (dòng không ghi số tiền)", &mut tab.amount, false, "50.000");
        }
        if spec.takes_receiver_phone {
            field(ui, "SĐT người nhận", &mut tab.receiver, false, "09…");
        }
        let label = ui.label(format!("{} (mỗi dòng một mã)", spec.account_label));
        let height = ui.available_height() - 190.0;
        ScrollArea::vertical().id_salt("lines").max_height(height.max(80.0)).show(ui, |ui| {
            let edit = TextEdit::multiline(&mut tab.text).desired_width(f32::INFINITY).desired_rows(14).hint_text("Dán từ Excel hoặc tin nhắn…");
            changed |= ui.add(edit).labelled_by(label.id).changed();
        });
        if changed {
            actions.push(Action::Edited);
        }
    });
    if needs_pin {
        field(ui, "Mã PIN", &mut model.pin, true, "");
    }
    left_out(ui, model);
}

/// What was left out of the list, and why.
fn left_out(ui: &mut Ui, model: &Model) {
    let list = &model.tab().list;
    let dark = ui.visuals().dark_mode;
    if list.errors.is_empty() && list.duplicates.is_empty() {
        return;
    }
    ui.label(RichText::new(format!("Bỏ {} dòng sai, {} dòng trùng", list.errors.len(), list.duplicates.len())).color(Tone::Doubt.ink(dark)).strong());
    let total = list.errors.len() + list.duplicates.len();
    ScrollArea::vertical().id_salt("left_out").show_rows(ui, 18.0, total, |ui, range| {
        for i in range {
            match list.errors.get(i) {
                Some(error) => ui.label(RichText::new(format!("{}: {}", error.row, error.why)).small().color(Tone::Bad.ink(dark))),
                None => match list.duplicates.get(i - list.errors.len()) {
                    Some(twin) => ui.label(RichText::new(format!("{}: {} trùng với {}", twin.row, twin.account, twin.first_row)).small()),
                    None => ui.label(""),
                },
            };
        }
    });
}

fn list(ui: &mut Ui, model: &Model) {
    let tab = model.tab();
    if tab.rows.is_empty() {
        ui.add_space(60.0);
        ui.vertical_centered(|ui| {
            ui.label(RichText::new("Danh sách trống").size(16.0));
            ui.label("Bấm “Get dữ liệu” để lấy việc từ máy chủ, hoặc dán mã vào ô bên trái, mỗi dòng một mã.");
        });
        return;
    }
    table::show(ui, &tab.rows);
}

/// One primary action at a time; it is the filled one.
fn action_bar(ui: &mut Ui, model: &Model, actions: &mut Vec<Action>) {
    let tab = model.tab();
    let is_running = matches!(tab.phase, Phase::Running | Phase::Paused | Phase::Stopping);
    let is_ready = model.setup == Setup::Ready;
    let primary_is_fetch = tab.rows.is_empty();
    let primary_is_export = tab.phase == Phase::Over && tab.report.is_none() && !tab.is_interrupted();
    Frame::new().inner_margin(Margin::symmetric(0, 8)).show(ui, |ui| {
        ui.horizontal(|ui| {
            let can_fetch = is_ready && !model.fetching && !is_running;
            if big_button(ui, "Get dữ liệu", can_fetch, primary_is_fetch) {
                actions.push(Action::Fetch);
            }
            if model.fetching {
                ui.spinner();
            }
            if tab.phase == Phase::Over && big_button(ui, "Danh sách mới", true, false) {
                actions.push(Action::NewList);
            }
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if big_button(ui, "Xuất Excel", model.can_export(), primary_is_export) {
                    actions.push(Action::Export);
                }
                if is_running {
                    if big_button(ui, "Dừng lại", tab.phase != Phase::Stopping, tab.phase != Phase::Paused) {
                        actions.push(Action::Stop);
                    }
                    if tab.phase == Phase::Paused {
                        if big_button(ui, "Tiếp tục", true, true) {
                            actions.push(Action::Resume);
                        }
                    } else if big_button(ui, "Tạm dừng", tab.phase == Phase::Running, false) {
                        actions.push(Action::Pause);
                    }
                } else {
                    let primary = !primary_is_fetch && !primary_is_export;
                    // The same list again is the same batch: it goes on where it was.
                    let start = if tab.is_interrupted() { "Chạy tiếp" } else { "Bắt đầu" };
                    if big_button(ui, start, model.can_start(), primary || tab.is_interrupted()) {
                        actions.push(Action::Start { dry_run: false });
                    }
                    if model.service.is_payment() && big_button(ui, "Chạy thử", model.can_start(), false) {
                        actions.push(Action::Start { dry_run: true });
                    }
                }
                if let Some(report) = &tab.report {
                    let name = report.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                    ui.label(RichText::new(format!("Đã lưu {name}")).small()).on_hover_text(report.display().to_string());
                }
            });
        });
    });
}

fn big_button(ui: &mut Ui, text: &str, is_enabled: bool, is_primary: bool) -> bool {
    let mut label = RichText::new(text);
    let mut button = Button::new(label.clone());
    if is_primary && is_enabled {
        label = label.color(Color32::WHITE).strong();
        button = Button::new(label).fill(ACCENT);
    }
    ui.add_enabled(is_enabled, button.min_size(egui::vec2(112.0, 34.0))).clicked()
}

fn unlock(ui: &mut Ui, model: &mut Model, why: Option<&str>, actions: &mut Vec<Action>) {
    ui.add_space(80.0);
    ui.vertical_centered(|ui| {
        ui.set_max_width(360.0);
        let dark = ui.visuals().dark_mode;
        if let Some(why) = why {
            ui.label(RichText::new(why).color(Tone::Bad.ink(dark)));
        }
        field(ui, "Mật khẩu mở khóa", &mut model.passphrase, true, "");
        let is_entered = ui.input(|i| i.key_pressed(egui::Key::Enter));
        if big_button(ui, "Mở khóa", !model.passphrase.is_empty(), true) || (is_entered && !model.passphrase.is_empty()) {
            actions.push(Action::Unlock);
        }
    });
}
