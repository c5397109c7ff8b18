//! The list of jobs: only the rows that can be seen are drawn, however many there are.

use egui::{Align, Button, Label, Layout, RichText, ScrollArea, Ui};
use egui_extras::{Column as Width, TableBuilder};

use super::model::rows::{JobRow, TableColumn};
use super::model::{ServiceTab, UserAction, local};
use super::style::ROW_HEIGHT;
use super::words::Words;
use crate::domain::Vnd;

/// What all columns take at least; a narrower window scrolls sideways.
const WIDTH_MIN: f32 = 748.0;
/// From here on the longest state is read in full.
const WIDTH_GOOD: f32 = 800.0;

/// Draws what the tab wishes to show.
pub fn show(ui: &mut Ui, tab: &ServiceTab, words: &Words, actions: &mut Vec<UserAction>) {
    let kind = tab.sums().has_kinds().then_some((words.kind, None));
    let mut columns = vec![
        (words.number, Some(TableColumn::Number)),
        (words.code, Some(TableColumn::Account)),
        (words.customer, Some(TableColumn::Customer)),
    ];
    columns.extend(kind);
    columns.extend([
        (words.money, Some(TableColumn::Amount)),
        (words.state, Some(TableColumn::State)),
        (words.note, None),
        (words.at, Some(TableColumn::At)),
    ]);
    ui.spacing_mut().item_spacing.y = 2.0;
    let width = ui.available_width().max(WIDTH_MIN);
    let (state, name) = if width < WIDTH_GOOD {
        (140.0, 92.0)
    } else {
        (176.0, 110.0)
    };
    ScrollArea::horizontal().id_salt("sideways").show(ui, |ui| {
        ui.set_width(width);
        let mut table = TableBuilder::new(ui)
            .id_salt(if kind.is_some() {
                "jobs of two kinds"
            } else {
                "jobs"
            })
            .striped(true)
            .cell_layout(Layout::left_to_right(Align::Center))
            .column(Width::exact(54.0))
            .column(resizable(if kind.is_some() { 108.0 } else { 128.0 }, 90.0))
            .column(resizable(name, 60.0));
        if kind.is_some() {
            table = table.column(resizable(66.0, 50.0));
        }
        table
            .column(Width::initial(104.0).at_least(90.0).resizable(true))
            .column(resizable(state, 110.0))
            .column(Width::remainder().at_least(58.0).clip(true))
            .column(Width::exact(64.0))
            .header(ROW_HEIGHT, |mut header| {
                for (name, column) in columns {
                    header.col(|ui| {
                        if column == Some(TableColumn::Amount) {
                            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                                head(ui, tab, name, column, actions);
                            });
                        } else {
                            head(ui, tab, name, column, actions);
                        }
                    });
                }
            })
            .body(|body| {
                body.rows(ROW_HEIGHT, tab.shown(), |mut line| {
                    let Some((place, row)) = tab.row(line.index()) else {
                        return;
                    };
                    cells(&mut line, place, row, kind.is_some(), words, actions);
                });
            });
    });
}

fn resizable(initial: f32, least: f32) -> Width {
    Width::initial(initial)
        .at_least(least)
        .resizable(true)
        .clip(true)
}

fn head(
    ui: &mut Ui,
    tab: &ServiceTab,
    name: &str,
    column: Option<TableColumn>,
    actions: &mut Vec<UserAction>,
) {
    let Some(column) = column else {
        ui.strong(name);
        return;
    };
    let mark = match tab.wish.sort {
        Some((at, false)) if at == column => " ▲",
        Some((at, true)) if at == column => " ▼",
        _ => "",
    };
    if ui
        .add(Button::new(RichText::new(format!("{name}{mark}")).strong()).frame(false))
        .clicked()
    {
        actions.push(UserAction::Sort(column));
    }
}

fn cells(
    line: &mut egui_extras::TableRow<'_, '_>,
    place: usize,
    row: &JobRow,
    has_kinds: bool,
    words: &Words,
    actions: &mut Vec<UserAction>,
) {
    line.col(|ui| {
        ui.label((place + 1).to_string());
    });
    line.col(|ui| {
        // What is known of it, one click away.
        let account = Button::new(&*row.account).frame(false).truncate();
        let account = ui.add(account).on_hover_text(words.find_title);
        if account.clicked() {
            actions.push(UserAction::Ask(row.account.to_string()));
        }
        account.context_menu(|ui| {
            if ui.button(words.copy_code).clicked() {
                ui.ctx().copy_text(row.account.to_string());
            }
        });
    });
    line.col(|ui| {
        ui.add(Label::new(row.customer.as_deref().unwrap_or_default()).truncate());
    });
    if has_kinds {
        line.col(|ui| {
            ui.add(Label::new(row.payment.map_or("—", words.kind_of)).truncate());
        });
    }
    line.col(|ui| {
        let amount = row
            .amount
            .map_or_else(|| "—".to_owned(), |amount: Vnd| amount.to_string());
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(amount));
    });
    line.col(|ui| {
        let (icon, word, tone) = row.state.shown(words);
        let text = RichText::new(format!("{icon} {word}")).color(tone.ink(ui.visuals().dark_mode));
        ui.add(Label::new(text).truncate());
    });
    line.col(|ui| {
        let message = row.message.as_deref().unwrap_or_default();
        let label = ui.add(Label::new(message).truncate());
        if !message.is_empty() {
            label.on_hover_text(message);
        }
    });
    line.col(|ui| {
        ui.label(
            row.at_ms
                .map(|at| local(at, "%H:%M:%S"))
                .unwrap_or_default(),
        );
    });
}
