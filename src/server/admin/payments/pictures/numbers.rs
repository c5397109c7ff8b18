//! What the pictures show, counted from rows.

use std::collections::BTreeMap;

use crate::domain::calendar::DAY_MS;
use crate::domain::payment::{PaymentState, Provider};
use crate::store::payments::{Came, Made};

/// Ways to pay, each with its own place in a picture.
pub(super) const PROVIDERS: usize = Provider::ALL.len();

/// Numbers of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct DayNumbers {
    /// By provider, in the order of [`Provider::ALL`].
    pub(super) came: [i64; PROVIDERS],
    pub(super) back: i64,
    pub(super) paid: i64,
    pub(super) ended: i64,
}

impl DayNumbers {
    pub(super) fn sum(&self) -> i64 {
        self.came.iter().sum()
    }
}

/// Numbers of one provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct ProviderNumbers {
    pub(super) made: i64,
    pub(super) paid: i64,
    pub(super) ended: i64,
    pub(super) came: i64,
}

/// `37%`; nothing ended, no rate.
pub(super) fn rate(paid: i64, ended: i64) -> String {
    if ended == 0 {
        "—".to_owned()
    } else {
        format!("{}%", (paid * 100 + ended / 2) / ended)
    }
}

/// `3 phút 20 giây`
pub(super) fn span(ms: Option<i64>) -> String {
    let Some(seconds) = ms.map(|ms| ms / 1_000) else {
        return "—".to_owned();
    };
    match seconds {
        ..60 => format!("{seconds} giây"),
        60..3_600 => format!("{} phút {} giây", seconds / 60, seconds % 60),
        3_600..86_400 => format!("{} giờ {} phút", seconds / 3_600, seconds % 3_600 / 60),
        _ => format!("{} ngày", seconds / 86_400),
    }
}

/// `1,2 tr` beside a plot.
pub(super) fn short(dong: i64) -> String {
    let tenths = |unit: i64, name: &str| {
        let tenths = dong * 10 / unit;
        if tenths % 10 == 0 {
            format!("{} {name}", tenths / 10)
        } else {
            format!("{},{} {name}", tenths / 10, tenths % 10)
        }
    };
    match dong {
        1_000_000_000.. => tenths(1_000_000_000, "tỷ"),
        1_000_000.. => tenths(1_000_000, "tr"),
        1_000.. => tenths(1_000, "k"),
        _ => dong.to_string(),
    }
}

fn of_provider(wire: &str) -> Option<usize> {
    Provider::ALL.iter().position(|one| one.wire() == wire)
}

/// (Was it paid, has it come to an end?)
fn ended(state: &str) -> (bool, bool) {
    let state = PaymentState::of(state);
    let is_paid = matches!(state, Some(PaymentState::Paid | PaymentState::Refunded));
    (is_paid, state.is_some_and(|state| !state.is_open()))
}

/// The days from `first_ms`, with nothing where nothing was.
pub(super) fn by_day(
    first_ms: i64,
    days: i64,
    made: &[Made],
    came: &[Came],
) -> Vec<(i64, DayNumbers)> {
    let all = (0..days).map(|day| (first_ms + day * DAY_MS, DayNumbers::default()));
    let mut all: BTreeMap<i64, DayNumbers> = all.collect();
    for one in made {
        if let Some(day) = all.get_mut(&one.day_ms) {
            let (is_paid, is_ended) = ended(&one.state);
            day.paid += if is_paid { one.count } else { 0 };
            day.ended += if is_ended { one.count } else { 0 };
        }
    }
    for one in came {
        if let (Some(day), Some(place)) = (all.get_mut(&one.day_ms), of_provider(&one.provider)) {
            day.came[place] += one.came;
            day.back += one.back;
        }
    }
    all.into_iter().collect()
}

pub(super) fn by_provider(made: &[Made], came: &[Came]) -> [ProviderNumbers; PROVIDERS] {
    let mut all = [ProviderNumbers::default(); PROVIDERS];
    for one in made {
        if let Some(place) = of_provider(&one.provider) {
            let (is_paid, is_ended) = ended(&one.state);
            all[place].made += one.count;
            all[place].paid += if is_paid { one.count } else { 0 };
            all[place].ended += if is_ended { one.count } else { 0 };
        }
    }
    for one in came {
        if let Some(place) = of_provider(&one.provider) {
            all[place].came += one.came;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_without_anything_are_days_too() {
        let made = |day_ms, state: &str, count| Made {
            day_ms,
            provider: "payos".to_owned(),
            state: state.to_owned(),
            count,
        };
        let came = Came {
            day_ms: DAY_MS,
            provider: "vnpay".to_owned(),
            owner_id: 1,
            came: 500,
            back: 100,
        };
        let all = [
            made(0, "paid", 3),
            made(0, "expired", 1),
            made(0, "pending", 9),
            made(2 * DAY_MS, "failed", 1),
        ];
        let days = by_day(0, 3, &all, std::slice::from_ref(&came));
        let rates: Vec<_> = days.iter().map(|(_, d)| rate(d.paid, d.ended)).collect();
        assert_eq!(rates, ["75%", "—", "0%"]);
        assert_eq!((days[1].1.sum(), days[1].1.back), (500, 100));
        let providers = by_provider(&all, &[came]);
        assert_eq!(
            (providers[0].made, providers[0].paid, providers[1].came),
            (14, 3, 500)
        );
    }

    #[test]
    fn numbers_beside_a_plot_are_short() {
        let shown = [0, 950, 350_000, 1_250_000, 2_000_000_000].map(short);
        assert_eq!(shown, ["0", "950", "350 k", "1,2 tr", "2 tỷ"]);
        let spans = [None, Some(42_000), Some(200_000), Some(3_700_000)].map(span);
        assert_eq!(spans, ["—", "42 giây", "3 phút 20 giây", "1 giờ 1 phút"]);
    }
}
