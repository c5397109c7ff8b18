//! The screens: functions from the model to what was asked for. Text fields change their own text;
//! nothing else does.

mod batch;
mod driver;
mod find;
mod guide;
mod history;
mod keys;
mod lock;
mod questions;
mod settings;
mod sheet;
mod side;

use std::fmt::Debug;
use std::hash::Hash;

use egui::{
    Align, Align2, Button, CentralPanel, CollapsingHeader, Color32, ComboBox, Id, Label, Layout,
    Panel, ProgressBar, RichText, TextEdit, Ui,
};
use egui_plot::{Bar, BarChart, Plot, PlotPoint, Text};

use super::model::{Busy, Model, Place, Reach, Setup, UserAction};
use super::style::{ACCENT, Tone};
use super::words::{Words, in_one_language};

pub use keys::shortcuts;

/// Draws everything; says what was asked for.
pub fn show(ui: &mut Ui, model: &mut Model) -> Vec<UserAction> {
    let mut actions = Vec::new();
    if guide::show(ui, model) {
        return actions;
    }
    match &model.setup {
        _ if model.lock.is_locked => {
            CentralPanel::default().show(ui, |ui| lock::locked(ui, model, &mut actions));
            return actions;
        }
        Setup::First => {
            CentralPanel::default().show(ui, |ui| lock::first_run(ui, model, &mut actions));
            return actions;
        }
        Setup::Locked(why) => {
            let why = why.clone();
            CentralPanel::default().show(ui, |ui| {
                lock::passphrase(ui, model, why.as_deref(), &mut actions);
            });
            return actions;
        }
        Setup::Opening | Setup::Fault(_) | Setup::Ready => {}
    }
    keys::pressed(ui, model, &mut actions);
    Panel::left("services")
        .exact_size(if is_narrow(ui) { 168.0 } else { 216.0 })
        .resizable(false)
        .show(ui, |ui| side::bar(ui, model, &mut actions));
    Panel::bottom("told").show(ui, |ui| side::last_told(ui, model, &mut actions));
    Panel::top("head").show(ui, |ui| head(ui, model, &mut actions));
    match model.place {
        Place::Service(_) => batch::show(ui, model, &mut actions),
        Place::Find => {
            CentralPanel::default().show(ui, |ui| find::show(ui, model, &mut actions));
        }
        Place::History => {
            CentralPanel::default().show(ui, |ui| history::show(ui, model, &mut actions));
        }
        Place::Settings => {
            CentralPanel::default().show(ui, |ui| settings::show(ui, model, &mut actions));
        }
        Place::Notices => {
            CentralPanel::default().show(ui, |ui| side::told(ui, model));
        }
    }
    actions
}

/// Is the window narrow, by the size of its letters? Then what stands side by side elsewhere stands
/// below each other.
pub(super) fn is_narrow(ui: &Ui) -> bool {
    let taken = ui.data(|data| data.get_temp(Id::unique(TAKEN)));
    is_narrow_but_for(ui, taken.unwrap_or_default())
}

/// How wide what stands beside the work is, in points: kept under this name from frame to frame.
const TAKEN: &str = "taken beside";

fn is_narrow_but_for(ui: &Ui, taken: f32) -> bool {
    ui.ctx().content_rect().width() - taken < 1_000.0
}

/// Is it low? Then what fills the rest elsewhere is scrolled with what is above it.
pub(super) fn is_low(ui: &Ui) -> bool {
    ui.ctx().content_rect().height() < 560.0
}

fn help_and_lock(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    if ui.button(words.help).on_hover_text("F1").clicked() {
        actions.push(UserAction::Help);
    }
    if !model.is_demo && ui.button(words.lock).on_hover_text("Ctrl+L").clicked() {
        actions.push(UserAction::Lock);
    }
}

/// The state line, the one sentence, and what needs somebody.
fn head(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    ui.add_space(if is_low(ui) { 2.0 } else { 8.0 });
    let lights = |ui: &mut Ui, actions: &mut Vec<UserAction>| {
        help_and_lock(ui, model, actions);
        if !model.operators.is_empty() {
            ui.label(&model.operator);
        }
        let balance = model
            .balance
            .map_or_else(|| "—".to_owned(), |b| b.to_string());
        let mut text = RichText::new(format!("{} {balance}", words.balance)).strong();
        if model.is_balance_low() {
            let sign = Tone::Doubt.sign();
            text = RichText::new(format!("{sign} {} {balance}", words.balance))
                .strong()
                .color(Tone::Doubt.ink(dark));
        }
        let balance = ui.label(text);
        if let Some(agent) = &model.agent {
            balance.on_hover_text(agent);
        }
        light(ui, words, words.browser, &model.browser);
        light(ui, words, words.server, &model.api);
        if model.unacknowledged > 0 {
            let text = format!("⚠ {}", (words.unacknowledged)(model.unacknowledged));
            ui.label(RichText::new(text).small().color(Tone::Doubt.ink(dark)))
                .on_hover_text(words.unacknowledged_hint);
        }
    };
    ui.horizontal(|ui| {
        let title = match model.place {
            Place::Service(service) => (words.service)(service),
            Place::Find => words.find_title,
            Place::History => words.history_title,
            Place::Settings => words.settings_title,
            Place::Notices => words.notices,
        };
        ui.heading(title);
        if !is_narrow(ui) {
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                lights(ui, actions);
            });
        }
    });
    if is_narrow(ui) {
        ui.horizontal_wrapped(|ui| lights(ui, actions));
    }
    for banner in &model.banners {
        let text = banner
            .content
            .as_deref()
            .filter(|text| !text.trim().is_empty())
            .unwrap_or(&banner.name);
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(text).color(Tone::Busy.ink(dark)).strong());
            if let Some(link) = banner
                .link
                .as_deref()
                .filter(|link| link.starts_with("http://") || link.starts_with("https://"))
            {
                ui.hyperlink_to(&banner.name, link);
            }
        });
    }
    let (tone, text) = model.sentence();
    ui.add(Label::new(RichText::new(text).size(16.0).color(tone.ink(dark))).wrap());
    if let Some(cause) = model.cause() {
        details(ui, words, "sentence", &cause);
    }
    if let Some(needed) = &model.needs_person
        && big_button(ui, words.show_browser, true, true)
    {
        actions.push(UserAction::ShowBrowser(needed.login));
    }
    driver::driver(ui, model, actions);
    settling(ui, model, actions);
    if model.asks_close {
        questions::closing(ui, model, actions);
    }
    if !model.doubts.is_empty() && model.busy != Busy::Reconciling && model.place != Place::Find {
        ui.horizontal_wrapped(|ui| {
            let text = format!("⚠ {}", (words.doubts)(model.doubts.len()));
            ui.label(RichText::new(text).color(Tone::Doubt.ink(dark)).strong());
            if ui
                .add_enabled(model.ahead().can_reconcile(), Button::new(words.reconcile))
                .clicked()
            {
                actions.push(UserAction::Reconcile);
            }
            if ui.button(words.look_at_doubts).clicked() {
                actions.push(UserAction::Go(Place::Find));
            }
        });
    }
    ui.add_space(4.0);
}

/// How far looking into doubts is; *Đối soát* may be cut short, a batch is stopped by its own button.
fn settling(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let settling = model.settling.filter(|_| model.busy != Busy::Nobody);
    if settling.is_none() && model.busy != Busy::Reconciling {
        return;
    }
    ui.horizontal(|ui| {
        match settling {
            Some(settling) => {
                let bar = ProgressBar::new(settling.wait.share(model.now_ms))
                    .desired_width((ui.available_width() - 140.0).max(40.0))
                    .fill(ACCENT)
                    .desired_height(14.0);
                let bar = ui.add(bar);
                ui.ctx()
                    .accesskit_node_builder(bar.id, |node| node.set_label(words.reconcile));
            }
            None => {
                ui.spinner();
            }
        }
        if model.busy == Busy::Reconciling
            && ui
                .add_enabled(!model.stops_reconciling, Button::new(words.stop))
                .clicked()
        {
            actions.push(UserAction::Stop);
        }
    });
}

fn light(ui: &mut Ui, words: &Words, name: &str, status: &Reach) {
    let (icon, word, tone, detail) = match status {
        Reach::Checking => ("○", words.checking, Tone::Quiet, String::new()),
        Reach::Unused => ("○", words.unused, Tone::Quiet, String::new()),
        Reach::Good(text) => ("●", words.good, Tone::Good, text.clone()),
        Reach::Bad(why) => (
            "✖",
            words.bad,
            Tone::Bad,
            in_one_language(why, words.language),
        ),
    };
    let text = RichText::new(format!("{icon} {name}: {word}"))
        .color(tone.ink(ui.visuals().dark_mode))
        .small();
    let label = ui.label(text);
    if !detail.is_empty() {
        label.on_hover_text(detail);
    }
}

/// What the machine said, for whoever asks: behind a line to click.
pub(super) fn details(ui: &mut Ui, words: &Words, of: impl Hash + Debug, cause: &str) {
    CollapsingHeader::new(RichText::new(words.details).small())
        .id_salt(of)
        .show(ui, |ui| {
            ui.add(Label::new(RichText::new(cause).small().monospace()).wrap());
        });
}

/// A labelled field: the label also names it for a screen reader.
pub(super) fn field(
    ui: &mut Ui,
    name: &str,
    text: &mut String,
    is_secret: bool,
    hint: &'static str,
) -> egui::Response {
    let label = ui.label(name);
    ui.add(
        TextEdit::singleline(text)
            .password(is_secret)
            .hint_text(hint)
            .desired_width(f32::INFINITY),
    )
    .labelled_by(label.id)
    .ringed(ui)
}

/// Where the cursor stands is seen on either paper.
pub(super) trait Ringed {
    /// Draws a ring around the field that has the cursor.
    #[must_use]
    fn ringed(self, ui: &Ui) -> Self;
}

impl Ringed for egui::Response {
    fn ringed(self, ui: &Ui) -> Self {
        if self.has_focus() {
            let ring = egui::Stroke::new(2.0, Tone::Busy.ink(ui.visuals().dark_mode));
            ui.painter()
                .rect_stroke(self.rect, 6.0, ring, egui::StrokeKind::Outside);
        }
        self
    }
}

/// A labelled choice. `true`: another one was chosen.
pub(super) fn choice<T: Copy + PartialEq>(
    ui: &mut Ui,
    name: &str,
    chosen: &mut T,
    all: &[T],
    named: impl Fn(T) -> &'static str,
) -> bool {
    let label = ui.label(name);
    let before = *chosen;
    ComboBox::from_id_salt(name)
        .selected_text(named(before))
        .width(ui.available_width().min(320.0))
        .show_ui(ui, |ui| {
            for one in all {
                ui.selectable_value(chosen, *one, named(*one));
            }
        })
        .response
        .labelled_by(label.id);
    *chosen != before
}

/// So many bars at most have their numbers on them.
const NUMBERED: usize = 31;

/// Bars that stand still: read, not played with. `named` words a place below them. Says where it was
/// clicked.
pub(super) fn chart(
    ui: &mut Ui,
    name: &str,
    height: f32,
    bars: Vec<Bar>,
    named: impl Fn(f64) -> String + 'static,
) -> Option<f64> {
    // A few bars are read by their numbers, many by their shape.
    let numbers: Vec<Text> = bars
        .iter()
        .filter(|bar| bars.len() <= NUMBERED && bar.value > 0.0)
        .map(|bar| {
            let number = if bar.value.fract() == 0.0 {
                format!("{}", bar.value)
            } else {
                format!("{:.1}", bar.value).replace('.', ",")
            };
            Text::new(name, PlotPoint::new(bar.argument, bar.value), number)
                .anchor(Align2::CENTER_BOTTOM)
        })
        .collect();
    let highest = bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let drawn = Plot::new(name)
        .height(height)
        .show_grid([false, true])
        .allow_drag(false)
        .allow_zoom(false)
        .allow_scroll(false)
        .allow_boxed_zoom(false)
        .include_y(0.0)
        // Room for the number on the highest bar.
        .include_y(highest * 1.25)
        .y_axis_formatter(|mark, _| format!("{}", mark.value).replace('.', ","))
        .x_axis_formatter(move |mark, _| named(mark.value))
        .show(ui, |plot| {
            plot.bar_chart(BarChart::new(name, bars));
            for number in numbers {
                plot.text(number);
            }
            plot.pointer_coordinate().map(|at| at.x)
        });
    drawn.inner.filter(|_| drawn.response.clicked())
}

/// Filled where it is the one thing to do next, quiet else.
pub(super) fn big_button(ui: &mut Ui, text: &str, is_enabled: bool, is_primary: bool) -> bool {
    let height = if is_low(ui) { 28.0 } else { 34.0 };
    let mut label = RichText::new(text);
    let mut button = Button::new(label.clone());
    if is_primary && is_enabled {
        label = label.color(Color32::WHITE).strong();
        button = Button::new(label).fill(ACCENT);
    }
    ui.add_enabled(is_enabled, button.min_size(egui::vec2(104.0, height)))
        .clicked()
}
