//! The application: events into the model, the screen's actions to the worker.

mod action;
mod auto;
mod front;
mod run_bar;
mod update;

use std::time::{Duration, Instant};

use egui::{Context, ThemePreference, Ui, ViewportCommand};
use jiff::Timestamp;

use super::model::rows::ordered;
use super::model::tab::AT_ONCE;
use super::model::{Busy, Model, Place, Setup, UserAction};
use super::worker::{Command, ListCommand, SetupCommand, Worker};
use super::{Start, draw};
use crate::awake::Awake;
use crate::config::AutoConfig;
use crate::engine::Control;
use front::Front;

/// A big list is filtered anew this often while it changes.
const REORDER_EVERY: Duration = Duration::from_millis(400);

/// What counts down is drawn this often.
const SECOND: Duration = Duration::from_secs(1);

/// The window's application.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own about the window"
)]
pub struct DesktopApp {
    model: Model,
    worker: Worker,
    control: Control,
    title: String,
    /// When a hand was last on it.
    touched: Instant,
    lock_after: Option<Duration>,
    auto: AutoConfig,
    has_sound: bool,
    /// A big list is being filtered.
    is_ordering: bool,
    ordered: Instant,
    is_first_frame: bool,
    /// While something is done on the portal, or will be.
    awake: Option<Awake>,
    /// Does the window fill the screen? So it does at first.
    is_maximized: bool,
    front: Front,
    /// Somebody has said that it may close although something runs, or the system says so.
    may_close: bool,
}

impl DesktopApp {
    /// Sets the style up and starts the worker.
    pub fn new(ctx: &Context, start: Start) -> Self {
        super::dress(ctx);
        ctx.set_theme(ThemePreference::Light);
        let model = Model::new(start.demo.is_some());
        let waker = ctx.clone();
        let worker = Worker::start(start, move || waker.request_repaint());
        Self {
            model,
            worker,
            control: Control::default(),
            title: String::new(),
            touched: Instant::now(),
            lock_after: None,
            auto: AutoConfig::default(),
            has_sound: false,
            is_ordering: false,
            ordered: Instant::now(),
            is_first_frame: true,
            awake: None,
            is_maximized: true,
            front: Front::default(),
            may_close: false,
        }
    }

    /// What is on the screen.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// A big list is filtered and sorted beside the window's thread.
    fn reorder(&mut self, ctx: &Context) {
        let service = self.model.service();
        let tab = self.model.tab_of(service);
        if !tab.is_order_stale || self.is_ordering {
            return;
        }
        let wait = REORDER_EVERY.saturating_sub(self.ordered.elapsed());
        if !wait.is_zero() {
            return ctx.request_repaint_after(wait);
        }
        tab.is_order_stale = false;
        if tab.rows.len() <= AT_ONCE {
            tab.order = ordered(&tab.rows, &tab.wish).map(Into::into);
            return;
        }
        (self.is_ordering, self.ordered) = (true, Instant::now());
        self.worker.send(Command::List(
            service,
            ListCommand::Order(tab.rows.clone(), tab.wish.clone()),
        ));
    }

    /// Locks when nobody has had a hand on it for a while.
    fn watch_hands(&mut self, ctx: &Context) {
        let is_touched = ctx.input(|input| !input.events.is_empty() || input.pointer.is_moving());
        if is_touched {
            self.touched = Instant::now();
        }
        let Some(after) = self
            .lock_after
            .filter(|_| !self.model.lock.is_locked && self.model.setup == Setup::Ready)
        else {
            return;
        };
        match after.checked_sub(self.touched.elapsed()) {
            Some(left) if !left.is_zero() => ctx.request_repaint_after(left),
            _ => self.lock(),
        }
    }

    /// Nobody sees anything until it is unlocked, and nothing stays open on the portal.
    fn lock(&mut self) {
        self.model.lock.close();
        self.worker.send(Command::Setup(SetupCommand::Lock));
    }

    /// Closing a window in which something runs is asked about first, where somebody can be asked.
    fn ask_before_closing(&mut self, ctx: &Context) {
        let is_asked = ctx.input(|input| input.viewport().close_requested());
        if is_asked
            && self.model.busy != Busy::Nobody
            && !self.may_close
            && !self.model.lock.is_locked
        {
            ctx.send_viewport_cmd(ViewportCommand::CancelClose);
            self.model.asks_close = true;
        }
        self.model.asks_close &= self.model.busy != Busy::Nobody;
    }

    /// Files that were dropped on the window: the first is read.
    fn take_dropped(&mut self, ctx: &Context) {
        let dropped = ctx.input(|input| {
            input
                .raw
                .dropped_files
                .first()
                .map(|file| file.path().to_owned())
        });
        if let Some(path) = dropped
            && matches!(self.model.place, Place::Service(_))
            && self.model.ahead().can_take()
        {
            self.act(ctx, UserAction::Read(path));
        }
    }

    /// Once there is something on the screen.
    fn first_frame(&mut self, ctx: &Context) {
        // The bar with the buttons stands at the bottom: a window of a fixed size would hide it behind
        // a taskbar on small screens. Window managers hear such a wish only from a window that is
        // there.
        if self.is_maximized {
            ctx.send_viewport_cmd(ViewportCommand::Maximized(true));
        }
        // For benches.
        if std::env::var_os(super::FIRST_FRAME).is_some() {
            use std::io::Write;
            let _ = writeln!(std::io::stdout(), "first frame");
        }
    }

    /// A machine that falls asleep in the middle of a payment makes a doubt; one that sleeps in auto
    /// mode does nothing.
    fn stay_awake(&mut self) {
        let is_needed = self.model.busy != Busy::Nobody || self.model.auto.is_on;
        if is_needed != self.awake.is_some() {
            self.awake = is_needed.then(Awake::begin);
        }
    }

    /// The taskbar says the same sentence.
    fn entitle(&mut self, ctx: &Context) {
        let title = format!("GạchNợ · {}", self.model.sentence().1);
        if title != self.title {
            ctx.send_viewport_cmd(ViewportCommand::Title(title.clone()));
            self.title = title;
        }
    }
}

/// Under which name the forms' values are kept.
const HABITS: &str = "habits";
/// Under which name it is kept whether the window fills the screen.
const MAXIMIZED: &str = "maximized";

impl DesktopApp {
    /// The forms as they were when the window was closed.
    pub fn resume(&mut self, storage: &dyn eframe::Storage) {
        let kept = storage
            .get_string(HABITS)
            .and_then(|text| serde_json::from_str(&text).ok());
        self.model.resume(kept.unwrap_or_default());
        self.is_maximized = storage.get_string(MAXIMIZED).as_deref() != Some("false");
    }
}

impl eframe::App for DesktopApp {
    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if let Ok(text) = serde_json::to_string(&self.model.habits()) {
            storage.set_string(HABITS, text);
        }
        storage.set_string(MAXIMIZED, self.is_maximized.to_string());
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.model.now_ms = Timestamp::now().as_millisecond();
        self.take_updates(&ctx);
        self.watch_hands(&ctx);
        self.take_dropped(&ctx);
        self.run_auto(&ctx);
        self.stay_in_front(&ctx);
        let actions = draw(ui, &mut self.model);
        for action in actions {
            self.act(&ctx, action);
        }
        self.run_bar(&ctx);
        self.reorder(&ctx);
        self.stay_awake();
        self.entitle(&ctx);
        if std::mem::take(&mut self.is_first_frame) {
            self.first_frame(&ctx);
        } else if let Some(is_maximized) = ctx.input(|input| input.viewport().maximized) {
            self.is_maximized = is_maximized;
        }
        self.ask_before_closing(&ctx);
        if self.model.counts_down() {
            ctx.request_repaint_after(SECOND);
        }
    }
}

impl Drop for DesktopApp {
    /// The window is closed: no new payment is armed, the one at hand is finished, the browser is
    /// closed.
    fn drop(&mut self) {
        self.control.stop();
        self.worker.join();
    }
}
