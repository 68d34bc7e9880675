//! Reading whole tables by walking along the ids.
//!
//! Autotask gives rows in the order of their ids, up to 500 at a time, and recommends asking for ids above the last one
//! (developer help, queries; read 2026-11). Its next links must be followed by the method that got them and were seen to
//! repeat or to end early, so they are only looked at, never followed.

use crate::{
    client::{Client, MOST_VALUES, PAGE_SIZE, condition},
    link::Entity,
    wire::Record,
};
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use std::collections::VecDeque;
use sync_core::{ErrorKind, Page, PageEnd, Result};

/// One table, or the part of it that meets conditions.
pub(crate) struct Listing {
    pub(crate) entity: Entity,
    pub(crate) operation: &'static str,
    /// One filter after the other; each is read to its end.
    pub(crate) filters: Vec<Vec<Value>>,
    /// Ask at the end how many rows there are.
    pub(crate) counted: bool,
}

impl Listing {
    /// The whole table.
    pub(crate) fn all(entity: Entity, operation: &'static str) -> Self {
        Self { entity, operation, filters: vec![Vec::new()], counted: false }
    }

    /// The rows with one of these values in a field; a query takes at most 500 alternatives.
    pub(crate) fn with(entity: Entity, operation: &'static str, field: &str, values: &[i64]) -> Self {
        let of = |chunk: &[i64]| vec![json!({ "op": "in", "field": field, "value": chunk })];
        Self { entity, operation, filters: values.chunks(MOST_VALUES).map(of).collect(), counted: false }
    }

    pub(crate) fn counted(mut self) -> Self {
        self.counted = true;
        self
    }
}

struct Walk<T> {
    left: VecDeque<Vec<Value>>,
    /// The last id read of the first filter in `left`.
    after: Option<i64>,
    count: Option<u64>,
    translate: T,
}

/// Streams the rows of a listing, translated, and then the end. A stream that fails, be it in the translation, or is
/// dropped before the end has not read everything.
pub(crate) fn pages<'a, N: Send + 'a>(
    client: &'a Client,
    listing: Listing,
    translate: impl Fn(Vec<Record>) -> Result<Vec<N>> + Send + 'a,
) -> BoxStream<'a, Result<Page<N>>> {
    let Listing { entity, operation, filters, counted } = listing;
    let walk = Walk { left: filters.into(), after: None, count: counted.then_some(0), translate };
    futures::stream::try_unfold(Some(walk), move |walk| async move {
        let Some(mut walk) = walk else { return Ok(None) };
        let Some(filter) = walk.left.front() else {
            let end = PageEnd::new().with_reported_count(walk.count);
            return Ok(Some((Page::End(end), None)));
        };
        let (rows, more) = page(client, entity, filter, walk.after, operation).await?;
        let rows = (walk.translate)(rows)?;
        if let Some(last) = more {
            walk.after = Some(last);
        } else {
            if let Some(count) = walk.count {
                walk.count = Some(count + client.count(entity, &bounded(filter, None), operation).await?);
            }
            walk.left.pop_front();
            walk.after = None;
        }
        Ok(Some((Page::Items(rows), Some(walk))))
    })
    .boxed()
}

/// Every row of a small table.
pub(crate) async fn all(client: &Client, listing: Listing) -> Result<Vec<Record>> {
    let pages: Vec<Page<Record>> = pages(client, listing, Ok).try_collect().await?;
    let rows =
        pages.into_iter().filter_map(|page| if let Page::Items(rows) = page { Some(rows) } else { None });
    Ok(rows.flatten().collect())
}

/// The conditions, and the ids above the last one. A filter must not be empty.
fn bounded(filter: &[Value], after: Option<i64>) -> Vec<Value> {
    let bound = match after {
        Some(last) => condition("gt", "id", last),
        None => condition("gte", "id", 0),
    };
    filter.iter().cloned().chain([bound]).collect()
}

/// One page, and the last id of it if there are more.
async fn page(
    client: &Client,
    entity: Entity,
    filter: &[Value],
    after: Option<i64>,
    operation: &'static str,
) -> Result<(Vec<Record>, Option<i64>)> {
    let (page, response) = client.query(entity, &bounded(filter, after), operation).await?;
    let wrong = |message: &str| Err(response.error(ErrorKind::UnexpectedResponse, message));
    let ids: Option<Vec<i64>> = page.items.iter().map(Record::id).collect();
    let Some(ids) = ids else { return wrong("a row has no id, so a whole read is not possible") };
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok((page.items, None)) };
    if after.is_some_and(|after| *first <= after) {
        return wrong("the server repeated rows, so a whole read is not possible");
    }
    if !ids.is_sorted_by(|a, b| a < b) {
        return wrong("the rows are not in the order of their ids, so a whole read is not possible");
    }
    let linked = page.page_details.is_some_and(|details| details.next_page_url);
    let more = (linked || ids.len() >= PAGE_SIZE).then_some(*last);
    Ok((page.items, more))
}
