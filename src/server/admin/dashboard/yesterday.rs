//! Today beside yesterday: in all up to this time of the day, by service, by machine, by hour.

use std::collections::BTreeMap;

use super::trend::{bar_of, day_of};
use crate::domain::calendar::{DAY_MS, HOUR_MS, day_start};
use crate::server::web::words::{count, money, money_if_any};
use crate::store::jobs::PaidHour;

/// Machines that are shown, those with the most money.
const MACHINES_MAX: usize = 30;

/// What was paid today, and yesterday until this time of the day.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Pair {
    pub count: i64,
    pub today: i64,
    pub yesterday: i64,
}

/// A machine's day.
pub(super) struct MachineDay {
    pub name: String,
    pub operator: String,
    pub url: Option<String>,
    pub count: String,
    pub today: String,
    pub yesterday: String,
}

/// An hour on a field of 720 × 120: today's bar before yesterday's.
pub(super) struct HourBars {
    pub x: f64,
    pub today: (f64, f64),
    pub yesterday: (f64, f64),
    pub title: String,
}

/// Today beside yesterday.
pub(super) struct BesideYesterday<'h> {
    hours: &'h [PaidHour],
    today_ms: i64,
}

impl<'h> BesideYesterday<'h> {
    pub(super) const fn of(hours: &'h [PaidHour], today_ms: i64) -> Self {
        Self { hours, today_ms }
    }

    fn pair(&self, is_wanted: impl Fn(&PaidHour) -> bool) -> Pair {
        let mut pair = Pair::default();
        for hour in self.hours.iter().filter(|hour| is_wanted(hour)) {
            self.add(&mut pair, hour);
        }
        pair
    }

    fn add(&self, pair: &mut Pair, hour: &PaidHour) {
        if day_start(hour.hour_ms) == self.today_ms {
            pair.count += hour.count;
            pair.today += hour.paid;
        } else if hour.is_by_now {
            pair.yesterday += hour.paid;
        }
    }

    /// In one sentence: `hôm qua lúc này 900.000 đ, hơn 33 %`. Nothing where there is nothing to compare with.
    pub(super) fn sentence(&self) -> Option<String> {
        let Pair {
            today, yesterday, ..
        } = self.pair(|_| true);
        if yesterday == 0 {
            return None;
        }
        let share = (i128::from(today) - i128::from(yesterday)) * 100 / i128::from(yesterday);
        let words = match share {
            1.. => format!("nay hơn {share} %"),
            ..=-1 => format!("nay kém {} %", -share),
            0 => "nay bằng".to_owned(),
        };
        Some(format!("hôm qua lúc này {}, {words}", money(yesterday)))
    }

    /// What was paid of a service yesterday until this time.
    pub(super) fn yesterday_of(&self, service: &str) -> i64 {
        self.pair(|hour| hour.service == service).yesterday
    }

    /// The machines of both days, those first that paid most today.
    pub(super) fn machines(&self) -> Vec<MachineDay> {
        let mut by_machine: BTreeMap<Option<i64>, (&PaidHour, Pair)> = BTreeMap::new();
        for hour in self.hours {
            let entry = by_machine.entry(hour.machine);
            let (_, pair) = entry.or_insert_with(|| (hour, Pair::default()));
            self.add(pair, hour);
        }
        let mut machines: Vec<_> = by_machine
            .into_values()
            .filter(|(_, pair)| pair.today + pair.yesterday > 0)
            .collect();
        machines.sort_by_key(|(_, pair)| std::cmp::Reverse((pair.today, pair.yesterday)));
        machines.truncate(MACHINES_MAX);
        let day = day_of(self.today_ms, "%d/%m/%Y");
        machines
            .into_iter()
            .map(|(hour, pair)| MachineDay {
                name: match hour.machine {
                    None => "Người kết luận".to_owned(),
                    Some(_) => hour.name.clone(),
                },
                operator: hour.operator.clone().unwrap_or_default(),
                url: hour.machine.map(|machine| format!("/admin/t/jobs?f.machine_id.is={machine}&f.outcome.is=paid&f.ended_at.from={day}&sort=ended_at&desc=1")),
                count: if pair.count == 0 { String::new() } else { count(pair.count) },
                today: money_if_any(pair.today),
                yesterday: money_if_any(pair.yesterday),
            })
            .collect()
    }

    /// Each hour of the day; nothing where nothing was paid on either.
    pub(super) fn bars(&self) -> Vec<HourBars> {
        let mut sums = [[(0_i64, 0_i64); 24]; 2];
        for hour in self.hours {
            let since = hour.hour_ms - (self.today_ms - DAY_MS);
            let day = usize::from(since >= DAY_MS);
            let at = usize::try_from(since % DAY_MS / HOUR_MS).unwrap_or(0);
            if let Some(sum) = sums[day].get_mut(at) {
                *sum = (sum.0 + hour.count, sum.1 + hour.paid);
            }
        }
        let most = sums.iter().flatten().map(|sum| sum.1).max().unwrap_or(0);
        if most == 0 {
            return Vec::new();
        }
        let [yesterday, today] = sums;
        (0_u8..24)
            .zip(today.into_iter().zip(yesterday))
            .map(|(at, (today, yesterday))| HourBars {
                x: f64::from(at) * 30.0,
                today: bar_of(today.1, most),
                yesterday: bar_of(yesterday.1, most),
                title: format!(
                    "{at:02}–{:02} giờ: hôm nay {} ({} lần), hôm qua {} ({} lần)",
                    at + 1,
                    money(today.1),
                    count(today.0),
                    money(yesterday.1),
                    count(yesterday.0)
                ),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Midnight in Viet Nam at the beginning of a day.
    const TODAY: i64 = 1_795_021_200_000;

    fn paid(machine: Option<i64>, hour_ms: i64, is_by_now: bool, amount: i64) -> PaidHour {
        PaidHour {
            service: "gach_dien_evn".to_owned(),
            machine,
            name: "quầy 1".to_owned(),
            operator: Some("Lan".to_owned()),
            hour_ms,
            is_by_now,
            count: 1,
            paid: amount,
        }
    }

    #[test]
    fn today_is_compared_with_yesterday_until_this_time() {
        assert_eq!(day_start(TODAY), TODAY);
        let nine = 9 * HOUR_MS;
        let hours = [
            paid(Some(1), TODAY + nine, true, 300_000),
            paid(Some(2), TODAY - DAY_MS + nine, true, 200_000),
            paid(Some(2), TODAY - DAY_MS + 2 * nine, false, 5_000_000),
        ];
        let compared = BesideYesterday::of(&hours, TODAY);
        let said = compared.sentence().expect("there was a yesterday");
        assert_eq!(said, "hôm qua lúc này 200.000 đ, nay hơn 50 %");
        assert_eq!(compared.yesterday_of("gach_dien_evn"), 200_000);
        assert_eq!(compared.yesterday_of("nap_tien_viettel"), 0);
        let machines = compared.machines();
        let shown: Vec<_> = machines
            .iter()
            .map(|m| (m.today.as_str(), m.yesterday.as_str()))
            .collect();
        assert_eq!(shown, [("300.000 đ", ""), ("", "200.000 đ")]);
        // The hours show all of yesterday: what is still to come.
        let bars = compared.bars();
        assert_eq!(bars.len(), 24);
        assert!(bars[18].yesterday.1 > bars[9].today.1 && bars[9].today.1 > bars[9].yesterday.1);
        assert!(
            bars[9].title.starts_with("09–10 giờ: hôm nay 300.000 đ"),
            "{}",
            bars[9].title
        );
    }

    #[test]
    fn a_first_day_is_compared_with_nothing() {
        let hours = [paid(None, TODAY, true, 300_000)];
        let compared = BesideYesterday::of(&hours, TODAY);
        assert_eq!(compared.sentence(), None);
        assert_eq!(compared.machines()[0].name, "Người kết luận");
        assert!(BesideYesterday::of(&[], TODAY).bars().is_empty());
    }
}
