//! What the operator's window asks besides jobs: banners, and who it is taken for.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::caller::{Caller, KnownMachine};
use crate::server::AppState;
use crate::server::web::problem::Problem;
use crate::store::machines::Scope;

/// A banner of the operator's window.
#[derive(Debug, Serialize, ToSchema)]
pub struct BannerView {
    name: String,
    content: Option<String>,
    position: Option<String>,
    link: Option<String>,
    link_to: Option<String>,
}

/// The banners of the operator's window.
#[derive(Debug, Serialize, ToSchema)]
pub struct Banners {
    banners: Vec<BannerView>,
}

#[utoipa::path(get, path = "/api/banners", tag = "window", responses((status = 200, body = Banners)), security((), ("machine" = [])))]
pub async fn banners(
    State(app): State<AppState>,
    caller: Caller,
) -> Result<Json<Banners>, Problem> {
    let shop = app.shop().await?;
    caller
        .machine
        .as_ref()
        .map_or_else(|| caller.may_read(Scope::Read, shop.open_data), |_| Ok(()))?;
    let banners = app
        .store()
        .settings()
        .banners()
        .shown()
        .await?
        .into_iter()
        .map(|b| BannerView {
            name: b.name,
            content: b.content,
            position: b.position,
            link: b.link,
            link_to: b.link_to,
        })
        .collect();
    Ok(Json(Banners { banners }))
}

/// Who the server takes the caller for.
#[derive(Debug, Serialize, ToSchema)]
pub struct Me {
    name: String,
    #[schema(value_type = Vec<String>)]
    scopes: Vec<Scope>,
    /// The server's time, in milliseconds since 1970.
    now_ms: i64,
    /// How long a job is held when the machine does not say.
    lease_ms: i64,
}

#[utoipa::path(get, path = "/api/me", tag = "window", responses((status = 200, body = Me), (status = 401, body = Problem)), security(("machine" = [])))]
pub async fn me(State(app): State<AppState>, machine: KnownMachine) -> Result<Json<Me>, Problem> {
    let lease_ms = app.shop().await?.lease_ms;
    Ok(Json(Me {
        name: machine.machine.name,
        scopes: machine.machine.scopes,
        now_ms: app.store().now_ms(),
        lease_ms,
    }))
}
