//! `/$batch`: up to 20 requests in one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderName, HeaderValue, Request, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use super::error::Problem;
use super::routes::batchable;
use super::{Caller, Graph};
use crate::{Vendor, layer};

const MAX: usize = 20;

#[derive(Debug, Deserialize)]
pub(super) struct Batch {
    requests: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Item {
    id: String,
    method: String,
    url: String,
    #[serde(default)]
    headers: Map<String, Value>,
    body: Option<Value>,
    #[serde(default, alias = "depends_on")]
    depends_on: Vec<String>,
}

pub(super) async fn batch(
    State(graph): State<Arc<Graph>>,
    caller: Caller,
    body: Result<Json<Batch>, JsonRejection>,
) -> Result<Json<Value>, Problem> {
    let Json(Batch { requests }) =
        body.map_err(|rejection| Problem::new(400, "BadRequest", rejection.body_text()))?;
    check(&requests)?;
    let mut statuses: BTreeMap<String, u16> = BTreeMap::new();
    let mut responses = Vec::new();
    for item in requests {
        let failed = item
            .depends_on
            .iter()
            .any(|id| statuses.get(&id.to_lowercase()).is_none_or(|status| !(200..300).contains(status)));
        let (id, key) = (item.id.clone(), item.id.to_lowercase());
        let answer = if failed {
            let problem = Problem::new(424, "FailedDependency", "A request that this one depends on failed.");
            json!({ "id": id, "status": 424, "headers": {}, "body": problem.body("", "", "") })
        } else {
            run(&graph, &caller, item).await
        };
        let status =
            answer.get("status").and_then(Value::as_u64).and_then(|status| u16::try_from(status).ok());
        statuses.insert(key, status.unwrap_or(500));
        responses.push(answer);
    }
    // The real one answers in any order; the reverse shows it to clients that rely on positions.
    responses.reverse();
    Ok(Json(json!({ "responses": responses })))
}

fn check(requests: &[Item]) -> Result<(), Problem> {
    if requests.len() > MAX {
        let message = format!("Number of batch request steps exceeds the maximum value of {MAX}.");
        return Err(Problem::new(400, "BadRequest", message));
    }
    let mut seen = BTreeMap::new();
    for item in requests {
        if item.id.is_empty() || seen.insert(item.id.to_lowercase(), ()).is_some() {
            return Err(Problem::new(400, "BadRequest", "Request ids must be unique and not empty."));
        }
        if item.body.is_some() && !item.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")) {
            let message = format!("The request '{}' has a body but no Content-Type header.", item.id);
            return Err(Problem::new(400, "BadRequest", message));
        }
        if let Some(id) = item.depends_on.iter().find(|id| !seen.contains_key(&id.to_lowercase())) {
            let message =
                format!("The request '{}' depends on '{id}', which does not come before it.", item.id);
            return Err(Problem::new(400, "BadRequest", message));
        }
    }
    Ok(())
}

/// Runs one request through the same routes, counts, limits and faults as any other.
async fn run(graph: &Arc<Graph>, caller: &Caller, item: Item) -> Value {
    let Item { id, method, url, headers, body, .. } = item;
    // Relative by the rules; some clients send the whole URL.
    let path = url.strip_prefix(graph.base()).and_then(|rest| rest.strip_prefix("/v1.0")).unwrap_or(&url);
    let uri = format!("/v1.0/{}", path.trim_start_matches('/')).replace(' ', "%20");
    let payload = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
    let Ok(mut request) = Request::builder().method(method.as_str()).uri(uri).body(payload) else {
        let problem = Problem::new(400, "BadRequest", "Invalid request in the batch.");
        return json!({ "id": id, "status": 400, "headers": {}, "body": problem.body("", "", "") });
    };
    for (name, value) in &headers {
        let pair =
            name.parse::<HeaderName>().ok().zip(value.as_str().and_then(|v| v.parse::<HeaderValue>().ok()));
        if let Some((name, value)) = pair {
            request.headers_mut().insert(name, value);
        }
    }
    if let Some(token) = caller.authorization() {
        request.headers_mut().insert(header::AUTHORIZATION, token.clone());
    }
    let router = layer::wrap(batchable(Arc::clone(graph)), Vendor::Graph, Arc::clone(&graph.shared));
    let response = router.oneshot(request).await.unwrap_or_else(|never| match never {});
    shown(&id, response).await
}

/// An inner answer: JSON as it is, anything else as base64 text.
async fn shown(id: &str, response: Response) -> Value {
    let (parts, body) = response.into_parts();
    if parts.extensions.get::<layer::DropConnection>().is_some() {
        let problem = Problem::new(504, "UnknownError", "The inner request got no answer.");
        return json!({ "id": id, "status": 504, "headers": {}, "body": problem.body("", "", "") });
    }
    let bytes = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let headers: Map<String, Value> = parts
        .headers
        .iter()
        .filter_map(|(name, value)| {
            // Batch answers spell header names in title case.
            let name = name.as_str().split('-').map(title).collect::<Vec<_>>().join("-");
            Some((name, json!(value.to_str().ok()?)))
        })
        .collect();
    let body = serde_json::from_slice(&bytes).unwrap_or_else(|_| json!(STANDARD.encode(&bytes)));
    json!({ "id": id, "status": parts.status.as_u16(), "headers": headers, "body": body })
}

fn title(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
}
