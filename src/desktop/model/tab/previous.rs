//! The lists that stood in the form before others took their place: a slip is taken back.

use secrecy::SecretString;

use super::{Phase, ServiceTab, TakenList};
use crate::domain::Service;

/// So many lists are kept.
const KEPT: usize = 10;

/// A list with what it came with. Claims of a server are no part of it: they went back there.
#[derive(Debug)]
pub(super) struct Previous {
    count: usize,
    first: String,
    text: String,
    receiver: String,
    list_pin: Option<SecretString>,
    is_sample: bool,
    taken: Option<TakenList>,
}

impl ServiceTab {
    /// Another list is about to take the place of this one.
    pub(super) fn keep_previous(&mut self) {
        if self.phase == Phase::Editing && !self.list.jobs.is_empty() && !self.has_tickets() {
            self.previous.push_front(Previous {
                count: self.list.jobs.len(),
                first: self
                    .list
                    .jobs
                    .first()
                    .map(|job| job.account.to_string())
                    .unwrap_or_default(),
                text: std::mem::take(&mut self.text),
                receiver: self.receiver.clone(),
                list_pin: self.list_pin.take(),
                is_sample: self.is_sample,
                taken: self.taken.take(),
            });
            self.previous.truncate(KEPT);
        }
    }

    /// Is there a list that can be brought back?
    pub fn has_previous(&self) -> bool {
        !self.previous.is_empty() && self.phase == Phase::Editing && !self.has_tickets()
    }

    /// The lists that can be brought back, the newest first: how many rows, and the first of them.
    pub fn earlier(&self) -> impl Iterator<Item = (usize, &str)> {
        self.previous
            .iter()
            .map(|one| (one.count, one.first.as_str()))
    }

    /// Brings the one at this place back; the one that stands there can be brought back in turn.
    pub fn bring_back(&mut self, service: Service, place: usize) {
        let Some(previous) = self.previous.remove(place) else {
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
        tab.bring_back(service, 0);
        assert_eq!(
            (tab.text.as_str(), tab.list.jobs.len()),
            ("PE0001\nPE0002", 2)
        );
        tab.bring_back(service, 0);
        assert_eq!(tab.text, "PE0009");
        for number in 0..15 {
            let list =
                JobList::from_lines(service, Defaults::default(), &format!("PE1{number:03}"));
            tab.take(
                service,
                Intake {
                    list,
                    ..Intake::default()
                },
            );
        }
        let earlier: Vec<String> = tab.earlier().map(|(_, first)| first.to_owned()).collect();
        assert_eq!(earlier.len(), KEPT);
        assert_eq!(earlier[0], "PE1013");
        tab.bring_back(service, 2);
        assert_eq!(tab.text, "PE1011");
    }
}
