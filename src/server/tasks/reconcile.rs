//! Asks providers about open payments, on their schedule and at the pace that each channel allows.
//!
//! A webhook may never come: what is not known is asked, by one server of all.

use std::pin::pin;
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::join_all;
use futures_util::stream;

use super::{Place, Task};
use crate::server::AppState;
use crate::server::pay::cashier::Cashier;
use crate::server::pay::{next_question, turn};
use crate::store::StoreError;
use crate::store::payments::{HeardFrom, PaymentRow, rest_ms};

/// Payments of a channel that are asked about in one run.
const IN_A_RUN: u32 = 40;
/// Questions to a channel whose answer is not there yet: a provider that is slow holds up no other one.
const AT_ONCE: usize = 40;
/// How long a turn to ask is waited for. Who waits longer is claimed for another run.
const TURN_MAX: Duration = Duration::from_secs(40);

pub(super) const TASK: Task = Task {
    name: "reconcile",
    place: Place::Leader,
    every: Duration::from_secs(1),
    is_at_once: true,
    bound: Duration::from_mins(2),
    work: |app| Box::pin(run(app)),
};

async fn run(app: AppState) -> Result<(), StoreError> {
    if app.pay().is_first_look() {
        let open = app.store().payments().questions().ask_all().await?;
        tracing::info!(
            open,
            "open payments are asked about: the server has started"
        );
    }
    let channels = app.store().payments().questions().due_channels().await?;
    let work = channels
        .iter()
        .map(|(owner, provider)| channel(&app, *owner, provider));
    for done in join_all(work).await {
        done?;
    }
    Ok(())
}

async fn channel(app: &AppState, owner: i64, provider: &str) -> Result<(), StoreError> {
    let due = app
        .store()
        .payments()
        .questions()
        .due(owner, provider, IN_A_RUN)
        .await?;
    // One after the other, each as soon as it may: nobody takes a turn that others wait behind.
    let turns = stream::iter(due).then(|due| {
        let app = app.clone();
        async move {
            let is_turn = turn::question(&app, &due.payment, TURN_MAX).await?;
            Ok::<_, StoreError>((due.payment, is_turn))
        }
    });
    let asking = turns.map(|turn| {
        let app = app.clone();
        async move {
            match turn? {
                (payment, true) => ask(&app, payment).await,
                (payment, false) => {
                    app.store()
                        .payments()
                        .questions()
                        .ask_soon(payment.id)
                        .await
                }
            }
        }
    });
    let mut asked = pin!(asking.buffer_unordered(AT_ONCE));
    while let Some(done) = asked.next().await {
        done?;
    }
    Ok(())
}

/// Asks about one, or takes its link back where it was paid another way.
async fn ask(app: &AppState, payment: PaymentRow) -> Result<(), StoreError> {
    let (payments, cashier) = (app.store().payments(), Cashier::of(app));
    let id = payment.id;
    if payment.is_closing {
        let closed = cashier.close(&payment).await;
        return match closed {
            Ok(row) => {
                app.store()
                    .payments()
                    .questions()
                    .closed(id, row.expires_at.max(app.store().now_ms() + 1))
                    .await
            }
            Err(_) => {
                app.store()
                    .payments()
                    .questions()
                    .asked(id, Some(app.store().now_ms() + rest_ms(payment.asks)))
                    .await
            }
        };
    }
    let row = match cashier.ask(payment.clone(), HeardFrom::Poll).await {
        Ok(row) => row,
        // Said in the log by whoever asked; what is not known is asked again.
        Err(_) => payments.find(id).await?.unwrap_or(payment),
    };
    app.store()
        .payments()
        .questions()
        .asked(id, next_question(&row, app.store().now_ms()))
        .await
}
