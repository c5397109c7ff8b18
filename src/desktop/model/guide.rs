//! Which page of the guide helps where one is.

use super::{Model, Phase, Place, Setup};
use crate::guide;

impl Model {
    /// Opens the page of where one is, or closes the guide.
    pub fn toggle_guide(&mut self) {
        self.guide = match self.guide {
            Some(_) => None,
            None => guide::page_at(&self.guide_place()),
        };
    }

    /// Where one is, as the guide's list of pages calls it.
    fn guide_place(&self) -> String {
        let here = match (&self.setup, self.place) {
            _ if self.lock.is_locked => "locked",
            (Setup::First, _) => "first_setup",
            (Setup::Locked(_), _) => "locked",
            (_, Place::Service(service)) => match self.tab().phase {
                Phase::Editing => service.spec().wire,
                Phase::Running | Phase::Paused | Phase::Stopping | Phase::Over => "batch",
            },
            (_, Place::Find) => "find",
            (_, Place::History) => "history",
            (_, Place::Settings) => "settings",
            (_, Place::Notices) => "notices",
        };
        format!("window/{here}")
    }
}
