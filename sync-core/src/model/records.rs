//! The records that adapters build: directory users, contacts, companies.

use super::{Attribute, CompanyId, ContactField, ContactId, FieldSet, FieldValue, SourceAnchor, VersionTag};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

/// What kind of object a directory user is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UserKind {
    /// A person of the organisation.
    Member,
    /// A person invited from elsewhere.
    Guest,
    /// A shared mailbox.
    Shared,
    /// A room mailbox.
    Room,
    /// An equipment mailbox.
    Equipment,
    /// A software agent with an account of its own (Entra agent identities); never a person.
    Agent,
}

impl UserKind {
    /// The name used in configuration and reports.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Guest => "guest",
            Self::Shared => "shared",
            Self::Room => "room",
            Self::Equipment => "equipment",
            Self::Agent => "agent",
        }
    }
}

/// A licence assigned to a user.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub struct License {
    /// The product's id (a GUID in lower case).
    pub sku_id: String,
    /// The product's part number (`ENTERPRISEPACK`), where the directory names it.
    pub part_number: Option<String>,
}

impl License {
    /// A licence by its product id, lower-cased, without a part number.
    #[must_use]
    pub fn new(sku_id: &str) -> Self {
        Self { sku_id: sku_id.to_ascii_lowercase(), part_number: None }
    }

    /// Whether a text that names a licence is written like an id: then no part number has to be known to compare it.
    pub(crate) fn is_like_an_id(text: &str) -> bool {
        text.len() == 36 && text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-')
    }
}

/// One person object in a directory, as an adapter hands it over.
///
/// Texts are raw: trimming, normalising and hashing happen once, when the snapshot is built.
/// In each optional part, `None` or a missing key is "was not read" and differs from "read and empty".
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DirectoryUser {
    /// Immutable id of this object.
    pub anchor: SourceAnchor,
    /// The id that survives a move between directories (`onPremisesImmutableId`, base64 of objectGUID).
    pub immutable_id: Option<String>,
    /// What kind of object it is; `None` where the directory does not say, which counts as a member.
    pub kind: Option<UserKind>,
    /// Whether the account may sign in. `None` never counts as disabled.
    pub enabled: Option<bool>,
    /// Every address beside the primary one, without `smtp:` prefixes; `None` where they were not read.
    pub alternate_emails: Option<Vec<String>>,
    /// Ids of the groups it belongs to, nested membership included; `None` where groups were not read.
    pub groups: Option<BTreeSet<String>>,
    /// Licences assigned, inherited ones included; `None` where they were not read.
    pub licenses: Option<Vec<License>>,
    /// Attributes: a missing key was not read, `None` was read and is empty.
    pub attributes: BTreeMap<Attribute, Option<String>>,
}

impl DirectoryUser {
    /// A user of which nothing but the anchor was read.
    #[must_use]
    pub fn new(anchor: SourceAnchor) -> Self {
        Self {
            anchor,
            immutable_id: None,
            kind: None,
            enabled: None,
            alternate_emails: None,
            groups: None,
            licenses: None,
            attributes: BTreeMap::new(),
        }
    }

    /// Sets an attribute; a blank text becomes "read and empty".
    #[must_use]
    pub fn with(mut self, attribute: Attribute, value: impl Into<String>) -> Self {
        let value = value.into();
        self.attributes.insert(attribute, if value.trim().is_empty() { None } else { Some(value) });
        self
    }

    /// The text of an attribute; `None` both for "not read" and "empty".
    #[must_use]
    pub fn attribute(&self, attribute: &Attribute) -> Option<&str> {
        self.attributes.get(attribute)?.as_deref()
    }
}

/// One contact as the PSA holds it, as an adapter hands it over.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Contact {
    /// The contact's id.
    pub id: ContactId,
    /// The company it belongs to; some PSAs hold contacts without one.
    pub company: Option<CompanyId>,
    /// Every field that was read; a missing key is "cannot be read", never "empty".
    pub fields: FieldSet,
    /// A contact the PSA treats specially (default, billing, portal administrator); never deactivated unasked.
    pub protected: bool,
    /// The vendor's concurrency token, where it has one.
    pub version: Option<VersionTag>,
}

impl Contact {
    /// A contact of which nothing but the id and company was read.
    #[must_use]
    pub fn new(id: ContactId, company: CompanyId) -> Self {
        Self { id, company: Some(company), fields: FieldSet::new(), protected: false, version: None }
    }

    /// Sets a field.
    #[must_use]
    pub fn with(mut self, field: ContactField, value: impl Into<FieldValue>) -> Self {
        self.fields.insert(field, value.into());
        self
    }

    /// The active status, where it was read.
    #[must_use]
    pub fn active(&self) -> Option<bool> {
        match self.fields.get(&ContactField::Active) {
            Some(FieldValue::Flag(active)) => Some(*active),
            Some(
                FieldValue::Empty | FieldValue::Text(_) | FieldValue::List(_) | FieldValue::Generated { .. },
            )
            | None => None,
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<bool> for FieldValue {
    fn from(flag: bool) -> Self {
        Self::Flag(flag)
    }
}

impl From<Vec<String>> for FieldValue {
    fn from(items: Vec<String>) -> Self {
        Self::List(items)
    }
}

/// A client organisation in the PSA.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Company {
    /// The company's id.
    pub id: CompanyId,
    /// The name people know it by.
    pub name: String,
    /// Whether it is in use.
    pub active: bool,
    /// Custom fields by name.
    #[serde(default)]
    pub custom_fields: BTreeMap<String, FieldValue>,
    /// Its website as the PSA holds it, an address or a bare host; only where
    /// [`CompanyDetails`](crate::capability::CompanyDetails) says so, like the two below.
    #[serde(default)]
    pub website: Option<String>,
    /// Sales territory by name.
    #[serde(default)]
    pub territory: Option<String>,
    /// Account manager, by the name that the PSA shows.
    #[serde(default)]
    pub account_manager: Option<String>,
}

impl Company {
    /// An active company.
    pub fn new(id: CompanyId, name: impl Into<String>) -> Self {
        Self {
            id,
            name: name.into(),
            active: true,
            custom_fields: BTreeMap::new(),
            website: None,
            territory: None,
            account_manager: None,
        }
    }
}

macro_rules! debug_shows_only_the_id {
    ($($record:ty: $id:ident),*) => {$(
        impl fmt::Debug for $record {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($record)).field(stringify!($id), &self.$id).finish_non_exhaustive()
            }
        }
    )*};
}
debug_shows_only_the_id!(DirectoryUser: anchor, Contact: id, Company: id);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_of_records_shows_ids_only() {
        let user =
            DirectoryUser::new(SourceAnchor::new("entra:t:o")).with(Attribute::Mail, "canary@example.com");
        let contact = Contact::new(ContactId::new("1"), CompanyId::new("2"))
            .with(ContactField::Email, "canary@example.com");
        let shown = format!("{user:?} {contact:?} {:?}", Company::new(CompanyId::new("3"), "canary"));
        assert!(!shown.contains("canary") && shown.contains("entra:t:o"), "{shown}");
    }
}
