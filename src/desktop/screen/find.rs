//! "Was it paid?" for any code, phone, order or transaction; and what is in doubt, with all that is
//! known of it.

use egui::{
    Align, Frame, Image, Label, Layout, Margin, RichText, ScrollArea, Stroke, TextEdit, Ui,
};

use super::{big_button, field};
use crate::desktop::model::rows::shown;
use crate::desktop::model::{FoundAttempt, Model, UserAction};
use crate::desktop::style::Tone;
use crate::domain::{Outcome, Vnd};

pub fn show(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    ui.horizontal(|ui| {
        let label = ui.label(words.code);
        let edit = TextEdit::singleline(&mut model.find.query)
            .hint_text(words.find_hint)
            .desired_width(360.0);
        let edit = ui.add(edit).labelled_by(label.id);
        let is_entered = edit.lost_focus() && ui.input(|input| input.key_pressed(egui::Key::Enter));
        if big_button(ui, words.check, !model.find.query.trim().is_empty(), true) || is_entered {
            actions.push(UserAction::Find);
        }
        if !model.find.found.is_empty() && ui.button(words.export).clicked() {
            actions.push(UserAction::ExportFound);
        }
    });
    ui.add_space(6.0);
    ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
        answer(ui, model);
        let found = if model.find.asked.is_some() {
            model.find.found.clone()
        } else {
            Vec::new()
        };
        for one in &found {
            card(ui, model, one, actions);
        }
        let doubts: Vec<FoundAttempt> = model
            .doubts
            .iter()
            .filter(|doubt| !found.iter().any(|one| one.attempt == doubt.attempt))
            .cloned()
            .collect();
        if !doubts.is_empty() {
            ui.add_space(10.0);
            let dark = ui.visuals().dark_mode;
            ui.label(
                RichText::new(format!("⚠ {}", (words.doubts)(doubts.len())))
                    .color(Tone::Doubt.ink(dark))
                    .strong(),
            );
            if big_button(ui, words.reconcile, model.can_reconcile(), true) {
                actions.push(UserAction::Reconcile);
            }
        }
        for one in &doubts {
            card(ui, model, one, actions);
        }
    });
}

/// The answer in one line.
fn answer(ui: &mut Ui, model: &Model) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    let Some(asked) = &model.find.asked else {
        return;
    };
    let found = &model.find.found;
    let (tone, text) = if let Some(doubt) = found.iter().find(|one| one.is_doubt()) {
        (Tone::Doubt, (words.answer_doubt)(&doubt.at))
    } else if let Some(paid) = found.iter().find(|one| one.end.outcome == Outcome::Paid) {
        let amount = paid
            .end
            .amount
            .map_or_else(|| "—".to_owned(), |a| a.to_string());
        (
            Tone::Good,
            (words.answer_paid)(&amount, &paid.at, (words.service)(paid.service)),
        )
    } else if let Some(last) = found.first() {
        (
            Tone::Quiet,
            (words.answer_not_paid)((words.outcome)(last.end.outcome)),
        )
    } else {
        (Tone::Quiet, (words.never)(asked))
    };
    ui.add(
        Label::new(
            RichText::new(format!("{} {text}", tone.sign()))
                .size(20.0)
                .color(tone.ink(dark))
                .strong(),
        )
        .wrap(),
    );
}

/// One attempt; its story below it where it is asked for.
fn card(ui: &mut Ui, model: &mut Model, one: &FoundAttempt, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    let (icon, tone) = shown(one.end.outcome);
    Frame::new()
        .inner_margin(Margin::same(10))
        .stroke(Stroke::new(1.0, ui.visuals().weak_text_color()))
        .corner_radius(6)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal(|ui| {
                ui.strong(&one.account);
                ui.label((words.service)(one.service));
                let amount = one
                    .end
                    .amount
                    .map_or_else(|| "—".to_owned(), |a: Vnd| a.to_string());
                ui.label(RichText::new(amount).strong());
                ui.label(
                    RichText::new(format!("{icon} {}", (words.outcome)(one.end.outcome)))
                        .color(tone.ink(dark)),
                );
                ui.label(&one.at);
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if ui.button(words.story).clicked() {
                        actions.push(UserAction::Story(one.attempt.clone()));
                    }
                });
            });
            ui.horizontal_wrapped(|ui| {
                if let Some(customer) = &one.customer {
                    ui.label(customer);
                }
                ui.label((words.proof)(one.end.proof.label_in(model.language)));
                if let Some(id) = &one.end.transaction_id {
                    ui.label((words.transaction)(id));
                }
            });
            if !one.end.message.is_empty() {
                ui.add(Label::new(RichText::new(&one.end.message).small()).wrap());
            }
            story(ui, model, &one.attempt, actions);
            if one.is_doubt() {
                decision(ui, model, one, actions);
            }
        });
    ui.add_space(4.0);
}

/// Step by step, with what was kept beside it.
fn story(ui: &mut Ui, model: &Model, attempt: &str, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let Some(story) = model
        .find
        .story
        .as_ref()
        .filter(|story| story.attempt == attempt)
    else {
        return;
    };
    ui.separator();
    for (at, sentence) in &story.steps {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(at).small());
            ui.label(sentence);
        });
    }
    if story.evidence.is_empty() {
        return;
    }
    ui.strong(words.evidence);
    ui.horizontal_wrapped(|ui| {
        for (what, path) in &story.evidence {
            ui.vertical(|ui| {
                if path
                    .extension()
                    .is_some_and(|kind| kind == "jpg" || kind == "png")
                {
                    let picture = Image::new(format!("file://{}", path.display()))
                        .max_size(egui::vec2(220.0, 160.0))
                        .alt_text(what);
                    ui.add(picture);
                }
                if ui
                    .button(what)
                    .on_hover_text(path.display().to_string())
                    .clicked()
                {
                    actions.push(UserAction::Open(path.clone()));
                }
            });
        }
    });
}

/// A person's word, with name and reason.
///
/// It is never changed again, so it takes two clicks: which, and then the sentence that will be
/// written down, with the amount.
fn decision(ui: &mut Ui, model: &mut Model, one: &FoundAttempt, actions: &mut Vec<UserAction>) {
    let words = model.words();
    ui.separator();
    ui.label(RichText::new(words.resolve_title).strong());
    ui.horizontal(|ui| {
        ui.vertical(|ui| {
            ui.set_width(180.0);
            field(ui, words.your_name, &mut model.find.name, false, "");
        });
        ui.vertical(|ui| {
            ui.set_width(320.0);
            field(
                ui,
                words.reason,
                &mut model.find.reason,
                false,
                words.reason_hint,
            );
        });
        let is_signed = !model.find.name.trim().is_empty() && !model.find.reason.trim().is_empty();
        for (word, is_paid) in [(words.was_paid, true), (words.was_not_paid, false)] {
            if big_button(ui, word, is_signed && model.running().is_none(), false) {
                model.find.deciding = Some((one.attempt.clone(), is_paid));
            }
        }
    });
    let is_paid = match &model.find.deciding {
        Some((attempt, is_paid)) if *attempt == one.attempt => *is_paid,
        _ => return,
    };
    let amount = one
        .end
        .amount
        .map_or_else(|| "—".to_owned(), |amount: Vnd| amount.to_string());
    let (word, tone) = if is_paid {
        (words.was_paid, Tone::Good)
    } else {
        (words.was_not_paid, Tone::Bad)
    };
    let dark = ui.visuals().dark_mode;
    ui.horizontal_wrapped(|ui| {
        let sentence = (words.decide_sure)(word, &one.account, &amount);
        ui.label(RichText::new(sentence).color(tone.ink(dark)).strong());
        if big_button(ui, words.decide, true, true) {
            model.find.deciding = None;
            actions.push(UserAction::Resolve {
                attempt: one.attempt.clone(),
                is_paid,
            });
        }
        if big_button(ui, words.leave_it, true, false) {
            model.find.deciding = None;
        }
    });
}
