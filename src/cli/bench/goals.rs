//! `gachno bench goals`: every goal of speed and cost in one table, measured in one run.

use super::number::small;
use super::payment::{chosen, with_logins};
use super::stage::{BenchErrand, Measured, PortalStage};
use super::{Bench, Row, count};
use crate::cli::Failure;

/// Logins that two processor cores are to carry.
const MOST: u16 = 8;

pub(super) async fn goals(options: &Bench) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let mut all = Vec::new();
    for errand in chosen(options) {
        let one = PortalStage::new(options.latency_ms)
            .await?
            .pay(errand, options.jobs + 2, 1, 2)
            .await?;
        let eight = Box::pin(with_logins(errand, MOST, options)).await?;
        rows.extend(of_a_service(&errand, &one, &eight));
        all.push((errand, one, eight));
    }
    rows.extend(against_the_old_way(&all, options.latency_ms));
    let payments = || {
        all.iter()
            .filter(|(errand, ..)| errand.service.is_payment())
    };
    let mean = |of: &dyn Fn(&(BenchErrand, Measured, Measured)) -> f64| {
        payments().map(of).sum::<f64>() / count(payments().count())
    };
    rows.push(Row::at_most(
        "CPU mỗi lần trả, cả cây tiến trình, 1 phiên",
        mean(&|(_, one, _)| one.cpu_s),
        "s",
        0.40,
    ));
    rows.push(Row::at_most(
        "CPU mỗi lần trả, cả cây tiến trình, 8 phiên",
        mean(&|(_, _, eight)| eight.cpu_s),
        "s",
        0.40,
    ));
    let megabytes = all.iter().filter_map(|(_, _, eight)| eight.browser_mb);
    if let Some(most) = megabytes.reduce(f64::max) {
        rows.push(Row::at_most(
            "bộ nhớ trình duyệt mỗi phiên, 8 phiên",
            most / f64::from(MOST),
            "MB",
            90.0,
        ));
    }
    Ok(rows)
}

fn of_a_service(errand: &BenchErrand, one: &Measured, eight: &Measured) -> Vec<Row> {
    let name = |what: &str| format!("{} · {what}", errand.title());
    let of_the_floor = |seen: &Measured, logins: u16| {
        seen.per_minute / (seen.floor_per_minute * f64::from(logins)) * 100.0
    };
    vec![
        // One request more for every so many payments: the check of the account's fall.
        Row::at_most(
            name("yêu cầu mỗi việc"),
            one.requests,
            "",
            f64::from(errand.needed) + 0.05,
        ),
        Row::at_most(
            name("yêu cầu mỗi việc, 8 phiên"),
            eight.requests,
            "",
            f64::from(errand.needed) + 0.05,
        ),
        Row::plain(name("việc mỗi phút, 1 phiên"), one.per_minute, ""),
        Row::at_least(
            name("so với mức sàn, 1 phiên"),
            of_the_floor(one, 1),
            "%",
            90.0,
        ),
        Row::plain(name("việc mỗi phút, 8 phiên"), eight.per_minute, ""),
        Row::at_least(
            name("so với mức sàn, 8 phiên"),
            of_the_floor(eight, MOST),
            "%",
            75.0,
        ),
        Row::plain(name("CPU mỗi việc, 1 phiên"), one.cpu_s, "s"),
        Row::plain(name("CPU mỗi việc, 8 phiên"), eight.cpu_s, "s"),
    ]
}

/// The newest of the old automations: its fixed sleeps (9.5 s a job in the mean) and its own
/// requests.
fn against_the_old_way(all: &[(BenchErrand, Measured, Measured)], latency_ms: u64) -> Vec<Row> {
    let latency_s = small(latency_ms) / 1_000.0;
    let old_s = |errand: &BenchErrand| errand.old.1 + f64::from(errand.old.0) * latency_s;
    let mean = |of: &dyn Fn(&(BenchErrand, Measured, Measured)) -> f64| {
        all.iter().map(of).sum::<f64>() / count(all.len())
    };
    vec![
        Row::plain(
            "cách cũ (đời mới nhất): giây mỗi việc, bình quân",
            mean(&|(errand, ..)| old_s(errand)),
            "s",
        ),
        Row::at_least(
            "1 phiên so với cách cũ, bình quân các dịch vụ",
            mean(&|(errand, one, _)| old_s(errand) * one.per_minute / 60.0),
            "×",
            11.0,
        ),
        Row::at_least(
            "8 phiên so với cách cũ, bình quân các dịch vụ",
            mean(&|(errand, _, eight)| old_s(errand) * eight.per_minute / 60.0),
            "×",
            65.0,
        ),
    ]
}
