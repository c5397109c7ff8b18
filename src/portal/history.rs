//! The portal's history of transactions, read as far as it is needed. Where it is not to be had,
//! everything else goes on without it.

use serde_json::json;

use super::PortalError;
use super::page::Page;
use super::snapshot::RawTable;
use super::step::ready;
use crate::domain::HistoryRow;

/// The history down to a mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    /// Newest first.
    pub rows: Vec<HistoryRow>,
    /// Was the mark (with an empty one, the history's end) reached, with every row readable?
    pub is_complete: bool,
}

impl Page<'_> {
    /// Everything above `mark`, over as many pages as it takes; with an empty mark, everything.
    /// `None`: this portal shows none that can be read.
    pub async fn history(&mut self, mark: &str) -> Result<Option<History>, PortalError> {
        let Some(first) = self.map.pages.history.first() else {
            return Ok(None);
        };
        let mut to_read = vec![first.clone()];
        let mut history = History {
            rows: Vec::new(),
            is_complete: false,
        };
        let (mut read, mut readable) = (0, true);
        while let Some(path) = to_read.get(read).cloned() {
            if read >= self.map.history.pages {
                return Ok(Some(history));
            }
            let Some(table) = self.history_page(&path).await? else {
                return Ok(None);
            };
            read += 1;
            for page in table.pages {
                // The first page's own link leads to what was just read.
                if !to_read.contains(&page) && !is_first(&page) {
                    to_read.push(page);
                }
            }
            for raw in table.rows {
                if !mark.is_empty() && mark == raw.transaction {
                    history.is_complete = readable;
                    return Ok(Some(history));
                }
                match raw.amount.parse() {
                    Ok(amount) => history.rows.push(HistoryRow {
                        transaction: raw.transaction,
                        account: raw.account,
                        amount,
                    }),
                    Err(_) => readable = false,
                }
            }
            // A button brings further pages that have no address: what stands there is not read.
            readable &= !table.more;
        }
        // A mark that is nowhere leaves it open how much is missing.
        history.is_complete = readable && mark.is_empty();
        Ok(Some(history))
    }

    /// The newest transaction's id, as a mark; empty where the history is. `None`: no history that
    /// can be read.
    pub async fn history_mark(&mut self) -> Result<Option<String>, PortalError> {
        let Some(path) = self.map.pages.history.first().cloned() else {
            return Ok(None);
        };
        let table = self.history_page(&path).await?;
        Ok(match table.map(|t| t.rows.into_iter().next()) {
            None => None,
            Some(None) => Some(String::new()),
            // A history without ids has no mark.
            Some(Some(newest)) => Some(newest.transaction).filter(|id| !id.is_empty()),
        })
    }

    async fn history_page(&mut self, path: &str) -> Result<Option<RawTable>, PortalError> {
        self.open(path).await?;
        let words = &self.map.history;
        let columns = json!({ "transaction": words.transaction, "account": words.account, "amount": words.amount });
        match self
            .step(vec![ready(), json!({ "op": "table", "columns": columns })])
            .await
        {
            Ok(snapshot) => Ok(snapshot.table),
            Err(PortalError::Expired) => Err(PortalError::Expired),
            Err(error @ PortalError::Browser(_)) => Err(error),
            // A page that is none of ours: no history here.
            Err(error) => {
                tracing::debug!(%error, "no history to be read");
                Ok(None)
            }
        }
    }
}

fn is_first(url: &str) -> bool {
    url::Url::parse(url).is_ok_and(|url| {
        url.query_pairs()
            .any(|(name, value)| name == "page" && value == "1")
    })
}
