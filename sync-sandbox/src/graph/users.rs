//! `/users`, `/users/{id}` and the deleted ones.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::entity::{Entity, Selection};
use super::error::Problem;
use super::filter::Filter;
use super::page::{self, Shape};
use super::routes::segment_not_found;
use super::search::Search;
use super::user::User;
use super::{Caller, Graph};
use crate::people::SKUS;

type Answer = Result<Response, Problem>;

const READ: [&str; 2] = ["User.Read.All", "Directory.Read.All"];

pub(super) async fn list(State(graph): State<Arc<Graph>>, caller: Caller) -> Answer {
    caller.need(&graph, &READ)?;
    let store = graph.store();
    page::list(&graph, &caller, store.users(), Shape::default())
}

pub(super) async fn count(State(graph): State<Arc<Graph>>, caller: Caller) -> Answer {
    caller.need(&graph, &READ)?;
    let query = &caller.query;
    if !query.eventual() {
        return Err(Problem::bad("$count is not currently supported."));
    }
    // The path itself asks for the count: the header alone makes this an advanced query.
    let filter = query.get("filter").map(|text| Filter::read::<User>(text, true)).transpose()?;
    let search = query.get("search").map(|text| Search::read::<User>(text, true)).transpose()?;
    let store = graph.store();
    let users = store.users().filter(|user| filter.as_ref().is_none_or(|filter| filter.keeps(*user)));
    let count = users.filter(|user| search.as_ref().is_none_or(|search| search.finds(*user))).count();
    Ok(([("content-type", "text/plain")], count.to_string()).into_response())
}

pub(super) async fn one(State(graph): State<Arc<Graph>>, Path(key): Path<String>, caller: Caller) -> Answer {
    single(&graph, &caller, &key)
}

/// `/users('key')`: the form for keys that begin with `$`; a quote is doubled.
pub(super) async fn by_key(
    State(graph): State<Arc<Graph>>,
    Path(segment): Path<String>,
    caller: Caller,
) -> Answer {
    let key = segment.strip_prefix("users('").and_then(|rest| rest.strip_suffix("')"));
    match key {
        Some(key) => single(&graph, &caller, &key.replace("''", "'")),
        None => Err(segment_not_found(&segment)),
    }
}

fn single(graph: &Graph, caller: &Caller, key: &str) -> Answer {
    caller.need(graph, &READ)?;
    let select = Selection::read::<User>(caller.query.get("select"), false)?;
    let store = graph.store();
    let user = store.find(key).ok_or_else(|| Problem::missing(key))?;
    Ok(entity(graph, &select, user))
}

fn entity(graph: &Graph, select: &Selection, user: &User) -> Response {
    let mut body = select.apply(user);
    let context = format!("{}/v1.0/$metadata#{}/$entity", graph.base(), select.context(User::SET));
    body.insert("@odata.context".to_owned(), json!(context));
    Json(Value::Object(body)).into_response()
}

pub(super) async fn deleted(State(graph): State<Arc<Graph>>, caller: Caller) -> Answer {
    caller.need(&graph, &READ)?;
    let store = graph.store();
    page::list(&graph, &caller, store.deleted(), Shape::default())
}

pub(super) async fn deleted_without_cast(State(_): State<Arc<Graph>>, _: Caller) -> Problem {
    Problem::bad("The type cast segment is missing: /directory/deletedItems/microsoft.graph.user.")
}

pub(super) async fn one_deleted(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    caller.need(&graph, &READ)?;
    let select = Selection::read::<User>(caller.query.get("select"), false)?;
    let store = graph.store();
    let user = store.find_deleted(&id).ok_or_else(|| Problem::missing(&id))?;
    Ok(entity(&graph, &select, user))
}

pub(super) async fn license_details(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    caller.need(&graph, &READ)?;
    let store = graph.store();
    let user = store.find(&id).ok_or_else(|| Problem::missing(&id))?;
    let held = SKUS.iter().filter(|sku| user.assigned_licenses.iter().any(|id| id == sku.id));
    let value: Vec<Value> = held
        .map(|sku| {
            let (plan, name) = sku.plan;
            json!({
                "id": sku.id, "skuId": sku.id, "skuPartNumber": sku.part_number,
                "servicePlans": [{
                    "servicePlanId": plan, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User",
                }],
            })
        })
        .collect();
    let context = format!("{}/v1.0/$metadata#users('{}')/licenseDetails", graph.base(), user.id);
    Ok(Json(json!({ "@odata.context": context, "value": value })).into_response())
}

pub(super) async fn purpose(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    caller.need(&graph, &["MailboxSettings.Read"])?;
    let store = graph.store();
    let user = store.find(&id).ok_or_else(|| Problem::missing(&id))?;
    let Some(purpose) = &user.mailbox_purpose else {
        let message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";
        return Err(Problem::new(404, "MailboxNotEnabledForRESTAPI", message));
    };
    Ok(Json(json!({ "value": purpose })).into_response())
}

/// Nobody in the seeded tenant has a manager.
pub(super) async fn manager(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Problem {
    match caller.need(&graph, &READ) {
        Ok(()) if graph.store().find(&id).is_some() => Problem::new(
            404,
            "Request_ResourceNotFound",
            "Resource 'manager' does not exist or one of its queried \
                 reference-property objects are not present.",
        ),
        Ok(()) => Problem::missing(&id),
        Err(problem) => problem,
    }
}

/// Nobody in the seeded tenant has a photo.
pub(super) async fn photo(State(_): State<Arc<Graph>>, _: Caller) -> Problem {
    Problem::new(
        404,
        "ImageNotFound",
        "Exception of type 'Microsoft.Fast.Profile.Core.Exception.ImageNotFoundException' was thrown.",
    )
}
