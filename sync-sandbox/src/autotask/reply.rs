//! Answers in the vendor's error shapes.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Value, json};

/// What a handler returns.
pub(crate) type Reply = Result<Value, ApiError>;

/// An error answer. Validation and permissions are 500 as well as 4xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// `{"errors":[…]}`.
    Errors(StatusCode, String),
    /// `{"Message":"…"}`, as the web framework itself answers.
    Message(StatusCode, String),
    /// The page of the web server.
    Html(StatusCode),
}

impl ApiError {
    /// 500 with a text.
    pub(crate) fn refused(text: impl Into<String>) -> Self {
        Self::Errors(StatusCode::INTERNAL_SERVER_ERROR, text.into())
    }

    /// 401.
    pub(crate) fn unauthorized(text: &str) -> Self {
        Self::Errors(StatusCode::UNAUTHORIZED, text.to_owned())
    }

    /// A permission that the API user's security level lacks: 500.
    pub(crate) fn permission(action: &str) -> Self {
        Self::refused(format!(
            "The logged in Resource does not have the adequate permissions to {action} this entity type."
        ))
    }

    pub(crate) fn unknown_field(name: &str, entity: &str) -> Self {
        Self::refused(format!("Unable to find {name} in the {entity} Entity."))
    }

    pub(crate) fn conversion(value: &Value, kind: &str) -> Self {
        let shown = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self::refused(format!(
            "Conversion failed when converting the varchar value '{shown}' to data type {kind}."
        ))
    }

    pub(crate) fn syntax(what: &str) -> Self {
        Self::refused(format!("Invalid query syntax. {what}"))
    }

    pub(crate) fn reference(field: &str, entity: &str) -> Self {
        Self::refused(format!(
            "Reference value on field: {field} of type: {entity} does not exist or is invalid."
        ))
    }

    pub(crate) fn no_match() -> Self {
        Self::refused("No matching records found for the specified criteria.")
    }

    /// 405.
    pub(crate) fn method(method: &str) -> Self {
        let text = format!("The requested resource does not support http method '{method}'.");
        Self::Message(StatusCode::METHOD_NOT_ALLOWED, text)
    }

    /// 404 as the web server answers for paths that are nowhere.
    pub(crate) const fn no_path() -> Self {
        Self::Html(StatusCode::NOT_FOUND)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Errors(status, text) => (status, Json(json!({ "errors": [text] }))).into_response(),
            Self::Message(status, text) => (status, Json(json!({ "Message": text }))).into_response(),
            Self::Html(status) => {
                let page = "<!DOCTYPE html PUBLIC \"-//W3C//DTD XHTML 1.0 Strict//EN\">\r\n<html><head>\
                     <title>404 - File or directory not found.</title></head><body>\
                     <h2>404 - File or directory not found.</h2></body></html>";
                (status, Html(page)).into_response()
            }
        }
    }
}
