//! One round of a delta query: its pages to the last, and the link that the next round begins with.

use super::resume::expired;
use crate::{
    client::Client,
    error::{Call, is_dead_page_token, is_token},
    listing::MAX_RESTARTS,
};
use futures::stream::{BoxStream, StreamExt as _};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{Error, ErrorKind, Result};
use sync_http::PageStep;

/// The most rows of one round. They are kept until its end, and what became of each user is read again by id: beyond this a
/// whole read costs less, and no memory.
pub(crate) const MOST_ROWS: usize = 50_000;

/// The rows of a round in the order they came, and where the next one begins.
#[derive(Debug)]
pub(crate) struct Round {
    pub(crate) rows: Vec<Map<String, Value>>,
    pub(crate) link: String,
}

#[derive(Deserialize)]
struct DeltaPage {
    #[serde(rename = "@odata.deltaLink", default)]
    delta_link: Option<String>,
    value: Vec<Map<String, Value>>,
}

/// Reads a round to its end, anew from its first page where a page token died. Which members came and went is kept of those
/// groups only that are asked for by id: a row may list thousands.
///
/// # Errors
/// `DeltaExpired` where the directory no longer knows the link or more than [`MOST_ROWS`] came, `UnexpectedResponse` for a round that ends without a
/// link that can be followed or whose rows have no id, and as for any listing.
pub(crate) async fn read(
    client: &Client,
    call: &Call,
    keeps_members: impl Fn(&str) -> bool + Send + Sync,
    start: impl Fn() -> BoxStream<'static, Result<PageStep>>,
) -> Result<Round> {
    let mut restarts = 0;
    loop {
        match once(call, &keeps_members, start()).await {
            Err(error) if restarts < MAX_RESTARTS && is_dead_page_token(&error) => restarts += 1,
            Ok(round) => {
                // Kept, it would be refused by every read that went on from it.
                client.http().check_link(call.operation, &round.link)?;
                return Ok(round);
            }
            Err(error) => return Err(error),
        }
    }
}

async fn once(
    call: &Call,
    keeps_members: &(impl Fn(&str) -> bool + Sync),
    mut pages: BoxStream<'static, Result<PageStep>>,
) -> Result<Round> {
    let broken = |message: &str| Error::new(ErrorKind::UnexpectedResponse, call.operation, message);
    let (mut rows, mut link) = (Vec::new(), None);
    while let Some(step) = pages.next().await {
        if let PageStep::Page(response) = step? {
            let page: DeltaPage = response.json()?;
            link = page.delta_link;
            rows.extend(page.value.into_iter().map(|mut row: Map<String, Value>| {
                if !id(&row).is_some_and(|id| keeps_members(&id)) {
                    row.retain(|name, _| !name.ends_with("@delta"));
                }
                row
            }));
            if rows.len() > MOST_ROWS {
                return Err(expired("so much changed that reading everything costs less"));
            }
        }
    }
    if rows.iter().any(|row| id(row).is_none()) {
        return Err(broken("Graph answered a change of something without an id"));
    }
    let link = link.filter(|link| !link.trim().is_empty());
    Ok(Round {
        rows,
        link: link.ok_or_else(|| broken("the last page of changes names no link to go on with"))?,
    })
}

/// The id of a row, in lower case.
pub(crate) fn id(row: &Map<String, Value>) -> Option<String> {
    row.get("id").and_then(Value::as_str).filter(|id| is_token(id)).map(str::to_ascii_lowercase)
}

/// What a round says of one user, all its rows taken together.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The last row said that the user is there.
    pub(crate) present: bool,
    /// Some row said that the user is there.
    pub(crate) was_present: bool,
    /// Some row said that the user was deleted, softly (`changed`) or for good (`deleted`).
    pub(crate) removed: bool,
    /// The properties that rows showed, without those of which two rows said different things.
    pub(crate) shown: Map<String, Value>,
    disputed: BTreeSet<String>,
}

/// What a round says of each user. Rows are repeated, in any order, and an older one may come after a newer one; what two
/// of them say differently is left to be read again.
pub(crate) fn said(rows: Vec<Map<String, Value>>) -> BTreeMap<String, Said> {
    let mut all: BTreeMap<String, Said> = BTreeMap::new();
    for row in rows {
        let Some(id) = id(&row) else { continue };
        let said = all.entry(id).or_default();
        said.present = !row.contains_key("@removed");
        said.was_present |= said.present;
        if !said.present {
            said.removed = true;
            continue;
        }
        for (name, value) in row {
            // Annotations (`manager@delta`) say that something changed and not what it is now.
            if name.contains('@') && name != "@odata.type" || said.disputed.contains(&name) {
                continue;
            }
            match said.shown.get(&name) {
                Some(known) if *known != value => {
                    said.shown.remove(&name);
                    said.disputed.insert(name);
                }
                Some(_) => {}
                None => {
                    said.shown.insert(name, value);
                }
            }
        }
    }
    all
}
