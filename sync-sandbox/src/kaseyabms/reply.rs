//! Answers in the vendor's envelope.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

/// What a handler returns.
pub(crate) type Reply = Result<Answer, ApiError>;

/// A success, before it is spelled out.
#[derive(Debug)]
pub(crate) enum Answer {
    /// In the envelope.
    Result(Value),
    /// In the envelope with `TotalRecords`.
    Page { rows: Vec<Value>, total: usize },
    /// A record without an envelope, as two routes answer by the document.
    Bare(Value),
    /// Nothing.
    Empty,
}

/// What went wrong. Only the code of a refused token (978001) is the vendor's; the others are made up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: i64,
    message: String,
    sub_errors: Vec<String>,
    /// The status is kept even where errors come under 200.
    hard: bool,
}

impl ApiError {
    fn new(status: StatusCode, code: i64, message: impl Into<String>, hard: bool) -> Self {
        Self { status, code, message: message.into(), sub_errors: Vec::new(), hard }
    }

    /// A missing, expired or unknown token.
    pub(crate) fn token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 978_001, "Security Error", true)
    }

    /// A refused sign-in or refresh.
    pub(crate) fn sign_in(message: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, 978_010, message, false)
    }

    /// A role that lacks a right.
    pub(crate) fn permission() -> Self {
        let message = "You do not have permission to perform this action.";
        Self::new(StatusCode::FORBIDDEN, 978_002, message, false)
    }

    /// A record that does not exist.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, 1_004, format!("{what} not found."), false)
    }

    /// A path that does not exist.
    pub(crate) fn no_route() -> Self {
        Self::new(StatusCode::NOT_FOUND, 404, "The requested resource was not found.", true)
    }

    /// A method that the path does not have.
    pub(crate) fn no_method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, 405, "The requested method is not allowed.", true)
    }

    /// A request that cannot be read at all.
    pub(crate) fn unreadable(message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, 400, message, true)
    }

    /// A body of a type that the route does not take.
    pub(crate) fn media_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, 415, "Unsupported Media Type", true)
    }

    /// Past the rate limit of a route.
    pub(crate) fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, 429, "API calls quota exceeded.", true)
    }

    /// Content that fails validation, one message per fault.
    pub(crate) fn invalid(faults: Vec<String>) -> Self {
        let message = faults.first().cloned().unwrap_or_default();
        Self {
            sub_errors: faults,
            ..Self::new(StatusCode::BAD_REQUEST, 1_001, format!("Validation failed. {message}"), false)
        }
    }

    /// As a test wants it.
    pub(crate) fn other(code: i64, message: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message, false)
    }

    fn body(&self) -> Value {
        json!({
            "Success": false, "Result": null,
            "Error": {
                "Code": self.code, "Message": self.message, "Details": null, "StackStrace": null,
                "SubErrors": self.sub_errors,
            },
        })
    }
}

/// How answers are spelled, as the settings say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spelling {
    /// Property names begin with a capital, as the document prints them.
    pub(crate) pascal_case: bool,
    /// Every error comes with its own status.
    pub(crate) status_of_errors: bool,
}

/// Spells out what a handler answered.
pub(crate) fn respond(reply: Reply, spelling: Spelling) -> Response {
    let cased = |value: Value| if spelling.pascal_case { value } else { camel(value) };
    match reply {
        Ok(Answer::Result(result)) => {
            let body = json!({ "Success": true, "Error": null, "Result": result });
            Json(cased(body)).into_response()
        }
        Ok(Answer::Page { rows, total }) => {
            let body = json!({ "Success": true, "Error": null, "Result": rows, "TotalRecords": total });
            Json(cased(body)).into_response()
        }
        Ok(Answer::Bare(record)) => Json(cased(record)).into_response(),
        Ok(Answer::Empty) => StatusCode::OK.into_response(),
        Err(error) => {
            let plain = error.hard || spelling.status_of_errors;
            let status = if plain { error.status } else { StatusCode::OK };
            (status, Json(cased(error.body()))).into_response()
        }
    }
}

/// The body of a refusal that the vendor's own code did not make.
pub(crate) fn refusal(status: u16) -> Value {
    let error = match status {
        401 => ApiError::token(),
        403 => ApiError::permission(),
        429 => ApiError::too_many(),
        _ => ApiError::other(i64::from(status), "An error has occurred."),
    };
    camel(error.body())
}

/// Property names with their first letter small, at every depth: what the live service sends.
pub(crate) fn camel(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(camel).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (small(&name), camel(value)));
            Value::Object(fields.collect::<Map<_, _>>())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn small(name: &str) -> String {
    let mut chars = name.chars();
    chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
}
