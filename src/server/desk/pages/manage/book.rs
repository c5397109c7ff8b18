//! The shop's book of a day, with pictures.

use axum::extract::{Query, State};

use super::manage_shell;
use crate::domain::desk::message::written;
use crate::server::AppState;
use crate::server::desk::books::{self, OfDay};
use crate::server::desk::pages::day::{beside, clock};
use crate::server::desk::pages::draw::{Drawn, page};
use crate::server::desk::pages::payment::here;
use crate::server::desk::view::ReceiptRow;
use crate::server::desk::view::manage::{BarPart, BookPage, DayBar, DifferenceLine};
use crate::server::desk::who::DeskPerson;
use crate::server::web::words::money;
use crate::store::desk::{BookOfDay, DeskPayment};

/// `GET /desk/manage/book?date=`
pub(super) async fn show(
    State(app): State<AppState>,
    me: DeskPerson,
    Query(of): Query<OfDay>,
) -> Drawn {
    let (day, book) = books::book(&app, &me, of.date.as_deref()).await?;
    let (before, after) = beside(&app, &day)?;
    let receipts = app.store().desk().cash().receipts(me.owner, &day).await?;
    page(&BookPage {
        shell: manage_shell(&me, "Sổ ngày của cửa hàng"),
        day: written(&day),
        before,
        after,
        collected: money(book.cash + book.wallet + book.qr),
        bars: bars(&book),
        differences: book
            .differences
            .iter()
            .map(|difference| DifferenceLine {
                what: difference.what.clone(),
                amount: money(difference.amount),
                reason: difference.reason.clone(),
            })
            .collect(),
        receipts: receipts.iter().filter_map(receipt_row).collect(),
    })
}

fn bars(book: &BookOfDay) -> Vec<DayBar> {
    vec![
        bar(
            "Khách trả bằng",
            &[
                ("Tiền mặt", book.cash),
                ("Ví", book.wallet),
                ("QR", book.qr),
            ],
        ),
        bar(
            "Tiền mặt của ngày này ở đâu",
            &[
                ("Đã nộp", book.handed_in),
                ("Nhân viên đang giữ", book.held),
            ],
        ),
        bar(
            "Tiền mặt nhận nộp trong ngày",
            &[("Đã đếm, tiền của mọi ngày", book.counted)],
        ),
        bar("Tiền chuyển về tài khoản", &[("Ví và QR", book.transfers)]),
        bar("Đã gạch nợ ở cổng", &[("Đã gạch", book.settled)]),
    ]
}

/// A sum and its parts. What is nothing has no part.
fn bar(title: &'static str, parts: &[(&'static str, i64)]) -> DayBar {
    const CLASSES: [&str; 4] = ["p0", "p1", "p2", "p3"];
    let sum: i64 = parts.iter().map(|(_, amount)| amount).sum();
    let whole: i64 = parts.iter().map(|(_, amount)| (*amount).max(0)).sum();
    let mut before = 0_i64;
    let mut drawn = Vec::new();
    let mut words = Vec::new();
    for ((title, amount), class) in parts.iter().zip(CLASSES) {
        let upto = before + (*amount).max(0);
        let place = |amount: i64| amount.saturating_mul(100) / whole.max(1);
        drawn.push(BarPart {
            class,
            title,
            amount: money(*amount),
            from: place(before),
            width: place(upto) - place(before),
        });
        words.push(format!("{title} {}", money(*amount)));
        before = upto;
    }
    DayBar {
        title,
        total: money(sum),
        words: format!("{title}: {}", words.join(", ")),
        parts: drawn,
    }
}

fn receipt_row(desk: &DeskPayment) -> Option<ReceiptRow> {
    Some(ReceiptRow {
        url: here(desk.id),
        number: desk.receipt.clone()?,
        at: desk.receipt_at.map_or_else(String::new, clock),
        contract: format!("{} · {}", desk.contract, desk.collector),
        method: desk.method.label(),
        total: money(desk.total),
        is_void: desk.cancelled_at.is_some(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_bar_fill_it_without_a_gap() {
        let bar = bar("Thu", &[("a", 1), ("b", 1), ("c", 1)]);
        let mut at = 0;
        for part in &bar.parts {
            assert_eq!(part.from, at);
            at += part.width;
        }
        assert_eq!(at, 100);
        assert_eq!(bar.total, "3 đ");
        let nothing = super::bar("Thu", &[("a", 0)]);
        assert_eq!(nothing.parts[0].width, 0);
    }
}
