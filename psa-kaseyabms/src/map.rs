//! BMS records to neutral ones and back. Pure.

use crate::{
    custom::{self, Definitions, Encoded},
    items::{self, ItemChanges, Slot},
    types::ItemTypes,
    wire::{self, CustomValue, PatchOp},
};
use std::collections::BTreeMap;
use sync_core::model::{
    Company, CompanyId, Contact, ContactField, ContactId, FieldSet, FieldValue, VersionTag,
};

/// The longest texts that are sent. The vendor documents none; these are on the safe side.
pub(crate) const LONGEST_NAME: u32 = 50;
/// As [`LONGEST_NAME`].
pub(crate) const LONGEST_TITLE: u32 = 100;
/// As [`LONGEST_NAME`].
pub(crate) const LONGEST_ITEM: u32 = 100;

/// One plain text field: its neutral name, its property, its longest text, and how to read it.
struct Plain {
    field: ContactField,
    property: &'static str,
    longest: u32,
    read: fn(&wire::Contact) -> Option<&str>,
}

const PLAIN: [Plain; 3] = [
    Plain {
        field: ContactField::FirstName,
        property: "FirstName",
        longest: LONGEST_NAME,
        read: |c| c.first_name.as_deref(),
    },
    Plain {
        field: ContactField::LastName,
        property: "LastName",
        longest: LONGEST_NAME,
        read: |c| c.last_name.as_deref(),
    },
    Plain {
        field: ContactField::Title,
        property: "JobTitle",
        longest: LONGEST_TITLE,
        read: |c| c.job_title.as_deref(),
    },
];

/// How BMS marks a record that its own sync has put aside.
const ARCHIVED: &str = "_archived";

/// Whether an address or a user name is that of a record put aside.
pub(crate) fn is_archived(text: &str) -> bool {
    text.trim().to_ascii_lowercase().ends_with(ARCHIVED)
}

/// A contact as this adapter reads it. `custom` are its custom values, where they were read.
pub(crate) fn contact(
    record: &wire::Contact,
    types: &ItemTypes,
    custom: Option<(&[CustomValue], &Definitions)>,
) -> Contact {
    let mut fields = FieldSet::new();
    for Plain { field, read, .. } in PLAIN {
        fields.insert(field, text(read(record)));
    }
    if let Some(active) = record.is_active {
        fields.insert(ContactField::Active, FieldValue::Flag(active));
    }
    fields.insert(ContactField::Office, text(record.location_name.as_deref()));
    let emails = items::from_emails(record.emails.as_deref());
    let (primary, others) = items::addresses(&emails);
    fields.insert(ContactField::Email, text(primary));
    fields.insert(ContactField::AlternateEmails, list(&others));
    let phones = items::from_phones(record.phones.as_deref());
    for (slot, field) in slots(types) {
        let number = items::number(&phones, slot, types);
        fields.insert(field, text(number.map(|item| item.value.as_str())));
    }
    if let Some((values, known)) = custom {
        let values = custom::read(values, known).into_iter();
        fields.extend(values.map(|(name, value)| (ContactField::Custom(name), value)));
    }
    let company = record.account_id.filter(|id| *id != 0).map(|id| CompanyId::new(id.to_string()));
    let mut contact = Contact::new(ContactId::new(record.id.to_string()), CompanyId::new(""));
    contact.company = company;
    contact.fields = fields;
    contact.protected = record.is_poc == Some(true)
        || record.can_recieve_invoices == Some(true)
        || emails.iter().any(|item| is_archived(&item.value));
    contact.version = version(record);
    contact
}

/// The numbers that this tenant can tell apart.
pub(crate) fn slots(types: &ItemTypes) -> impl Iterator<Item = (Slot, ContactField)> {
    [
        Some((Slot::Business, ContactField::PhoneBusiness)),
        types.mobile.map(|_| (Slot::Mobile, ContactField::PhoneMobile)),
        types.fax.map(|_| (Slot::Fax, ContactField::PhoneFax)),
    ]
    .into_iter()
    .flatten()
}

/// The moment of the last change, which stands in for the version tag that BMS does not have.
pub(crate) fn version(record: &wire::Contact) -> Option<VersionTag> {
    record.modified_on.as_deref().map(VersionTag::new)
}

/// A company as this adapter reads it.
pub(crate) fn company(record: &wire::Account, custom: Option<(&[CustomValue], &Definitions)>) -> Company {
    let name = record.account_name.clone().unwrap_or_default();
    let mut company = Company::new(CompanyId::new(record.id.to_string()), name);
    company.active = record.is_active != Some(false);
    company.website = record.website.clone().filter(|text| !text.trim().is_empty());
    company.account_manager = record.account_manager_user_name.clone().filter(|name| !name.trim().is_empty());
    if let Some((values, known)) = custom {
        company.custom_fields = custom::read(values, known);
    }
    company
}

fn text(value: Option<&str>) -> FieldValue {
    value.map_or(FieldValue::Empty, |value| FieldValue::text(value.trim()))
}

fn list(items: &[&str]) -> FieldValue {
    if items.is_empty() {
        FieldValue::Empty
    } else {
        FieldValue::List(items.iter().map(|item| (*item).to_owned()).collect())
    }
}

/// A field that cannot be written as asked; nothing has been sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) field: ContactField,
    pub(crate) reason: &'static str,
    /// The content is at fault, not the ability.
    pub(crate) content: bool,
}

impl Refused {
    fn unable(field: &ContactField, reason: &'static str) -> Self {
        Self { field: field.clone(), reason, content: false }
    }

    pub(crate) fn content(field: ContactField, reason: &'static str) -> Self {
        Self { field, reason, content: true }
    }
}

/// A write taken apart by the way it reaches BMS. Every field of the set is in exactly one part.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Write {
    /// Texts by their property; an empty text clears.
    pub(crate) texts: BTreeMap<&'static str, String>,
    pub(crate) active: Option<bool>,
    pub(crate) items: ItemChanges,
    pub(crate) custom: Vec<Encoded>,
}

const NOT_WRITABLE: &str = "BMS contacts do not have it";
const NOT_CONFIGURED: &str = "no type of numbers stands for it; set its name or number in the configuration";
const TOO_LONG: &str = "the text is longer than what is sent to BMS";
const REQUIRED: &str = "BMS requires it, so it cannot be cleared";

impl Write {
    /// Takes a set of fields apart.
    ///
    /// # Errors
    /// The first field that this tenant cannot take.
    pub(crate) fn new(fields: &FieldSet, types: &ItemTypes, known: &Definitions) -> Result<Self, Refused> {
        let mut write = Self::default();
        for (field, value) in fields {
            write.take(field, value, types, known)?;
        }
        Ok(write)
    }

    fn take(
        &mut self,
        field: &ContactField,
        value: &FieldValue,
        types: &ItemTypes,
        known: &Definitions,
    ) -> Result<(), Refused> {
        if let Some(Plain { property, longest, .. }) = PLAIN.iter().find(|plain| plain.field == *field) {
            let text = one_text(field, value, *longest)?;
            if *field != ContactField::Title && text.is_empty() {
                return Err(Refused::content(field.clone(), REQUIRED));
            }
            self.texts.insert(property, text);
            return Ok(());
        }
        let slot = |type_id: Option<i64>| {
            type_id.ok_or_else(|| Refused::unable(field, NOT_CONFIGURED))?;
            one_text(field, value, LONGEST_ITEM)
        };
        match field {
            ContactField::Active => match value {
                FieldValue::Flag(active) => self.active = Some(*active),
                FieldValue::Empty | FieldValue::Text(_) | FieldValue::List(_) | _ => {
                    return Err(Refused::unable(field, "it takes a flag"));
                }
            },
            ContactField::Email => self.items.email = Some(one_text(field, value, LONGEST_ITEM)?),
            ContactField::AlternateEmails => self.items.alternates = Some(texts(field, value)?),
            ContactField::PhoneBusiness => self.items.business = Some(slot(Some(types.business))?),
            ContactField::PhoneMobile => self.items.mobile = Some(slot(types.mobile)?),
            ContactField::PhoneFax => self.items.fax = Some(slot(types.fax)?),
            ContactField::Custom(name) => {
                let encoded = custom::encode(known, name, value);
                self.custom.push(encoded.map_err(|unfit| Refused::unable(field, unfit.reason()))?);
            }
            // The plain ones were taken above.
            ContactField::FirstName
            | ContactField::LastName
            | ContactField::Title
            | ContactField::Department
            | ContactField::AddressStreet
            | ContactField::AddressCity
            | ContactField::AddressState
            | ContactField::AddressPostalCode
            | ContactField::AddressCountry
            | ContactField::Office
            | ContactField::Username
            | ContactField::ContactTypes
            | ContactField::Photo
            | ContactField::Note
            | ContactField::ExternalId
            | _ => return Err(Refused::unable(field, NOT_WRITABLE)),
        }
        Ok(())
    }

    /// Every address that would be written.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &str> {
        let ItemChanges { email, alternates, .. } = &self.items;
        email.iter().chain(alternates.iter().flatten()).map(String::as_str)
    }

    /// The body of a create: everything but title and active status, which a create does not take.
    ///
    /// # Errors
    /// A name that is missing.
    pub(crate) fn new_contact(
        &self,
        account_id: i64,
        location_id: i64,
        types: &ItemTypes,
    ) -> Result<wire::NewContact, Refused> {
        let name = |field: ContactField, property: &str| {
            let text = self.texts.get(property).filter(|text| !text.is_empty());
            text.cloned().ok_or_else(|| Refused::content(field, "BMS requires it for a new contact"))
        };
        let made = |ops: Vec<items::Op>| items::apply(&[], &ops);
        let emails = made(items::email_ops(&[], &self.items, types)).into_iter().map(|item| wire::NewEmail {
            email_address: item.value,
            email_type_id: item.type_id,
            is_default: item.default,
        });
        let phones = made(items::phone_ops(&[], &self.items, types)).into_iter().map(|item| wire::NewPhone {
            phone_number: item.value,
            phone_type_id: item.type_id,
            is_default: item.default,
        });
        let custom = self.custom.iter().filter(|encoded| !encoded.text.is_empty()).cloned();
        Ok(wire::NewContact {
            first_name: name(ContactField::FirstName, "FirstName")?,
            last_name: name(ContactField::LastName, "LastName")?,
            account_id,
            location_id,
            emails: emails.collect(),
            phones: phones.collect(),
            custom_fields_data: custom.map(Encoded::for_create).collect(),
        })
    }

    /// The operations of the PATCH that a create needs after it.
    pub(crate) fn after_create(&self) -> Vec<PatchOp> {
        let title = self.texts.get("JobTitle").filter(|title| !title.is_empty());
        let title = title.map(|title| PatchOp::replace("JobTitle", title.as_str()));
        let inactive =
            self.active.filter(|active| !active).map(|active| PatchOp::replace("IsActive", active));
        title.into_iter().chain(inactive).collect()
    }

    /// The operations that bring names, title and active status to what is wanted; none where they are so already.
    pub(crate) fn patch(&self, record: &wire::Contact) -> Vec<PatchOp> {
        let mut operations = Vec::new();
        for Plain { property, read, .. } in PLAIN {
            if let Some(wanted) = self.texts.get(property)
                && read(record).unwrap_or_default().trim() != wanted
            {
                operations.push(PatchOp::replace(property, wanted.as_str()));
            }
        }
        if let Some(active) = self.active.filter(|active| record.is_active != Some(*active)) {
            operations.push(PatchOp::replace("IsActive", active));
        }
        operations
    }
}

fn one_text(field: &ContactField, value: &FieldValue, longest: u32) -> Result<String, Refused> {
    let text = match value {
        FieldValue::Empty => String::new(),
        FieldValue::Text(text) => text.trim().to_owned(),
        FieldValue::Flag(_) | FieldValue::List(_) | _ => {
            return Err(Refused::unable(field, "it takes a text"));
        }
    };
    fits(field, text, longest)
}

fn texts(field: &ContactField, value: &FieldValue) -> Result<Vec<String>, Refused> {
    let items = match value {
        FieldValue::Empty => Vec::new(),
        FieldValue::Text(text) => vec![text.trim().to_owned()],
        FieldValue::List(items) => items.clone(),
        FieldValue::Flag(_) | _ => return Err(Refused::unable(field, "it takes a list of texts")),
    };
    items.into_iter().map(|item| fits(field, item, LONGEST_ITEM)).collect()
}

fn fits(field: &ContactField, text: String, longest: u32) -> Result<String, Refused> {
    if text.chars().count() > longest as usize {
        return Err(Refused::content(field.clone(), TOO_LONG));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const TYPES: ItemTypes = ItemTypes { email: 1, business: 1, mobile: Some(2), fax: None };

    fn record() -> wire::Contact {
        let record = json!({
            "Id": 42, "AccountId": 100, "LocationId": 7, "LocationName": "Head Office", "FirstName": "Ada",
            "LastName": "Byron", "JobTitle": " Engineer ", "IsPoc": false, "IsActive": true, "ModifiedOn": "2026-01-02T03:04:05",
            "CanRecieveInvoices": false,
            "Emails": [
                {"EmailAddress": "ada@home.example.com", "EmailTypeId": 2, "IsDefault": false},
                {"EmailAddress": "ada@example.com", "EmailTypeId": 1, "IsDefault": true},
            ],
            "Phones": [{"Phone": "+1 555 0100", "PhoneTypeId": 2, "IsDefault": true}],
        });
        serde_json::from_value(wire::fold(record)).unwrap()
    }

    fn value<'a>(contact: &'a Contact, name: &str) -> Option<&'a FieldValue> {
        contact.fields.get(&name.parse().unwrap())
    }

    #[test]
    fn every_field_of_a_record_is_read() {
        let contact = contact(&record(), &TYPES, None);
        assert_eq!(
            (contact.id.as_str(), contact.company.as_ref().map(CompanyId::as_str)),
            ("42", Some("100"))
        );
        for (name, expected) in [
            ("first_name", FieldValue::from("Ada")),
            ("last_name", "Byron".into()),
            ("title", "Engineer".into()),
            ("email", "ada@example.com".into()),
            ("alternate_emails", FieldValue::List(vec!["ada@home.example.com".into()])),
            ("phone_business", FieldValue::Empty),
            ("phone_mobile", "+1 555 0100".into()),
            ("office", "Head Office".into()),
            ("active", true.into()),
        ] {
            assert_eq!(value(&contact, name), Some(&expected), "{name}");
        }
        assert_eq!(
            (contact.protected, contact.version),
            (false, Some(VersionTag::new("2026-01-02T03:04:05")))
        );
        assert_eq!(contact.fields.get(&ContactField::PhoneFax), None, "no type stands for it");
    }

    #[test]
    fn special_and_archived_contacts_are_protected() {
        let spoil: [fn(&mut wire::Contact); 3] = [
            |c| c.is_poc = Some(true),
            |c| c.can_recieve_invoices = Some(true),
            |c| c.emails.as_mut().unwrap()[1].email_address = Some("ada@example.com_Archived".into()),
        ];
        for (i, spoil) in spoil.iter().enumerate() {
            let mut record = record();
            spoil(&mut record);
            assert!(contact(&record, &TYPES, None).protected, "case {i}");
        }
    }

    #[test]
    fn what_was_not_told_is_missing_and_not_a_guess() {
        let record: wire::Contact = serde_json::from_value(json!({"id": 1})).unwrap();
        let contact = contact(&record, &TYPES, None);
        assert_eq!((contact.active(), contact.company, contact.version), (None, None, None));
    }

    #[test]
    fn only_what_differs_is_patched() {
        let fields: FieldSet =
            [("first_name", FieldValue::from("Ada")), ("title", "Chief".into()), ("active", false.into())]
                .map(|(name, value)| (name.parse().unwrap(), value))
                .into();
        let write = Write::new(&fields, &TYPES, &Definitions::default()).unwrap();
        assert_eq!(
            write.patch(&record()),
            [PatchOp::replace("JobTitle", "Chief"), PatchOp::replace("IsActive", false)]
        );
        assert_eq!(
            write.after_create(),
            [PatchOp::replace("JobTitle", "Chief"), PatchOp::replace("IsActive", false)]
        );
    }

    #[test]
    fn what_bms_cannot_take_is_refused_and_says_why() {
        for (name, value, content) in [
            ("department", FieldValue::from("x"), false),
            ("phone_fax", "x".into(), false),
            ("contact_types", FieldValue::List(vec!["x".into()]), false),
            ("office", "x".into(), false),
            ("custom:Nothing", "x".into(), false),
            ("title", FieldValue::Flag(true), false),
            ("last_name", FieldValue::Empty, true),
            ("first_name", "x".repeat(51).into(), true),
            ("email", "x".repeat(101).into(), true),
        ] {
            let fields = FieldSet::from([(name.parse().unwrap(), value)]);
            let refused = Write::new(&fields, &TYPES, &Definitions::default()).unwrap_err();
            assert_eq!((refused.field.to_string(), refused.content), (name.to_owned(), content));
        }
    }

    #[test]
    fn a_create_holds_everything_that_it_can_take() {
        let fields: FieldSet = [
            ("first_name", FieldValue::from("Ada")),
            ("last_name", "Byron".into()),
            ("title", "Engineer".into()),
            ("email", "ada@example.com".into()),
            ("alternate_emails", FieldValue::List(vec!["a2@example.com".into()])),
            ("phone_business", "+1 1".into()),
            ("phone_mobile", "+1 2".into()),
        ]
        .map(|(name, value)| (name.parse().unwrap(), value))
        .into();
        let write = Write::new(&fields, &TYPES, &Definitions::default()).unwrap();
        let body = serde_json::to_value(write.new_contact(100, 7, &TYPES).unwrap()).unwrap();
        assert_eq!(
            body,
            json!({
                "FirstName": "Ada", "LastName": "Byron", "AccountId": 100, "LocationId": 7,
                "Emails": [
                    {"EmailAddress": "ada@example.com", "EmailTypeId": 1, "IsDefault": true},
                    {"EmailAddress": "a2@example.com", "EmailTypeId": 1, "IsDefault": false},
                ],
                "Phones": [
                    {"PhoneNumber": "+1 1", "PhoneTypeId": 1, "IsDefault": true},
                    {"PhoneNumber": "+1 2", "PhoneTypeId": 2, "IsDefault": false},
                ],
            })
        );
    }
}
