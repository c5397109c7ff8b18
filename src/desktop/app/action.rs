//! What a click or a key asks for: done to the model, or sent to the worker.

use std::path::Path;

use egui::{Context, Theme, ThemePreference};
use secrecy::SecretString;

use super::App;
use crate::desktop::model::rows::Wish;
use crate::desktop::model::{Action, Busy, Phase, Place, Setup, Status};
use crate::desktop::style::Tone;
use crate::desktop::worker::{
    Command, First, LedgerCommand, ListCommand, PortalCommand, RunRequest, SettingsCommand,
    SetupCommand,
};
use crate::domain::{Intake, ListChoice, Service};
use crate::engine::{Control, Decision, Repeats};

impl App {
    pub(super) fn act(&mut self, ctx: &Context, action: Action) {
        let service = self.model.service();
        match action {
            Action::Go(place) => self.go(place),
            Action::Edited
            | Action::Mean(..)
            | Action::NewList
            | Action::Again
            | Action::Fetch
            | Action::PickFile
            | Action::Read(_)
            | Action::Export
            | Action::Wish(_)
            | Action::Sort(_)
            | Action::CopyRows => self.act_on_list(ctx, service, action),
            Action::Start { .. }
            | Action::StartChosen(_)
            | Action::StartMeant
            | Action::Stop
            | Action::Pause
            | Action::Resume
            | Action::Reconcile
            | Action::ShowBrowser(_)
            | Action::Peek(_)
            | Action::Auto(_) => self.act_on_portal(service, &action),
            Action::Find
            | Action::Story(_)
            | Action::Resolve { .. }
            | Action::Days(_)
            | Action::ExportBatches
            | Action::ExportFound => self.act_on_ledger(action),
            Action::Unlock
            | Action::Lock
            | Action::CheckSetup
            | Action::FinishSetup
            | Action::SkipSetup
            | Action::Demo => self.act_on_setup(&action),
            Action::ToggleTheme
            | Action::ToggleLanguage
            | Action::Seat
            | Action::Unseat(_)
            | Action::SaveSetting(_)
            | Action::ImportSettings
            | Action::ExportSettings
            | Action::Diagnose => self.act_on_settings(ctx, action),
            Action::Open(path) => self.open(&path),
            Action::Admin => self.open_admin(),
        }
    }

    /// The list of a service, and its table.
    fn act_on_list(&mut self, ctx: &Context, service: Service, action: Action) {
        match action {
            Action::Edited => {
                let tab = self.model.tab_mut();
                // An emptied list gives back what a server had handed out; lines that are only
                // changed wait for the start.
                if tab.text.trim().is_empty() && tab.has_tickets() {
                    tab.tickets.clear();
                    self.send_list(service, ListCommand::LetGo);
                }
                self.model.tab_mut().edited(service);
                self.model.flag(service);
            }
            Action::Mean(jobs, is_meant) => {
                let meant = &mut self.model.tab_mut().meant;
                if is_meant {
                    meant.extend(jobs);
                } else {
                    jobs.iter().for_each(|job| _ = meant.remove(job));
                }
            }
            Action::NewList => {
                self.model.tab_mut().cleared(service);
                self.send_list(service, ListCommand::LetGo);
            }
            // What the server gave went back there with its outcome: it hands out anew what can be
            // done again.
            Action::Again if self.model.tab().has_tickets() => self.fetch(service),
            Action::Again => {
                self.model.tab_mut().only_failed(service);
                self.model.flag(service);
            }
            Action::Fetch => self.fetch(service),
            Action::PickFile => {
                self.model.fetching = Some(service);
                let defaults = self.model.tab().defaults();
                self.send_list(service, ListCommand::Pick(defaults));
            }
            Action::Read(path) => {
                self.model.fetching = Some(service);
                let defaults = self.model.tab().defaults();
                self.send_list(service, ListCommand::Read(defaults, path));
            }
            Action::Export => self.export(service),
            Action::Wish(wish) => self.wish(service, wish),
            Action::Sort(column) => self.model.tab_mut().sort_by(column),
            Action::CopyRows => {
                let words = self.model.words();
                ctx.copy_text(self.model.tab().as_text(words));
                self.model.tell(Tone::Good, words.copied);
            }
            _ => {}
        }
    }

    /// What runs on the portal, or is to run. A button that may not be pressed is not drawn as one;
    /// a key may come all the same.
    fn act_on_portal(&mut self, service: Service, action: &Action) {
        match *action {
            Action::Start { dry_run } if self.model.can_start() => {
                self.start(service, dry_run, ListChoice::Unsaid);
            }
            Action::StartChosen(ref choice) if self.model.can_start() => {
                self.start(service, false, choice.clone());
            }
            Action::StartMeant if self.model.can_start() => {
                self.start(service, false, ListChoice::Unsaid);
            }
            Action::Stop => {
                self.control.stop();
                self.model.auto.is_on = false;
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
                self.model.busy = Busy::Reconciling;
                self.send_portal(PortalCommand::Reconcile(self.control.clone()));
            }
            Action::ShowBrowser(login) => {
                self.send_portal(PortalCommand::Show(self.control.clone(), login));
            }
            Action::Peek(login) => {
                self.send_portal(PortalCommand::Peek(self.control.clone(), login));
            }
            Action::Auto(is_on) => self.switch_auto(is_on),
            _ => {}
        }
    }

    /// What the ledger is asked.
    fn act_on_ledger(&mut self, action: Action) {
        let command = match action {
            Action::Find => LedgerCommand::Find(self.model.find.query.trim().to_owned()),
            Action::Story(attempt) => LedgerCommand::Story(attempt, self.model.language),
            Action::Resolve { attempt, is_paid } => {
                let decision = Decision {
                    is_paid,
                    name: self.model.find.name.clone(),
                    reason: self.model.find.reason.clone(),
                };
                LedgerCommand::Resolve(attempt, decision)
            }
            Action::Days(days) => return self.days(days),
            Action::ExportBatches => LedgerCommand::ExportBatches(self.model.history.chosen()),
            Action::ExportFound => match self.model.find.asked.clone() {
                Some(asked) => LedgerCommand::ExportFound(asked),
                None => return,
            },
            _ => return,
        };
        self.worker.send(Command::Ledger(command));
    }

    /// The lock and the first set-up.
    fn act_on_setup(&mut self, action: &Action) {
        match action {
            Action::Unlock => self.unlock(),
            Action::Lock => self.model.lock.close(),
            Action::CheckSetup => {
                (self.model.api, self.model.browser) = (Status::Checking, Status::Checking);
                let first = &self.model.first;
                self.send_setup(SetupCommand::Check(
                    first.api_url.clone(),
                    first.api_token.clone().into(),
                ));
            }
            Action::FinishSetup => self.finish_setup(),
            Action::SkipSetup => self.send_setup(SetupCommand::Skip),
            Action::Demo => {
                let started = std::env::current_exe()
                    .and_then(|me| std::process::Command::new(me).arg("demo").spawn());
                if let Err(error) = started {
                    self.model.tell(Tone::Bad, error.to_string());
                }
            }
            _ => {}
        }
    }

    /// The configuration, and how the window looks.
    fn act_on_settings(&mut self, ctx: &Context, action: Action) {
        let command = match action {
            Action::ToggleTheme => {
                let dark = ctx.theme() != Theme::Dark;
                ctx.set_theme(if dark {
                    ThemePreference::Dark
                } else {
                    ThemePreference::Light
                });
                setting("window.dark", dark.to_string())
            }
            Action::ToggleLanguage => {
                self.model.language = self.model.language.other();
                let language = self.model.language;
                // A story on the screen is told anew.
                if let Some(story) = &self.model.find.story {
                    let command = LedgerCommand::Story(story.attempt.clone(), language);
                    self.worker.send(Command::Ledger(command));
                }
                setting("window.language", language.code().to_owned())
            }
            Action::Seat => {
                let settings = &mut self.model.settings;
                let (name, pin) = (
                    std::mem::take(&mut settings.seat_name),
                    std::mem::take(&mut settings.seat_pin),
                );
                SettingsCommand::Seat(name, Some(pin.into()))
            }
            Action::Unseat(name) => SettingsCommand::Seat(name, None),
            Action::SaveSetting(key) => {
                let row = self.model.settings.rows.iter().find(|row| row.key == key);
                match row.map(|row| row.typed.clone()) {
                    Some(typed) => setting(&key, typed),
                    None => return,
                }
            }
            Action::ImportSettings => SettingsCommand::Import,
            Action::ExportSettings => SettingsCommand::Export,
            Action::Diagnose => {
                self.model.settings.is_diagnosing = true;
                SettingsCommand::Diagnose
            }
            _ => return,
        };
        self.worker.send(Command::Settings(command));
    }

    fn send_list(&self, service: Service, command: ListCommand) {
        self.worker.send(Command::List(service, command));
    }

    fn send_portal(&self, command: PortalCommand) {
        self.worker.send(Command::Portal(command));
    }

    fn send_setup(&self, command: SetupCommand) {
        self.worker.send(Command::Setup(command));
    }

    fn go(&mut self, place: Place) {
        self.model.place = place;
        if place == Place::History {
            self.days(self.model.history.days);
        }
    }

    fn days(&mut self, days: u16) {
        (self.model.history.days, self.model.history.is_loading) = (days, true);
        self.worker.send(Command::Ledger(LedgerCommand::Days(days)));
    }

    pub(super) fn fetch(&mut self, service: Service) {
        self.model.fetching = Some(service);
        let defaults = self.model.tab_of(service).defaults();
        self.send_list(service, ListCommand::Fetch(defaults));
    }

    pub(super) fn export(&mut self, service: Service) {
        let tab = self.model.tab_of(service);
        if let Some(batch) = tab.batch.clone() {
            tab.is_exporting = true;
            self.send_list(service, ListCommand::Export(batch));
        }
    }

    fn open(&mut self, path: &Path) {
        if let Err(error) = opener::open(path) {
            self.model
                .tell(Tone::Bad, format!("{}: {error}", path.display()));
        }
    }

    fn unlock(&mut self) {
        let typed = SecretString::from(std::mem::take(&mut self.model.lock.typed));
        if self.model.lock.is_locked {
            self.model.lock.is_checking = true;
            self.send_setup(SetupCommand::CheckLock(self.model.lock.who.clone(), typed));
        } else {
            self.model.setup = Setup::Opening;
            self.send_setup(SetupCommand::Unlock(typed));
        }
    }

    fn finish_setup(&mut self) {
        let first = &mut self.model.first;
        (first.problem, first.is_saving) = (None, true);
        let take = |text: &mut String| SecretString::from(std::mem::take(text));
        let values = vec![
            ("operator", first.operator.clone().into()),
            (
                "window.language",
                self.model.language.code().to_owned().into(),
            ),
            ("portal.username", first.user.clone().into()),
            ("portal.password", take(&mut first.password)),
            ("portal.pin", take(&mut first.pin)),
            ("api.url", first.api_url.clone().into()),
            ("api.token", take(&mut first.api_token)),
        ];
        let passphrase = if first.use_keyring {
            SecretString::from(String::new())
        } else {
            take(&mut first.passphrase)
        };
        let use_keyring = first.use_keyring;
        self.send_setup(SetupCommand::Finish(Box::new(First {
            values,
            passphrase,
            use_keyring,
        })));
    }

    fn wish(&mut self, service: Service, wish: Wish) {
        let tab = self.model.tab_of(service);
        tab.wish = wish;
        tab.reorder();
    }

    /// Of the batch that runs.
    fn set_phase(&mut self, phase: Phase) {
        if let Some(running) = self.model.running() {
            self.model.tab_of(running).phase = phase;
        }
    }

    pub(super) fn start(&mut self, service: Service, dry_run: bool, choice: ListChoice) {
        let typed_pin = Some(self.model.pin.clone())
            .filter(|p| !p.is_empty())
            .map(SecretString::from);
        self.control = Control::default();
        self.model.busy = Busy::Batch(service);
        let tab = self.model.tab_of(service);
        tab.started();
        let intake = Intake {
            list: tab.list.clone(),
            receiver_phone: tab.receiver.parse().ok(),
            pin: tab.list_pin.clone(),
            is_sample: tab.is_sample,
        };
        let link = tab.link;
        let repeats = Repeats::These(tab.meant.clone());
        let (operator, control) = (self.model.operator.clone(), self.control.clone());
        let request = RunRequest {
            service,
            intake,
            link,
            pin: typed_pin,
            dry_run,
            choice,
            repeats,
            operator,
            control,
        };
        self.send_portal(PortalCommand::Run(Box::new(request)));
    }

    fn open_admin(&mut self) {
        if let Some(admin) = &self.model.admin
            && let Err(error) = opener::open_browser(admin)
        {
            self.model.tell(Tone::Bad, format!("{admin}: {error}"));
        }
    }
}

fn setting(key: &str, value: String) -> SettingsCommand {
    SettingsCommand::Set(key.to_owned(), SecretString::from(value))
}
