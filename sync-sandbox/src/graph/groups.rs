//! `/groups` and their members.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::entity::{Entity, Selection};
use super::error::Problem;
use super::group::Group;
use super::page::{self, Shape};
use super::store::Store;
use super::user::User;
use super::{Caller, Graph};

type Answer = Result<Response, Problem>;

const READ: [&str; 3] = ["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"];
const READ_USERS: [&str; 2] = ["User.Read.All", "Directory.Read.All"];

pub(super) async fn list(State(graph): State<Arc<Graph>>, caller: Caller) -> Answer {
    caller.need(&graph, &READ)?;
    let store = graph.store();
    page::list::<Group>(&graph, &caller, store.groups().values(), Shape::default())
}

pub(super) async fn one(State(graph): State<Arc<Graph>>, Path(id): Path<String>, caller: Caller) -> Answer {
    caller.need(&graph, &READ)?;
    let store = graph.store();
    let group = group(&store, &id)?;
    let select = Selection::read::<Group>(caller.query.get("select"), false)?;
    let mut body = select.apply(group);
    let context = format!("{}/v1.0/$metadata#{}/$entity", graph.base(), select.context(Group::SET));
    body.insert("@odata.context".to_owned(), json!(context));
    Ok(Json(Value::Object(body)).into_response())
}

fn group<'s>(store: &'s Store, id: &str) -> Result<&'s Group, Problem> {
    store.groups().get(&id.to_ascii_lowercase()).ok_or_else(|| Problem::missing(id))
}

pub(super) async fn members(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    mixed(&graph, &caller, &id, false)
}

pub(super) async fn transitive(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    mixed(&graph, &caller, &id, true)
}

pub(super) async fn user_members(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    users(&graph, &caller, &id, false)
}

pub(super) async fn user_transitive(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    users(&graph, &caller, &id, true)
}

/// How many users there are, as text.
pub(super) async fn user_count(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    caller.need(&graph, &READ)?;
    if !caller.query.eventual() {
        return Err(Problem::bad("$count is not currently supported."));
    }
    let store = graph.store();
    let ids = member_ids(&store, group(&store, &id)?, true);
    let count = ids.iter().filter(|id| store.user(id).is_some()).count();
    Ok(([("content-type", "text/plain")], count.to_string()).into_response())
}

/// The cast to groups: those nested in this one.
pub(super) async fn group_transitive(
    State(graph): State<Arc<Graph>>,
    Path(id): Path<String>,
    caller: Caller,
) -> Answer {
    caller.need(&graph, &READ)?;
    let store = graph.store();
    let ids = member_ids(&store, group(&store, &id)?, true);
    let rows = ids.iter().filter_map(|id| store.groups().get(id));
    page::list::<Group>(&graph, &caller, rows, Shape { advanced_only: true, ..Shape::default() })
}

/// The cast to users.
fn users(graph: &Graph, caller: &Caller, id: &str, nested: bool) -> Answer {
    caller.need(graph, &READ)?;
    let limited = !caller.may(graph, &READ_USERS);
    let store = graph.store();
    let ids = member_ids(&store, group(&store, id)?, nested);
    let rows = ids.iter().filter_map(|id| store.user(id));
    page::list::<User>(graph, caller, rows, Shape { limited, advanced_only: true, ..Shape::default() })
}

/// Members of every type.
fn mixed(graph: &Graph, caller: &Caller, id: &str, nested: bool) -> Answer {
    caller.need(graph, &READ)?;
    let limited = !caller.may(graph, &READ_USERS);
    let store = graph.store();
    let ids = member_ids(&store, group(&store, id)?, nested);
    let member = |id: &String| match store.user(id) {
        Some(user) => Some(Member::User(user)),
        None => store.groups().get(id).map(Member::Group),
    };
    let rows: Vec<Member<'_>> = ids.iter().filter_map(member).collect();
    page::list(
        graph,
        caller,
        rows.iter(),
        Shape { typed: true, limited, advanced_only: true, ..Shape::default() },
    )
}

/// A member of either type.
enum Member<'s> {
    User(&'s User),
    Group(&'s Group),
}

impl Entity for Member<'_> {
    const TYPE: &'static str = "directoryObject";
    const SET: &'static str = "directoryObjects";

    fn id(&self) -> &str {
        match self {
            Self::User(user) => &user.id,
            Self::Group(group) => &group.id,
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::User(_) => User::TYPE,
            Self::Group(_) => Group::TYPE,
        }
    }

    fn has(&self, name: &str) -> bool {
        match self {
            Self::User(_) => User::known(name).is_some(),
            Self::Group(_) => Group::known(name).is_some(),
        }
    }

    fn known(name: &str) -> Option<&'static str> {
        User::known(name).or_else(|| Group::known(name))
    }

    fn properties() -> Vec<&'static str> {
        User::properties()
    }

    fn defaults() -> &'static [&'static str] {
        User::defaults()
    }

    fn single_only(name: &str) -> bool {
        User::single_only(name)
    }

    fn filters(_: &str) -> &'static str {
        "--------"
    }

    fn sorts(_: &str, _: bool) -> bool {
        false
    }

    fn searches(name: &str) -> bool {
        name == "displayName"
    }

    fn property(&self, name: &str) -> Value {
        match self {
            Self::User(user) => user.property(name),
            Self::Group(group) => group.property(name),
        }
    }
}

/// The members' ids; nested groups are opened, each once, so that a cycle ends.
fn member_ids(store: &Store, group: &Group, nested: bool) -> BTreeSet<String> {
    let mut ids = group.members.clone();
    if !nested {
        return ids;
    }
    let mut open: Vec<String> = ids.iter().cloned().collect();
    while let Some(id) = open.pop() {
        let Some(inner) = store.groups().get(&id) else { continue };
        for member in &inner.members {
            if ids.insert(member.clone()) {
                open.push(member.clone());
            }
        }
    }
    ids
}
