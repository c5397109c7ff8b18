//! Cards that ask before money moves: a list that was stopped on an earlier day, and top-ups that
//! equal one of a short while ago.

use egui::{Button, Frame, Label, Margin, RichText, ScrollArea, Stroke, Ui};

use crate::desktop::model::{Model, Phase, UserAction, local};
use crate::desktop::style::Tone;
use crate::domain::ListChoice;

/// Rows that a card shows before it scrolls.
const SHOWN: f32 = 150.0;

/// The card that has to be answered, where there is one.
pub(super) fn questions(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let tab = model.tab();
    if tab.stopped.is_some() {
        card(ui, |ui| stopped(ui, model, actions));
    } else if tab.phase == Phase::Over && tab.held_back().next().is_some() {
        card(ui, |ui| held_back(ui, model, actions));
    }
}

pub(super) fn card(ui: &mut Ui, inside: impl FnOnce(&mut Ui)) {
    let ink = Tone::Doubt.ink(ui.visuals().dark_mode);
    Frame::new()
        .inner_margin(Margin::symmetric(12, 8))
        .stroke(Stroke::new(1.5, ink))
        .corner_radius(6)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            inside(ui);
        });
}

/// Go on with the stopped list, or begin anew: both with what they will do.
fn stopped(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (words, tab) = (model.words(), model.tab());
    let Some(list) = &tab.stopped else { return };
    let when = local(list.started.as_millisecond(), "%H:%M %d/%m/%Y");
    ui.label(RichText::new((words.stopped_list)(&when, list.left, list.jobs)).strong());
    ui.horizontal_wrapped(|ui| {
        ui.vertical(|ui| {
            if ui
                .add_enabled(model.ahead().can_start(), Button::new(words.continue_list))
                .clicked()
            {
                let choice = ListChoice::Continue(list.batch.clone());
                actions.push(UserAction::StartChosen(choice));
            }
            let does = (words.continue_does)(list.left, &list.paid.to_string());
            ui.add(Label::new(RichText::new(does).small()).wrap());
        });
        ui.vertical(|ui| {
            if ui
                .add_enabled(model.ahead().can_start(), Button::new(words.begin_anew))
                .clicked()
            {
                actions.push(UserAction::StartChosen(ListChoice::New));
            }
            let does = (words.anew_does)(list.jobs, model.limits.repeat_hours);
            ui.add(Label::new(RichText::new(does).small()).wrap());
        });
    });
}

/// Equal top-ups, ticked one by one or all.
fn held_back(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (words, tab) = (model.words(), model.tab());
    let held: Vec<(String, String)> = tab
        .held_back()
        .map(|(job, row)| {
            let why = row.message.as_deref().unwrap_or_default().to_owned();
            (job.identity(model.service()), why)
        })
        .collect();
    ui.label(RichText::new((words.held_back)(held.len())).strong());
    let mut all = held.iter().all(|(job, _)| tab.meant.contains(job));
    if ui.checkbox(&mut all, words.tick_all).clicked() {
        let jobs = held.iter().map(|(job, _)| job.clone()).collect();
        actions.push(UserAction::Mean(jobs, all));
    }
    ScrollArea::vertical()
        .id_salt("held back")
        .max_height(SHOWN)
        .show(ui, |ui| {
            for (job, why) in &held {
                let mut is_meant = tab.meant.contains(job);
                if ui.checkbox(&mut is_meant, why).clicked() {
                    actions.push(UserAction::Mean(vec![job.clone()], is_meant));
                }
            }
        });
    let count = held
        .iter()
        .filter(|(job, _)| tab.meant.contains(job))
        .count();
    let is_ready = count > 0 && model.ahead().can_start();
    if ui
        .add_enabled(is_ready, Button::new((words.top_up_again)(count)))
        .clicked()
    {
        actions.push(UserAction::StartMeant);
    }
}

/// The window is to close while something runs.
pub(super) fn closing(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    card(ui, |ui| {
        ui.add(Label::new(RichText::new(words.closing).strong()).wrap());
        ui.horizontal_wrapped(|ui| {
            if ui.button(words.stay_open).clicked() {
                actions.push(UserAction::Close(false));
            }
            if ui.button(words.close_it).clicked() {
                actions.push(UserAction::Close(true));
            }
        });
    });
}
