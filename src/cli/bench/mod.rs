//! `gachno bench`: numbers of this machine, side by side in one run.

mod crash;
mod desk;
mod files;
mod goals;
mod number;
mod old_way;
mod payment;
mod payments;
mod record;
mod scale;
mod server;
mod soak;
mod stage;
mod tree;
#[cfg(feature = "desktop")]
mod window;

use std::path::Path;

use serde_json::{Value, json};

use super::args::{Bench, BenchName};
use super::{Ended, Exit, Failure, say, tell};
use crate::store::sqlite_url;

/// The row that says how often the program broke its word.
const BROKEN: &str = "broken promises";

/// One number.
struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    goal: Option<f64>,
    /// Is less better?
    is_cost: bool,
}

impl Row {
    /// A number that says something by itself.
    pub fn plain(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            goal: None,
            is_cost: false,
        }
    }

    /// A number that must not be larger than this.
    pub fn at_most(name: impl Into<String>, value: f64, unit: &'static str, goal: f64) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            goal: Some(goal),
            is_cost: true,
        }
    }

    /// A number that must not be smaller than this.
    pub fn at_least(name: impl Into<String>, value: f64, unit: &'static str, goal: f64) -> Self {
        Self {
            name: name.into(),
            value,
            unit,
            goal: Some(goal),
            is_cost: false,
        }
    }

    fn met(&self) -> Option<bool> {
        self.goal.map(|goal| {
            if self.is_cost {
                self.value <= goal
            } else {
                self.value >= goal
            }
        })
    }
}

pub async fn bench(options: Bench) -> Ended {
    let rows = match options.name {
        BenchName::Payment => Box::pin(payment::payment(&options)).await?,
        BenchName::Throughput => Box::pin(payment::throughput(&options)).await?,
        BenchName::Sessions => Box::pin(payment::sessions(&options)).await?,
        BenchName::Goals => Box::pin(goals::goals(&options)).await?,
        BenchName::Scale => Box::pin(scale::scale(&options)).await?,
        BenchName::Ledger => record::ledger().await?,
        BenchName::Recovery => record::recovery(options.events).await?,
        #[cfg(feature = "desktop")]
        BenchName::Window => window::window(),
        BenchName::Crash => crash::crash(&options).await?,
        BenchName::Server => server::server(&options).await?,
        BenchName::Payments => Box::pin(payments::payments(&options)).await?,
        BenchName::Desk => Box::pin(desk::desk(&options)).await?,
        BenchName::Soak => Box::pin(soak::soak(&options)).await?,
        BenchName::Model => crash::model(&options).await?,
    };
    if options.json {
        let rows: Vec<Value> =
            rows.iter().map(|r| json!({ "name": r.name, "value": r.value, "unit": r.unit, "goal": r.goal, "met": r.met() })).collect();
        let machine = format!(
            "{} {}, {} cores",
            std::env::consts::OS,
            std::env::consts::ARCH,
            cores()
        );
        say(&json!({ "bench": options.name.wire(), "rows": rows, "machine": machine }).to_string());
    } else {
        for row in &rows {
            let goal = row
                .goal
                .map(|g| format!("(mục tiêu {g})"))
                .unwrap_or_default();
            let mark = row.met().map_or("", |met| if met { "✓" } else { "✗" });
            say(&format!(
                "{:<48} {:>10.2} {:<8} {goal} {mark}",
                row.name, row.value, row.unit
            ));
        }
    }
    // A number that is missed is a number; a promise that is broken is a failure.
    let is_broken = rows.iter().any(|row| row.name == BROKEN && row.value > 0.0);
    Ok(if is_broken {
        Exit::NeedsReview
    } else {
        Exit::Done
    })
}

/// A bench of the server on `SQLite`, and on the `MariaDB` that was named. `measured` is told which one it
/// is on, its address, and a folder of its own.
async fn on_both(
    options: &Bench,
    measured: impl AsyncFn(&str, &str, &Path) -> anyhow::Result<Vec<Row>>,
) -> Result<Vec<Row>, Failure> {
    crate::init_tls();
    let folder = tempfile::tempdir().map_err(Failure::cannot_run)?;
    let mut places = vec![(
        "SQLite",
        sqlite_url(&folder.path().join("bench.db")),
        folder,
    )];
    match &options.mariadb {
        Some(url) => {
            let own = tempfile::tempdir().map_err(Failure::cannot_run)?;
            places.push(("MariaDB", url.clone(), own));
        }
        None => tell("MariaDB: bỏ qua. Đo với: --mariadb mysql://… (một cơ sở dữ liệu trống)"),
    }
    if let Some(only) = &options.only {
        places.retain(|(name, ..)| name.eq_ignore_ascii_case(only));
    }
    let mut rows = Vec::new();
    for (name, url, folder) in &places {
        let done = measured(name, url, folder.path()).await;
        for mut row in done.map_err(Failure::cannot_run)? {
            if row.name != BROKEN {
                row.name = format!("{name}: {}", row.name);
            }
            rows.push(row);
        }
    }
    Ok(rows)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

fn count(n: usize) -> f64 {
    u32::try_from(n.max(1)).map_or(f64::MAX, f64::from)
}

/// The value that so many percent do not exceed. Sorts them.
fn percentile(values: &mut [f64], percent: usize) -> f64 {
    values.sort_by(f64::total_cmp);
    let place = (values.len() * percent).div_ceil(100).max(1) - 1;
    values.get(place).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let mut values = [5.0, 1.0, 4.0, 2.0, 3.0];
        let mut at = |percent| format!("{}", percentile(&mut values, percent));
        assert_eq!([at(50), at(99)], ["3", "5"]);
        assert!(percentile(&mut [], 99).abs() < f64::EPSILON);
    }
}
