//! Gathers one payment's evidence beside its work: nothing here is waited for before the outcome is on disk.

use tokio::task::JoinHandle;

use super::crew::locked;
use super::evidence::{EvidenceStore, Piece};
use super::runner::Run;
use crate::browser::Camera;
use crate::domain::Event;
use crate::ledger::LiveAttempt;
use crate::portal::Answered;

/// What is gathered so far.
pub(super) struct Keeping {
    store: EvidenceStore,
    camera: Option<Camera>,
    pieces: Vec<Piece>,
    pictures: Vec<JoinHandle<Vec<Piece>>>,
}

impl Keeping {
    pub fn of(run: &Run<'_>) -> Self {
        Self {
            store: run.tools.evidence.clone(),
            camera: run.session.as_ref().and_then(crate::browser::Session::camera),
            pieces: Vec::new(),
            pictures: Vec::new(),
        }
    }

    pub fn add(&mut self, piece: Piece) {
        self.pieces.push(piece);
    }

    /// The raw answer at the gate.
    pub fn raw(&mut self, answered: &Answered) {
        if let Some(raw) = &answered.raw {
            self.add(Piece::text("response", raw));
        }
    }

    /// A picture of the page and its text, as it stands now. A session without `BiDi` does one thing at a time, and a
    /// picture would hold up the payment: there it is taken of failures only.
    pub fn shoot(&mut self, what: &'static str) {
        let Some(camera) = self.camera.clone().filter(|_| self.store.is_full()) else { return };
        self.pictures.push(tokio::spawn(async move {
            let (picture, text) = tokio::join!(camera.picture(), camera.text());
            let mut pieces = Vec::new();
            pieces.extend(picture.map(|bytes| Piece { what, bytes }));
            pieces.extend(text.map(|text| Piece::text(what, &text)));
            pieces
        }));
    }

    /// Writes it all in the background; the ledger then names the files.
    pub fn keep(self, run: &Run<'_>, live: &LiveAttempt) {
        let Self { store, pieces, pictures, .. } = self;
        let (ledger, attempt) = (run.tools.ledger.clone(), live.id.clone());
        locked(&run.crew.evidence).spawn(async move {
            let mut pieces = pieces;
            for picture in pictures {
                pieces.extend(picture.await.unwrap_or_default());
            }
            if pieces.is_empty() {
                return;
            }
            let files = tokio::task::spawn_blocking(move || store.keep(pieces)).await.unwrap_or_default();
            if !files.is_empty()
                && let Err(error) = ledger.note(&attempt, Event::EvidenceKept { files }).await
            {
                tracing::warn!(%error, attempt, "evidence is kept but not named in the ledger");
            }
        });
    }
}
