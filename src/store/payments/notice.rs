//! Whom a change of a payment concerns is told, in the transaction of the change: the payee's people
//! within the program, the payer by letter.

use super::row::PaymentRow;
use crate::domain::Language;
use crate::domain::calendar::minute_of;
use crate::domain::letter::{LetterChannel, LetterKind, LetterWords, message_id};
use crate::domain::money::grouped;
use crate::domain::payment::{PayableKind, PaymentState, PaymentTask, Standing};

use crate::store::StoreError;
use crate::store::base::{Conn, Tx, int_or_none, one, text_or_none, values};
use crate::store::letters::{self, NewLetter};
use crate::store::notifications::{self, NewNotification};

/// What of a change is news.
struct News {
    kind: &'static str,
    key: String,
    title: String,
    text: String,
}

/// Tells people within the program, and the payer by letter.
pub(super) async fn tell(
    tx: &Tx,
    payment: &PaymentRow,
    before: &Standing,
) -> Result<(), StoreError> {
    for news in news_of(payment, before) {
        let told = NewNotification {
            payee: payment.owner_id,
            user_id: None,
            key: news.key,
            title: news.title,
            text: news.text,
            url: format!("/admin/payments/{}", payment.id),
        };
        notifications::tell(tx, &told).await?;
        if news.kind == "paid" {
            tell_payer(tx, payment).await?;
        }
    }
    Ok(())
}

/// One for each that came about now: paid, too little, too much, for a person.
fn news_of(payment: &PaymentRow, before: &Standing) -> Vec<News> {
    let now = &payment.standing;
    let (code, id) = (&payment.payment_code, payment.id);
    let about = format!("{} · {}", payment.customer_name, payment.description);
    let mut all = Vec::new();
    let mut news = |kind, key: String, title: String| {
        all.push(News {
            kind,
            key,
            title,
            text: about.clone(),
        });
    };
    // The desk has books of its own for what went well.
    let is_news = payment.payable.kind != PayableKind::Receipt;
    if is_news && now.state == PaymentState::Paid && before.state != PaymentState::Paid {
        let sum = grouped(now.amount);
        news(
            "paid",
            format!("paid|{id}"),
            format!("{code}: đã nhận {sum} đ"),
        );
    }
    if now.task == Some(PaymentTask::Underpaid) && now.money.received() > before.money.received() {
        let received = now.money.received();
        let missing = grouped(now.amount - received);
        let title = format!(
            "{code}: nhận {} đ, còn thiếu {missing} đ",
            grouped(received)
        );
        news("underpaid", format!("underpaid|{id}|{received}"), title);
    }
    if now.money.surplus > before.money.surplus {
        let surplus = now.money.surplus;
        let title = format!("{code}: thừa {} đ, cần hoàn lại", grouped(surplus));
        news("surplus", format!("surplus|{id}|{surplus}"), title);
    }
    let is_for_person = now.task == Some(PaymentTask::Review)
        && (before.task != now.task || now.money.review > before.money.review);
    if is_for_person {
        let review = now.money.review;
        let why = payment.task_why.as_deref().unwrap_or("có tiền cần xem");
        let title = format!("{code}: {why}").chars().take(250).collect();
        news(
            "review",
            format!("review|{id}|{review}|{}", payment.updated_at),
            title,
        );
    }
    all
}

async fn tell_payer(tx: &Tx, payment: &PaymentRow) -> Result<(), StoreError> {
    let (shop, user) = shop_and_user(tx, payment).await?;
    if let Some(user) = user {
        let told = NewNotification {
            payee: payment.owner_id,
            user_id: Some(user),
            key: format!("payer|{}", payment.id),
            title: format!("Đã thanh toán {} đ", grouped(payment.standing.amount)),
            text: payment.description.clone(),
            url: format!("/payment/status/{}", payment.id),
        };
        notifications::tell(tx, &told).await?;
    }
    if payment.customer_email.is_empty() {
        return Ok(());
    }
    let words = LetterWords::new()
        .with("payment_code", &payment.payment_code)
        .with("amount", format!("{} đ", grouped(payment.standing.amount)))
        .with("description", &payment.description)
        .with("customer_name", &payment.customer_name)
        .with("shop", shop)
        .with(
            "paid_at",
            minute_of(payment.paid_at.unwrap_or_else(|| tx.now_ms())),
        );
    let (kind, language) = (
        LetterKind::PaymentPaid,
        if payment.is_english {
            Language::En
        } else {
            Language::Vi
        },
    );
    let filled = letters::compose(tx, payment.owner_id, kind, language, &words).await?;
    let letter = NewLetter {
        message_id: message_id(LetterChannel::Email, kind, &payment.payment_code),
        channel: LetterChannel::Email,
        payee: payment.owner_id,
        payment: Some(payment.id),
        kind,
        recipient: payment.customer_email.clone(),
        subject: filled.subject.clone(),
        html: Some(filled.page()),
        text: filled.text,
        data: None,
    };
    letters::write(tx, &letter).await.map(|_| ())
}

/// What the payee is called, and the payer's account, where one is named by its login.
async fn shop_and_user(tx: &Tx, payment: &PaymentRow) -> Result<(String, Option<i64>), StoreError> {
    let sql = tx.casts(
        "SELECT (SELECT name FROM owner WHERE id = ?), \
         (SELECT CAST(MIN(users.id) AS SIGNED) FROM renter JOIN users ON users.username = renter.username WHERE renter.id = ?)",
    );
    let Some(row) = one(tx, &sql, values![payment.owner_id, payment.renter_id]).await? else {
        return Ok((String::new(), None));
    };
    let shop = text_or_none(&row, 0)?.unwrap_or_default();
    Ok((shop, int_or_none(&row, 1)?))
}
