//! Reading whole listings by page number.
//!
//! Syncro offers neither an order nor a cursor, so a row that is added or deleted during the read shifts the others: one
//! may be missed, another read twice. Each page says how many rows there are in all; where that number changes, or is not
//! the number of different rows, the listing is walked once more for what was missed. The page size is not ours to
//! choose and differs between the documents and what was seen, so only the vendor's own count of pages ends a listing.

use crate::{
    client::{Client, read},
    wire::{self, Meta},
};
use futures::stream::{BoxStream, StreamExt as _};
use serde::de::DeserializeOwned;
use std::collections::{BTreeSet, VecDeque};
use sync_core::{Error, ErrorKind, Result};

/// How often a listing that keeps changing is walked before it is given up.
const MOST_WALKS: u32 = 3;

/// More pages than this are an error: 10,000 pages take an hour at 180 requests a minute.
const MOST_PAGES: u64 = 10_000;

/// A page of a listing.
pub(crate) trait PageBody: DeserializeOwned + Send + 'static {
    type Row: Send + 'static;
    fn id(row: &Self::Row) -> i64;
    fn take(self) -> (Vec<Self::Row>, Option<Meta>);
}

macro_rules! pages {
    ($($body:ident of $row:ident in $rows:ident),*) => {$(
        impl PageBody for wire::$body {
            type Row = wire::$row;

            fn id(row: &Self::Row) -> i64 {
                row.id
            }

            fn take(self) -> (Vec<Self::Row>, Option<Meta>) {
                (self.$rows, self.meta)
            }
        }
    )*};
}
pages!(
    Contacts of Contact in contacts,
    Customers of Customer in customers,
    PortalUsers of PortalUser in portal_users,
    Schedules of Schedule in schedules
);

/// One listing, or the part of it that meets a condition.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    pub(crate) path: &'static str,
    pub(crate) operation: &'static str,
    /// Parameters beside the page.
    pub(crate) query: Vec<(&'static str, String)>,
    /// The company that it is of, which is looked for where it has no row.
    pub(crate) company: Option<i64>,
}

/// What a read of listings gives.
pub(crate) enum Step<T> {
    /// Rows that were not given before.
    Rows(Vec<T>),
    /// All were read; the vendor counts this many. `None` where it does not count.
    End(Option<u64>),
}

/// Streams these listings, one after the other, and then one end. A stream that fails or is dropped before the end has
/// not read everything.
pub(crate) fn pages<B: PageBody>(
    client: &Client,
    listings: impl IntoIterator<Item = Listing>,
) -> BoxStream<'_, Result<Step<B::Row>>> {
    let reader = Reader::<B> {
        client,
        left: listings.into_iter().collect(),
        given: BTreeSet::new(),
        walk: Walk::first(),
        total: Some(0),
        body: std::marker::PhantomData,
    };
    futures::stream::try_unfold(Some(reader), move |reader| async move {
        let Some(mut reader) = reader else { return Ok(None) };
        let Some(listing) = reader.left.front().cloned() else {
            return Ok(Some((Step::End(reader.total), None)));
        };
        let rows = reader.page(&listing).await?;
        Ok(Some((Step::Rows(rows), Some(reader))))
    })
    .boxed()
}

struct Reader<'c, B> {
    client: &'c Client,
    left: VecDeque<Listing>,
    /// What was given of the present listing.
    given: BTreeSet<i64>,
    walk: Walk,
    /// What the vendor counts in the listings that are done.
    total: Option<u64>,
    body: std::marker::PhantomData<fn() -> B>,
}

/// One walk over the pages of a listing.
struct Walk {
    number: u32,
    page: u64,
    ids: BTreeSet<i64>,
    /// What its first page said of the number of rows.
    total: Option<u64>,
    /// Every page said so.
    steady: bool,
}

impl Walk {
    fn first() -> Self {
        Self { number: 1, page: 1, ids: BTreeSet::new(), total: None, steady: true }
    }

    fn next(&self) -> Self {
        Self { number: self.number + 1, ..Self::first() }
    }
}

impl<B: PageBody> Reader<'_, B> {
    /// Reads the next page, and prepares what follows.
    async fn page(&mut self, listing: &Listing) -> Result<Vec<B::Row>> {
        let walk = &mut self.walk;
        let broken = |message: String| Error::new(ErrorKind::UnexpectedResponse, listing.operation, message);
        if walk.page > MOST_PAGES {
            return Err(broken(format!(
                "the listing has more than {MOST_PAGES} pages; it was not read to its end"
            )));
        }
        let mut request = read(listing.path, listing.operation);
        for (name, value) in &listing.query {
            request = request.query(*name, value);
        }
        let body: B = self.client.get(request.query("page", walk.page)).await?;
        let (rows, meta) = body.take();
        let total = meta.and_then(|meta| meta.total_entries);
        if walk.page == 1 {
            walk.total = total;
        }
        walk.steady &= total == walk.total;
        let found: BTreeSet<i64> = rows.iter().map(B::id).collect();
        let repeats = !found.is_empty() && found.is_subset(&walk.ids);
        walk.ids.extend(&found);
        let (empty, pages) = (rows.is_empty(), meta.and_then(|meta| meta.total_pages));
        let last = match pages {
            Some(pages) => walk.page >= pages,
            // Some listings do not say how many pages they have: they end with an empty one.
            None if repeats => {
                return Err(broken(
                    "the listing gives the same page again, so it cannot be read to its end".to_owned(),
                ));
            }
            None => empty,
        };
        let rows = rows.into_iter().filter(|row| self.given.insert(B::id(row))).collect();
        if last {
            self.walked(listing).await?;
        } else {
            walk.page += 1;
        }
        Ok(rows)
    }

    /// Goes on to the next listing, or walks this one again.
    async fn walked(&mut self, listing: &Listing) -> Result<()> {
        let walk = &self.walk;
        let whole = walk.total.is_none_or(|total| walk.steady && total == walk.ids.len() as u64);
        if !whole {
            if walk.number >= MOST_WALKS {
                let message = "rows were added, deleted or repeated each time the listing was read; nothing can be \
                               concluded from what is absent. Read again later";
                return Err(Error::new(ErrorKind::UnexpectedResponse, listing.operation, message));
            }
            tracing::debug!(
                operation = listing.operation,
                walk = walk.number,
                "the listing changed while it was read"
            );
            self.walk = walk.next();
            return Ok(());
        }
        if let Some(company) = listing.company.filter(|_| walk.ids.is_empty()) {
            // A company that does not exist has no rows either, and Syncro says nothing of it.
            self.client.customer(company, listing.operation).await?;
        }
        // Rows that were given and are gone since make the count differ, and with it the read partial: their company may
        // be another one by now.
        self.total = self.total.zip(walk.total).map(|(all, more)| all + more);
        self.left.pop_front();
        self.given.clear();
        self.walk = Walk::first();
        Ok(())
    }
}
