//! The `links.json` document.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use sync_core::{
    Error, ErrorKind, Result,
    model::{ContactField, ContactId, FieldSet, SourceAnchor},
    plan::{Change, Decision, Reason, Subject},
    store::{Intent, IntentState, Link, LinkSet, RunId},
};

/// What may stand in the document; a missing key has its default, an unknown one is refused.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    #[serde(default)]
    generation: u64,
    #[serde(default)]
    links: Vec<LinkRow>,
    #[serde(default)]
    open_creates: Vec<OpenCreateRow>,
    #[serde(default)]
    last_complete_users: Option<u64>,
    #[serde(default)]
    first_run_open: bool,
}

/// [`Link`] as it is read: it does not refuse unknown keys itself. It is written by its own `Serialize`, so a key that
/// is missing here is refused when it is read and never lost.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LinkRow {
    source_id: SourceAnchor,
    #[serde(default)]
    immutable_id: Option<String>,
    contact_id: ContactId,
    first_linked_at: DateTime<Utc>,
    last_seen_at: DateTime<Utc>,
    #[serde(default)]
    deactivated_by_us: bool,
    #[serde(default)]
    deactivated_at: Option<DateTime<Utc>>,
    #[serde(default)]
    deactivated_because: Option<String>,
    #[serde(default)]
    missing_since: Option<DateTime<Utc>>,
    #[serde(default)]
    missing_reads: u32,
    #[serde(default)]
    last_written: FieldSet,
    #[serde(default)]
    last_source: FieldSet,
    #[serde(default)]
    rewritten: BTreeMap<ContactField, u32>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct OpenCreateRow {
    source_id: SourceAnchor,
    key: String,
    started_at: DateTime<Utc>,
}

impl OpenCreateRow {
    /// A create that may be on its way; of one that waits for a person the folder keeps no more than that.
    fn of(intent: &Intent) -> Option<Self> {
        let Subject::User(source_id) = intent.decision.subject.clone() else { return None };
        let key = intent.key.clone().unwrap_or_default();
        intent.is_create().then_some(Self { source_id, key, started_at: intent.opened_at })
    }

    /// What was to be written is not in the document: the contact is looked for by the user's id alone.
    fn into_intent(self, place: u32) -> Intent {
        let Self { source_id, key, started_at } = self;
        let change = Change::Create { fields: Vec::new(), unless_email: Vec::new(), beside: Vec::new() };
        let decision = Decision::new(Subject::User(source_id), change, Reason::NoMatch);
        let mut intent = Intent::new(RunId::default(), place, decision, started_at);
        intent.key = Some(key);
        intent.state = IntentState::Sent;
        intent
    }
}

impl From<LinkRow> for Link {
    fn from(row: LinkRow) -> Self {
        let LinkRow {
            source_id,
            immutable_id,
            contact_id,
            first_linked_at,
            last_seen_at,
            deactivated_by_us,
            deactivated_at,
            deactivated_because,
            missing_since,
            missing_reads,
            last_written,
            last_source,
            rewritten,
        } = row;
        let mut link = Self::new(source_id, contact_id, first_linked_at);
        link.immutable_id = immutable_id;
        link.last_seen_at = last_seen_at;
        link.deactivated_by_us = deactivated_by_us;
        link.deactivated_at = deactivated_at;
        link.deactivated_because = deactivated_because;
        link.missing_since = missing_since;
        link.missing_reads = missing_reads;
        link.last_written = last_written;
        link.last_source = last_source;
        link.rewritten = rewritten;
        link
    }
}

/// Reads a `links.json` document.
///
/// # Errors
/// `UnexpectedResponse` naming line, column and what is wrong, never a value.
pub fn decode_links(text: &str) -> Result<LinkSet> {
    const OPERATION: &str = "decode links";
    let refuse = |why: String| Error::new(ErrorKind::UnexpectedResponse, OPERATION, why);
    // The decoder would take a list for the fields in their order, and an empty one for "no links".
    if !text.is_empty() && !text.trim_start().starts_with('{') {
        return Err(refuse("line 1, column 1: not JSON, or no object".to_owned()));
    }
    let Document { generation, links, open_creates, last_complete_users, first_run_open } =
        serde_json::from_str(text).map_err(|error| refuse(without_values(&error)))?;
    let mut set = LinkSet::new();
    set.generation = generation;
    set.last_complete_users = last_complete_users;
    set.first_run_open = first_run_open;
    let mut by_user = BTreeMap::new();
    for (index, row) in links.into_iter().enumerate() {
        let link = Link::from(row);
        if let Some(earlier) = by_user.insert(link.source_id.clone(), link) {
            let message = format!("links[{index}]: user {} is linked twice", earlier.source_id);
            return Err(refuse(message));
        }
    }
    set.links = by_user.into_values().collect();
    for (place, row) in (0..).zip(open_creates) {
        set.open.push(row.into_intent(place));
    }
    Ok(set)
}

/// Writes a `links.json` document: one line per link, sorted by user, so that two versions can be compared by line.
#[must_use]
pub fn encode_links(set: &LinkSet) -> String {
    let links = lines(set.links.values());
    let mut text = format!("{{\n  \"generation\": {},\n  \"links\": {links}", set.generation);
    let mut rows = set.open.iter().filter_map(OpenCreateRow::of).peekable();
    if rows.peek().is_some() {
        text.push_str(&format!(",\n  \"open_creates\": {}", lines(rows)));
    }
    if let Some(users) = set.last_complete_users {
        text.push_str(&format!(",\n  \"last_complete_users\": {users}"));
    }
    if set.first_run_open {
        text.push_str(",\n  \"first_run_open\": true");
    }
    text.push_str("\n}\n");
    text
}

fn lines<T: Serialize>(rows: impl Iterator<Item = T>) -> String {
    let rows: Vec<String> = rows
        .map(|row| {
            // The keys of every map in a link are strings and its values are plain, so this cannot fail.
            let text = serde_json::to_string(&row).unwrap_or_default();
            format!("    {text}")
        })
        .collect();
    if rows.is_empty() { "[]".to_owned() } else { format!("[\n{}\n  ]", rows.join(",\n")) }
}

/// What a decoder complains about, without the values it quotes: they may be anything about anybody.
fn without_values(error: &serde_json::Error) -> String {
    let full = error.to_string();
    let about_keys = ["unknown field", "missing field", "duplicate field"];
    let what = match error.classify() {
        serde_json::error::Category::Data if about_keys.iter().any(|start| full.starts_with(start)) => {
            let end = full.find(" at line ").unwrap_or(full.len());
            full.get(..end).unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect()
        }
        serde_json::error::Category::Data => "a value is of the wrong kind".to_owned(),
        serde_json::error::Category::Eof => "the text ends too early".to_owned(),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => "not JSON".to_owned(),
    };
    format!("line {}, column {}: {what}", error.line(), error.column())
}
