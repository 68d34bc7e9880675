//! Links that change one by one.

use super::{
    journal::{Commit, Intent},
    lease::RunId,
    link::{Link, LinkChange, LinkSet},
};
use crate::model::SourceAnchor;
use std::collections::BTreeMap;

/// What a [`LinkSet`] holds, as rows of which a few change at a time: for a store that keeps links in memory.
///
/// A commit costs as much as it changes. A [`LinkSet`] is put in order as a whole by every change.
#[derive(Clone, Debug, Default)]
pub struct LinkRows {
    rows: BTreeMap<SourceAnchor, Link>,
    open: BTreeMap<(RunId, u32), Intent>,
    generation: u64,
    last_complete_users: Option<u64>,
    first_run_open: bool,
}

impl LinkRows {
    /// The generation of the last commit.
    #[must_use]
    pub const fn generation(&self) -> u64 {
        self.generation
    }

    /// Every link, in order of user.
    pub fn links(&self) -> impl Iterator<Item = &Link> {
        self.rows.values()
    }

    /// The writes that are open, in order of run and place.
    #[must_use]
    pub fn open(&self) -> impl ExactSizeIterator<Item = &Intent> {
        self.open.values()
    }

    /// Forgets open writes.
    pub(crate) fn retain_open(&mut self, mut keep: impl FnMut(&Intent) -> bool) {
        self.open.retain(|_, intent| keep(intent));
    }

    /// All of it as a set.
    #[must_use]
    pub fn set(&self) -> LinkSet {
        self.clone().into()
    }

    /// Makes some changes; the generation grows by one.
    pub fn change(&mut self, changes: &[LinkChange]) {
        for change in changes {
            match change {
                LinkChange::Set(link) => {
                    self.rows.insert(link.source_id.clone(), (**link).clone());
                }
                LinkChange::Remove(anchor) => {
                    self.rows.remove(anchor);
                }
                LinkChange::Release { source_id, contact_id } => {
                    if self.rows.get(source_id).is_some_and(|link| link.contact_id == *contact_id) {
                        self.rows.remove(source_id);
                    }
                }
                LinkChange::Seen { source_id, at } => {
                    self.edit(source_id, |link| {
                        link.last_seen_at = *at;
                        link.missing_since = None;
                        link.missing_reads = 0;
                    });
                }
                LinkChange::Missing { source_id, at } => {
                    self.edit(source_id, |link| {
                        link.missing_since.get_or_insert(*at);
                        link.missing_reads = link.missing_reads.saturating_add(1);
                    });
                }
                LinkChange::Settled { source_id, fields } => {
                    self.edit(source_id, |link| link.rewritten.retain(|field, _| !fields.contains(field)));
                }
                LinkChange::CompleteRead { users } => self.last_complete_users = Some(*users),
                LinkChange::FirstRun { open } => self.first_run_open = *open,
            }
        }
        self.generation += 1;
    }

    /// Takes a commit in: links, opened and settled intents; the generation grows by one.
    pub fn commit(&mut self, commit: &Commit) {
        let Commit { run: _, generation: _, links, opened, settled } = commit;
        self.change(links);
        let opened = opened.iter().filter(|intent| intent.state.is_open());
        self.open.extend(opened.map(|intent| ((intent.run, intent.place), intent.clone())));
        for settlement in settled {
            let key = (settlement.run, settlement.place);
            if !settlement.state.is_open() {
                self.open.remove(&key);
            } else if let Some(intent) = self.open.get_mut(&key) {
                intent.state = settlement.state.clone();
            }
        }
    }

    fn edit(&mut self, anchor: &SourceAnchor, edit: impl FnOnce(&mut Link)) {
        if let Some(link) = self.rows.get_mut(anchor) {
            edit(link);
        }
    }
}

impl From<LinkSet> for LinkRows {
    fn from(set: LinkSet) -> Self {
        let LinkSet { generation, links, open, last_complete_users, first_run_open } = set;
        Self {
            rows: links.into_rows().map(|link| (link.source_id.clone(), link)).collect(),
            open: open.into_iter().map(|intent| ((intent.run, intent.place), intent)).collect(),
            generation,
            last_complete_users,
            first_run_open,
        }
    }
}

impl From<LinkRows> for LinkSet {
    fn from(all: LinkRows) -> Self {
        let LinkRows { rows, open, generation, last_complete_users, first_run_open } = all;
        Self {
            generation,
            links: rows.into_values().collect(),
            open: open.into_values().collect(),
            last_complete_users,
            first_run_open,
        }
    }
}
