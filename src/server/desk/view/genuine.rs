//! The page that a receipt's QR leads to: anybody sees whether it is genuine, and nobody's name.

use askama::Template;

use super::assets::ASSETS;

/// The page.
#[derive(Template)]
#[template(path = "desk_genuine.html")]
pub struct GenuinePage {
    /// Who gives receipts here.
    pub shop: String,
    /// What is to be said.
    pub title: &'static str,
    /// `paid`, `void`, or `failed` where there is none.
    pub state: &'static str,
    /// What stands on it.
    pub receipt: Option<GenuineReceipt>,
    /// Version of the files.
    pub assets: &'static str,
}

/// What stands on a receipt that anybody may know.
pub struct GenuineReceipt {
    /// Its number.
    pub number: String,
    /// The sum.
    pub total: String,
    /// The sum in words.
    pub words: String,
    /// When it was paid.
    pub at: String,
}

impl GenuinePage {
    /// A receipt that holds, or that was cancelled.
    pub fn of(shop: String, receipt: GenuineReceipt, is_cancelled: bool) -> Self {
        let (title, state) = if is_cancelled {
            ("Phiếu thu đã bị hủy", "void")
        } else {
            ("Phiếu thu thật", "paid")
        };
        Self {
            shop,
            title,
            state,
            receipt: Some(receipt),
            assets: &ASSETS,
        }
    }

    /// There is no such receipt.
    pub fn none(shop: String) -> Self {
        Self {
            shop,
            title: "Không có phiếu thu này",
            state: "failed",
            receipt: None,
            assets: &ASSETS,
        }
    }
}
