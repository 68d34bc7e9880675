//! Reading a listing page by page, never in a circle and never without end.

use crate::{HttpClient, Request, Response};
use futures::stream::{self, BoxStream, StreamExt as _};
use std::{
    collections::BTreeSet,
    fmt,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};
use sync_core::{Error, ErrorKind, Result};
use url::Url;

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
    let listing = Listing {
        client: client.clone(),
        next,
        limits,
        pages: 0,
        seen: BTreeSet::new(),
        todo: Todo::Read(Box::new(first)),
    };
    stream::unfold(listing, |mut listing| async move {
        let step = listing.step().await.transpose()?;
        if step.is_err() {
            listing.todo = Todo::Nothing;
        }
        Some((step, listing))
    })
    .boxed()
}

struct Listing<F> {
    client: HttpClient,
    next: F,
    limits: PageLimits,
    pages: u32,
    /// Hashes of the requests made.
    seen: BTreeSet<u64>,
    todo: Todo,
}

enum Todo {
    Read(Box<Request>),
    SayEnd,
    Nothing,
}

impl<F> Listing<F>
where
    F: FnMut(&Response) -> Result<Option<Next>> + Send,
{
    async fn step(&mut self) -> Result<Option<PageStep>> {
        let request = match std::mem::replace(&mut self.todo, Todo::Nothing) {
            Todo::Read(request) => request,
            Todo::SayEnd => return Ok(Some(PageStep::End { pages: self.pages })),
            Todo::Nothing => return Ok(None),
        };
        let operation = request.operation();
        let broken = |message: String| Error::new(ErrorKind::UnexpectedResponse, operation, message);
        let max = self.limits.max_pages;
        if self.pages >= max {
            return Err(broken(format!(
                "the listing has more than the {max} pages allowed; it was not read to its end"
            )));
        }
        let url = self.client.resolve(&request)?;
        if !self.seen.insert(identity(&request, &url)) {
            let pages = self.pages;
            return Err(broken(format!(
                "the listing runs in a circle: after page {pages} it leads to a page read before"
            )));
        }
        let response = self.client.send((*request).clone()).await?;
        let next = (self.next)(&response)?;
        let response = response.error_for_status()?;
        self.pages += 1;
        self.todo = match next {
            None => Todo::SayEnd,
            Some(Next::Link(link)) => Todo::Read(Box::new(request.at_link(link))),
            Some(Next::Request(request)) => Todo::Read(request),
        };
        Ok(Some(PageStep::Page(response)))
    }
}

/// What makes a request the same as another: method, URL and body.
fn identity(request: &Request, url: &Url) -> u64 {
    let mut hasher = DefaultHasher::new();
    request.method.as_str().hash(&mut hasher);
    url.as_str().hash(&mut hasher);
    request.body.as_deref().hash(&mut hasher);
    hasher.finish()
}
