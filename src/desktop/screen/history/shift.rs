//! The end of a shift: what lay there, notes, what is missing.

use egui::{Button, Grid, RichText, ScrollArea, TextEdit, Ui};

use super::super::field;
use crate::desktop::model::shift::{NOTES, off};
use crate::desktop::model::{Model, UserAction, local};
use crate::desktop::style::Tone;
use crate::domain::Vnd;

/// Notes beside each other.
const COLUMNS: usize = 2;

pub fn show(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    ui.strong(words.shift);
    let since_ms = model.history.shift_since_ms;
    // The hour alone is today's.
    let is_today = local(since_ms, "%F") == local(model.now_ms, "%F");
    let since = local(since_ms, if is_today { "%H:%M" } else { "%H:%M %d/%m" });
    let (bills, paid) = model.history.in_shift;
    ui.label(format!("{}: {paid}", (words.shift_since)(&since, bills)));
    let form = &mut model.history.shift;
    ui.horizontal_wrapped(|ui| {
        amount(ui, words.shift_opening, &mut form.opening);
        amount(ui, words.cash_counted, &mut form.counted);
    });
    ui.collapsing(words.by_notes, |ui| {
        Grid::new("notes").num_columns(2 * COLUMNS).show(ui, |ui| {
            for (place, (note, count)) in NOTES.iter().zip(&mut form.notes).enumerate() {
                let label = ui.label(format!("{} ×", Vnd::fixed(*note)));
                ui.add(TextEdit::singleline(count).desired_width(34.0))
                    .labelled_by(label.id);
                if place % COLUMNS == COLUMNS - 1 {
                    ui.end_row();
                }
            }
        });
    });
    ui.horizontal_wrapped(|ui| {
        if let Some(by) = model.history.off_by() {
            let tone = if by == 0 { Tone::Good } else { Tone::Doubt };
            let text = format!("{} {}", tone.sign(), off(by, words));
            ui.label(RichText::new(text).color(tone.ink(dark)).strong());
        }
        let can_close = model.counted_shift().is_some();
        if ui
            .add_enabled(can_close, Button::new(words.close_shift))
            .clicked()
        {
            actions.push(UserAction::CloseShift);
        }
    });
    closed(ui, model, actions);
}

/// So many shifts of the past are shown.
const SHOWN: usize = 10;

fn closed(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    if model.history.shifts.is_empty() {
        return;
    }
    let dark = ui.visuals().dark_mode;
    ScrollArea::vertical()
        .id_salt("shifts")
        .max_height(72.0)
        .show(ui, |ui| {
            for (place, shift) in model.history.shifts.iter().take(SHOWN).enumerate() {
                ui.horizontal(|ui| {
                    let at = local(shift.until_ms, "%d/%m %H:%M");
                    if ui.small_button(words.print).on_hover_text(&at).clicked() {
                        actions.push(UserAction::PrintShift(place));
                    }
                    let by = shift.off_by();
                    let tone = if by == 0 { Tone::Quiet } else { Tone::Doubt };
                    let text = format!(
                        "{at} · {} · {} · {}",
                        shift.who,
                        shift.counted,
                        off(by, words)
                    );
                    ui.label(RichText::new(text).small().color(tone.ink(dark)));
                });
            }
        });
}

fn amount(ui: &mut Ui, name: &str, typed: &mut String) {
    ui.vertical(|ui| {
        ui.set_max_width(150.0);
        field(ui, name, typed, false, "0");
    });
}
