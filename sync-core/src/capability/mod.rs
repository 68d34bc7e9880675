//! What a PSA instance can do. Data, not behaviour: serialized, compared, and hashed into plans.

mod companies;
mod field;
mod kinds;
mod settling;

pub use companies::CompanyDetails;
pub use field::{Access, Compare, FieldRule, default_compare};
pub use kinds::{ActiveStatus, AlternateEmails, AnchorStorage, Concurrency, CustomFields, UpdateStyle};
pub use settling::Settling;

use crate::model::ContactField;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
