//! Reading whole tables by forward-only paging.
//!
//! The server then gives the rows with an id above `pageId`, ordered by id, so rows that change during the read are
//! neither repeated nor missed (developer guide, pagination; read 2026-11).

use crate::{
    client::{Client, decode, read},
    wire,
};
use futures::stream::{BoxStream, StreamExt as _, TryStreamExt as _};
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use sync_core::{ErrorKind, Result};
use sync_http::Response;

/// The most rows per page; the server silently caps a larger number to it.
pub(crate) const PAGE_SIZE: usize = 1000;

/// A row that can be paged over.
pub(crate) trait Row: DeserializeOwned + Send + 'static {
    fn id(&self) -> i64;
}

macro_rules! rows {
    ($($row:ty),*) => {$(
        impl Row for $row {
            fn id(&self) -> i64 {
                self.id
            }
        }
    )*};
}
rows!(
    wire::Contact,
    wire::Company,
    wire::CommunicationType,
    wire::ContactType,
    wire::UserDefinedField,
    wire::Agreement,
    wire::Addition,
    wire::M365Contact,
    wire::Note
);

/// One table, or the part of it that meets a condition.
pub(crate) struct Listing {
    pub(crate) path: &'static str,
    /// The record whose rows are listed, where the path has a `{}`.
    pub(crate) of: Option<i64>,
    pub(crate) operation: &'static str,
    /// The fields to send; all where `None`.
    pub(crate) fields: Option<&'static str>,
    /// Made of numbers, dates and constants only.
    pub(crate) conditions: Option<String>,
}

/// Streams the pages of these listings, one listing after the other, and then `None`. A stream that fails or is
/// dropped before the `None` has not read everything.
pub(crate) fn pages<T: Row>(
    client: &Client,
    listings: impl IntoIterator<Item = Listing>,
) -> BoxStream<'_, Result<Option<Vec<T>>>> {
    let start = Some((listings.into_iter().collect::<VecDeque<_>>(), 0));
    futures::stream::try_unfold(start, move |position| async move {
        let Some((mut left, after)) = position else { return Ok(None) };
        let Some(listing) = left.front() else { return Ok(Some((None, None))) };
        let (rows, next) = page(client, listing, after).await?;
        if next.is_none() {
            left.pop_front();
        }
        Ok(Some((Some(rows), Some((left, next.unwrap_or(0))))))
    })
    .boxed()
}

/// Every row of a small table.
pub(crate) async fn all<T: Row>(client: &Client, listing: Listing) -> Result<Vec<T>> {
    let pages: Vec<Option<Vec<T>>> = pages(client, [listing]).try_collect().await?;
    Ok(pages.into_iter().flatten().flatten().collect())
}

/// One page, and after which id the next one starts.
async fn page<T: Row>(client: &Client, listing: &Listing, after: i64) -> Result<(Vec<T>, Option<i64>)> {
    let mut request = read(listing.path, listing.operation)
        .header("pagination-type", "forward-only")
        .query("pageSize", PAGE_SIZE)
        .query("pageId", after);
    if let Some(of) = listing.of {
        request = request.segment(of.to_string());
    }
    if let Some(fields) = listing.fields {
        request = request.query("fields", fields);
    }
    if let Some(conditions) = &listing.conditions {
        request = request.query("conditions", conditions);
    }
    let response = client.send(request).await?;
    let rows: Vec<T> = decode(&response)?;
    let next = next(&response, &rows, after)?;
    Ok((rows, next))
}

/// The page ends the listing where there is no next link and it is not full. The link is never followed as it is:
/// behind a proxy it names another host, and only its `pageId` is needed.
fn next<T: Row>(response: &Response, rows: &[T], after: i64) -> Result<Option<i64>> {
    let (Some(first), Some(last)) = (rows.iter().map(Row::id).min(), rows.iter().map(Row::id).max()) else {
        return Ok(None);
    };
    let wrong = |message: &str| Err(response.error(ErrorKind::UnexpectedResponse, message));
    if first <= after {
        return wrong(
            "the server repeated rows: it does not honour forward-only paging, so a whole read is not possible",
        );
    }
    let link = response.headers().link("next");
    if link.is_none() && rows.len() < PAGE_SIZE {
        return Ok(None);
    }
    let next = link.and_then(page_id).unwrap_or(last);
    if next < last {
        return wrong("the server's next link leads back to rows that were read");
    }
    Ok(Some(next))
}

fn page_id(link: &str) -> Option<i64> {
    let (_, query) = link.split_once('?')?;
    let mut pairs = query.split(['&', '#']).filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.eq_ignore_ascii_case("pageid")).and_then(|(_, value)| value.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::page_id;

    #[test]
    fn only_the_page_id_is_taken_from_a_link() {
        assert_eq!(page_id("https://elsewhere.example/x?pageSize=1000&pageId=77"), Some(77));
        assert_eq!(page_id("/x?PAGEID=5#f"), Some(5));
        for link in ["https://x.example/?page=2", "https://x.example/", "", "?pageId=", "?pageId=x"] {
            assert_eq!(page_id(link), None, "{link}");
        }
    }
}
