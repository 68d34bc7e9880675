//! Answers in the vendor's error shapes, which differ from one resource to the next.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

/// What a handler returns.
pub(crate) type Reply = Result<Response, ApiError>;

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum ApiError {
    /// 401 for a token that is missing or wrong. The vendor's words for that are not published; what sets it apart from
    /// the next one is that no permission is spoken of.
    BadToken,
    /// 401 for a permission that the token lacks.
    NoPermission,
    /// 404 for a record.
    NotFound,
    /// 404 for a path, which is a web page.
    NoRoute,
    /// 400 for a body that cannot be read.
    Unreadable,
    /// 422 of contacts: the record and one sentence.
    Contact { record: Value, errors: String },
    /// 422 of customers, phones and portal users: a list, and what was sent.
    Listed { message: Vec<String>, params: Value },
    /// 422 of schedules: a list under another key.
    Schedule(Vec<String>),
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let (status, body) = match self {
            Self::BadToken => (StatusCode::UNAUTHORIZED, json!({"error": "Not authorized"})),
            Self::NoPermission => {
                let text = "Not authorized. Please ask account admin to update your group permissions.";
                (StatusCode::UNAUTHORIZED, json!({ "error": text }))
            }
            Self::NotFound => (StatusCode::NOT_FOUND, json!({"message": "Not found"})),
            Self::NoRoute => {
                return (
                    StatusCode::NOT_FOUND,
                    Html(page(404, "The page you were looking for doesn't exist.")),
                )
                    .into_response();
            }
            Self::Unreadable => {
                (StatusCode::BAD_REQUEST, json!({"error": "There was a problem in the JSON you submitted"}))
            }
            Self::Contact { record, errors } => {
                (StatusCode::UNPROCESSABLE_ENTITY, json!({"record": record, "errors": errors}))
            }
            Self::Listed { message, params } => {
                let body = json!({"success": false, "message": message, "params": params});
                (StatusCode::UNPROCESSABLE_ENTITY, body)
            }
            Self::Schedule(errors) => (StatusCode::UNPROCESSABLE_ENTITY, json!({ "error": errors })),
        };
        (status, Json(body)).into_response()
    }
}

/// A page of the web server.
pub(crate) fn page(status: u16, text: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html>\n<head><title>{text} ({status})</title></head>\n<body><h1>{text}</h1></body>\n</html>\n"
    )
}

/// 200 with a JSON body; a create answers so as well.
pub(crate) fn ok(body: Value) -> Response {
    Json(body).into_response()
}

/// A refusal before the application sees the request. What throttled calls are told is not published; a server error is
/// a web page, as Rails makes one.
pub(crate) fn refusal(status: StatusCode) -> Response {
    let body = match status.as_u16() {
        429 => return (status, "Retry later\n").into_response(),
        401 => return ApiError::BadToken.into_response(),
        403 => json!({"error": "Forbidden"}),
        _ => {
            let page = page(status.as_u16(), "We're sorry, but something went wrong.");
            return (status, Html(page)).into_response();
        }
    };
    (status, Json(body)).into_response()
}
