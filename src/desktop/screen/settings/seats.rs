//! Who may sign in, each with a PIN of their own.

use egui::{Button, Label, RichText, TextEdit, Ui};

use crate::desktop::model::{Model, UserAction};
use crate::desktop::style::Tone;

pub fn seats(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    ui.label(RichText::new(words.operators_hint).small());
    let is_owner = model.is_owner;
    ui.add_enabled_ui(is_owner, |ui| {
        for name in &model.operators {
            ui.horizontal(|ui| {
                ui.add_sized([220.0, 24.0], Label::new(name).truncate());
                if ui.button(words.remove).on_hover_text(name).clicked() {
                    model.settings.removing = Some(name.clone());
                }
            });
        }
        if let Some(name) = model.settings.removing.clone() {
            let sure = RichText::new((words.remove_sure)(&name)).color(Tone::Doubt.ink(dark));
            ui.horizontal_wrapped(|ui| {
                ui.add(Label::new(sure).wrap());
                if ui.button(words.leave_it).clicked() {
                    model.settings.removing = None;
                }
                let gone = format!("{} {name}", words.remove);
                if ui.button(gone).clicked() {
                    model.settings.removing = None;
                    actions.push(UserAction::Unseat(name));
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
    });
}
