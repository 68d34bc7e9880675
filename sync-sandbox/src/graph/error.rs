//! Graph's error body, and the ids that go with every answer.

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// A refusal by Graph. Rendered by the layer that knows the request's ids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// `Location`, for a resync.
    pub(crate) location: Option<String>,
    /// `WWW-Authenticate`, for a missing or dead token.
    pub(crate) challenge: bool,
    /// What that challenge asks for, as JSON.
    pub(crate) claims: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), location: None, challenge: false, claims: None }
    }

    /// A malformed or unsupported request.
    pub(crate) fn bad(message: impl Into<String>) -> Self {
        Self::new(400, "Request_BadRequest", message)
    }

    /// A query that the directory does not support, at all or without the advanced header.
    pub(crate) fn unsupported(message: impl Into<String>) -> Self {
        Self::new(400, "Request_UnsupportedQuery", message)
    }

    /// A missing, dead or foreign access token.
    pub(crate) fn token(message: impl Into<String>) -> Self {
        Self { challenge: true, ..Self::new(401, "InvalidAuthenticationToken", message) }
    }

    /// A token that is valid, and no longer enough.
    pub(crate) fn insufficient(claims: String) -> Self {
        let message = "Continuous access evaluation resulted in challenge with result: InteractionRequired and code: \
             TokenIssuedBeforeRevocationTimestamp";
        Self { claims: Some(claims), ..Self::token(message) }
    }

    /// A missing permission.
    pub(crate) fn denied() -> Self {
        Self::new(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    }

    /// No object of that id.
    pub(crate) fn missing(id: &str) -> Self {
        let message = format!(
            "Resource '{id}' does not exist or one of its queried reference-property objects are not present."
        );
        Self::new(404, "Request_ResourceNotFound", message)
    }

    /// The body, with the ids of the request that failed.
    pub(crate) fn body(&self, request_id: &str, client_request_id: &str, date: &str) -> Value {
        let date = date.trim_end_matches('Z');
        json!({ "error": {
            "code": self.code,
            "message": self.message,
            "innerError": { "date": date, "request-id": request_id, "client-request-id": client_request_id },
        } })
    }

    /// The whole answer.
    pub(crate) fn response(&self, request_id: &str, client_request_id: &str, date: &str) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self.body(request_id, client_request_id, date))).into_response();
        let headers = response.headers_mut();
        if let Some(location) = self.location.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(header::LOCATION, location);
        }
        if self.challenge {
            let asked = self.claims.as_ref().map_or_else(String::new, |claims| {
                format!(", error=\"insufficient_claims\", claims=\"{}\"", STANDARD.encode(claims))
            });
            if let Ok(value) = HeaderValue::from_str(&format!("Bearer realm=\"\"{asked}")) {
                headers.insert(header::WWW_AUTHENTICATE, value);
            }
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        response.extensions_mut().insert(self);
        response
    }
}

/// The code and message that Graph's front end uses for a status.
pub(crate) fn of_status(status: StatusCode) -> Problem {
    match status.as_u16() {
        401 => Problem::token("Access token has expired or is not yet valid."),
        403 => Problem::denied(),
        429 => Problem::new(429, "TooManyRequests", "Too Many Requests"),
        503 => {
            let message = "The service is not available. Try the request again after a delay.";
            Problem::new(503, "serviceNotAvailable", message)
        }
        other => Problem::new(other, "UnknownError", "An unexpected error occurred."),
    }
}
