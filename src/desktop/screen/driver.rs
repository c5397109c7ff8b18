//! The card of a browser whose driver is missing: what is wrong, the one button, how far it is.

use egui::{Label, ProgressBar, RichText, Ui};

use super::{big_button, questions};
use crate::desktop::model::{DriverCard, Model, UserAction};
use crate::desktop::style::Tone;
use crate::desktop::words::in_one_language;

pub(super) fn driver(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    match &model.driver {
        DriverCard::None => {}
        DriverCard::Wanted(why) | DriverCard::Failed(why) => questions::card(ui, |ui| {
            let why = in_one_language(why, model.language);
            ui.add(Label::new(RichText::new(why).color(Tone::Bad.ink(dark))).wrap());
            let name = if matches!(model.driver, DriverCard::Failed(_)) {
                words.fetch_driver_again
            } else {
                words.fetch_driver
            };
            ui.horizontal_wrapped(|ui| {
                if big_button(ui, name, true, true) {
                    actions.push(UserAction::FetchDriver);
                }
                ui.label(RichText::new(words.fetch_driver_hint).small());
            });
        }),
        DriverCard::Fetching(percent) => questions::card(ui, |ui| {
            ui.label(words.fetching_driver);
            let part = f32::from(percent.unwrap_or_default()) / 100.0;
            let bar = ProgressBar::new(part).show_percentage();
            ui.add(bar.animate(percent.is_none()));
        }),
    }
}
