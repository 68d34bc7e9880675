//! Conveniences over the seams. They are extension traits, so implementors have nothing to keep in step.

use crate::{Error, ErrorKind};
use crate::{
    error::Result,
    model::Company,
    snapshot::{Completeness, ContactSnapshot, SnapshotError, UserSnapshot},
    traits::{ContactQuery, Directory, DirectoryItem, Page, PageEnd, Psa, UserQuery},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::StreamExt;

/// Conveniences over [`Directory`].
#[async_trait]
pub trait DirectoryExt {
    /// Reads everything into a snapshot.
    ///
    /// A read that fails after its first page gives a partial snapshot that says why: creates and updates can still be
    /// planned from it, and absence proves nothing.
    ///
    /// # Errors
    /// What kept the first page from being read, or rows that do not fit one snapshot (`Rejected`).
    async fn snapshot(&self, query: &UserQuery, taken_at: DateTime<Utc>) -> Result<UserSnapshot>;
}

/// Conveniences over [`Psa`].
#[async_trait]
pub trait PsaExt {
    /// Reads contacts into a snapshot; partial, and saying why, when the listing was cut short after its first page.
    ///
    /// # Errors
    /// What kept the first page from being read, or rows that do not fit one snapshot (`Rejected`).
    async fn snapshot(&self, query: &ContactQuery, taken_at: DateTime<Utc>) -> Result<ContactSnapshot>;

    /// Reads all companies.
    ///
    /// # Errors
    /// As for any read; a listing that was cut short is `UnexpectedResponse`.
    async fn all_companies(&self) -> Result<Vec<Company>>;
}

#[async_trait]
impl<D: Directory + ?Sized> DirectoryExt for D {
    async fn snapshot(&self, query: &UserQuery, taken_at: DateTime<Utc>) -> Result<UserSnapshot> {
        let mut builder = UserSnapshot::builder();
        let mut pages = self.users(query);
        let mut end: Option<PageEnd> = None;
        let mut broken = None;
        while let Some(page) = pages.next().await {
            match page {
                Ok(Page::Items(items)) => {
                    for item in items {
                        match item {
                            DirectoryItem::Present(user) => builder.push(&user),
                            DirectoryItem::Removed(anchor) => builder.remove(anchor),
                        }
                    }
                }
                Ok(Page::End(last)) => {
                    end = Some(last);
                    break;
                }
                Err(error) if builder.pushed() == 0 => return Err(error),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        drop(pages);
        let snapshot =
            builder.finish(taken_at, completeness(end.as_ref(), broken.as_ref())).map_err(too_large)?;
        Ok(check_count(snapshot, end.as_ref()))
    }
}

fn completeness(end: Option<&PageEnd>, broken: Option<&Error>) -> Completeness {
    match (end, broken) {
        (_, Some(error)) => Completeness::Partial { because: error.to_string() },
        (Some(_), None) => Completeness::Complete,
        (None, None) => Completeness::Partial { because: "the listing stopped without an end".to_owned() },
    }
}

fn check_count(snapshot: UserSnapshot, end: Option<&PageEnd>) -> UserSnapshot {
    let rows = snapshot.len() as u64;
    match end.and_then(|e| e.reported_count) {
        Some(reported) if reported != rows => snapshot.into_partial(format!(
            "the directory says it has {reported} users, but {rows} different ones were read"
        )),
        _ => snapshot,
    }
}

fn too_large(error: SnapshotError) -> Error {
    Error::new(ErrorKind::Rejected, "take snapshot", error.to_string()).with_source(error)
}

#[async_trait]
impl<P: Psa + ?Sized> PsaExt for P {
    async fn snapshot(&self, query: &ContactQuery, taken_at: DateTime<Utc>) -> Result<ContactSnapshot> {
        let mut builder = ContactSnapshot::builder().keep_custom_fields(query.custom_fields.clone());
        let mut pages = self.contacts(query);
        let (mut end, mut broken): (Option<PageEnd>, _) = (None, None);
        while let Some(page) = pages.next().await {
            match page {
                Ok(Page::Items(contacts)) => contacts.iter().for_each(|contact| builder.push(contact)),
                Ok(Page::End(last)) => {
                    end = Some(last);
                    break;
                }
                Err(error) if builder.pushed() == 0 => return Err(error),
                Err(error) => {
                    broken = Some(error);
                    break;
                }
            }
        }
        drop(pages);
        let complete = completeness(end.as_ref(), broken.as_ref());
        let snapshot = builder.finish(taken_at, complete).map_err(too_large)?;
        let rows = snapshot.len() as u64;
        Ok(match end.and_then(|e| e.reported_count) {
            Some(reported) if reported != rows => snapshot.into_partial(format!(
                "the PSA says it has {reported} contacts, but {rows} different ones were read"
            )),
            _ => snapshot,
        })
    }

    async fn all_companies(&self) -> Result<Vec<Company>> {
        let mut all = Vec::new();
        let mut pages = self.companies();
        while let Some(page) = pages.next().await {
            match page? {
                Page::Items(companies) => all.extend(companies),
                Page::End(_) => return Ok(all),
            }
        }
        Err(Error::new(ErrorKind::UnexpectedResponse, "list companies", "the listing stopped without an end"))
    }
}
