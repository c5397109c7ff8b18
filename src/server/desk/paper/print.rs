//! A receipt as a page for an 80 mm printer.

use askama::Template;

use super::squares::squares;
use super::{Paper, PaperItem};
use crate::server::web::words::{money, time};

/// The page's style sheet.
pub const PRINT_STYLE: &str = include_str!("../../../../assets/desk/receipt_print.css");

#[derive(Template)]
#[template(path = "receipt_print.html")]
struct PrintPage<'p> {
    paper: &'p Paper,
    at: String,
    items: Vec<(&'p PaperItem, String)>,
    total: String,
    qr: Option<(usize, String)>,
}

/// The page of a receipt. Its style sheet is [`PRINT_STYLE`], its button is worked by the desk's script.
pub fn print_page(paper: &Paper) -> Result<String, askama::Error> {
    let page = PrintPage {
        paper,
        at: time(paper.at),
        items: paper
            .items
            .iter()
            .map(|item| (item, money(item.amount)))
            .collect(),
        total: money(paper.total),
        qr: squares(&paper.url).map(|squares| (squares.side, squares.svg_path())),
    };
    page.render()
}
