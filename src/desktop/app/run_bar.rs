//! A small bar on top of everything while the browser works: what it is doing, and *Dừng lại*.

use egui::{
    Button, CentralPanel, Context, Label, ProgressBar, RichText, Vec2, ViewportBuilder,
    ViewportCommand, ViewportId,
};

use super::DesktopApp;
use crate::desktop::model::{Busy, UserAction};
use crate::desktop::style::ACCENT;

const SIZE: Vec2 = Vec2::new(460.0, 64.0);
/// How far it stays away from the screen's edge and the taskbar.
const APART: Vec2 = Vec2::new(16.0, 72.0);

impl DesktopApp {
    /// Shows the bar while something runs and the window itself is not in front: behind the browser, or
    /// minimised.
    pub(super) fn run_bar(&mut self, ctx: &Context) {
        let is_away = ctx.input(|input| input.viewport().focused) == Some(false);
        let is_wanted = self.model.busy != Busy::Nobody && !self.model.lock.is_locked && is_away;
        // Where one window is all there is, in a test or on the web, there is nothing to lie over.
        if !is_wanted || ctx.embed_viewports() {
            return;
        }
        let words = self.model.words();
        let mut builder = ViewportBuilder::default()
            .with_title(words.run_bar)
            .with_app_id("gachno")
            .with_inner_size(SIZE)
            .with_resizable(false)
            .with_decorations(false)
            .with_taskbar(false)
            // Whoever is typing into the browser goes on typing there: it is never given the keys, on X11
            // by being none of the window manager's windows.
            .with_active(false)
            .with_override_redirect(true)
            .with_always_on_top();
        if let Some(screen) = ctx.input(|input| input.viewport().monitor_size) {
            builder = builder.with_position((screen - SIZE - APART).to_pos2());
        }
        let (mut stops, mut shows) = (false, false);
        ctx.show_viewport_immediate(ViewportId::from_hash_of("run bar"), builder, |ui, _| {
            CentralPanel::default().show(ui, |ui| {
                let (tone, text) = self.model.sentence();
                let ink = tone.ink(ui.visuals().dark_mode);
                ui.horizontal(|ui| {
                    stops = ui.add(Button::new(words.stop)).clicked();
                    shows = ui.add(Button::new("GạchNợ")).clicked();
                    ui.add(Label::new(RichText::new(text).color(ink)).truncate());
                });
                let (done, total) = self.model.progress();
                if total > 0 {
                    #[expect(clippy::cast_precision_loss, reason = "a bar's length")]
                    let share = done as f32 / total as f32;
                    ui.add(ProgressBar::new(share).fill(ACCENT).desired_height(8.0));
                }
            });
        });
        if stops {
            self.act(ctx, UserAction::Stop);
        }
        if shows {
            ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Minimized(false));
            ctx.send_viewport_cmd_to(ViewportId::ROOT, ViewportCommand::Focus);
        }
    }
}
