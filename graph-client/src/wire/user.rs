//! One user object of a listing, read in place: texts borrow from the page.

use super::{AssignedLicense, Property, Text};
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
            $($(#[$meta])* pub(crate) $field: Property<$kind>,)*
            /// Everything else, of which only directory extensions (`extension_<app id>_<name>`) are looked at.
            pub(crate) other: BTreeMap<String, Value>,
        }

        /// The properties that are known.
        #[derive(Clone, Copy)]
        #[allow(non_camel_case_types, reason = "named like the fields they fill")]
        enum Known { id, $($field,)* }

        /// Their names, in the order in which a listing selects them and Graph writes them.
        const NAMES: &[(&str, Known)] = &[("id", Known::id), $(($name, Known::$field),)*];

        impl<'de: 'a, 'a> de::Visitor<'de> for Object<'a> {
            type Value = User<'a>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a user object")
            }

            fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<User<'a>, A::Error> {
                let (mut user, mut id) = (User::default(), None);
                let mut next = 0;
                while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
                    let Some((at, known)) = find(&name, next) else {
                        user.other.insert(name.into_owned(), map.next_value()?);
                        continue;
                    };
                    next = at + 1;
                    match known {
                        Known::id if id.is_some() => return Err(de::Error::duplicate_field("id")),
                        Known::id => id = Some(map.next_value()?),
                        $(Known::$field => {
                            if !matches!(user.$field, Property::Absent) {
                                return Err(de::Error::duplicate_field($name));
                            }
                            user.$field = map.next_value()?;
                        })*
                    }
                }
                user.id = id.ok_or_else(|| de::Error::missing_field("id"))?;
                Ok(user)
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

struct Object<'a>(std::marker::PhantomData<&'a ()>);

impl<'de: 'a, 'a> Deserialize<'de> for User<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Object(std::marker::PhantomData))
    }
}

user! {
    odata_type: Text<'a> = "@odata.type",
    account_enabled: bool = "accountEnabled",
    assigned_licenses: Vec<AssignedLicense<'a>> = "assignedLicenses",
    business_phones: First<'a> = "businessPhones",
    city: Text<'a> = "city",
    company_name: Text<'a> = "companyName",
    country: Text<'a> = "country",
    department: Text<'a> = "department",
    display_name: Text<'a> = "displayName",
    employee_id: Text<'a> = "employeeId",
    employee_type: Text<'a> = "employeeType",
    fax_number: Text<'a> = "faxNumber",
    given_name: Text<'a> = "givenName",
    job_title: Text<'a> = "jobTitle",
    mail: Text<'a> = "mail",
    mobile_phone: Text<'a> = "mobilePhone",
    office_location: Text<'a> = "officeLocation",
    on_premises_extension_attributes: BTreeMap<String, Option<String>> = "onPremisesExtensionAttributes",
    on_premises_immutable_id: Text<'a> = "onPremisesImmutableId",
    on_premises_sam_account_name: Text<'a> = "onPremisesSamAccountName",
    postal_code: Text<'a> = "postalCode",
    preferred_language: Text<'a> = "preferredLanguage",
    proxy_addresses: Vec<Option<Text<'a>>> = "proxyAddresses",
    state: Text<'a> = "state",
    street_address: Text<'a> = "streetAddress",
    surname: Text<'a> = "surname",
    usage_location: Text<'a> = "usageLocation",
    user_principal_name: Text<'a> = "userPrincipalName",
    user_type: Text<'a> = "userType",
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
