//! Who came to a watched group and who left it, as a round of changes tells, beside who is in it as a listing tells.
//!
//! The listing is of an index that lags behind by seconds to minutes (advanced query capabilities, read 2026-08). A change
//! is told once; where the listing does not show it yet, the membership is read again by the next read.

use crate::groups::Memberships;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The users among the direct members who came and went, by id in lower case.
#[derive(Debug, Default)]
pub(super) struct Moves {
    joined: BTreeSet<String>,
    left: BTreeSet<String>,
}

impl Moves {
    /// Those of a row of `/groups/delta`.
    pub(super) fn add(&mut self, row: &Map<String, Value>) {
        let members = row.get("members@delta").and_then(Value::as_array);
        for member in members.into_iter().flatten() {
            let is_user = member.get("@odata.type").and_then(Value::as_str) == Some("#microsoft.graph.user");
            let Some(id) = member.get("id").and_then(Value::as_str).filter(|_| is_user) else { continue };
            let moved = if member.get("@removed").is_some() { &mut self.left } else { &mut self.joined };
            moved.insert(id.to_ascii_lowercase());
        }
    }

    /// Whether a listing shows somebody otherwise. Who left may still be there by way of another group, and who joined may
    /// be deleted by now; that costs one read more.
    pub(super) fn contradict(&self, listed: &Memberships) -> bool {
        let is_there = |id: &String| listed.get(id).is_some_and(|groups| !groups.is_empty());
        let joined = self.joined.difference(&self.left).any(|id| !is_there(id));
        joined || self.left.difference(&self.joined).any(is_there)
    }

    /// Whether anybody moved.
    pub(super) fn is_empty(&self) -> bool {
        self.joined.is_empty() && self.left.is_empty()
    }
}
