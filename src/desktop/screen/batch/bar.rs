//! The buttons below a list: one primary action at a time, the filled one.

use std::path::Path;

use egui::{Align, Button, Frame, Label, Layout, Margin, RichText, Ui};

use super::super::{big_button, is_low};
use crate::desktop::model::{Model, Phase, UserAction};

pub fn show(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    // What is too long for one line stands in two; nothing lies over anything.
    let needed = if model.tab().report.is_some() {
        1_120.0
    } else {
        820.0
    };
    let is_one_line = ui.available_width() >= needed;
    let margin = if is_low(ui) { 3 } else { 8 };
    Frame::new()
        .inner_margin(Margin::symmetric(0, margin))
        .show(ui, |ui| {
            if is_one_line {
                ui.horizontal(|ui| {
                    about_the_list(ui, model, actions);
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                        about_the_batch(ui, model, actions);
                    });
                });
            } else {
                ui.horizontal_wrapped(|ui| about_the_list(ui, model, actions));
                ui.horizontal_wrapped(|ui| about_the_batch(ui, model, actions));
            }
        });
}

/// Where a list comes from and goes to.
fn about_the_list(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (tab, words) = (model.tab(), model.words());
    let primary_is_fetch = tab.rows.is_empty();
    if big_button(ui, words.fetch, model.ahead().can_take(), primary_is_fetch) {
        actions.push(UserAction::Fetch);
    }
    if ui
        .add_enabled(model.ahead().can_take(), Button::new(words.open_file))
        .clicked()
    {
        actions.push(UserAction::PickFile);
    }
    if model.fetching.is_some() {
        ui.spinner();
    }
    if tab.has_previous() && model.ahead().can_take() {
        if ui.button(words.previous).clicked() {
            actions.push(UserAction::Previous(0));
        }
        if tab.earlier().count() > 1 {
            earlier(ui, model, actions);
        }
    }
    if tab.phase == Phase::Over {
        // Everything is done and written: the next list is next.
        let is_next = tab.report.is_some() && !tab.is_interrupted();
        if big_button(ui, words.new_list, true, is_next) {
            actions.push(UserAction::NewList);
        }
        if tab.has_failed() && ui.button(words.again).clicked() {
            actions.push(UserAction::Again);
        }
    }
    if !tab.rows.is_empty() && ui.button(words.copy_rows).clicked() {
        actions.push(UserAction::CopyRows);
    }
}

/// The lists before the last one.
fn earlier(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let menu = ui.menu_button("▾", |ui| {
        for (place, (count, first)) in model.tab().earlier().enumerate() {
            if ui.button((words.a_list)(count, first)).clicked() {
                actions.push(UserAction::Previous(place));
            }
        }
    });
    let menu = menu.response.on_hover_text(words.earlier_lists);
    ui.ctx()
        .accesskit_node_builder(menu.id, |node| node.set_label(words.earlier_lists));
}

/// What is done with it, the nearest to the edge first.
fn about_the_batch(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (tab, words) = (model.tab(), model.words());
    let is_running = matches!(tab.phase, Phase::Running | Phase::Paused | Phase::Stopping);
    let is_over = tab.phase == Phase::Over && !tab.is_interrupted();
    let primary_is_export = is_over && tab.report.is_none() && tab.sums().rehearsed().is_none();
    if big_button(
        ui,
        words.export,
        model.ahead().can_export(),
        primary_is_export,
    ) {
        actions.push(UserAction::Export);
    }
    if is_running {
        while_running(ui, model, actions);
    } else {
        let is_done = is_over && tab.sums().rehearsed().is_none();
        let is_primary = !tab.rows.is_empty() && !is_done;
        // The same list again is the same batch: it goes on where it was.
        let start = if tab.is_interrupted() {
            words.go_on
        } else {
            words.start
        };
        if big_button(ui, start, model.ahead().can_start(), is_primary) {
            actions.push(UserAction::Start { dry_run: false });
        }
        if model.service().is_payment()
            && big_button(ui, words.dry_run, model.ahead().can_start(), false)
        {
            actions.push(UserAction::Start { dry_run: true });
        }
    }
    if let Some(report) = &tab.report {
        written(ui, model, report, actions);
    }
}

/// The report that was written last.
fn written(ui: &mut Ui, model: &Model, report: &Path, actions: &mut Vec<UserAction>) {
    let words = model.words();
    if ui.button(words.open_folder).clicked()
        && let Some(folder) = report.parent()
    {
        actions.push(UserAction::Open(folder.to_owned()));
    }
    if ui.button(words.open_report).clicked() {
        actions.push(UserAction::Open(report.to_owned()));
    }
    let name = report
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    ui.add(Label::new(RichText::new((words.saved)(&name)).small()).truncate())
        .on_hover_text(report.display().to_string());
}

fn while_running(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (phase, words) = (model.tab().phase, model.words());
    if big_button(
        ui,
        words.stop,
        phase != Phase::Stopping,
        phase != Phase::Paused,
    ) {
        actions.push(UserAction::Stop);
    }
    if phase == Phase::Paused {
        if big_button(ui, words.resume, true, true) {
            actions.push(UserAction::Resume);
        }
    } else if big_button(ui, words.pause, phase == Phase::Running, false) {
        actions.push(UserAction::Pause);
    }
}
