//! The daily comparison: every payment that was made on a day, or whose money was booked then, is held
//! against what its provider says, in both directions. A day is done when all have answered.

use std::collections::HashMap;
use std::time::Duration;

use super::{Place, Task};
use crate::domain::calendar::{DAY_MS, day_of, day_start};
use crate::providers::{SeenTransfer, Told};
use crate::server::AppState;
use crate::server::pay::cashier::Cashier;
use crate::server::pay::turn;
use crate::store::StoreError;
use crate::store::payments::{Difference, DifferenceKind, HeardFrom, PaymentRow, StoredTransfer};

/// How long a turn to ask is waited for.
const TURN_MAX: Duration = Duration::from_mins(1);
/// Payments that are read at once.
const BATCH: u32 = 200;
/// Days that are made up for, where their providers were silent.
const DAYS_BACK: i64 = 7;
/// Not before this hour of the day in Viet Nam: late news of the evening have come by then.
const NOT_BEFORE_MS: i64 = 3_600_000;

pub(super) const TASK: Task = Task {
    name: "compare",
    place: Place::Leader,
    every: Duration::from_mins(10),
    is_at_once: true,
    bound: Duration::from_hours(6),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    let now = app.store().now_ms();
    let today = day_start(now);
    if now - today < NOT_BEFORE_MS {
        return Ok(());
    }
    for before in (1..=DAYS_BACK).rev() {
        let from = today - before * DAY_MS;
        let day = day_of(from);
        if app.store().money_books().is_compared(&day).await? {
            continue;
        }
        let Compared { found, silent } = compare(&app, (from, from + DAY_MS), false).await?;
        if silent == 0 {
            app.store().money_books().compared(&day).await?;
            tracing::info!(day, found, "payments were compared with their providers");
        } else {
            tracing::warn!(
                day,
                found,
                silent,
                "providers were silent; they are asked again"
            );
        }
    }
    Ok(())
}

/// What came of a comparison.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Differences that were found.
    pub found: usize,
    /// Payments whose provider did not answer.
    pub silent: usize,
}

/// Compares the payments of these moments; `again`: also those whose provider has answered since.
pub async fn compare(
    app: &AppState,
    span: (i64, i64),
    again: bool,
) -> Result<Compared, StoreError> {
    let (mut after, mut all) = (0, Compared::default());
    loop {
        let some = app
            .store()
            .money_books()
            .to_compare(span, after, again, BATCH)
            .await?;
        let Some(last) = some.last() else {
            return Ok(all);
        };
        after = last.id;
        for payment in some.into_iter().filter(|p| p.provider.can_be_asked()) {
            match one(app, payment, &day_of(span.0)).await? {
                Some(found) => all.found += found,
                None => all.silent += 1,
            }
        }
    }
}

/// How many differences one payment has. `None`: its provider did not answer.
async fn one(app: &AppState, payment: PaymentRow, day: &str) -> Result<Option<usize>, StoreError> {
    let (payments, cashier) = (app.store().payments(), Cashier::of(app));
    if !turn::question(app, &payment, TURN_MAX).await? {
        return Ok(None);
    }
    let Ok(Some(provider)) = cashier.provider(payment.owner_id, payment.provider).await else {
        return Ok(None);
    };
    // A provider that is silent today has said nothing that could differ.
    let Ok(told) = provider.ask(&cashier.order_ref(&payment)).await else {
        return Ok(None);
    };
    let ours = payments.transfers(payment.id).await?;
    let differences = differences(&payment, &told, &ours, day);
    for difference in &differences {
        app.store()
            .money_books()
            .keep_difference(difference)
            .await?;
        metrics::counter!("gachno_payment_differences_total", "kind" => difference.kind.clone())
            .increment(1);
    }
    // What we had missed is booked as any other news.
    if cashier
        .take(&payment, &told, HeardFrom::Poll, "compare")
        .await
        .is_err()
    {
        tracing::warn!(
            payment = payment.id,
            "what the comparison found could not be booked"
        );
    }
    app.store().money_books().answered(payment.id).await?;
    Ok(Some(differences.len()))
}

/// Where a provider and we differ, in both directions.
fn differences(
    payment: &PaymentRow,
    told: &Told,
    ours: &[StoredTransfer],
    day: &str,
) -> Vec<Difference> {
    let difference = |kind: DifferenceKind, reference: &str, theirs, ours| Difference {
        id: 0,
        payment_id: payment.id,
        provider: payment.provider.wire().to_owned(),
        kind: kind.wire().to_owned(),
        reference: reference.to_owned(),
        theirs,
        ours,
        day: day.to_owned(),
        seen_at: None,
    };
    let booked: HashMap<&str, i64> = ours
        .iter()
        .map(|t| (t.reference.as_str(), t.amount))
        .collect();
    let mut found = Vec::new();
    for SeenTransfer {
        reference, amount, ..
    } in &told.transfers
    {
        match booked.get(reference.as_str()) {
            None => found.push(difference(
                DifferenceKind::MissingHere,
                reference,
                Some(*amount),
                None,
            )),
            Some(held) if held != amount => {
                found.push(difference(
                    DifferenceKind::Amount,
                    reference,
                    Some(*amount),
                    Some(*held),
                ));
            }
            Some(_) => {}
        }
    }
    for transfer in ours.iter().filter(|t| t.amount > 0) {
        let is_known = told
            .transfers
            .iter()
            .any(|t| t.reference == transfer.reference);
        // A person may have attached it: the provider knows it under another order.
        if !is_known && transfer.source != "person" {
            found.push(difference(
                DifferenceKind::MissingThere,
                &transfer.reference,
                None,
                Some(transfer.amount),
            ));
        }
    }
    let is_other_amount = told
        .amount
        .is_some_and(|amount| amount != payment.standing.amount);
    if is_other_amount {
        found.push(difference(
            DifferenceKind::Amount,
            "",
            told.amount,
            Some(payment.standing.amount),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::payment::{
        Money, PayableKind, PayableRef, PaymentState, Provider, Standing,
    };
    use crate::providers::{Link, ToldStanding};

    fn payment() -> PaymentRow {
        PaymentRow {
            id: 7,
            payment_code: "GN2345678".to_owned(),
            order_code: 1,
            owner_id: 1,
            payable: PayableRef {
                kind: PayableKind::Request,
                id: 1,
            },
            renter_id: None,
            provider: Provider::PayOs,
            standing: Standing {
                state: PaymentState::Paid,
                amount: 100,
                money: Money::default(),
                task: None,
            },
            description: String::new(),
            customer_name: String::new(),
            customer_email: String::new(),
            customer_phone: String::new(),
            link_id: None,
            checkout_url: None,
            qr_text: None,
            account: None,
            otp: None,
            transaction_id: None,
            method: None,
            task_why: None,
            expires_at: 0,
            ask_at: None,
            asked_at: None,
            asks: 0,
            is_closing: false,
            wants_qr: false,
            is_english: false,
            payer_ip: String::new(),
            wallet_agent: None,
            paid_at: None,
            created_at: 0,
            updated_at: 0,
        }
    }

    #[test]
    fn both_directions_and_other_amounts_are_found() {
        let theirs = |reference: &str, amount| SeenTransfer {
            reference: reference.to_owned(),
            amount,
            currency: "VND".to_owned(),
            at_ms: None,
            method: None,
        };
        let ours = |reference: &str, amount| StoredTransfer {
            reference: reference.to_owned(),
            amount,
            currency: "VND".to_owned(),
            at: 0,
            source: "webhook".to_owned(),
        };
        let told = Told {
            standing: ToldStanding::Paid,
            amount: Some(100),
            transfers: vec![theirs("A", 60), theirs("B", 40), theirs("C", 5)],
            link: Link::default(),
            raw: String::new(),
        };
        let held = [ours("A", 60), ours("C", 6), ours("D", 40), ours("R1", -6)];
        let found = differences(&payment(), &told, &held, "2026-11-25");
        let kinds: Vec<_> = found
            .iter()
            .map(|d| (d.kind.as_str(), d.reference.as_str()))
            .collect();
        assert_eq!(
            kinds,
            [
                ("missing_here", "B"),
                ("amount", "C"),
                ("missing_there", "D")
            ]
        );
    }
}
