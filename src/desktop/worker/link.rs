//! The link with where jobs come from, and who works with it.

use std::sync::Arc;

use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock, watch};

use crate::app::ServerLink;
use crate::desktop::model::LinkId;

/// The link of one configuration. Another address or token is another slot with another number, so
/// that nothing that was handed out over one is ever asked about over the other.
#[derive(Debug)]
pub struct LinkSlot {
    pub id: LinkId,
    found: watch::Sender<Option<Arc<ServerLink>>>,
    /// Held by whoever works with what it handed out.
    users: Arc<RwLock<()>>,
}

/// Keeps the link from being closed.
pub type LinkUse = OwnedRwLockReadGuard<()>;

impl LinkSlot {
    /// Not found yet.
    pub fn new(id: LinkId) -> Arc<Self> {
        Arc::new(Self {
            id,
            found: watch::Sender::new(None),
            users: Arc::default(),
        })
    }

    /// The link, where it was found.
    pub fn known(&self) -> Option<Arc<ServerLink>> {
        self.found.borrow().clone()
    }

    /// Takes part in its use.
    pub async fn using(&self) -> LinkUse {
        self.users.clone().read_owned().await
    }

    /// Waits until nobody else uses it.
    pub async fn alone(&self) -> OwnedRwLockWriteGuard<()> {
        self.users.clone().write_owned().await
    }

    /// Whoever was first has it: claims are kept in one place.
    pub fn take(&self, link: ServerLink) -> Arc<ServerLink> {
        let link = Arc::new(link);
        let mut first = link.clone();
        self.found.send_if_modified(|known| {
            if let Some(known) = known {
                first = known.clone();
                return false;
            }
            *known = Some(link);
            true
        });
        first
    }
}
