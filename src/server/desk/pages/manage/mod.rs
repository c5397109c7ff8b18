//! Pages for those who answer for the shop: cash, the book of a day, limits, rules, contracts that come in.

mod blank;
mod book;
mod collectors;
mod hand_ins;
mod import;
mod rules;
mod settle;

pub use import::BODY_MAX;

use axum::extract::State;
use axum::routing::{get, post};

use super::cash::hundredths;
use super::draw::{Drawn, page, shell};
use crate::domain::desk::CollectorKind;
use crate::server::AppState;
use crate::server::desk::books;
use crate::server::desk::view::manage::{Holder, ManagePage, Way};
use crate::server::desk::view::{Shell, Tab};
use crate::server::desk::who::DeskPerson;
use crate::server::web::permission::Right;
use crate::server::web::route::{Need, Route};
use crate::server::web::words::{count, money};
use crate::store::catalogue::Area;
use crate::store::desk::Collector;

/// The pages' routes.
pub fn routes() -> Vec<Route> {
    let may = |right| Need::May(Area::Desk, right);
    vec![
        Route::read("/desk/manage", may(Right::See), get(show)),
        Route::read(
            "/desk/manage/hand-ins",
            may(Right::See),
            get(hand_ins::show),
        ),
        Route::change(
            "/desk/manage/hand-ins/{id}/confirm",
            may(Right::Decide),
            post(hand_ins::confirm),
        ),
        Route::read("/desk/manage/book", may(Right::See), get(book::show)),
        Route::read(
            "/desk/manage/collectors",
            may(Right::See),
            get(collectors::show),
        ),
        Route::change(
            "/desk/manage/collectors/{id}",
            may(Right::Edit),
            post(collectors::save),
        ),
        Route::change(
            "/desk/manage/settle",
            may(Right::Decide),
            post(settle::save),
        ),
        Route::read("/desk/manage/rules", may(Right::See), get(rules::show)),
        Route::read("/desk/manage/import", may(Right::Import), get(import::form)),
        Route::read(
            "/desk/manage/import/blank",
            may(Right::Import),
            get(blank::file),
        ),
        Route::read(
            "/desk/manage/import/{id}",
            may(Right::Import),
            get(import::show),
        ),
    ]
}

/// The routes that carry a file, or the rows of one.
pub fn file_routes() -> Vec<Route> {
    let may = Need::May(Area::Desk, Right::Import);
    vec![
        Route::change("/desk/manage/import/preview", may, post(import::preview)),
        Route::change("/desk/manage/import/old", may, post(import::old)),
        Route::change("/desk/manage/import/commit", may, post(import::commit)),
        Route::change("/desk/manage/import/{id}/undo", may, post(import::undo)),
    ]
}

/// What stands around a page of these.
fn manage_shell(me: &DeskPerson, title: impl Into<String>) -> Shell {
    Shell {
        back: Some("/desk/manage".to_owned()),
        is_wide: true,
        ..shell(me, title, Tab::Manage)
    }
}

/// `GET /desk/manage`
async fn show(State(app): State<AppState>, me: DeskPerson) -> Drawn {
    let cash = app.store().desk().cash();
    let waiting = cash.hand_ins(me.owner, None, true).await?;
    let declared: i64 = waiting.iter().map(|hand_in| hand_in.amount).sum();
    let (_, book) = books::book(&app, &me, None).await?;
    let collected = book.cash + book.wallet + book.qr;
    let people = cash.collectors(me.owner).await?;
    let number = i64::try_from(waiting.len()).unwrap_or(i64::MAX);
    page(&ManagePage {
        shell: Shell {
            back: None,
            ..manage_shell(&me, "Quản lý thu tiền")
        },
        waiting: (number > 0)
            .then(|| format!("{} lần nộp chờ đếm, {}.", count(number), money(declared))),
        ways: ways(number, collected),
        people: people.iter().map(holder).collect(),
    })
}

fn ways(waiting: i64, collected: i64) -> Vec<Way> {
    let way = |url, title, text, number| Way {
        url,
        title,
        text,
        number,
    };
    let none = String::new;
    vec![
        way(
            "/desk/manage/book",
            "Sổ ngày của cửa hàng",
            "Đã thu, đã nộp, đã gạch, chênh lệch",
            money(collected),
        ),
        way(
            "/desk/manage/hand-ins",
            "Nhận tiền nộp",
            "Đếm và xác nhận tiền nhân viên nộp",
            count(waiting),
        ),
        way(
            "/desk/manage/collectors",
            "Hạn mức và HMBS",
            "Mỗi nhân viên được giữ bao nhiêu tiền mặt",
            none(),
        ),
        way(
            "/desk/manage/import",
            "Nhập hợp đồng",
            "Từ Excel, CSV hoặc bảng Thu cước cũ",
            none(),
        ),
        way(
            "/desk/manage/rules",
            "Quy tắc thu",
            "Thứ tự kiểm tra và cài đặt",
            none(),
        ),
        way(
            "/admin/t/letter",
            "Tin đã gửi",
            "HiFPT, Zalo, SMS: đã gửi, đang chờ, không gửi được",
            none(),
        ),
        way(
            "/admin/t/desk_payment",
            "Tất cả phiếu thu",
            "Tìm, lọc, xem lại",
            none(),
        ),
    ]
}

fn holder((login, name, collector): &(String, String, Collector)) -> Holder {
    let cash = collector.cash;
    let kind = match collector.kind {
        Some(CollectorKind::Technician) => "TIN/PNC",
        Some(CollectorKind::FeeCollector) => "Thu cước",
        None => "Chưa xếp loại",
    };
    let mut facts = vec![kind.to_owned()];
    facts.push(format!("hạn mức {}", money(cash.limit + cash.extra)));
    if cash.held_of_earlier_days > 0 {
        facts.push(format!(
            "của ngày trước {}",
            money(cash.held_of_earlier_days)
        ));
    }
    Holder {
        name: named(login, name),
        held: money(cash.held),
        used: hundredths(cash.held, cash.limit + cash.extra),
        facts: facts.join(" · "),
    }
}

/// The person's name, else the login.
fn named(login: &str, name: &str) -> String {
    if name.is_empty() { login } else { name }.to_owned()
}
