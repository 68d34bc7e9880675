//! What will be done about one subject, and why.

use crate::{
    model::{CompanyId, ContactField, ContactId, FieldValue, Fingerprint, ReviewId, SourceAnchor},
    policy::MatchRule,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Whom a decision is about: a user that was read, or a linked contact whose user was not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A user.
    User(SourceAnchor),
    /// A linked contact whose user is not in the read.
    Contact(ContactId),
}

/// What a decision does to the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// It is there and stays.
    Existing,
    /// It is made.
    New,
    /// An older one of the same person is replaced.
    Relink,
    /// There is none, and none is made.
    None,
}

/// One field of a change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field.
    pub field: ContactField,
    /// What the contact holds; [`FieldValue::Empty`] on create.
    pub before: FieldValue,
    /// What will be written.
    pub after: FieldValue,
}

/// What will be done. Apply does this and nothing else; [`Reason`] is for people and is never acted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "action", deny_unknown_fields)]
#[non_exhaustive]
pub enum Change {
    /// Nothing.
    NoOp {
        /// The contact this is about, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        contact: Option<ContactId>,
        /// The link.
        link: LinkState,
    },
    /// A contact is created in the decision's company and linked.
    Create {
        /// Everything that will be written.
        fields: Vec<FieldChange>,
        /// Every address of the user in comparable form, where the match rules look for all of them: a contact that has
        /// one of them by then is the person's, and nothing is created.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unless_email: Vec<String>,
        /// Contacts that have such an address and are somebody else's, by a person's word.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        beside: Vec<ContactId>,
    },
    /// Fields are written.
    Update {
        /// The contact.
        contact: ContactId,
        /// The link.
        link: LinkState,
        /// Everything that will be written.
        fields: Vec<FieldChange>,
        /// The fingerprint of the contact as planned on.
        expect: Fingerprint,
    },
    /// Only the link is recorded; the PSA is not written.
    Link {
        /// The contact.
        contact: ContactId,
        /// `new` or `relink`; `existing` where something about the pair is recorded.
        link: LinkState,
        /// The fingerprint of the contact as planned on.
        expect: Fingerprint,
    },
    /// The contact is made active, and fields are written.
    Reactivate {
        /// The contact.
        contact: ContactId,
        /// The link.
        link: LinkState,
        /// Everything else that will be written.
        fields: Vec<FieldChange>,
        /// The fingerprint of the contact as planned on.
        expect: Fingerprint,
    },
    /// The contact is made inactive.
    Deactivate {
        /// The contact.
        contact: ContactId,
        /// The link.
        link: LinkState,
        /// What is written beside it: when and why, where the policy names a field for that.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fields: Vec<FieldChange>,
        /// The fingerprint of the contact as planned on.
        expect: Fingerprint,
        /// The contact that the person has in its place, after a move: the change waits where that one is not there or not
        /// active by then.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        successor: Option<ContactId>,
    },
    /// A person must decide; nothing is written.
    Hold {
        /// What would have been done, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        proposed: Option<Box<Self>>,
    },
}

/// The kind of a [`Change`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// See [`Change::Create`].
    Create,
    /// See [`Change::Update`].
    Update,
    /// See [`Change::Link`].
    Link,
    /// See [`Change::Reactivate`].
    Reactivate,
    /// See [`Change::Deactivate`].
    Deactivate,
    /// See [`Change::Hold`].
    Hold,
    /// See [`Change::NoOp`].
    NoOp,
}

impl Action {
    /// The name used in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Link => "link",
            Self::Reactivate => "reactivate",
            Self::Deactivate => "deactivate",
            Self::Hold => "hold",
            Self::NoOp => "no_op",
        }
    }
}

impl Change {
    /// Its kind.
    #[must_use]
    pub const fn action(&self) -> Action {
        match self {
            Self::NoOp { .. } => Action::NoOp,
            Self::Create { .. } => Action::Create,
            Self::Update { .. } => Action::Update,
            Self::Link { .. } => Action::Link,
            Self::Reactivate { .. } => Action::Reactivate,
            Self::Deactivate { .. } => Action::Deactivate,
            Self::Hold { .. } => Action::Hold,
        }
    }

    /// The contact it is about, where there is one; of a hold, the proposed one.
    #[must_use]
    pub fn contact(&self) -> Option<&ContactId> {
        match self {
            Self::NoOp { contact, .. } => contact.as_ref(),
            Self::Create { .. } => None,
            Self::Update { contact, .. }
            | Self::Link { contact, .. }
            | Self::Reactivate { contact, .. }
            | Self::Deactivate { contact, .. } => Some(contact),
            Self::Hold { proposed } => proposed.as_ref().and_then(|p| p.contact()),
        }
    }

    /// What it does to the link; `None` for a create, which makes one, and for a hold.
    pub(crate) const fn link(&self) -> Option<LinkState> {
        match self {
            Self::NoOp { link, .. }
            | Self::Update { link, .. }
            | Self::Link { link, .. }
            | Self::Reactivate { link, .. }
            | Self::Deactivate { link, .. } => Some(*link),
            Self::Create { .. } | Self::Hold { .. } => None,
        }
    }

    /// The fields it writes; of a hold, those proposed.
    #[must_use]
    pub fn fields(&self) -> &[FieldChange] {
        match self {
            Self::Create { fields, .. }
            | Self::Update { fields, .. }
            | Self::Reactivate { fields, .. }
            | Self::Deactivate { fields, .. } => fields,
            Self::Hold { proposed } => proposed.as_ref().map_or(&[], |p| p.fields()),
            Self::NoOp { .. } | Self::Link { .. } => &[],
        }
    }
}

/// Why a decision is what it is. Stable and machine-readable; its `Display` is the one wording for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "code")]
#[non_exhaustive]
pub enum Reason {
    /// The contact already holds everything.
    InSync {
        /// How the contact was found.
        rule: MatchRule,
    },
    /// Managed fields differ.
    FieldsDiffer {
        /// How the contact was found.
        rule: MatchRule,
    },
    /// No contact fits.
    NoMatch,
    /// A contact was found and is linked now.
    Matched {
        /// How the contact was found.
        rule: MatchRule,
    },
    /// Several contacts fit.
    Ambiguous {
        /// Which; of more than fifty the first ones.
        contacts: Vec<ContactId>,
    },
    /// No address fits, but free contacts of the company bear the user's name: names only suggest.
    SameName {
        /// Which.
        contacts: Vec<ContactId>,
    },
    /// Several users fit one contact.
    ClaimedTwice {
        /// The users that claim it, this one included; of more than fifty the first ones.
        users: Vec<SourceAnchor>,
        /// The contact.
        contacts: Vec<ContactId>,
    },
    /// Several users have the same address.
    SourceDuplicate {
        /// Which, this one included; of more than fifty the first ones.
        users: Vec<SourceAnchor>,
    },
    /// The person's contact is in another company than the one the user belongs to.
    OtherCompany {
        /// The contacts found.
        contacts: Vec<ContactId>,
        /// The companies they are in.
        companies: Vec<CompanyId>,
    },
    /// The same person under a new object id.
    Relink {
        /// The object id that was linked before.
        from: SourceAnchor,
    },
    /// The address belongs to a contact of somebody who is gone: the same person come back, or an address given anew.
    RelinkDecision {
        /// The contacts.
        contacts: Vec<ContactId>,
        /// The users they are linked to.
        users: Vec<SourceAnchor>,
    },
    /// The account is disabled.
    Disabled,
    /// The directory says that the user was deleted.
    Deleted,
    /// The user was absent from enough complete reads.
    Missing,
    /// The user is absent, but not yet long enough; or an earlier create is not settled yet.
    Grace,
    /// The user is outside the scope.
    LeftScope {
        /// By which rule.
        rule: String,
    },
    /// The user is left alone on purpose.
    Excluded {
        /// By which rule.
        rule: String,
    },
    /// No licence that counts.
    LicenseLost,
    /// The person is back.
    Returned,
    /// No usable address.
    NoEmail,
    /// A name is missing.
    IncompleteName,
    /// No route takes the user.
    Unrouted,
    /// The read was cut short, so absence proves nothing.
    SnapshotPartial,
    /// The read is far smaller than the last complete one, so absence proves nothing.
    SuspectSnapshot,
    /// The contact is protected.
    Protected,
    /// Another tool owns the contact.
    ForeignOwner {
        /// Its mark.
        owner: String,
    },
    /// The PSA requires a field that the user does not have.
    RequiredField {
        /// The field.
        field: ContactField,
    },
    /// The PSA cannot do it.
    Unsupported {
        /// What it would have to be able to do.
        needs: ContactField,
    },
    /// The policy says so.
    Policy {
        /// Which setting.
        rule: String,
    },
    /// A person decided so.
    Reviewed {
        /// The question.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        review: Option<ReviewId>,
        /// The word it was answered with.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        answer: String,
        /// When.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<DateTime<Utc>>,
    },
    /// A person takes back what a run did.
    Undone {
        /// The run.
        run: String,
    },
    /// Nobody but a person can say what became of an earlier create: it was looked for in vain twice, or there are several
    /// contacts that may be the one.
    Indeterminate {
        /// Those contacts.
        contacts: Vec<ContactId>,
    },
    /// A field reads back differently from what was written, again and again.
    NonConverging {
        /// The field.
        field: ContactField,
    },
}

impl Reason {
    /// The code used in documents.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::InSync { .. } => "in_sync",
            Self::FieldsDiffer { .. } => "fields_differ",
            Self::NoMatch => "no_match",
            Self::Matched { .. } => "matched",
            Self::Ambiguous { .. } => "ambiguous",
            Self::SameName { .. } => "same_name",
            Self::ClaimedTwice { .. } => "claimed_twice",
            Self::SourceDuplicate { .. } => "source_duplicate",
            Self::OtherCompany { .. } => "other_company",
            Self::Relink { .. } => "relink",
            Self::RelinkDecision { .. } => "relink_decision",
            Self::Disabled => "disabled",
            Self::Deleted => "deleted",
            Self::Missing => "missing",
            Self::Grace => "grace",
            Self::LeftScope { .. } => "left_scope",
            Self::Excluded { .. } => "excluded",
            Self::LicenseLost => "license_lost",
            Self::Returned => "returned",
            Self::NoEmail => "no_email",
            Self::IncompleteName => "incomplete_name",
            Self::Unrouted => "unrouted",
            Self::SnapshotPartial => "snapshot_partial",
            Self::SuspectSnapshot => "suspect_snapshot",
            Self::Protected => "protected",
            Self::ForeignOwner { .. } => "foreign_owner",
            Self::RequiredField { .. } => "required_field",
            Self::Unsupported { .. } => "unsupported",
            Self::Policy { .. } => "policy",
            Self::Reviewed { .. } => "reviewed",
            Self::Undone { .. } => "undone",
            Self::Indeterminate { .. } => "indeterminate",
            Self::NonConverging { .. } => "non_converging",
        }
    }
}
