//! One request, taken apart: path ids, query, body, and the token wherever it is.

use std::sync::Arc;

use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use serde_json::{Map, Value};

use super::data::Settings;
use super::reply::ApiError;
use super::store::Store;

/// Bodies above this are refused. Two mebibytes are far above any record.
const MAX_BODY: usize = 2 * 1024 * 1024;

/// What a handler sees of a request.
#[derive(Debug)]
pub(crate) struct Call {
    /// Ids in the path, in order.
    ids: Vec<i64>,
    /// Query parameters, decoded, in order; one may come several times.
    query: Vec<(String, String)>,
    /// The parsed body of a write; `null` where there is none.
    body: Value,
    token: Option<String>,
}

impl Call {
    /// A query parameter; an empty one counts as missing.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        let found = self.query.iter().rev().find(|(known, _)| known == name);
        found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
    }

    /// A query parameter that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.param(name)?.parse().ok()
    }

    /// Every number given as `name[]` or `name`.
    pub(crate) fn numbers(&self, name: &str) -> Vec<i64> {
        let list = format!("{name}[]");
        let named = self.query.iter().filter(|(known, _)| *known == list || known == name);
        named.filter_map(|(_, value)| value.trim().parse().ok()).collect()
    }

    /// The page asked for, from 1; what is no page is the first.
    pub(crate) fn page(&self) -> usize {
        self.param("page").and_then(|page| page.parse().ok()).filter(|page| *page > 0).unwrap_or(1)
    }

    /// The id in the path of a record, or of the parent of a sub-resource.
    pub(crate) fn id(&self) -> i64 {
        self.ids.first().copied().unwrap_or_default()
    }

    /// The id of a sub-resource.
    pub(crate) fn child_id(&self) -> i64 {
        self.ids.get(1).copied().unwrap_or_default()
    }

    /// The body, whatever it is.
    pub(crate) const fn body(&self) -> &Value {
        &self.body
    }

    /// The body's fields; none where it is no object.
    pub(crate) fn fields(&self) -> Map<String, Value> {
        let mut fields = self.body.as_object().cloned().unwrap_or_default();
        fields.remove("api_key");
        fields
    }

    /// Whether the token is the account's and has the permission.
    pub(crate) fn admit(&self, settings: &Settings, permission: &str) -> Result<(), ApiError> {
        if self.token.as_deref() != Some(settings.token.as_str()) {
            return Err(ApiError::BadToken);
        }
        if settings.denied.contains(permission) { Err(ApiError::NoPermission) } else { Ok(()) }
    }
}

impl FromRequest<Arc<Store>> for Call {
    type Rejection = ApiError;

    async fn from_request(request: Request, store: &Arc<Store>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, store).await;
        let params = params.ok().ok_or(ApiError::NoRoute)?;
        let ids = params.iter().map(|(_, value)| value.parse().ok()).collect::<Option<Vec<i64>>>();
        // An id that is no number is that of no record.
        let ids = ids.ok_or(ApiError::NotFound)?;
        let query = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri);
        let Query(query) = query.ok().ok_or(ApiError::Unreadable)?;
        let bytes = axum::body::to_bytes(body, MAX_BODY).await.ok().ok_or(ApiError::Unreadable)?;
        let writes = matches!(parts.method, Method::POST | Method::PUT | Method::PATCH);
        let body: Value = if writes && !bytes.is_empty() {
            serde_json::from_slice(&bytes).ok().ok_or(ApiError::Unreadable)?
        } else {
            Value::Null
        };
        let token = token(&parts.headers, &query, &body);
        Ok(Self { ids, query, body, token })
    }
}

/// The token: as a bearer, bare in the header, in the query or in the body, all of which live accounts were seen to take.
fn token(headers: &HeaderMap, query: &[(String, String)], body: &Value) -> Option<String> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::trim);
    let bare = header.map(|text| match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) | None => text,
    });
    let asked = || query.iter().find(|(name, _)| name == "api_key").map(|(_, value)| value.as_str());
    let sent = || body.get("api_key").and_then(Value::as_str);
    bare.or_else(asked).or_else(sent).map(str::to_owned)
}
