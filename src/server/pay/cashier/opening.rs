//! A payment is begun and opened at its provider: once, whoever asks how often.

use std::time::{Duration, Instant};

use super::{Cashier, LASTS_MS, OTHERS_MAX, Wish, ip_of, silent, timed};
use crate::domain::payment::{End, Provider, order_code, payment_code};
use crate::providers::{Link, Order, Payer, ProviderFault};
use crate::server::pay::kept::{KeptAccount, KeptOtp};
use crate::server::pay::refusal::PayRefusal;
use crate::server::pay::turn;
use crate::store::payments::{
    Begun, Fact, HeardFrom, KeptLink, KeyUse, NewPayment, Payable, PaymentRow,
};

impl Cashier {
    /// Makes a payment payable, or finds the one that is.
    pub async fn begin(
        &self,
        payable: &Payable,
        wish: Wish,
        key: Option<&KeyUse>,
    ) -> Result<PaymentRow, PayRefusal> {
        let provider = self.provider(payable.owner_id, wish.method).await?;
        if provider.is_none() {
            return Err(PayRefusal::invalid(
                "Cửa hàng chưa nhận cách thanh toán này.",
            ));
        }
        self.end_overdue(payable, wish.method).await?;
        let new = NewPayment {
            payable: payable.at,
            provider: wish.method,
            amount: wish.amount,
            description: wish.description,
            lasts_ms: LASTS_MS,
            wants_qr: wish.wants_qr,
            is_english: wish.is_english,
            payer_ip: wish.ip.to_string(),
            wallet_agent: wish.wallet_agent,
            order_code: order_code(self.app.store().now_ms(), rand::random()),
            payment_code: payment_code(rand::random()),
        };
        let turn = turn::to_open(payable.owner_id, new.provider, new.wants_qr);
        let payments = self.app.store().payments();
        let row = match payments.begin(&new, Some(&turn), key).await? {
            Begun::New(row, wait_ms) => return self.carried_open(*row, Some(wait_ms)).await,
            Begun::Open(row) => *row,
            Begun::Busy(wait_ms) => return Err(turn::too_long(new.provider, wait_ms).into()),
            Begun::NothingOwed => return Err(PayRefusal::conflict("Khoản này đã trả đủ.")),
            Begun::Over => return Err(PayRefusal::conflict("Yêu cầu thanh toán này đã hết hạn.")),
            Begun::OtherAmount(owed) => {
                let error = format!("Số tiền cần trả là {owed} đ.");
                return Err(PayRefusal::invalid(error).with("owed", owed));
            }
            Begun::TooLarge => {
                return Err(PayRefusal::invalid(
                    "Số tiền vượt mức của cách thanh toán này. Chọn cách khác.",
                ));
            }
            Begun::KeyUsed => {
                return Err(PayRefusal::conflict(
                    "Idempotency-Key này đã dùng cho yêu cầu khác.",
                ));
            }
        };
        self.opened(row).await
    }

    /// A payment whose time is over is asked about before another one may take its place.
    pub(super) async fn end_overdue(
        &self,
        payable: &Payable,
        method: Provider,
    ) -> Result<(), PayRefusal> {
        let now = self.app.store().now_ms();
        let payments = self.app.store().payments();
        let overdue = payments
            .of_payable(payable.at)
            .await?
            .into_iter()
            .find(|row| {
                row.provider == method
                    && row.state().is_open()
                    && row.received() == 0
                    && row.expires_at <= now
                    && row.provider.can_be_asked()
            });
        if let Some(row) = overdue {
            if let Err(wait_ms) = turn::place(&self.app, row.owner_id, row.provider).await? {
                return Err(turn::too_long(row.provider, wait_ms).into());
            }
            self.ask(row, HeardFrom::Poll).await?;
        }
        Ok(())
    }

    /// The payment, payable at its provider.
    pub async fn opened(&self, row: PaymentRow) -> Result<PaymentRow, PayRefusal> {
        if row.state() != crate::domain::PaymentState::Created {
            return Ok(row);
        }
        let payments = self.app.store().payments();
        if !payments.claim_opening(row.id).await? {
            if let Some(opened) = self.awaited(row.id).await? {
                return Ok(opened);
            }
            // Whoever was at it has died.
            if !payments.claim_opening(row.id).await? {
                return Err(silent());
            }
        }
        self.carried_open(row, None).await
    }

    /// Opens a payment that this caller has claimed: carried through whether or not the customer still waits.
    /// `reserved`: how long its place in the provider's line is away, where it has one.
    pub(super) async fn carried_open(
        &self,
        row: PaymentRow,
        reserved: Option<i64>,
    ) -> Result<PaymentRow, PayRefusal> {
        let cashier = self.clone();
        let opening = async move { cashier.open(row, reserved).await };
        match self.app.carry_through(opening).await {
            Ok(opened) => opened,
            Err(_) => Err(PayRefusal::broken()),
        }
    }

    /// Somebody else is opening it: waits for what comes of it. `None`: nothing did.
    pub(super) async fn awaited(&self, id: i64) -> Result<Option<PaymentRow>, PayRefusal> {
        let begun = Instant::now();
        loop {
            let row = self.find(id).await?;
            if row.state() != crate::domain::PaymentState::Created {
                return Ok(Some(row));
            }
            if begun.elapsed() > OTHERS_MAX {
                return Ok(None);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(super) async fn open(
        &self,
        row: PaymentRow,
        reserved: Option<i64>,
    ) -> Result<PaymentRow, PayRefusal> {
        let provider = self.needed(&row).await?;
        let order = self.order(&row).await?;
        let opening = timed(&row, "open", provider.open(&order));
        let opened = if let Some(wait_ms) = reserved {
            turn::waited(wait_ms).await;
            opening.await
        } else {
            let turn = turn::to_open(row.owner_id, row.provider, row.wants_qr);
            turn::in_turn(&self.app, &row, &turn, opening).await
        };
        match opened {
            Ok(link) => self.keep_link(row.id, &link).await,
            Err(fault) => Err(self.not_opened(&row, fault).await?),
        }
    }

    pub(super) async fn keep_link(&self, id: i64, link: &Link) -> Result<PaymentRow, PayRefusal> {
        let account = link.account.as_ref().map(|to| KeptAccount::of(to).text());
        let otp = link.otp.as_ref().map(|otp| KeptOtp::of(otp).text());
        let kept = KeptLink {
            id: link.id.as_deref(),
            checkout_url: link.checkout_url.as_deref(),
            qr_text: link.qr_text.as_deref(),
            account: account.as_deref(),
            otp: otp.as_deref(),
        };
        let outcome = self.app.store().payments().opened(id, &kept).await?;
        self.app.pay().changed(&outcome.payment);
        Ok(outcome.payment)
    }

    /// What follows where it could not be opened: a known no ends it, anything else is asked about later.
    pub(super) async fn not_opened(
        &self,
        row: &PaymentRow,
        fault: ProviderFault,
    ) -> Result<PayRefusal, PayRefusal> {
        use crate::providers::ProviderRefusal;
        match &fault {
            ProviderFault::Refused { why, code, .. } => {
                self.book(
                    row,
                    HeardFrom::Open,
                    "refused",
                    "refused",
                    &fault.to_string(),
                    &[Fact::Ended(End::Failed)],
                )
                .await?;
                let refusal = match why {
                    ProviderRefusal::NotLinked => {
                        PayRefusal::invalid("Vui lòng thực hiện liên kết phương thức thanh toán")
                    }
                    ProviderRefusal::NoFunds => PayRefusal::no_funds(code).with("state", "failed"),
                    _ => PayRefusal::from(fault),
                };
                Ok(refusal)
            }
            // Nobody is at it any more: whoever asks next may try, by the same number.
            ProviderFault::Unknown { .. }
            | ProviderFault::Busy { .. }
            | ProviderFault::NotOffered { .. } => {
                self.app.store().payments().release_opening(row.id).await?;
                Ok(PayRefusal::from(fault))
            }
        }
    }

    pub(super) async fn order(&self, row: &PaymentRow) -> Result<Order, PayRefusal> {
        let payable = self
            .app
            .store()
            .payments()
            .payables()
            .payable(row.payable)
            .await?;
        let payable = payable.ok_or_else(PayRefusal::not_found)?;
        let base = self.app.public_url();
        let token = &payable.pay_token;
        Ok(Order {
            order_code: row.order_code,
            payment_code: row.payment_code.clone(),
            amount: row.standing.amount,
            description: row.description.clone(),
            return_url: match row.provider {
                Provider::VnPay => format!("{base}/payment/vnpay/return?t={token}"),
                _ => format!("{base}/payment/return?t={token}"),
            },
            cancel_url: format!("{base}/payment/return?t={token}&cancel=1"),
            notify_url: format!("{base}/webhook/wallet"),
            created_ms: row.created_at,
            expires_ms: row.expires_at,
            payer_ip: ip_of(row),
            payer: Payer {
                name: row.customer_name.clone(),
                email: row.customer_email.clone(),
                phone: row.customer_phone.clone(),
            },
            wallet_agent: row.wallet_agent.clone(),
            wants_qr: row.wants_qr,
            is_english: row.is_english,
        })
    }
}
