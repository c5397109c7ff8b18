//! A service: form, list, what runs, what to do next.

mod bar;
mod sessions;

use egui::{
    Align, Button, CentralPanel, Color32, Label, Layout, Panel, ProgressBar, RichText, ScrollArea,
    TextEdit, Ui,
};

use super::questions::questions;
use super::sheet::before_a_payment;
use super::{Ringed, choice, field, is_low, is_narrow};
use crate::desktop::model::rows::{Group, TableWish};
use crate::desktop::model::{Model, Phase, UserAction};
use crate::desktop::style::{ACCENT, Tone};
use crate::desktop::table;
use crate::domain::PaymentType;
use crate::domain::service::Amounts;

pub fn show(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    Panel::bottom("actions").show(ui, |ui| {
        // A tall sheet in a low window must not hide the table: it is scrolled.
        ScrollArea::vertical()
            .id_salt("sheet")
            .max_height(if is_low(ui) { 44.0 } else { f32::INFINITY })
            .show(ui, |ui| before_a_payment(ui, model));
        bar::show(ui, model, actions);
    });
    if model.tab().logins.len() > 1 || model.tab().phase == Phase::Running {
        Panel::right("sessions")
            .default_size(if is_narrow(ui) { 150.0 } else { 220.0 })
            .show(ui, |ui| sessions::show(ui, model, actions));
    }
    if matches!(model.tab().phase, Phase::Editing) {
        Panel::left("form")
            .default_size(if is_narrow(ui) { 210.0 } else { 270.0 })
            .show(ui, |ui| {
                let height = ui.available_height();
                ScrollArea::vertical()
                    .id_salt("form")
                    .show(ui, |ui| form(ui, model, height, actions));
            });
    }
    CentralPanel::default().show(ui, |ui| {
        progress(ui, model);
        questions(ui, model, actions);
        list(ui, model, actions);
    });
}

fn progress(ui: &mut Ui, model: &Model) {
    let (tab, words) = (model.tab(), model.words());
    let total = tab.rows.len();
    if tab.phase == Phase::Editing || total == 0 {
        return;
    }
    ui.horizontal_wrapped(|ui| {
        #[expect(clippy::cast_precision_loss, reason = "a bar's length")]
        let share = tab.done as f32 / total as f32;
        let bar = ProgressBar::new(share)
            .desired_width((ui.available_width() - 340.0).max(40.0))
            .fill(ACCENT)
            .desired_height(14.0);
        ui.add(bar);
        ui.label(format!("{}/{total}", tab.done));
        let now = model.now_ms;
        if tab.phase == Phase::Running {
            ui.label((words.a_minute)(tab.a_minute(now) as usize));
        }
        let sum = if model.service().is_payment() {
            (words.paid_sum)(&tab.paid.to_string())
        } else {
            let (count, owed) = tab.sums().owed();
            (words.owed_sum)(count, &owed.to_string())
        };
        ui.label(RichText::new(sum).strong());
    });
}

fn form(ui: &mut Ui, model: &mut Model, height: f32, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let service = model.service();
    let spec = service.spec();
    let needs_pin = service.is_payment() && !model.has_pin && model.tab().list_pin.is_none();
    let is_editable = model.running() != Some(service);
    let top = ui.cursor().top();
    ui.add_space(6.0);
    ui.add_enabled_ui(is_editable, |ui| {
        let tab = model.tab_mut();
        let mut changed = false;
        if spec.takes_payment_type {
            let mut chosen = tab.payment.unwrap_or(PaymentType::Postpaid);
            if choice(
                ui,
                words.payment_type,
                &mut chosen,
                &[PaymentType::Prepaid, PaymentType::Postpaid],
                words.payment,
            ) {
                tab.payment = Some(chosen);
                changed = true;
            }
        }
        if !matches!(spec.amounts, Amounts::Quoted) {
            changed |= field(ui, words.amount, &mut tab.amount, false, "50.000").changed();
        }
        if spec.takes_receiver_phone {
            field(ui, words.receiver, &mut tab.receiver, false, "09…");
        }
        let label = ui.label((words.lines)((words.account)(service)));
        if tab.is_too_long_to_edit() {
            ui.add(Label::new((words.big_list)(tab.list.jobs.len())).wrap());
        } else {
            // What was left out stands below it.
            let rest = if needs_pin { 70.0 } else { 8.0 }
                + if tab.list.errors.is_empty() && tab.list.duplicates.is_empty() {
                    0.0
                } else {
                    120.0
                };
            let used = ui.cursor().top() - top;
            let height = (height - used - rest).max(80.0);
            ScrollArea::vertical()
                .id_salt("lines")
                .max_height(height)
                .show(ui, |ui| {
                    let edit = TextEdit::multiline(&mut tab.text)
                        .desired_width(f32::INFINITY)
                        .min_size(egui::vec2(0.0, height - 4.0))
                        .hint_text(words.lines_hint);
                    let edit = ui.add(edit).labelled_by(label.id).ringed(ui);
                    changed |= edit.changed();
                });
        }
        if changed {
            actions.push(UserAction::Edited);
        }
    });
    if needs_pin {
        field(ui, words.pin, &mut model.pin, true, "");
    }
    left_out(ui, model);
}

/// What was left out of the list, and why.
fn left_out(ui: &mut Ui, model: &Model) {
    let (list, words) = (&model.tab().list, model.words());
    let dark = ui.visuals().dark_mode;
    if list.errors.is_empty() && list.duplicates.is_empty() {
        return;
    }
    ui.label(
        RichText::new((words.left_out)(list.errors.len(), list.duplicates.len()))
            .color(Tone::Doubt.ink(dark))
            .strong(),
    );
    let total = list.errors.len() + list.duplicates.len();
    ScrollArea::vertical()
        .id_salt("left_out")
        .max_height(100.0)
        .show_rows(ui, 18.0, total, |ui, range| {
            for i in range {
                match list.errors.get(i) {
                    Some(error) => ui.label(
                        RichText::new(format!("{}: {}", error.row, error.why))
                            .small()
                            .color(Tone::Bad.ink(dark)),
                    ),
                    None => match list.duplicates.get(i - list.errors.len()) {
                        Some(twin) => ui.label(
                            RichText::new(format!(
                                "{}: {}",
                                twin.row,
                                (words.duplicate_of)(&twin.account.to_string(), &twin.first_row)
                            ))
                            .small(),
                        ),
                        None => ui.label(""),
                    },
                };
            }
        });
}

fn list(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (tab, words) = (model.tab(), model.words());
    if tab.rows.is_empty() {
        ui.add_space(60.0);
        ui.vertical_centered(|ui| {
            ui.label(RichText::new(words.empty).size(16.0));
            ui.label(words.empty_hint);
        });
        return;
    }
    chips(ui, model, actions);
    if tab.shown() == 0 {
        ui.label(words.no_match);
    }
    table::show(ui, tab, words, actions);
}

/// Filters with their counts, and the search.
fn chips(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (tab, words) = (model.tab(), model.words());
    ui.horizontal_wrapped(|ui| {
        for group in std::iter::once(None).chain(Group::ALL.map(Some)) {
            let count = tab.count(group);
            if group.is_some() && count == 0 && tab.wish.group != group {
                continue;
            }
            let name = group.map_or(words.all, |group| group.name(words));
            let is_chosen = tab.wish.group == group;
            let color = if is_chosen {
                Color32::WHITE
            } else {
                ui.visuals().text_color()
            };
            if ui
                .add(Button::selectable(
                    is_chosen,
                    RichText::new(format!("{name} {count}")).color(color),
                ))
                .clicked()
            {
                actions.push(UserAction::Wish(TableWish {
                    group,
                    ..tab.wish.clone()
                }));
            }
        }
        if is_narrow(ui) {
            search(ui, model, actions);
        } else {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                search(ui, model, actions);
            });
        }
    });
}

fn search(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (tab, words) = (model.tab(), model.words());
    let mut query = tab.wish.query.clone();
    let edit = TextEdit::singleline(&mut query)
        .hint_text(words.search_hint)
        .desired_width(150.0);
    let edit = ui.add(edit).ringed(ui);
    // The hint says it to the eye; a screen reader needs the name.
    ui.ctx()
        .accesskit_node_builder(edit.id, |node| node.set_label(words.search));
    if edit.changed() {
        actions.push(UserAction::Wish(TableWish {
            query,
            ..tab.wish.clone()
        }));
    }
}
