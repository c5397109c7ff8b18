//! Days: batches, sums, and the cash at the end of the day.

mod shift;

use egui::{Align, Button, Color32, Label, Layout, RichText, Role, ScrollArea, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder};
use egui_plot::Bar;

use super::{chart, is_low, is_narrow};
use crate::desktop::model::rows::shown;
use crate::desktop::model::side::BatchView;
use crate::desktop::model::{HistoryView, Model, Only, UserAction};
use crate::desktop::style::{ACCENT, ROW_HEIGHT};
use crate::domain::Vnd;

/// Spans that are offered, in days.
const SPANS: [u16; 4] = [1, 7, 30, 90];

pub fn show(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    if is_low(ui) {
        ScrollArea::both()
            .auto_shrink(false)
            .show(ui, |ui| days(ui, model, actions));
    } else {
        days(ui, model, actions);
    }
}

fn days(ui: &mut Ui, model: &mut Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    ui.horizontal_wrapped(|ui| {
        for days in SPANS {
            let is_chosen = model.history.days == days;
            let color = if is_chosen {
                Color32::WHITE
            } else {
                ui.visuals().text_color()
            };
            if ui
                .add(Button::selectable(
                    is_chosen,
                    RichText::new(if days == 1 {
                        words.of_the_day.to_owned()
                    } else {
                        (words.days)(days.into())
                    })
                    .color(color),
                ))
                .clicked()
            {
                actions.push(UserAction::Days(days));
            }
        }
        if model.history.is_loading {
            ui.spinner();
        }
        let name = match model.history.ticked.len() {
            0 => words.export_all.to_owned(),
            count => (words.export_ticked)(count),
        };
        if ui
            .add_enabled(!model.history.batches.is_empty(), Button::new(name))
            .clicked()
        {
            actions.push(UserAction::ExportBatches);
        }
    });
    if is_narrow(ui) {
        sums(ui, model, actions);
        total(ui, model);
        outcomes(ui, model);
        shift::show(ui, model, actions);
    } else {
        ui.columns(3, |columns| {
            columns[0].vertical(|ui| {
                sums(ui, model, actions);
                total(ui, model);
            });
            outcomes(&mut columns[1], model);
            shift::show(&mut columns[2], model, actions);
        });
    }
    by_time(ui, model, actions);
    ui.add_space(6.0);
    ui.horizontal(|ui| {
        ui.strong(words.batches);
        only(ui, model, actions);
    });
    if model.history.batches.is_empty() {
        ui.label(words.nothing_yet);
        return;
    }
    batches(ui, model);
}

fn sums(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (words, history) = (model.words(), &model.history);
    ui.strong(words.by_service);
    for (service, count, paid) in &history.by_service {
        let only = Only::Service(*service);
        sum(
            ui,
            history,
            (words.service)(*service),
            *count,
            *paid,
            only,
            actions,
        );
    }
    if history.by_person.len() > 1 {
        ui.strong(words.by_person);
        for (name, count, paid) in &history.by_person {
            let only = Only::Person(name.clone());
            sum(ui, history, name, *count, *paid, only, actions);
        }
    }
}

/// A sum; a click leaves its batches, another all of them.
fn sum(
    ui: &mut Ui,
    history: &HistoryView,
    name: &str,
    count: usize,
    paid: Vnd,
    only: Only,
    actions: &mut Vec<UserAction>,
) {
    ui.horizontal(|ui| {
        let is_chosen = history.only.as_ref() == Some(&only);
        let text = format!("{name} · {count}");
        if ui
            .add(
                Button::new(text)
                    .frame(false)
                    .truncate()
                    .selected(is_chosen),
            )
            .clicked()
        {
            actions.push(UserAction::Only((!is_chosen).then_some(only)));
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            ui.label(paid.to_string())
        });
    });
}

fn total(ui: &mut Ui, model: &Model) {
    let history = &model.history;
    if history.by_service.len() > 1 {
        let total = (model.words().total)(&history.total().to_string());
        ui.with_layout(Layout::right_to_left(Align::Min), |ui| ui.strong(total));
    }
}

fn outcomes(ui: &mut Ui, model: &Model) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    ui.strong(words.by_outcome);
    for (outcome, count) in &model.history.by_outcome {
        let (icon, tone) = shown(*outcome);
        ui.label(
            RichText::new(format!("{icon} {} · {count}", (words.outcome)(*outcome)))
                .color(tone.ink(dark)),
        );
    }
}

/// What was paid on each day; of one day, how much was done in each hour.
fn by_time(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let (words, history) = (model.words(), &model.history);
    if history.by_service.is_empty() {
        return;
    }
    let clicked = if history.by_day.len() > 1 {
        ui.strong(words.by_day);
        let days = history.by_day.iter();
        #[expect(clippy::cast_precision_loss, reason = "a bar's height")]
        let bars = days.map(|(day, paid)| (day.clone(), paid.dong() as f64 / 1_000_000.0));
        bars_of(ui, words.by_day, bars.collect())
            .and_then(|place| Some(Only::Day(history.by_day.get(place)?.0.clone())))
    } else {
        ui.strong(words.by_hour);
        let hours = history.by_hour.iter().enumerate();
        #[expect(clippy::cast_precision_loss, reason = "a bar's height")]
        let bars = hours.map(|(hour, count)| (format!("{hour}h"), *count as f64));
        bars_of(ui, words.by_hour, bars.collect()).map(Only::Hour)
    };
    if let Some(only) = clicked {
        let is_chosen = history.only.as_ref() == Some(&only);
        actions.push(UserAction::Only((!is_chosen).then_some(only)));
    }
}

/// Bars with their names; the place of the one that was clicked.
fn bars_of(ui: &mut Ui, name: &str, named: Vec<(String, f64)>) -> Option<usize> {
    let bars = (0_u32..)
        .zip(&named)
        .map(|(place, (_, height))| Bar::new(f64::from(place), *height).width(0.7).fill(ACCENT))
        .collect();
    let count = named.len();
    let names: Vec<String> = named.into_iter().map(|(name, _)| name).collect();
    let of = move |mark: f64| {
        whole(mark)
            .and_then(|place| names.get(place).cloned())
            .unwrap_or_default()
    };
    let clicked = chart(ui, name, 120.0, bars, of)?;
    whole(clicked.round()).filter(|place| *place < count)
}

/// A place among bars, where a mark stands at one.
fn whole(mark: f64) -> Option<usize> {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the place of a bar"
    )]
    let place = mark.round() as usize;
    ((mark - mark.round()).abs() < 0.01 && mark > -0.5).then_some(place)
}

/// What a click into a chart has left, and the way back.
fn only(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let words = model.words();
    let name = match &model.history.only {
        None => return,
        Some(Only::Service(service)) => (words.service)(*service).to_owned(),
        Some(Only::Person(name) | Only::Day(name)) => name.clone(),
        Some(Only::Hour(hour)) => format!("{hour}h"),
    };
    if ui.button((words.only_these)(&name)).clicked() {
        actions.push(UserAction::Only(None));
    }
}

fn batches(ui: &mut Ui, model: &mut Model) {
    let words = model.words();
    let batches: Vec<BatchView> = model.history.shown().cloned().collect();
    let ticked = &mut model.history.ticked;
    // In a low window all of it is scrolled together.
    let is_low = is_low(ui);
    ScrollArea::new([!is_low, false]).show(ui, |ui| {
        TableBuilder::new(ui)
            .id_salt("batches")
            .vscroll(!is_low)
            .striped(true)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Column::exact(28.0))
            .column(Column::exact(140.0))
            .column(Column::initial(200.0).at_least(120.0).clip(true))
            .column(Column::exact(80.0))
            .column(Column::exact(130.0))
            .column(Column::remainder().at_least(160.0).clip(true))
            .header(ROW_HEIGHT, |mut header| {
                header.col(|_| {});
                for name in [
                    words.at,
                    words.services,
                    words.items,
                    words.money,
                    words.note,
                ] {
                    header.col(|ui| {
                        let is_number = name == words.money;
                        let layout = if is_number {
                            Layout::right_to_left(Align::Center)
                        } else {
                            Layout::left_to_right(Align::Center)
                        };
                        ui.with_layout(layout, |ui| ui.strong(name));
                    });
                }
            })
            .body(|body| {
                body.rows(ROW_HEIGHT, batches.len(), |mut row| {
                    let Some(batch) = batches.get(row.index()) else {
                        return;
                    };
                    row.col(|ui| {
                        let mut is_ticked = ticked.contains(&batch.id);
                        let name = format!("{} {}", (words.service)(batch.service), batch.started);
                        let tick = ui.checkbox(&mut is_ticked, "");
                        tick.widget_info(|| {
                            WidgetInfo::selected(Role::CheckBox, true, is_ticked, &name)
                        });
                        if tick.changed() && is_ticked {
                            ticked.insert(batch.id.clone());
                        } else if tick.changed() {
                            ticked.remove(&batch.id);
                        }
                    });
                    row.col(|ui| {
                        ui.label(&batch.started);
                    });
                    row.col(|ui| {
                        ui.add(Label::new((words.service)(batch.service)).truncate());
                    });
                    row.col(|ui| {
                        ui.label(batch.jobs.to_string());
                    });
                    row.col(|ui| {
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                            ui.label(batch.paid.to_string())
                        });
                    });
                    row.col(|ui| {
                        let mut notes = vec![batch.operator.clone()];
                        if !batch.is_finished {
                            notes.push(words.unfinished.to_owned());
                        }
                        if batch.is_dry_run {
                            notes.push(words.dry_run.to_lowercase());
                        }
                        ui.add(Label::new(notes.join(" · ")).truncate());
                    });
                });
            });
    });
}
