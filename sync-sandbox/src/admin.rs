//! The sandbox's own routes: what was called, what is held, what shall go wrong.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::shared::Shared;
use crate::{Calls, Fault};

/// Path prefix of the admin routes.
pub(crate) const PREFIX: &str = "/admin";

/// `GET /calls`, `GET /state`, `GET|POST|DELETE /faults`, `POST /reset-calls`, `POST /advance-clock`.
pub(crate) fn router(shared: Arc<Shared>) -> Router {
    Router::new()
        .route("/calls", get(calls))
        .route("/reset-calls", post(reset_calls))
        .route("/state", get(state))
        .route("/faults", get(faults).post(inject).delete(clear))
        .route("/advance-clock", post(advance))
        .with_state(shared)
}

async fn calls(State(shared): State<Arc<Shared>>) -> Json<Calls> {
    Json(shared.calls.snapshot())
}

async fn reset_calls(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.calls.reset();
    StatusCode::NO_CONTENT
}

async fn state(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.state())
}

async fn faults(State(shared): State<Arc<Shared>>) -> Json<Value> {
    Json(shared.faults.report())
}

/// The body is a fault text, such as `connectwise:429@3,503`.
async fn inject(State(shared): State<Arc<Shared>>, body: String) -> Response {
    match Fault::parse_list(body.trim()) {
        Ok(faults) => {
            for fault in faults {
                shared.faults.inject(fault);
            }
            Json(shared.faults.report()).into_response()
        }
        Err(error) => {
            let body = json!({ "error": error.to_string(), "position": error.position });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
    }
}

async fn clear(State(shared): State<Arc<Shared>>) -> StatusCode {
    shared.faults.clear();
    StatusCode::NO_CONTENT
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: u32,
}

async fn advance(State(shared): State<Arc<Shared>>, Json(Advance { seconds }): Json<Advance>) -> StatusCode {
    shared.clock.advance(Duration::from_secs(u64::from(seconds)));
    StatusCode::NO_CONTENT
}
