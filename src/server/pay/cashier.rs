//! Carries payments between the store and their providers: the intent is durable before a provider is
//! called, the answer after it, and what is not known is asked.
//!
//! Lives here: the calls and what is written around them. Never here: what an answer means (`facts`), what
//! becomes of a payment (`domain::payment`), who may.

mod ending;
mod opening;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::facts::{self, Meaning};
use super::kept::KeptOtp;
use super::refusal::PayRefusal;
use super::turn;
use crate::domain::payment::Provider;
use crate::providers::{Channel, OrderRef, OtpPrompt, PaymentProvider, ProviderFault, Told};
use crate::server::AppState;
use crate::store::StoreError;
use crate::store::payments::{
    Fact, Heard, HeardFrom, HeardOutcome, KeyUse, PaymentRow, StatementLine,
};

/// How long a payment can be paid where nobody says.
pub const LASTS_MS: i64 = 15 * 60 * 1000;

/// How long a provider's answer is waited for.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// How long it is waited for what comes of somebody else's call: longer than whoever calls may hold it.
const OTHERS_MAX: Duration = Duration::from_millis(14_500);

/// Somebody wants to pay.
#[derive(Debug, Clone)]
pub struct Wish {
    /// By whom.
    pub method: Provider,
    /// What they believe is owed, in đồng.
    pub amount: Option<i64>,
    /// Other words than the payable's own.
    pub description: Option<String>,
    /// Is a QR of the provider wanted, where it has the choice?
    pub wants_qr: bool,
    /// Do they read English?
    pub is_english: bool,
    /// From where.
    pub ip: IpAddr,
    /// Whose wallet it is taken from.
    pub wallet_agent: Option<String>,
}

/// Carries payments between the store and their providers.
#[derive(Clone)]
pub struct Cashier {
    app: AppState,
}

impl Cashier {
    /// For this server.
    pub fn of(app: &AppState) -> Self {
        Self { app: app.clone() }
    }

    /// The provider with this payee's keys.
    pub async fn provider(
        &self,
        payee: i64,
        provider: Provider,
    ) -> Result<Option<Arc<dyn PaymentProvider>>, PayRefusal> {
        let Some(channel) = Channel::of_provider(provider) else {
            return Ok(None);
        };
        let channels = self.app.channels().await?;
        match channels.own(payee, channel) {
            Ok(Some(open)) => self.app.pay().provider(open).map(Some),
            Ok(None) => Ok(None),
            Err(fault) => {
                tracing::error!(%fault, "a provider's settings cannot be opened");
                Err(PayRefusal::provider(
                    "Cổng thanh toán chưa dùng được. Báo cửa hàng.",
                ))
            }
        }
    }

    /// The ways on which this payee can be paid, in the order in which they are offered.
    pub async fn methods(&self, payee: i64, may_wallet: bool) -> Result<Vec<Provider>, PayRefusal> {
        let mut methods = Vec::new();
        for provider in Provider::ALL {
            if (provider != Provider::Wallet || may_wallet)
                && self.provider(payee, provider).await?.is_some()
            {
                methods.push(provider);
            }
        }
        Ok(methods)
    }

    async fn needed(&self, row: &PaymentRow) -> Result<Arc<dyn PaymentProvider>, PayRefusal> {
        let found = self.provider(row.owner_id, row.provider).await?;
        found.ok_or_else(|| PayRefusal::provider("Cổng thanh toán này đang tắt. Báo cửa hàng."))
    }

    async fn find(&self, id: i64) -> Result<PaymentRow, PayRefusal> {
        let row = self.app.store().payments().find(id).await?;
        row.ok_or_else(PayRefusal::not_found)
    }

    /// A call that somebody waits for: before all questions, and never more of them than the channel takes.
    pub async fn in_line<T>(
        &self,
        row: &PaymentRow,
        name: &'static str,
        call: impl Future<Output = Result<T, ProviderFault>>,
    ) -> Result<T, ProviderFault> {
        turn::customer(&self.app, row, timed(row, name, call)).await
    }

    /// Asks the provider how it stands and books what it says. Where the provider was asked a moment ago:
    /// what is known.
    pub async fn refresh(
        &self,
        row: PaymentRow,
        source: HeardFrom,
    ) -> Result<PaymentRow, PayRefusal> {
        let is_worth_it = row.state().is_open() && row.provider.can_be_asked();
        if !is_worth_it
            || !self
                .app
                .store()
                .payments()
                .questions()
                .claim_question(row.id)
                .await?
        {
            return Ok(row);
        }
        if turn::place(&self.app, row.owner_id, row.provider)
            .await?
            .is_err()
        {
            return Ok(row);
        }
        match self.ask(row.clone(), source).await {
            Ok(row) => Ok(row),
            // Nobody knows more than before; whoever looks is shown what is known.
            Err(_) => self.find(row.id).await,
        }
    }

    /// Asks the provider and books what it says, now.
    pub async fn ask(&self, row: PaymentRow, source: HeardFrom) -> Result<PaymentRow, PayRefusal> {
        let provider = self.needed(&row).await?;
        let is_unknown_there = row.state() == crate::domain::PaymentState::Created;
        let now = self.app.store().now_ms();
        if is_unknown_there && row.expires_at > now {
            return self.opened(row).await;
        }
        let order = self.order_ref(&row);
        let told = timed(&row, "ask", provider.ask(&order)).await?;
        self.take(&row, &told, source, "status")
            .await
            .map(|o| o.payment)
    }

    /// Was what it is for paid by another way? Then no word about its end counts before its time is over.
    pub async fn is_settled(&self, row: &PaymentRow) -> Result<bool, PayRefusal> {
        let payable = self
            .app
            .store()
            .payments()
            .payables()
            .payable(row.payable)
            .await?;
        Ok(payable.is_some_and(|p| p.owed() == 0) && row.standing.money.credited == 0)
    }

    /// Books what a provider's answer means.
    pub async fn take(
        &self,
        row: &PaymentRow,
        told: &Told,
        source: HeardFrom,
        kind: &str,
    ) -> Result<HeardOutcome, PayRefusal> {
        let is_settled = self.is_settled(row).await?;
        let now = self.app.store().now_ms();
        let Meaning { facts, key, why } = facts::meaning(row, told, is_settled, now);
        if let Some(otp) = &told.link.otp {
            let kept = KeptOtp::of(otp).text();
            self.app
                .store()
                .payments()
                .keep_otp(row.id, Some(&kept))
                .await?;
        }
        if let Some(why) = why {
            let event = (source, kind, key.as_str(), told.raw.as_str());
            let payments = self.app.store().payments();
            payments
                .keep_event(Some(row.id), row.provider.wire(), event, why)
                .await?;
        }
        self.book(row, source, kind, &key, &told.raw, &facts).await
    }

    async fn book(
        &self,
        row: &PaymentRow,
        source: HeardFrom,
        kind: &str,
        key: &str,
        body: &str,
        facts: &[Fact],
    ) -> Result<HeardOutcome, PayRefusal> {
        let heard = Heard {
            payment: row.id,
            source,
            kind,
            key,
            body,
            facts,
            actor: None,
        };
        self.hear(&heard).await.map_err(Into::into)
    }

    /// Books what was told, and tells those who look.
    pub async fn hear(&self, heard: &Heard<'_>) -> Result<HeardOutcome, StoreError> {
        let store = self.app.store();
        let _place = self.app.pay().place_to_book(store.engine()).await;
        let outcome = store.payments().hear(heard).await?;
        if outcome.payment.standing != outcome.before {
            self.app.pay().changed(&outcome.payment);
            let (from, to) = (outcome.before.state.wire(), outcome.payment.state().wire());
            tracing::info!(payment = outcome.payment.id, from, to, "a payment changed");
        }
        Ok(outcome)
    }

    /// Books a line of a bank's statement under the number of an import.
    pub async fn hear_line(
        &self,
        import: i64,
        line: &StatementLine<'_>,
    ) -> Result<Option<HeardOutcome>, StoreError> {
        let store = self.app.store();
        let _place = self.app.pay().place_to_book(store.engine()).await;
        let outcome = store.money_books().book_line(import, line).await?;
        if let Some(outcome) = &outcome {
            self.app.pay().changed(&outcome.payment);
        }
        Ok(outcome)
    }

    /// The same with a caller's key. `None`: the key was used for something else.
    pub async fn hear_once(
        &self,
        heard: &Heard<'_>,
        key: Option<&KeyUse>,
    ) -> Result<Option<HeardOutcome>, PayRefusal> {
        let store = self.app.store();
        let _place = self.app.pay().place_to_book(store.engine()).await;
        let outcome = store.payments().hear_once(heard, key).await?;
        if let Some(outcome) = &outcome {
            self.app.pay().changed(&outcome.payment);
        }
        Ok(outcome)
    }

    /// So many tries are left for the one-time password.
    pub async fn keep_attempts(&self, row: &PaymentRow, left: i64) -> Result<(), PayRefusal> {
        let kept = KeptOtp {
            attempts_left: Some(left),
            ..KeptOtp::read(row.otp.as_deref()).unwrap_or_default()
        };
        let payments = self.app.store().payments();
        Ok(payments.keep_otp(row.id, Some(&kept.text())).await?)
    }

    /// Another one-time password was sent.
    pub async fn keep_prompt(&self, row: &PaymentRow, otp: &OtpPrompt) -> Result<(), PayRefusal> {
        let payments = self.app.store().payments();
        Ok(payments
            .keep_otp(row.id, Some(&KeptOtp::of(otp).text()))
            .await?)
    }

    /// How the provider is asked about it.
    pub fn order_ref(&self, row: &PaymentRow) -> OrderRef {
        OrderRef {
            order_code: row.order_code,
            payment_code: row.payment_code.clone(),
            amount: row.standing.amount,
            created_ms: row.created_at,
            now_ms: self.app.store().now_ms(),
            link_id: row.link_id.clone(),
            ip: ip_of(row),
        }
    }
}

fn silent() -> PayRefusal {
    PayRefusal::provider("Cổng thanh toán chưa trả lời. Thử lại sau ít giây.")
}

fn ip_of(row: &PaymentRow) -> IpAddr {
    row.payer_ip
        .parse()
        .unwrap_or(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST))
}

/// A call, bounded in time and counted. No answer in time is no answer.
async fn timed<T>(
    row: &PaymentRow,
    call: &'static str,
    asked: impl Future<Output = Result<T, ProviderFault>>,
) -> Result<T, ProviderFault> {
    let (name, begun) = (row.provider.wire(), Instant::now());
    let answer = match tokio::time::timeout(ANSWER_MAX, asked).await {
        Ok(answer) => answer,
        Err(_) => Err(ProviderFault::Unknown {
            provider: row.provider.label(),
            cause: format!("no answer to {call} within {ANSWER_MAX:?}"),
        }),
    };
    let how = match &answer {
        Ok(_) => "ok",
        Err(ProviderFault::Refused { .. }) => "refused",
        Err(ProviderFault::Unknown { .. }) => "unknown",
        Err(ProviderFault::Busy { .. }) => "busy",
        Err(ProviderFault::NotOffered { .. }) => "not_offered",
    };
    metrics::counter!("gachno_provider_calls_total", "provider" => name, "call" => call, "answer" => how)
        .increment(1);
    metrics::histogram!("gachno_provider_seconds", "provider" => name, "call" => call)
        .record(begun.elapsed().as_secs_f64());
    answer
}
