//! Which handler answers which path. Paths are in lower case; the server takes them in any.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Query, RawPathParams, State};
use axum::http::{Method, Uri};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodRouter, any, get};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::Vendor;

use super::data::Data;
use super::reply::{ApiError, Reply};
use super::schema::{Can, Child, ENTITIES, Entity};
use super::store::{Store, guard};
use super::{info, query, write};

/// Every route, with the server's checks in front, in both zones.
pub(crate) fn router(store: Arc<Store>) -> Router {
    let mut zone = Router::new()
        .route("/atservicesrest/v1.0/zoneinformation", get(zone_information))
        .route("/atservicesrest/zoneinformation", get(zone_information))
        .route("/atservicesrest/versioninformation", get(async || Json(json!({"apiVersions": ["v1.0"]}))))
        .route("/atservicesrest/v1.0/thresholdinformation", get(threshold));
    for entity in ENTITIES {
        for (path, route) in routes(entity) {
            zone = zone.route(&format!("/atservicesrest/v1.0/{path}"), route);
        }
    }
    Router::new()
        .merge(zone.clone())
        .nest("/zone2", zone)
        .fallback(async || ApiError::no_path())
        .layer(from_fn_with_state(Arc::clone(&store), guard))
        .with_state(store)
}

type Pairs = Query<Vec<(String, String)>>;

/// A query parameter, its name in any case.
fn parameter(pairs: &Pairs, name: &str) -> String {
    let found = pairs.0.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.clone()).unwrap_or_default()
}

async fn zone_information(State(store): State<Arc<Store>>, pairs: Pairs) -> Response {
    answer(store.with(|data| info::zone(data, &parameter(&pairs, "user"))))
}

/// Counts itself.
async fn threshold(State(store): State<Arc<Store>>) -> Json<Value> {
    let limits = &store.shared.limits;
    Json(json!({
        "externalRequestThreshold": limits.max(Vendor::Autotask), "requestThresholdTimeframe": 60,
        "currentTimeframeRequestCount": limits.used(Vendor::Autotask, store.shared.clock.ahead()),
    }))
}

fn answer(reply: Reply) -> Response {
    match reply {
        Ok(body) => Json(body).into_response(),
        Err(error) => error.into_response(),
    }
}

/// What a handler sees of a request.
struct Call {
    method: Method,
    /// Ids in the path, in order.
    ids: Vec<i64>,
    body: Value,
    paging: String,
    search: String,
}

type Handler = fn(&mut Data, &'static Entity, &Call) -> Reply;

fn route(entity: &'static Entity, handler: Handler) -> MethodRouter<Arc<Store>> {
    any(
        move |State(store): State<Arc<Store>>,
              method: Method,
              uri: Uri,
              params: RawPathParams,
              body: Bytes| async move {
            let ids: Option<Vec<i64>> = params.iter().map(|(_, value)| value.parse().ok()).collect();
            let Some(ids) = ids else { return ApiError::no_path().into_response() };
            let Ok(pairs) = Pairs::try_from_uri(&uri) else { return ApiError::no_path().into_response() };
            let body = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
            let Ok(body) = body else {
                return ApiError::refused("The request body is not valid JSON.").into_response();
            };
            let (paging, search) = (parameter(&pairs, "paging"), parameter(&pairs, "search"));
            let call = Call { method, ids, body, paging, search };
            answer(store.with(|data| handler(data, entity, &call)))
        },
    )
}

fn routes(entity: &'static Entity) -> Vec<(String, MethodRouter<Arc<Store>>)> {
    let path = entity.path;
    let mut routes = vec![
        (format!("{path}/entityinformation"), route(entity, |data, entity, _| info::entity(data, entity))),
        (
            format!("{path}/entityinformation/fields"),
            route(entity, |data, entity, _| info::fields(data, entity)),
        ),
        (
            format!("{path}/entityinformation/userdefinedfields"),
            route(entity, |data, entity, _| info::udfs(data, entity)),
        ),
    ];
    if entity.root.query {
        routes.push((format!("{path}/query"), route(entity, run_query)));
        routes.push((format!("{path}/query/next"), route(entity, next_page)));
        routes.push((format!("{path}/query/count"), route(entity, count)));
    }
    if entity.root.query || entity.root.delete {
        routes.push((format!("{path}/{{id}}"), route(entity, one)));
    }
    // The root of an entity that is written below its parent is nowhere: the web server's own 404.
    if entity.root.create || entity.root.update {
        routes.push((path.to_owned(), route(entity, root)));
    }
    if let Some((Child { parent, path, .. }, can)) = entity.child {
        routes.push((format!("{parent}/{{parent}}/{path}"), route(entity, below)));
        if can.query || can.delete || entity.root.query {
            routes.push((format!("{parent}/{{parent}}/{path}/{{id}}"), route(entity, one_below)));
        }
    }
    routes
}

fn by_post(call: &Call) -> Result<bool, ApiError> {
    match call.method {
        Method::POST => Ok(true),
        Method::GET => Ok(false),
        _ => Err(ApiError::method(call.method.as_str())),
    }
}

/// The body of a query: sent, or in `search`.
fn asked(call: &Call) -> Result<(Value, bool), ApiError> {
    let by_post = by_post(call)?;
    if by_post {
        return Ok((call.body.clone(), true));
    }
    let body = serde_json::from_str(&call.search).ok();
    Ok((body.ok_or_else(|| ApiError::syntax("The search is not valid JSON."))?, false))
}

fn run_query(data: &mut Data, entity: &'static Entity, call: &Call) -> Reply {
    let (body, by_post) = asked(call)?;
    query::first(data, entity, &body, by_post)
}

fn next_page(data: &mut Data, entity: &'static Entity, call: &Call) -> Reply {
    query::next(data, entity, &call.paging, by_post(call)?)
}

fn count(data: &mut Data, entity: &'static Entity, call: &Call) -> Reply {
    let (body, _) = asked(call)?;
    query::count(data, entity, &body)
}

/// A record by its id; one that is not there is `null`.
fn one(data: &mut Data, entity: &'static Entity, call: &Call) -> Reply {
    let id = call.ids.first().copied().unwrap_or_default();
    match call.method {
        Method::GET => {
            let shown = data.row(entity, id).map(|row| data.shown(entity, row));
            Ok(json!({ "item": shown }))
        }
        Method::DELETE if entity.root.delete => write::delete(data, entity, None, id),
        _ => Err(ApiError::method(call.method.as_str())),
    }
}

fn root(data: &mut Data, entity: &'static Entity, call: &Call) -> Reply {
    written(data, entity, call, entity.root, None)
}

fn below(data: &mut Data, entity: &'static Entity, call: &Call) -> Reply {
    let Some((child, can)) = entity.child else { return Err(ApiError::no_path()) };
    let parent = call.ids.first().copied().unwrap_or_default();
    if call.method == Method::GET && entity.root.query {
        let of = |row: &super::data::Row| row.int(child.field) == Some(parent);
        let items: Vec<Value> = data
            .rows(entity)
            .filter(|(_, row)| of(row))
            .take(500)
            .map(|(_, row)| data.shown(entity, row))
            .collect();
        let count = items.len();
        let details = json!({"count": count, "requestCount": 500, "prevPageUrl": null, "nextPageUrl": null});
        return Ok(json!({ "items": items, "pageDetails": details }));
    }
    written(data, entity, call, can, Some((child.field, parent)))
}

fn one_below(data: &mut Data, entity: &'static Entity, call: &Call) -> Reply {
    let Some((child, can)) = entity.child else { return Err(ApiError::no_path()) };
    let (parent, id) =
        (call.ids.first().copied().unwrap_or_default(), call.ids.get(1).copied().unwrap_or_default());
    match call.method {
        Method::GET => {
            let found = data.row(entity, id).filter(|row| row.int(child.field) == Some(parent));
            Ok(json!({ "item": found.map(|row| data.shown(entity, row)) }))
        }
        Method::DELETE if can.delete => write::delete(data, entity, Some((child.field, parent)), id),
        _ => Err(ApiError::method(call.method.as_str())),
    }
}

fn written(data: &mut Data, entity: &'static Entity, call: &Call, can: Can, parent: write::Parent) -> Reply {
    match call.method {
        Method::POST if can.create => write::create(data, entity, parent, &call.body),
        Method::PATCH if can.update => write::patch(data, entity, parent, &call.body),
        Method::PUT if can.update => write::put(data, entity, parent, &call.body),
        _ => Err(ApiError::method(call.method.as_str())),
    }
}
