//! Graph's routes, and what happens to every request: token, permissions, ids, costs.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use axum::Router;
use axum::extract::{FromRequestParts, MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, Uri, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::{get, post};
use serde_json::json;

use super::error::Problem;
use super::login::AccessToken;
use super::query::Query;
use super::{
    Graph, batch, customers, delta, delta_groups, groups, patch, photos, subscriptions, tenant, tenants,
    users,
};
use crate::Vendor;
use crate::faults::{Call, FaultKind, Stage};

/// Graph below its prefix.
pub(crate) fn router(graph: Arc<Graph>) -> Router {
    inner(&graph)
        .route("/v1.0/$batch", post(batch::batch))
        .with_state(Arc::clone(&graph))
        .layer(from_fn_with_state(Arc::clone(&graph), finish))
        .layer(from_fn_with_state(graph, tenants::pass_on))
}

/// The routes that a batch may call: all but the batch itself.
pub(super) fn batchable(graph: Arc<Graph>) -> Router {
    inner(&graph).with_state(Arc::clone(&graph)).layer(from_fn_with_state(graph, finish))
}

fn inner(_: &Arc<Graph>) -> Router<Arc<Graph>> {
    Router::new()
        .route("/v1.0/users", get(users::list))
        .route("/v1.0/users/$count", get(users::count))
        .route("/v1.0/users/delta", get(delta::users))
        .route("/v1.0/users/delta()", get(delta::users))
        .route("/v1.0/users/microsoft.graph.delta", get(delta::users))
        .route("/v1.0/users/microsoft.graph.delta()", get(delta::users))
        .route("/v1.0/users/{id}", get(users::one).patch(patch::update))
        .route("/v1.0/users/{id}/licenseDetails", get(users::license_details))
        .route("/v1.0/users/{id}/mailboxSettings", get(users::mailbox))
        .route("/v1.0/users/{id}/mailboxSettings/userPurpose", get(users::purpose))
        .route("/v1.0/users/{id}/manager", get(users::manager))
        .route("/v1.0/users/{id}/photo", get(photos::metadata))
        .route("/v1.0/users/{id}/photo/$value", get(photos::largest))
        .route("/v1.0/users/{id}/photos/{size}/$value", get(photos::sized))
        .route("/v1.0/directory/deletedItems", get(users::deleted_without_cast))
        .route("/v1.0/directory/deletedItems/microsoft.graph.user", get(users::deleted))
        .route("/v1.0/directory/deletedItems/{id}", get(users::one_deleted))
        .route("/v1.0/subscribedSkus", get(tenant::skus))
        .route("/v1.0/organization", get(tenant::organization))
        .route("/v1.0/contracts", get(customers::contracts))
        .route("/v1.0/tenantRelationships/delegatedAdminCustomers", get(customers::customers))
        .route("/v1.0/tenantRelationships/delegatedAdminRelationships", get(customers::relationships))
        .route("/v1.0/subscriptions", get(subscriptions::list).post(subscriptions::create))
        .route(
            "/v1.0/subscriptions/{id}",
            get(subscriptions::one).patch(subscriptions::renew).delete(subscriptions::end),
        )
        .route("/v1.0/subscriptions/{id}/reauthorize", post(subscriptions::reauthorize))
        .route("/v1.0/groups", get(groups::list))
        .route("/v1.0/groups/delta", get(delta_groups::groups))
        .route("/v1.0/groups/delta()", get(delta_groups::groups))
        .route("/v1.0/groups/microsoft.graph.delta", get(delta_groups::groups))
        .route("/v1.0/groups/microsoft.graph.delta()", get(delta_groups::groups))
        .route("/v1.0/groups/{id}", get(groups::one))
        .route("/v1.0/groups/{id}/members", get(groups::members))
        .route("/v1.0/groups/{id}/members/microsoft.graph.user", get(groups::user_members))
        .route("/v1.0/groups/{id}/transitiveMembers", get(groups::transitive))
        .route("/v1.0/groups/{id}/transitiveMembers/microsoft.graph.user", get(groups::user_transitive))
        .route("/v1.0/groups/{id}/transitiveMembers/microsoft.graph.user/$count", get(groups::user_count))
        .route("/v1.0/groups/{id}/transitiveMembers/microsoft.graph.group", get(groups::group_transitive))
        .route("/v1.0/{segment}", get(users::by_key))
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
}

/// One authenticated request.
#[derive(Debug)]
pub(crate) struct Caller {
    pub(super) query: Query,
    method: Method,
    route: String,
    path: String,
    headers: HeaderMap,
}

impl Caller {
    /// The request as faults see it.
    pub(super) fn call(&self) -> Call<'_> {
        Call { vendor: Vendor::Graph, method: self.method.as_str(), route: &self.route, path: &self.path }
    }

    /// The `Authorization` header, which a batch passes on.
    pub(super) fn authorization(&self) -> Option<&HeaderValue> {
        self.headers.get(header::AUTHORIZATION)
    }

    /// Whether the app has one of these permissions. Without a fault it has every one.
    pub(super) fn may(&self, graph: &Graph, any_of: &[&str]) -> bool {
        let struck = graph.shared().faults.strike(Stage::Permission, &self.call());
        let lacks =
            |name: &&str| struck.iter().any(|kind| *kind == FaultKind::MissingPermission((*name).to_owned()));
        !any_of.iter().all(lacks)
    }

    /// Refuses the request when the app has none of these permissions.
    pub(super) fn need(&self, graph: &Graph, any_of: &[&str]) -> Result<(), Problem> {
        if self.may(graph, any_of) { Ok(()) } else { Err(Problem::denied()) }
    }
}

impl FromRequestParts<Arc<Graph>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, graph: &Arc<Graph>) -> Result<Self, Problem> {
        let token = authenticate(&parts.headers, graph)?;
        let route = parts.extensions.get::<MatchedPath>().map_or("", MatchedPath::as_str).to_owned();
        let caller = Self {
            query: Query::read(&parts.uri, &parts.headers)?,
            method: parts.method.clone(),
            route,
            path: parts.uri.path().to_owned(),
            headers: parts.headers.clone(),
        };
        challenge(graph, &caller, &token)?;
        Ok(caller)
    }
}

/// Checks the bearer token: 401 when it is missing, foreign, expired or revoked.
fn authenticate(headers: &HeaderMap, graph: &Graph) -> Result<AccessToken, Problem> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let token = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        _ => return Err(Problem::token("Access token is empty.")),
    };
    let Some(token) = graph.seal().open::<AccessToken>("access", token) else {
        return Err(Problem::token("CompactToken parsing failed with error code: 80049217"));
    };
    if token.tenant != graph.access().tenant_id {
        return Err(Problem::token("The token is for another tenant."));
    }
    if token.epoch != graph.epoch.load(Ordering::Relaxed) {
        return Err(Problem::token("Access token has been revoked."));
    }
    if graph.is_past(token.issued, graph.lifetimes().access) {
        return Err(Problem::token("Lifetime validation failed, the token is expired."));
    }
    Ok(token)
}

/// Continuous access evaluation: capable clients are asked for a newer token; others keep theirs until it expires.
fn challenge(graph: &Graph, caller: &Caller, token: &AccessToken) -> Result<(), Problem> {
    if !token.capable {
        return Ok(());
    }
    if !graph.shared().faults.strike(Stage::Token, &caller.call()).is_empty() {
        graph.ask_for_newer_tokens();
    }
    let asked = graph.newer_than.load(Ordering::Relaxed);
    if token.not_before.unwrap_or_default() >= asked {
        return Ok(());
    }
    let claims = json!({ "access_token": { "nbf": { "essential": true, "value": asked.to_string() } } });
    Err(Problem::insufficient(claims.to_string()))
}

/// Gives every answer its ids and its cost, and renders refusals with them.
async fn finish(State(graph): State<Arc<Graph>>, request: Request, next: Next) -> Response {
    let id = graph.request_id();
    let client_id = request.headers().get("client-request-id").cloned();
    let route =
        request.extensions().get::<MatchedPath>().map(|path| path.as_str().to_owned()).unwrap_or_default();
    let cost = resource_units(&route, request.uri());
    let mut response = next.run(request).await;
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        let client = client_id.as_ref().and_then(|value| value.to_str().ok()).unwrap_or(&id);
        response = problem.response(&id, client, &graph.shared().clock.now_text());
    }
    let headers = response.headers_mut();
    if let Ok(value) = HeaderValue::from_str(&id) {
        headers.insert("client-request-id", client_id.unwrap_or_else(|| value.clone()));
        headers.insert("request-id", value);
    }
    headers.insert("x-ms-resource-unit", HeaderValue::from(cost));
    headers.insert("odata-version", HeaderValue::from_static("4.0"));
    response
}

/// The cost of a request in resource units (Microsoft Graph, "Throttling limits", page of 2026).
pub(crate) fn resource_units(route: &str, uri: &Uri) -> u64 {
    let base: i64 = match route {
        "/v1.0/users" | "/v1.0/users/{id}" | "/v1.0/users/{id}/licenseDetails" => 2,
        "/v1.0/groups/{id}/members"
        | "/v1.0/groups/{id}/members/microsoft.graph.user"
        | "/v1.0/subscribedSkus"
        | "/v1.0/contracts" => 3,
        "/v1.0/groups/{id}/transitiveMembers"
        | "/v1.0/groups/{id}/transitiveMembers/microsoft.graph.user"
        | "/v1.0/groups/{id}/transitiveMembers/microsoft.graph.group" => 5,
        _ => 1,
    };
    let mut cost = base;
    for (name, value) in url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()) {
        match name.trim_start_matches('$') {
            "select" => cost -= 1,
            "expand" => cost += 1,
            "top" if value.parse::<u32>().is_ok_and(|top| top < 20) => cost -= 1,
            _ => {}
        }
    }
    u64::try_from(cost.max(1)).unwrap_or(1)
}

async fn no_route(caller: Result<Caller, Problem>, uri: Uri) -> Problem {
    if let Err(problem) = caller {
        return problem;
    }
    let mut segments = uri.path().split('/').filter(|segment| !segment.is_empty());
    match segments.next() {
        Some("v1.0") => segment_not_found(segments.next_back().unwrap_or_default()),
        _ => Problem::new(400, "BadRequest", "Invalid version."),
    }
}

/// A path segment that is no resource.
pub(super) fn segment_not_found(segment: &str) -> Problem {
    Problem::new(400, "BadRequest", format!("Resource not found for the segment '{segment}'."))
}

async fn wrong_method(caller: Result<Caller, Problem>) -> Problem {
    let message = "Specified HTTP method is not allowed for the request target.";
    caller.err().unwrap_or_else(|| Problem::new(405, "Request_BadRequest", message))
}
