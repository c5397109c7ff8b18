//! Everything in `config.json`, with what it does; the doctor; the keys.

mod seats;

use egui::{Align, Button, Color32, ComboBox, Label, Layout, RichText, ScrollArea, TextEdit, Ui};

use super::{big_button, shortcuts};
use crate::config;
use crate::desktop::model::settings::Setting;
use crate::desktop::model::{Model, UserAction};
use crate::desktop::style::Tone;
use crate::desktop::words::{Words, in_one_language};

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
                    RichText::new(format!(
                        "{} {what}: {}",
                        tone.sign(),
                        in_one_language(detail, words.language)
                    ))
                    .color(tone.ink(dark)),
                )
                .wrap(),
            );
        }
        groups(ui, model);
        if !model.is_owner {
            let text = RichText::new(words.owner_only).color(Tone::Doubt.ink(dark));
            ui.add(Label::new(text).wrap());
        }
        let is_owner = model.is_owner;
        let is_advanced = model.settings.is_advanced;
        let mut section = String::new();
        let rows = model.settings.rows.iter_mut();
        for row in rows.filter(|row| row.is_advanced() == is_advanced) {
            if row.section() != section {
                row.section().clone_into(&mut section);
                heading(ui, (words.section)(&section));
            }
            let may_change = is_owner || !config::is_owners(&row.key);
            ui.add_enabled_ui(may_change, |ui| setting(ui, row, words, actions));
        }
        if !is_advanced {
            heading(ui, words.operators);
            seats::seats(ui, model, actions);
        }
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

/// What a shop needs, and what it seldom touches.
fn groups(ui: &mut Ui, model: &mut Model) {
    let words = model.words();
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        for (is_advanced, name) in [(false, words.of_the_shop), (true, words.advanced)] {
            let is_chosen = model.settings.is_advanced == is_advanced;
            let color = if is_chosen {
                Color32::WHITE
            } else {
                ui.visuals().text_color()
            };
            let button = Button::selectable(is_chosen, RichText::new(name).color(color));
            if ui.add(button.min_size(egui::vec2(104.0, 28.0))).clicked() {
                model.settings.is_advanced = is_advanced;
            }
        }
    });
}

fn heading(ui: &mut Ui, name: &str) {
    ui.add_space(10.0);
    ui.separator();
    ui.label(RichText::new(name).strong().size(16.0));
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
        let size = egui::vec2((width * 0.46).max(200.0), 26.0);
        let label = ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_size(size);
            ui.add(Label::new(name).truncate())
        });
        let label = label.inner.on_hover_text(&row.key);
        let choices = config::choices(&row.key);
        if !choices.is_empty() {
            chosen(ui, row, words, choices, label.id, actions);
            return;
        }
        let hint = match (
            row.is_secret,
            row.value.is_empty(),
            config::bounds(&row.key),
        ) {
            (true, false, _) => words.set.to_owned(),
            (true, true, _) => words.not_set.to_owned(),
            (false, _, Some(bounds)) if !row.key.ends_with("_ms") => {
                (words.from_to)(*bounds.start(), *bounds.end())
            }
            (false, ..) => String::new(),
        };
        let edit = TextEdit::singleline(&mut row.typed)
            .password(row.is_secret)
            .hint_text(hint.as_str())
            .desired_width(width * 0.34);
        let edit = ui.add(edit).labelled_by(label.id);
        if !row.is_secret && !hint.is_empty() {
            edit.on_hover_text(hint);
        }
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

/// A key that is one of a few.
fn chosen(
    ui: &mut Ui,
    row: &mut Setting,
    words: &Words,
    choices: &[&str],
    label: egui::Id,
    actions: &mut Vec<UserAction>,
) {
    let named = |value: &str| (words.choice)(value);
    ComboBox::from_id_salt(&row.key)
        .selected_text(named(&row.value))
        .width(240.0)
        .show_ui(ui, |ui| {
            for choice in choices {
                let is_it = row.value == *choice;
                if ui.selectable_label(is_it, named(choice)).clicked() && !is_it {
                    (*choice).clone_into(&mut row.typed);
                    actions.push(UserAction::SaveSetting(row.key.clone()));
                }
            }
        })
        .response
        .labelled_by(label);
}
