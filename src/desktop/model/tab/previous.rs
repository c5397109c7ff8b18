//! The list that stood in the form before another one took its place: a slip is taken back.

use secrecy::SecretString;

use super::{Phase, ServiceTab, Taken};
use crate::domain::Service;

/// A list with what it came with. Claims of a server are no part of it: they went back there.
#[derive(Debug)]
pub(super) struct Previous {
    text: String,
    receiver: String,
    list_pin: Option<SecretString>,
    is_sample: bool,
    taken: Option<Taken>,
}

impl ServiceTab {
    /// Another list is about to take the place of this one.
    pub(super) fn keep_previous(&mut self) {
        if self.phase == Phase::Editing && !self.list.jobs.is_empty() && !self.has_tickets() {
            self.previous = Some(Previous {
                text: std::mem::take(&mut self.text),
                receiver: self.receiver.clone(),
                list_pin: self.list_pin.take(),
                is_sample: self.is_sample,
                taken: self.taken.take(),
            });
        }
    }

    /// Is there a list that can be brought back?
    pub fn has_previous(&self) -> bool {
        self.previous.is_some() && self.phase == Phase::Editing && !self.has_tickets()
    }

    /// Brings it back; the one that stands there can be brought back in turn.
    pub fn bring_back(&mut self, service: Service) {
        let Some(previous) = self.previous.take() else {
            return;
        };
        self.keep_previous();
        self.text = previous.text;
        self.receiver = previous.receiver;
        self.list_pin = previous.list_pin;
        self.is_sample = previous.is_sample;
        self.taken = previous.taken;
        self.recheck(service);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Defaults;
    use crate::domain::{Intake, JobList};

    #[test]
    fn a_list_that_was_replaced_comes_back_and_goes_again() {
        let service = Service::PayEvn;
        let mut tab = ServiceTab {
            text: "PE0001\nPE0002".to_owned(),
            ..ServiceTab::default()
        };
        tab.edited(service);
        assert!(!tab.has_previous());
        let list = JobList::from_lines(service, Defaults::default(), "PE0009");
        let fetched = Intake {
            list,
            ..Intake::default()
        };
        tab.take(service, fetched);
        assert!(tab.has_previous());
        tab.bring_back(service);
        assert_eq!(
            (tab.text.as_str(), tab.list.jobs.len()),
            ("PE0001\nPE0002", 2)
        );
        tab.bring_back(service);
        assert_eq!(tab.text, "PE0009");
    }
}
