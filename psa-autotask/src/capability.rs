//! What Autotask can do at best, and what one database can do now.

use crate::{
    udf::Definitions,
    wire::{self, contact},
};
use std::collections::BTreeMap;
use sync_core::{
    capability::{
        Access, ActiveStatus, AlternateEmails, AnchorStorage, Capabilities, CompanyDetails, Compare,
        Concurrency, CustomFields, FieldRule, UpdateStyle,
    },
    model::ContactField,
};

/// The longest text of a user-defined field (single line; developer help, read 2026-11).
const LONGEST_UDF: u32 = 8000;

/// The longest extension.
pub(crate) const LONGEST_EXTENSION: usize = 10;

/// Between a number and its extension.
const EXTENSION_MARK: usize = 2;

/// A neutral field that is one text of Autotask's: its name there, its usual length, whether a contact needs it.
pub(crate) struct Plain {
    pub(crate) field: ContactField,
    pub(crate) wire: &'static str,
    length: u32,
    required: bool,
    compare: Compare,
}

const fn plain(field: ContactField, wire: &'static str, length: u32) -> Plain {
    Plain { field, wire, length, required: false, compare: Compare::Exact }
}

impl Plain {
    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn compared(mut self, compare: Compare) -> Self {
        self.compare = compare;
        self
    }
}

/// The plain texts. Lengths are those of live field information; what the database itself says goes before them.
pub(crate) const PLAIN: [Plain; 13] = [
    plain(ContactField::FirstName, contact::FIRST_NAME, 50).required(),
    plain(ContactField::LastName, contact::LAST_NAME, 50).required(),
    plain(ContactField::Title, contact::TITLE, 50),
    plain(ContactField::Email, contact::EMAIL, 254).compared(Compare::IgnoreCase),
    plain(ContactField::PhoneMobile, contact::MOBILE, 25).compared(Compare::PhoneDigits),
    plain(ContactField::PhoneFax, contact::FAX, 25).compared(Compare::PhoneDigits),
    plain(ContactField::AddressStreet, contact::STREET, 128),
    plain(ContactField::AddressCity, contact::CITY, 32),
    plain(ContactField::AddressState, contact::STATE, 40),
    plain(ContactField::AddressPostalCode, contact::POSTAL_CODE, 16),
    plain(ContactField::Office, contact::ROOM, 50),
    plain(ContactField::Note, contact::NOTE, 50),
    plain(ContactField::ExternalId, contact::EXTERNAL_ID, 50),
];

/// The native fields of contacts by name, as the database describes them.
pub(crate) type Native = BTreeMap<String, wire::Field>;

/// What Autotask PSA can do at best.
#[must_use]
pub fn ceiling() -> Capabilities {
    let mut ceiling = in_force(&Native::new(), &Definitions::new(), true);
    ceiling.custom_fields = CustomFields::Text { max_len: LONGEST_UDF };
    ceiling
}

/// What one database can do, by its fields. `countries` says that their names are known.
pub(crate) fn in_force(native: &Native, udfs: &Definitions, countries: bool) -> Capabilities {
    let mut capabilities = Capabilities::none();
    let about = |name: &str| Described::of(native, name);
    for Plain { field, wire, length, required, compare } in PLAIN {
        let described = about(wire);
        let mut rule =
            FieldRule::new(described.access).max_len(described.length.unwrap_or(length)).compare(compare);
        rule.required = rule.access == Access::ReadWrite && (required || described.required);
        insert(&mut capabilities, field, rule);
    }
    phone(&mut capabilities, &about(contact::PHONE), &about(contact::EXTENSION));
    let slots: Vec<Described> = contact::ALTERNATES.iter().map(|slot| about(slot)).collect();
    let writable = slots.iter().filter(|slot| slot.access == Access::ReadWrite).count();
    let shortest = slots.iter().filter_map(|slot| slot.length).min().unwrap_or(254);
    // Both or none: a slot that cannot be written could not be told from one that is full.
    let access = if writable == slots.len() { Access::ReadWrite } else { Access::None };
    let rule = FieldRule::new(access).max_len(shortest).compare(Compare::IgnoreCase);
    insert(&mut capabilities, ContactField::AlternateEmails, rule);
    if access == Access::ReadWrite {
        capabilities.alternate_emails =
            AlternateEmails::Slots { max: u8::try_from(slots.len()).unwrap_or(2) };
    }
    let country = if countries { about(contact::COUNTRY).access } else { Access::None };
    let rule = FieldRule::new(country).compare(Compare::IgnoreCase);
    insert(&mut capabilities, ContactField::AddressCountry, rule);
    let active = about(contact::ACTIVE).access;
    insert(&mut capabilities, ContactField::Active, FieldRule::new(active));
    capabilities.active_status = match active {
        Access::ReadWrite => ActiveStatus::Writable,
        Access::Read => ActiveStatus::Readable,
        Access::None => ActiveStatus::Absent,
    };
    for (name, definition) in udfs {
        let access = if definition.read_only { Access::Read } else { Access::ReadWrite };
        let mut rule = FieldRule::new(access);
        rule.max_len = definition.max_len;
        insert(&mut capabilities, ContactField::Custom(name.clone()), rule);
    }
    capabilities.anchor_storage = match capabilities.rule(&ContactField::ExternalId).access {
        Access::ReadWrite => AnchorStorage::ExternalId,
        Access::Read | Access::None if udfs.values().any(|udf| !udf.read_only) => AnchorStorage::CustomField,
        Access::Read | Access::None => AnchorStorage::None,
    };
    capabilities.company_custom_fields = true;
    capabilities.company_details = CompanyDetails::ALL;
    capabilities.concurrency = Concurrency::ReadBeforeWrite;
    capabilities.update_style = UpdateStyle::Patch;
    capabilities.idempotent_create = false;
    // Whether an edit of user-defined fields alone moves the date is not confirmed.
    capabilities.modified_since = false;
    capabilities.quantities = Access::ReadWrite;
    capabilities
}

fn insert(capabilities: &mut Capabilities, field: ContactField, rule: FieldRule) {
    if rule.access > Access::None {
        capabilities.fields.insert(field, rule);
    }
}

/// Number and extension are two fields there and one text here.
fn phone(capabilities: &mut Capabilities, number: &Described, extension: &Described) {
    let access = number.access.min(extension.access);
    let room = LONGEST_EXTENSION.saturating_add(EXTENSION_MARK);
    let length = number.length.unwrap_or(25).saturating_add(u32::try_from(room).unwrap_or(0));
    let rule = FieldRule::new(access).max_len(length).compare(Compare::PhoneDigits);
    insert(capabilities, ContactField::PhoneBusiness, rule);
}

/// What the database says of one of its fields.
struct Described {
    access: Access,
    length: Option<u32>,
    required: bool,
}

impl Described {
    /// Without any description, the usual is assumed.
    fn of(native: &Native, name: &str) -> Self {
        let Some(field) = native.get(name) else {
            let access = if native.is_empty() { Access::ReadWrite } else { Access::None };
            return Self { access, length: None, required: false };
        };
        let access = if field.is_read_only == Some(true) { Access::Read } else { Access::ReadWrite };
        let length = field.length.filter(|length| *length > 0);
        Self { access, length, required: field.is_required == Some(true) }
    }
}

/// The names of native fields that a new contact needs and this adapter never writes.
pub(crate) fn required_and_unknown(native: &Native) -> Vec<&str> {
    let ours = |name: &str| {
        let known = [contact::ACTIVE, contact::COMPANY, contact::PHONE, contact::EXTENSION, contact::COUNTRY];
        known.contains(&name)
            || contact::ALTERNATES.contains(&name)
            || PLAIN.iter().any(|plain| plain.wire == name)
    };
    let needed = |field: &wire::Field| field.is_required == Some(true) && field.is_read_only != Some(true);
    let names = native.iter().filter(|(name, field)| needed(field) && !ours(name) && *name != "id");
    names.map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::udf::{Definition, Kind};

    fn described(change: impl Fn(&mut Native)) -> Native {
        let names = PLAIN.into_iter().map(|plain| plain.wire).chain(contact::ALTERNATES);
        let others = [contact::PHONE, contact::EXTENSION, contact::COUNTRY, contact::ACTIVE];
        let field = |name: &str| wire::Field { name: Some(name.into()), ..wire::Field::default() };
        let mut native: Native = names.chain(others).map(|name| (name.to_owned(), field(name))).collect();
        change(&mut native);
        native
    }

    fn udf(read_only: bool) -> Definition {
        Definition { kind: Kind::Text, read_only, max_len: Some(100) }
    }

    #[test]
    fn a_database_is_never_beyond_the_ceiling() {
        let udfs = Definitions::from([("Office365Id".into(), udf(false)), ("Vault".into(), udf(true))]);
        for native in [Native::new(), described(|_| {}), described(|n| drop(n.remove("externalID")))] {
            for udfs in [&Definitions::new(), &udfs] {
                for countries in [false, true] {
                    assert!(in_force(&native, udfs, countries).within(&ceiling()));
                }
            }
        }
    }

    #[test]
    fn what_the_database_says_of_a_field_goes_before_the_usual() {
        let native = described(|native| {
            native.get_mut("title").unwrap().length = Some(20);
            native.get_mut("city").unwrap().is_read_only = Some(true);
            native.get_mut("emailAddress").unwrap().is_required = Some(true);
            native.remove("emailAddress3");
            native.remove("note");
        });
        let capabilities = in_force(&native, &Definitions::new(), true);
        let rule = |field: ContactField| capabilities.rule(&field);
        assert_eq!(rule(ContactField::Title).max_len, Some(20));
        assert_eq!(rule(ContactField::AddressCity).access, Access::Read);
        assert!(rule(ContactField::Email).required && rule(ContactField::FirstName).required);
        assert_eq!(
            (rule(ContactField::Note).access, capabilities.alternate_emails),
            (Access::None, AlternateEmails::None)
        );
    }

    #[test]
    fn a_user_defined_field_that_is_not_there_cannot_be_written() {
        let udfs = Definitions::from([("Office365Id".into(), udf(false)), ("Vault".into(), udf(true))]);
        let capabilities = in_force(&Native::new(), &udfs, true);
        let access = |name: &str| capabilities.rule(&ContactField::Custom(name.into())).access;
        assert_eq!(
            (access("Office365Id"), access("Vault"), access("office365id")),
            (Access::ReadWrite, Access::Read, Access::None)
        );
    }

    #[test]
    fn the_directory_id_goes_where_there_is_a_place() {
        let native = described(|native| native.get_mut("externalID").unwrap().is_read_only = Some(true));
        let storage = |udfs: &Definitions| in_force(&native, udfs, true).anchor_storage;
        assert_eq!(storage(&Definitions::new()), AnchorStorage::None);
        assert_eq!(storage(&Definitions::from([("Id".into(), udf(false))])), AnchorStorage::CustomField);
        assert_eq!(
            in_force(&Native::new(), &Definitions::new(), true).anchor_storage,
            AnchorStorage::ExternalId
        );
    }

    #[test]
    fn a_required_field_that_nobody_here_writes_is_known() {
        let native = described(|native| {
            let field = wire::Field { is_required: Some(true), ..wire::Field::default() };
            native.insert("companyLocationID".into(), field.clone());
            native.insert("firstName".into(), field);
        });
        assert_eq!(required_and_unknown(&native), ["companyLocationID"]);
    }
}
