//! What the PSA cannot do, gathered into one line per kind.

use super::document::{Downgrade, Instead, Wanted};
use crate::{
    model::ContactField,
    review::{Review, beginning},
};
use std::collections::BTreeMap;

/// Downgrades of one plan. A downgrade may do less than was asked, never more.
#[derive(Debug, Default)]
pub(crate) struct Downgrades {
    noted: BTreeMap<(Wanted, Instead), u64>,
    findings: Findings,
}

/// What else turned out while deciding and is worth a warning.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    /// Fields that are not written any more because they never read back as written, and of how many contacts.
    pub(crate) in_vain: BTreeMap<ContactField, u64>,
    /// Sign-in names of people who get no contact because a field is missing that the PSA requires.
    pub(crate) lacking: BTreeMap<ContactField, Vec<String>>,
    /// Answers that do not fit any more: the answer and its question, whom it is about, and why, in words.
    pub(crate) outdated: Vec<(String, String)>,
}

impl Downgrades {
    /// Counts one more decision touched.
    pub(crate) fn note(&mut self, wanted: Wanted, instead: Instead) {
        *self.noted.entry((wanted, instead)).or_default() += 1;
    }

    /// Notes something that holds for the whole plan.
    pub(crate) fn note_once(&mut self, wanted: Wanted, instead: Instead) {
        self.noted.entry((wanted, instead)).or_insert(0);
    }

    /// Notes a field of one contact that would be written in vain.
    pub(crate) fn in_vain(&mut self, field: &ContactField) {
        *self.findings.in_vain.entry(field.clone()).or_default() += 1;
    }

    /// Notes somebody who gets no contact for want of a field.
    pub(crate) fn lacking(&mut self, field: &ContactField, principal_name: &str) {
        self.findings.lacking.entry(field.clone()).or_default().push(principal_name.to_owned());
    }

    /// Notes an answer that does not fit any more.
    pub(crate) fn outdated(&mut self, review: &Review, principal_name: &str, why: &str) {
        let message = format!(
            "{}the answer {} of {} does not fit: {why}",
            beginning(&review.id),
            review.answer.as_str(),
            review.at.format("%Y-%m-%d"),
        );
        self.findings.outdated.push((principal_name.to_owned(), message));
    }

    pub(crate) fn take_findings(&mut self) -> Findings {
        std::mem::take(&mut self.findings)
    }

    pub(crate) fn into_list(self) -> Vec<Downgrade> {
        self.noted
            .into_iter()
            .map(|((wanted, instead), affected)| Downgrade { wanted, instead, affected })
            .collect()
    }
}
