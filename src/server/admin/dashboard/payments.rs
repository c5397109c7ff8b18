//! Customers' payments on the first page.

use crate::server::AppState;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::server::web::words::{count, money};
use crate::store::catalogue::Area;
use crate::store::catalogue::payments::{PAYMENT, payment};

/// Customers' payments of today.
pub struct PaymentFigures {
    /// What was credited.
    pub sum: String,
    /// How many were paid.
    pub paid: String,
    /// Their list.
    pub paid_url: String,
    /// How many are open.
    pub waiting: String,
    /// How many wait for a person.
    pub to_decide: Option<String>,
}

/// Customers' money of today. Nothing for who does not see it.
pub async fn payment_figures(
    app: &AppState,
    person: &Person,
    today: i64,
    day: &str,
) -> Result<Option<PaymentFigures>, Problem> {
    if !person.may(Area::Payments, Right::See) {
        return Ok(None);
    }
    let own = person.account.payee;
    let figures = app.store().money_books().today(own, today).await?;
    let to_decide = app.store().money_books().to_decide(own).await?.all();
    Ok(Some(PaymentFigures {
        sum: money(figures.sum),
        paid: count(figures.paid),
        paid_url: format!(
            "/admin/t/{}?f.{}.from={day}",
            PAYMENT.name,
            payment::PAID_AT.name
        ),
        waiting: count(figures.waiting),
        to_decide: (to_decide > 0).then(|| count(to_decide)),
    }))
}
