//! What each login does, and how fast all of them are.

use egui::{Image, Label, RichText, ScrollArea, Ui};

use super::super::chart;
use crate::desktop::model::{Model, UserAction, local};
use crate::desktop::style::{ACCENT, Tone};

pub fn show(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (tab, words) = (model.tab(), model.words());
    let dark = ui.visuals().dark_mode;
    ui.add_space(6.0);
    ui.strong(words.sessions);
    ScrollArea::vertical()
        .id_salt("logins")
        .max_height((ui.available_height() - 150.0).max(120.0))
        .show(ui, |ui| {
            for (number, login) in &tab.logins {
                ui.separator();
                ui.horizontal(|ui| {
                    ui.strong((words.session)(number + 1));
                    ui.label(RichText::new((words.jobs_done)(login.done)).small());
                });
                let (icon, text, tone) = match &login.at {
                    _ if login.needs_person => ("⚠", words.needs_look.to_owned(), Tone::Doubt),
                    _ if login.is_out => ("○", words.out.to_owned(), Tone::Quiet),
                    Some((account, state)) => {
                        let (icon, word, tone) = state.shown(words);
                        (icon, format!("{word} {account}"), tone)
                    }
                    None => ("○", words.idle.to_owned(), Tone::Quiet),
                };
                ui.add(
                    Label::new(
                        RichText::new(format!("{icon} {text}"))
                            .color(tone.ink(dark))
                            .small(),
                    )
                    .truncate(),
                );
                if login.is_out {
                    continue;
                }
                ui.horizontal_wrapped(|ui| {
                    if ui.small_button(words.show_browser).clicked() {
                        actions.push(UserAction::ShowBrowser(*number));
                    }
                    if ui.small_button(words.peek).clicked() {
                        actions.push(UserAction::Peek(*number));
                    }
                });
                if let Some((_, name)) =
                    model.peeked.1.as_ref().filter(|(login, _)| login == number)
                {
                    ui.add(
                        Image::new(name)
                            .max_width(ui.available_width())
                            .alt_text((words.session)(number + 1)),
                    );
                }
            }
        });
    if tab.rate.len() > 1 {
        ui.separator();
        rate(ui, model);
    }
}

/// Jobs a minute, the last half hour.
fn rate(ui: &mut Ui, model: &Model) {
    let (tab, words) = (model.tab(), model.words());
    ui.label(RichText::new(words.rate).small());
    #[expect(
        clippy::cast_precision_loss,
        reason = "minutes and jobs of half an hour"
    )]
    let bars = tab
        .rate
        .iter()
        .map(|(minute, count)| {
            egui_plot::Bar::new(*minute as f64, f64::from(*count))
                .width(0.8)
                .fill(ACCENT)
        })
        .collect();
    chart(ui, words.rate, 84.0, bars, minute);
}

#[expect(clippy::cast_possible_truncation, reason = "minutes since 1970")]
fn minute(mark: f64) -> String {
    local(mark.round() as i64 * 60_000, "%H:%M")
}
