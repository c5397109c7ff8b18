//! `gachno bench payment`, `throughput` and `sessions`: whose time a payment takes.

use super::old_way::OldWay;
use super::stage::{Measured, PAYMENTS, Stage};
use super::{Bench, Row};
use crate::cli::Failure;
use crate::domain::Service;

/// Logins at work in `sessions`.
const LOGINS: [u16; 4] = [1, 2, 4, 8];
/// Bills that the old way pays of each service: it is slow.
const OLD_JOBS: u32 = 4;

/// Each payment service with one login: whose time is it, and how many round trips does it take?
pub(super) async fn payment(options: &Bench) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for (service, line) in PAYMENTS {
        let mut bare = Stage::new(options.latency_ms).await?;
        bare.config.evidence.pictures = false;
        let bare = bare.pay(service, line, options.jobs + 1, 1, 1).await?;
        let stage = Stage::new(options.latency_ms).await?;
        let one = stage.pay(service, line, options.jobs + 1, 1, 1).await?;
        let name = |what: &str| format!("{} · {what}", service.spec().title);
        rows.push(Row::at_least(
            name("phần thời gian của cổng"),
            one.share * 100.0,
            "%",
            97.0,
        ));
        rows.push(Row::plain(
            name("thời gian thêm mỗi việc"),
            one.added_ms,
            "ms",
        ));
        rows.push(Row::at_most(
            name("thời gian thêm mỗi bước, p95"),
            one.added_a_step_p95_ms,
            "ms",
            10.0,
        ));
        rows.push(Row::at_most(
            name("lượt chờ trình duyệt mỗi lần trả"),
            one.calls,
            "lượt",
            8.0,
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
        rows.push(Row::plain(name("việc mỗi phút"), one.per_minute, "việc"));
    }
    Ok(rows)
}

/// The portal's own time, ours, and the old way's, on the same portal.
pub(super) async fn throughput(options: &Bench) -> Result<Vec<Row>, Failure> {
    const MOST: u16 = 8;
    let mut rows = Vec::new();
    // Seconds for one job of each service.
    let (mut old_s, mut one_s, mut eight_s) = (0.0, 0.0, 0.0);
    for (service, line) in PAYMENTS {
        let old = OldWay::start(&Stage::new(options.latency_ms).await?, service)
            .await?
            .per_minute(OLD_JOBS)
            .await?;
        let one = Stage::new(options.latency_ms)
            .await?
            .pay(service, line, options.jobs + 1, 1, 1)
            .await?;
        let eight = Box::pin(with_logins(service, line, MOST, options)).await?;
        let name = |what: &str| format!("{} · {what}", service.spec().title);
        rows.push(Row::plain(
            name("chỉ thời gian của cổng"),
            one.portal_per_minute,
            "việc/phút",
        ));
        rows.push(Row::plain(name("cách làm cũ"), old, "việc/phút"));
        rows.push(Row::plain(
            name("GachNo, 1 phiên"),
            one.per_minute,
            "việc/phút",
        ));
        rows.push(Row::plain(
            name("GachNo, 8 phiên"),
            eight.per_minute,
            "việc/phút",
        ));
        rows.push(Row::plain(
            name("1 phiên so với cách cũ"),
            one.per_minute / old,
            "×",
        ));
        rows.push(Row::plain(
            name("8 phiên so với cách cũ"),
            eight.per_minute / old,
            "×",
        ));
        old_s += 60.0 / old;
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

/// More logins on one portal account: speed, whose time, memory.
pub(super) async fn sessions(options: &Bench) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    let mut alone = None;
    for logins in LOGINS {
        let seen = Box::pin(with_logins(Service::PayEvn, "PE{}", logins, options)).await?;
        let goal = if logins == 1 { 97.0 } else { 95.0 };
        let name = |what: &str| format!("{logins} phiên · {what}");
        let speed = *alone.get_or_insert(seen.per_minute);
        rows.push(Row::plain(
            name("việc mỗi phút"),
            seen.per_minute,
            "việc/phút",
        ));
        rows.push(Row::plain(
            name("nhanh hơn 1 phiên"),
            seen.per_minute / speed,
            "×",
        ));
        rows.push(Row::at_least(
            name("phần thời gian của cổng"),
            seen.share * 100.0,
            "%",
            goal,
        ));
        if let Some(all) = seen.browser_mb {
            let each = all / f64::from(logins);
            let what = name("bộ nhớ trình duyệt mỗi phiên");
            rows.push(if logins == 8 {
                Row::at_most(what, each, "MB", 80.0)
            } else {
                Row::plain(what, each, "MB")
            });
        }
    }
    Ok(rows)
}

/// Measured once all logins are at work: the pace starts with one and doubles after three jobs of
/// each.
async fn with_logins(
    service: Service,
    line: &str,
    logins: u16,
    options: &Bench,
) -> Result<Measured, Failure> {
    let ramp = if logins == 1 {
        0
    } else {
        1 + 3 * u32::from(logins - 2)
    };
    let warm_up = ramp + u32::from(logins);
    let jobs = warm_up + options.jobs * u32::from(logins) + u32::from(logins) - 1;
    Stage::new(options.latency_ms)
        .await?
        .pay(service, line, jobs, logins, warm_up)
        .await
}
