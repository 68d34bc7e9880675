//! The readiness report: a document for people and for scripts.

use crate::{
    model::{CompanyId, ContactField, ContactId, SourceAnchor, TenantName},
    plan::{Guard, Summary},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a person should know, and mend, before the first sync of a tenant.
///
/// Holds personal data: write it to files only their owner can read.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Readiness {
    /// `major.minor`, as for plans.
    pub format_version: String,
    /// The tenant.
    pub tenant: TenantName,
    /// The PSA adapter.
    pub psa: String,
    /// The planner's clock.
    pub as_of: DateTime<Utc>,
    /// Whether the directory read proves who is absent; without it no id is called dead.
    pub users_complete: bool,
    /// What a run of now would do.
    pub first_run: Summary,
    /// What would stop a part of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// What the PSA cannot do although the policy insists on it (`limits.on_unsupported = "fail"`): a run would refuse.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
    /// Mapped fields that cannot be written in full, by field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldReadiness>,
    /// What was found, what is to be mended first; each kind at most once.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub findings: Vec<Finding>,
}

impl Readiness {
    /// How many cases a person should look at before the first run; 0 is ready.
    #[must_use]
    pub fn to_mend(&self) -> usize {
        let mend = self.findings.iter().filter(|finding| finding.weight == Weight::Mend);
        mend.map(|finding| finding.cases.len()).sum::<usize>() + self.guards.len() + self.refused.len()
    }

    /// Reads a document.
    ///
    /// # Errors
    /// When it is no readiness report.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }

    /// The document.
    ///
    /// # Errors
    /// None that a report made by this crate can cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }
}

/// Everything of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Finding {
    /// What it is.
    pub kind: FindingKind,
    /// Whether somebody should mend it first.
    pub weight: Weight,
    /// The people and contacts it is about, in order of their ids.
    pub cases: Vec<Case>,
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Weight {
    /// Somebody would be held, left out, or paired with what is not theirs alone.
    Mend,
    /// Good to know; a run does nothing wrong with it.
    Know,
}

/// What can be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FindingKind {
    /// The directory read was cut short, is empty, or is far smaller than the last complete one.
    DirectoryNotWhole,
    /// There are users in the read, and the policy serves none of them.
    NobodyInScope,
    /// Contacts of one company with the same address.
    DuplicateAddress,
    /// Contacts that hold the same user's id.
    DuplicateStoredId,
    /// The address field of a contact holds something else.
    ContactBadAddress,
    /// A remembered link leads to a contact that is not in the read.
    LinkedContactGone,
    /// A contact is linked to a user that is not in the directory.
    LinkedUserGone,
    /// A contact holds the id of a user that is not in the directory.
    StoredIdGone,
    /// Several contacts fit one user.
    SeveralContacts,
    /// Several users fit one contact.
    ClaimedTwice,
    /// The contact that fits is linked to somebody else, or another tenant's.
    SomebodyElses,
    /// The contact that fits is in another company.
    OtherCompany,
    /// Users in scope with the same address.
    UsersSameAddress,
    /// Users in scope without an address that people can be reached under; no contact is created.
    UserWithoutAddress,
    /// Users in scope with a text for an address that is none.
    UserBadAddress,
    /// Users without a first or a last name.
    UserWithoutName,
    /// Users who lack what the PSA requires of a contact.
    RequiredFieldMissing,
    /// Users that no route takes.
    Unrouted,
    /// Users of whom something was not read that the scope asks for.
    Undecided,
    /// Contacts of one company with the same name: perhaps one person, and never more than a suggestion.
    SameName,
    /// Active contacts without any address that are nobody's; nothing can find them.
    ContactWithoutAddress,
    /// Active contacts in the tenant's own domains that no user fits: people who left, shared boxes, other systems.
    UnmatchedContact,
    /// Users in scope without a business or a mobile phone.
    UserWithoutPhone,
}

impl FindingKind {
    /// How much it matters.
    #[must_use]
    pub const fn weight(self) -> Weight {
        match self {
            Self::DirectoryNotWhole
            | Self::NobodyInScope
            | Self::DuplicateAddress
            | Self::DuplicateStoredId
            | Self::ContactBadAddress
            | Self::LinkedContactGone
            | Self::LinkedUserGone
            | Self::StoredIdGone
            | Self::SeveralContacts
            | Self::ClaimedTwice
            | Self::SomebodyElses
            | Self::OtherCompany
            | Self::UsersSameAddress
            | Self::UserWithoutAddress
            | Self::UserBadAddress
            | Self::UserWithoutName
            | Self::RequiredFieldMissing
            | Self::Unrouted
            | Self::Undecided => Weight::Mend,
            Self::SameName
            | Self::ContactWithoutAddress
            | Self::UnmatchedContact
            | Self::UserWithoutPhone => Weight::Know,
        }
    }
}

impl fmt::Display for FindingKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DirectoryNotWhole => "the directory was not read as a whole",
            Self::NobodyInScope => "the policy serves nobody in the read",
            Self::DuplicateAddress => "contacts of one company share an address",
            Self::DuplicateStoredId => "contacts hold the same user's id",
            Self::ContactBadAddress => "contacts have an address that is none",
            Self::LinkedContactGone => "links lead to contacts that are gone",
            Self::LinkedUserGone => "contacts are linked to users who are gone",
            Self::StoredIdGone => "contacts hold ids of users who are gone",
            Self::SeveralContacts => "several contacts fit one user",
            Self::ClaimedTwice => "several users fit one contact",
            Self::SomebodyElses => "the contact that fits is somebody else's",
            Self::OtherCompany => "the contact that fits is in another company",
            Self::UsersSameAddress => "users share an address",
            Self::UserWithoutAddress => "users have no usable address, so no contact is created",
            Self::UserBadAddress => "users have an address that is none",
            Self::UserWithoutName => "users lack a first or a last name",
            Self::RequiredFieldMissing => "users lack what the PSA requires",
            Self::Unrouted => "users are taken by no route",
            Self::Undecided => "users cannot be judged: something was not read",
            Self::SameName => "contacts of one company share a name (a suggestion only)",
            Self::ContactWithoutAddress => "contacts have no address and are nobody's",
            Self::UnmatchedContact => "contacts in the tenant's domains fit no user",
            Self::UserWithoutPhone => "users have neither a business nor a mobile phone",
        })
    }
}

/// One thing to look at. `Debug` shows ids only.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Case {
    /// The users it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Person>,
    /// The contacts it is about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub contacts: Vec<ContactRef>,
    /// The company, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// What they share, or what is wrong: an address, a name, an id, a field, a rule, a read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// Of duplicates: the contact that a person would probably keep.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Case")
            .field("users", &self.users)
            .field("contacts", &self.contacts)
            .field("keep", &self.keep)
            .finish_non_exhaustive()
    }
}

/// A user by id and names. `Debug` shows the id only.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Person {
    /// The user's immutable id.
    pub id: SourceAnchor,
    /// The sign-in name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_principal_name: String,
    /// The display name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
}

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person").field("id", &self.id).finish_non_exhaustive()
    }
}

/// A contact by id and name. `Debug` shows the id only.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactRef {
    /// The contact's id.
    pub id: ContactId,
    /// First and last name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Its company.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// Whether it is active; `None` where the PSA cannot tell, or where the contact is not in the read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active: Option<bool>,
}

impl ContactRef {
    /// A contact that is not in the read.
    pub(super) fn gone(id: &ContactId) -> Self {
        Self { id: id.clone(), name: String::new(), company: None, active: None }
    }
}

impl fmt::Debug for ContactRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContactRef").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Which of several duplicates to keep. A proposal: nothing merges contacts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Keep {
    /// The contact.
    pub contact: ContactId,
    /// What sets it apart from the rest.
    pub because: KeepBecause,
}

/// What sets one of several duplicates apart; the first that does decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum KeepBecause {
    /// It alone is linked.
    Linked,
    /// It alone holds the id of a user in the directory.
    StoredId,
    /// It alone is active.
    Active,
    /// Nothing but its id, the lowest and so probably the oldest.
    LowestId,
}

impl fmt::Display for KeepBecause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Linked => "it is linked",
            Self::StoredId => "it holds a user's id",
            Self::Active => "it is active",
            Self::LowestId => "its id is the lowest",
        })
    }
}

/// A mapped field that cannot be written in full.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldReadiness {
    /// The field.
    pub field: ContactField,
    /// Whether this PSA can write it at all.
    pub writable: bool,
    /// The longest text it takes, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// How many users in scope have a longer text.
    #[serde(default)]
    pub too_long: u64,
    /// The longest of these, in characters.
    #[serde(default)]
    pub longest: u64,
    /// Some of these users, at most five.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<Person>,
}
