//! The users of a folder.

use async_trait::async_trait;
use futures::stream::{self, BoxStream, StreamExt as _};
use std::fmt;
use sync_core::{
    CheckItem, CheckQuery, CheckStatus, Directory, DirectoryItem, Page, Result, UserQuery,
    model::DirectoryUser, model::SourceAnchor,
};

/// `users.json`, `deleted_users.json`, `groups.json` and `skus.json` as a [`Directory`].
pub struct OfflineDirectory {
    pub(super) users: Vec<DirectoryUser>,
    pub(super) removed: Vec<SourceAnchor>,
}

impl fmt::Debug for OfflineDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OfflineDirectory").field("users", &self.users.len()).finish_non_exhaustive()
    }
}

#[async_trait]
impl Directory for OfflineDirectory {
    fn name(&self) -> &'static str {
        "offline"
    }

    async fn check(&self, _query: &CheckQuery) -> Result<Vec<CheckItem>> {
        Ok(vec![CheckItem::new("read users", CheckStatus::Ok, format!("{} users", self.users.len()))])
    }

    fn users<'a>(&'a self, _query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        stream::iter([Ok(Page::Items(self.removed.iter().cloned().map(DirectoryItem::Removed).collect()))])
            .boxed()
    }
}
