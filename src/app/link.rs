//! The link that jobs come over, and how it is kept.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::sync::watch;

use super::{LAST_CHANCE, Secrets, job_api, seconds};
use crate::client::{ApiError, Claims, CollectionSite, JobServer, JobSource};
use crate::config::Config;
use crate::domain::job::Defaults;
use crate::domain::{Intake, Service, Source, Ticket};
use crate::engine::{Courier, give_back};
use crate::ledger::{Ledger, LedgerError};

/// This machine's link with the places that its jobs come from.
#[derive(Debug, Clone)]
pub struct ServerLink {
    /// Where jobs come from.
    pub source: JobSource,
    /// What brings outcomes there.
    pub courier: Courier,
    /// What this machine holds at our server, where that is the source.
    pub claims: Option<Arc<Claims>>,
}

/// Why there is no link.
#[derive(Debug, thiserror::Error)]
pub enum LinkError {
    /// The source.
    #[error(transparent)]
    Source(#[from] ApiError),
    /// No login for the collection site.
    #[error(
        "Chưa đặt tài khoản của trang thu cước. Đặt bằng: gachno config set site.username và site.password. (No login for the site.)"
    )]
    NoLogin,
    /// The journal.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// The link as configured. Asks the job API whether it is one of our servers.
pub async fn link(
    config: &Config,
    secrets: &Secrets,
    ledger: Arc<Ledger>,
) -> Result<ServerLink, LinkError> {
    let site = match &secrets.site {
        Some((user, password)) if !config.site.url.is_empty() => Some(CollectionSite::new(
            &config.site.url,
            user.clone(),
            password.clone(),
            seconds(config.api.data_timeout_s),
        )?),
        _ => None,
    };
    let source = if config.api.source == "site" {
        JobSource::Site(site.clone().ok_or(LinkError::NoLogin)?)
    } else {
        let api = job_api(config, secrets)?;
        match JobServer::behind(&api).await? {
            Some(server) => JobSource::Server(server),
            None => JobSource::Lists(api),
        }
    };
    let server = source.server().cloned();
    let claims = server.clone().map(|server| Arc::new(Claims::at(server)));
    let link = ServerLink {
        source,
        courier: Courier {
            ledger,
            server,
            site,
        },
        claims,
    };
    link.recover().await?;
    Ok(link)
}

impl ServerLink {
    /// Fetches jobs. What was held of this service before is given back first, so that it can be
    /// handed out anew.
    pub async fn fetch(
        &self,
        service: Service,
        overrides: Defaults,
        limit: u16,
        operator: &str,
    ) -> Result<Intake, ApiError> {
        self.let_go(Some(service)).await;
        let intake = self
            .source
            .fetch(service, overrides, limit, operator)
            .await?;
        if let Some(claims) = &self.claims {
            claims.hold(
                service,
                intake
                    .list
                    .jobs
                    .iter()
                    .filter_map(|job| job.ticket.as_ref()),
            );
            // Rows that cannot be done here are nobody's for now.
            let errors = intake
                .list
                .errors
                .iter()
                .filter_map(|row| row.ticket.clone());
            let not_done: Vec<Ticket> = errors
                .chain(
                    intake
                        .list
                        .duplicates
                        .iter()
                        .filter_map(|row| row.ticket.clone()),
                )
                .collect();
            self.give_back(claims, &not_done).await;
        }
        Ok(intake)
    }

    /// Lets go of what is held and not begun: of one service, or of everything.
    pub async fn let_go(&self, service: Option<Service>) {
        let Some(claims) = &self.claims else { return };
        self.give_back(claims, &claims.held(service)).await;
    }

    /// Gives back what is held of this service beside these.
    pub async fn keep_only<'t>(&self, service: Service, wanted: impl Iterator<Item = &'t Ticket>) {
        let Some(claims) = &self.claims else { return };
        let wanted: HashSet<&Ticket> = wanted.collect();
        let mut others = claims.held(Some(service));
        others.retain(|ticket| !wanted.contains(ticket));
        self.give_back(claims, &others).await;
    }

    pub(super) async fn give_back(&self, claims: &Claims, tickets: &[Ticket]) {
        if let Err(error) = give_back(&self.courier.ledger, claims, tickets).await {
            tracing::warn!(%error, "it comes back when its lease runs out");
        }
    }

    /// What a run that is no more left: its outcomes are told, and what it never began is given
    /// back. Called before anything new is taken.
    pub(super) async fn recover(&self) -> Result<(), LedgerError> {
        let Some(claims) = &self.claims else {
            return Ok(());
        };
        if let Err(error) = self.courier.deliver().await {
            tracing::warn!(%error, "outcomes wait for their source");
        }
        let mut held = self.courier.ledger.outbox().held(None).await?;
        held.retain(|ticket| ticket.source == Source::Server);
        self.give_back(claims, &held).await;
        Ok(())
    }

    /// Brings outcomes to their source and keeps what is held alive, for as long as it is polled.
    /// `left` tells how many outcomes wait.
    pub async fn serve(&self, sessions: usize, left: &watch::Sender<u64>) {
        let beats = async {
            match &self.claims {
                Some(claims) => claims.keep(|| sessions).await,
                None => std::future::pending().await,
            }
        };
        tokio::join!(self.courier.run(left), beats);
    }

    /// At the end of a program: what was not begun goes back, and what is still to be told gets one
    /// more chance. Says how many outcomes still wait; they are told at the next start.
    pub async fn close(&self) -> u64 {
        self.let_go(None).await;
        match tokio::time::timeout(LAST_CHANCE, self.courier.deliver()).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "outcomes wait for their source"),
            Err(_) => tracing::warn!("outcomes wait for their source: it is too slow"),
        }
        self.courier
            .ledger
            .outbox()
            .unacknowledged()
            .await
            .unwrap_or_default()
    }
}
