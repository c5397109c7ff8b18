//! The lock, the passphrase, and the first set-up.

use egui::{Button, ComboBox, Label, RichText, ScrollArea, Ui};

use super::{big_button, field};
use crate::desktop::model::side::strength;
use crate::desktop::model::{DriverCard, Model, Reach, UserAction};
use crate::desktop::style::{Tone, sentence};
use crate::desktop::words::in_one_language;

/// The window is locked; what runs goes on.
pub fn locked(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    ui.add_space(90.0);
    ui.vertical_centered(|ui| {
        ui.set_max_width(360.0);
        ui.label(RichText::new(words.locked_title).font(sentence()));
        if model.running().is_some() {
            let (tone, text) = model.sentence();
            ui.label(RichText::new(text).color(tone.ink(dark)));
            ui.label(words.runs_on);
        }
        let wait = model.lock.wait_s(model.now_ms);
        if !model.operators.is_empty() {
            ui.vertical(|ui| who(ui, model));
        }
        let name = if model.operators.is_empty() {
            words.passphrase_or_pin
        } else {
            words.passphrase_or_own_pin
        };
        let edit = aligned(ui, name, &mut model.lock.typed);
        if !edit.has_focus() && model.lock.typed.is_empty() {
            edit.request_focus();
        }
        if wait > 0 {
            ui.label(RichText::new((words.wrong)(wait)).color(Tone::Bad.ink(dark)));
            ui.ctx()
                .request_repaint_after(std::time::Duration::from_millis(500));
        }
        let is_entered = ui.input(|i| i.key_pressed(egui::Key::Enter));
        let may_try = wait == 0 && !model.lock.is_checking && !model.lock.typed.is_empty();
        if big_button(ui, words.unlock, may_try, true) || (is_entered && may_try) {
            actions.push(UserAction::Unlock);
        }
    });
}

/// A secret's field in a centred column: its name stands at the left all the same.
fn aligned(ui: &mut Ui, name: &str, text: &mut String) -> egui::Response {
    ui.vertical(|ui| field(ui, name, text, true, "")).inner
}

/// Who signs in.
fn who(ui: &mut Ui, model: &mut Model) {
    let (words, lock) = (model.words(), &mut model.lock);
    if !model.operators.contains(&lock.who) {
        lock.who = model.operators.first().cloned().unwrap_or_default();
    }
    let label = ui.label(words.who);
    let names = ComboBox::from_id_salt("who")
        .selected_text(&lock.who)
        .width(ui.available_width())
        .show_ui(ui, |ui| {
            for name in &model.operators {
                ui.selectable_value(&mut lock.who, name.clone(), name);
            }
        });
    names.response.labelled_by(label.id);
}

/// The configuration's secrets wait for their passphrase.
pub fn passphrase(
    ui: &mut Ui,
    model: &mut Model,
    why: Option<&str>,
    actions: &mut Vec<UserAction>,
) {
    let words = model.words();
    ui.add_space(90.0);
    ui.vertical_centered(|ui| {
        ui.set_max_width(360.0);
        ui.label(RichText::new(words.locked).font(sentence()));
        if let Some(why) = why {
            let dark = ui.visuals().dark_mode;
            ui.add(
                Label::new(
                    RichText::new(in_one_language(why, model.language)).color(Tone::Bad.ink(dark)),
                )
                .wrap(),
            );
        }
        let edit = aligned(ui, words.passphrase, &mut model.lock.typed);
        if !edit.has_focus() && model.lock.typed.is_empty() {
            edit.request_focus();
        }
        let is_entered = ui.input(|i| i.key_pressed(egui::Key::Enter));
        let may_try = !model.lock.typed.is_empty();
        if big_button(ui, words.unlock, may_try, true) || (is_entered && may_try) {
            actions.push(UserAction::Unlock);
        }
    });
}

/// Once: who we are on the portal, where jobs come from, what keeps the secrets.
pub fn first_run(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        ui.vertical_centered(|ui| {
            ui.set_max_width(560.0);
            ui.add_space(16.0);
            ui.label(RichText::new(words.first_title).font(sentence()));
            ui.label(words.first_hint);
            if ui.button(model.language.other().name()).clicked() {
                actions.push(UserAction::ToggleLanguage);
            }
            ui.vertical(|ui| {
                let first = &mut model.first;
                field(ui, words.your_name, &mut first.operator, false, "");
                field(
                    ui,
                    words.portal_user,
                    &mut first.user,
                    false,
                    "1234567890_VTP_00001_DB",
                );
                field(ui, words.portal_password, &mut first.password, true, "");
                field(ui, words.pin, &mut first.pin, true, "");
                field(
                    ui,
                    words.api_url,
                    &mut first.api_url,
                    false,
                    "http://192.0.2.10:8080",
                );
                field(ui, words.api_token, &mut first.api_token, true, "");
                ui.checkbox(&mut first.use_keyring, words.use_keyring);
                if !first.use_keyring {
                    field(ui, words.new_passphrase, &mut first.passphrase, true, "");
                    let (word, tone) = match strength(&first.passphrase) {
                        0 | 1 => (words.weak, Tone::Bad),
                        2 => (words.fair, Tone::Doubt),
                        _ => (words.strong, Tone::Good),
                    };
                    if !first.passphrase.is_empty() {
                        ui.label(
                            RichText::new(format!("{} {word}", tone.sign())).color(tone.ink(dark)),
                        );
                    }
                }
            });
            ui.horizontal(|ui| {
                if ui.button(words.check).clicked() {
                    actions.push(UserAction::CheckSetup);
                }
                for (name, status) in [(words.server, &model.api), (words.browser, &model.browser)]
                {
                    super::light(ui, words, name, status);
                }
            });
            for status in [&model.api, &model.browser] {
                if let Reach::Bad(why) = status {
                    ui.add(
                        Label::new(
                            RichText::new(in_one_language(why, model.language))
                                .small()
                                .color(Tone::Bad.ink(dark)),
                        )
                        .wrap(),
                    );
                }
            }
            if model.driver != DriverCard::None {
                super::driver::driver(ui, model, actions);
            } else if matches!(model.browser, Reach::Bad(_)) {
                ui.label(words.browser_help);
            }
            if let Some(problem) = &model.first.problem {
                ui.add(
                    Label::new(
                        RichText::new(in_one_language(problem, model.language))
                            .color(Tone::Bad.ink(dark)),
                    )
                    .wrap(),
                );
            }
            let has_key = model.first.use_keyring || !model.first.passphrase.is_empty();
            let is_ready = !model.first.is_saving && has_key && !model.first.user.trim().is_empty();
            ui.horizontal(|ui| {
                if big_button(ui, words.save_and_go, is_ready, true) {
                    actions.push(UserAction::FinishSetup);
                }
                if ui.add(Button::new(words.try_demo)).clicked() {
                    actions.push(UserAction::Demo);
                }
                if ui.add(Button::new(words.later)).clicked() {
                    actions.push(UserAction::SkipSetup);
                }
            });
        });
    });
}
