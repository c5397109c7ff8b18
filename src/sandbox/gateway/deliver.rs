//! Telling news: webhooks and notices, repeated, late, out of order, forged, sent again.

use std::time::Duration;

use super::Gateway;
use super::scenario::GatewayDelivery;
use super::truth::GatewayWebhook;
use super::world::keep;

/// How long an answer is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// What is kept of an answer, in bytes.
const ANSWER_KEPT: usize = 2_000;
/// Where every other one is held, so long.
const REORDER: Duration = Duration::from_millis(400);
/// The most copies of one.
const REPEATS_MAX: u32 = 200;

/// News for somebody.
#[derive(Debug, Clone)]
pub struct GatewayNews {
    pub order_code: i64,
    pub url: String,
    /// With GET where there is none: then the address says it all.
    pub body: Option<String>,
    pub headers: Vec<(&'static str, String)>,
    /// The same with a lie in it, for a delivery that forges.
    pub forged: Option<Box<Self>>,
    /// A word in the answer that says that it was not taken, whatever HTTP says.
    pub refused_by: fn(&str) -> bool,
}

impl Gateway {
    /// Sends it in the background, as the scenario says.
    pub fn tell(&self, news: GatewayNews) {
        let (delivery, number) = {
            let mut world = self.world();
            (world.scenario.delivery.clone(), world.telling())
        };
        if delivery.silent {
            return;
        }
        let gateway = self.clone();
        tokio::spawn(async move { gateway.deliver(&delivery, number, news).await });
    }

    async fn deliver(&self, delivery: &GatewayDelivery, number: u64, news: GatewayNews) {
        tokio::time::sleep(Duration::from_millis(delivery.delay_ms)).await;
        if delivery.reorder && number % 2 == 1 {
            tokio::time::sleep(REORDER).await;
        }
        if let (true, Some(forged)) = (delivery.forge, &news.forged) {
            self.send(forged, true).await;
        }
        let copies = (0..=delivery.repeats.min(REPEATS_MAX)).map(|_| self.send(&news, false));
        let mut taken = futures_util::future::join_all(copies)
            .await
            .into_iter()
            .any(|t| t);
        let mut wait = Duration::from_millis(delivery.retry_ms);
        for _ in 0..delivery.retries.min(REPEATS_MAX) {
            if taken {
                break;
            }
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2);
            taken = self.send(&news, false).await;
        }
    }

    /// Sends it once, writes down what came of it, and says whether it was taken.
    pub async fn send(&self, news: &GatewayNews, is_forged: bool) -> bool {
        let client = self.client();
        let mut request = match &news.body {
            Some(body) => client
                .post(&news.url)
                .header("content-type", "application/json")
                .body(body.clone()),
            None => client.get(&news.url),
        };
        for (name, value) in &news.headers {
            request = request.header(*name, value);
        }
        let answer = request.timeout(ANSWER_MAX).send().await;
        let (status, text) = match answer {
            Ok(mut answer) => {
                let status = answer.status();
                let first = answer.chunk().await.ok().flatten().unwrap_or_default();
                let kept = &first[..first.len().min(ANSWER_KEPT)];
                (Some(status), String::from_utf8_lossy(kept).into_owned())
            }
            Err(_) => (None, String::new()),
        };
        let is_taken = status.is_some_and(|s| s.is_success()) && !(news.refused_by)(&text);
        let sent = GatewayWebhook {
            order_code: news.order_code,
            url: news.url.clone(),
            body: news.body.clone().unwrap_or_default(),
            forged: is_forged,
            status: status.map(|s| s.as_u16()),
            answer: text,
        };
        keep(&mut self.world().webhooks, sent);
        is_taken
    }
}
