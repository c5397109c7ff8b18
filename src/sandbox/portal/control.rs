//! `/sandbox/…`: the truth, the scenario, and buttons for tests. No part of the portal.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::Value;

use super::scenario::Scenario;
use super::shared::Shared;
use super::truth::Truth;

pub fn router(shared: Shared) -> Router {
    Router::new()
        .route("/sandbox/truth", get(truth))
        .route(
            "/sandbox/scenario",
            get(scenario).put(put_scenario).patch(patch_scenario),
        )
        .route("/sandbox/reset", post(reset))
        .route("/sandbox/expire", post(expire))
        .with_state(shared)
}

async fn truth(State(shared): State<Shared>) -> Json<Truth> {
    Json(shared.truth())
}

async fn scenario(State(shared): State<Shared>) -> Json<Scenario> {
    Json(shared.scenario())
}

async fn put_scenario(State(shared): State<Shared>, Json(new): Json<Value>) -> Response {
    replace(&shared, new)
}

/// JSON merge patch (RFC 7396).
async fn patch_scenario(State(shared): State<Shared>, Json(patch): Json<Value>) -> Response {
    let mut tree = serde_json::to_value(shared.scenario()).unwrap_or_default();
    merge(&mut tree, patch);
    replace(&shared, tree)
}

fn replace(shared: &Shared, new: Value) -> Response {
    match serde_json::from_value::<Scenario>(new) {
        Ok(new) => {
            let mut world = shared.world();
            world.scenario = new;
            world.forget_fault_hits();
            drop(world);
            shared.follow_scenario();
            StatusCode::NO_CONTENT.into_response()
        }
        Err(error) => (StatusCode::UNPROCESSABLE_ENTITY, error.to_string()).into_response(),
    }
}

fn merge(into: &mut Value, patch: Value) {
    match (into, patch) {
        (Value::Object(into), Value::Object(patch)) => {
            for (key, value) in patch {
                if value.is_null() {
                    into.remove(&key);
                } else {
                    merge(into.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (into, patch) => *into = patch,
    }
}

async fn reset(State(shared): State<Shared>) -> StatusCode {
    shared.world().reset();
    shared.gateway.reset();
    StatusCode::NO_CONTENT
}

async fn expire(State(shared): State<Shared>) -> StatusCode {
    shared.world().expire_all();
    StatusCode::NO_CONTENT
}
