//! One read of a directory's users: by its changes where it can tell them, whole otherwise.

use crate::{
    error::{Error, ErrorKind, Result},
    model::{DeltaToken, DirectoryGroup, DirectoryUser, SourceAnchor},
    snapshot::{Completeness, UserSnapshot},
    store::{BaseUsers, Rows},
    traits::{Directory, DirectoryItem, Page, PageEnd, UserQuery},
};
use chrono::{DateTime, Utc};
use futures::StreamExt as _;
use std::collections::{BTreeMap, BTreeSet};

/// What one read brought, as [`BaseStore::keep`](crate::store::BaseStore::keep) takes it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct UsersRead {
    /// [`Rows::Replace`] after a whole read, [`Rows::Fold`] after a read of changes.
    pub rows: Rows<BaseUsers>,
    /// Where a later read of changes goes on. A partial read gives none: changes are folded only into what is whole.
    pub resume: Option<DeltaToken>,
    /// Whether the rows are all there is, or are changes up to the last.
    pub completeness: Completeness,
}

impl BaseUsers {
    /// Takes newer rows in: they take the place of those with the same anchor, and a user that was removed is one no
    /// longer.
    pub fn fold(&mut self, newer: Self) {
        let mut all = Folded::default();
        for Self { users, removed, groups } in [std::mem::take(self), newer] {
            users.into_iter().for_each(|user| all.put(user));
            removed.into_iter().for_each(|anchor| all.remove(anchor));
            groups.into_iter().for_each(|group| all.group(group));
        }
        *self = all.into_base();
    }

    /// What the planner reads.
    ///
    /// # Errors
    /// `Rejected` for more users than fit one snapshot.
    pub fn snapshot(&self, taken_at: DateTime<Utc>, completeness: Completeness) -> Result<UserSnapshot> {
        let Self { users, removed, groups } = self;
        let mut builder = UserSnapshot::builder();
        users.iter().for_each(|user| builder.push(user));
        removed.iter().cloned().for_each(|anchor| builder.remove(anchor));
        groups.iter().cloned().for_each(|group| builder.group(group));
        builder.finish(taken_at, completeness).map_err(|error| {
            Error::new(ErrorKind::Rejected, "take snapshot", error.to_string()).with_source(error)
        })
    }
}

/// Rows in the order they came, the last of each anchor.
#[derive(Default)]
struct Folded {
    users: BTreeMap<SourceAnchor, DirectoryUser>,
    removed: BTreeSet<SourceAnchor>,
    /// By id in lower case.
    groups: BTreeMap<String, DirectoryGroup>,
}

impl Folded {
    fn put(&mut self, user: DirectoryUser) {
        self.removed.remove(&user.anchor);
        self.users.insert(user.anchor.clone(), user);
    }

    fn remove(&mut self, anchor: SourceAnchor) {
        self.users.remove(&anchor);
        self.removed.insert(anchor);
    }

    fn group(&mut self, group: DirectoryGroup) {
        self.groups.insert(group.id.to_ascii_lowercase(), group);
    }

    fn take(&mut self, items: Vec<DirectoryItem>) {
        for item in items {
            match item {
                DirectoryItem::Present(user) => self.put(user),
                DirectoryItem::Batch(batch) => batch.users().for_each(|user| self.put(user)),
                DirectoryItem::Removed(anchor) => self.remove(anchor),
                DirectoryItem::Group(group) => self.group(group),
            }
        }
    }

    fn into_base(self) -> BaseUsers {
        let Self { users, removed, groups } = self;
        BaseUsers {
            users: users.into_values().collect(),
            removed: removed.into_iter().collect(),
            groups: groups.into_values().collect(),
        }
    }
}

/// See [`DirectoryExt::read`](crate::DirectoryExt::read).
pub(crate) async fn read<D: Directory + ?Sized>(directory: &D, query: &UserQuery) -> Result<UsersRead> {
    if query.since.is_some() {
        match changes(directory, query).await {
            Ok((rows, end)) => {
                return Ok(UsersRead {
                    rows: Rows::Fold(rows),
                    resume: end.resume,
                    completeness: Completeness::Complete,
                });
            }
            Err(error) if matches!(error.kind(), ErrorKind::DeltaExpired | ErrorKind::Unsupported) => {}
            Err(error) => return Err(error),
        }
    }
    whole(directory, &UserQuery { since: None, ..query.clone() }).await
}

/// The changes of a round that was read to its end; half a round is none.
async fn changes<D: Directory + ?Sized>(directory: &D, query: &UserQuery) -> Result<(BaseUsers, PageEnd)> {
    let mut pages = directory.users(query);
    let mut rows = Folded::default();
    while let Some(page) = pages.next().await {
        match page? {
            Page::Items(items) => rows.take(items),
            Page::End(end) => return Ok((rows.into_base(), end)),
        }
    }
    let message = "the changes stopped without an end; they were not taken in";
    Err(Error::new(ErrorKind::UnexpectedResponse, "list changed users", message))
}

/// A read of everything. One that breaks off after its first page is partial.
async fn whole<D: Directory + ?Sized>(directory: &D, query: &UserQuery) -> Result<UsersRead> {
    let mut pages = directory.users(query);
    let (mut rows, mut read_any) = (Folded::default(), false);
    let partial = loop {
        match pages.next().await {
            Some(Ok(Page::Items(items))) => {
                read_any |= !items.is_empty();
                rows.take(items);
            }
            Some(Ok(Page::End(end))) => {
                let users = rows.users.len();
                match end.reported_count.filter(|count| *count != users as u64) {
                    None => {
                        return Ok(UsersRead {
                            rows: Rows::Replace(rows.into_base()),
                            resume: end.resume,
                            completeness: Completeness::Complete,
                        });
                    }
                    Some(count) => {
                        break format!(
                            "the directory says it has {count} users, but {users} different ones were read"
                        );
                    }
                }
            }
            Some(Err(error)) if !read_any => return Err(error),
            Some(Err(error)) => break error.to_string(),
            None => break "the listing stopped without an end".to_owned(),
        }
    };
    Ok(UsersRead {
        rows: Rows::Replace(rows.into_base()),
        resume: None,
        completeness: Completeness::Partial { because: partial },
    })
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

    type Played = Vec<Result<Page<DirectoryItem>>>;

    /// A directory that plays reads one after the other, and notes whether each went on from somewhere.
    #[derive(Debug)]
    struct Player {
        reads: Mutex<Vec<Played>>,
        asked: Mutex<Vec<bool>>,
    }

    #[async_trait]
    impl Directory for Player {
        fn name(&self) -> &'static str {
            "player"
        }

        async fn check(&self, _: &CheckQuery) -> Result<Vec<CheckItem>> {
            Ok(Vec::new())
        }

        fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
            self.asked.lock().unwrap().push(query.since.is_some());
            stream::iter(self.reads.lock().unwrap().remove(0)).boxed()
        }
    }

    fn anchor(name: &str) -> SourceAnchor {
        SourceAnchor::entra("t", name)
    }

    fn present(name: &str) -> DirectoryItem {
        DirectoryItem::Present(DirectoryUser::new(anchor(name)))
    }

    fn gone(name: &str) -> DirectoryItem {
        DirectoryItem::Removed(anchor(name))
    }

    fn end(count: Option<u64>) -> Result<Page<DirectoryItem>> {
        Ok(Page::End(PageEnd::new().with_resume(Some(DeltaToken::new("next"))).with_reported_count(count)))
    }

    fn failed(kind: ErrorKind) -> Result<Page<DirectoryItem>> {
        Err(Error::new(kind, "list", "failed"))
    }

    fn items(items: Vec<DirectoryItem>) -> Result<Page<DirectoryItem>> {
        Ok(Page::Items(items))
    }

    /// One read, which may take several listings; whether each of them went on from somewhere.
    async fn played(since: bool, reads: Vec<Played>) -> (Result<UsersRead>, Vec<bool>) {
        let player = Player { reads: Mutex::new(reads), asked: Mutex::default() };
        let mut query = UserQuery::all();
        query.since = since.then(|| DeltaToken::new("before"));
        let read = player.read(&query).await;
        (read, player.asked.into_inner().unwrap())
    }

    fn names(base: &BaseUsers) -> (Vec<&str>, Vec<&str>) {
        let users = base.users.iter().map(|user| user.anchor.object_id()).collect();
        (users, base.removed.iter().map(SourceAnchor::object_id).collect())
    }

    #[tokio::test]
    async fn changes_are_rows_to_fold_and_the_last_word_on_each_user_counts() {
        let round =
            vec![items(vec![present("a"), gone("a"), gone("b")]), items(vec![present("b")]), end(None)];
        let (read, asked) = played(true, vec![round]).await;
        let read = read.unwrap();
        let Rows::Fold(newer) = read.rows else { panic!("{:?}", read.rows) };
        assert_eq!(names(&newer), (vec!["b"], vec!["a"]));
        assert_eq!((read.resume, asked), (Some(DeltaToken::new("next")), vec![true]));

        let known = |name: &str| DirectoryUser::new(anchor(name));
        let mut base =
            BaseUsers { users: vec![known("c"), known("a")], removed: vec![anchor("b")], groups: vec![] };
        base.fold(newer);
        assert_eq!(names(&base), (vec!["b", "c"], vec!["a"]));
    }

    #[tokio::test]
    async fn half_a_round_is_none() {
        let parts: [fn() -> Played; 2] = [
            || vec![items(vec![gone("a")]), failed(ErrorKind::Unavailable)],
            || vec![items(vec![gone("a")])],
        ];
        for part in parts {
            assert!(played(true, vec![part()]).await.0.is_err());
        }
    }

    #[tokio::test]
    async fn a_place_that_is_no_longer_known_makes_a_whole_read() {
        for kind in [ErrorKind::DeltaExpired, ErrorKind::Unsupported] {
            let whole = vec![items(vec![present("b")]), end(Some(1))];
            let (read, asked) = played(true, vec![vec![failed(kind)], whole]).await;
            let read = read.unwrap();
            let Rows::Replace(rows) = &read.rows else { panic!("{:?}", read.rows) };
            assert_eq!((names(rows), asked), ((vec!["b"], vec![]), vec![true, false]));
            assert!(read.completeness.is_complete());
        }
    }

    #[tokio::test]
    async fn a_partial_read_is_not_gone_on_from() {
        let parts: [fn() -> Played; 3] = [
            || vec![items(vec![present("a")]), failed(ErrorKind::Unavailable)],
            || vec![items(vec![present("a")]), end(Some(7))],
            || vec![items(vec![present("a")])],
        ];
        for part in parts {
            let read = played(false, vec![part()]).await.0.unwrap();
            assert!(!read.completeness.is_complete() && read.resume.is_none(), "{read:?}");
            let Rows::Replace(rows) = read.rows else { panic!("not the rows that were read") };
            let at = DateTime::from_timestamp(1_800_000_000, 0).unwrap();
            let snapshot = rows.snapshot(at, read.completeness).unwrap();
            assert!(snapshot.len() == 1 && !snapshot.completeness().is_complete());
        }
        assert!(played(false, vec![vec![failed(ErrorKind::Unavailable)]]).await.0.is_err());
    }

    #[tokio::test]
    async fn a_directory_that_tells_no_changes_is_read_whole() {
        let directory = MemoryDirectory::new([DirectoryUser::new(anchor("a"))]);
        let mut query = UserQuery::all();
        query.since = Some(DeltaToken::new("before"));
        assert!(matches!(directory.read(&query).await.unwrap().rows, Rows::Replace(_)));
    }
}
