//! Groups of a directory, as far as routes go by them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// One group that a policy or a route names, as an adapter hands it over. Its members are told by the users.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DirectoryGroup {
    /// The group's id, as the directory spells it or as it was asked for.
    pub id: String,
    /// The name people know it by; `None` where it was not read.
    pub display_name: Option<String>,
    /// When it was made; `None` where it was not read. Of two routes of one order the older group's wins.
    pub created_at: Option<DateTime<Utc>>,
}

impl DirectoryGroup {
    /// A group of which nothing but the id was read.
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), display_name: None, created_at: None }
    }

    /// Adds its name; a blank one is none.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.display_name = Some(name.into()).filter(|name| !name.trim().is_empty());
        self
    }

    /// Adds when it was made.
    #[must_use]
    pub const fn created(mut self, at: Option<DateTime<Utc>>) -> Self {
        self.created_at = at;
        self
    }
}

impl fmt::Debug for DirectoryGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryGroup").field("id", &self.id).finish_non_exhaustive()
    }
}
