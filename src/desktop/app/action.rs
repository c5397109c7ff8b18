//! What a click or a key asks for: done to the model, or sent to the worker.

mod on_list;

use egui::{Context, Theme, ThemePreference, ViewportCommand};
use secrecy::SecretString;

use super::DesktopApp;
use crate::desktop::model::settings::Setting;
use crate::desktop::model::{Busy, Phase, Place, Reach, Setup, UserAction};
use crate::desktop::style::Tone;
use crate::desktop::worker::{
    Command, First, LedgerCommand, ListCommand, PortalCommand, SettingsCommand, SetupCommand,
};
use crate::domain::{ListChoice, Service};
use crate::engine::{Control, Decision};

impl DesktopApp {
    pub(super) fn act(&mut self, ctx: &Context, action: UserAction) {
        let service = self.model.service();
        match action {
            UserAction::Go(place) => self.go(place),
            UserAction::Help => self.model.toggle_guide(),
            UserAction::Edited
            | UserAction::Mean(..)
            | UserAction::NewList
            | UserAction::Previous(_)
            | UserAction::Again
            | UserAction::Fetch
            | UserAction::PickFile
            | UserAction::Read(_)
            | UserAction::Export
            | UserAction::Wish(_)
            | UserAction::Sort(_)
            | UserAction::CopyRows => self.act_on_list(ctx, service, action),
            UserAction::Start { .. }
            | UserAction::StartChosen(_)
            | UserAction::StartMeant
            | UserAction::Stop
            | UserAction::Pause
            | UserAction::Resume
            | UserAction::Reconcile
            | UserAction::ShowBrowser(_)
            | UserAction::Peek(_)
            | UserAction::Auto(_) => self.act_on_portal(ctx, service, &action),
            UserAction::Ask(code) => {
                self.model.find.query = code;
                self.model.place = Place::Find;
                self.act_on_ledger(UserAction::Find);
            }
            UserAction::Find
            | UserAction::Story(_)
            | UserAction::Resolve { .. }
            | UserAction::Days(_)
            | UserAction::Receipt(..)
            | UserAction::CloseShift
            | UserAction::PrintShift(_)
            | UserAction::ExportBatches
            | UserAction::ExportFound => self.act_on_ledger(action),
            UserAction::Unlock
            | UserAction::Lock
            | UserAction::CheckSetup
            | UserAction::FetchDriver
            | UserAction::FinishSetup
            | UserAction::SkipSetup
            | UserAction::Demo => self.act_on_setup(&action),
            UserAction::ToggleTheme
            | UserAction::ToggleLanguage
            | UserAction::Seat
            | UserAction::Unseat(_)
            | UserAction::SaveSetting(_)
            | UserAction::ImportSettings
            | UserAction::ExportSettings
            | UserAction::Diagnose => self.act_on_settings(ctx, action),
            UserAction::Close(true) => {
                self.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
            UserAction::Only(only) => self.model.history.only = only,
            UserAction::Close(false) => self.model.asks_close = false,
            UserAction::Open(path) => self.open(&path),
            UserAction::Admin => self.open_admin(),
        }
    }

    /// What runs on the portal, or is to run. A button that may not be pressed is not drawn as one;
    /// a key may come all the same.
    fn act_on_portal(&mut self, ctx: &Context, service: Service, action: &UserAction) {
        let was_busy = self.model.busy != Busy::Nobody;
        match *action {
            UserAction::Start { dry_run } if self.model.ahead().can_start() => {
                self.start(service, dry_run, ListChoice::Unsaid);
            }
            UserAction::StartChosen(ref choice) if self.model.ahead().can_start() => {
                self.start(service, false, choice.clone());
            }
            UserAction::StartMeant if self.model.ahead().can_start() => {
                self.start(service, false, ListChoice::Unsaid);
            }
            UserAction::Stop => {
                self.control.stop();
                self.model.auto.is_on = false;
                self.model.stops_reconciling = self.model.busy == Busy::Reconciling;
                self.set_phase(Phase::Stopping);
            }
            UserAction::Pause => {
                self.control.pause();
                self.set_phase(Phase::Paused);
            }
            UserAction::Resume => {
                self.control.resume();
                self.set_phase(Phase::Running);
            }
            UserAction::Reconcile if self.model.ahead().can_reconcile() => {
                self.control = Control::default();
                (self.model.busy, self.model.stops_reconciling) = (Busy::Reconciling, false);
                self.send_portal(PortalCommand::Reconcile(self.control.clone()));
            }
            UserAction::ShowBrowser(login) => {
                self.send_portal(PortalCommand::Show(self.control.clone(), login));
            }
            UserAction::Peek(login) => {
                self.send_portal(PortalCommand::Peek(self.control.clone(), login));
            }
            UserAction::Auto(is_on) => self.switch_auto(is_on),
            _ => {}
        }
        if !was_busy && self.model.busy != Busy::Nobody {
            self.begin_in_front(ctx);
        }
    }

    /// What the ledger is asked.
    fn act_on_ledger(&mut self, action: UserAction) {
        let command = match action {
            UserAction::Find => LedgerCommand::Find(self.model.find.query.trim().to_owned()),
            UserAction::Story(attempt) => LedgerCommand::Story(attempt, self.model.language),
            UserAction::Resolve { attempt, is_paid } => {
                let decision = Decision {
                    is_paid,
                    name: self.model.find.name.clone(),
                    reason: self.model.find.reason.clone(),
                };
                LedgerCommand::Resolve(attempt, decision)
            }
            UserAction::Receipt(attempt, is_print) => {
                let mut known = self.model.find.found.iter();
                let Some(one) = known.find(|one| one.attempt == attempt) else {
                    return;
                };
                LedgerCommand::Receipt(one.clone(), self.model.operator.clone(), is_print)
            }
            UserAction::CloseShift => match self.model.counted_shift() {
                Some(shift) => LedgerCommand::CloseShift(Box::new(shift)),
                None => return,
            },
            UserAction::PrintShift(place) => match self.model.history.shifts.get(place) {
                Some(shift) => LedgerCommand::PrintShift(Box::new(shift.clone())),
                None => return,
            },
            UserAction::Days(days) => return self.days(days),
            UserAction::ExportBatches => LedgerCommand::ExportBatches(self.model.history.chosen()),
            UserAction::ExportFound => match self.model.find.asked.clone() {
                Some(asked) => LedgerCommand::ExportFound(asked),
                None => return,
            },
            _ => return,
        };
        self.worker.send(Command::Ledger(command));
    }

    /// The lock and the first set-up.
    fn act_on_setup(&mut self, action: &UserAction) {
        match action {
            UserAction::Unlock => self.unlock(),
            UserAction::Lock => self.lock(),
            UserAction::CheckSetup => {
                (self.model.api, self.model.browser) = (Reach::Checking, Reach::Checking);
                let first = &self.model.first;
                self.send_setup(SetupCommand::Check(
                    first.api_url.clone(),
                    first.api_token.clone().into(),
                ));
            }
            UserAction::FetchDriver => self.send_setup(SetupCommand::FetchDriver),
            UserAction::FinishSetup => self.finish_setup(),
            UserAction::SkipSetup => self.send_setup(SetupCommand::Skip),
            UserAction::Demo => {
                let started = std::env::current_exe()
                    .and_then(|me| crate::process::quiet(me).arg("demo").spawn());
                if let Err(error) = started {
                    self.model.tell(Tone::Bad, error.to_string());
                }
            }
            _ => {}
        }
    }

    /// The configuration, and how the window looks.
    fn act_on_settings(&mut self, ctx: &Context, action: UserAction) {
        let command = match action {
            UserAction::ToggleTheme => {
                let dark = ctx.theme() != Theme::Dark;
                ctx.set_theme(if dark {
                    ThemePreference::Dark
                } else {
                    ThemePreference::Light
                });
                setting("window.dark", dark.to_string())
            }
            UserAction::ToggleLanguage => {
                self.model.language = self.model.language.other();
                let language = self.model.language;
                // A story on the screen is told anew.
                if let Some(story) = &self.model.find.story {
                    let command = LedgerCommand::Story(story.attempt.clone(), language);
                    self.worker.send(Command::Ledger(command));
                }
                setting("window.language", language.code().to_owned())
            }
            UserAction::Seat => {
                let settings = &mut self.model.settings;
                let (name, pin) = (
                    std::mem::take(&mut settings.seat_name),
                    std::mem::take(&mut settings.seat_pin),
                );
                SettingsCommand::Seat(name, Some(pin.into()))
            }
            UserAction::Unseat(name) => SettingsCommand::Seat(name, None),
            UserAction::SaveSetting(key) => {
                let row = self.model.settings.rows.iter().find(|row| row.key == key);
                match row.map(Setting::stored) {
                    Some(typed) => setting(&key, typed),
                    None => return,
                }
            }
            UserAction::ImportSettings => SettingsCommand::Import,
            UserAction::ExportSettings => SettingsCommand::Export,
            UserAction::Diagnose => {
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
        self.model.find.wants_focus = place == Place::Find;
        if place == Place::History {
            self.days(self.model.history.days);
        }
        // What is known of a doubt stands beside where it is decided.
        if place == Place::Find
            && self.model.find.story.is_none()
            && let Some(doubt) = self.model.doubts.first()
        {
            self.act_on_ledger(UserAction::Story(doubt.attempt.clone()));
        }
    }

    fn days(&mut self, days: u16) {
        (self.model.history.days, self.model.history.is_loading) = (days, true);
        self.worker.send(Command::Ledger(LedgerCommand::Days(days)));
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
        // What was typed stays until it is known to be good.
        let typed = |text: &String| SecretString::from(text.clone());
        let values = vec![
            ("operator", first.operator.clone().into()),
            (
                "window.language",
                self.model.language.code().to_owned().into(),
            ),
            ("portal.username", first.user.clone().into()),
            ("portal.password", typed(&first.password)),
            ("portal.pin", typed(&first.pin)),
            ("api.url", first.api_url.clone().into()),
            ("api.token", typed(&first.api_token)),
        ];
        let passphrase = if first.use_keyring {
            SecretString::from(String::new())
        } else {
            typed(&first.passphrase)
        };
        let use_keyring = first.use_keyring;
        self.send_setup(SetupCommand::Finish(Box::new(First {
            values,
            passphrase,
            use_keyring,
        })));
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
