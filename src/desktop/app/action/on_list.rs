//! Actions on a list: fetched, opened, shown otherwise, begun, written down.

use std::path::Path;

use egui::Context;
use secrecy::SecretString;

use crate::desktop::app::DesktopApp;
use crate::desktop::model::rows::TableWish;
use crate::desktop::model::{Busy, Phase, UserAction};
use crate::desktop::style::Tone;
use crate::desktop::worker::{ListCommand, PortalCommand, RunRequest};
use crate::domain::{Intake, ListChoice, Service};
use crate::engine::{Control, Repeats};

impl DesktopApp {
    /// The list of a service, and its table.
    pub(super) fn act_on_list(&mut self, ctx: &Context, service: Service, action: UserAction) {
        match action {
            UserAction::Edited => {
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
            UserAction::Mean(jobs, is_meant) => {
                let meant = &mut self.model.tab_mut().meant;
                if is_meant {
                    meant.extend(jobs);
                } else {
                    for job in &jobs {
                        meant.remove(job);
                    }
                }
            }
            UserAction::NewList => {
                self.model.tab_mut().cleared(service);
                self.send_list(service, ListCommand::LetGo);
            }
            UserAction::Previous(place) => {
                self.model.tab_mut().bring_back(service, place);
                self.model.flag(service);
            }
            // What the server gave went back there with its outcome: it hands out anew what can be
            // done again.
            UserAction::Again if self.model.tab().has_tickets() => self.fetch(service),
            UserAction::Again => {
                self.model.tab_mut().only_failed(service);
                self.model.flag(service);
            }
            UserAction::Fetch => self.fetch(service),
            UserAction::PickFile => {
                self.model.fetching = Some(service);
                let defaults = self.model.tab().defaults();
                self.send_list(service, ListCommand::Pick(defaults));
            }
            UserAction::Read(path) => {
                self.model.fetching = Some(service);
                let defaults = self.model.tab().defaults();
                self.send_list(service, ListCommand::Read(defaults, path));
            }
            UserAction::Export => self.export(service),
            UserAction::Wish(wish) => self.wish(service, wish),
            UserAction::Sort(column) => self.model.tab_mut().sort_by(column),
            UserAction::CopyRows => {
                let words = self.model.words();
                ctx.copy_text(self.model.tab().sums().as_text(words));
                self.model.tell(Tone::Good, words.copied);
            }
            _ => {}
        }
    }

    pub(in crate::desktop::app) fn fetch(&mut self, service: Service) {
        self.model.fetching = Some(service);
        let defaults = self.model.tab_of(service).defaults();
        self.send_list(service, ListCommand::Fetch(defaults));
    }

    pub(in crate::desktop::app) fn export(&mut self, service: Service) {
        let tab = self.model.tab_of(service);
        if let Some(batch) = tab.batch.clone() {
            tab.is_exporting = true;
            self.send_list(service, ListCommand::Export(batch));
        }
    }

    pub(in crate::desktop::app) fn open(&mut self, path: &Path) {
        if let Err(error) = opener::open(path) {
            self.model
                .tell(Tone::Bad, format!("{}: {error}", path.display()));
        }
    }

    pub(super) fn wish(&mut self, service: Service, wish: TableWish) {
        let tab = self.model.tab_of(service);
        tab.wish = wish;
        tab.reorder();
    }

    /// Of the batch that runs.
    pub(super) fn set_phase(&mut self, phase: Phase) {
        if let Some(running) = self.model.running() {
            self.model.tab_of(running).phase = phase;
        }
    }

    pub(in crate::desktop::app) fn start(
        &mut self,
        service: Service,
        dry_run: bool,
        choice: ListChoice,
    ) {
        let typed_pin = Some(self.model.pin.clone())
            .filter(|p| !p.is_empty())
            .map(SecretString::from);
        self.control = Control::default();
        self.model.busy = Busy::Batch(service);
        // A page of the last batch says nothing about this one.
        self.model.peeked.1 = None;
        let tab = self.model.tab_of(service);
        tab.started(dry_run);
        let intake = Intake {
            list: tab.list.clone(),
            receiver_phone: tab.receiver.parse().ok(),
            pin: tab.list_pin.clone(),
            is_sample: tab.is_sample,
        };
        let link = tab.link;
        let repeats = Repeats::These(tab.meant.clone());
        let (operator, control) = (self.model.operator.clone(), self.control.clone());
        let is_auto = self.model.auto.is_on;
        let request = RunRequest {
            service,
            intake,
            link,
            pin: typed_pin,
            dry_run,
            choice,
            repeats,
            operator,
            is_auto,
            control,
        };
        self.send_portal(PortalCommand::Run(Box::new(request)));
    }
}
