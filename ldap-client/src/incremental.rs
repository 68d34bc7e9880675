//! A read of changes only: the objects that were touched, as they are now.
//!
//! What a change means for somebody who did not change, or was not read before, cannot always be told. Then the answer
//! is `DeltaExpired`, and a whole read finds out; never a guess. All of it is read before the first row is handed out.

use crate::{
    changes::{self, OPERATION, Touched},
    config::Source,
    connection::Search,
    controls, dn,
    entry::Entry,
    filter, guid,
    paging::read_all,
    reading::Reading,
    state,
    token::{Mark, expired},
    wire,
};
use chrono::{DateTime, TimeDelta, Utc};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{
    DirectoryItem, Result,
    model::{DeltaToken, SourceAnchor},
};

/// How many objects are read again by one search.
const AT_ONCE: usize = 50;

/// How far the clocks of two domain controllers may be apart, with a margin (Kerberos allows five minutes).
const CLOCKS: TimeDelta = TimeDelta::minutes(10);

/// Everything that changed since `kept`, and where to go on.
///
/// # Errors
/// `DeltaExpired`, and as for any search.
pub(crate) async fn read(reading: &mut Reading, kept: &DeltaToken) -> Result<(Vec<DirectoryItem>, Mark)> {
    let token = reading.token(kept)?;
    let with_groups = reading.context.membership.is_some();
    let mut changed = changes::since(
        &mut reading.connection,
        &reading.server,
        &reading.context.layout,
        with_groups,
        &token.mark,
    )
    .await?;
    for id in expired_meanwhile(reading, token.at).await? {
        changed.touched.entry(id).or_default();
    }
    let mut items = Vec::new();
    let touched: Vec<([u8; 16], Touched)> = changed.touched.into_iter().collect();
    for some in touched.chunks(AT_ONCE) {
        let mut found = again(reading, some).await?;
        for (id, touched) in some {
            items.extend(match found.remove(id) {
                Some(entry) => judge(reading, &entry, *touched, token.at)?,
                None => absent(reading, id, *touched)?,
            });
        }
    }
    Ok((items, changed.mark))
}

/// The accounts whose last day came since then: that changes nothing in the directory.
async fn expired_meanwhile(reading: &mut Reading, since: DateTime<Utc>) -> Result<BTreeSet<[u8; 16]>> {
    let search = Search::below(
        &reading.server.base,
        filter::all_of([
            reading.context.layout.people(),
            filter::at_least(wire::ACCOUNT_EXPIRES, state::to_windows(since)),
            filter::at_most(wire::ACCOUNT_EXPIRES, state::to_windows(reading.server.now)),
        ]),
        &[wire::OBJECT_GUID],
    );
    let entries = read_all(OPERATION, &reading.server, &mut reading.connection, search).await?;
    Ok(entries.iter().filter_map(id_of).collect())
}

/// Reads objects by their ids, deleted ones included.
async fn again(reading: &mut Reading, some: &[([u8; 16], Touched)]) -> Result<BTreeMap<[u8; 16], Entry>> {
    let ids = some.iter().map(|(id, _)| filter::equals_bytes(wire::OBJECT_GUID, id));
    let mut search = Search::below(
        &reading.server.root,
        filter::any_of(ids),
        &[wire::OBJECT_CLASS, wire::IS_DELETED, wire::WHEN_CREATED],
    )
    .with(controls::show_deleted());
    search.attributes.extend(reading.context.layout.asked());
    let entries = read_all(OPERATION, &reading.server, &mut reading.connection, search).await?;
    Ok(entries.into_iter().filter_map(|entry| Some((id_of(&entry)?, entry))).collect())
}

fn id_of(entry: &Entry) -> Option<[u8; 16]> {
    entry.bytes(wire::OBJECT_GUID)?.try_into().ok()
}

/// What an object that was touched means for a listing.
fn judge(
    reading: &Reading,
    entry: &Entry,
    touched: Touched,
    since: DateTime<Utc>,
) -> Result<Option<DirectoryItem>> {
    let is = |class: &str| entry.texts(wire::OBJECT_CLASS).any(|text| text.eq_ignore_ascii_case(class));
    let is_deleted = entry.flag(wire::IS_DELETED) == Some(true);
    if is("group") {
        let is_ours = dn::key(&entry.dn).is_none_or(|name| reading.closure.contains(&name));
        // A deleted group says no longer where it belonged.
        return if reading.context.membership.is_some() && (is_ours || is_deleted) {
            Err(expired("who belongs to a group that is asked for may have changed"))
        } else {
            Ok(None)
        };
    }
    if !is("user") || is("computer") {
        return Ok(None);
    }
    if is_deleted {
        return reading.context.anchor(entry).map(|anchor| Some(DirectoryItem::Removed(anchor)));
    }
    let created = entry.text(wire::WHEN_CREATED).and_then(state::generalized_time);
    let is_new = created.is_some_and(|created| created > since + CLOCKS);
    if !reading.server.is_within_base(&entry.dn) {
        return if touched.moved && !is_new {
            Err(expired("somebody outside base_dn may have been inside it before"))
        } else {
            Ok(None)
        };
    }
    match reading.context.user(entry)? {
        Some(user) => Ok(Some(DirectoryItem::Present(user))),
        None if reading.context.layout.source == Source::AddressList && !is_new => {
            Err(expired("somebody may have left the address list"))
        }
        // The system's own accounts are so from the beginning; others were people until somebody made them something else.
        None if !is_new && entry.flag(wire::CRITICAL) != Some(true) => {
            Err(expired("an account that is nobody's may have been a person's before"))
        }
        None => Ok(None),
    }
}

/// What an object means that was touched and is not there any more, not even as a deleted one.
fn absent(reading: &Reading, id: &[u8; 16], touched: Touched) -> Result<Option<DirectoryItem>> {
    match guid::to_text(id) {
        // Deleted for so long that it cannot be restored any more.
        Some(id) if touched.deleted => {
            Ok(Some(DirectoryItem::Removed(SourceAnchor::new(format!("{}{id}", reading.server.anchors)))))
        }
        _ => Err(expired("an object that changed can no longer be seen")),
    }
}
