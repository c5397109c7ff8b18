//! The list of jobs: only the rows that can be seen are drawn, however many there are.

use egui::{Align, Label, Layout, RichText, Ui};
use egui_extras::{Column, TableBuilder};

use super::model::RowView;
use super::style::ROW_HEIGHT;

const COLUMNS: [&str; 6] = ["STT", "Mã", "Số tiền", "Trạng thái", "Ghi chú", "Lúc"];

pub fn show(ui: &mut Ui, rows: &[RowView]) {
    let dark = ui.visuals().dark_mode;
    TableBuilder::new(ui)
        .id_salt("jobs")
        .striped(true)
        .cell_layout(Layout::left_to_right(Align::Center))
        .column(Column::exact(52.0))
        .column(Column::initial(170.0).at_least(90.0).resizable(true).clip(true))
        .column(Column::initial(120.0).at_least(90.0).resizable(true))
        .column(Column::initial(170.0).at_least(120.0).resizable(true).clip(true))
        .column(Column::remainder().at_least(160.0).clip(true))
        .column(Column::exact(84.0))
        .header(ROW_HEIGHT, |mut header| {
            for (i, title) in COLUMNS.into_iter().enumerate() {
                header.col(|ui| {
                    if i == 2 {
                        ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.strong(title));
                    } else {
                        ui.strong(title);
                    }
                });
            }
        })
        .body(|body| {
            body.rows(ROW_HEIGHT, rows.len(), |mut row| {
                let index = row.index();
                let Some(view) = rows.get(index) else { return };
                row.col(|ui| {
                    ui.label((index + 1).to_string());
                });
                row.col(|ui| {
                    ui.add(Label::new(&view.account).truncate());
                });
                row.col(|ui| {
                    ui.with_layout(Layout::right_to_left(Align::Center), |ui| ui.label(&view.amount));
                });
                row.col(|ui| {
                    let text = RichText::new(format!("{} {}", view.icon, view.state)).color(view.tone.ink(dark));
                    ui.add(Label::new(text).truncate());
                });
                row.col(|ui| {
                    ui.add(Label::new(&view.message).truncate()).on_hover_text(&view.message);
                });
                row.col(|ui| {
                    ui.label(&view.at);
                });
            });
        });
}
