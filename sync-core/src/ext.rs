//! Conveniences over the seams. They are extension traits, so implementors have nothing to keep in step.

use crate::{Error, ErrorKind};
use crate::{
    error::Result,
    model::{Company, CompanyId, DeltaToken},
    quantity::{Agreements, QuantityLine},
    snapshot::{Completeness, ContactSnapshot, SnapshotError, UserSnapshot},
    traits::{ContactQuery, Directory, DirectoryItem, Page, PageEnd, Psa, UserQuery},
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures::{StreamExt, stream::BoxStream};
use std::collections::BTreeSet;

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

    /// As [`DirectoryExt::snapshot`], and where a read of changes goes on from there, where the directory says so.
    ///
    /// # Errors
    /// As for [`DirectoryExt::snapshot`].
    async fn snapshot_with_token(
        &self,
        query: &UserQuery,
        taken_at: DateTime<Utc>,
    ) -> Result<(UserSnapshot, Option<DeltaToken>)>;
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
        Ok(self.snapshot_with_token(query, taken_at).await?.0)
    }

    async fn snapshot_with_token(
        &self,
        query: &UserQuery,
        taken_at: DateTime<Utc>,
    ) -> Result<(UserSnapshot, Option<DeltaToken>)> {
        let mut builder = UserSnapshot::builder();
        let (complete, end) = drain(self.users(query), |item| match item {
            DirectoryItem::Present(user) => builder.push(&user),
            DirectoryItem::Batch(batch) => builder.append(batch),
            DirectoryItem::Removed(anchor) => builder.remove(anchor),
            DirectoryItem::Group(group) => builder.group(group),
        })
        .await?;
        let snapshot = builder.finish(taken_at, complete).map_err(too_large)?;
        Ok(match disagreement("directory", "users", end.reported_count, snapshot.len()) {
            Some(because) => (snapshot.into_partial(because), None),
            None => (snapshot, end.resume),
        })
    }
}

#[async_trait]
impl<P: Psa + ?Sized> PsaExt for P {
    async fn snapshot(&self, query: &ContactQuery, taken_at: DateTime<Utc>) -> Result<ContactSnapshot> {
        let mut builder = ContactSnapshot::builder().keep_custom_fields(query.custom_fields.clone());
        let (complete, end) = drain(self.contacts(query), |contact| builder.push(&contact)).await?;
        let snapshot = builder.finish(taken_at, complete).map_err(too_large)?;
        Ok(match disagreement("PSA", "contacts", end.reported_count, snapshot.len()) {
            Some(because) => snapshot.into_partial(because),
            None => snapshot,
        })
    }

    async fn all_companies(&self) -> Result<Vec<Company>> {
        let mut all = Vec::new();
        let (complete, _) = drain(self.companies(), |company| all.push(company)).await?;
        match complete {
            Completeness::Complete => Ok(all),
            Completeness::Partial { because } => {
                Err(Error::new(ErrorKind::UnexpectedResponse, "list companies", because))
            }
        }
    }
}

/// Conveniences over [`Agreements`].
#[async_trait]
pub trait AgreementsExt {
    /// Reads the lines of these companies, and whether they are all.
    ///
    /// # Errors
    /// What kept the first page from being read.
    async fn all_lines(&self, companies: &BTreeSet<CompanyId>) -> Result<(Vec<QuantityLine>, Completeness)>;
}

#[async_trait]
impl<A: Agreements + ?Sized> AgreementsExt for A {
    async fn all_lines(&self, companies: &BTreeSet<CompanyId>) -> Result<(Vec<QuantityLine>, Completeness)> {
        let mut lines = Vec::new();
        let (complete, end) = drain(self.lines(companies), |line| lines.push(line)).await?;
        let complete = match disagreement("PSA", "agreement lines", end.reported_count, lines.len()) {
            Some(because) if complete == Completeness::Complete => Completeness::Partial { because },
            _ => complete,
        };
        Ok((lines, complete))
    }
}

/// Takes every row of a listing, and answers whether its end was seen and what was said there.
///
/// # Errors
/// What kept the first rows from being read.
async fn drain<T>(
    mut pages: BoxStream<'_, Result<Page<T>>>,
    mut take: impl FnMut(T) + Send,
) -> Result<(Completeness, PageEnd)> {
    let mut read_any = false;
    while let Some(page) = pages.next().await {
        match page {
            Ok(Page::Items(items)) => {
                read_any |= !items.is_empty();
                items.into_iter().for_each(&mut take);
            }
            Ok(Page::End(end)) => return Ok((Completeness::Complete, end)),
            Err(error) if !read_any => return Err(error),
            Err(error) => {
                return Ok((Completeness::Partial { because: error.to_string() }, PageEnd::new()));
            }
        }
    }
    Ok((Completeness::Partial { because: "the listing stopped without an end".to_owned() }, PageEnd::new()))
}

/// What is wrong where the vendor counts other than the distinct rows that were read.
fn disagreement(side: &str, what: &str, reported: Option<u64>, rows: usize) -> Option<String> {
    reported.filter(|reported| *reported != rows as u64).map(|reported| {
        format!("the {side} says it has {reported} {what}, but {rows} different ones were read")
    })
}

fn too_large(error: SnapshotError) -> Error {
    Error::new(ErrorKind::Rejected, "take snapshot", error.to_string()).with_source(error)
}
