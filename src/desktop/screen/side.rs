//! The side bar, and the list of what was told.

use egui::{Button, Color32, Label, RichText, ScrollArea, Sense, Ui};

use super::sheet::limits;
use super::{details, is_low};
use crate::desktop::model::{Model, Place, UserAction, local};
use crate::desktop::style::{Tone, sentence};
use crate::domain::Service;

pub fn bar(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    // Places and what is below them fit into a window of usual height; into a lower one by scrolling.
    let height = ui.available_height();
    ScrollArea::vertical().id_salt("side").show(ui, |ui| {
        places(ui, model, actions);
        let left = height - ui.min_rect().height();
        if left > LOWER_END {
            ui.add_space(left - LOWER_END);
        }
        auto(ui, model, actions);
        looks(ui, actions, model);
        ui.add_space(12.0);
    });
}

/// Room for what stands at the lower end.
const LOWER_END: f32 = 190.0;

/// Theme and language.
fn looks(ui: &mut Ui, actions: &mut Vec<UserAction>, model: &Model) {
    let words = model.words();
    ui.horizontal_wrapped(|ui| {
        let theme = if ui.visuals().dark_mode {
            words.light
        } else {
            words.dark
        };
        if ui.button(theme).clicked() {
            actions.push(UserAction::ToggleTheme);
        }
        if ui.button(model.language.other().name()).clicked() {
            actions.push(UserAction::ToggleLanguage);
        }
    });
}

/// Services, and the other places.
fn places(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    ui.add_space(10.0);
    ui.horizontal(|ui| {
        ui.label(RichText::new("GạchNợ").font(sentence()));
        if model.is_demo {
            ui.label(RichText::new(words.demo).small());
        }
    });
    ui.add_space(6.0);
    for service in Service::ALL {
        let name = (words.service)(service);
        let title = if model.running() == Some(service) {
            format!("{name} ▶")
        } else {
            name.to_owned()
        };
        item(ui, model, &title, Place::Service(service), actions);
    }
    ui.add_space(12.0);
    let doubts = model.doubts.len();
    let find = if doubts > 0 {
        format!("{} ⚠ {doubts}", words.find)
    } else {
        words.find.to_owned()
    };
    item(ui, model, &find, Place::Find, actions);
    item(ui, model, words.history, Place::History, actions);
    item(ui, model, words.settings, Place::Settings, actions);
    item(ui, model, words.notices, Place::Notices, actions);
}

fn item(ui: &mut Ui, model: &Model, title: &str, place: Place, actions: &mut Vec<UserAction>) {
    let is_chosen = model.place == place;
    let color = if is_chosen {
        Color32::WHITE
    } else {
        ui.visuals().text_color()
    };
    if ui
        .add(
            Button::selectable(is_chosen, RichText::new(title).color(color))
                .truncate()
                .min_size(egui::vec2(ui.available_width() - 4.0, 30.0)),
        )
        .clicked()
    {
        actions.push(UserAction::Go(place));
    }
}

fn auto(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let mut is_on = model.auto.is_on || model.auto.is_asked;
    if ui
        .checkbox(&mut is_on, words.auto)
        .on_hover_text(words.auto_hint)
        .changed()
    {
        model.auto.is_asked = is_on;
        if !is_on {
            actions.push(UserAction::Auto(false));
        }
    }
    if model.auto.is_asked && !model.auto.is_on {
        // It pays by itself, so more than one click switches it on.
        let dark = ui.visuals().dark_mode;
        let text = RichText::new((words.auto_sure)(&limits(model)))
            .small()
            .color(Tone::Doubt.ink(dark));
        ui.add(Label::new(text).wrap());
        ui.horizontal(|ui| {
            if ui.button(words.auto_start).clicked() {
                actions.push(UserAction::Auto(true));
            }
            if ui.button(words.leave_it).clicked() {
                model.auto.is_asked = false;
            }
        });
    }
    if model.auto.is_on {
        ui.label(RichText::new((words.auto_on)(&local(model.auto.next_ms, "%H:%M"))).small());
    }
}

/// Everything that was told, the newest first; what the machine said about it stands below it for
/// whoever asks.
pub fn told(ui: &mut Ui, model: &Model) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        for (place, notice) in model.told.iter().enumerate().rev().take(SHOWN) {
            ui.horizontal(|ui| {
                ui.label(RichText::new(local(notice.at_ms, "%H:%M:%S")).small());
                let text = format!("{} {}", notice.tone.sign(), notice.text);
                ui.add(Label::new(RichText::new(text).color(notice.tone.ink(dark))).wrap());
            });
            if let Some(cause) = &notice.cause {
                details(ui, words, place, cause);
            }
        }
    });
    if model.told.is_empty() {
        ui.label(RichText::new("—").color(Tone::Quiet.ink(dark)));
    }
}

/// So many of the newest are shown: a day's worth.
const SHOWN: usize = 500;

/// The newest of it in one line, always at the same place; all of it is a click away.
pub fn last_told(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let dark = ui.visuals().dark_mode;
    ui.horizontal(|ui| {
        // Where there is little room, it takes some only while it says something.
        if !is_low(ui) {
            ui.set_min_height(20.0);
        }
        let Some(notice) = &model.shown else {
            return;
        };
        let text = format!("{} {}", notice.tone.sign(), notice.text);
        let text = RichText::new(text).small().color(notice.tone.ink(dark));
        let line = ui.add(Label::new(text).truncate().sense(Sense::click()));
        if line.on_hover_text(&notice.text).clicked() {
            actions.push(UserAction::Go(Place::Notices));
        }
    });
}
