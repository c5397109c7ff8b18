//! Auto mode: service by service on a schedule, by the same steps as by hand.

use std::time::Duration;

use egui::Context;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::DesktopApp;
use crate::config::AutoConfig;
use crate::desktop::model::{Busy, Place, Setup};
use crate::domain::calendar::HOUR_MS;
use crate::domain::{ListChoice, Service};

impl DesktopApp {
    pub(super) fn switch_auto(&mut self, is_on: bool) {
        self.model.auto.queue.clear();
        (self.model.auto.is_on, self.model.auto.is_asked) = (is_on, false);
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
            if let Some(end_ms) = quiet_until(&self.auto, now) {
                self.model.auto.next_ms = end_ms;
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
        if !is_empty && self.model.ahead().can_start() {
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

/// When the quiet hours end in which this moment lies; `None`: it lies in none.
fn quiet_until(auto: &AutoConfig, now_ms: i64) -> Option<i64> {
    let hour = hour_of(now_ms);
    let begin_of_hour = now_ms - now_ms.rem_euclid(HOUR_MS);
    let hours = (0..24).find(|hours| !is_quiet(auto, (hour + hours) % 24))?;
    (hours > 0).then(|| begin_of_hour + i64::from(hours) * HOUR_MS)
}

/// Is this hour one in which no round begins?
fn is_quiet(auto: &AutoConfig, hour: u32) -> bool {
    let (from, to) = (auto.quiet_from % 24, auto.quiet_to % 24);
    if from <= to {
        (from..to).contains(&hour)
    } else {
        hour >= from || hour < to
    }
}

/// The services of a round, in the order of the side bar.
fn services(auto: &AutoConfig) -> Vec<Service> {
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
        let auto = |from, to| AutoConfig {
            quiet_from: from,
            quiet_to: to,
            ..AutoConfig::default()
        };
        assert!(
            is_quiet(&auto(22, 6), 23) && is_quiet(&auto(22, 6), 5) && !is_quiet(&auto(22, 6), 6)
        );
        assert!(is_quiet(&auto(12, 13), 12) && !is_quiet(&auto(12, 13), 13));
        assert!(!is_quiet(&auto(0, 0), 0), "no hour at all");
    }

    #[test]
    fn the_next_round_is_told_for_the_end_of_the_quiet_hours() {
        let now = 1_795_659_345_564;
        let hour = hour_of(now);
        let quiet = AutoConfig {
            quiet_from: hour,
            quiet_to: (hour + 3) % 24,
            ..AutoConfig::default()
        };
        let end = quiet_until(&quiet, now).expect("quiet now");
        assert!(end > now + 2 * 3_600_000 && end <= now + 3 * 3_600_000);
        assert_eq!(hour_of(end), (hour + 3) % 24);
        let none = AutoConfig {
            quiet_from: 0,
            quiet_to: 0,
            ..AutoConfig::default()
        };
        assert_eq!(quiet_until(&none, now), None);
    }

    #[test]
    fn a_round_goes_through_the_named_services_in_their_order() {
        let named = AutoConfig {
            services: "thanh_toan_tv_internet, gach_dien_evn".into(),
            ..AutoConfig::default()
        };
        assert_eq!(services(&named), [Service::PayEvn, Service::PayTvInternet]);
        assert_eq!(services(&AutoConfig::default()).len(), Service::ALL.len());
    }
}
