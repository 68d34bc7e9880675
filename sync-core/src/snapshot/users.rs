//! The directory side of a plan: every user, packed, sorted by anchor.

use super::{
    UserSnapshotBuilder,
    address::Address,
    completeness::Completeness,
    keys::{Keys, join},
    user_table::UserTable,
    user_view::UserView,
};
use crate::model::{Attribute, DirectoryGroup, SourceAnchor};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

/// Everything read from a directory, with an explicit claim of completeness.
///
/// Built by [`UserSnapshotBuilder`]; addresses are normalised and hashed once, there. Read through [`UserView`].
pub struct UserSnapshot {
    pub(crate) table: UserTable,
    /// The object id of each row.
    pub(super) keys: Keys,
    /// The rows of each directory, in ascending order of directory.
    pub(super) runs: Vec<(u16, Range<usize>)>,
    pub(super) removed: BTreeSet<SourceAnchor>,
    pub(super) taken_at: DateTime<Utc>,
    pub(super) completeness: Completeness,
    pub(super) described_groups: BTreeMap<String, DirectoryGroup>,
}

impl UserSnapshot {
    /// An empty builder.
    #[must_use]
    pub fn builder() -> UserSnapshotBuilder {
        UserSnapshotBuilder::default()
    }

    /// How many users there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.table.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.table.rows.is_empty()
    }

    /// When the read was finished.
    #[must_use]
    pub const fn taken_at(&self) -> DateTime<Utc> {
        self.taken_at
    }

    /// Whether this is all there is.
    #[must_use]
    pub const fn completeness(&self) -> &Completeness {
        &self.completeness
    }

    /// Objects of which the directory itself said that they were deleted; evidence even in a partial read.
    #[must_use]
    pub const fn removed(&self) -> &BTreeSet<SourceAnchor> {
        &self.removed
    }

    /// What the directory said of a group (id in any case) that was asked for; nothing where it says nothing of groups.
    #[must_use]
    pub fn group(&self, id: &str) -> Option<&DirectoryGroup> {
        self.described_groups.get(&id.trim().to_ascii_lowercase())
    }

    /// All users in ascending order of anchor.
    #[must_use]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = UserView<'_>> + Clone {
        self.table.iter()
    }

    /// The user at a place in that order.
    #[must_use]
    pub fn get(&self, place: usize) -> Option<UserView<'_>> {
        self.table.get(place)
    }

    /// The address that the user at a place is known by, where there is one.
    pub(crate) fn main_address(&self, place: usize) -> Option<&Address> {
        self.table.body.addresses.get(self.table.rows.get(place)?.main_address()?)
    }

    /// The user with this anchor.
    #[must_use]
    pub fn find(&self, anchor: &SourceAnchor) -> Option<UserView<'_>> {
        self.place_of(anchor.as_str()).and_then(|place| self.get(place))
    }

    pub(crate) fn place_of(&self, anchor: &str) -> Option<usize> {
        let (directory, object) = split_anchor(anchor);
        self.place_in(&self.run(directory)?, object)
    }

    /// The directories of all users, each with the trailing colon.
    pub(crate) fn directories(&self) -> impl Iterator<Item = &str> {
        self.table.directories.iter().map(String::as_str)
    }

    /// The rows of a directory.
    fn run(&self, directory: &str) -> Option<Range<usize>> {
        let is = |place: u16| self.table.directories.get(usize::from(place)).is_some_and(|d| d == directory);
        self.runs.iter().find(|(place, _)| is(*place)).map(|(_, rows)| rows.clone())
    }

    fn place_in(&self, run: &Range<usize>, object: &str) -> Option<usize> {
        self.keys.find(run.clone(), object, |place| self.table.object_at(place))
    }

    /// The object id of the user at a place, where all are GUIDs.
    pub(crate) fn guid_at(&self, place: usize) -> Option<u128> {
        self.keys.guid_at(place)
    }

    /// Calls `met` with the place of each of `many` object ids of a directory that is here, and its place in `many`,
    /// which is in ascending order.
    pub(crate) fn join<'t>(
        &self,
        directory: &str,
        many: (&Keys, Range<usize>),
        text: impl Fn(usize) -> &'t str,
        mut met: impl FnMut(usize, usize),
    ) {
        let Some(run) = self.run(directory) else { return };
        let (keys, range) = many;
        if self.keys.exact_with(keys) {
            let mine = self.keys.slice(run.clone());
            join(mine, keys.slice(range.clone()), |one, other| met(run.start + one, range.start + other));
            return;
        }
        for place in range {
            if let Some(found) = self.place_in(&run, text(place)) {
                met(found, place);
            }
        }
    }

    pub(crate) fn attribute_ordinal(&self, attribute: &Attribute) -> Option<u8> {
        self.table.attribute_ordinal(attribute)
    }

    /// The same rows, of which nothing may be concluded from absence.
    #[must_use]
    pub fn into_partial(mut self, because: String) -> Self {
        self.completeness = Completeness::Partial { because };
        self
    }

    /// Bytes held, capacity included.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.table.bytes() + self.keys.bytes()
    }
}

impl fmt::Debug for UserSnapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSnapshot")
            .field("users", &self.table.rows.len())
            .field("removed", &self.removed.len())
            .field("completeness", &self.completeness)
            .finish_non_exhaustive()
    }
}

/// The directory (with the trailing colon) and the object id of an anchor.
pub(crate) fn split_anchor(anchor: &str) -> (&str, &str) {
    anchor.rfind(':').map_or(("", anchor), |colon| anchor.split_at(colon + 1))
}
