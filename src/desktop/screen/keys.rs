//! Everything by keyboard.

use egui::{Key, KeyboardShortcut, Modifiers, Ui};

use crate::desktop::model::{Model, Phase, Place, UserAction};
use crate::desktop::words::Words;
use crate::domain::Service;

const CTRL: Modifiers = Modifiers::COMMAND;
const FETCH: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::F5);
const START: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::F9);
const PAUSE: KeyboardShortcut = KeyboardShortcut::new(CTRL, Key::P);
const STOP: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::F8);
const EXPORT: KeyboardShortcut = KeyboardShortcut::new(CTRL, Key::E);
const OPEN: KeyboardShortcut = KeyboardShortcut::new(CTRL, Key::O);
const FIND: KeyboardShortcut = KeyboardShortcut::new(CTRL, Key::F);
const HISTORY: KeyboardShortcut = KeyboardShortcut::new(CTRL, Key::H);
const SETTINGS: KeyboardShortcut = KeyboardShortcut::new(CTRL, Key::Comma);
const LOCK: KeyboardShortcut = KeyboardShortcut::new(CTRL, Key::L);
const SERVICES: [Key; Service::ALL.len()] = [
    Key::Num1,
    Key::Num2,
    Key::Num3,
    Key::Num4,
    Key::Num5,
    Key::Num6,
];

/// Every shortcut with what it does.
pub fn shortcuts(words: &Words) -> Vec<(&'static str, String)> {
    vec![
        ("F1", words.help.to_owned()),
        ("F5", words.fetch.to_owned()),
        ("Ctrl+O", words.open_file.to_owned()),
        ("F9", words.start.to_owned()),
        ("Ctrl+P", format!("{} / {}", words.pause, words.resume)),
        ("F8", words.stop.to_owned()),
        ("Ctrl+E", words.export.to_owned()),
        ("Ctrl+F", words.find.to_owned()),
        ("Ctrl+H", words.history.to_owned()),
        ("Ctrl+,", words.settings.to_owned()),
        ("Ctrl+L", words.lock.to_owned()),
        ("Ctrl+1 … 6", words.services.to_owned()),
    ]
}

/// What was asked for by keys. Only what could be clicked too.
pub fn pressed(ui: &mut Ui, model: &Model, actions: &mut Vec<UserAction>) {
    let is_pressed =
        |shortcut: KeyboardShortcut| ui.input_mut(|input| input.consume_shortcut(&shortcut));
    for (key, service) in SERVICES.into_iter().zip(Service::ALL) {
        if is_pressed(KeyboardShortcut::new(CTRL, key)) {
            actions.push(UserAction::Go(Place::Service(service)));
        }
    }
    for (shortcut, place) in [
        (FIND, Place::Find),
        (HISTORY, Place::History),
        (SETTINGS, Place::Settings),
    ] {
        if is_pressed(shortcut) {
            actions.push(UserAction::Go(place));
        }
    }
    if is_pressed(LOCK) && !model.is_demo {
        actions.push(UserAction::Lock);
    }
    let Place::Service(_) = model.place else {
        return;
    };
    let phase = model.tab().phase;
    let can_take = model.ahead().can_take();
    if is_pressed(FETCH) && can_take {
        actions.push(UserAction::Fetch);
    }
    if is_pressed(OPEN) && can_take {
        actions.push(UserAction::PickFile);
    }
    if is_pressed(START) && model.ahead().can_start() {
        actions.push(UserAction::Start { dry_run: false });
    }
    if is_pressed(PAUSE) {
        match phase {
            Phase::Running => actions.push(UserAction::Pause),
            Phase::Paused => actions.push(UserAction::Resume),
            Phase::Editing | Phase::Stopping | Phase::Over => {}
        }
    }
    if is_pressed(STOP) && matches!(phase, Phase::Running | Phase::Paused) {
        actions.push(UserAction::Stop);
    }
    if is_pressed(EXPORT) && model.ahead().can_export() {
        actions.push(UserAction::Export);
    }
}
