//! What a PSA instance can do. Data, not behaviour: serialized, compared, and hashed into plans.

use crate::model::{Company, ContactField};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Capabilities in force for one connected PSA instance.
///
/// One public meaning: what this instance can do now. An adapter's `ceiling()` says what the vendor can do at best;
/// it serves documentation and the conformance suite ([`Capabilities::within`]), and the planner never sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Capabilities {
    /// A rule per field; an absent field cannot even be read. [`Capabilities::custom_fields`] rules custom fields.
    #[serde(default)]
    pub fields: BTreeMap<ContactField, FieldRule>,
    /// Room for e-mail addresses beside the primary one.
    #[serde(default)]
    pub alternate_emails: AlternateEmails,
    /// The active status.
    #[serde(default)]
    pub active_status: ActiveStatus,
    /// Custom fields on contacts.
    #[serde(default)]
    pub custom_fields: CustomFields,
    /// Where the directory's id can be kept on the contact.
    #[serde(default)]
    pub anchor_storage: AnchorStorage,
    /// Custom fields on companies can be written.
    #[serde(default)]
    pub company_custom_fields: bool,
    /// What a listing of companies tells beside names and custom fields. Contact plans do not look at it.
    #[serde(default, skip_serializing_if = "CompanyDetails::is_none")]
    pub company_details: CompanyDetails,
    /// How a lost update is noticed.
    #[serde(default)]
    pub concurrency: Concurrency,
    /// How the vendor takes an update.
    #[serde(default)]
    pub update_style: UpdateStyle,
    /// A create can be repeated safely with the same key.
    #[serde(default)]
    pub idempotent_create: bool,
    /// Contacts changed since a moment can be listed.
    #[serde(default)]
    pub modified_since: bool,
    /// What may be done with the quantities of agreement lines, through [`Agreements`](crate::quantity::Agreements). Contact
    /// plans do not look at it.
    #[serde(default, skip_serializing_if = "is_none")]
    pub quantities: Access,
    /// Notes of companies can be read and written, through [`CompanyNotes`](crate::notes::CompanyNotes). Contact plans do
    /// not look at it.
    #[serde(default, skip_serializing_if = "is_false")]
    pub company_notes: bool,
    /// How long it takes until what became of a write can be seen.
    #[serde(default)]
    pub settling: Settling,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_none(access: &Access) -> bool {
    matches!(access, Access::None)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// What a listing of companies tells beside names and custom fields. A company that has none shows none all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct CompanyDetails {
    /// [`Company::website`](crate::model::Company::website).
    #[serde(default)]
    pub website: bool,
    /// [`Company::territory`](crate::model::Company::territory).
    #[serde(default)]
    pub territory: bool,
    /// [`Company::account_manager`](crate::model::Company::account_manager).
    #[serde(default)]
    pub account_manager: bool,
}

impl CompanyDetails {
    /// Nothing.
    pub const NONE: Self = Self { website: false, territory: false, account_manager: false };

    /// Everything.
    pub const ALL: Self = Self { website: true, territory: true, account_manager: true };

    /// Says whether websites are told.
    #[must_use]
    pub const fn website(mut self, told: bool) -> Self {
        self.website = told;
        self
    }

    /// Says whether territories are told.
    #[must_use]
    pub const fn territory(mut self, told: bool) -> Self {
        self.territory = told;
        self
    }

    /// Says whether account managers are told.
    #[must_use]
    pub const fn account_manager(mut self, told: bool) -> Self {
        self.account_manager = told;
        self
    }

    /// Takes away what is not told.
    pub fn hide(self, company: &mut Company) {
        for (told, text) in [
            (self.website, &mut company.website),
            (self.territory, &mut company.territory),
            (self.account_manager, &mut company.account_manager),
        ] {
            if !told {
                *text = None;
            }
        }
    }

    /// Whether nothing is told.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::NONE
    }

    fn within(self, ceiling: Self) -> bool {
        self.website <= ceiling.website
            && self.territory <= ceiling.territory
            && self.account_manager <= ceiling.account_manager
    }
}

/// How long it takes until what became of a write can be seen: a constant of each vendor.
///
/// A write whose answer was lost is looked up only after all of it. Too short, and a create that is still on its way is
/// taken for one that never arrived, and made a second time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Settling {
    /// A request is given up by us after this many milliseconds.
    pub timeout_ms: u64,
    /// The vendor may finish a request that was given up, and lists may show it, this many milliseconds later.
    pub lag_ms: u64,
}

impl Settling {
    /// What is assumed of a vendor that nothing is known of: a minute and a quarter of an hour.
    pub const UNKNOWN: Self = Self { timeout_ms: 60_000, lag_ms: 840_000 };

    /// A constant.
    #[must_use]
    pub const fn new(timeout: Duration, lag: Duration) -> Self {
        Self { timeout_ms: timeout.as_millis() as u64, lag_ms: lag.as_millis() as u64 }
    }

    /// The careful constant of a vendor that documents neither how long it works on a request nor when lists show its
    /// result: so long as is assumed of a vendor that nothing is known of, after the adapter's own timeout.
    #[must_use]
    pub const fn careful(timeout: Duration) -> Self {
        Self { timeout_ms: timeout.as_millis() as u64, lag_ms: Self::UNKNOWN.lag_ms }
    }

    /// How long a request may be under way before it is given up.
    #[must_use]
    pub const fn timeout(self) -> Duration {
        Duration::from_millis(self.timeout_ms)
    }

    /// How old a write must be before its absence counts.
    #[must_use]
    pub const fn grace(self) -> Duration {
        Duration::from_millis(self.timeout_ms.saturating_add(self.lag_ms))
    }
}

impl Default for Settling {
    fn default() -> Self {
        Self::UNKNOWN
    }
}

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

/// Room for e-mail addresses beside the primary one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum AlternateEmails {
    /// None.
    #[default]
    None,
    /// This many.
    Slots {
        /// How many.
        max: u8,
    },
    /// As many as wanted.
    Unbounded,
}

impl AlternateEmails {
    /// How many addresses fit; `None` for no bound.
    #[must_use]
    pub const fn room(self) -> Option<u8> {
        match self {
            Self::None => Some(0),
            Self::Slots { max } => Some(max),
            Self::Unbounded => None,
        }
    }
}

/// What can be done with the active status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActiveStatus {
    /// The PSA has none.
    #[default]
    Absent,
    /// It can be read.
    Readable,
    /// It can be read and written.
    Writable,
}

/// Custom fields on contacts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum CustomFields {
    /// None.
    #[default]
    None,
    /// Text, up to this many characters, and flags.
    Text {
        /// The longest text in characters.
        max_len: u32,
    },
}

/// Where the directory's id can be kept on the contact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AnchorStorage {
    /// Nowhere.
    #[default]
    None,
    /// In a custom field.
    CustomField,
    /// In the vendor's own field for foreign ids, and in a custom field.
    ExternalId,
}

/// How a lost update is noticed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Concurrency {
    /// By reading again before the write.
    #[default]
    ReadBeforeWrite,
    /// By a version tag that the vendor checks.
    VersionTag,
}

/// How the vendor takes an update.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UpdateStyle {
    /// The whole record; the adapter reads, merges and writes.
    #[default]
    Replace,
    /// Only what changes.
    Patch,
}

impl Capabilities {
    /// Nothing supported. Adapters raise what they can do, so forgetting something makes one weaker, never wrong.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            fields: BTreeMap::new(),
            alternate_emails: AlternateEmails::None,
            active_status: ActiveStatus::Absent,
            custom_fields: CustomFields::None,
            anchor_storage: AnchorStorage::None,
            company_custom_fields: false,
            company_details: CompanyDetails::NONE,
            concurrency: Concurrency::ReadBeforeWrite,
            update_style: UpdateStyle::Replace,
            idempotent_create: false,
            modified_since: false,
            quantities: Access::None,
            company_notes: false,
            settling: Settling::UNKNOWN,
        }
    }

    /// Everything supported without limits: what an offline folder assumes when it says nothing. Names are in two
    /// parts: a PSA that keeps them in one piece as well would be written twice.
    #[must_use]
    pub fn everything() -> Self {
        let mut all = Self::none();
        for name in ContactField::KNOWN {
            if let Ok(field) = name.parse::<ContactField>()
                && field != ContactField::Name
            {
                let compare = default_compare(&field);
                all.fields.insert(field, FieldRule::new(Access::ReadWrite).compare(compare));
            }
        }
        all.alternate_emails = AlternateEmails::Unbounded;
        all.active_status = ActiveStatus::Writable;
        all.custom_fields = CustomFields::Text { max_len: 4096 };
        all.anchor_storage = AnchorStorage::CustomField;
        all.company_custom_fields = true;
        all.company_details = CompanyDetails::ALL;
        all.update_style = UpdateStyle::Patch;
        all
    }

    /// The rule of a field; custom fields share one.
    #[must_use]
    pub fn rule(&self, field: &ContactField) -> FieldRule {
        if let Some(rule) = self.fields.get(field) {
            return *rule;
        }
        match self.custom_fields {
            CustomFields::Text { max_len } if field.open_name().is_some() => {
                FieldRule::new(Access::ReadWrite).max_len(max_len)
            }
            CustomFields::Text { .. } | CustomFields::None => FieldRule::new(Access::None),
        }
    }

    /// Whether every ability here is also in `ceiling`.
    #[must_use]
    pub fn within(&self, ceiling: &Self) -> bool {
        let fields = self.fields.iter().all(|(field, rule)| rule.access <= ceiling.rule(field).access);
        let alternates = match (self.alternate_emails.room(), ceiling.alternate_emails.room()) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(mine), Some(most)) => mine <= most,
        };
        let custom = match (self.custom_fields, ceiling.custom_fields) {
            (CustomFields::None, _) => true,
            (CustomFields::Text { .. }, CustomFields::None) => false,
            (CustomFields::Text { max_len: mine }, CustomFields::Text { max_len: most }) => mine <= most,
        };
        let anchor = match (self.anchor_storage, ceiling.anchor_storage) {
            (AnchorStorage::None, _) | (_, AnchorStorage::ExternalId) => true,
            (mine, most) => mine == most,
        };
        let concurrency = self.concurrency == Concurrency::ReadBeforeWrite
            || ceiling.concurrency == Concurrency::VersionTag;
        let update = self.update_style == UpdateStyle::Replace || ceiling.update_style == UpdateStyle::Patch;
        fields
            && alternates
            && custom
            && anchor
            && concurrency
            && update
            && self.active_status <= ceiling.active_status
            && self.company_custom_fields <= ceiling.company_custom_fields
            && self.company_details.within(ceiling.company_details)
            && self.idempotent_create <= ceiling.idempotent_create
            && self.modified_since <= ceiling.modified_since
            && self.quantities <= ceiling.quantities
            && self.company_notes <= ceiling.company_notes
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_field_keys_survive_json() {
        let mut capabilities = Capabilities::none();
        capabilities
            .fields
            .insert(ContactField::Custom("Entra ID".into()), FieldRule::new(Access::ReadWrite));
        let json = serde_json::to_string(&capabilities).unwrap();
        assert!(json.contains(r#""custom:Entra ID":{"access":"read_write""#), "{json}");
        assert_eq!(serde_json::from_str::<Capabilities>(&json).unwrap(), capabilities);
    }

    #[test]
    fn none_is_within_everything_and_not_the_other_way() {
        let (none, all) = (Capabilities::none(), Capabilities::everything());
        assert!(none.within(&all) && all.within(&all));
        assert!(!all.within(&none));
    }

    #[test]
    fn each_single_ability_beyond_the_ceiling_is_seen() {
        let ceiling = Capabilities::none();
        let raise: [fn(&mut Capabilities); 13] = [
            |c| {
                c.fields.insert(ContactField::Title, FieldRule::new(Access::Read));
            },
            |c| c.alternate_emails = AlternateEmails::Slots { max: 1 },
            |c| c.active_status = ActiveStatus::Readable,
            |c| c.custom_fields = CustomFields::Text { max_len: 1 },
            |c| c.anchor_storage = AnchorStorage::CustomField,
            |c| c.concurrency = Concurrency::VersionTag,
            |c| c.update_style = UpdateStyle::Patch,
            |c| c.modified_since = true,
            |c| c.company_details.website = true,
            |c| c.company_details.territory = true,
            |c| c.company_details.account_manager = true,
            |c| c.quantities = Access::Read,
            |c| c.company_notes = true,
        ];
        for (i, raise) in raise.iter().enumerate() {
            let mut one = Capabilities::none();
            raise(&mut one);
            assert!(!one.within(&ceiling), "ability {i}");
        }
    }
}
