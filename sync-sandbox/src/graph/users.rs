//! `/users`, `/users/{id}` and the deleted ones.

use std::collections::BTreeMap;
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
use super::store::Store;
use super::user::User;
use super::{Caller, Graph};
use crate::people::SKUS;

type Answer = Result<Response, Problem>;

const READ: [&str; 2] = ["User.Read.All", "Directory.Read.All"];

pub(super) async fn list(State(graph): State<Arc<Graph>>, caller: Caller) -> Answer {
    caller.need(&graph, &READ)?;
    let store = graph.store();
    let managers = expanded(&store, &caller)?;
    page::list(&graph, &caller, store.users(), Shape { managers: Some(&managers), ..Shape::default() })
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
    Ok(Json(json!({ "value": purpose_of(&graph, &caller, &id)? })).into_response())
}

fn purpose_of(graph: &Graph, caller: &Caller, id: &str) -> Result<String, Problem> {
    if !caller.may(graph, &["MailboxSettings.Read"]) {
        let message = "Access is denied. Check credentials and try again.";
        return Err(Problem::new(403, "ErrorAccessDenied", message));
    }
    let store = graph.store();
    let user = store.find(id).ok_or_else(|| Problem::missing(id))?;
    user.mailbox_purpose.clone().ok_or_else(|| {
        let message = "The mailbox is either inactive, soft-deleted, or is hosted on-premise.";
        Problem::new(404, "MailboxNotEnabledForRESTAPI", message)
    })
}

/// `mailboxSettings` as far as anybody reads it of others.
pub(super) async fn mailbox(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    let purpose = purpose_of(&graph, &caller, &id)?;
    let context = format!("{}/v1.0/$metadata#users('{id}')/mailboxSettings", graph.base());
    Ok(Json(json!({ "@odata.context": context, "timeZone": "UTC", "userPurpose": purpose })).into_response())
}

pub(super) async fn manager(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    caller.need(&graph, &READ)?;
    let select = Selection::read::<User>(caller.query.get("select"), false)?;
    let store = graph.store();
    let user = store.find(&id).ok_or_else(|| Problem::missing(&id))?;
    let manager = user.manager.as_deref().and_then(|id| store.user(id)).ok_or_else(|| {
        Problem::new(
            404,
            "Request_ResourceNotFound",
            "Resource 'manager' does not exist or one of its queried reference-property objects are not present.",
        )
    })?;
    Ok(entity(&graph, &select, manager))
}

/// The managers that `$expand=manager` adds, by user; nothing without it.
fn expanded(store: &Store, caller: &Caller) -> Result<BTreeMap<String, Value>, Problem> {
    let Some(expand) = caller.query.get("expand").and_then(|text| text.strip_prefix("manager")) else {
        return Ok(BTreeMap::new());
    };
    if caller.query.advanced() {
        return Err(Problem::unsupported("$expand is not supported with advanced query parameters."));
    }
    let inside = expand.strip_prefix("($select=").and_then(|rest| rest.strip_suffix(')'));
    let select = Selection::read::<User>(inside, true)?;
    let managed = store.users().filter_map(|user| {
        let manager = store.user(user.manager.as_deref()?)?;
        let mut shown = select.apply(manager);
        shown.insert("@odata.type".to_owned(), json!("#microsoft.graph.user"));
        shown.insert("id".to_owned(), json!(manager.id));
        Some((user.id.clone(), Value::Object(shown)))
    });
    Ok(managed.collect())
}
