//! "Was it paid?" for any code, phone, order or transaction; and what is in doubt, with all that is
//! known of it.

use std::path::{Path, PathBuf};

use egui::{
    Align, Button, Frame, Image, Label, Layout, Margin, RichText, Role, ScrollArea, Stroke,
    TextEdit, Ui, WidgetInfo,
};

use super::{Ringed, big_button, field};
use crate::desktop::model::rows::shown;
use crate::desktop::model::{FoundAttempt, Model, UserAction};
use crate::desktop::style::Tone;
use crate::desktop::words::in_one_language;
use crate::domain::{Outcome, Vnd};

pub fn show(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    ui.horizontal_wrapped(|ui| {
        let label = ui.label(words.code);
        let edit = TextEdit::singleline(&mut model.find.query)
            .hint_text(words.find_hint)
            .desired_width((ui.available_width() - 220.0).clamp(120.0, 360.0));
        let edit = ui.add(edit).labelled_by(label.id).ringed(ui);
        if std::mem::take(&mut model.find.wants_focus) {
            edit.request_focus();
        }
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
            if big_button(ui, words.reconcile, model.ahead().can_reconcile(), true) {
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
            ui.horizontal_wrapped(|ui| {
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
                if one.end.outcome == Outcome::Paid {
                    if ui.button(words.print_receipt).clicked() {
                        actions.push(UserAction::Receipt(one.attempt.clone(), true));
                    }
                    if ui
                        .button(words.copy_receipt)
                        .on_hover_text(words.copy_receipt_hint)
                        .clicked()
                    {
                        actions.push(UserAction::Receipt(one.attempt.clone(), false));
                    }
                }
                if ui.button(words.story).clicked() {
                    actions.push(UserAction::Story(one.attempt.clone()));
                }
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
                let message = in_one_language(&one.end.message, words.language);
                ui.add(Label::new(RichText::new(message).small()).wrap());
            }
            // A doubt is decided beside what was kept of it; how it came to that is read below.
            if one.is_doubt() {
                evidence(ui, model, &one.attempt, actions);
                decision(ui, model, one, actions);
                story(ui, model, &one.attempt);
            } else {
                story(ui, model, &one.attempt);
                evidence(ui, model, &one.attempt, actions);
            }
        });
    ui.add_space(4.0);
}

/// Step by step.
fn story(ui: &mut Ui, model: &Model, attempt: &str) {
    let Some(story) = model.find.story_of(attempt) else {
        return;
    };
    ui.separator();
    for (at, step) in &story.steps {
        let sentence = in_one_language(step, model.language);
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(at).small());
            ui.label(sentence);
        });
    }
}

/// Width and height of a picture among others.
const THUMBNAIL: egui::Vec2 = egui::vec2(300.0, 212.0);

/// What was kept of an attempt: pictures large enough to be told apart, one of them as large as the
/// window where it is clicked; texts as buttons.
fn evidence(ui: &mut Ui, model: &mut Model, attempt: &str, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let Some(story) = model.find.story_of(attempt) else {
        return;
    };
    if story.evidence.is_empty() {
        return;
    }
    let (pictures, texts): (Vec<_>, Vec<_>) = story
        .evidence
        .iter()
        .cloned()
        .partition(|(_, path)| is_picture(path));
    ui.separator();
    ui.strong(words.evidence);
    ui.horizontal_wrapped(|ui| {
        for (what, path) in &pictures {
            let cell = THUMBNAIL + egui::vec2(0.0, 26.0);
            ui.allocate_ui_with_layout(cell, Layout::top_down(Align::Min), |ui| {
                ui.set_min_size(cell);
                let name = format!("{}: {what}", words.picture);
                let picture = Image::new(address(path))
                    .fit_to_exact_size(THUMBNAIL)
                    .alt_text(&name);
                let thumbnail = ui.add(Button::image(picture).frame(false));
                thumbnail.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
                if thumbnail.clicked() {
                    model.find.enlarged = Some(path.clone());
                }
                ui.add(Label::new(RichText::new(&name).small()).truncate());
            });
        }
    });
    enlarged(ui, model, &pictures, actions);
    ui.horizontal_wrapped(|ui| {
        for (what, path) in &texts {
            let button = ui.button(format!("{}: {what}", words.page_text));
            if button.on_hover_text(path.display().to_string()).clicked() {
                actions.push(UserAction::Open(path.clone()));
            }
        }
    });
}

/// The picture that is looked at closely, as wide as the window.
fn enlarged(
    ui: &mut Ui,
    model: &mut Model,
    pictures: &[(String, PathBuf)],
    actions: &mut Vec<UserAction>,
) {
    let words = model.words();
    let chosen = model.find.enlarged.clone();
    let Some((what, path)) = pictures
        .iter()
        .find(|(_, path)| chosen.as_ref() == Some(path))
    else {
        return;
    };
    ui.horizontal_wrapped(|ui| {
        ui.strong(what);
        if ui.button(words.make_small).clicked() {
            model.find.enlarged = None;
        }
        if ui.button(words.open_folder).clicked()
            && let Some(folder) = path.parent()
        {
            actions.push(UserAction::Open(folder.to_owned()));
        }
    });
    let picture = Image::new(address(path))
        .max_width(ui.available_width())
        .alt_text(what);
    ui.add(picture);
}

fn is_picture(path: &Path) -> bool {
    path.extension()
        .is_some_and(|kind| kind == "jpg" || kind == "png")
}

fn address(path: &Path) -> String {
    format!("file://{}", path.display())
}

/// A person's word, with name and reason.
///
/// It is never changed again, so it takes two clicks: which, and then the sentence that will be
/// written down, with the amount.
fn decision(ui: &mut Ui, model: &mut Model, one: &FoundAttempt, actions: &mut Vec<UserAction>) {
    let words = model.words();
    ui.separator();
    ui.label(RichText::new(words.resolve_title).strong());
    ui.horizontal_wrapped(|ui| {
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
