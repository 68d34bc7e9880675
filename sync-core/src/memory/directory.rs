//! A directory in memory.

use super::lock;
use crate::{
    error::{Error, ErrorKind, Result},
    model::{DeltaToken, DirectoryGroup, DirectoryUser, SourceAnchor},
    traits::{CheckItem, CheckQuery, CheckStatus, Directory, DirectoryItem, Page, PageEnd, UserQuery},
};
use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt};
use std::{collections::BTreeMap, sync::Mutex};

/// A [`Directory`] over a list of users, which can also be read for changes.
#[derive(Debug, Default)]
pub struct MemoryDirectory {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    users: BTreeMap<SourceAnchor, DirectoryUser>,
    removed: Vec<SourceAnchor>,
    /// Grows with every change that is told; its number is the token of a read.
    version: u64,
    /// The version at which somebody came, changed or was removed last.
    changed: BTreeMap<SourceAnchor, u64>,
    /// Tokens below this are not accepted any more.
    oldest: u64,
    groups: BTreeMap<String, DirectoryGroup>,
    page_size: usize,
    /// The listing stops after this many users, without an end.
    cut_after: Option<usize>,
    /// The listing fails after this many users.
    fail_after: Option<usize>,
}

impl MemoryDirectory {
    /// A directory of these users.
    pub fn new(users: impl IntoIterator<Item = DirectoryUser>) -> Self {
        let directory = Self::default();
        for user in users {
            directory.put(user);
        }
        directory
    }

    /// Adds or replaces a user.
    pub fn put(&self, user: DirectoryUser) {
        let mut state = lock(&self.state);
        state.note(&user.anchor);
        state.removed.retain(|anchor| *anchor != user.anchor);
        state.users.insert(user.anchor.clone(), user);
    }

    /// Lets every token given so far expire.
    pub fn expire_tokens(&self) {
        let mut state = lock(&self.state);
        state.version += 1;
        state.oldest = state.version;
    }

    /// Takes a user away, with or without the directory saying so in later reads.
    pub fn remove(&self, anchor: &SourceAnchor, says_so: bool) {
        let mut state = lock(&self.state);
        state.users.remove(anchor);
        if says_so {
            state.note(anchor);
            state.removed.push(anchor.clone());
        }
    }

    /// Describes a group; listings that ask for its members tell it. Its members are told by the users.
    pub fn describe(&self, group: DirectoryGroup) {
        lock(&self.state).groups.insert(group.id.to_ascii_lowercase(), group);
    }

    /// Sets how many users a page has (100 at first).
    pub fn set_page_size(&self, users: usize) {
        lock(&self.state).page_size = users;
    }

    /// Lets later listings stop after so many users, without an end; `None` mends them.
    pub fn cut_after(&self, users: Option<usize>) {
        lock(&self.state).cut_after = users;
    }

    /// Lets later listings fail after so many users; `None` mends them.
    pub fn fail_after(&self, users: Option<usize>) {
        lock(&self.state).fail_after = users;
    }
}

impl State {
    fn note(&mut self, anchor: &SourceAnchor) {
        self.version += 1;
        self.changed.insert(anchor.clone(), self.version);
    }
}

#[async_trait]
impl Directory for MemoryDirectory {
    fn name(&self) -> &'static str {
        "memory"
    }

    async fn check(&self, _query: &CheckQuery) -> Result<Vec<CheckItem>> {
        let users = lock(&self.state).users.len();
        Ok(vec![CheckItem::new("read users", CheckStatus::Ok, format!("{users} users"))])
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        let state = lock(&self.state);
        let since = match query.since.as_ref().map(|token| token.expose().parse::<u64>()) {
            None => None,
            Some(Ok(since)) if since >= state.oldest => Some(since),
            Some(_) => {
                let message = "the token is not accepted any more";
                let error = Error::new(ErrorKind::DeltaExpired, "list users", message);
                return stream::iter([Err(error)]).boxed();
            }
        };
        let is_told = |anchor: &SourceAnchor| {
            since.is_none_or(|since| state.changed.get(anchor).is_some_and(|at| *at > since))
        };
        let page_size = if state.page_size == 0 { 100 } else { state.page_size };
        let shown = state.cut_after.or(state.fail_after).unwrap_or(usize::MAX);
        let users: Vec<DirectoryUser> =
            state.users.values().filter(|user| is_told(&user.anchor)).take(shown).cloned().collect();
        let mut pages: Vec<Result<Page<DirectoryItem>>> = users
            .chunks(page_size)
            .map(|chunk| Ok(Page::Items(chunk.iter().cloned().map(DirectoryItem::Present).collect())))
            .collect();
        if state.fail_after.is_some() {
            pages.push(Err(Error::new(ErrorKind::Unavailable, "list users", "the directory went away")));
        } else if state.cut_after.is_none() {
            let asked = query.groups.iter().filter_map(|id| state.groups.get(&id.to_ascii_lowercase()));
            let groups = asked.cloned().map(DirectoryItem::Group);
            let removed = state.removed.iter().filter(|anchor| is_told(anchor)).cloned();
            let removed = removed.map(DirectoryItem::Removed).chain(groups).collect();
            pages.push(Ok(Page::Items(removed)));
            let end = PageEnd::new().with_resume(Some(DeltaToken::new(state.version.to_string())));
            pages.push(Ok(Page::End(end.with_reported_count(Some(users.len() as u64)))));
        }
        stream::iter(pages).boxed()
    }
}
