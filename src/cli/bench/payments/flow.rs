//! Making a payment, asking about many, and letters.

use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::MissedTickBehavior;

use super::super::{Row, count, percentile};
use super::stage::{Stage, ms};
use crate::domain::letter::{LetterChannel, LetterKind};
use crate::sandbox::gateway::{GatewayFault, GatewayFaultAction};
use crate::store::letters::NewLetter;

/// Payments that are made, and how long their provider takes for each.
const MADE: usize = 120;
const PROVIDER_MS: u64 = 60;
/// One after the other, as fast as a channel takes them: whoever comes faster stands in its line.
const APART: Duration = Duration::from_millis(220);
/// Calls that the provider of open payments takes in a second.
const CALLS: usize = 5;
/// Letters that wait.
const LETTERS: usize = 2_000;
/// Nothing here takes longer.
const PATIENCE: Duration = Duration::from_mins(5);

/// What making a payment adds to its provider's own time.
pub async fn create(stage: &Stage) -> anyhow::Result<Vec<Row>> {
    let served = stage.serve().await?;
    stage.gateway().fault(GatewayFault {
        at: "payos.create".to_owned(),
        order_code: None,
        after: 0,
        times: 0,
        action: GatewayFaultAction::LateMs(PROVIDER_MS),
    });
    let mut added = Vec::new();
    let mut turn = tokio::time::interval(APART);
    turn.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 0..MADE {
        turn.tick().await;
        let request = json!({
            "amount": 100_000, "description": "Tiền phòng",
            "customer": { "name": "Lan", "email": "lan@example.com", "phone": "0981234567" },
        });
        let url = format!("{}/api/payment-requests", served.url());
        let (made, _) = stage.post(url, &request).await?;
        let body = json!({ "request_id": made["id"], "method": "payos" });
        let url = format!("{}/payment/process_payment", served.url());
        let (_, took) = stage.post(url, &body).await?;
        // The first ones open connections.
        if number >= 10 {
            added.push(ms(took.saturating_sub(Duration::from_millis(PROVIDER_MS))));
        }
    }
    stage.gateway().update(|scenario| scenario.faults.clear());
    Ok(vec![
        Row::at_most(
            "making a payment, beside its provider's time, p99",
            percentile(&mut added, 99),
            "ms",
            15.0,
        ),
        Row::plain(
            "making a payment, beside its provider's time, p50",
            percentile(&mut added, 50),
            "ms",
        ),
    ])
}

/// Everything that is open is asked about, by a provider that counts.
pub async fn reconcile(stage: &Stage, open: u32) -> anyhow::Result<Vec<Row>> {
    let gateway = stage.gateway();
    let now = stage.store.now_ms();
    stage
        .store
        .money_books()
        .add_samples(open, Some(now))
        .await?;
    gateway.update(|scenario| scenario.calls_per_s = Some(CALLS));
    let before = gateway.truth().times_called("payos.get");
    let served = stage.serve().await?;
    let begun = Instant::now();
    // Half as long again as the provider's own pace takes.
    let patience = PATIENCE.max(Duration::from_secs(u64::from(open) / CALLS as u64 * 3 / 2));
    let asked = loop {
        let asked = gateway.truth().times_called("payos.get") - before;
        if asked >= open as usize || begun.elapsed() > patience {
            break asked;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let took = begun.elapsed().as_secs_f64();
    drop(served);
    let over = gateway.truth().over_the_limit;
    gateway.update(|scenario| scenario.calls_per_s = None);
    Ok(vec![
        Row::plain(
            format!("{asked} of {open} open payments asked about, {CALLS} calls a second allowed"),
            count(asked) / took,
            "/s",
        ),
        Row::at_most(
            "calls over what the provider takes",
            f64::from(u32::try_from(over).unwrap_or(u32::MAX)),
            "",
            0.0,
        ),
    ])
}

/// Letters that wait, into a mail server on this machine.
pub async fn letters(stage: &Stage) -> anyhow::Result<Vec<Row>> {
    for number in 0..LETTERS {
        let letter = NewLetter {
            message_id: format!("<bench-{number}@gachno>"),
            channel: LetterChannel::Email,
            payee: 1,
            payment: None,
            kind: LetterKind::PaymentPaid,
            recipient: "lan@example.com".to_owned(),
            subject: "Đã thanh toán".to_owned(),
            text: "Cảm ơn.".to_owned(),
            html: Some("<p>Cảm ơn.</p>".to_owned()),
            data: None,
        };
        stage.store.letters().write(&letter).await?;
    }
    let served = stage.serve().await?;
    let begun = Instant::now();
    while stage.gateway().truth().mails.len() < LETTERS && begun.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(served);
    let mails = stage.gateway().truth().mails;
    let times = mails.iter().map(|mail| mail.at_ms);
    let span = times.clone().max().unwrap_or_default() - times.min().unwrap_or_default();
    let seconds = Duration::from_millis(span.unsigned_abs().max(1)).as_secs_f64();
    Ok(vec![Row::at_least(
        "letters sent into a mail server here",
        count(mails.len()) / seconds,
        "/s",
        200.0,
    )])
}
