//! The application: events into the model, the screen's actions to the worker.

use std::path::Path;
use std::time::{Duration, Instant};

use egui::{Context, Theme, ThemePreference, Ui, UserAttentionType, ViewportCommand};
use egui_notify::Toasts;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::SecretString;

use super::model::rows::{Wish, ordered};
use super::model::tab::AT_ONCE;
use super::model::{Action, Busy, Model, Phase, Place, Setup, Status};
use super::sound::{self, Sound};
use super::style::Tone;
use super::worker::{Basics, Command, First, RunRequest, Update, Worker};
use super::{Start, draw};
use crate::config::Auto;
use crate::domain::{Intake, Service};
use crate::engine::{Control, Decision};

/// A big list is filtered anew this often while it changes.
const REORDER_EVERY: Duration = Duration::from_millis(400);

/// The window's application.
pub struct App {
    model: Model,
    worker: Worker,
    control: Control,
    toasts: Toasts,
    title: String,
    /// When a hand was last on it.
    touched: Instant,
    lock_after: Option<Duration>,
    auto: Auto,
    has_sound: bool,
    /// A big list is being filtered.
    is_ordering: bool,
    ordered: Instant,
    is_first_frame: bool,
}

impl App {
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
            // Below the header, whose buttons stay in reach.
            toasts: Toasts::default().with_margin(egui::vec2(12.0, 96.0)),
            title: String::new(),
            touched: Instant::now(),
            lock_after: None,
            auto: Auto::default(),
            has_sound: false,
            is_ordering: false,
            ordered: Instant::now(),
            is_first_frame: true,
        }
    }

    /// What is on the screen.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Updates that came since the last frame.
    fn take_updates(&mut self, ctx: &Context) {
        while let Ok(update) = self.worker.updates.try_recv() {
            self.take(ctx, update);
        }
        for notice in self.model.notices.drain(..) {
            // The library's own signs are emoji that our fonts do not have; a sign of ours goes in
            // front.
            self.toasts
                .basic(format!("{} {}", notice.tone.sign(), notice.text))
                .closable(false);
        }
    }

    fn take(&mut self, ctx: &Context, update: Update) {
        let model = &mut self.model;
        match update {
            Update::First => model.setup = Setup::First,
            Update::Ready(basics) => self.ready(ctx, &basics),
            Update::Locked(why) => model.setup = Setup::Locked(why),
            Update::Fault(why) => model.setup = Setup::Fault(why),
            Update::BadSetup(why) => {
                (model.first.problem, model.first.is_saving) = (Some(why), false)
            }
            Update::Unlocked(who) => {
                model.lock.answered(who.is_some(), now_ms());
                if let Some(who) = who {
                    model.sign_in(who);
                }
            }
            Update::Api(result) => model.api = status(result),
            Update::Browser(result) => model.browser = status(result),
            Update::Fetched(service, Ok(intake), source) => {
                let is_empty = intake.list.jobs.is_empty();
                model.fetched(service, intake, source.as_deref());
                self.auto_fetched(service, is_empty);
            }
            Update::Fetched(service, Err(why), _) => {
                model.not_fetched(why);
                self.auto_fetched(service, true);
            }
            Update::NoFile => model.fetching = None,
            Update::Progress(event) => {
                let needed = model.needs_person.is_some();
                model.fold(event);
                if !needed && model.needs_person.is_some() {
                    self.call(ctx, UserAttentionType::Critical, Sound::Call);
                }
            }
            Update::Ended(result) => {
                let service = model.running();
                model.ended(result);
                self.call(ctx, UserAttentionType::Informational, Sound::Done);
                self.auto_ended(service);
            }
            Update::Doubts(doubts) => model.doubts = doubts,
            Update::Known(service, known) => {
                model.known.insert(service, known);
                model.flag(service);
            }
            Update::Reconciled(result) => model.reconciled(result),
            Update::Exported(service, result) => {
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
            Update::Ordered(service, wish, order) => {
                self.is_ordering = false;
                let tab = model.tab_of(service);
                // A wish that has changed meanwhile is asked for anew.
                if tab.wish == wish {
                    tab.order = order.map(Into::into);
                } else {
                    tab.is_order_stale = true;
                }
            }
            Update::Found(what, Ok(found)) => {
                (model.find.asked, model.find.found) = (Some(what), found)
            }
            Update::Story(Ok(story)) => model.find.story = Some(story),
            Update::Resolved(Ok(())) => {
                model.find.reason.clear();
                let asked = model.find.asked.clone();
                model.tell(Tone::Good, model.words().resolved);
                if let Some(asked) = asked {
                    self.worker.send(Command::Find(asked));
                }
            }
            Update::Found(_, Err(why))
            | Update::Story(Err(why))
            | Update::Resolved(Err(why))
            | Update::Told(Err(why)) => model.tell(Tone::Bad, why),
            Update::Days(Ok(history)) => model.history = model.history.renewed(history),
            Update::Days(Err(why)) => {
                model.history.is_loading = false;
                model.tell(Tone::Bad, why);
            }
            Update::Settings(values, saved) => {
                model.settings.take(values);
                if let Some(key) = saved {
                    model.settings.saved(&key);
                    // How the window looks is seen.
                    if !key.starts_with("window.") {
                        let kept =
                            format!("{}: {}", model.words().kept, (model.words().setting)(&key));
                        model.tell(Tone::Good, kept);
                    }
                }
            }
            Update::Diagnosis(rows) => {
                (model.settings.diagnosis, model.settings.is_diagnosing) = (rows, false)
            }
            Update::Told(Ok(path)) => model.tell(Tone::Good, (model.words().saved)(&path)),
            Update::Unacknowledged(count) => model.unacknowledged = count,
            Update::Linked(admin) => model.admin = admin,
            Update::Banners(banners) => model.banners = banners,
            Update::Peeked(login, picture) => self.peeked(ctx, login, picture),
            Update::Mishap(report) => model.tell(
                Tone::Doubt,
                (model.words().mishap)(&report.display().to_string()),
            ),
            Update::Close => ctx.send_viewport_cmd(ViewportCommand::Close),
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
        model.language = basics.language;
        model.first = super::model::FirstRun::default();
        model.operators.clone_from(&basics.operators);
        let is_first = model.operator.is_empty();
        if model.operators.is_empty() || is_first {
            model.sign_in(basics.operator.clone());
        }
        // Whoever works here says so before anything else.
        if is_first && !model.operators.is_empty() {
            model.lock.close();
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

    fn act(&mut self, ctx: &Context, action: Action) {
        let service = self.model.service();
        let words = self.model.words();
        match action {
            Action::Go(place) => self.go(place),
            Action::Edited => {
                let tab = self.model.tab_mut();
                // An emptied list gives back what a server had handed out; lines that are only
                // changed wait for the start.
                if tab.text.trim().is_empty() && tab.has_tickets() {
                    tab.tickets.clear();
                    self.worker.send(Command::LetGo(service));
                }
                self.model.tab_mut().edited(service);
                self.model.flag(service);
            }
            Action::NewList => {
                self.model.tab_mut().cleared(service);
                self.worker.send(Command::LetGo(service));
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
                self.worker
                    .send(Command::Pick(service, self.model.tab().defaults()));
            }
            Action::Read(path) => {
                self.model.fetching = Some(service);
                self.worker
                    .send(Command::Read(service, self.model.tab().defaults(), path));
            }
            Action::Start { dry_run } if self.model.can_start() => self.start(service, dry_run),
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
                self.worker.send(Command::Reconcile(self.control.clone()));
            }
            // A button that may not be pressed is not drawn as one; a key may come all the same.
            Action::Start { .. } | Action::Reconcile => {}
            Action::Export => self.export(service),
            Action::Wish(wish) => self.wish(service, wish),
            Action::Sort(column) => self.model.tab_mut().sort_by(column),
            Action::CopyRows => {
                ctx.copy_text(self.model.tab().as_text(words));
                self.model.tell(Tone::Good, words.copied);
            }
            Action::Open(path) => self.open(&path),
            Action::ShowBrowser(login) => {
                self.worker.send(Command::Show(self.control.clone(), login))
            }
            Action::Peek(login) => self.worker.send(Command::Peek(self.control.clone(), login)),
            Action::Unlock => self.unlock(),
            Action::Lock => self.model.lock.close(),
            Action::ToggleTheme => {
                let dark = ctx.theme() != Theme::Dark;
                ctx.set_theme(if dark {
                    ThemePreference::Dark
                } else {
                    ThemePreference::Light
                });
                self.set("window.dark", dark.to_string());
            }
            Action::ToggleLanguage => {
                self.model.language = self.model.language.other();
                self.set("window.language", self.model.language.code().to_owned());
                // A story on the screen is told anew.
                if let Some(story) = &self.model.find.story {
                    self.worker
                        .send(Command::Story(story.attempt.clone(), self.model.language));
                }
            }
            Action::Auto(is_on) => self.switch_auto(is_on),
            beside => self.act_beside(beside),
        }
    }

    /// What has nothing to do with a batch: the ledger's answers, the settings.
    fn act_beside(&mut self, action: Action) {
        match action {
            Action::Find => self
                .worker
                .send(Command::Find(self.model.find.query.trim().to_owned())),
            Action::Story(attempt) => self
                .worker
                .send(Command::Story(attempt, self.model.language)),
            Action::Resolve { attempt, is_paid } => {
                let decision = Decision {
                    is_paid,
                    name: self.model.find.name.clone(),
                    reason: self.model.find.reason.clone(),
                };
                self.worker.send(Command::Resolve(attempt, decision));
            }
            Action::Days(days) => self.days(days),
            Action::ExportBatches => self
                .worker
                .send(Command::ExportBatches(self.model.history.chosen())),
            Action::ExportFound => {
                if let Some(asked) = self.model.find.asked.clone() {
                    self.worker.send(Command::ExportFound(asked));
                }
            }
            Action::Seat => {
                let settings = &mut self.model.settings;
                let (name, pin) = (
                    std::mem::take(&mut settings.seat_name),
                    std::mem::take(&mut settings.seat_pin),
                );
                self.worker.send(Command::Seat(name, Some(pin.into())));
            }
            Action::Unseat(name) => self.worker.send(Command::Seat(name, None)),
            Action::SaveSetting(key) => {
                let typed = self
                    .model
                    .settings
                    .rows
                    .iter()
                    .find(|row| row.key == key)
                    .map(|row| row.typed.clone());
                if let Some(typed) = typed {
                    self.set(&key, typed);
                }
            }
            Action::ImportSettings => self.worker.send(Command::ImportSettings),
            Action::ExportSettings => self.worker.send(Command::ExportSettings),
            Action::Admin => {
                if let Some(admin) = &self.model.admin
                    && let Err(error) = opener::open_browser(admin)
                {
                    self.model.tell(Tone::Bad, format!("{admin}: {error}"));
                }
            }
            Action::Diagnose => {
                self.model.settings.is_diagnosing = true;
                self.worker.send(Command::Diagnose);
            }
            Action::CheckSetup => {
                (self.model.api, self.model.browser) = (Status::Checking, Status::Checking);
                let first = &self.model.first;
                self.worker.send(Command::Check(
                    first.api_url.clone(),
                    first.api_token.clone().into(),
                ));
            }
            Action::FinishSetup => self.finish_setup(),
            Action::SkipSetup => self.worker.send(Command::Skip),
            Action::Demo => {
                let started = std::env::current_exe()
                    .and_then(|me| std::process::Command::new(me).arg("demo").spawn());
                if let Err(error) = started {
                    self.model.tell(Tone::Bad, error.to_string());
                }
            }
            other => debug_assert!(false, "nobody does {other:?}"),
        }
    }

    fn go(&mut self, place: Place) {
        self.model.place = place;
        if place == Place::History {
            self.days(self.model.history.days);
        }
    }

    fn days(&mut self, days: u16) {
        (self.model.history.days, self.model.history.is_loading) = (days, true);
        self.worker.send(Command::Days(days));
    }

    fn fetch(&mut self, service: Service) {
        self.model.fetching = Some(service);
        let defaults = self.model.tab_of(service).defaults();
        self.worker.send(Command::Fetch(service, defaults));
    }

    fn export(&mut self, service: Service) {
        let tab = self.model.tab_of(service);
        if let Some(batch) = tab.batch.clone() {
            tab.is_exporting = true;
            self.worker.send(Command::Export(service, batch));
        }
    }

    fn set(&self, key: &str, value: String) {
        self.worker
            .send(Command::Set(key.to_owned(), SecretString::from(value)));
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
            self.worker
                .send(Command::CheckLock(self.model.lock.who.clone(), typed));
        } else {
            self.model.setup = Setup::Opening;
            self.worker.send(Command::Unlock(typed));
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
        self.worker.send(Command::Finish(Box::new(First {
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
        self.worker
            .send(Command::Order(service, tab.rows.clone(), tab.wish.clone()));
    }

    /// Of the batch that runs.
    fn set_phase(&mut self, phase: Phase) {
        if let Some(running) = self.model.running() {
            self.model.tab_of(running).phase = phase;
        }
    }

    fn start(&mut self, service: Service, dry_run: bool) {
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
        let (operator, control) = (self.model.operator.clone(), self.control.clone());
        let request = RunRequest {
            service,
            intake,
            pin: typed_pin,
            dry_run,
            operator,
            control,
        };
        self.worker.send(Command::Run(Box::new(request)));
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
            _ => self.model.lock.close(),
        }
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
            && self.model.can_take()
        {
            self.act(ctx, Action::Read(path));
        }
    }

    /// Says once that there is something on the screen, where somebody asked for that.
    fn say_first_frame(&mut self) {
        if std::mem::take(&mut self.is_first_frame)
            && std::env::var_os(super::FIRST_FRAME).is_some()
        {
            use std::io::Write;
            let _ = writeln!(std::io::stdout(), "first frame");
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

    // ---- Auto mode: service by service, by the same steps as by hand --------------------------------------------------

    fn switch_auto(&mut self, is_on: bool) {
        self.model.auto.queue.clear();
        self.model.auto.is_on = is_on;
        self.model.auto.next_ms = now_ms();
    }

    /// Begins a round when its time has come.
    fn run_auto(&mut self, ctx: &Context) {
        if !self.model.auto.is_on
            || self.model.setup != Setup::Ready
            || self.model.busy != Busy::Nobody
            || self.model.fetching.is_some()
        {
            return;
        }
        let now = now_ms();
        if self.model.auto.queue.is_empty() {
            if now < self.model.auto.next_ms {
                let wait = u64::try_from(self.model.auto.next_ms - now).unwrap_or_default();
                return ctx.request_repaint_after(Duration::from_millis(wait));
            }
            self.model.auto.next_ms = now + i64::from(self.auto.every_min.max(1)) * 60_000;
            let hour = Timestamp::now().to_zoned(TimeZone::system()).hour();
            if is_quiet(&self.auto, u32::try_from(hour).unwrap_or_default()) {
                return;
            }
            self.model.auto.queue = services(&self.auto);
        }
        if let Some(service) = self.model.auto.queue.first().copied() {
            self.model.place = Place::Service(service);
            self.fetch(service);
        }
    }

    /// The list of the service whose turn it is has come.
    fn auto_fetched(&mut self, service: Service, is_empty: bool) {
        if !self.model.auto.is_on || self.model.auto.queue.first() != Some(&service) {
            return;
        }
        if !is_empty && self.model.can_start() {
            self.start(service, false);
        } else {
            self.model.auto.queue.remove(0);
        }
    }

    /// Its batch is over: the report, and the next one. A batch that stopped by itself ends the
    /// round.
    fn auto_ended(&mut self, service: Option<Service>) {
        let Some(service) =
            service.filter(|s| self.model.auto.is_on && self.model.auto.queue.first() == Some(s))
        else {
            return;
        };
        self.export(service);
        if self.model.tab_of(service).is_interrupted() {
            self.model.auto.queue.clear();
        } else {
            self.model.auto.queue.remove(0);
        }
    }
}

/// Is this hour one in which no round begins?
fn is_quiet(auto: &Auto, hour: u32) -> bool {
    let (from, to) = (auto.quiet_from % 24, auto.quiet_to % 24);
    if from <= to {
        (from..to).contains(&hour)
    } else {
        hour >= from || hour < to
    }
}

/// The services of a round, in the order of the side bar.
fn services(auto: &Auto) -> Vec<Service> {
    let named: Vec<&str> = auto
        .services
        .split(',')
        .map(str::trim)
        .filter(|name| !name.is_empty())
        .collect();
    Service::ALL
        .into_iter()
        .filter(|service| named.is_empty() || named.contains(&service.spec().wire))
        .collect()
}

fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

fn status(result: Result<String, String>) -> Status {
    match result {
        Ok(text) => Status::Good(text),
        Err(why) => Status::Bad(why),
    }
}

/// Under which name the forms' values are kept.
const HABITS: &str = "habits";

impl App {
    /// The forms as they were when the window was closed.
    pub fn resume(&mut self, storage: &dyn eframe::Storage) {
        let kept = storage
            .get_string(HABITS)
            .and_then(|text| serde_json::from_str(&text).ok());
        self.model.resume(kept.unwrap_or_default());
    }
}

impl eframe::App for App {
    fn save(&mut self, storage: &mut dyn eframe::Storage) {
        if let Ok(text) = serde_json::to_string(&self.model.habits()) {
            storage.set_string(HABITS, text);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.take_updates(&ctx);
        self.watch_hands(&ctx);
        self.take_dropped(&ctx);
        self.run_auto(&ctx);
        let actions = draw(ui, &mut self.model);
        for action in actions {
            self.act(&ctx, action);
        }
        self.reorder(&ctx);
        self.entitle(&ctx);
        self.say_first_frame();
        if !self.model.lock.is_locked {
            self.toasts.show(&ctx);
        }
    }
}

impl Drop for App {
    /// The window is closed: no new payment is armed, the one at hand is finished, the browser is
    /// closed.
    fn drop(&mut self) {
        self.control.stop();
        self.worker.join();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours_may_lie_over_midnight() {
        let auto = |from, to| Auto {
            quiet_from: from,
            quiet_to: to,
            ..Auto::default()
        };
        assert!(
            is_quiet(&auto(22, 6), 23) && is_quiet(&auto(22, 6), 5) && !is_quiet(&auto(22, 6), 6)
        );
        assert!(is_quiet(&auto(12, 13), 12) && !is_quiet(&auto(12, 13), 13));
        assert!(!is_quiet(&auto(0, 0), 0), "no hour at all");
    }

    #[test]
    fn a_round_goes_through_the_named_services_in_their_order() {
        let named = Auto {
            services: "thanh_toan_tv_internet, gach_dien_evn".into(),
            ..Auto::default()
        };
        assert_eq!(services(&named), [Service::PayEvn, Service::PayTvInternet]);
        assert_eq!(services(&Auto::default()).len(), Service::ALL.len());
    }
}
