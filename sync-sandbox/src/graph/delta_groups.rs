//! `/groups/delta`: groups and their direct members, then what changed of them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::delta::{Round, Row, Tokens, answer, round};
use super::entity::{Entity, Selection};
use super::error::Problem;
use super::group::Group;
use super::store::{GroupChange, Store};
use super::{Caller, Graph};

const TOKENS: Tokens = Tokens { page: "groups-delta-page", delta: "groups-delta" };

/// The relation that is tracked as if it were a property.
const MEMBERS: &str = "members";

pub(super) async fn groups(State(graph): State<Arc<Graph>>, caller: Caller) -> Result<Response, Problem> {
    caller.need(&graph, &["GroupMember.Read.All", "Group.Read.All", "Directory.Read.All"])?;
    let store = graph.store();
    let round = round::<Group>(&graph, &caller, store.group_revision(), TOKENS)?;
    let names = round.select.as_deref().map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let members =
        names.as_ref().is_some_and(|names| names.iter().any(|name| name.eq_ignore_ascii_case(MEMBERS)));
    let plain = names.map(|names| {
        names.into_iter().filter(|name| !name.eq_ignore_ascii_case(MEMBERS)).collect::<Vec<_>>().join(",")
    });
    let select = match plain.as_deref() {
        // Members alone: nothing but them and the id.
        Some("") => Selection { names: Vec::new(), explicit: true },
        plain => Selection::read::<Group>(plain, true)?,
    };
    let rows = rows(&store, &round, &select, members);
    Ok(answer(&graph, &caller, round, TOKENS, &select.context(Group::SET), rows, |_| None))
}

fn rows(store: &Store, round: &Round, select: &Selection, members: bool) -> Vec<Row> {
    let Some(from) = round.from else {
        let groups = store.groups().values().filter(|group| round.wants(&group.id));
        return groups
            .map(|group| {
                let all = group.members.iter().map(|id| (id.as_str(), false)).collect();
                (group.id.clone(), shown(store, group, select, members.then_some(&all)))
            })
            .collect();
    };
    let news = store.group_news(from, round.upto).into_iter().filter(|(id, _)| round.wants(id));
    news.filter_map(|(id, changes)| {
        let Some(group) = store.groups().get(&id) else {
            return Some((id.clone(), json!({ "id": id, "@removed": { "reason": "deleted" } })));
        };
        let moved = moves(&changes);
        let changed = changes.contains(&GroupChange::Appeared) || (members && !moved.is_empty());
        changed.then(|| {
            (id.clone(), shown(store, group, select, (members && !moved.is_empty()).then_some(&moved)))
        })
    })
    .collect()
}

/// Who came (false) and who left (true), the last word of each.
fn moves(changes: &[GroupChange]) -> BTreeMap<&str, bool> {
    let mut moves = BTreeMap::new();
    for change in changes {
        match change {
            GroupChange::Joined(id) => drop(moves.insert(id.as_str(), false)),
            GroupChange::Left(id) => drop(moves.insert(id.as_str(), true)),
            GroupChange::Appeared | GroupChange::Went => {}
        }
    }
    moves
}

fn shown(store: &Store, group: &Group, select: &Selection, members: Option<&BTreeMap<&str, bool>>) -> Value {
    let mut row: Map<String, Value> = select.apply(group);
    row.insert("id".to_owned(), json!(group.id));
    if let Some(members) = members {
        let member = |(id, left): (&&str, &bool)| {
            let kind = if store.groups().contains_key(*id) { Group::TYPE } else { "user" };
            let mut member = json!({ "@odata.type": format!("#microsoft.graph.{kind}"), "id": id });
            if *left {
                // A membership that ended is `deleted`, though the member is there.
                member["@removed"] = json!({ "reason": "deleted" });
            }
            member
        };
        row.insert("members@delta".to_owned(), members.iter().map(member).collect());
    }
    Value::Object(row)
}
