//! The guide, opened at the place where one is: beside the work where there is room for both.

use std::sync::{Arc, Mutex, PoisonError};

use egui::{CentralPanel, Context, Id, Key, Modifiers, Panel, RichText, ScrollArea, Ui};
use egui_commonmark::{CommonMarkCache, CommonMarkViewer};

use super::{TAKEN, is_narrow_but_for};
use crate::desktop::model::Model;
use crate::desktop::style::sentence;
use crate::guide::{self, GuidePage};

/// How wide the guide is beside the work, in points.
const WIDTH: f32 = 430.0;

/// What the viewer keeps between frames: what it has laid out, and which links it gives to us.
type Cache = Arc<Mutex<CommonMarkCache>>;

/// Opens and closes at F1, and draws the open page. `true`: there is no room for anything else.
pub fn show(ui: &mut Ui, model: &mut Model) -> bool {
    if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::F1)) {
        model.toggle_guide();
    }
    // What is drawn beside it has that much less room.
    let has_room = !is_narrow_but_for(ui, 0.0);
    let taken = if model.guide.is_some() && has_room {
        WIDTH
    } else {
        0.0
    };
    ui.data_mut(|data| data.insert_temp(Id::unique(TAKEN), taken));
    let Some(page) = model.guide else {
        return false;
    };
    if !has_room {
        CentralPanel::default().show(ui, |ui| reader(ui, model, page));
        return true;
    }
    Panel::right("guide")
        .exact_size(WIDTH)
        .resizable(false)
        .show(ui, |ui| reader(ui, model, page));
    false
}

fn reader(ui: &mut Ui, model: &mut Model, page: &'static GuidePage) {
    let words = model.words();
    ui.add_space(8.0);
    ui.horizontal_wrapped(|ui| {
        ui.label(RichText::new(words.help).font(sentence()));
        if ui.button(words.help_first).clicked() {
            model.guide = guide::page(guide::FIRST);
        }
        if ui.button(words.help_close).on_hover_text("F1").clicked()
            || ui.input(|input| input.key_pressed(Key::Escape))
        {
            model.guide = None;
        }
    });
    ui.separator();
    bring_pictures(ui.ctx(), page);
    let cache = ui.data_mut(|data| {
        data.get_temp_mut_or_default::<Cache>(Id::unique("guide"))
            .clone()
    });
    let mut cache = cache.lock().unwrap_or_else(PoisonError::into_inner);
    for link in page.links() {
        cache.add_link_hook(link);
    }
    ScrollArea::both().id_salt(&page.id).show(ui, |ui| {
        CommonMarkViewer::new()
            .default_implicit_uri_scheme("bytes://")
            .show(ui, &mut cache, page.text());
        ui.add_space(24.0);
    });
    let is_clicked = |link: &&str| cache.get_link_hook(link) == Some(true);
    let clicked = page.links().into_iter().find(is_clicked);
    if let Some(to) = clicked.and_then(guide::linked) {
        model.guide = Some(to);
    }
}

/// The pictures of a page, where the viewer looks for them.
fn bring_pictures(ctx: &Context, page: &GuidePage) {
    for link in page.pictures() {
        if let Some(bytes) = guide::picture(link) {
            ctx.include_bytes(format!("bytes://{link}"), bytes);
        }
    }
}
