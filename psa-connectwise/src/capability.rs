//! What ConnectWise can do at best, and what one instance can do now.

use crate::{
    custom::{Definitions, Kind, LONGEST_TEXT},
    items::ItemTypes,
    wire::FIXED_FIELD_NAMES,
};
use std::collections::BTreeMap;
use sync_core::{
    capability::{
        Access, ActiveStatus, AlternateEmails, AnchorStorage, Capabilities, CompanyDetails, Compare,
        Concurrency, CustomFields, FieldRule, UpdateStyle,
    },
    model::ContactField,
};

/// The longest value of a communication item (OpenAPI document, `maxLength`).
const ITEM_LENGTH: u32 = 250;

/// The longest value of `userDefinedField1` to `10` (OpenAPI document, `maxLength`).
const FIXED_FIELD_LENGTH: u32 = 50;

/// The longest note this adapter writes. The vendor does not document a limit.
const NOTE_LENGTH: u32 = 1000;

/// What ConnectWise PSA can do at best. Lengths are of the vendor's documents (OpenAPI 2017 and 2026.4).
#[must_use]
pub fn ceiling() -> Capabilities {
    let every_type = ItemTypes {
        email: Some(0),
        alternate_email: Some(0),
        alternates: None,
        business: Some(0),
        mobile: Some(0),
        fax: Some(0),
    };
    let mut ceiling = of(&every_type, None, true);
    ceiling.custom_fields = CustomFields::Text { max_len: LONGEST_TEXT };
    ceiling.company_custom_fields = true;
    ceiling.company_details = CompanyDetails::ALL;
    ceiling
}

/// What one instance can do, by its communication types and the custom fields it lets us see.
pub(crate) fn in_force(types: &ItemTypes, custom: &Definitions, notes: bool) -> Capabilities {
    of(types, Some(custom), notes)
}

fn of(types: &ItemTypes, custom: Option<&Definitions>, notes: bool) -> Capabilities {
    let mut capabilities = Capabilities::none();
    capabilities.fields = fields(types, notes);
    capabilities.alternate_emails = match types.alternate_email {
        Some(_) => AlternateEmails::Unbounded,
        None => AlternateEmails::None,
    };
    capabilities.active_status = ActiveStatus::Writable;
    // The ten fixed fields are always there, so there is always a place for the directory's id.
    capabilities.anchor_storage = AnchorStorage::CustomField;
    capabilities.company_custom_fields = true;
    capabilities.company_details = CompanyDetails::NONE.website(true).territory(true);
    capabilities.concurrency = Concurrency::ReadBeforeWrite;
    capabilities.update_style = UpdateStyle::Patch;
    capabilities.idempotent_create = false;
    capabilities.modified_since = true;
    capabilities.quantities = Access::ReadWrite;
    capabilities.company_notes = true;
    if let Some(custom) = custom.filter(|custom| !custom.is_empty()) {
        capabilities.custom_fields = CustomFields::Text { max_len: LONGEST_TEXT };
        for (caption, definition) in custom.iter() {
            let access = match definition {
                Some(d) if d.kind == Kind::Hidden => Access::None,
                Some(d) if d.read_only => Access::Read,
                Some(_) => continue,
                // Two of one caption: neither can be told from the other.
                None => Access::None,
            };
            capabilities.fields.insert(ContactField::Custom(caption.to_owned()), FieldRule::new(access));
        }
    }
    capabilities
}

fn fields(types: &ItemTypes, notes: bool) -> BTreeMap<ContactField, FieldRule> {
    let text = |max_len| FieldRule::new(Access::ReadWrite).max_len(max_len);
    let mut fields = BTreeMap::from([
        (ContactField::FirstName, text(30).required()),
        (ContactField::LastName, text(30)),
        (ContactField::Title, text(100)),
        (ContactField::AddressStreet, text(50)),
        (ContactField::AddressCity, text(50)),
        (ContactField::AddressState, text(50)),
        (ContactField::AddressPostalCode, text(12)),
        // References to tables of the instance; see the crate's documentation.
        (ContactField::Department, FieldRule::new(Access::Read)),
        (ContactField::AddressCountry, FieldRule::new(Access::Read)),
        (ContactField::ContactTypes, FieldRule::new(Access::ReadWrite)),
        (ContactField::Active, FieldRule::new(Access::ReadWrite)),
    ]);
    let writable = |slot: Option<i64>| if slot.is_some() { Access::ReadWrite } else { Access::Read };
    for (field, slot) in
        [(ContactField::Email, types.email), (ContactField::AlternateEmails, types.alternate_email)]
    {
        let rule = FieldRule::new(writable(slot)).max_len(ITEM_LENGTH).compare(Compare::IgnoreCase);
        fields.insert(field, rule);
    }
    for (field, slot) in [
        (ContactField::PhoneBusiness, types.business),
        (ContactField::PhoneMobile, types.mobile),
        (ContactField::PhoneFax, types.fax),
    ] {
        if slot.is_some() {
            fields.insert(field, text(ITEM_LENGTH).compare(Compare::PhoneDigits));
        }
    }
    if notes {
        fields.insert(ContactField::Note, text(NOTE_LENGTH));
    }
    for name in FIXED_FIELD_NAMES {
        fields.insert(ContactField::Custom(name.to_owned()), text(FIXED_FIELD_LENGTH));
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custom::Definition;

    #[test]
    fn an_instance_is_never_beyond_the_ceiling() {
        let mut custom = Definitions::default();
        custom.add("Office365Id", Definition { id: 1, kind: Kind::Text, read_only: false });
        custom.add("Vault", Definition { id: 2, kind: Kind::Hidden, read_only: false });
        let all = ItemTypes { email: Some(1), mobile: Some(2), ..ItemTypes::default() };
        for types in [ItemTypes::default(), all] {
            for custom in [&Definitions::default(), &custom] {
                for notes in [false, true] {
                    assert!(in_force(&types, custom, notes).within(&ceiling()));
                }
            }
        }
    }

    #[test]
    fn a_number_without_a_communication_type_is_not_there_at_all() {
        let none = in_force(&ItemTypes::default(), &Definitions::default(), false);
        for field in [ContactField::PhoneMobile, ContactField::PhoneBusiness, ContactField::Note] {
            assert_eq!(none.rule(&field).access, Access::None, "{field}");
        }
        assert_eq!(none.rule(&ContactField::Email).access, Access::Read);
        assert_eq!(none.custom_fields, CustomFields::None);
        assert_eq!(none.rule(&ContactField::Custom("userDefinedField10".into())).access, Access::ReadWrite);
    }

    #[test]
    fn a_field_that_cannot_be_told_apart_or_written_says_so() {
        let mut custom = Definitions::default();
        custom.add("Twice", Definition { id: 1, kind: Kind::Text, read_only: false });
        custom.add("Twice", Definition { id: 2, kind: Kind::Text, read_only: false });
        custom.add("Fixed", Definition { id: 3, kind: Kind::Text, read_only: true });
        let capabilities = in_force(&ItemTypes::default(), &custom, false);
        let access = |name: &str| capabilities.rule(&ContactField::Custom(name.into())).access;
        assert_eq!(
            (access("Twice"), access("Fixed"), access("Other")),
            (Access::None, Access::Read, Access::ReadWrite)
        );
    }
}
