//! What was read from a directory, kept from run to run, so that a read of changes can be folded in.

use crate::{
    error::{Error, ErrorKind, Result},
    model::{DeltaToken, DirectoryGroup, DirectoryUser, SourceAnchor},
    snapshot::{Completeness, UserSnapshot},
    traits::{Directory, DirectoryItem, Page, PageEnd, UserQuery},
};
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// The users of one directory as they were last known: the whole of a read, with every later read of changes folded in.
///
/// It holds personal data and the place to go on from; keep it as carefully as the plan. [`DirectoryExt::refresh`] brings
/// it up to date, [`snapshot`](Self::snapshot) makes of it what the planner reads.
///
/// [`DirectoryExt::refresh`]: crate::DirectoryExt::refresh
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UserBase {
    #[serde(with = "rows")]
    users: BTreeMap<SourceAnchor, DirectoryUser>,
    removed: BTreeSet<SourceAnchor>,
    groups: BTreeMap<String, DirectoryGroup>,
    resume: Option<DeltaToken>,
    whole_at: Option<DateTime<Utc>>,
    /// Why the last whole read is not all there is.
    partial: Option<String>,
}

/// How a base was brought up to date.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refreshed {
    /// Everything was read, because there was no place to go on from, or the directory no longer knew it.
    Whole,
    /// Only changes were read, this many.
    Changes(usize),
}

impl UserBase {
    /// Nothing was read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The users, sorted by anchor.
    pub fn users(&self) -> impl Iterator<Item = &DirectoryUser> {
        self.users.values()
    }

    /// Those that the directory said were deleted, since the last whole read.
    #[must_use]
    pub const fn removed(&self) -> &BTreeSet<SourceAnchor> {
        &self.removed
    }

    /// When everything was last read. Directories have been seen to lose a change, so it is well to
    /// [start over](Self::start_over) now and then.
    #[must_use]
    pub const fn whole_at(&self) -> Option<DateTime<Utc>> {
        self.whole_at
    }

    /// Makes the next refresh a whole read. What is known stays until then.
    pub fn start_over(&mut self) {
        self.resume = None;
    }

    /// What the planner reads. Complete if the last whole read was.
    ///
    /// # Errors
    /// `Rejected` for more users than fit one snapshot.
    pub fn snapshot(&self, taken_at: DateTime<Utc>) -> Result<UserSnapshot> {
        let Self { users, removed, groups, resume: _, whole_at, partial } = self;
        let mut builder = UserSnapshot::builder();
        users.values().for_each(|user| builder.push(user));
        removed.iter().cloned().for_each(|anchor| builder.remove(anchor));
        groups.values().cloned().for_each(|group| builder.group(group));
        let completeness = match (partial, whole_at) {
            (None, Some(_)) => Completeness::Complete,
            (because, _) => Completeness::Partial {
                because: because.clone().unwrap_or_else(|| "nothing was read yet".to_owned()),
            },
        };
        builder.finish(taken_at, completeness).map_err(|error| {
            Error::new(ErrorKind::Rejected, "take snapshot", error.to_string()).with_source(error)
        })
    }

    fn fold(&mut self, item: DirectoryItem) {
        match item {
            DirectoryItem::Present(user) => self.put(user),
            DirectoryItem::Batch(batch) => batch.users().for_each(|user| self.put(user)),
            DirectoryItem::Removed(anchor) => {
                self.users.remove(&anchor);
                self.removed.insert(anchor);
            }
            DirectoryItem::Group(group) => {
                self.groups.insert(group.id.clone(), group);
            }
        }
    }

    fn put(&mut self, user: DirectoryUser) {
        self.removed.remove(&user.anchor);
        self.users.insert(user.anchor.clone(), user);
    }

    /// See [`DirectoryExt::refresh`](crate::DirectoryExt::refresh).
    pub(crate) async fn refresh<D: Directory + ?Sized>(
        &mut self,
        directory: &D,
        query: &UserQuery,
        now: DateTime<Utc>,
    ) -> Result<Refreshed> {
        if let Some(since) = self.resume.clone() {
            match changes(directory, query, since).await {
                Ok((items, end)) => {
                    let count = items.iter().map(DirectoryItem::count).sum();
                    // Only a round read to its end is folded in, and only then is its place gone on from.
                    items.into_iter().for_each(|item| self.fold(item));
                    self.resume = end.resume;
                    return Ok(Refreshed::Changes(count));
                }
                Err(error) if matches!(error.kind(), ErrorKind::DeltaExpired | ErrorKind::Unsupported) => {}
                Err(error) => return Err(error),
            }
        }
        *self = whole(directory, query, now).await?;
        Ok(Refreshed::Whole)
    }
}

async fn changes<D: Directory + ?Sized>(
    directory: &D,
    query: &UserQuery,
    since: DeltaToken,
) -> Result<(Vec<DirectoryItem>, PageEnd)> {
    let query = UserQuery { since: Some(since), ..query.clone() };
    let mut pages = directory.users(&query);
    let mut items = Vec::new();
    while let Some(page) = pages.next().await {
        match page? {
            Page::Items(more) => items.extend(more),
            Page::End(end) => return Ok((items, end)),
        }
    }
    let message = "the changes stopped without an end; they were not taken in";
    Err(Error::new(ErrorKind::UnexpectedResponse, "list changed users", message))
}

/// A read of everything. One that breaks off after its first page is kept as partial, and is not gone on from.
async fn whole<D: Directory + ?Sized>(
    directory: &D,
    query: &UserQuery,
    now: DateTime<Utc>,
) -> Result<UserBase> {
    let query = UserQuery { since: None, ..query.clone() };
    let mut base = UserBase { whole_at: Some(now), ..UserBase::default() };
    let mut pages = directory.users(&query);
    let mut read_any = false;
    while let Some(page) = pages.next().await {
        match page {
            Ok(Page::Items(items)) => {
                read_any |= !items.is_empty();
                items.into_iter().for_each(|item| base.fold(item));
            }
            Ok(Page::End(end)) => {
                let users = base.users.len();
                base.partial = end.reported_count.filter(|count| *count != users as u64).map(|count| {
                    format!("the directory says it has {count} users, but {users} different ones were read")
                });
                // Changes are folded only into what is known to be whole.
                base.resume = end.resume.filter(|_| base.partial.is_none());
                return Ok(base);
            }
            Err(error) if !read_any => return Err(error),
            Err(error) => {
                base.partial = Some(error.to_string());
                return Ok(base);
            }
        }
    }
    base.partial = Some("the listing stopped without an end".to_owned());
    Ok(base)
}

/// Anchors stand in the users, so users are written as a list.
mod rows {
    use super::{BTreeMap, DirectoryUser, SourceAnchor};
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(
        users: &BTreeMap<SourceAnchor, DirectoryUser>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(users.values())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<BTreeMap<SourceAnchor, DirectoryUser>, D::Error> {
        let users = Vec::<DirectoryUser>::deserialize(deserializer)?;
        Ok(users.into_iter().map(|user| (user.anchor.clone(), user)).collect())
    }
}

impl fmt::Debug for UserBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserBase")
            .field("users", &self.users.len())
            .field("removed", &self.removed.len())
            .field("groups", &self.groups.len())
            .field("resume", &self.resume)
            .field("whole_at", &self.whole_at)
            .field("partial", &self.partial)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        DirectoryExt as _,
        memory::MemoryDirectory,
        traits::{CheckItem, CheckQuery},
    };
    use async_trait::async_trait;
    use futures::stream::{self, BoxStream};
    use std::sync::Mutex;

    /// A directory that plays reads one after the other, and notes what each went on from.
    #[derive(Debug, Default)]
    struct Played {
        reads: Mutex<Vec<Vec<Result<Page<DirectoryItem>>>>>,
        asked: Mutex<Vec<Option<String>>>,
    }

    #[async_trait]
    impl Directory for Played {
        fn name(&self) -> &str {
            "played"
        }

        async fn check(&self, _: &CheckQuery) -> Result<Vec<CheckItem>> {
            Ok(Vec::new())
        }

        fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
            let since = query.since.as_ref().map(|token| token.expose().to_owned());
            self.asked.lock().unwrap().push(since);
            stream::iter(self.reads.lock().unwrap().remove(0)).boxed()
        }
    }

    fn anchor(name: &str) -> SourceAnchor {
        SourceAnchor::entra("t", name)
    }

    fn present(name: &str) -> DirectoryItem {
        DirectoryItem::Present(DirectoryUser::new(anchor(name)))
    }

    fn end(resume: &str, count: Option<u64>) -> Result<Page<DirectoryItem>> {
        Ok(Page::End(PageEnd::new().with_resume(Some(DeltaToken::new(resume))).with_reported_count(count)))
    }

    fn failed(kind: ErrorKind) -> Result<Page<DirectoryItem>> {
        Err(Error::new(kind, "list", "failed"))
    }

    fn at() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    /// What is known after these reads, and what each went on from.
    async fn played(
        reads: Vec<Vec<Result<Page<DirectoryItem>>>>,
    ) -> (Vec<Result<Refreshed>>, UserBase, Vec<Option<String>>) {
        let times = reads.len();
        let directory = Played { reads: Mutex::new(reads), ..Played::default() };
        let (mut base, mut results) = (UserBase::new(), Vec::new());
        for _ in 0..times {
            if directory.reads.lock().unwrap().is_empty() {
                break;
            }
            results.push(directory.refresh(&mut base, &UserQuery::all(), at()).await);
        }
        let asked = directory.asked.into_inner().unwrap();
        (results, base, asked)
    }

    fn names(base: &UserBase) -> Vec<&str> {
        base.users().map(|user| user.anchor.object_id()).collect()
    }

    #[tokio::test]
    async fn changes_are_folded_into_what_is_known() {
        let (results, base, asked) = played(vec![
            vec![Ok(Page::Items(vec![present("a"), present("b")])), end("1", Some(2))],
            vec![Ok(Page::Items(vec![present("c"), DirectoryItem::Removed(anchor("a"))])), end("2", None)],
            vec![end("3", None)],
        ])
        .await;
        assert_eq!(
            results.into_iter().map(Result::unwrap).collect::<Vec<_>>(),
            [Refreshed::Whole, Refreshed::Changes(2), Refreshed::Changes(0)]
        );
        assert_eq!(names(&base), ["b", "c"]);
        assert!(base.removed().contains(&anchor("a")));
        assert_eq!(asked, [None, Some("1".to_owned()), Some("2".to_owned())]);
        assert!(base.snapshot(at()).unwrap().completeness().is_complete());
        let text = serde_json::to_string(&base).unwrap();
        assert!(serde_json::from_str::<UserBase>(&text).unwrap() == base, "it can be kept");
    }

    #[tokio::test]
    async fn a_read_of_changes_that_breaks_off_changes_nothing() {
        let (results, base, asked) = played(vec![
            vec![Ok(Page::Items(vec![present("a")])), end("1", None)],
            vec![Ok(Page::Items(vec![DirectoryItem::Removed(anchor("a"))])), failed(ErrorKind::Unavailable)],
            vec![Ok(Page::Items(vec![DirectoryItem::Removed(anchor("a"))]))],
            vec![end("2", None)],
        ])
        .await;
        assert!(results[1].is_err() && results[2].is_err() && results[3].is_ok());
        assert_eq!(names(&base), ["a"]);
        assert_eq!(asked[1..], [Some("1".to_owned()), Some("1".to_owned()), Some("1".to_owned())]);
    }

    #[tokio::test]
    async fn a_place_that_is_no_longer_known_makes_a_whole_read() {
        let (results, base, asked) = played(vec![
            vec![Ok(Page::Items(vec![present("a"), present("b")])), end("1", None)],
            vec![failed(ErrorKind::DeltaExpired)],
            vec![Ok(Page::Items(vec![present("b")])), end("2", None)],
        ])
        .await;
        assert_eq!(results[1].as_ref().unwrap(), &Refreshed::Whole);
        assert_eq!((names(&base), asked), (vec!["b"], vec![None, Some("1".to_owned()), None]));
        assert!(base.removed().is_empty(), "absence is not the directory saying so");
    }

    #[tokio::test]
    async fn changes_are_never_folded_into_a_partial_read() {
        for broken in [
            vec![Ok(Page::Items(vec![present("a")])), failed(ErrorKind::Unavailable)],
            vec![Ok(Page::Items(vec![present("a")])), end("1", Some(7))],
            vec![Ok(Page::Items(vec![present("a")]))],
        ] {
            let (_, base, asked) =
                played(vec![broken, vec![Ok(Page::Items(vec![present("b")])), end("2", None)]]).await;
            assert_eq!((names(&base), asked), (vec!["b"], vec![None, None]));
            assert!(base.snapshot(at()).unwrap().completeness().is_complete());
        }
        let (_, partial, _) =
            played(vec![vec![Ok(Page::Items(vec![present("a")])), end("1", Some(7))]]).await;
        assert!(!partial.snapshot(at()).unwrap().completeness().is_complete());
        assert!(!UserBase::new().snapshot(at()).unwrap().completeness().is_complete());
    }

    #[tokio::test]
    async fn a_directory_without_changes_is_read_whole_each_time() {
        let directory = MemoryDirectory::new([DirectoryUser::new(anchor("a"))]);
        let mut base = UserBase::new();
        for _ in 0..2 {
            assert_eq!(
                directory.refresh(&mut base, &UserQuery::all(), at()).await.unwrap(),
                Refreshed::Whole
            );
        }
        assert_eq!(names(&base), ["a"]);
    }
}
