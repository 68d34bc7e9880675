//! The directory: one LDAP server.

use crate::{check, settings::Settings, users};
use async_trait::async_trait;
use futures::stream::BoxStream;
use std::fmt;
use sync_core::{CheckItem, CheckQuery, Directory, DirectoryItem, Page, Result, UserQuery};

/// One LDAP server as a [`Directory`].
///
/// Made by [`Config::connect`](crate::Config::connect). Each listing and each check has a connection of its own, so one
/// that the server closed, or that was lost, is of no consequence for the next.
pub struct LdapDirectory {
    name: String,
    settings: Settings,
}

impl LdapDirectory {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { name: format!("ldap:{}", settings.host), settings }
    }
}

impl fmt::Debug for LdapDirectory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, settings } = self;
        f.debug_struct("LdapDirectory").field("name", name).field("settings", settings).finish()
    }
}

#[async_trait]
impl Directory for LdapDirectory {
    fn name(&self) -> &str {
        &self.name
    }

    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        check::check(&self.settings, query).await
    }

    fn users<'a>(&'a self, query: &'a UserQuery) -> BoxStream<'a, Result<Page<DirectoryItem>>> {
        users::listing(&self.settings, query)
    }
}
