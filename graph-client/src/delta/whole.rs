//! From changes to whole users. A row of a delta query may hold some properties only, so the users are read again, by id,
//! and what the row says is laid over that: the row is from the place that keeps the changes, while a read may be
//! answered by a replica that has not heard of them yet.

use crate::{
    batch::Item,
    client::{Client, READ_CHANGES, units},
    error::is_token,
    query::Select,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use sync_core::{Error, ErrorKind, Result};

/// The most values that `in` takes without an advanced query (filter parameter, read 2026-08).
const IDS: usize = 15;

/// The users of these ids that there are, by id in lower case. `ceil(ids / 300)` calls.
///
/// # Errors
/// As for any call; `UnexpectedResponse` for an answer that is no list of users.
pub(crate) async fn read(
    client: &Client,
    select: &Select,
    ids: &[String],
) -> Result<BTreeMap<String, Map<String, Value>>> {
    let mut found = BTreeMap::new();
    let items: Vec<Item> = ids.chunks(IDS).map(|ids| item(select, ids)).collect();
    for answer in client.batch(&READ_CHANGES, &items).await? {
        if let Some(error) = answer.error(&READ_CHANGES) {
            return Err(error);
        }
        let rows = answer.body.get("value").and_then(Value::as_array);
        let whole = rows.filter(|_| answer.body.get("@odata.nextLink").is_none());
        let broken = || {
            let message = "Graph answered a read by id with something that is no list of users";
            Error::new(ErrorKind::UnexpectedResponse, READ_CHANGES.operation, message)
        };
        for row in whole.ok_or_else(broken)? {
            let row = row.as_object().ok_or_else(broken)?;
            let id = row.get("id").and_then(Value::as_str).filter(|id| is_token(id)).ok_or_else(broken)?;
            found.insert(id.to_ascii_lowercase(), row.clone());
        }
    }
    Ok(found)
}

fn item(select: &Select, ids: &[String]) -> Item {
    let list = ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
    let mut url = format!("/users?$select={}&$filter=id%20in%20({list})", select.properties);
    let mut weight = units::PLAIN;
    if let Some(expand) = select.expand {
        url.push_str(&format!("&$expand={expand}"));
        weight += 1;
    }
    Item { url, weight }
}

/// Whether the changes and the read show different values: a row that was overtaken, or a read that lags.
pub(crate) fn contradicts(read: &Map<String, Value>, shown: &Map<String, Value>) -> bool {
    let other = |(name, value): (&String, &Value)| read.get(name).is_some_and(|read| read != value);
    shown.iter().filter(|(name, _)| !name.contains('@') && *name != "id").any(other)
}

/// A user as read again, with what the changes said laid over.
pub(crate) fn merged(read: Map<String, Value>, shown: Map<String, Value>) -> Value {
    let mut whole = read;
    whole.extend(shown);
    Value::Object(whole)
}
