//! Pictures of customers' payments: how many are paid, how fast, how much, by whom. Every picture has a
//! table of the same numbers.

mod numbers;
mod plot;

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;

use crate::domain::calendar::{DAY_MS, day_start};
use crate::domain::payment::Provider;
use crate::server::AppState;
use crate::server::web::extract::QueryParams;
use crate::server::web::frame::Frame;
use crate::server::web::page::page;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{count, local, money};
use crate::store::payments::{STEPS_MIN, Took};
use numbers::{DayNumbers, PROVIDERS, ProviderNumbers, by_day, by_provider, rate, short, span};
use plot::{Bars, KINDS, PlotFault};

/// Days that one can look at.
const DAYS: [i64; 3] = [7, 30, 90];
/// Payees that a picture tells apart; the table has all.
const PAYEES_MAX: usize = 8;

/// Which days.
#[derive(Debug, Default, Deserialize)]
pub(super) struct WantedDays {
    #[serde(default)]
    days: Option<i64>,
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
    QueryParams(wanted): QueryParams<WantedDays>,
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
    providers: [ProviderNumbers; PROVIDERS],
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
            .map(|(name, _)| {
                let short = name.replace("≤ ", "").replace(" phút", "′");
                short
                    .replace(" giờ", "g")
                    .replace("1 ngày", "24g")
                    .replace("lâu hơn", "hơn")
            })
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
        let letters = (40 / most.len().max(1)).clamp(4, 16);
        let names: Vec<String> = most
            .clone()
            .map(|(name, _)| name.chars().take(letters).collect())
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
