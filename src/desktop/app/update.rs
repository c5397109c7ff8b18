//! What the worker tells, taken into the model.

use egui::{Context, ThemePreference, UserAttentionType, ViewportCommand};
use std::time::Duration;

use super::DesktopApp;
use crate::desktop::model::{self, FirstRun, Reach, Setup};
use crate::desktop::sound::{self, Sound};
use crate::desktop::style::Tone;
use crate::desktop::worker::{
    Basics, Command, LedgerCommand, LedgerUpdate, ListSource, ListUpdate, PortalUpdate,
    ReachUpdate, SetupUpdate, Update,
};
use crate::domain::Service;

impl DesktopApp {
    /// Updates that came since the last frame.
    pub(super) fn take_updates(&mut self, ctx: &Context) {
        while let Ok(update) = self.worker.updates.try_recv() {
            self.take(ctx, update);
        }
        self.model.forget_told();
        if let Some(left) = self.model.told_for() {
            ctx.request_repaint_after(left);
        }
    }

    fn take(&mut self, ctx: &Context, update: Update) {
        let model = &mut self.model;
        match update {
            Update::Setup(update) => self.take_setup(ctx, update),
            Update::Reach(update) => self.take_reach(update),
            Update::List(service, update) => self.take_list(service, update),
            Update::NoFile => model.fetching = None,
            Update::Portal(update) => self.take_portal(ctx, update),
            Update::Ledger(update) => self.take_ledger(ctx, update),
            Update::Settings(values, saved) => self.take_settings(values, saved),
            Update::Diagnosis(rows) => {
                (model.settings.diagnosis, model.settings.is_diagnosing) = (rows, false);
            }
            Update::Written(Ok(path)) => model.tell(Tone::Good, (model.words().saved)(&path)),
            Update::Written(Err(why)) => model.tell(Tone::Bad, why),
            Update::Mishap(report) => model.tell(
                Tone::Doubt,
                (model.words().mishap)(&report.display().to_string()),
            ),
            Update::Raise => {
                ctx.send_viewport_cmd(ViewportCommand::Minimized(false));
                ctx.send_viewport_cmd(ViewportCommand::Focus);
            }
            Update::Close => {
                self.may_close = true;
                ctx.send_viewport_cmd(ViewportCommand::Close);
            }
        }
    }

    fn take_setup(&mut self, ctx: &Context, update: SetupUpdate) {
        let model = &mut self.model;
        match update {
            SetupUpdate::First => model.setup = Setup::First,
            SetupUpdate::Ready(basics) => self.ready(ctx, &basics),
            SetupUpdate::Locked(why) => model.setup = Setup::Locked(why),
            SetupUpdate::Fault(why) => model.setup = Setup::Fault(why),
            SetupUpdate::Bad(why) => {
                (model.first.problem, model.first.is_saving) = (Some(why), false);
            }
            SetupUpdate::Unlocked(who) => {
                model.lock.answered(who.is_some(), model.now_ms);
                if let Some((who, is_owner)) = who {
                    model.is_owner = is_owner;
                    model.sign_in(who);
                }
            }
        }
    }

    fn take_reach(&mut self, update: ReachUpdate) {
        let model = &mut self.model;
        match update {
            ReachUpdate::Api(result) => model.api = status(result),
            ReachUpdate::NoServer => model.api = Reach::Unused,
            ReachUpdate::Browser(result) => model.browser = status(result),
            ReachUpdate::Driver(card) => model.driver = card,
            ReachUpdate::NewLink(link) => model.linked_anew(link),
            ReachUpdate::Linked(admin) => model.admin = admin,
            ReachUpdate::Unacknowledged(count) => model.unacknowledged = count,
            ReachUpdate::Banners(banners) => model.banners = banners,
        }
    }

    fn take_list(&mut self, service: Service, update: ListUpdate) {
        let model = &mut self.model;
        match update {
            // It was asked of a source that jobs do not come from any more, and goes back there.
            ListUpdate::Fetched(ListSource::Link(link), Ok(_)) if link != model.link => {
                model.not_fetched(model.words().new_source.to_owned());
                self.auto_fetched(service, true);
            }
            ListUpdate::Fetched(source, Ok(intake)) => {
                let is_empty = intake.list.jobs.is_empty();
                match source {
                    ListSource::File(name) => model.fetched(service, intake, Some(&name)),
                    ListSource::Link(_) => model.fetched(service, intake, None),
                }
                self.auto_fetched(service, is_empty);
            }
            ListUpdate::Fetched(_, Err(why)) => {
                model.not_fetched(why);
                self.auto_fetched(service, true);
            }
            ListUpdate::Exported(result) => {
                let words = model.words();
                let tab = model.tab_of(service);
                tab.is_exporting = false;
                match result {
                    Ok(path) => {
                        tab.report = Some(path.clone());
                        model.tell(Tone::Good, (words.saved)(&path.display().to_string()));
                    }
                    Err(why) => model.tell(Tone::Bad, why),
                }
            }
            ListUpdate::Ordered(wish, order) => {
                self.is_ordering = false;
                let tab = model.tab_of(service);
                // A wish that has changed meanwhile is asked for anew.
                if tab.wish == wish {
                    tab.order = order.map(Into::into);
                } else {
                    tab.is_order_stale = true;
                }
            }
            ListUpdate::Known(known) => {
                model.known.insert(service, known);
                model.flag(service);
            }
        }
    }

    fn take_portal(&mut self, ctx: &Context, update: PortalUpdate) {
        if let PortalUpdate::Progress(event) = &update {
            self.front_after(ctx, event);
        }
        let model = &mut self.model;
        match update {
            PortalUpdate::Progress(event) => {
                let needed = model.needs_person.is_some();
                model.fold(event);
                if !needed && model.needs_person.is_some() {
                    self.call(ctx, UserAttentionType::Critical, Sound::Call);
                }
            }
            PortalUpdate::Stopped(list) => {
                let service = model.running();
                model.stopped(list);
                self.call(ctx, UserAttentionType::Critical, Sound::Call);
                self.auto_ended(service);
            }
            PortalUpdate::Ended(result) => {
                let service = model.running();
                model.ended(result);
                self.call(ctx, UserAttentionType::Informational, Sound::Done);
                self.auto_ended(service);
            }
            PortalUpdate::Reconciled(result) => model.reconciled(result),
            PortalUpdate::Peeked(login, picture) => self.peeked(ctx, login, picture),
        }
    }

    fn take_ledger(&mut self, ctx: &Context, update: LedgerUpdate) {
        let model = &mut self.model;
        match update {
            LedgerUpdate::Doubts(doubts) => model.doubts = doubts,
            LedgerUpdate::Found(what, found) => {
                (model.find.asked, model.find.found) = (Some(what), found);
            }
            LedgerUpdate::Slip(slip, true) => {
                self.open(&slip.page);
            }
            LedgerUpdate::Slip(slip, false) => {
                let pixels = &slip.pixels;
                let size = [pixels.width, pixels.height];
                ctx.copy_image(egui::ColorImage::from_gray(size, &pixels.pixels));
                let path = slip.picture.display().to_string();
                model.tell(Tone::Good, (model.words().picture_copied)(&path));
            }
            LedgerUpdate::ShiftClosed(shift) => {
                let off = model::shift::off(shift.off_by(), model.words());
                let tone = if shift.off_by() == 0 {
                    Tone::Good
                } else {
                    Tone::Doubt
                };
                model.history.shift = model::shift::ShiftForm::default();
                model.tell(tone, format!("{}: {off}", model.words().shift_closed));
                let days = model.history.days;
                self.worker.send(Command::Ledger(LedgerCommand::Days(days)));
            }
            LedgerUpdate::Story(story) => model.find.story = Some(story),
            LedgerUpdate::Resolved => {
                model.find.reason.clear();
                let asked = model.find.asked.clone();
                model.tell(Tone::Good, model.words().resolved);
                if let Some(asked) = asked {
                    self.worker
                        .send(Command::Ledger(LedgerCommand::Find(asked)));
                }
            }
            LedgerUpdate::Days(Ok(history)) => model.history = model.history.renewed(*history),
            LedgerUpdate::Days(Err(why)) => {
                model.history.is_loading = false;
                model.tell(Tone::Bad, why);
            }
            LedgerUpdate::Failed(why) => model.tell(Tone::Bad, why),
        }
    }

    fn take_settings(&mut self, values: Vec<(String, String, bool)>, saved: Option<String>) {
        let model = &mut self.model;
        model.settings.take(values);
        if let Some(key) = saved {
            model.settings.saved(&key);
            // How the window looks is seen.
            if !key.starts_with("window.") {
                let kept = format!("{}: {}", model.words().kept, (model.words().setting)(&key));
                model.tell(Tone::Good, kept);
            }
        }
    }

    /// Calls whoever is not looking: in the taskbar, and by a sound.
    fn call(&self, ctx: &Context, how: UserAttentionType, sound: Sound) {
        ctx.send_viewport_cmd(ViewportCommand::RequestUserAttention(how));
        if self.has_sound && !self.model.is_demo {
            sound::play(sound);
        }
    }

    /// A picture of a login's page takes the place of the last one.
    fn peeked(&mut self, ctx: &Context, login: usize, picture: Vec<u8>) {
        let (count, shown) = &mut self.model.peeked;
        *count += 1;
        let name = format!("bytes://login-{login}-{count}.jpg");
        if let Some((_, old)) = shown.replace((login, name.clone())) {
            ctx.forget_image(&old);
        }
        ctx.include_bytes(name, picture);
    }

    fn ready(&mut self, ctx: &Context, basics: &Basics) {
        let model = &mut self.model;
        model.setup = Setup::Ready;
        model.has_pin = basics.has_pin;
        model.limits = basics.limits;
        model.low_balance = basics.low_balance;
        model.language = basics.language;
        model.first = FirstRun::default();
        model.operators.clone_from(&basics.operators);
        let is_first = model.operator.is_empty();
        if model.operators.is_empty() || is_first {
            model.sign_in(basics.operator.clone());
        }
        // Whoever works here says so before anything else.
        if is_first && !model.operators.is_empty() {
            model.lock.close();
            model.is_owner = false;
        }
        ctx.set_theme(if basics.is_dark {
            ThemePreference::Dark
        } else {
            ThemePreference::Light
        });
        ctx.set_zoom_factor(basics.scale);
        self.lock_after = (basics.lock_after_min > 0 && !model.is_demo)
            .then(|| Duration::from_secs(60 * u64::from(basics.lock_after_min)));
        self.auto.clone_from(&basics.auto);
        self.has_sound = basics.has_sound;
    }
}

fn status(result: Result<String, String>) -> Reach {
    match result {
        Ok(text) => Reach::Good(text),
        Err(why) => Reach::Bad(why),
    }
}
