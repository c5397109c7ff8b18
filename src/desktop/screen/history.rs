//! Days: batches, sums, and the cash at the end of the day.

use egui::{Align, Button, Color32, Label, Layout, RichText, Role, ScrollArea, Ui, WidgetInfo};
use egui_extras::{Column, TableBuilder};
use egui_plot::Bar;

use super::{chart, field, is_low, is_narrow};
use crate::desktop::model::rows::shown;
use crate::desktop::model::{HistoryView, Model, UserAction};
use crate::desktop::style::{ACCENT, ROW_HEIGHT, Tone};
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
        sums(ui, model);
        total(ui, model);
        outcomes(ui, model);
        cash(ui, model);
    } else {
        ui.columns(3, |columns| {
            columns[0].vertical(|ui| {
                sums(ui, model);
                total(ui, model);
            });
            outcomes(&mut columns[1], model);
            cash(&mut columns[2], model);
        });
    }
    by_day(ui, model);
    ui.add_space(6.0);
    ui.strong(words.batches);
    if model.history.batches.is_empty() {
        ui.label(words.nothing_yet);
        return;
    }
    batches(ui, model);
}

fn sums(ui: &mut Ui, model: &Model) {
    let words = model.words();
    ui.strong(words.by_service);
    for (service, count, paid) in &model.history.by_service {
        ui.horizontal(|ui| {
            ui.add(Label::new(format!("{} · {count}", (words.service)(*service))).truncate());
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.label(paid.to_string())
            });
        });
    }
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

fn cash(ui: &mut Ui, model: &mut Model) {
    let words = model.words();
    let dark = ui.visuals().dark_mode;
    ui.strong(words.of_the_day);
    ui.label(format!("{}: {}", words.cash_expected, model.history.today));
    field(
        ui,
        words.cash_counted,
        &mut model.history.counted,
        false,
        "0",
    );
    match model.history.off_by() {
        Some(0) => {
            ui.label(
                RichText::new(format!("✔ {}", words.cash_fits))
                    .color(Tone::Good.ink(dark))
                    .strong(),
            );
        }
        Some(off) => {
            let amount = Vnd::try_from(off.abs()).unwrap_or(Vnd::ZERO).to_string();
            let off = if off < 0 {
                (words.cash_short)(&amount)
            } else {
                (words.cash_over)(&amount)
            };
            ui.label(
                RichText::new(format!("⚠ {off}"))
                    .color(Tone::Doubt.ink(dark))
                    .strong(),
            );
        }
        None => {}
    }
}

fn by_day(ui: &mut Ui, model: &Model) {
    let (words, days) = (model.words(), &model.history.by_day);
    if days.iter().all(|(_, paid)| paid.is_zero()) {
        return;
    }
    ui.strong(words.by_day);
    #[expect(clippy::cast_precision_loss, reason = "a bar's height")]
    let bars = (0_u32..)
        .zip(days)
        .map(|(place, (_, paid))| {
            Bar::new(f64::from(place), paid.dong() as f64 / 1_000_000.0)
                .width(0.7)
                .fill(ACCENT)
        })
        .collect();
    let names: Vec<String> = days.iter().map(|(day, _)| day.clone()).collect();
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the place of a day"
    )]
    let day = move |mark: f64| {
        let is_whole = (mark - mark.round()).abs() < 0.01 && mark >= 0.0;
        is_whole
            .then(|| names.get(mark.round() as usize).cloned())
            .flatten()
            .unwrap_or_default()
    };
    chart(ui, words.by_day, 130.0, bars, day);
}

fn batches(ui: &mut Ui, model: &mut Model) {
    let (
        words,
        HistoryView {
            batches, ticked, ..
        },
    ) = (model.words(), &mut model.history);
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
