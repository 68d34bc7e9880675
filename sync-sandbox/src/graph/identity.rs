//! Tokens for managed identities: the instance metadata service and the endpoint of App Service.
//!
//! On a machine of Azure both are elsewhere (169.254.169.254, `IDENTITY_ENDPOINT`); here they lie below the authority.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Graph;
use super::login::{Form, REAL_SCOPE, access_token};

/// `GET /metadata/identity/oauth2/token`.
pub(super) async fn metadata(
    State(graph): State<Arc<Graph>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    if !headers.get("metadata").is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true")) {
        return refused(400, "invalid_request", "Required metadata header not specified");
    }
    answer(&graph, &query.unwrap_or_default(), &["2018-02-01", "2019-08-01"], true)
}

/// `GET /msi/token`: `IDENTITY_ENDPOINT` of App Service, Functions and Container Apps.
pub(super) async fn app_service(
    State(graph): State<Arc<Graph>>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let header = headers.get("x-identity-header").map(axum::http::HeaderValue::as_bytes);
    if header != Some(graph.identity_header().as_bytes()) {
        let body = json!({ "statusCode": 401, "message": "Unauthorized" });
        return (StatusCode::UNAUTHORIZED, Json(body)).into_response();
    }
    answer(&graph, &query.unwrap_or_default(), &["2019-08-01"], false)
}

fn answer(graph: &Graph, query: &str, versions: &[&str], says_lifetime: bool) -> Response {
    let form = Form::read(query);
    if !form.get("api-version").is_some_and(|version| versions.contains(&version)) {
        return refused(400, "bad_request", "Unsupported or missing api-version");
    }
    let Some(resource) = form.get("resource") else {
        return refused(400, "invalid_request", "Required query variable 'resource' is missing");
    };
    let ours = [graph.base(), graph.shared().origin.as_str(), REAL_SCOPE.trim_end_matches("/.default")];
    if !ours.contains(&resource.trim_end_matches('/')) {
        let text =
            format!("AADSTS500011: The resource principal named {resource} was not found in the tenant.");
        return refused(400, "invalid_resource", &text);
    }
    // The machine's own identity, and the app's client id as that of a user-assigned one.
    let client_id = form.get("client_id").unwrap_or(&graph.access().client_id);
    if client_id != graph.access().client_id {
        return refused(400, "invalid_request", "Identity not found");
    }
    let lifetime = graph.lifetimes().access.as_secs();
    let ends = graph.shared().clock.now().timestamp().saturating_add_unsigned(lifetime);
    let mut body = json!({
        "access_token": access_token(graph, &graph.access().tenant_id, false, None),
        "client_id": client_id,
        // Numbers as texts, in both answers.
        "expires_on": ends.to_string(), "resource": resource, "token_type": "Bearer",
    });
    if says_lifetime {
        body["expires_in"] = json!(lifetime.to_string());
        body["ext_expires_in"] = json!(lifetime.to_string());
        body["not_before"] = json!(graph.shared().clock.now().timestamp().to_string());
    }
    Json(body).into_response()
}

fn refused(status: u16, error: &str, text: &str) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    (status, Json(json!({ "error": error, "error_description": text }))).into_response()
}
