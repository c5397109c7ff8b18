//! Where rows are looked at, and what the rows of other tables are called.

use crate::server::AppState;
use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::session::Person;
use crate::store::catalogue::house::audit;
use crate::store::catalogue::payments::{
    PAYMENT, PAYMENT_REQUEST, PAYMENT_TRANSFER, UNMATCHED_MONEY,
};
use crate::store::catalogue::{self, Area, Column, Screen, Table};
use crate::store::tables::TableRow;

/// Where a row is looked at.
pub fn link_of(table: &Table, id: i64) -> String {
    match table.screen {
        Screen::Machines => "/admin/machines".to_owned(),
        Screen::Imports => format!("/admin/import/{id}"),
        Screen::Letters => format!("/admin/letters/{id}"),
        Screen::Payments => format!("/admin/payments/{id}"),
        Screen::Requests => format!("/admin/payments/requests/{id}"),
        Screen::List | Screen::Jobs | Screen::People | Screen::Comparison => {
            format!("/admin/t/{}/{id}", table.name)
        }
    }
}

/// Pages that belong to a table's list, for who may use them.
pub fn pages_of(person: &Person, table: &Table) -> Vec<(&'static str, &'static str)> {
    let may = |right| person.may(Area::Payments, right);
    let (ask, review) = (
        ("/admin/payments/new", "Tạo yêu cầu thanh toán"),
        ("/admin/payments/review", "Cần xem"),
    );
    let statement = ("/admin/payments/statement", "Nhập sao kê");
    let mut pages = Vec::new();
    if (table.is(&PAYMENT) || table.is(&PAYMENT_REQUEST)) && may(Right::Decide) {
        pages.push(ask);
    }
    if (table.is(&PAYMENT) || table.is(&UNMATCHED_MONEY)) && may(Right::See) {
        pages.push(review);
    }
    if table.is(&PAYMENT_TRANSFER) && may(Right::Decide) {
        pages.push(statement);
    }
    pages
}

/// The row that an entry of the trail tells of, from its number there.
pub fn trail_link(table: &Table, column: &Column, row: &TableRow) -> Option<String> {
    if *column != audit::ROW_ID {
        return None;
    }
    let id = row.cell(table, column).as_i64()?;
    let about = catalogue::table(row.cell(table, &audit::TABLE_NAME).as_str()?)?;
    Some(link_of(about, id))
}

/// What the row that a relation points to is called; nothing where there is none, or it has no
/// name.
pub async fn name_of(
    app: &AppState,
    column: &Column,
    id: Option<i64>,
) -> Result<Option<String>, Problem> {
    Ok(app
        .store()
        .tables()
        .names(column, id.as_slice())
        .await?
        .into_values()
        .next()
        .filter(|name| !name.is_empty()))
}
