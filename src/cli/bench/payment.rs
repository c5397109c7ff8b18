//! `gachno bench payment`, `throughput` and `sessions`: whose time a job takes, how many requests,
//! and how near that is to the fewest that it needs.

use super::old_way::OldWay;
use super::stage::{BenchErrand, ERRANDS, Measured, PAYMENTS, PortalStage};
use super::{Bench, Row};
use crate::cli::Failure;

/// Logins at work in `sessions`.
const LOGINS: [u16; 4] = [1, 2, 4, 8];
/// Bills that the old way pays of each service: it is slow.
const OLD_JOBS: u32 = 4;

/// Each kind of job with one login: whose time is it, and what does it cost?
pub(super) async fn payment(options: &Bench) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for errand in chosen(options) {
        let mut bare = PortalStage::new(options.latency_ms).await?;
        bare.config.evidence.pictures = false;
        let bare = bare.pay(errand, options.jobs + 1, 1, 1).await?;
        let stage = PortalStage::new(options.latency_ms).await?;
        let one = stage.pay(errand, options.jobs + 1, 1, 1).await?;
        let name = |what: &str| format!("{} · {what}", errand.title());
        rows.extend(against_the_floor(&errand, &one, 1));
        rows.push(Row::plain(
            name("thời gian thêm ngoài cổng, mỗi việc"),
            one.added_ms,
            "ms",
        ));
        rows.push(Row::at_most(
            name("thời gian thêm mỗi bước, p95"),
            one.added_a_step_p95_ms,
            "ms",
            10.0,
        ));
        rows.push(Row::plain(
            name("lượt chờ trình duyệt mỗi lần trả"),
            one.calls,
            "lượt",
        ));
        rows.push(Row::plain(
            name("ảnh và chữ làm chứng, mỗi việc"),
            one.added_ms - bare.added_ms,
            "ms",
        ));
        rows.push(Row::plain(
            name("chứng cứ trên đĩa, mỗi việc"),
            stage.evidence_kb() / f64::from(options.jobs + 1),
            "KB",
        ));
        rows.push(Row::plain(name("CPU mỗi việc"), one.cpu_s, "s"));
    }
    Ok(rows)
}

/// Those whose title has the wanted words in it.
pub(super) fn chosen(options: &Bench) -> impl Iterator<Item = BenchErrand> {
    let only = options.only.clone().unwrap_or_default();
    ERRANDS
        .into_iter()
        .filter(move |errand| errand.title().contains(&only))
}

/// Requests a job, and jobs a minute, against the fewest requests that the flow needs.
pub(super) fn against_the_floor(errand: &BenchErrand, seen: &Measured, logins: u16) -> Vec<Row> {
    let name = |what: &str| format!("{} · {logins} phiên · {what}", errand.title());
    let floor = seen.floor_per_minute * f64::from(logins);
    let goal = if logins == 1 { 90.0 } else { 75.0 };
    vec![
        Row::plain(name("yêu cầu gửi cổng mỗi việc"), seen.requests, "yêu cầu"),
        Row::plain(name("ít nhất phải có"), errand.needed.into(), "yêu cầu"),
        Row::plain(name("việc mỗi phút"), seen.per_minute, "việc/phút"),
        Row::plain(name("mức sàn"), floor, "việc/phút"),
        Row::at_least(
            name("so với mức sàn"),
            seen.per_minute / floor * 100.0,
            "%",
            goal,
        ),
    ]
}

/// Ours and the old way's, on the same portal.
pub(super) async fn throughput(options: &Bench) -> Result<Vec<Row>, Failure> {
    const MOST: u16 = 8;
    let mut rows = Vec::new();
    // Seconds for one job of each service.
    let (mut old_s, mut one_s, mut eight_s) = (0.0, 0.0, 0.0);
    for errand in PAYMENTS {
        let old = OldWay::start(&PortalStage::new(options.latency_ms).await?, errand)
            .await?
            .measure(OLD_JOBS)
            .await?;
        let one = PortalStage::new(options.latency_ms)
            .await?
            .pay(errand, options.jobs + 1, 1, 1)
            .await?;
        let eight = Box::pin(with_logins(errand, MOST, options)).await?;
        let name = |what: &str| format!("{} · {what}", errand.title());
        rows.push(Row::plain(
            name("cách làm cũ (đời mới nhất)"),
            old.per_minute,
            "việc/phút",
        ));
        rows.push(Row::plain(
            name("cách làm cũ · yêu cầu gửi cổng mỗi việc"),
            old.requests,
            "yêu cầu",
        ));
        rows.extend(against_the_floor(&errand, &one, 1));
        rows.extend(against_the_floor(&errand, &eight, MOST));
        rows.push(Row::plain(
            name("1 phiên so với cách cũ"),
            one.per_minute / old.per_minute,
            "×",
        ));
        rows.push(Row::plain(
            name("8 phiên so với cách cũ"),
            eight.per_minute / old.per_minute,
            "×",
        ));
        old_s += 60.0 / old.per_minute;
        one_s += 60.0 / one.per_minute;
        eight_s += 60.0 / eight.per_minute;
    }
    rows.push(Row::at_least(
        "Mỗi dịch vụ một việc · 1 phiên so với cách cũ",
        old_s / one_s,
        "×",
        8.0,
    ));
    rows.push(Row::at_least(
        "Mỗi dịch vụ một việc · 8 phiên so với cách cũ",
        old_s / eight_s,
        "×",
        60.0,
    ));
    Ok(rows)
}

/// More logins on one portal account: speed, requests, processor time, memory.
pub(super) async fn sessions(options: &Bench) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let mut alone = None;
    let errand = chosen(options).next().unwrap_or(ERRANDS[0]);
    for logins in LOGINS {
        let seen = Box::pin(with_logins(errand, logins, options)).await?;
        let name = |what: &str| format!("{logins} phiên · {what}");
        let speed = *alone.get_or_insert(seen.per_minute);
        rows.extend(against_the_floor(&errand, &seen, logins));
        rows.push(Row::plain(
            name("nhanh hơn 1 phiên"),
            seen.per_minute / speed,
            "×",
        ));
        rows.push(Row::at_most(name("CPU mỗi việc"), seen.cpu_s, "s", 0.40));
        if let Some(all) = seen.browser_mb {
            let each = all / f64::from(logins);
            let what = name("bộ nhớ trình duyệt mỗi phiên");
            rows.push(if logins == 8 {
                Row::at_most(what, each, "MB", 90.0)
            } else {
                Row::plain(what, each, "MB")
            });
        }
    }
    Ok(rows)
}

/// Measured once all logins are at work: the pace starts with one and doubles after three jobs of
/// each.
pub(super) async fn with_logins(
    errand: BenchErrand,
    logins: u16,
    options: &Bench,
) -> Result<Measured, Failure> {
    let ramp = if logins == 1 {
        0
    } else {
        1 + 3 * u32::from(logins - 2)
    };
    let warm_up = ramp + u32::from(logins);
    // A login takes seconds to begin, in which the others go on.
    let beginning = 3 * u32::from(logins);
    let jobs = warm_up + beginning + options.jobs * u32::from(logins) + u32::from(logins) - 1;
    PortalStage::new(options.latency_ms)
        .await?
        .pay(errand, jobs, logins, warm_up)
        .await
}
