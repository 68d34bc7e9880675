//! What a vendor does to one field.

use crate::model::ContactField;
use serde::{Deserialize, Serialize};

/// What the vendor does to one field.
///
/// It is data so that the planner can compare the way the vendor stores; otherwise `+1 555 0100` against
/// `15550100` would be a difference on every run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct FieldRule {
    /// What may be done with it.
    pub access: Access,
    /// The longest text it takes, in characters (Unicode scalar values).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_len: Option<u32>,
    /// When two values are the same.
    #[serde(default)]
    pub compare: Compare,
    /// A create without it is refused by the vendor.
    #[serde(default)]
    pub required: bool,
}

impl FieldRule {
    /// A rule without a length limit, compared exactly, not required.
    #[must_use]
    pub const fn new(access: Access) -> Self {
        Self { access, max_len: None, compare: Compare::Exact, required: false }
    }

    /// Sets the longest text in characters.
    #[must_use]
    pub const fn max_len(mut self, characters: u32) -> Self {
        self.max_len = Some(characters);
        self
    }

    /// Sets when two values are the same.
    #[must_use]
    pub const fn compare(mut self, compare: Compare) -> Self {
        self.compare = compare;
        self
    }

    /// Marks the field as required on create.
    #[must_use]
    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }
}

/// When two values of a field are the same.
///
/// White space at the ends and Unicode form never count; empty and missing text are the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Compare {
    /// Letter for letter.
    #[default]
    Exact,
    /// Without regard to case.
    IgnoreCase,
    /// By digits, with the extension apart.
    PhoneDigits,
}

/// What may be done with a field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Access {
    /// Nothing.
    #[default]
    None,
    /// It can be read.
    Read,
    /// It can be read and written.
    ReadWrite,
}

/// How a field is compared where the vendor gives no reason to do otherwise.
#[must_use]
pub fn default_compare(field: &ContactField) -> Compare {
    let address =
        matches!(field, ContactField::Email | ContactField::AlternateEmails | ContactField::Username);
    let phone =
        matches!(field, ContactField::PhoneBusiness | ContactField::PhoneMobile | ContactField::PhoneFax);
    if address {
        Compare::IgnoreCase
    } else if phone {
        Compare::PhoneDigits
    } else {
        Compare::Exact
    }
}
