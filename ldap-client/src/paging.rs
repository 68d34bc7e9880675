//! Searches in pages (RFC 2696).
//!
//! The next page is asked for before the last one is handed out, so the server works while the caller does. A cookie
//! belongs to its connection: a listing whose connection is lost cannot go on, and is an error.

use crate::{
    connection::{Connection, InFlight, Search},
    controls,
    entry::Entry,
    error::{Failure, unexpected},
    server::Server,
};
use sync_core::{Error, Result};

/// A search that is read page by page.
pub(crate) struct Pages {
    search: Search,
    operation: &'static str,
    /// `None` where the server has no pages.
    size: Option<u16>,
    left: u32,
    next: Next,
}

enum Next {
    First,
    Sent(InFlight),
    Over,
}

impl Pages {
    /// Sends nothing yet. `operation` is what errors say was attempted.
    pub(crate) fn new(operation: &'static str, server: &Server, search: Search) -> Self {
        let size = server.has_pages().then_some(server.page_size);
        Self { search, operation, size, left: server.max_pages, next: Next::First }
    }

    /// The entries of the next page; `None` after the last one.
    ///
    /// # Errors
    /// Whatever kept the page from being whole: a limit of the server, a lost connection, a missing page control.
    pub(crate) async fn next(&mut self, connection: &mut Connection) -> Result<Option<Vec<Entry>>> {
        match self.step(connection).await {
            Ok(page) => page.transpose(),
            Err(failure) => Err(failure.into_error(self.operation)),
        }
    }

    /// As [`Pages::next`], for a caller who looks at the server's code.
    async fn step(&mut self, connection: &mut Connection) -> Result<Option<Result<Vec<Entry>>>, Failure> {
        let sent = match std::mem::replace(&mut self.next, Next::Over) {
            Next::First => self.send(connection, &[]).await?,
            Next::Sent(sent) => sent,
            Next::Over => return Ok(None),
        };
        let answer = connection.finish(sent).await?;
        if self.size.is_some() {
            let Some(cookie) = controls::paged_cookie(&answer.controls) else {
                return Ok(Some(Err(self.without_control())));
            };
            if !cookie.is_empty() {
                let Some(left) = self.left.checked_sub(1).filter(|left| *left > 0) else {
                    return Ok(Some(Err(unexpected(
                        self.operation,
                        "the listing has more pages than max_pages allows",
                    ))));
                };
                self.left = left;
                self.next = Next::Sent(self.send(connection, &cookie).await?);
            }
        }
        Ok(Some(Ok(answer.entries)))
    }

    async fn send(&self, connection: &mut Connection, cookie: &[u8]) -> Result<InFlight, Failure> {
        match self.size {
            None => connection.start(&self.search).await,
            Some(size) => connection.start(&self.search.clone().with(controls::paged(size, cookie))).await,
        }
    }

    fn without_control(&self) -> Error {
        unexpected(self.operation, "the server left out whether more pages follow, so the end is not known")
    }
}

/// Every entry of a search.
///
/// # Errors
/// As [`Pages::next`], with the server's code where it has one.
pub(crate) async fn read_all(
    operation: &'static str,
    server: &Server,
    connection: &mut Connection,
    search: Search,
) -> Result<Vec<Entry>, ReadError> {
    let mut pages = Pages::new(operation, server, search);
    let mut all = Vec::new();
    loop {
        match pages.step(connection).await {
            Ok(None) => return Ok(all),
            Ok(Some(Ok(mut page))) => all.append(&mut page),
            Ok(Some(Err(error))) => return Err(ReadError { code: None, error }),
            Err(failure) => {
                return Err(ReadError { code: failure.code(), error: failure.into_error(operation) });
            }
        }
    }
}

/// Why a search could not be read, with the server's code where it has one.
#[derive(Debug)]
pub(crate) struct ReadError {
    pub(crate) code: Option<u32>,
    pub(crate) error: Error,
}

impl From<ReadError> for Error {
    fn from(ReadError { code: _, error }: ReadError) -> Self {
        error
    }
}
