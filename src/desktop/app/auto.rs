//! Auto mode: service by service on a schedule, by the same steps as by hand.

use std::time::Duration;

use egui::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::App;
use crate::config::Auto;
use crate::desktop::model::{Busy, Place, Setup};
use crate::domain::{ListChoice, Service};

impl App {
    pub(super) fn switch_auto(&mut self, is_on: bool) {
        self.model.auto.queue.clear();
        self.model.auto.is_on = is_on;
        self.model.auto.next_ms = self.model.now_ms;
    }

    /// Begins a round when its time has come.
    pub(super) fn run_auto(&mut self, ctx: &Context) {
        if !self.model.auto.is_on
            || self.model.setup != Setup::Ready
            || self.model.busy != Busy::Nobody
            || self.model.fetching.is_some()
        {
            return;
        }
        let now = self.model.now_ms;
        if self.model.auto.queue.is_empty() {
            if now < self.model.auto.next_ms {
                let wait = u64::try_from(self.model.auto.next_ms - now).unwrap_or_default();
                return ctx.request_repaint_after(Duration::from_millis(wait));
            }
            self.model.auto.next_ms = now + i64::from(self.auto.every_min.max(1)) * 60_000;
            let hour = hour_of(now);
            if is_quiet(&self.auto, hour) {
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
    pub(super) fn auto_fetched(&mut self, service: Service, is_empty: bool) {
        if !self.model.auto.is_on || self.model.auto.queue.first() != Some(&service) {
            return;
        }
        if !is_empty && self.model.can_start() {
            self.start(service, false, ListChoice::Unsaid);
        } else {
            self.model.auto.queue.remove(0);
        }
    }

    /// Its batch is over: the report, and the next one. A batch that stopped by itself ends the
    /// round.
    pub(super) fn auto_ended(&mut self, service: Option<Service>) {
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

/// The local hour of a moment, in milliseconds since 1970.
fn hour_of(at_ms: i64) -> u32 {
    Timestamp::from_millisecond(at_ms)
        .ok()
        .and_then(|at| u32::try_from(at.to_zoned(TimeZone::system()).hour()).ok())
        .unwrap_or_default()
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
