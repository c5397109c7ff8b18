//! What lies ahead: what may be begun, what is missing before that, and how long it will take.

use super::{Busy, Model, Phase, Setup};

/// What lies ahead ([`Model::ahead`]).
pub struct Ahead<'m> {
    model: &'m Model,
}

impl Model {
    /// What may be begun, and what it comes to.
    pub const fn ahead(&self) -> Ahead<'_> {
        Ahead { model: self }
    }
}

impl Ahead<'_> {
    /// May *Bắt đầu* be pressed?
    pub fn can_start(&self) -> bool {
        let tab = self.model.tab();
        self.model.setup == Setup::Ready
            && self.model.busy == Busy::Nobody
            && !tab.list.jobs.is_empty()
            && self.missing().is_none()
    }

    /// Is *Bắt đầu* about to begin something whose extent is to be read first? So it is with a list
    /// that is being made, and with one whose dry run is over.
    pub fn is_shown(&self) -> bool {
        let tab = self.model.tab();
        (tab.phase == Phase::Editing || tab.sums().rehearsed().is_some())
            && !tab.list.jobs.is_empty()
            && self.missing().is_none()
    }

    /// Minutes that the list will take, by the newest batch of its service; at least one.
    pub fn minutes(&self) -> Option<u64> {
        let each = self.model.known.get(&self.model.service())?.ms_a_job?;
        let jobs = u64::try_from(self.model.tab().list.jobs.len()).unwrap_or(u64::MAX);
        Some(each.saturating_mul(jobs).div_ceil(60_000).max(1))
    }

    /// May another list be taken?
    pub fn can_take(&self) -> bool {
        self.model.setup == Setup::Ready
            && self.model.fetching.is_none()
            && self.model.running() != Some(self.model.service())
    }

    /// May *Đối soát* be pressed?
    pub fn can_reconcile(&self) -> bool {
        self.model.setup == Setup::Ready
            && self.model.busy == Busy::Nobody
            && !self.model.doubts.is_empty()
    }

    /// What is still missing before the batch can start, in words.
    pub fn missing(&self) -> Option<&'static str> {
        let (tab, words) = (self.model.tab(), self.model.words());
        let needs_pin = self.model.service().is_payment()
            && !self.model.has_pin
            && tab.list_pin.is_none()
            && self.model.pin.is_empty();
        if needs_pin {
            Some(words.need_pin)
        } else {
            tab.missing(words)
        }
    }

    /// May *Xuất Excel* be pressed?
    pub fn can_export(&self) -> bool {
        let tab = self.model.tab();
        tab.batch.is_some() && tab.phase == Phase::Over && !tab.is_exporting
    }
}
