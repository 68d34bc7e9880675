//! Listings of which only the ids matter: group members, deleted users.

use crate::{
    error::is_dead_page_token,
    wire::{List, Object},
};
use futures::stream::{BoxStream, StreamExt as _};
use std::collections::BTreeSet;
use sync_core::Result;
use sync_http::PageStep;

/// How often one listing is started anew after a dead page token.
pub(crate) const MAX_RESTARTS: u32 = 5;

/// The ids of a whole listing.
#[derive(Debug, Default)]
pub(crate) struct Ids {
    /// In lower case.
    pub(crate) ids: BTreeSet<String>,
    /// How many Graph says there are, where it was asked and said so.
    pub(crate) count: Option<u64>,
}

impl Ids {
    /// Graph counted more than it listed.
    pub(crate) fn falls_short(&self) -> bool {
        let listed = u64::try_from(self.ids.len()).unwrap_or(u64::MAX);
        self.count.is_some_and(|count| listed < count)
    }
}

/// Reads a listing to its end, anew from its first page where a page token died.
///
/// # Errors
/// Those of the listing; that of the dead token after [`MAX_RESTARTS`].
pub(crate) async fn ids(start: impl Fn() -> BoxStream<'static, Result<PageStep>>) -> Result<Ids> {
    let mut restarts = 0;
    loop {
        match once(start()).await {
            Err(error) if restarts < MAX_RESTARTS && is_dead_page_token(&error) => restarts += 1,
            result => return result,
        }
    }
}

async fn once(mut pages: BoxStream<'static, Result<PageStep>>) -> Result<Ids> {
    let mut all = Ids::default();
    while let Some(step) = pages.next().await {
        if let PageStep::Page(response) = step? {
            let page: List<Object<'_>> = response.json()?;
            all.count = all.count.or(page.count);
            all.ids.extend(page.value.iter().map(|object| object.id.0.to_ascii_lowercase()));
        }
    }
    Ok(all)
}
