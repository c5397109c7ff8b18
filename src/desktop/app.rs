//! The application: events into the model, the screen's actions to the worker.

use egui::{Context, Theme, ThemePreference, Ui, ViewportCommand};
use egui_notify::Toasts;
use secrecy::SecretString;

use super::model::{Action, Model, Notice, Phase, Setup, Status};
use super::style::{self, Tone};
use super::worker::{Command, RunRequest, Update, Worker};
use super::{Start, screen};
use crate::domain::Intake;
use crate::domain::job::Defaults;
use crate::engine::Control;

/// The window's application.
pub struct App {
    model: Model,
    worker: Worker,
    control: Control,
    toasts: Toasts,
}

impl App {
    /// Sets the style up and starts the worker.
    pub fn new(ctx: &Context, start: Start) -> Self {
        style::apply(ctx);
        ctx.set_theme(ThemePreference::Light);
        let model = Model::new(start.demo.is_some());
        let waker = ctx.clone();
        let worker = Worker::start(start, move || waker.request_repaint());
        Self { model, worker, control: Control::default(), toasts: Toasts::default() }
    }

    /// What is on the screen.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Updates that came since the last frame.
    fn take_updates(&mut self, ctx: &Context) {
        while let Ok(update) = self.worker.updates.try_recv() {
            match update {
                Update::Ready { has_pin } => {
                    self.model.setup = Setup::Ready;
                    self.model.has_pin = has_pin;
                }
                Update::Locked(why) => self.model.setup = Setup::Locked(why),
                Update::Fault(why) => self.model.setup = Setup::Fault(why),
                Update::Api(result) => self.model.api = status(result),
                Update::Browser(result) => self.model.browser = status(result),
                Update::Fetched(service, Ok(intake)) => self.model.fetched(service, intake),
                Update::Fetched(_, Err(why)) => {
                    self.model.fetching = false;
                    self.model.notices.push(Notice { tone: Tone::Bad, text: why });
                }
                Update::Close => ctx.send_viewport_cmd(ViewportCommand::Close),
                Update::Progress(event) => self.model.fold(event),
                Update::Ended(result) => self.model.ended(result),
                Update::Doubts(count) => self.model.doubts = count,
                Update::Reconciled(result) => self.model.reconciled(result),
                Update::Exported(service, result) => {
                    let tab = self.model.tabs.entry(service).or_default();
                    tab.is_exporting = false;
                    match result {
                        Ok(path) => {
                            self.model.notices.push(Notice { tone: Tone::Good, text: format!("Đã lưu: {}", path.display()) });
                            tab.report = Some(path);
                        }
                        Err(why) => self.model.notices.push(Notice { tone: Tone::Bad, text: why }),
                    }
                }
            }
        }
        for notice in self.model.notices.drain(..) {
            // The library's own signs are emoji that our fonts do not have; a sign of ours goes in front.
            let sign = match notice.tone {
                Tone::Good | Tone::Quiet | Tone::Busy => "✔",
                Tone::Doubt => "⚠",
                Tone::Bad => "✖",
            };
            self.toasts.basic(format!("{sign} {}", notice.text)).closable(false);
        }
    }

    fn act(&mut self, ctx: &Context, action: Action) {
        let service = self.model.service;
        match action {
            Action::Choose(service) => self.model.service = service,
            Action::Edited => self.model.tab_mut().edited(service),
            Action::NewList => {
                let tab = self.model.tab_mut();
                tab.phase = Phase::Editing;
                tab.edited(service);
            }
            Action::Fetch => {
                self.model.fetching = true;
                self.worker.send(Command::Fetch(service, self.defaults()));
            }
            Action::Start { dry_run } if self.model.can_start() => self.start(dry_run),
            Action::Stop => {
                self.control.stop();
                self.set_phase(Phase::Stopping);
            }
            Action::Pause => {
                self.control.pause();
                self.set_phase(Phase::Paused);
            }
            Action::Resume => {
                self.control.resume();
                self.set_phase(Phase::Running);
            }
            Action::Reconcile if self.model.can_reconcile() => {
                self.control = Control::default();
                self.model.reconciling = true;
                self.worker.send(Command::Reconcile(self.control.clone()));
            }
            // A button that may not be pressed is not drawn as one; a key may come all the same.
            Action::Start { .. } | Action::Reconcile => {}
            Action::Export => {
                let tab = self.model.tab_mut();
                if let Some(batch) = tab.batch.clone() {
                    tab.is_exporting = true;
                    self.worker.send(Command::Export(service, batch));
                }
            }
            Action::Unlock => {
                let typed = std::mem::take(&mut self.model.passphrase);
                self.model.setup = Setup::Opening;
                self.worker.send(Command::Unlock(SecretString::from(typed)));
            }
            Action::ToggleTheme => {
                let is_dark = ctx.theme() == Theme::Dark;
                ctx.set_theme(if is_dark { ThemePreference::Light } else { ThemePreference::Dark });
            }
        }
    }

    /// Of the batch that runs.
    fn set_phase(&mut self, phase: Phase) {
        if let Some(running) = self.model.running {
            self.model.tabs.entry(running).or_default().phase = phase;
        }
    }

    fn defaults(&self) -> Defaults {
        let tab = self.model.tab();
        Defaults { amount: tab.amount.parse().ok(), payment: tab.payment }
    }

    fn start(&mut self, dry_run: bool) {
        let service = self.model.service;
        let typed_pin = Some(self.model.pin.clone()).filter(|p| !p.is_empty()).map(SecretString::from);
        self.control = Control::default();
        self.model.running = Some(service);
        let tab = self.model.tab_mut();
        tab.started();
        let intake =
            Intake { list: tab.list.clone(), receiver_phone: tab.receiver.parse().ok(), pin: tab.list_pin.clone(), is_sample: tab.is_sample };
        let request = RunRequest { service, intake, pin: typed_pin, dry_run, control: self.control.clone() };
        self.worker.send(Command::Run(Box::new(request)));
    }
}

fn status(result: Result<String, String>) -> Status {
    match result {
        Ok(text) => Status::Good(text),
        Err(why) => Status::Bad(why),
    }
}

impl eframe::App for App {
    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.take_updates(&ctx);
        let actions = screen::show(ui, &mut self.model);
        for action in actions {
            self.act(&ctx, action);
        }
        self.toasts.show(&ctx);
    }
}

impl Drop for App {
    /// The window is closed: no new payment is armed, the one at hand is finished, the browser is closed.
    fn drop(&mut self) {
        self.control.stop();
        self.worker.join();
    }
}
