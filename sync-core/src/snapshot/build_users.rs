//! Building the directory side of a plan.

use super::{
    batch::UserBatch,
    completeness::{Completeness, SnapshotError},
    keys::count16,
    parts::Parts,
    user_record::UserRecord,
    user_table::UserRow,
    users::UserSnapshot,
};
use crate::model::{DirectoryGroup, DirectoryUser, SourceAnchor};
use chrono::{DateTime, Utc};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    ops::Range,
};

/// Collects users into a snapshot.
#[derive(Default)]
pub struct UserSnapshotBuilder {
    /// All rows; the body is that of the rows behind the parts.
    batch: UserBatch,
    /// The bodies of the rows before.
    parts: Parts,
    removed: BTreeSet<SourceAnchor>,
    described_groups: BTreeMap<String, DirectoryGroup>,
}

impl UserSnapshotBuilder {
    /// Adds a user. A later row of the same anchor replaces an earlier one.
    ///
    /// At most 65,534 addresses of a user are kept; [`UserView::has_addresses_left_out`] says of whom there are more.
    ///
    /// [`UserView::has_addresses_left_out`]: super::UserView::has_addresses_left_out
    pub fn push(&mut self, user: &DirectoryUser) {
        self.batch.push(&UserRecord::from(user));
    }

    /// Adds users that an adapter has packed, as if they were pushed one by one.
    pub fn append(&mut self, batch: UserBatch) {
        if !self.batch.numbers_alike(&batch) {
            // Values lie in the order of the numbers of their names, so under other numbers they are packed anew.
            self.batch.push_all(&batch);
            return;
        }
        self.close_part();
        self.batch.take_in(batch);
        self.close_part();
    }

    /// Notes that the directory itself said that an object was deleted.
    pub fn remove(&mut self, anchor: SourceAnchor) {
        self.removed.insert(anchor);
    }

    /// Notes what the directory says of a group. A later row of the same id replaces an earlier one.
    pub fn group(&mut self, group: DirectoryGroup) {
        self.described_groups.insert(group.id.trim().to_ascii_lowercase(), group);
    }

    /// How many rows were pushed, repeated ones included.
    #[must_use]
    pub fn pushed(&self) -> usize {
        self.batch.len()
    }

    /// Whatever comes next lies in a body of its own.
    fn close_part(&mut self) {
        self.parts.push(std::mem::take(&mut self.batch.table.body), self.batch.len());
    }

    /// Sorts, drops all but the last row of each anchor, and closes the snapshot.
    ///
    /// # Errors
    /// [`SnapshotError`] when the rows do not fit one snapshot.
    pub fn finish(
        mut self,
        taken_at: DateTime<Utc>,
        completeness: Completeness,
    ) -> Result<UserSnapshot, SnapshotError> {
        self.close_part();
        let Self { batch: UserBatch { mut table, keys, .. }, parts, removed, described_groups } = self;
        if parts.overflowed() {
            return Err(SnapshotError::TooLarge);
        }
        if table.extensions.refused() {
            return Err(SnapshotError::TooManyNames);
        }
        let ranks = ranks(&table.directories);
        let row = |place: u32| table.rows.get(place as usize);
        let rank =
            |place: u32| row(place).and_then(|r| ranks.get(usize::from(r.directory))).copied().unwrap_or(0);
        let object = |place: u32| row(place).map_or("", |row| parts.id(place as usize, &row.head));
        let (places, keys) = keys
            .sorted(rank, object, table.directories.len() > 1)
            .last_of_each(|a, b| rank(a) == rank(b) && object(a) == object(b));
        table.no_addresses = Vec::new();
        let rows = std::mem::take(&mut table.rows);
        (table.body, table.rows) = parts.in_order(rows, &places, |row| &mut row.head);
        let mut snapshot = UserSnapshot {
            runs: runs(&table.rows),
            table,
            keys,
            removed: BTreeSet::new(),
            taken_at,
            completeness,
            described_groups,
        };
        snapshot.removed = removed.into_iter().filter(|anchor| snapshot.find(anchor).is_none()).collect();
        Ok(snapshot)
    }
}

impl fmt::Debug for UserSnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserSnapshotBuilder").field("rows", &self.batch.len()).finish_non_exhaustive()
    }
}

/// The place of each directory among all in ascending order.
fn ranks(directories: &[String]) -> Vec<u16> {
    let mut order: Vec<usize> = (0..directories.len()).collect();
    order.sort_by(|a, b| directories.get(*a).cmp(&directories.get(*b)));
    let mut ranks = vec![0; directories.len()];
    for (rank, place) in order.into_iter().enumerate() {
        if let Some(slot) = ranks.get_mut(place) {
            *slot = count16(rank);
        }
    }
    ranks
}

/// The rows of each directory.
fn runs(rows: &[UserRow]) -> Vec<(u16, Range<usize>)> {
    let mut runs: Vec<(u16, Range<usize>)> = Vec::new();
    for (place, row) in rows.iter().enumerate() {
        match runs.last_mut() {
            Some((directory, range)) if *directory == row.directory => range.end = place + 1,
            _ => runs.push((row.directory, place..place + 1)),
        }
    }
    runs
}
