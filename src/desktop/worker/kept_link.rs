//! A link at work: found, kept alive, and given up when the settings name another place.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::Teller;
use super::link::LinkSlot;
use super::message::{ReachUpdate, Update};
use super::open::Open;
use crate::app::ServerLink;
use crate::domain::Service;

/// How often a source that is not there is looked for.
const LINK_EVERY: Duration = Duration::from_secs(20);
/// How often the shop's banners are read anew.
const BANNERS_EVERY: Duration = Duration::from_mins(5);

/// A link that is kept alive: outcomes are brought to its other end and what is held there is not
/// lost. Dropping it ends that.
pub struct KeptServerLink {
    pub slot: Arc<LinkSlot>,
    task: JoinHandle<()>,
}

impl KeptServerLink {
    /// Finds and keeps the link of this configuration.
    pub fn start(open: &Arc<Open>, teller: &Teller) -> Self {
        let (at, to) = (open.clone(), teller.clone());
        Self {
            slot: open.link.clone(),
            task: tokio::spawn(async move { keep(&at, &to).await }),
        }
    }

    /// Gives it up: what is held and not at work goes back at once; the batch that works with it
    /// keeps it, heartbeats and all, until it ends.
    pub async fn retire(self, running: Option<Service>) {
        if let Some(link) = self.slot.known() {
            for service in Service::ALL {
                if Some(service) != running {
                    link.let_go(Some(service)).await;
                }
            }
        }
        self.close().await;
    }

    /// Waits for whoever uses it, gives everything back and tells what is still to be told.
    pub async fn close(self) {
        let _alone = self.slot.alone().await;
        if let Some(link) = self.slot.known() {
            link.close().await;
        }
    }
}

impl Drop for KeptServerLink {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Finds the way to where jobs come from, brings outcomes there, and keeps what is held alive.
async fn keep(at: &Open, teller: &Teller) {
    let (left, mut counted) = watch::channel(u64::MAX);
    let tell = async {
        while counted.changed().await.is_ok() {
            let count = *counted.borrow_and_update();
            teller.tell(Update::Reach(ReachUpdate::Unacknowledged(count)));
        }
    };
    let work = async {
        let link = loop {
            if let Ok(count) = at.tools.ledger.outbox().unacknowledged().await {
                left.send_if_modified(|known| std::mem::replace(known, count) != count);
            }
            match at.find_link().await {
                Ok(link) => break link,
                Err(error) => tracing::debug!(%error, "no way to the source of jobs yet"),
            }
            tokio::time::sleep(LINK_EVERY).await;
        };
        let admin = link
            .source
            .server()
            .map(|_| format!("{}/admin", at.config.api.url.trim_end_matches('/')));
        teller.tell(Update::Reach(ReachUpdate::Linked(admin)));
        tokio::join!(
            link.serve(at.config.browser.sessions.into(), &left),
            read_banners(&link, teller)
        )
    };
    tokio::join!(tell, work);
}

async fn read_banners(link: &ServerLink, teller: &Teller) {
    let Some(server) = link.source.server() else {
        return;
    };
    loop {
        if let Ok(banners) = server.banners().await {
            teller.tell(Update::Reach(ReachUpdate::Banners(banners)));
        }
        tokio::time::sleep(BANNERS_EVERY).await;
    }
}
