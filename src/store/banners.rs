//! What the shop says in the operator's window.

use super::settings::ShopSettings;
use crate::store::StoreError;
use crate::store::base::{Store, all, text, text_or_none};

/// A banner of the operator's window.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are the old table's")]
pub struct BannerRow {
    pub name: String,
    pub content: Option<String>,
    pub position: Option<String>,
    pub link: Option<String>,
    pub link_to: Option<String>,
}

/// The banners of the operator's window ([`ShopSettings::banners`](super::settings::ShopSettings::banners)).
pub struct WindowBanners<'s> {
    store: &'s Store,
}

impl<'s> ShopSettings<'s> {
    /// The banners of the operator's window.
    pub const fn banners(&self) -> WindowBanners<'s> {
        WindowBanners { store: self.store }
    }
}

impl WindowBanners<'_> {
    /// What the operator's window shows.
    pub async fn shown(&self) -> Result<Vec<BannerRow>, StoreError> {
        let sql = "SELECT name, content, position, link, link_to FROM banner WHERE publish = 1 AND deleted_at IS NULL ORDER BY id LIMIT 50";
        let rows = all(self.store, sql, vec![]).await?;
        rows.iter()
            .map(|row| {
                Ok(BannerRow {
                    name: text(row, 0)?,
                    content: text_or_none(row, 1)?,
                    position: text_or_none(row, 2)?,
                    link: text_or_none(row, 3)?,
                    link_to: text_or_none(row, 4)?,
                })
            })
            .collect()
    }
}
