//! A job's first steps: on the form that the last one left open, else on a page that is loaded.

use serde_json::Value;

use super::PortalError;
use super::kept::FormKind;
use super::page::Page;
use super::snapshot::Snapshot;
use super::step::{ready, refresh_balance};

impl Page<'_> {
    /// The first steps of a job: on the form that the last one left open where that can be, else on
    /// the page at `path`.
    pub(super) async fn on_form(
        &mut self,
        kind: FormKind,
        path: &str,
        steps: &[Value],
    ) -> Result<Snapshot, PortalError> {
        if let Some(snapshot) = self.on_kept_form(kind, steps).await? {
            return Ok(snapshot);
        }
        self.open(path).await?;
        self.on_fresh_form(kind, steps).await
    }

    /// The same on a page that was just loaded.
    pub(super) async fn on_fresh_form(
        &mut self,
        kind: FormKind,
        steps: &[Value],
    ) -> Result<Snapshot, PortalError> {
        let steps = [&[ready()], steps].concat();
        let snapshot = self.attempt_step(steps, false, None).await?;
        if let Some(kept) = self.kept {
            kept.keep(kind, &snapshot.doc, 1);
        }
        Ok(snapshot)
    }

    /// `None`: there is no form that can be used again, or it is not as it should be. Nothing that
    /// moves money happened on it.
    async fn on_kept_form(
        &mut self,
        kind: FormKind,
        steps: &[Value],
    ) -> Result<Option<Snapshot>, PortalError> {
        let Some(kept) = self.kept else {
            return Ok(None);
        };
        let Some((doc, jobs)) = kept.take(kind, self.map.rules.jobs_a_page) else {
            return Ok(None);
        };
        let mut all = vec![kind.reuse(&doc)];
        if self.asks_balance {
            all.push(refresh_balance());
        }
        all.extend_from_slice(steps);
        let snapshot = self.attempt_step(all, false, None).await?;
        if snapshot.expired || snapshot.login {
            return Ok(Some(snapshot));
        }
        match snapshot.misfit(&doc) {
            None => {
                kept.keep(kind, &doc, jobs + 1);
                Ok(Some(snapshot))
            }
            Some(why) => {
                tracing::info!(
                    why,
                    "the open form cannot be used again; its page is loaded"
                );
                kept.misfits(&why);
                Ok(None)
            }
        }
    }

    /// Empties the form that the last job left open, where it may be used again; else it is
    /// forgotten.
    pub async fn empty_form(&mut self) {
        let Some(kept) = self.kept else { return };
        let Some((kind, doc, jobs)) = kept.take_any() else {
            return;
        };
        let steps = vec![kind.reuse(&doc)];
        if let Ok(snapshot) = self.attempt_step(steps, false, None).await
            && snapshot.error.is_none()
            && snapshot.doc == doc
        {
            kept.keep(kind, &doc, jobs);
            kept.release();
        }
    }
}
