//! The daily comparison: where providers and we differ, day by day.

use std::time::Duration;

use askama::Template;
use axum::extract::{Query, State};
use axum::response::Response;

use crate::domain::calendar::{DAY_MS, day_start};
use crate::domain::payment::Provider;
use crate::server::AppState;
use crate::server::tasks::compare::compare;
use crate::server::web::extract::{Done, PathParam};
use crate::server::web::form::FormData;
use crate::server::web::frame::Frame;
use crate::server::web::page::{go, page};
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{money, time};
use crate::store::catalogue::Area;
use crate::store::catalogue::payments::PAYMENT_DIFFERENCE;
use crate::store::payments::{Difference, DifferenceKind, PaymentBooks};

/// Differences that are shown.
const MANY: u32 = 500;
/// A page waits so long for a comparison; a longer one goes on behind it.
const WAIT_MAX: Duration = Duration::from_secs(5);
const HERE: &str = "/admin/payments/compare";

struct Row {
    id: i64,
    payment: i64,
    provider: String,
    kind: String,
    reference: String,
    theirs: String,
    ours: String,
    seen: Option<String>,
}

struct Day {
    name: String,
    unseen: usize,
    rows: Vec<Row>,
}

#[derive(Template)]
#[template(path = "payments_compare.html")]
struct Compare {
    frame: Frame,
    days: Vec<Day>,
    sums: Vec<(&'static str, String)>,
    agrees: bool,
    table: &'static str,
    may_decide: bool,
}

fn row(found: Difference) -> Row {
    let amount = |dong: Option<i64>| dong.map_or_else(|| "—".to_owned(), money);
    Row {
        id: found.id,
        payment: found.payment_id,
        provider: Provider::of(&found.provider)
            .map_or(found.provider, |provider| provider.label().to_owned()),
        kind: DifferenceKind::of(&found.kind).map_or(found.kind, |kind| kind.label().to_owned()),
        reference: found.reference,
        theirs: amount(found.theirs),
        ours: amount(found.ours),
        seen: found.seen_at.map(time),
    }
}

/// `26/11/2026`
fn named(day: &str) -> String {
    let parts: Vec<&str> = day.split('-').rev().collect();
    parts.join("/")
}

fn days(all: Vec<Difference>) -> Vec<Day> {
    let mut days: Vec<Day> = Vec::new();
    let mut all = all;
    all.sort_by(|a, b| b.day.cmp(&a.day).then(b.id.cmp(&a.id)));
    for found in all {
        let day = named(&found.day);
        let is_unseen = found.seen_at.is_none();
        if days.last().is_none_or(|last| last.name != day) {
            days.push(Day {
                name: day,
                unseen: 0,
                rows: Vec::new(),
            });
        }
        if let Some(last) = days.last_mut() {
            last.unseen += usize::from(is_unseen);
            last.rows.push(row(found));
        }
    }
    days
}

fn sums(books: PaymentBooks) -> Vec<(&'static str, String)> {
    vec![
        ("Tiền về, trừ tiền hoàn", money(books.transfers)),
        ("Đã ghi cho khoản cần trả", money(books.credited)),
        ("Thừa", money(books.surplus)),
        ("Chờ xem", money(books.review)),
        ("Chưa rõ của ai", money(books.unmatched)),
    ]
}

/// The page.
pub(super) async fn show(
    State(app): State<AppState>,
    person: Person,
    Query(done): Query<Done>,
) -> Result<Response, Problem> {
    let own = person.account.payee;
    let books = app.store().money_books().books(own).await?;
    let all = app.store().money_books().differences(own, MANY).await?;
    page(&Compare {
        frame: Frame::of(&person, "Đối soát hằng ngày", PAYMENT_DIFFERENCE.name)
            .with_notice(done.done.as_deref()),
        days: days(all),
        sums: sums(books),
        agrees: books.agree(),
        table: PAYMENT_DIFFERENCE.name,
        may_decide: person.may(Area::Payments, Right::Decide),
    })
}

/// Compares a day again. What it finds is booked as any other news, once.
pub(super) async fn run(
    State(app): State<AppState>,
    _: Person,
    form: FormData,
) -> Result<Response, Problem> {
    let today = day_start(app.store().now_ms());
    let (from, to) = match form.text("day") {
        "today" => (today, today + DAY_MS),
        "yesterday" => (today - DAY_MS, today),
        _ => return Err(Problem::bad("Chọn hôm nay hay hôm qua.")),
    };
    let own = app.clone();
    let work = app.carry_through(async move { compare(&own, (from, to), true).await });
    // Carried through behind the page where it takes longer.
    let done = match tokio::time::timeout(WAIT_MAX, work).await {
        Ok(ended) => {
            ended.map_err(|_| Problem::broken())??;
            "compared"
        }
        Err(_) => "comparing",
    };
    Ok(go(&format!("{HERE}?done={done}")))
}

/// Somebody has looked at a difference.
pub(super) async fn looked(
    State(app): State<AppState>,
    person: Person,
    PathParam(id): PathParam<i64>,
) -> Result<Response, Problem> {
    let own = person.account.payee;
    if app
        .store()
        .money_books()
        .difference_seen(id, own, &person.actor())
        .await?
    {
        Ok(go(&format!("{HERE}?done=looked")))
    } else {
        Err(Problem::no_page())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_stand_under_their_day_the_newest_first() {
        let one = |id: i64, day: &str, seen_at| Difference {
            payment_id: 7,
            provider: "payos".to_owned(),
            kind: "amount".to_owned(),
            reference: String::new(),
            theirs: Some(1),
            ours: None,
            day: day.to_owned(),
            seen_at,
            id,
        };
        let all = vec![
            one(3, "2026-11-25", None),
            one(2, "2026-11-26", Some(1)),
            one(1, "2026-11-25", Some(1)),
        ];
        let days: Vec<_> = days(all)
            .into_iter()
            .map(|day| {
                (
                    day.name,
                    day.unseen,
                    day.rows.iter().map(|r| r.id).collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(
            days,
            [
                ("26/11/2026".to_owned(), 0, vec![2]),
                ("25/11/2026".to_owned(), 1, vec![3, 1])
            ]
        );
    }
}
