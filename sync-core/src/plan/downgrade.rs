//! What the PSA cannot do, gathered into one line per kind.

use super::document::{Downgrade, Instead, Wanted};
use std::collections::BTreeMap;

/// Downgrades of one plan. A downgrade may do less than was asked, never more.
#[derive(Debug, Default)]
pub(crate) struct Downgrades(BTreeMap<(Wanted, Instead), u64>);

impl Downgrades {
    /// Counts one more decision touched.
    pub(crate) fn note(&mut self, wanted: Wanted, instead: Instead) {
        *self.0.entry((wanted, instead)).or_default() += 1;
    }

    /// Notes something that holds for the whole plan.
    pub(crate) fn note_once(&mut self, wanted: Wanted, instead: Instead) {
        self.0.entry((wanted, instead)).or_insert(0);
    }

    pub(crate) fn into_list(self) -> Vec<Downgrade> {
        self.0
            .into_iter()
            .map(|((wanted, instead), affected)| Downgrade { wanted, instead, affected })
            .collect()
    }
}
