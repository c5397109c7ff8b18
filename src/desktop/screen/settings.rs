//! Everything in `config.json`, with what it does; the doctor; the keys.

use egui::{Align, Button, Label, Layout, RichText, ScrollArea, TextEdit, Ui};

use super::{big_button, shortcuts};
use crate::desktop::model::side::Setting;
use crate::desktop::model::{Model, UserAction};
use crate::desktop::style::Tone;
use crate::desktop::words::Words;

pub fn show(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    ui.horizontal_wrapped(|ui| {
        if big_button(ui, words.diagnose, !model.settings.is_diagnosing, false) {
            actions.push(UserAction::Diagnose);
        }
        if model.settings.is_diagnosing {
            ui.spinner();
            ui.label(words.diagnosing);
        }
        if let Some(admin) = &model.admin
            && ui.button(words.admin).on_hover_text(admin).clicked()
        {
            actions.push(UserAction::Admin);
        }
        if ui.button(words.import).clicked() {
            actions.push(UserAction::ImportSettings);
        }
        if ui.button(words.export_settings).clicked() {
            actions.push(UserAction::ExportSettings);
        }
    });
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        let dark = ui.visuals().dark_mode;
        for (is_good, what, detail) in &model.settings.diagnosis {
            let tone = if *is_good { Tone::Good } else { Tone::Bad };
            ui.add(
                Label::new(
                    RichText::new(format!("{} {what}: {detail}", tone.sign()))
                        .color(tone.ink(dark)),
                )
                .wrap(),
            );
        }
        let mut section = String::new();
        for row in &mut model.settings.rows {
            let of = row.key.split('.').next().unwrap_or_default();
            if of != section {
                ui.add_space(8.0);
                ui.separator();
                of.clone_into(&mut section);
            }
            setting(ui, row, words, actions);
        }
        seats(ui, model, actions);
        ui.add_space(10.0);
        ui.strong(words.shortcuts);
        for (key, what) in shortcuts(words) {
            ui.horizontal(|ui| {
                ui.add_sized([110.0, 20.0], Button::new(key).sense(egui::Sense::hover()));
                ui.label(what);
            });
        }
    });
}

/// Who may sign in, each with a PIN of their own.
fn seats(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    ui.add_space(8.0);
    ui.separator();
    ui.strong(words.operators);
    ui.label(RichText::new(words.operators_hint).small());
    for name in &model.operators {
        ui.horizontal(|ui| {
            ui.add_sized([220.0, 24.0], Label::new(name).truncate());
            if ui.button(words.remove).on_hover_text(name).clicked() {
                actions.push(UserAction::Unseat(name.clone()));
            }
        });
    }
    let settings = &mut model.settings;
    ui.horizontal_wrapped(|ui| {
        let name = ui.label(words.your_name);
        ui.add(TextEdit::singleline(&mut settings.seat_name).desired_width(200.0))
            .labelled_by(name.id);
        let pin = ui.label(words.own_pin);
        ui.add(
            TextEdit::singleline(&mut settings.seat_pin)
                .password(true)
                .desired_width(120.0),
        )
        .labelled_by(pin.id);
        let is_filled = !settings.seat_name.trim().is_empty() && settings.seat_pin.len() >= 4;
        if ui
            .add_enabled(is_filled, Button::new(words.let_in))
            .clicked()
        {
            actions.push(UserAction::Seat);
        }
    });
}

fn setting(ui: &mut Ui, row: &mut Setting, words: &Words, actions: &mut Vec<UserAction>) {
    let name = (words.setting)(&row.key);
    ui.horizontal(|ui| {
        let width = ui.available_width();
        if let Ok(mut is_on) = row.value.parse::<bool>() {
            if ui
                .checkbox(&mut is_on, name)
                .on_hover_text(&row.key)
                .changed()
            {
                row.typed = is_on.to_string();
                actions.push(UserAction::SaveSetting(row.key.clone()));
            }
            return;
        }
        let size = egui::vec2((width * 0.46).max(200.0), 24.0);
        let label = ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(size.x);
            ui.add(Label::new(name).truncate())
        });
        let label = label.inner.on_hover_text(&row.key);
        let hint = match (row.is_secret, row.value.is_empty()) {
            (true, false) => words.set,
            (true, true) => words.not_set,
            (false, _) => "",
        };
        let edit = TextEdit::singleline(&mut row.typed)
            .password(row.is_secret)
            .hint_text(hint)
            .desired_width(width * 0.34);
        ui.add(edit).labelled_by(label.id);
        let is_changed = if row.is_secret {
            !row.typed.is_empty()
        } else {
            row.typed != row.value
        };
        if is_changed && ui.button(words.save).on_hover_text(&row.key).clicked() {
            actions.push(UserAction::SaveSetting(row.key.clone()));
        }
    });
}
