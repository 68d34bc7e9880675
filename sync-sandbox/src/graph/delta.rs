//! `/users/delta`: everything once, then what changed.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::entity::{Entity, Selection};
use super::error::Problem;
use super::filter::Filter;
use super::page::{check_page_token, expired, lost};
use super::store::{News, Store, is_unset};
use super::user::User;
use super::{Caller, Graph};
use crate::faults::{FaultKind, Stage};

/// Rows on a page. The server decides; 200 is what the real one was seen to send.
const PAGE: usize = 200;
/// Ids in a delta filter.
const MAX_IDS: usize = 50;

/// What a round reads. Both kinds of tokens carry it, so that options are given once only.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Round {
    /// `$select`, as given.
    select: Option<String>,
    ids: Option<BTreeSet<String>>,
    /// Changes after this revision; nothing reads everything.
    from: Option<usize>,
    /// Changes up to this revision; the next round starts there.
    upto: usize,
    /// The last id shown.
    after: Option<String>,
    minimal: bool,
    /// Unix time of issue.
    at: i64,
}

pub(super) async fn users(State(graph): State<Arc<Graph>>, caller: Caller) -> Result<Response, Problem> {
    caller.need(&graph, &["User.Read.All", "Directory.Read.All"])?;
    let store = graph.store();
    let round = round(&graph, &caller, &store)?;
    let select = Selection::read::<User>(round.select.as_deref(), true)?;
    let mut rows = rows(&store, &round, &select);
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let now = graph.shared().clock.now().timestamp();
    let mut body = Map::new();
    let context = format!("{}/v1.0/$metadata#{}", graph.base(), select.context(User::SET));
    body.insert("@odata.context".to_owned(), json!(context));
    if more {
        let after = rows.last().map(|(id, _)| id.clone());
        let token = graph.seal().close("delta-page", &Round { after, at: now, ..round });
        body.insert(
            "@odata.nextLink".to_owned(),
            json!(caller.query.with(graph.base(), "skiptoken", &token)),
        );
    } else {
        let next = Round { from: Some(round.upto), after: None, minimal: false, at: now, ..round };
        let token = graph.seal().close("delta", &next);
        body.insert(
            "@odata.deltaLink".to_owned(),
            json!(caller.query.with(graph.base(), "deltatoken", &token)),
        );
    }
    body.insert("value".to_owned(), rows.into_iter().map(|(_, row)| row).collect());
    Ok(Json(Value::Object(body)).into_response())
}

/// The round that the request begins or goes on with.
fn round(graph: &Graph, caller: &Caller, store: &Store) -> Result<Round, Problem> {
    let query = &caller.query;
    for option in ["expand", "top", "orderby", "search"] {
        if query.get(option).is_some() {
            return Err(Problem::bad(format!("'${option}' is not supported with delta queries.")));
        }
    }
    if let Some(token) = query.get("skiptoken") {
        if query.get("select").is_some() || query.get("filter").is_some() {
            return Err(Problem::bad("Query options belong to the first request of a delta query only."));
        }
        check_page_token(graph, caller)?;
        let round: Round = graph.seal().open("delta-page", token).ok_or_else(lost)?;
        let is_old = graph.is_past(round.at, graph.lifetimes().page_token);
        return if is_old { Err(expired()) } else { Ok(round) };
    }
    let upto = store.revision();
    match query.get("deltatoken").filter(|token| !token.is_empty()) {
        Some(token) if token != "latest" => resume(graph, caller, token, upto),
        token => Ok(Round {
            select: query.get("select").map(str::to_owned),
            ids: ids(caller)?,
            from: token.map(|_| upto),
            upto,
            after: None,
            minimal: false,
            at: 0,
        }),
    }
}

/// The round after the one that the delta token closed.
fn resume(graph: &Graph, caller: &Caller, token: &str, upto: usize) -> Result<Round, Problem> {
    match graph.shared().faults.strike(Stage::DeltaToken, &caller.call()).first() {
        None => {}
        Some(FaultKind::Resync) => {
            let mut problem = Problem::new(410, "resyncRequired", "Resync is required.");
            problem.location = Some(caller.query.with(graph.base(), "deltatoken", ""));
            return Err(problem);
        }
        Some(_) => return Err(not_found()),
    }
    let round: Round =
        graph.seal().open("delta", token).ok_or_else(|| Problem::bad("Badly formed token."))?;
    if graph.is_past(round.at, graph.lifetimes().delta_token) {
        return Err(not_found());
    }
    Ok(Round { upto, minimal: caller.query.minimal, ..round })
}

fn not_found() -> Problem {
    let message = "The sync state generation is not found. The delta token is expired and data must be synchronized again.";
    Problem::new(400, "syncStateNotFound", message)
}

fn ids(caller: &Caller) -> Result<Option<BTreeSet<String>>, Problem> {
    let Some(text) = caller.query.get("filter") else { return Ok(None) };
    let ids = Filter::read::<User>(text, true)?.ids();
    match ids {
        Some(ids) if ids.len() <= MAX_IDS => Ok(Some(ids.into_iter().collect())),
        Some(_) => Err(Problem::bad(format!("A delta query takes at most {MAX_IDS} ids."))),
        None => Err(Problem::unsupported("Delta queries support filters on 'id' only.")),
    }
}

/// One row more than a page, if there are as many, each with its id.
fn rows(store: &Store, round: &Round, select: &Selection) -> Vec<(String, Value)> {
    let wanted = |id: &str| {
        round.ids.as_ref().is_none_or(|ids| ids.contains(id))
            && round.after.as_deref().is_none_or(|after| id > after)
    };
    let Some(from) = round.from else {
        let users = store.users().filter(|user| wanted(&user.id)).take(PAGE + 1);
        return users.map(|user| (user.id.clone(), full(store, user, select, None))).collect();
    };
    let news = store.news(from, round.upto).into_iter().filter(|(id, _)| wanted(id));
    let rows = news.filter_map(|(id, news)| {
        let row = match news {
            News::Deleted => json!({ "id": id, "@removed": { "reason": "changed" } }),
            News::Purged => json!({ "id": id, "@removed": { "reason": "deleted" } }),
            News::Present(changed) => {
                let seen = |names: &BTreeSet<&str>| select.names.iter().any(|name| names.contains(name));
                if !changed.as_ref().is_none_or(seen) {
                    return None;
                }
                let only = changed.as_ref().filter(|_| round.minimal);
                full(store, store.user(&id)?, select, only)
            }
        };
        Some((id, row))
    });
    rows.take(PAGE + 1).collect()
}

/// A user with the selected properties that were ever set, or with the changed ones only.
fn full(store: &Store, user: &User, select: &Selection, only: Option<&BTreeSet<&'static str>>) -> Value {
    let mut row = Map::new();
    for name in &select.names {
        let value = user.property(name);
        let shown = match only {
            Some(changed) => changed.contains(name),
            None => !is_unset(&value) || store.was_cleared(&user.id, name),
        };
        if shown {
            row.insert((*name).to_owned(), value);
        }
    }
    row.insert("id".to_owned(), json!(user.id));
    Value::Object(row)
}
