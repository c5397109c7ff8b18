//! The form that a login left open, for its next job: a page that stands already costs neither its
//! loading nor the balance that comes with it.
//!
//! A form is used again for jobs of the same kind only, in the very document that it was left in,
//! and only after [`KeptForm::release`]: whoever carried the last job says that it ended without a
//! doubt. What the last job typed is emptied and what it was told is not read again (`reuse` in
//! `page.js`); the gate compares account and amount with what was armed as on any page.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

/// Which form, and what it is filled for: one that was filled for something else is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FormKind {
    InternetTv,
    Evn,
    Postpaid,
    TopUpButton,
    TopUpFree,
}

impl FormKind {
    /// Fields that a job types into.
    const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::InternetTv => &["tv.code", "tv.pin"],
            Self::Evn => &["evn.code", "evn.receiver_phone", "evn.pin"],
            Self::Postpaid | Self::TopUpButton | Self::TopUpFree => {
                &["phone.number", "phone.amount", "phone.debt", "phone.pin"]
            }
        }
    }

    /// What the portal's answers fill.
    const fn told(self) -> &'static [&'static str] {
        match self {
            Self::InternetTv => &["tv.card", "frame.receipt"],
            Self::Evn => &["evn.amount", "frame.receipt"],
            Self::Postpaid | Self::TopUpButton | Self::TopUpFree => &["frame.receipt"],
        }
    }

    /// Buttons of which a job chooses one.
    const fn choices(self) -> &'static [&'static str] {
        match self {
            Self::TopUpButton => &[
                "phone.amount_0",
                "phone.amount_1",
                "phone.amount_2",
                "phone.amount_3",
                "phone.amount_4",
                "phone.amount_5",
                "phone.amount_6",
                "phone.amount_7",
            ],
            Self::InternetTv | Self::Evn | Self::Postpaid | Self::TopUpFree => &[],
        }
    }

    /// The step that takes the form over from the last job.
    pub fn reuse(self, doc: &str) -> Value {
        json!({
            "op": "reuse", "doc": doc,
            "fields": self.fields(), "choices": self.choices(), "told": self.told(),
        })
    }
}

/// The form that stands in a login's tab.
#[derive(Debug, Default)]
pub struct KeptForm(Mutex<Tab>);

#[derive(Debug, Default)]
struct Tab {
    form: Option<OpenForm>,
    /// Forms in a row that could not be used again although they were released.
    misfits: u32,
}

#[derive(Debug)]
struct OpenForm {
    kind: FormKind,
    /// The document.
    doc: String,
    /// Jobs that it served.
    jobs: u32,
    /// May the next job have it?
    is_free: bool,
}

/// So many misfits in a row mean that this portal's forms cannot be kept: each costs a look.
const MISFITS_MAX: u32 = 3;

impl KeptForm {
    fn tab(&self) -> std::sync::MutexGuard<'_, Tab> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The last job ended without a doubt: the next one may have the form.
    pub fn release(&self) {
        if let Some(form) = &mut self.tab().form {
            form.is_free = true;
        }
    }

    /// The page goes away, or nobody knows what is on it.
    pub fn forget(&self) {
        self.tab().form = None;
    }

    /// Does a form stand in the tab whose last request was answered?
    pub fn stands(&self) -> bool {
        self.tab().form.is_some()
    }

    /// Do this portal's forms refuse to be used again?
    pub fn is_refused(&self) -> bool {
        self.tab().misfits >= MISFITS_MAX
    }

    /// The document of a form of this kind that may be used again, with the jobs that it served. It
    /// is nobody's until [`Self::keep`].
    pub(super) fn take(&self, kind: FormKind, jobs_max: u32) -> Option<(String, u32)> {
        let mut tab = self.tab();
        let is_refused = tab.misfits >= MISFITS_MAX;
        let form = tab.form.take()?;
        let is_usable = form.is_free && form.kind == kind && form.jobs < jobs_max && !is_refused;
        is_usable.then_some((form.doc, form.jobs))
    }

    /// The form, whatever it is for, where it may be used again.
    pub(super) fn take_any(&self) -> Option<(FormKind, String, u32)> {
        let form = self.tab().form.take().filter(|form| form.is_free)?;
        Some((form.kind, form.doc, form.jobs))
    }

    /// The form stands, filled by a job, its `jobs`th.
    pub(super) fn keep(&self, kind: FormKind, doc: &str, jobs: u32) {
        let mut tab = self.tab();
        if jobs > 1 {
            tab.misfits = 0;
        }
        tab.form = Some(OpenForm {
            kind,
            doc: doc.to_owned(),
            jobs,
            is_free: false,
        });
    }

    /// A form that was released could not be used again.
    pub(super) fn misfits(&self, why: &str) {
        let mut tab = self.tab();
        tab.form = None;
        tab.misfits += 1;
        if tab.misfits == MISFITS_MAX {
            tracing::warn!(
                why,
                "this portal's forms cannot be used again; each job loads its page (map: rules.jobs_a_page)"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_used_again_only_when_it_was_released_and_for_the_same_kind() {
        let kept = KeptForm::default();
        let take = |kind| kept.take(kind, 2).map(|(doc, _)| doc);
        assert_eq!(take(FormKind::Evn), None);
        kept.keep(FormKind::Evn, "d1", 1);
        assert_eq!(take(FormKind::Evn), None, "its job may have left a doubt");
        kept.keep(FormKind::Evn, "d2", 1);
        kept.release();
        assert_eq!(take(FormKind::InternetTv), None);
        kept.keep(FormKind::Evn, "d3", 1);
        kept.release();
        assert_eq!(take(FormKind::Evn).as_deref(), Some("d3"));
        assert_eq!(take(FormKind::Evn), None, "one job has it");
        kept.keep(FormKind::Evn, "d3", 2);
        kept.release();
        assert_eq!(take(FormKind::Evn), None, "it served long enough");
    }

    #[test]
    fn a_portal_whose_forms_do_not_fit_again_is_not_tried_for_ever() {
        let kept = KeptForm::default();
        for _ in 0..MISFITS_MAX {
            kept.keep(FormKind::Evn, "d", 1);
            kept.release();
            assert!(kept.take(FormKind::Evn, 9).is_some());
            kept.misfits("missing");
        }
        kept.keep(FormKind::Evn, "d", 1);
        kept.release();
        assert!(kept.take(FormKind::Evn, 9).is_none());
        assert!(kept.is_refused());
    }
}
