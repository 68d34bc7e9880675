//! One user object of a listing, read in place: texts borrow from the page.

use super::{
    AssignedLicense, Property, Text,
    items::{Items, Refill, Refilled as _},
};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;
use std::{collections::BTreeMap, fmt};

/// Declares the object, and reads it property by property. A derived reader cannot both borrow texts and keep what it
/// does not know: it would copy every property of every user first.
macro_rules! user {
    ($($(#[$meta:meta])* $field:ident: $kind:ty = $name:literal),* $(,)?) => {
        /// One user object of a listing.
        #[derive(Default)]
        pub(crate) struct User<'a> {
            pub(crate) id: Text<'a>,
            $($(#[$meta])* pub(crate) $field: $kind,)*
            /// Everything else, of which only directory extensions (`extension_<app id>_<name>`) are looked at.
            pub(crate) other: BTreeMap<String, Value>,
        }

        /// The properties that are known.
        #[derive(Clone, Copy)]
        #[allow(non_camel_case_types, reason = "named like the fields they fill")]
        enum Known { id, $($field,)* }

        /// Their names, in the order in which a listing selects them and Graph writes them.
        const NAMES: &[(&str, Known)] = &[("id", Known::id), $(($name, Known::$field),)*];

        impl<'de: 'a, 'a> de::Visitor<'de> for ReadUser<'_, 'a> {
            type Value = ();

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a user object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
                let Self(user) = self;
                user.id = Text::default();
                $(user.$field.forget();)*
                user.other.clear();
                let mut has_id = false;
                let mut next = 0;
                while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
                    let Some((at, known)) = find(&name, next) else {
                        user.other.insert(name.into_owned(), map.next_value()?);
                        continue;
                    };
                    next = at + 1;
                    match known {
                        Known::id if std::mem::replace(&mut has_id, true) => {
                            return Err(de::Error::duplicate_field("id"));
                        }
                        Known::id => user.id = map.next_value()?,
                        $(Known::$field => {
                            if !user.$field.is_absent() {
                                return Err(de::Error::duplicate_field($name));
                            }
                            map.next_value_seed(Refill(&mut user.$field))?;
                        })*
                    }
                }
                if has_id { Ok(()) } else { Err(de::Error::missing_field("id")) }
            }
        }
    };
}

/// The property of a name: most likely the one that follows the one before.
fn find(name: &str, next: usize) -> Option<(usize, Known)> {
    let (before, after) = NAMES.split_at_checked(next).unwrap_or((NAMES, &[]));
    let here = |(at, (known, property)): (usize, &(&str, Known))| (*known == name).then_some((at, *property));
    let later = after.iter().enumerate().find_map(here).map(|(at, property)| (next + at, property));
    later.or_else(|| before.iter().enumerate().find_map(here))
}

/// Reads a user object into one that is there already, of which nothing stays but the room its lists have.
pub(crate) struct ReadUser<'u, 'a>(pub(crate) &'u mut User<'a>);

impl<'de: 'a, 'a> de::DeserializeSeed<'de> for ReadUser<'_, 'a> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for User<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut user = Self::default();
        de::DeserializeSeed::deserialize(ReadUser(&mut user), deserializer)?;
        Ok(user)
    }
}

user! {
    odata_type: Property<Text<'a>> = "@odata.type",
    account_enabled: Property<bool> = "accountEnabled",
    assigned_licenses: Items<AssignedLicense<'a>> = "assignedLicenses",
    business_phones: Property<First<'a>> = "businessPhones",
    city: Property<Text<'a>> = "city",
    company_name: Property<Text<'a>> = "companyName",
    country: Property<Text<'a>> = "country",
    department: Property<Text<'a>> = "department",
    display_name: Property<Text<'a>> = "displayName",
    employee_id: Property<Text<'a>> = "employeeId",
    employee_type: Property<Text<'a>> = "employeeType",
    fax_number: Property<Text<'a>> = "faxNumber",
    given_name: Property<Text<'a>> = "givenName",
    job_title: Property<Text<'a>> = "jobTitle",
    mail: Property<Text<'a>> = "mail",
    mobile_phone: Property<Text<'a>> = "mobilePhone",
    office_location: Property<Text<'a>> = "officeLocation",
    on_premises_extension_attributes: Property<BTreeMap<String, Option<String>>> = "onPremisesExtensionAttributes",
    on_premises_immutable_id: Property<Text<'a>> = "onPremisesImmutableId",
    on_premises_sam_account_name: Property<Text<'a>> = "onPremisesSamAccountName",
    postal_code: Property<Text<'a>> = "postalCode",
    preferred_language: Property<Text<'a>> = "preferredLanguage",
    proxy_addresses: Items<Option<Text<'a>>> = "proxyAddresses",
    state: Property<Text<'a>> = "state",
    street_address: Property<Text<'a>> = "streetAddress",
    surname: Property<Text<'a>> = "surname",
    usage_location: Property<Text<'a>> = "usageLocation",
    user_principal_name: Property<Text<'a>> = "userPrincipalName",
    user_type: Property<Text<'a>> = "userType",
}

/// The first of a list of texts, which may be `null`. The others must be of the same kind and are dropped.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct First<'a>(pub(crate) Option<Text<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for First<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> de::Visitor<'de> for List {
            type Value = First<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a sequence")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut list: A) -> Result<First<'de>, A::Error> {
                let first = list.next_element::<Option<Text<'de>>>()?.flatten();
                while list.next_element::<Option<Text<'de>>>()?.is_some() {}
                Ok(First(first))
            }
        }
        deserializer.deserialize_seq(List)
    }
}
