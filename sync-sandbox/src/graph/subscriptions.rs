//! `/subscriptions`: create with the validation handshake, renew, reauthorize, end, list.

use std::sync::Arc;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Map, Value, json};
use url::form_urlencoded;

use super::error::Problem;
use super::feed::{Subscription, Watched};
use super::{Caller, Graph};
use crate::post::{is_reachable, post};

type Answer = Result<Response, Problem>;

/// Shortest and longest life of a subscription to directory objects in minutes, and how many one app has in one tenant
/// (Microsoft Graph, "subscription resource type" and "change notifications overview", pages of 2026).
const SHORTEST: i64 = 45;
const LONGEST: i64 = 41_760;
const QUOTA: usize = 100;
const LONGEST_STATE: usize = 128;

const READ_USERS: [&str; 2] = ["User.Read.All", "Directory.Read.All"];
const READ_GROUPS: [&str; 3] = ["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"];

pub(super) async fn create(State(graph): State<Arc<Graph>>, caller: Caller, body: Bytes) -> Answer {
    let wanted = object(&body)?;
    let text = |name: &str| wanted.get(name).and_then(Value::as_str).map(str::trim).filter(|t| !t.is_empty());
    let need = |name: &str| text(name).ok_or_else(|| invalid(format!("{name} is a required property.")));
    let watched = Watched::read(need("resource")?)
        .ok_or_else(|| Problem::new(400, "BadRequest", "Invalid resource for the subscription."))?;
    caller.need(&graph, if watched.is_of_users() { &READ_USERS } else { &READ_GROUPS })?;
    let changes = changes(need("changeType")?)?;
    let notification_url = address(need("notificationUrl")?)?;
    let lifecycle_url = text("lifecycleNotificationUrl").map(address).transpose()?;
    let client_state = wanted.get("clientState").and_then(Value::as_str).map(str::to_owned);
    if client_state.as_ref().is_some_and(|state| state.chars().count() > LONGEST_STATE) {
        return Err(invalid("clientState must not have more than 128 characters."));
    }
    let expires_at = expiry(&graph, need("expirationDateTime")?)?;
    if graph.feed().alive(graph.shared().clock.now()).len() >= QUOTA {
        let message =
            format!("The number of subscriptions exceeds the maximum of {QUOTA} per app and tenant.");
        return Err(Problem::new(403, "Forbidden", message));
    }
    // Nothing is locked meanwhile: whoever listens may call back.
    for url in std::iter::once(&notification_url).chain(&lifecycle_url) {
        validate(&graph, url).await?;
    }
    let id = graph.request_id();
    let resource = need("resource")?.to_owned();
    let subscription = Subscription {
        id,
        resource,
        watched,
        changes,
        notification_url,
        lifecycle_url,
        client_state,
        expires_at,
        authorized: true,
    };
    let mut shown = show(&graph, &subscription);
    shown["clientState"] = json!(subscription.client_state);
    graph.subscribe(subscription);
    Ok((StatusCode::CREATED, Json(shown)).into_response())
}

pub(super) async fn list(State(graph): State<Arc<Graph>>, caller: Caller) -> Answer {
    caller.need(&graph, &READ_USERS)?;
    let alive = graph.feed().alive(graph.shared().clock.now());
    let rows: Vec<Value> = alive.iter().map(|subscription| show(&graph, subscription)).collect();
    let context = format!("{}/v1.0/$metadata#subscriptions", graph.base());
    Ok(Json(json!({ "@odata.context": context, "value": rows })).into_response())
}

pub(super) async fn one(State(graph): State<Arc<Graph>>, Path(id): Path<String>, caller: Caller) -> Answer {
    caller.need(&graph, &READ_USERS)?;
    let alive = graph.feed().alive(graph.shared().clock.now());
    let subscription = alive.iter().find(|subscription| subscription.id == id).ok_or_else(gone)?;
    Ok(Json(show(&graph, subscription)).into_response())
}

pub(super) async fn renew(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Answer {
    caller.need(&graph, &READ_USERS)?;
    let wanted = object(&body)?;
    if let Some(name) = wanted.keys().find(|name| *name != "expirationDateTime") {
        return Err(invalid(format!("The property '{name}' cannot be updated.")));
    }
    let until = wanted.get("expirationDateTime").and_then(Value::as_str);
    let until = until.ok_or_else(|| invalid("expirationDateTime is a required property."))?;
    let expires_at = expiry(&graph, until)?;
    let renewed = graph.renew(&id, Some(expires_at)).ok_or_else(gone)?;
    Ok(Json(show(&graph, &renewed)).into_response())
}

pub(super) async fn reauthorize(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    caller.need(&graph, &READ_USERS)?;
    graph.renew(&id, None).map(|_| StatusCode::NO_CONTENT).ok_or_else(gone)
}

pub(super) async fn end(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Result<StatusCode, Problem> {
    caller.need(&graph, &READ_USERS)?;
    let now = graph.shared().clock.now();
    if graph.feed().end(&id, now) { Ok(StatusCode::NO_CONTENT) } else { Err(gone()) }
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    serde_json::from_slice(body)
        .map_err(|_malformed| Problem::new(400, "BadRequest", "Unable to read JSON request payload."))
}

fn invalid(message: impl Into<String>) -> Problem {
    Problem::new(400, "InvalidRequest", message)
}

fn gone() -> Problem {
    Problem::new(404, "ResourceNotFound", "The object was not found.")
}

/// Users and groups announce a creation and a soft delete as an update.
fn changes(text: &str) -> Result<Vec<&'static str>, Problem> {
    let known = text.split(',').map(|kind| {
        let kind = kind.trim();
        ["updated", "deleted"]
            .into_iter()
            .find(|known| known.eq_ignore_ascii_case(kind))
            .ok_or_else(|| invalid(format!("The change type '{kind}' is not supported for this resource.")))
    });
    known.collect()
}

/// The real one takes `https` only; here also `http` on loopback, which is where tests listen.
fn address(url: &str) -> Result<String, Problem> {
    if url.starts_with("https://") || is_reachable(url) {
        return Ok(url.to_owned());
    }
    Err(invalid("The notification URL must be an absolute https address."))
}

/// Raised to 45 minutes; refused when it is past or too far away.
fn expiry(graph: &Graph, text: &str) -> Result<DateTime<Utc>, Problem> {
    let wanted = DateTime::parse_from_rfc3339(text)
        .map_err(|_malformed| invalid("expirationDateTime is not a valid date and time."))?
        .with_timezone(&Utc);
    let now = graph.shared().clock.now();
    if wanted <= now {
        return Err(invalid("Subscription expiration must be in the future."));
    }
    // Clocks differ by seconds.
    if wanted > now + TimeDelta::minutes(LONGEST) + TimeDelta::minutes(1) {
        return Err(invalid(format!("Subscription expiration can only be {LONGEST} minutes in the future.")));
    }
    Ok(wanted.max(now + TimeDelta::minutes(SHORTEST)))
}

/// Posts a token to the address, which must come back as it is, as plain text and in time.
async fn validate(graph: &Graph, url: &str) -> Result<(), Problem> {
    let token = format!(
        "Validation: Testing client application reachability for subscription Request-Id: {}",
        graph.request_id()
    );
    let query: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
    let mark = if url.contains('?') { '&' } else { '?' };
    let target = format!("{url}{mark}validationToken={query}");
    let refuse = |why: &str| {
        Err(Problem::new(400, "ValidationError", format!("Subscription validation request failed. {why}")))
    };
    match post(&target, "text/plain; charset=utf-8", String::new(), graph.lifetimes().validation).await {
        None => refuse("The request timed out or the notification endpoint could not be reached."),
        Some(answer) if answer.status != 200 => {
            refuse("Notification endpoint must respond with 200 OK to validation request.")
        }
        Some(answer) if answer.body != token || !answer.content_type.starts_with("text/plain") => {
            refuse("Notification endpoint must respond with the validation token as text/plain.")
        }
        Some(_) => Ok(()),
    }
}

fn show(graph: &Graph, subscription: &Subscription) -> Value {
    json!({
        "@odata.context": format!("{}/v1.0/$metadata#subscriptions/$entity", graph.base()),
        "id": subscription.id, "resource": subscription.resource, "applicationId": graph.access().client_id,
        "changeType": subscription.changes.join(","), "clientState": null,
        "notificationUrl": subscription.notification_url, "lifecycleNotificationUrl": subscription.lifecycle_url,
        "expirationDateTime": moment(subscription.expires_at), "creatorId": graph.access().client_id,
        "notificationQueryOptions": null, "notificationUrlAppId": null, "includeResourceData": null,
        "encryptionCertificate": null, "encryptionCertificateId": null, "latestSupportedTlsVersion": "v1_2",
    })
}

pub(super) fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
