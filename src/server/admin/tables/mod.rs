//! Any table of the catalogue: its list, a row, a form, one cell, many rows at once, files.
//!
//! A name in an address is looked up in the catalogue before anything else happens.

mod bulk;
mod cell;
mod cell_view;
mod columns;
mod export;
mod field;
mod filters;
mod links;
mod list;
mod pick;
mod request;
pub mod row;
mod save;
pub mod trail;
mod views;

use axum::routing::{get, post};

use crate::server::web::permission::Right;
use crate::server::web::problem::Problem;
use crate::server::web::route::{Need, Route};
use crate::store::catalogue::{self, Table};

/// The routes of tables.
pub fn routes() -> Vec<Route> {
    let may = Need::Table;
    vec![
        Route::read("/admin/t/{table}", may(Right::See), get(list::list)),
        Route::change(
            "/admin/t/{table}/columns",
            may(Right::See),
            post(columns::columns),
        ),
        Route::change("/admin/t/{table}/views", may(Right::See), post(views::save)),
        Route::change(
            "/admin/t/{table}/export",
            may(Right::Export),
            post(export::list),
        ),
        // Each thing that can be done asks for its own permission.
        Route::change("/admin/t/{table}/bulk", may(Right::See), post(bulk::bulk)),
        Route::read("/admin/t/{table}/new", may(Right::Add), get(save::new)),
        Route::change("/admin/t/{table}/new", may(Right::Add), post(save::add)),
        Route::read("/admin/t/{table}/{id}", may(Right::See), get(row::row)),
        Route::change("/admin/t/{table}/{id}", may(Right::Edit), post(save::save)),
        Route::change(
            "/admin/t/{table}/{id}/delete",
            may(Right::Delete),
            post(save::delete),
        ),
        Route::change(
            "/admin/t/{table}/{id}/restore",
            may(Right::Delete),
            post(save::restore),
        ),
        Route::read(
            "/admin/t/{table}/{id}/cell/{column}",
            may(Right::Edit),
            get(cell::cell_form),
        ),
        Route::change(
            "/admin/t/{table}/{id}/cell/{column}",
            may(Right::Edit),
            post(cell::cell_save),
        ),
        Route::read(
            "/admin/pick/{table}/{column}",
            Need::SignedIn,
            get(pick::pick),
        ),
    ]
}

/// The table of this name; what nobody may see is not there.
pub fn table_of(name: &str) -> Result<&'static Table, Problem> {
    catalogue::table(name)
        .filter(|t| t.is_keyed())
        .ok_or_else(Problem::no_page)
}
