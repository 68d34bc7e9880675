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
use super::store::{MANAGER, News, Store, is_unset};
use super::user::User;
use super::{Caller, Graph};
use crate::faults::{FaultKind, Stage};

/// Rows on a page. The server decides; 200 is what the real one was seen to send.
const PAGE: usize = 200;
/// Ids in a delta filter.
const MAX_IDS: usize = 50;

/// What a round reads. Both kinds of tokens carry it, so that options are given once only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Round {
    /// `$select`, as given.
    pub(super) select: Option<String>,
    pub(super) ids: Option<BTreeSet<String>>,
    /// Changes after this revision; nothing reads everything.
    pub(super) from: Option<usize>,
    /// Changes up to this revision; the next round starts there.
    pub(super) upto: usize,
    /// The last id shown.
    after: Option<String>,
    minimal: bool,
    /// Unix time of issue.
    at: i64,
}

impl Round {
    /// Whether an object belongs to the rest of this round.
    pub(super) fn wants(&self, id: &str) -> bool {
        self.ids.as_ref().is_none_or(|ids| ids.contains(id))
            && self.after.as_deref().is_none_or(|after| id > after)
    }
}

/// Names of the two kinds of tokens, which fit one collection only.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tokens {
    pub(super) page: &'static str,
    pub(super) delta: &'static str,
}

const TOKENS: Tokens = Tokens { page: "delta-page", delta: "delta" };

/// A row and its object's id.
pub(super) type Row = (String, Value);

pub(super) async fn users(State(graph): State<Arc<Graph>>, caller: Caller) -> Result<Response, Problem> {
    caller.need(&graph, &["User.Read.All", "Directory.Read.All"])?;
    let store = graph.store();
    let round = round::<User>(&graph, &caller, store.revision(), TOKENS)?;
    let tracked = Tracked::read(round.select.as_deref())?;
    let rows = rows(&store, &round, &tracked);
    let older = |id: &str| store.before(id).map(|user| full(&store, user, &tracked, None));
    Ok(answer(&graph, &caller, round, TOKENS, &tracked.select.context(User::SET), rows, older))
}

/// What is shown and tracked of users.
struct Tracked {
    select: Selection,
    /// The manager too, which is a relation and no property.
    manager: bool,
}

impl Tracked {
    fn read(select: Option<&str>) -> Result<Self, Problem> {
        let is_manager = |name: &&str| name.trim().eq_ignore_ascii_case(MANAGER);
        let names: Option<Vec<&str>> =
            select.map(|text| text.split(',').filter(|name| !is_manager(name)).collect());
        let manager = select.is_some_and(|text| text.split(',').any(|name| is_manager(&name)));
        let select = Selection::read::<User>(names.map(|names| names.join(",")).as_deref(), true)?;
        Ok(Self { select, manager })
    }

    fn follows(&self, name: &str) -> bool {
        self.select.names.contains(&name) || (self.manager && name == MANAGER)
    }
}

/// A page of the round: its rows, and the link that goes on.
pub(super) fn answer(
    graph: &Graph,
    caller: &Caller,
    round: Round,
    tokens: Tokens,
    context: &str,
    mut rows: Vec<Row>,
    older: impl Fn(&str) -> Option<Value>,
) -> Response {
    let more = rows.len() > PAGE;
    rows.truncate(PAGE);
    let now = graph.shared().clock.now().timestamp();
    let mut body = Map::new();
    body.insert("@odata.context".to_owned(), json!(format!("{}/v1.0/$metadata#{context}", graph.base())));
    if more {
        let after = rows.last().map(|(id, _)| id.clone());
        let token = graph.seal().close(tokens.page, &Round { after, at: now, ..round });
        body.insert(
            "@odata.nextLink".to_owned(),
            json!(caller.query.with(graph.base(), "skiptoken", &token)),
        );
    } else {
        let next = Round { from: Some(round.upto), after: None, minimal: false, at: now, ..round };
        let token = graph.seal().close(tokens.delta, &next);
        body.insert(
            "@odata.deltaLink".to_owned(),
            json!(caller.query.with(graph.base(), "deltatoken", &token)),
        );
    }
    for kind in graph.shared().faults.strike(Stage::DeltaRows, &caller.call()) {
        if kind == FaultKind::ScrambledDelta {
            rows = scrambled(rows, &older);
        } else {
            rows.iter_mut().for_each(|(_, row)| *row = partial(row));
        }
    }
    body.insert("value".to_owned(), rows.into_iter().map(|(_, row)| row).collect());
    Json(Value::Object(body)).into_response()
}

/// Backwards, each row twice, and after them what is older: the real one promises no order and repeats itself.
fn scrambled(rows: Vec<Row>, older: &impl Fn(&str) -> Option<Value>) -> Vec<Row> {
    let stale: Vec<Row> = rows.iter().filter_map(|(id, _)| Some((id.clone(), older(id)?))).collect();
    let twice = rows.into_iter().rev().flat_map(|row| [row.clone(), row]);
    twice.chain(stale).collect()
}

/// The id, annotations and every other property.
fn partial(row: &Value) -> Value {
    let Some(row) = row.as_object() else { return row.clone() };
    let kept =
        row.iter().enumerate().filter(|(at, (name, _))| *name == "id" || name.contains('@') || at % 2 == 0);
    Value::Object(kept.map(|(_, (name, value))| (name.clone(), value.clone())).collect())
}

/// The round that the request begins or goes on with.
pub(super) fn round<E: Entity>(
    graph: &Graph,
    caller: &Caller,
    upto: usize,
    tokens: Tokens,
) -> Result<Round, Problem> {
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
        let round: Round = graph.seal().open(tokens.page, token).ok_or_else(lost)?;
        let is_old = graph.is_past(round.at, graph.lifetimes().page_token);
        return if is_old { Err(expired()) } else { Ok(round) };
    }
    match query.get("deltatoken").filter(|token| !token.is_empty()) {
        Some(token) if token != "latest" => resume(graph, caller, token, upto, tokens),
        token => Ok(Round {
            select: query.get("select").map(str::to_owned),
            ids: ids::<E>(caller)?,
            from: token.map(|_| upto),
            upto,
            after: None,
            minimal: false,
            at: 0,
        }),
    }
}

/// The round after the one that the delta token closed.
fn resume(
    graph: &Graph,
    caller: &Caller,
    token: &str,
    upto: usize,
    tokens: Tokens,
) -> Result<Round, Problem> {
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
        graph.seal().open(tokens.delta, token).ok_or_else(|| Problem::bad("Badly formed token."))?;
    if graph.is_past(round.at, graph.lifetimes().delta_token) {
        return Err(not_found());
    }
    // The token remembers what was selected; a link with other options is none of the directory's.
    if caller.query.get("select").is_some_and(|select| Some(select) != round.select.as_deref()) {
        return Err(Problem::bad("Query options belong to the first request of a delta query only."));
    }
    Ok(Round { upto, minimal: caller.query.minimal, ..round })
}

fn not_found() -> Problem {
    let message = "The sync state generation is not found. The delta token is expired and data must be synchronized again.";
    Problem::new(400, "syncStateNotFound", message)
}

fn ids<E: Entity>(caller: &Caller) -> Result<Option<BTreeSet<String>>, Problem> {
    let Some(text) = caller.query.get("filter") else { return Ok(None) };
    let ids = Filter::read::<E>(text, true)?.ids();
    match ids {
        Some(ids) if ids.len() <= MAX_IDS => Ok(Some(ids.into_iter().collect())),
        Some(_) => Err(Problem::bad(format!("A delta query takes at most {MAX_IDS} ids."))),
        None => Err(Problem::unsupported("Delta queries support filters on 'id' only.")),
    }
}

/// One row more than a page, if there are as many, each with its id.
fn rows(store: &Store, round: &Round, tracked: &Tracked) -> Vec<Row> {
    let wanted = |id: &str| round.wants(id);
    let Some(from) = round.from else {
        let users = store.users().filter(|user| wanted(&user.id)).take(PAGE + 1);
        return users.map(|user| (user.id.clone(), full(store, user, tracked, None))).collect();
    };
    let news = store.news(from, round.upto).into_iter().filter(|(id, _)| wanted(id));
    let rows = news.filter_map(|(id, news)| {
        let row = match news {
            News::Deleted => json!({ "id": id, "@removed": { "reason": "changed" } }),
            News::Purged => json!({ "id": id, "@removed": { "reason": "deleted" } }),
            News::Present(changed) => {
                let seen = |names: &BTreeSet<&str>| names.iter().any(|name| tracked.follows(name));
                if !changed.as_ref().is_none_or(seen) {
                    return None;
                }
                let only = changed.as_ref().filter(|_| round.minimal);
                full(store, store.user(&id)?, tracked, only)
            }
        };
        Some((id, row))
    });
    rows.take(PAGE + 1).collect()
}

/// A user with the selected properties that were ever set, or with the changed ones only.
fn full(store: &Store, user: &User, tracked: &Tracked, only: Option<&BTreeSet<&'static str>>) -> Value {
    let mut row = Map::new();
    for name in &tracked.select.names {
        let value = user.property(name);
        let shown = match only {
            Some(changed) => changed.contains(name),
            None => !is_unset(&value) || store.was_cleared(&user.id, name),
        };
        if shown {
            row.insert((*name).to_owned(), value);
        }
    }
    if let (true, Some(manager)) = (tracked.manager, &user.manager) {
        row.insert(
            format!("{MANAGER}@delta"),
            json!([{ "@odata.type": "#microsoft.graph.user", "id": manager }]),
        );
    }
    row.insert("id".to_owned(), json!(user.id));
    Value::Object(row)
}
