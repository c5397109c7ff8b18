//! Pictures of customers' payments: how many are paid, how fast, how much, by whom. Every picture has a
//! table of the same numbers.

mod plot;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::domain::calendar::{DAY_MS, day_start};
use crate::domain::payment::{PaymentState, Provider};
use crate::server::AppState;
use crate::server::web::extract::QueryParams;
use crate::server::web::frame::Frame;
use crate::server::web::page::page;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{count, local, money};
use crate::store::payments::{Came, Made, STEPS_MIN, Took};
use plot::{Bars, KINDS, PlotFault};

/// Days that one can look at.
const DAYS: [i64; 3] = [7, 30, 90];
/// Payees that a picture tells apart; the table has all.
const PAYEES_MAX: usize = 8;

/// Which days.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(default)]
    days: Option<i64>,
}

/// Numbers of one day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct DayNumbers {
    /// By provider, in the order of [`Provider::ALL`].
    came: [i64; 4],
    back: i64,
    paid: i64,
    ended: i64,
}

impl DayNumbers {
    fn sum(&self) -> i64 {
        self.came.iter().sum()
    }
}

/// Numbers of one provider.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct ProviderNumbers {
    made: i64,
    paid: i64,
    ended: i64,
    came: i64,
}

struct DayRow {
    day: String,
    came: Vec<String>,
    sum: String,
    back: String,
    paid: String,
    rate: String,
}

struct ProviderRow {
    name: &'static str,
    class: String,
    made: String,
    paid: String,
    rate: String,
    came: String,
}

#[derive(Template)]
#[template(path = "payments_pictures.html")]
struct Pictures {
    frame: Frame,
    sizes: Vec<(i64, bool)>,
    heads: Vec<&'static str>,
    rate: String,
    sum: String,
    median: String,
    p90: String,
    money_plot: String,
    rate_plot: String,
    took_plot: String,
    payee_plot: String,
    providers: Vec<ProviderRow>,
    days: Vec<DayRow>,
    steps: Vec<(String, String)>,
    payees: Vec<(String, String)>,
}

/// `37%`; nothing ended, no rate.
fn rate(paid: i64, ended: i64) -> String {
    if ended == 0 {
        "—".to_owned()
    } else {
        format!("{}%", (paid * 100 + ended / 2) / ended)
    }
}

/// `3 phút 20 giây`
fn span(ms: Option<i64>) -> String {
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
fn short(dong: i64) -> String {
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
fn by_day(first_ms: i64, days: i64, made: &[Made], came: &[Came]) -> Vec<(i64, DayNumbers)> {
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

fn by_provider(made: &[Made], came: &[Came]) -> [ProviderNumbers; 4] {
    let mut all = [ProviderNumbers::default(); 4];
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

fn date(ms: i64, format: &str) -> String {
    local(ms).map_or_else(String::new, |at| at.strftime(format).to_string())
}

/// What stands below the bars of days: as much as there is room for.
fn day_names(days: &[(i64, DayNumbers)]) -> Vec<String> {
    let apart = (days.len() / 6).max(1);
    let named = |at: usize| (days.len() - 1 - at).is_multiple_of(apart);
    days.iter()
        .enumerate()
        .map(|(at, (day, _))| {
            if named(at) {
                date(*day, "%d/%m")
            } else {
                String::new()
            }
        })
        .collect()
}

fn steps(took: &Took) -> Vec<(String, i64)> {
    let until = |minutes: i64| match minutes {
        60 => "≤ 1 giờ".to_owned(),
        1_440 => "≤ 1 ngày".to_owned(),
        minutes => format!("≤ {minutes} phút"),
    };
    let names = STEPS_MIN
        .into_iter()
        .map(until)
        .chain(["lâu hơn".to_owned()]);
    names.zip(took.steps).collect()
}

/// The page.
pub(super) async fn show(
    State(app): State<AppState>,
    person: Person,
    QueryParams(wanted): QueryParams<Wanted>,
) -> Result<Response, Problem> {
    let days = wanted
        .days
        .filter(|days| DAYS.contains(days))
        .unwrap_or(DAYS[1]);
    let first = day_start(app.store().now_ms()) - (days - 1) * DAY_MS;
    let (payments, own) = (app.store().payments(), person.account.payee);
    let made = payments.made_since(own, first).await?;
    let came = payments.came_since(own, first).await?;
    let took = payments.took_since(own, first).await?;
    let names = app.store().payees().list().await?;
    let mut of_payee: BTreeMap<i64, i64> = BTreeMap::new();
    for one in &came {
        *of_payee.entry(one.owner_id).or_default() += one.came;
    }
    let payees: Vec<(String, i64)> = of_payee
        .into_iter()
        .map(|(id, sum)| {
            let name = names.iter().find(|payee| payee.id == id);
            (
                name.map_or_else(|| format!("#{id}"), |payee| payee.name.clone()),
                sum,
            )
        })
        .collect();
    let by_day = by_day(first, days, &made, &came);
    let frame = Frame::of(&person, "Biểu đồ thu tiền", "payments-pictures");
    let numbers = Numbers {
        days: by_day,
        providers: by_provider(&made, &came),
        took,
        payees,
    };
    let drawn = numbers.drawn(frame, days).map_err(|fault| {
        tracing::error!(%fault, "a plot could not be drawn");
        Problem::broken()
    })?;
    page(&drawn)
}

/// All that the page shows.
struct Numbers {
    days: Vec<(i64, DayNumbers)>,
    providers: [ProviderNumbers; 4],
    took: Took,
    payees: Vec<(String, i64)>,
}

impl Numbers {
    fn drawn(&self, frame: Frame, days: i64) -> Result<Pictures, PlotFault> {
        let paid: i64 = self.providers.iter().map(|p| p.paid).sum();
        let ended: i64 = self.providers.iter().map(|p| p.ended).sum();
        let sum: i64 = self.providers.iter().map(|p| p.came).sum();
        Ok(Pictures {
            frame,
            sizes: DAYS.map(|size| (size, size == days)).to_vec(),
            heads: Provider::ALL.map(Provider::label).to_vec(),
            rate: rate(paid, ended),
            sum: money(sum),
            median: span(self.took.median_ms),
            p90: span(self.took.p90_ms),
            money_plot: self.money_plot(days)?,
            rate_plot: self.rate_plot(days)?,
            took_plot: self.took_plot()?,
            payee_plot: self.payee_plot()?,
            providers: self.provider_rows(),
            days: self.days.iter().rev().map(day_row).collect(),
            steps: steps(&self.took)
                .into_iter()
                .map(|(name, number)| (name, count(number)))
                .collect(),
            payees: self
                .payees
                .iter()
                .map(|(name, sum)| (name.clone(), money(*sum)))
                .collect(),
        })
    }

    fn money_plot(&self, days: i64) -> Result<String, PlotFault> {
        let parts: Vec<_> = self.days.iter().map(|(_, day)| day.came.to_vec()).collect();
        let bars = Bars {
            names: &day_names(&self.days),
            parts: &parts,
            label: short,
            most: None,
        };
        bars.draw(&format!(
            "Tiền về mỗi ngày theo cổng, {days} ngày; số ở bảng Từng ngày"
        ))
    }

    fn rate_plot(&self, days: i64) -> Result<String, PlotFault> {
        let of_day = |day: &DayNumbers| match day.ended {
            0 => 0,
            ended => day.paid * 100 / ended,
        };
        let parts: Vec<_> = self.days.iter().map(|(_, day)| vec![of_day(day)]).collect();
        let bars = Bars {
            names: &day_names(&self.days),
            parts: &parts,
            label: |percent| format!("{percent}%"),
            most: Some(100),
        };
        bars.draw(&format!(
            "Tỷ lệ trả xong mỗi ngày, {days} ngày; số ở bảng Từng ngày"
        ))
    }

    fn took_plot(&self) -> Result<String, PlotFault> {
        let steps = steps(&self.took);
        let names: Vec<String> = steps
            .iter()
            .map(|(name, _)| name.replace(" phút", "′").replace("lâu hơn", "hơn"))
            .collect();
        let parts: Vec<_> = steps.iter().map(|(_, number)| vec![*number]).collect();
        let bars = Bars {
            names: &names,
            parts: &parts,
            label: count,
            most: None,
        };
        bars.draw("Từ lúc lập tới lúc trả, số khoản theo từng bậc; số ở bảng Mất bao lâu")
    }

    fn payee_plot(&self) -> Result<String, PlotFault> {
        let most = self.payees.iter().take(PAYEES_MAX);
        let names: Vec<String> = most
            .clone()
            .map(|(name, _)| name.chars().take(10).collect())
            .collect();
        let parts: Vec<_> = most.map(|(_, sum)| vec![*sum]).collect();
        let bars = Bars {
            names: &names,
            parts: &parts,
            label: short,
            most: None,
        };
        bars.draw("Tiền về theo bên nhận; số ở bảng Bên nhận")
    }

    fn provider_rows(&self) -> Vec<ProviderRow> {
        let all = Provider::ALL.iter().zip(self.providers).enumerate();
        all.map(|(place, (provider, numbers))| ProviderRow {
            name: provider.label(),
            class: format!("swatch p{}", place % KINDS.len()),
            made: count(numbers.made),
            paid: count(numbers.paid),
            rate: rate(numbers.paid, numbers.ended),
            came: money(numbers.came),
        })
        .collect()
    }
}

fn day_row((day, numbers): &(i64, DayNumbers)) -> DayRow {
    DayRow {
        day: date(*day, "%d/%m/%Y"),
        came: numbers.came.iter().map(|sum| money(*sum)).collect(),
        sum: money(numbers.sum()),
        back: money(numbers.back),
        paid: count(numbers.paid),
        rate: rate(numbers.paid, numbers.ended),
    }
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
