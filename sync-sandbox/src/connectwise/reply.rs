//! Answers in the vendor's error shapes.

use axum::Json;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// What a handler returns.
pub(crate) type Reply = Result<Response, ApiError>;

/// One row of `errors`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FieldError {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) field: String,
}

impl FieldError {
    pub(crate) fn new(code: &'static str, field: &str, message: String) -> Self {
        Self { code, message, field: field.to_owned() }
    }

    /// A required field that is missing or empty.
    pub(crate) fn missing(field: &str) -> Self {
        Self::new("MissingRequiredField", field, format!("The {field} field is required."))
    }

    /// A text longer than the vendor's column.
    pub(crate) fn too_long(field: &str, max: usize) -> Self {
        let message = format!("The field {field} must be a string with a maximum length of {max}.");
        Self::new("InvalidField", field, message)
    }

    /// A value of the wrong JSON type or outside a closed set.
    pub(crate) fn invalid(field: &str, what: &str) -> Self {
        Self::new("InvalidField", field, format!("The field {field} is invalid: {what}."))
    }

    /// A reference to a record that does not exist.
    pub(crate) fn reference(field: &str) -> Self {
        Self::new("InvalidReference", field, format!("The {field} reference does not exist."))
    }
}

/// An error answer: `{"code","message","errors"}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    errors: Errors,
}

/// The three forms that `errors` takes.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Errors {
    Absent,
    Null,
    Rows { resource: &'static str, rows: Vec<FieldError> },
}

impl ApiError {
    fn plain(status: StatusCode, code: &'static str, message: impl Into<String>, errors: Errors) -> Self {
        Self { status, code, message: message.into(), errors }
    }

    /// 404 for a record.
    pub(crate) fn not_found(resource: &str, id: i64) -> Self {
        let message = format!("{resource} {id} not found");
        Self::plain(StatusCode::NOT_FOUND, "NotFound", message, Errors::Absent)
    }

    /// 404 for a path, a codebase that is no more, and (in the cloud) wrong keys.
    pub(crate) fn no_endpoint() -> Self {
        let message = "The endpoint does not exist.";
        Self::plain(StatusCode::NOT_FOUND, "ConnectWiseApi", message, Errors::Absent)
    }

    /// 401 when there are no credentials.
    pub(crate) fn not_authenticated() -> Self {
        Self::plain(StatusCode::UNAUTHORIZED, "ConnectWiseApi", "UserNotAuthenticated", Errors::Absent)
    }

    /// 401 for wrong credentials.
    pub(crate) fn unauthorized() -> Self {
        let message = "The integrator login or API member credentials are not valid.";
        Self::plain(StatusCode::UNAUTHORIZED, "Unauthorized", message, Errors::Null)
    }

    /// 403 without a `clientId` header.
    pub(crate) fn no_client_id() -> Self {
        let message = "The clientId header is missing or invalid.";
        Self::plain(StatusCode::FORBIDDEN, "ConnectWiseApi", message, Errors::Null)
    }

    /// 403 `Security`: plain HTTP on the user interface's host, or a missing role.
    pub(crate) fn security(message: &str) -> Self {
        Self::plain(StatusCode::FORBIDDEN, "Security", message, Errors::Null)
    }

    /// 405 for a method that the route does not have.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "The requested resource does not support this http method.";
        Self::plain(StatusCode::METHOD_NOT_ALLOWED, "ConnectWiseApi", message, Errors::Absent)
    }

    /// 415 for a body that is not declared as JSON.
    pub(crate) fn media_type() -> Self {
        let message = "The request entity's media type is not supported for this resource.";
        Self::plain(StatusCode::UNSUPPORTED_MEDIA_TYPE, "ConnectWiseApi", message, Errors::Absent)
    }

    /// 413 for a body larger than the server reads.
    pub(crate) fn too_large() -> Self {
        let message = "The request entity is too large.";
        Self::plain(StatusCode::PAYLOAD_TOO_LARGE, "ConnectWiseApi", message, Errors::Absent)
    }

    /// 400 for a record that fails validation.
    pub(crate) fn invalid_object(resource: &'static str, rows: Vec<FieldError>) -> Self {
        let message = format!("{resource} object is invalid");
        Self::plain(StatusCode::BAD_REQUEST, "InvalidObject", message, Errors::Rows { resource, rows })
    }

    /// 400 for a body that cannot be read as what the route expects.
    pub(crate) fn unreadable(resource: &'static str, message: impl Into<String>) -> Self {
        let row = FieldError { code: "InvalidObject", message: message.into(), field: String::new() };
        Self::invalid_object(resource, vec![row])
    }

    /// 400 for a patch document that cannot be applied.
    pub(crate) fn invalid_patch(message: impl Into<String>) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, "InvalidPatch", message, Errors::Null)
    }

    /// 400 for an expression in `conditions`, `childConditions`, `customFieldConditions`, `orderBy` or `fields`.
    pub(crate) fn condition(message: impl Into<String>) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, "ApiFindCondition", message, Errors::Null)
    }

    /// 400 for a wrong paging parameter.
    pub(crate) fn paging(message: &str) -> Self {
        Self::plain(StatusCode::BAD_REQUEST, "InvalidField", message, Errors::Null)
    }

    /// 400 for something that is there already.
    pub(crate) fn exists(resource: &'static str, message: &str) -> Self {
        let row = FieldError { code: "ObjectExists", message: message.to_owned(), field: String::new() };
        Self::invalid_object(resource, vec![row])
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, message, errors } = self;
        let mut body = Map::new();
        body.insert("code".to_owned(), code.into());
        body.insert("message".to_owned(), message.into());
        match errors {
            Errors::Absent => {}
            Errors::Null => {
                body.insert("errors".to_owned(), Value::Null);
            }
            Errors::Rows { resource, rows } => {
                let rows = rows.into_iter().map(|FieldError { code, message, field }| {
                    json!({"code": code, "message": message, "resource": resource, "field": field})
                });
                body.insert("errors".to_owned(), rows.collect());
            }
        }
        (status, Json(Value::Object(body))).into_response()
    }
}

/// 200 with a JSON body.
pub(crate) fn ok(body: Value) -> Response {
    Json(body).into_response()
}

/// 201 with the record and its address.
pub(crate) fn created(location: &str, body: Value) -> Response {
    let mut response = (StatusCode::CREATED, Json(body)).into_response();
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(axum::http::header::LOCATION, location);
    }
    response
}

/// 204.
pub(crate) fn no_content() -> Response {
    StatusCode::NO_CONTENT.into_response()
}
