//! A payment request goes to its customer by letter, where whoever made it says so.

use super::refusal::PayRefusal;
use super::shown::pay_url;
use crate::domain::Language;
use crate::domain::letter::{LetterChannel, LetterKind, LetterWords, message_id};
use crate::domain::money::grouped;
use crate::server::AppState;
use crate::store::letters::NewLetter;
use crate::store::payments::Payable;

/// Writes the letter, once for each payable. Without an address there is none.
pub async fn send_request(app: &AppState, payable: &Payable) -> Result<(), PayRefusal> {
    if payable.renter.email.is_empty() {
        return Ok(());
    }
    let payee = app.store().payees().find(payable.owner_id).await?;
    let words = LetterWords::new()
        .with("amount", format!("{} đ", grouped(payable.amount)))
        .with("description", &payable.title)
        .with("customer_name", &payable.renter.name)
        .with("shop", payee.map(|p| p.name).unwrap_or_default())
        .with("pay_url", pay_url(app, payable));
    let kind = LetterKind::RequestSent;
    let letters = app.store().letters();
    let filled = letters
        .compose(payable.owner_id, kind, Language::Vi, &words)
        .await?;
    let code = format!("{}-{}", payable.at.kind.wire(), payable.at.id);
    let letter = NewLetter {
        message_id: message_id(LetterChannel::Email, kind, &code),
        channel: LetterChannel::Email,
        payee: payable.owner_id,
        payment: None,
        kind,
        recipient: payable.renter.email.clone(),
        subject: filled.subject.clone(),
        html: Some(filled.page()),
        text: filled.text,
        data: None,
    };
    letters.write(&letter).await?;
    Ok(())
}
