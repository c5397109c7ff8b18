//! Gathers one payment's evidence beside its work. A picture is waited for only where the page is
//! about to change.

use tokio::task::JoinHandle;

use super::evidence::{EvidenceStore, Piece};
use super::locked::locked;
use super::login::PortalLogin;
use crate::browser::Camera;
use crate::domain::Event;
use crate::ledger::LiveAttempt;
use crate::portal::Answered;

/// What is gathered so far.
pub(super) struct Keeping {
    store: EvidenceStore,
    camera: Option<Camera>,
    pieces: Vec<Piece>,
    picture: Option<JoinHandle<Vec<Piece>>>,
}

impl Keeping {
    pub fn of(login: &PortalLogin<'_>) -> Self {
        Self {
            store: login.tools.evidence.clone(),
            camera: login
                .session
                .as_ref()
                .and_then(crate::browser::Session::camera),
            pieces: Vec::new(),
            picture: None,
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

    /// The page's text as it stands now, and a picture of it where one is wanted: the next job waits
    /// until it is taken, so that a payment that was plain in the portal's words has none. A session without `BiDi` does one
    /// thing at a time, and a picture would hold up the payment: there it is taken of failures
    /// only.
    pub fn shoot(&mut self, what: &'static str, is_plain: bool) {
        let has_picture = !is_plain || self.store.has_every();
        let Some(camera) = self.camera.clone().filter(|_| self.store.is_full()) else {
            return;
        };
        self.picture = Some(tokio::spawn(async move {
            let picture = async {
                if has_picture {
                    camera.picture().await
                } else {
                    None
                }
            };
            let (picture, text) = tokio::join!(picture, camera.text());
            let mut pieces = Vec::new();
            pieces.extend(picture.map(|bytes| Piece { what, bytes }));
            pieces.extend(text.map(|text| Piece::text(what, &text)));
            pieces
        }));
    }

    /// Waits for the picture that is being taken: the page is about to change.
    pub async fn taken(&mut self) {
        if let Some(picture) = self.picture.take() {
            self.pieces.extend(picture.await.unwrap_or_default());
        }
    }

    /// Writes it all in the background; the ledger then names the files.
    pub fn keep(self, login: &PortalLogin<'_>, live: &LiveAttempt) {
        let Self { store, pieces, .. } = self;
        let (ledger, attempt) = (login.tools.ledger.clone(), live.id.clone());
        locked(&login.crew.evidence).spawn(async move {
            if pieces.is_empty() {
                return;
            }
            let files = tokio::task::spawn_blocking(move || store.keep(pieces))
                .await
                .unwrap_or_default();
            if !files.is_empty()
                && let Err(error) = ledger.note(&attempt, Event::EvidenceKept { files }).await
            {
                tracing::warn!(%error, attempt, "evidence is kept but not named in the ledger");
            }
        });
    }
}
