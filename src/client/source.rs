//! Where jobs come from: our own server, the shop's collection site, or any API with the sample's
//! shapes.

use super::{ApiError, CollectionSite, JobApi, JobServer};
use crate::domain::job::Defaults;
use crate::domain::{Intake, Service};

/// A source of jobs.
#[derive(Debug, Clone)]
pub enum JobSource {
    /// Our own server: jobs are leased.
    Server(JobServer),
    /// The collection site.
    Site(CollectionSite),
    /// Lists without claims.
    Lists(JobApi),
}

impl JobSource {
    /// Jobs of a service: `limit` at most where they are leased. `overrides` fill what rows leave
    /// out.
    pub async fn fetch(
        &self,
        service: Service,
        overrides: Defaults,
        limit: u16,
        operator: &str,
    ) -> Result<Intake, ApiError> {
        match self {
            Self::Server(server) => server.lease(service, limit, operator, overrides).await,
            Self::Site(site) => site.fetch(service, overrides).await,
            Self::Lists(api) => api.fetch(service, overrides).await,
        }
    }

    /// Our own server, where it is one.
    pub fn server(&self) -> Option<&JobServer> {
        match self {
            Self::Server(server) => Some(server),
            Self::Site(_) | Self::Lists(_) => None,
        }
    }
}
