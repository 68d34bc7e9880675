//! What BMS can do at best, and what one tenant can do now.

use crate::{
    lookups::Module,
    map::{LONGEST_ITEM, LONGEST_NAME, LONGEST_TITLE, slots},
    types::ItemTypes,
};
use std::collections::BTreeMap;
use sync_core::{
    capability::{
        Access, ActiveStatus, AlternateEmails, AnchorStorage, Capabilities, CompanyDetails, Compare,
        Concurrency, CustomFields, FieldRule, UpdateStyle,
    },
    model::ContactField,
};

/// What Kaseya BMS and Pulseway PSA can do at best; for documentation and tests.
#[must_use]
pub fn ceiling() -> Capabilities {
    let types = ItemTypes { email: 1, business: 1, mobile: Some(2), fax: Some(3) };
    let mut capabilities = basics(&types, false);
    capabilities.custom_fields = CustomFields::Text { max_len: crate::custom::LONGEST_TEXT };
    capabilities.anchor_storage = AnchorStorage::CustomField;
    capabilities.company_custom_fields = true;
    capabilities
}

/// What this tenant can do.
pub(crate) fn in_force(
    types: &ItemTypes,
    contacts: &Module,
    accounts: &Module,
    phone_required: bool,
) -> Capabilities {
    let mut capabilities = basics(types, phone_required);
    capabilities.company_custom_fields = !accounts.definitions.is_empty();
    if contacts.definitions.is_empty() {
        return capabilities;
    }
    let max_len = crate::custom::LONGEST_TEXT;
    capabilities.custom_fields = CustomFields::Text { max_len };
    capabilities.anchor_storage = AnchorStorage::CustomField;
    for (name, definition) in contacts.definitions.iter() {
        let rule = match definition {
            Some(definition) if definition.required => {
                FieldRule::new(Access::ReadWrite).max_len(max_len).required()
            }
            Some(_) => continue,
            // Two of one name: neither can be told from the other.
            None => FieldRule::new(Access::None),
        };
        capabilities.fields.insert(ContactField::Custom(name.to_owned()), rule);
    }
    capabilities
}

fn basics(types: &ItemTypes, phone_required: bool) -> Capabilities {
    let text = |max_len| FieldRule::new(Access::ReadWrite).max_len(max_len);
    let mut fields = BTreeMap::from([
        (ContactField::FirstName, text(LONGEST_NAME).required()),
        (ContactField::LastName, text(LONGEST_NAME).required()),
        (ContactField::Title, text(LONGEST_TITLE)),
        (ContactField::Email, text(LONGEST_ITEM).compare(Compare::IgnoreCase)),
        (ContactField::AlternateEmails, text(LONGEST_ITEM).compare(Compare::IgnoreCase)),
        (ContactField::Active, FieldRule::new(Access::ReadWrite)),
        // The name of the contact's location.
        (ContactField::Office, FieldRule::new(Access::Read)),
    ]);
    fields.extend(slots(types).map(|(_, field)| (field, text(LONGEST_ITEM).compare(Compare::PhoneDigits))));
    if phone_required && let Some(rule) = fields.get_mut(&ContactField::PhoneBusiness) {
        rule.required = true;
    }
    let mut capabilities = Capabilities::none();
    capabilities.fields = fields;
    capabilities.alternate_emails = AlternateEmails::Unbounded;
    capabilities.active_status = ActiveStatus::Writable;
    // BMS has no territories.
    capabilities.company_details = CompanyDetails::NONE.website(true).account_manager(true);
    capabilities.concurrency = Concurrency::ReadBeforeWrite;
    capabilities.update_style = UpdateStyle::Patch;
    capabilities.idempotent_create = false;
    // A filter exists, but whether a change to an address, a number or a custom value moves a contact's date is not
    // known: a read of changes could miss the very field that protects a contact.
    capabilities.modified_since = false;
    // Lines are told, their units are not.
    capabilities.quantities = Access::Read;
    capabilities
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::custom::Definitions;
    use serde_json::json;

    fn module() -> Module {
        let rows = json!([
            {"id": 1, "name": "Office365Id"}, {"id": 2, "name": "Twice"}, {"id": 3, "name": "Twice"},
            {"id": 4, "name": "Cost Centre", "isRequired": true},
        ]);
        Module { definitions: Definitions::new(serde_json::from_value(rows).unwrap()), ..Module::default() }
    }

    #[test]
    fn a_tenant_is_never_beyond_the_ceiling() {
        for mobile in [None, Some(2)] {
            let types = ItemTypes { email: 1, business: 1, mobile, fax: None };
            for contacts in [Module::default(), module()] {
                for accounts in [Module::default(), module()] {
                    for phone_required in [false, true] {
                        assert!(in_force(&types, &contacts, &accounts, phone_required).within(&ceiling()));
                    }
                }
            }
        }
    }

    #[test]
    fn what_this_tenant_lacks_is_not_claimed() {
        let types = ItemTypes { email: 1, business: 1, mobile: None, fax: None };
        let bare = in_force(&types, &Module::default(), &Module::default(), false);
        assert_eq!(bare.rule(&ContactField::PhoneMobile).access, Access::None);
        assert_eq!((bare.custom_fields, bare.anchor_storage), (CustomFields::None, AnchorStorage::None));
        assert!(!bare.company_custom_fields && !bare.rule(&ContactField::PhoneBusiness).required);
    }

    #[test]
    fn required_and_ambiguous_custom_fields_say_so() {
        let types = ItemTypes { email: 1, business: 1, mobile: None, fax: None };
        let all = in_force(&types, &module(), &Module::default(), true);
        let rule = |name: &str| all.rule(&ContactField::Custom(name.into()));
        assert_eq!(rule("Twice").access, Access::None);
        assert!(rule("Cost Centre").required && !rule("Office365Id").required);
        assert!(all.rule(&ContactField::PhoneBusiness).required);
    }
}
