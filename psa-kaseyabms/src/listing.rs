//! Reading whole lists by numbered pages.
//!
//! Pages count rows, so a row that is added or removed while they are read moves the others: one may be missed. A walk
//! counts only if the total stayed the same and no row came twice; otherwise it is made again.

use crate::{
    client::{Answer, Call, Client},
    wire,
};
use serde::de::DeserializeOwned;
use std::collections::BTreeSet;
use sync_core::{Error, ErrorKind, Result, Retry};

/// Rows of a page: the largest number seen anywhere; the real maximum is not documented.
pub(crate) const PAGE_SIZE: usize = 100;

/// No list has more pages.
const MOST_PAGES: usize = 10_000;

/// How often a list is walked that changes while it is read.
const WALKS: usize = 3;

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
rows!(wire::Contact, wire::Account, wire::Employee, wire::Service, wire::RelatedService);

/// Puts the number of a page on the call of a list.
pub(crate) fn numbered(call: &Call, page: usize) -> Call {
    call.clone().query("PageSize", PAGE_SIZE).query("PageNumber", page)
}

/// Every row of a list. `page` makes the call of a page, counted from 1.
///
/// # Errors
/// `UnexpectedResponse` where the list cannot be read without gaps, and as for any read.
pub(crate) async fn whole<T: Row>(
    client: &Client,
    operation: &'static str,
    page: impl Fn(usize) -> Call + Send + Sync,
) -> Result<Vec<T>> {
    for walk in 1..=WALKS {
        if let Some(rows) = self::walk(client, operation, &page).await? {
            return Ok(rows);
        }
        tracing::debug!(operation, walk, "the list changed while it was read");
    }
    let message = format!("the list did not keep still in {WALKS} readings; try again later");
    Err(Error::new(ErrorKind::UnexpectedResponse, operation, message).with_retry(Retry::Safe))
}

/// One walk over all pages; `None` where it cannot be relied on.
async fn walk<T: Row>(
    client: &Client,
    operation: &'static str,
    page: &(impl Fn(usize) -> Call + Send + Sync),
) -> Result<Option<Vec<T>>> {
    let (mut rows, mut seen): (Vec<T>, _) = (Vec::new(), BTreeSet::new());
    let mut first_total = None;
    for number in 1..=MOST_PAGES {
        let Answer { result, total } = client.call::<Option<Vec<T>>>(page(number)).await?;
        let result = result.unwrap_or_default();
        if number == 1 {
            first_total = total;
        }
        let got = result.len();
        let fresh = result.iter().all(|row| seen.insert(row.id()));
        if !fresh || total != first_total {
            return Ok(None);
        }
        rows.extend(result);
        let ended = match total {
            // A server may give shorter pages than asked for, so the length of one proves nothing.
            Some(total) => got == 0 || rows.len() as u64 >= total,
            None => got < PAGE_SIZE,
        };
        if ended {
            let complete = total.is_none_or(|total| rows.len() as u64 == total);
            return Ok(complete.then_some(rows));
        }
    }
    let message = format!("the list has more than {MOST_PAGES} pages");
    Err(Error::new(ErrorKind::UnexpectedResponse, operation, message))
}
