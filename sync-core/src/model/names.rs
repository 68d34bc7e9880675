//! Neutral names: attributes on the directory side, fields on the PSA side.
//!
//! Both serialize as strings, so they can be keys of JSON and TOML tables: a unit variant as its
//! `snake_case` name, the open variant as `prefix:<name>`.

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};
use std::{fmt, str::FromStr};

/// A name that is neither known nor of the open form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{name}`{}", nearest.map(|n| format!("; did you mean `{n}`?")).unwrap_or_default())]
pub struct UnknownName {
    what: &'static str,
    name: String,
    nearest: Option<&'static str>,
}

macro_rules! string_keyed {
    ($(#[$meta:meta])* $name:ident, $what:literal { $($(#[$um:meta])* $unit:ident = $text:literal),* $(,)? ; $(#[$om:meta])* $open:ident = $prefix:literal }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name { $($(#[$um])* $unit,)* $(#[$om])* $open(String) }

        impl $name {
            /// Every name that is not of the open form, in order.
            pub const KNOWN: &'static [&'static str] = &[$($text),*];

            /// Its place in [`Self::KNOWN`], or `None` for the open form.
            #[must_use]
            pub(crate) const fn ordinal(&self) -> Option<u8> {
                #[allow(clippy::enum_glob_use, dead_code, reason = "counts the variants in declaration order")]
                enum Place { $($unit),* }
                match self { $(Self::$unit => Some(Place::$unit as u8),)* Self::$open(_) => None }
            }
        }

        impl $name {
            /// The name of the open form; `None` for a known one.
            #[must_use]
            pub fn open_name(&self) -> Option<&str> {
                if let Self::$open(name) = self { Some(name) } else { None }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$unit => f.write_str($text),)*
                    Self::$open(name) => write!(f, concat!($prefix, ":{}"), name),
                }
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self { value.to_string() }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                match self {
                    $(Self::$unit => serializer.serialize_str($text),)*
                    Self::$open(_) => serializer.collect_str(self),
                }
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!("the name of a ", $what))
                    }
                    fn visit_str<E: de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = UnknownName;
            fn try_from(text: String) -> Result<Self, UnknownName> { text.parse() }
        }

        impl FromStr for $name {
            type Err = UnknownName;
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                match text {
                    $($text => Ok(Self::$unit),)*
                    other => match other.split_once(':') {
                        Some(($prefix, name)) if !name.is_empty() => Ok(Self::$open(name.into())),
                        _ => Err(UnknownName { what: $what, name: other.into(), nearest: nearest(other, Self::KNOWN) }),
                    },
                }
            }
        }
    };
}

string_keyed! {
    /// What a directory can tell of a user beside identity, state, addresses, groups and licences.
    Attribute, "user attribute" {
        /// The sign-in name (`userPrincipalName`); not an e-mail address in general.
        UserPrincipalName = "user_principal_name",
        /// The name as shown in address lists.
        DisplayName = "display_name",
        /// First name.
        GivenName = "given_name",
        /// Last name.
        Surname = "surname",
        /// The primary e-mail address (`mail`).
        Mail = "mail",
        /// Job title.
        JobTitle = "job_title",
        /// Department.
        Department = "department",
        /// The user's own company name.
        CompanyName = "company_name",
        /// Office location.
        OfficeLocation = "office_location",
        /// First business phone.
        BusinessPhone = "business_phone",
        /// Mobile phone.
        MobilePhone = "mobile_phone",
        /// Fax number.
        FaxNumber = "fax_number",
        /// Street.
        StreetAddress = "street_address",
        /// City.
        City = "city",
        /// State or province.
        State = "state",
        /// Postal code.
        PostalCode = "postal_code",
        /// Country or region.
        Country = "country",
        /// Two-letter country where licences are used (ISO 3166-1).
        UsageLocation = "usage_location",
        /// Employee number.
        EmployeeId = "employee_id",
        /// Employee type.
        EmployeeType = "employee_type",
        /// Preferred language (BCP 47).
        PreferredLanguage = "preferred_language",
        /// Windows sign-in name of a synchronized user.
        SamAccountName = "sam_account_name" ;
        /// A directory extension or LDAP attribute outside the neutral set.
        Extension = "extension"
    }
}

string_keyed! {
    /// What a PSA can hold of a contact. Capabilities, mappings, diffs and plans are keyed by this.
    ContactField, "contact field" {
        /// First name.
        FirstName = "first_name",
        /// Last name.
        LastName = "last_name",
        /// Primary e-mail address.
        Email = "email",
        /// Every other e-mail address; a list.
        AlternateEmails = "alternate_emails",
        /// Job title.
        Title = "title",
        /// Department.
        Department = "department",
        /// Business phone.
        PhoneBusiness = "phone_business",
        /// Mobile phone.
        PhoneMobile = "phone_mobile",
        /// Fax.
        PhoneFax = "phone_fax",
        /// Street.
        AddressStreet = "address_street",
        /// City.
        AddressCity = "address_city",
        /// State or province.
        AddressState = "address_state",
        /// Postal code.
        AddressPostalCode = "address_postal_code",
        /// Country.
        AddressCountry = "address_country",
        /// Office.
        Office = "office",
        /// Portal user name.
        Username = "username",
        /// Names of contact types; a list.
        ContactTypes = "contact_types",
        /// Picture.
        Photo = "photo",
        /// The one note this tool keeps.
        Note = "note",
        /// Active status; a flag.
        Active = "active",
        /// The vendor's own field for an id of another system.
        ExternalId = "external_id",
        /// The whole name, in a PSA that keeps it in one piece; such a PSA has no first and last name.
        Name = "name" ;
        /// A custom field by its configured name.
        Custom = "custom"
    }
}

/// The candidate nearest to `name` by edit distance, where it is near enough to be a slip of the keys.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: &[&'a str]) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(2);
    candidates
        .iter()
        .map(|candidate| (distance(name, candidate), *candidate))
        .filter(|(d, _)| *d <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance over characters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(128).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().take(128).enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, cb) in row.iter_mut().skip(1).zip(&b) {
            let substituted = diagonal + usize::from(ca != *cb);
            diagonal = *cell;
            left = substituted.min(*cell + 1).min(left + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_name_survives_text() {
        for name in ContactField::KNOWN {
            assert_eq!(name.parse::<ContactField>().unwrap().to_string(), *name);
        }
        for (i, name) in Attribute::KNOWN.iter().enumerate() {
            let parsed = name.parse::<Attribute>().unwrap();
            assert_eq!(parsed.to_string(), *name);
            assert_eq!(parsed.ordinal(), u8::try_from(i).ok());
        }
        assert_eq!("custom:Entra ID".parse(), Ok(ContactField::Custom("Entra ID".into())));
    }

    #[test]
    fn an_unknown_name_points_to_the_nearest() {
        let error = "job_titel".parse::<Attribute>().unwrap_err();
        assert_eq!(error.to_string(), "unknown user attribute `job_titel`; did you mean `job_title`?");
        assert!("zzzzzzzz".parse::<ContactField>().unwrap_err().to_string().ends_with("`zzzzzzzz`"));
        assert!("custom:".parse::<ContactField>().is_err());
    }

    #[test]
    fn distance_counts_single_edits() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("abc", "abc"), 0);
    }
}
