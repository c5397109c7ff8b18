//! What the window tells, and how long it stands in the lower line.

use std::time::Duration;

use super::Model;
use super::state::Notice;
use crate::desktop::style::Tone;
use crate::desktop::words::told;

impl Model {
    /// Tells something: for a while in the lower line, and for good in the list of what was told.
    pub fn tell(&mut self, tone: Tone, text: impl Into<String>) {
        let told = told(&text.into(), self.language);
        let notice = Notice {
            tone,
            text: told.sentence,
            cause: told.cause,
            at_ms: self.now_ms,
        };
        self.told.push(notice.clone());
        self.shown = Some(notice);
    }

    /// How long the lower line still says what was told last.
    pub fn told_for(&self) -> Option<Duration> {
        let shown = self.shown.as_ref()?;
        let stands_ms = match shown.tone {
            Tone::Bad | Tone::Doubt => 30_000,
            Tone::Quiet | Tone::Busy | Tone::Good => 8_000,
        };
        let left = shown.at_ms + stands_ms - self.now_ms;
        u64::try_from(left)
            .ok()
            .filter(|left| *left > 0)
            .map(Duration::from_millis)
    }

    /// Takes out of the lower line what has stood there long enough.
    pub fn forget_told(&mut self) {
        if self.told_for().is_none() {
            self.shown = None;
        }
    }
}
