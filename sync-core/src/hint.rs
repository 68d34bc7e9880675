//! Hints: what a vendor's notification says changed.

use crate::model::{CompanyId, ContactId, SourceAnchor};

/// Something changed at a vendor, as its notification says.
///
/// A hint only says where to look. Notifications are lost, repeated, late and out of order, and anybody may send one who
/// finds the address; so it carries no value of a record, and nothing of it reaches a plan. What is due is read again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Hint {
    /// A contact of a PSA.
    Contact {
        /// The contact.
        id: ContactId,
        /// Its company, where the notification names it.
        company: Option<CompanyId>,
        /// What happened.
        change: HintChange,
    },
    /// A company of a PSA.
    Company {
        /// The company.
        id: CompanyId,
        /// What happened.
        change: HintChange,
    },
    /// A user of a directory.
    User {
        /// The user.
        anchor: SourceAnchor,
        /// What happened.
        change: HintChange,
    },
    /// A group of a directory, or its members.
    Group {
        /// The group's object id.
        id: String,
        /// What happened.
        change: HintChange,
    },
}

/// What a notification says happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum HintChange {
    /// It was added.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted. No proof of it: a read has to say so.
    Deleted,
}
