//! One request, taken apart: path ids, query, paging header and body.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request};
use axum::http::Method;
use axum::http::header::CONTENT_TYPE;
use serde_json::Value;

use crate::Vendor;

use super::reply::ApiError;
use super::store::Store;

/// What a handler sees of a request.
#[derive(Debug)]
pub(crate) struct Call {
    /// Address of the route without a query.
    pub(crate) url: String,
    /// The query as sent.
    pub(crate) raw_query: String,
    /// Ids in the path, in order.
    ids: Vec<i64>,
    /// Query parameters by lower-case name, decoded.
    query: BTreeMap<String, String>,
    /// Whether `pagination-type: forward-only` was sent.
    pub(crate) forward_only: bool,
    /// The parsed body of a write.
    body: Option<Value>,
}

impl Call {
    /// A query parameter; an empty one counts as missing.
    pub(crate) fn param(&self, name: &str) -> Option<&str> {
        self.query.get(&name.to_ascii_lowercase()).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// The id in the path of a record, or of the parent of a sub-resource.
    pub(crate) fn id(&self) -> i64 {
        self.ids.first().copied().unwrap_or_default()
    }

    /// The id of a sub-resource.
    pub(crate) fn child_id(&self) -> i64 {
        self.ids.get(1).copied().unwrap_or_default()
    }

    /// The body, which must be a JSON object.
    pub(crate) fn object(&self, resource: &'static str) -> Result<&Value, ApiError> {
        self.body
            .as_ref()
            .filter(|body| body.is_object())
            .ok_or_else(|| ApiError::unreadable(resource, "The request body must be a JSON object."))
    }

    /// The body, which must be an array of patch operations.
    pub(crate) fn operations(&self) -> Result<&[Value], ApiError> {
        self.body.as_ref().and_then(Value::as_array).map(Vec::as_slice).ok_or_else(|| {
            ApiError::invalid_patch(
                "Cannot deserialize the request body into a list of patch operations: an array is required.",
            )
        })
    }
}

impl FromRequest<Arc<Store>> for Call {
    type Rejection = ApiError;

    async fn from_request(request: Request, store: &Arc<Store>) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        let params = RawPathParams::from_request_parts(&mut parts, store)
            .await
            .ok()
            .ok_or_else(ApiError::no_endpoint)?;
        let ids = params
            .iter()
            .filter(|(name, _)| *name != "codebase" && *name != "company")
            .map(|(_, value)| value.parse().ok())
            .collect::<Option<Vec<i64>>>()
            .ok_or_else(ApiError::no_endpoint)?;
        let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(&parts.uri)
            .ok()
            .ok_or_else(|| ApiError::condition("The query string is malformed."))?;
        let query = pairs.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let writes = matches!(parts.method, Method::POST | Method::PUT | Method::PATCH);
        let body = if writes { Some(read_body(&parts.headers, body).await?) } else { None };
        let path = parts.uri.path();
        let path = path.strip_prefix(Vendor::ConnectWise.prefix()).unwrap_or(path);
        Ok(Self {
            url: format!("{}{path}", store.link_base()),
            raw_query: parts.uri.query().unwrap_or_default().to_owned(),
            ids,
            query,
            forward_only: header(&parts.headers, "pagination-type")
                .is_some_and(|value| value.eq_ignore_ascii_case("forward-only")),
            body,
        })
    }
}

/// A header as text.
pub(crate) fn header<'a>(headers: &'a axum::http::HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

async fn read_body(headers: &axum::http::HeaderMap, body: axum::body::Body) -> Result<Value, ApiError> {
    let essence =
        header(headers, CONTENT_TYPE.as_str()).unwrap_or_default().split(';').next().unwrap_or_default();
    if !essence.trim().eq_ignore_ascii_case("application/json") {
        return Err(ApiError::media_type());
    }
    let bytes: Bytes = axum::body::to_bytes(body, MAX_BODY).await.ok().ok_or_else(ApiError::too_large)?;
    serde_json::from_slice(&bytes)
        .ok()
        .ok_or_else(|| ApiError::unreadable("request", "The request body is not valid JSON."))
}

/// Bodies above this are refused. Two mebibytes are far above any contact.
const MAX_BODY: usize = 2 * 1024 * 1024;
