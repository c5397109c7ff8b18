//! Slips of paper: receipts, and ends of shifts.

use std::path::PathBuf;

use jiff::Timestamp;

use super::days::since_ms;
use super::message::LedgerUpdate;
use super::open::Open;
use super::shifts;
use crate::app;
use crate::desktop::model::shift::Shift;
use crate::desktop::model::{FoundAttempt, local};
use crate::desktop::words::{Language, Words, said};
use crate::domain::money::in_words;
use crate::domain::{Outcome, Vnd};
use crate::report::slip::{self, SavedSlip, Slip, SlipLine};

/// The receipt of a bill that was paid, made by this person.
pub async fn receipt(at: &Open, one: &FoundAttempt, who: &str) -> Result<SavedSlip, String> {
    let words = Language::of(&at.config.window.language).words();
    match receipt_of(one, &at.config.report.shop, who, words) {
        Some(slip) => saved(at, slip).await,
        None => Err(words.no_receipt.to_owned()),
    }
}

/// What stands on it; `None` where nothing was paid.
fn receipt_of(one: &FoundAttempt, shop: &str, who: &str, words: &Words) -> Option<Slip> {
    let amount = one
        .end
        .amount
        .filter(|_| one.end.outcome == Outcome::Paid)?;
    let end: String = one.attempt.chars().rev().take(6).collect();
    let slip = Slip::named(&format!("bien-lai-{}-{end}", one.account))
        .with(SlipLine::Title(shop.to_owned()))
        .with(SlipLine::Middle(words.receipt_title.to_owned()))
        .with(SlipLine::Middle((words.service)(one.service).to_owned()))
        .with(SlipLine::Rule)
        .with(SlipLine::Pair(
            (words.account)(one.service).to_owned(),
            one.account.clone(),
        ))
        .with(SlipLine::Pair(
            words.customer.to_owned(),
            one.customer.clone().unwrap_or_default(),
        ))
        .with(SlipLine::Pair(words.at.to_owned(), one.at.clone()))
        .with(SlipLine::Pair(
            words.transaction_id.to_owned(),
            one.end.transaction_id.clone().unwrap_or_default(),
        ))
        .with(SlipLine::Pair(words.operator.to_owned(), who.to_owned()))
        .with(SlipLine::Rule)
        .with(SlipLine::Sum(words.money.to_owned(), amount.to_string()));
    Some(match words.language {
        Language::Vi => slip.with(SlipLine::Text(in_words(amount.dong()))),
        Language::En => slip,
    })
}

/// Closes the shift that goes since the last one was closed, or since the day began.
pub async fn close_shift(at: &Open, counted: Shift) -> Result<LedgerUpdate, String> {
    let until_ms = Timestamp::now().as_millisecond();
    let (since, bills, paid) = shift_so_far(at, until_ms).await?;
    let shift = Shift {
        since_ms: since,
        until_ms,
        bills,
        paid,
        ..counted
    };
    let (path, kept) = (at.home.shifts(), shift.clone());
    tokio::task::spawn_blocking(move || shifts::keep(&path, &kept))
        .await
        .map_err(said)?
        .map_err(said)?;
    Ok(LedgerUpdate::ShiftClosed(Box::new(shift)))
}

/// Since when the shift goes, how many bills were paid in it, and what.
pub async fn shift_so_far(at: &Open, until_ms: i64) -> Result<(i64, usize, Vnd), String> {
    let since = begin_of(&closed(at).await?);
    let records = at.tools.ledger.records();
    let paid = records.paid_between(since, until_ms).await;
    let (bills, paid) = paid.map_err(said)?;
    Ok((since, bills, paid))
}

/// A shift begins where the last one ended, also over midnight: no payment lies between two. The first one of a
/// machine begins with its day.
fn begin_of(closed: &[Shift]) -> i64 {
    closed
        .first()
        .map_or_else(|| since_ms(1), |last| last.until_ms)
}

/// Shifts that are over, the newest first.
pub async fn closed(at: &Open) -> Result<Vec<Shift>, String> {
    let path = at.home.shifts();
    tokio::task::spawn_blocking(move || shifts::read(&path))
        .await
        .map_err(said)?
        .map_err(said)
}

/// The slip of a shift.
pub async fn of_shift(at: &Open, shift: &Shift) -> Result<SavedSlip, String> {
    let words = Language::of(&at.config.window.language).words();
    saved(at, shift.slip(&at.config.report.shop, words)).await
}

async fn saved(at: &Open, slip: Slip) -> Result<SavedSlip, String> {
    let today = local(Timestamp::now().as_millisecond(), "%Y-%m-%d");
    let folder: PathBuf = app::report_folder(&at.config).join("bien_lai").join(today);
    tokio::task::spawn_blocking(move || slip::save(&slip, &folder))
        .await
        .map_err(said)?
        .map_err(said)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Conclusion, Proof, Service};

    fn one(outcome: Outcome) -> FoundAttempt {
        FoundAttempt {
            attempt: "0199-abcdef".into(),
            service: Service::PayEvn,
            account: "PE0001".into(),
            customer: Some("TRẦN THỊ BÍCH NGỌC".into()),
            end: Conclusion {
                outcome,
                proof: Proof::None,
                amount: Some(Vnd::fixed(412_000)),
                transaction_id: Some("VTP004113".into()),
                message: String::new(),
            },
            at: "20/11/2026 10:31".into(),
        }
    }

    #[test]
    fn a_shift_goes_on_over_midnight_from_where_the_last_one_ended() {
        let shift = |until_ms| Shift {
            who: "Lan".into(),
            since_ms: 0,
            until_ms,
            opening: Vnd::ZERO,
            bills: 0,
            paid: Vnd::ZERO,
            notes: Vec::new(),
            counted: Vnd::ZERO,
        };
        let yesterday = since_ms(1) - 2 * 3_600_000;
        assert_eq!(begin_of(&[shift(yesterday), shift(5)]), yesterday);
        assert_eq!(begin_of(&[]), since_ms(1));
    }

    #[test]
    fn a_receipt_says_what_was_paid_and_nothing_else_has_one() {
        let words = Language::Vi.words();
        let slip = receipt_of(&one(Outcome::Paid), "Hoàng Ngọc", "Lan", words).expect("paid");
        let told = format!("{:?}", slip.lines);
        for text in [
            "Hoàng Ngọc",
            "PE0001",
            "412.000 đ",
            "VTP004113",
            "20/11/2026 10:31",
            "Lan",
        ] {
            assert!(told.contains(text), "{text} in {told}");
        }
        for outcome in Outcome::ALL.into_iter().filter(|o| *o != Outcome::Paid) {
            assert_eq!(receipt_of(&one(outcome), "", "", words), None, "{outcome}");
        }
    }
}
