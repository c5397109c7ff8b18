//! Screenshots of what went wrong, kept with the attempt's id.

use std::path::{Path, PathBuf};

use jiff::{Timestamp, tz::TimeZone};

use crate::portal::Page;

/// Where evidence lies: one folder a day.
#[derive(Debug, Clone)]
pub struct EvidenceStore {
    folder: PathBuf,
}

impl EvidenceStore {
    /// Below this folder.
    pub fn at(folder: &Path) -> Self {
        Self { folder: folder.to_owned() }
    }

    /// Takes a picture of the page. Evidence is never worth a job: a failure is logged and nothing more.
    pub async fn picture(&self, page: &mut Page<'_>, attempt: &str, what: &str) -> Option<PathBuf> {
        let png = match page.screenshot().await {
            Ok(png) => png,
            Err(error) => {
                tracing::debug!(%error, "no picture");
                return None;
            }
        };
        let day = Timestamp::now().to_zoned(TimeZone::system()).date();
        let path = self.folder.join(day.to_string()).join(format!("{attempt}-{what}.png"));
        let target = path.clone();
        let written = tokio::task::spawn_blocking(move || crate::config::write_atomically(&target, &png)).await;
        match written {
            Ok(Ok(())) => Some(path),
            Ok(Err(error)) => {
                tracing::warn!(%error, path = %path.display(), "evidence could not be written");
                None
            }
            Err(_) => None,
        }
    }
}
