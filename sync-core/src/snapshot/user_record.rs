//! A user with borrowed texts, as an adapter reads one from a page.

use super::record::ReadText;
use crate::model::{Attribute, DirectoryUser, License, SourceAnchor, UserKind};
use std::{collections::BTreeSet, ops::Deref};

const KNOWN: usize = Attribute::KNOWN.len();

/// A list of which each item borrows, whether or not the list itself does.
#[derive(Clone, Debug)]
pub enum Listed<'a, T> {
    /// It lies elsewhere as it is.
    Borrowed(&'a [T]),
    /// It was made for the record.
    Owned(Vec<T>),
}

impl<T> Deref for Listed<'_, T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        match self {
            Self::Borrowed(items) => items,
            Self::Owned(items) => items,
        }
    }
}

impl<T> FromIterator<T> for Listed<'_, T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Self::Owned(items.into_iter().collect())
    }
}

/// One user whose texts lie elsewhere, in the page that an adapter reads: a [`DirectoryUser`] without an allocation for
/// each text. It means the same, part for part.
#[derive(Clone)]
#[non_exhaustive]
pub struct UserRecord<'a> {
    /// The part of the anchor that names the directory, with the trailing colon (`entra:<tenant>:`).
    pub directory: &'a str,
    /// The object's own id, in lower case.
    pub object_id: &'a str,
    /// The id that survives a move between directories; blank counts as none.
    pub immutable_id: Option<&'a str>,
    /// What kind of object it is; `None` where the directory does not say.
    pub kind: Option<UserKind>,
    /// Whether the account may sign in; `None` where the directory does not say.
    pub enabled: Option<bool>,
    /// Every address beside the primary one; `None` where they were not read.
    pub alternate_emails: Option<Listed<'a, &'a str>>,
    /// Ids of the groups it belongs to, nested membership included; `None` where groups were not read.
    pub groups: Option<&'a BTreeSet<String>>,
    /// Product id (in lower case) and part number of each licence; `None` where they were not read.
    pub licenses: Option<Listed<'a, (&'a str, Option<&'a str>)>>,
    pub(super) known: [ReadText<'a>; KNOWN],
    pub(super) extensions: Vec<(&'a str, Option<&'a str>)>,
}

impl<'a> UserRecord<'a> {
    /// A user of which nothing but the anchor was read.
    #[must_use]
    pub const fn new(directory: &'a str, object_id: &'a str) -> Self {
        Self {
            directory,
            object_id,
            immutable_id: None,
            kind: None,
            enabled: None,
            alternate_emails: None,
            groups: None,
            licenses: None,
            known: [ReadText::NotRead; KNOWN],
            extensions: Vec::new(),
        }
    }

    /// Says what was read of an attribute; `None` and blank text are "read and empty".
    #[inline]
    pub fn set(&mut self, attribute: &'a Attribute, value: Option<&'a str>) {
        match attribute.ordinal() {
            Some(ordinal) => {
                if let Some(slot) = self.known.get_mut(usize::from(ordinal)) {
                    *slot = value.map_or(ReadText::Blank, ReadText::Text);
                }
            }
            None => self.extensions.extend(attribute.open_name().map(|name| (name, value))),
        }
    }

    /// The same user with texts of its own.
    #[must_use]
    pub fn to_user(&self) -> DirectoryUser {
        let Self {
            directory,
            object_id,
            immutable_id,
            kind,
            enabled,
            alternate_emails,
            groups,
            licenses,
            known,
            extensions,
        } = self;
        let filled = |text: &str| (!text.trim().is_empty()).then(|| text.to_owned());
        let mut user = DirectoryUser::new(SourceAnchor::new([*directory, *object_id].concat()));
        user.immutable_id = immutable_id.and_then(filled);
        user.kind = *kind;
        user.enabled = *enabled;
        user.alternate_emails =
            alternate_emails.as_ref().map(|all| all.iter().map(|one| (*one).to_owned()).collect());
        user.groups = groups.cloned();
        user.licenses = licenses.as_ref().map(|all| all.iter().copied().map(license).collect());
        for (name, value) in Attribute::KNOWN.iter().zip(known) {
            let value = match value {
                ReadText::NotRead => continue,
                ReadText::Blank => None,
                ReadText::Text(text) => filled(text),
            };
            user.attributes.extend(name.parse::<Attribute>().ok().map(|attribute| (attribute, value)));
        }
        for (name, value) in extensions {
            user.attributes.insert(Attribute::Extension((*name).to_owned()), value.and_then(filled));
        }
        user
    }
}

impl<'a> From<&'a DirectoryUser> for UserRecord<'a> {
    fn from(user: &'a DirectoryUser) -> Self {
        let DirectoryUser {
            anchor,
            immutable_id,
            kind,
            enabled,
            alternate_emails,
            groups,
            licenses,
            attributes,
        } = user;
        let (directory, object_id) = super::split_anchor(anchor.as_str());
        let mut record = Self::new(directory, object_id);
        record.immutable_id = immutable_id.as_deref();
        record.kind = *kind;
        record.enabled = *enabled;
        record.alternate_emails =
            alternate_emails.as_ref().map(|all| all.iter().map(String::as_str).collect());
        record.groups = groups.as_ref();
        record.licenses = licenses
            .as_ref()
            .map(|all| all.iter().map(|l| (l.sku_id.as_str(), l.part_number.as_deref())).collect());
        for (attribute, value) in attributes {
            record.set(attribute, value.as_deref());
        }
        record
    }
}

/// A licence of its parts.
pub(super) fn license((sku_id, part_number): (&str, Option<&str>)) -> License {
    License { sku_id: sku_id.to_owned(), part_number: part_number.map(str::to_owned) }
}

/// Shows the id and nothing else.
impl std::fmt::Debug for UserRecord<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserRecord").field("object_id", &self.object_id).finish_non_exhaustive()
    }
}
