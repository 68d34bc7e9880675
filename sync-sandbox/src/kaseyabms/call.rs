//! One request, taken apart: path ids, query, body.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, Method};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use super::form;
use super::reply::{ApiError, respond};
use super::store::Store;

/// Bodies above this are refused.
const MAX_BODY: usize = 2 * 1024 * 1024;

/// What a handler sees of a request. Names of query parameters and body properties are in small letters, because the
/// service does not tell case apart.
#[derive(Debug)]
pub(crate) struct Call {
    params: Vec<(String, String)>,
    query: BTreeMap<String, Vec<String>>,
    /// The parsed JSON body of a write.
    body: Option<Value>,
    /// The fields of a form.
    form: BTreeMap<String, String>,
}

impl Call {
    /// A number in the path, by its place.
    pub(crate) fn id(&self, place: usize) -> Result<i64, ApiError> {
        let text = self.params.get(place).map(|(_, value)| value.as_str()).unwrap_or_default();
        text.parse().map_err(|_not_a_number| ApiError::no_route())
    }

    /// A text in the path, by its place.
    pub(crate) fn text(&self, place: usize) -> &str {
        self.params.get(place).map(|(_, value)| value.as_str()).unwrap_or_default()
    }

    /// The values of a query parameter; empty ones count as missing.
    pub(crate) fn all(&self, name: &str) -> &[String] {
        self.query.get(&name.to_ascii_lowercase()).map(Vec::as_slice).unwrap_or_default()
    }

    /// The first value of a query parameter.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.all(name).first().map(String::as_str)
    }

    /// A number in the query.
    pub(crate) fn number(&self, name: &str) -> Result<Option<i64>, ApiError> {
        self.parsed(name, |text| text.parse().ok())
    }

    /// A flag in the query.
    pub(crate) fn flag(&self, name: &str) -> Result<Option<bool>, ApiError> {
        self.parsed(name, |text| text.to_ascii_lowercase().parse().ok())
    }

    fn parsed<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ApiError> {
        let Some(text) = self.param(name) else { return Ok(None) };
        let wrong = || ApiError::invalid(vec![format!("The value '{text}' is not valid for {name}.")]);
        parse(text).map(Some).ok_or_else(wrong)
    }

    /// A field of a form.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.form.get(name).map(String::as_str)
    }

    /// The body, which must be an object.
    pub(crate) fn object(&self) -> Result<&Map<String, Value>, ApiError> {
        let body = self.body.as_ref().and_then(Value::as_object);
        body.ok_or_else(|| ApiError::unreadable("A non-empty request body is required."))
    }

    /// The body, which must be an array of objects; one object counts as an array of one.
    pub(crate) fn objects(&self) -> Result<Vec<&Map<String, Value>>, ApiError> {
        let objects = match &self.body {
            Some(Value::Array(items)) => items.iter().map(Value::as_object).collect::<Option<Vec<_>>>(),
            Some(Value::Object(one)) => Some(vec![one]),
            _ => None,
        };
        objects.ok_or_else(|| ApiError::unreadable("The JSON value could not be converted to a list."))
    }
}

/// Answers that fail before a handler runs are spelled in the same way.
pub(crate) struct Unread(Response);

impl IntoResponse for Unread {
    fn into_response(self) -> Response {
        self.0
    }
}

impl FromRequest<Arc<Store>> for Call {
    type Rejection = Unread;

    async fn from_request(request: Request, store: &Arc<Store>) -> Result<Self, Unread> {
        match read(request, store).await {
            Ok(call) => Ok(call),
            Err(error) => Err(Unread(respond(Err(error), store.spelling()))),
        }
    }
}

async fn read(request: Request, store: &Arc<Store>) -> Result<Call, ApiError> {
    let (mut parts, body) = request.into_parts();
    let params = RawPathParams::from_request_parts(&mut parts, store).await.ok();
    let params = params.as_ref().ok_or_else(ApiError::no_route)?;
    let params = params.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
        .ok()
        .ok_or_else(|| ApiError::unreadable("The query string is malformed."))?;
    let mut query: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (name, value) in pairs.into_iter().filter(|(_, value)| !value.trim().is_empty()) {
        query.entry(name.to_ascii_lowercase()).or_default().push(value.trim().to_owned());
    }
    let mut call = Call { params, query, body: None, form: BTreeMap::new() };
    if !matches!(parts.method, Method::POST | Method::PUT | Method::PATCH) {
        return Ok(call);
    }
    let bytes = axum::body::to_bytes(body, MAX_BODY).await.ok();
    let bytes: Bytes = bytes.ok_or_else(|| ApiError::unreadable("The request body is too large."))?;
    if bytes.is_empty() {
        return Ok(call);
    }
    match form::read(content_type(&parts.headers), &bytes) {
        Some(fields) => call.form = fields,
        None if is_json(content_type(&parts.headers)) => {
            let value: Option<Value> = serde_json::from_slice(&bytes).ok();
            call.body = Some(lower(value.ok_or_else(|| ApiError::unreadable("The body is not JSON."))?));
        }
        None => return Err(ApiError::media_type()),
    }
    Ok(call)
}

fn content_type(headers: &HeaderMap) -> &str {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// `application/json`, `text/json` and `application/*+json`.
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence.ends_with("/json") || essence.ends_with("+json")
}

/// Property names in small letters, at every depth.
fn lower(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(lower).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| (name.to_lowercase(), lower(value)));
            Value::Object(fields.collect())
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// A text property of a body; a number counts as its digits.
pub(crate) fn text(fields: &Map<String, Value>, name: &str) -> Option<String> {
    match fields.get(&name.to_lowercase())? {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// A number property of a body; digits in quotation marks count as a number.
pub(crate) fn number(fields: &Map<String, Value>, name: &str) -> Option<i64> {
    let value = fields.get(&name.to_lowercase())?;
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

/// A flag property of a body.
pub(crate) fn flag(fields: &Map<String, Value>, name: &str) -> Option<bool> {
    fields.get(&name.to_lowercase())?.as_bool()
}
