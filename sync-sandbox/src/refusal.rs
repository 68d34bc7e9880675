//! Refusals in each vendor's own shape, for faults and exceeded limits.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::Vendor;
use crate::faults::RetryAfter;
use crate::graph;
use crate::kaseyabms;
use crate::shared::Shared;
use crate::syncro;

/// Why a call is refused before the vendor's own code sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Refusal {
    /// Throttled.
    TooManyRequests(RetryAfter),
    /// This status.
    Status(u16),
    /// A proxy's 502 page.
    Html,
}

/// The answer of that vendor.
pub(crate) fn refuse(vendor: Vendor, refusal: Refusal, shared: &Shared) -> Response {
    let (status, wait) = match refusal {
        Refusal::TooManyRequests(wait) => (StatusCode::TOO_MANY_REQUESTS, wait),
        Refusal::Status(status) => {
            (StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), RetryAfter::Missing)
        }
        Refusal::Html => {
            let page = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
                 <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";
            return (StatusCode::BAD_GATEWAY, Html(page)).into_response();
        }
    };
    let body = match vendor {
        Vendor::Graph => return with_wait(graph::refusal(status, shared), wait, shared),
        Vendor::Login => graph::login_refusal(shared),
        Vendor::ConnectWise => connectwise(status, wait),
        Vendor::KaseyaBms => kaseyabms::refusal(status.as_u16()),
        Vendor::Syncro => return with_wait(syncro::refusal(status), wait, shared),
    };
    with_wait((status, Json(body)).into_response(), wait, shared)
}

/// ConnectWise names the code `error` when it throttles and `code` everywhere else.
fn connectwise(status: StatusCode, wait: RetryAfter) -> Value {
    match (status.as_u16(), wait) {
        (429, RetryAfter::Seconds(seconds) | RetryAfter::Date(seconds)) => json!({
            "error": "ConnectWiseAPI",
            "message": format!("Too many requests. Please try again in {seconds} seconds."),
        }),
        (429, RetryAfter::Missing) => {
            json!({ "error": "ConnectWiseAPI", "message": "Too many requests. Please try again later." })
        }
        (401, _) => json!({ "code": "ConnectWiseApi", "message": "UserNotAuthenticated", "errors": null }),
        (403, _) => json!({ "code": "Security", "message": "Access denied.", "errors": null }),
        _ => json!({ "code": "ConnectWiseApi", "message": "An error has occurred.", "errors": null }),
    }
}

fn with_wait(mut response: Response, wait: RetryAfter, shared: &Shared) -> Response {
    let value = match wait {
        RetryAfter::Missing => return response,
        RetryAfter::Seconds(seconds) => seconds.to_string(),
        RetryAfter::Date(seconds) => {
            let ahead =
                TimeDelta::try_seconds(i64::try_from(seconds).unwrap_or(i64::MAX)).unwrap_or_default();
            (shared.clock.now() + ahead).format("%a, %d %b %Y %H:%M:%S GMT").to_string()
        }
    };
    if let Ok(value) = HeaderValue::from_str(&value) {
        response.headers_mut().insert(header::RETRY_AFTER, value);
    }
    response
}
