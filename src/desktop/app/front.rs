//! Who is in front: the window stays there while browsers open behind it, and lets one come only where a
//! person has to do something in it.

use egui::{Context, ViewportCommand};

use super::DesktopApp;
use crate::desktop::model::Busy;
use crate::engine::Progress;

/// Is the window to stay in front?
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Front {
    /// Whatever the person at it likes.
    #[default]
    Free,
    /// It was in front when the work began, and the first browser has yet to open.
    Opening,
    /// It was in front when the work began; further browsers may open.
    Working,
}

impl Front {
    /// What an event makes of it, and whether the window comes back to the front.
    fn after(self, event: &Progress) -> (Self, bool) {
        match (self, event) {
            (Self::Free, _) => (Self::Free, false),
            // Whoever is wanted in the browser finds it in front, and is brought back afterwards.
            (_, Progress::NeedsPerson { .. }) => (Self::Working, false),
            (_, Progress::LoggedIn { .. } | Progress::PersonDone) => (Self::Working, true),
            (front, _) => (front, false),
        }
    }
}

impl DesktopApp {
    /// Work begins on the portal. One who is somewhere else by now is left alone.
    pub(super) fn begin_in_front(&mut self, ctx: &Context) {
        let is_focused = ctx.input(|input| input.viewport().focused) == Some(true);
        self.front = if is_focused {
            Front::Opening
        } else {
            Front::Free
        };
    }

    /// A browser that has just opened lies over the window: back to the front.
    pub(super) fn stay_in_front(&mut self, ctx: &Context) {
        if self.model.busy == Busy::Nobody {
            self.front = Front::Free;
        }
        let is_behind = ctx.input(|input| input.viewport().focused) == Some(false);
        if self.front == Front::Opening && is_behind && self.model.needs_person.is_none() {
            self.front = Front::Working;
            ctx.send_viewport_cmd(ViewportCommand::Focus);
        }
    }

    /// An event of the work.
    pub(super) fn front_after(&mut self, ctx: &Context, event: &Progress) {
        let (front, comes_back) = self.front.after(event);
        self.front = front;
        if comes_back {
            ctx.send_viewport_cmd(ViewportCommand::Focus);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Errand;

    #[test]
    fn it_comes_back_when_a_browser_has_opened_and_not_while_somebody_is_wanted_there() {
        let logged_in = Progress::LoggedIn {
            login: 0,
            agent: String::new(),
            balance: None,
        };
        let wanted = Progress::NeedsPerson {
            login: 0,
            errand: Errand::Otp,
            what: String::new(),
            until_ms: 0,
        };
        assert_eq!(Front::Opening.after(&logged_in), (Front::Working, true));
        assert_eq!(Front::Opening.after(&wanted), (Front::Working, false));
        assert_eq!(
            Front::Working.after(&Progress::PersonDone),
            (Front::Working, true)
        );
        assert_eq!(Front::Free.after(&logged_in), (Front::Free, false));
    }
}
