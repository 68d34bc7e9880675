//! What Graph v1.0 sends, spelled as Graph spells it. Unknown properties are ignored.
//!
//! A property that is absent was not read; one that is `null` was read and is empty. Mixing the two up blanks
//! fields in the PSA, so [`Property`] keeps them apart.

mod items;
mod user;

pub(crate) use user::{ReadUser, User};

use serde::{Deserialize, Deserializer, de};
use std::{borrow::Cow, fmt};

/// The properties of a user that the engine can use, for `$select`.
///
/// `GET /users` gives eleven properties unasked and `accountEnabled` is not among them.
pub(crate) const USER_PROPERTIES: [&str; 28] = [
    "id",
    "accountEnabled",
    "assignedLicenses",
    "businessPhones",
    "city",
    "companyName",
    "country",
    "department",
    "displayName",
    "employeeId",
    "employeeType",
    "faxNumber",
    "givenName",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "onPremisesImmutableId",
    "onPremisesSamAccountName",
    "postalCode",
    "preferredLanguage",
    "proxyAddresses",
    "state",
    "streetAddress",
    "surname",
    "usageLocation",
    "userPrincipalName",
    "userType",
];

/// The property that holds `extensionAttribute1` to `extensionAttribute15`; selected only where one is used.
pub(crate) const EXTENSION_ATTRIBUTES: &str = "onPremisesExtensionAttributes";

/// A property as it came: absent (not read), `null` (read and empty) or with a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Property<T> {
    /// It was not in the object.
    #[default]
    Absent,
    /// It was there without a value.
    Null,
    /// It was there with a value.
    Value(T),
}

impl<T> Property<T> {
    /// The value, for uses where "not read" and "empty" come to the same.
    pub(crate) const fn value(&self) -> Option<&T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    /// `None` for "not read"; the inner `None` for "read and empty".
    pub(crate) const fn read(&self) -> Option<Option<&T>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Value(value) => Some(Some(value)),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Property<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

/// Text borrowed from the body where it holds no escapes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Cow<'de, str>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Cow::Borrowed(text))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text.to_owned()))
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Cow::Owned(text))
            }
        }
        deserializer.deserialize_str(Visitor).map(Self)
    }
}

/// One page of a listing. A body without `value` is no page, least of all an empty one.
#[derive(Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>"))]
pub(crate) struct List<T> {
    #[serde(rename = "@odata.count", default)]
    pub(crate) count: Option<u64>,
    pub(crate) value: Vec<T>,
}

/// The link to the next page, with the rows skipped.
#[derive(Deserialize)]
pub(crate) struct NextLink {
    #[serde(rename = "@odata.nextLink", default)]
    pub(crate) next_link: Option<String>,
}

/// A licence on a user: `assignedLicenses[]`, group-inherited ones included.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AssignedLicense<'a> {
    #[serde(borrow)]
    pub(crate) sku_id: Text<'a>,
}

/// An object of which only the id was asked: group members, deleted users.
#[derive(Deserialize)]
pub(crate) struct Object<'a> {
    #[serde(borrow)]
    pub(crate) id: Text<'a>,
}

/// `GET /groups/{id}`, as far as it is used.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Group {
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) created_date_time: Option<String>,
}

/// One row of `GET /subscribedSkus`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sku {
    pub(crate) sku_id: String,
    #[serde(default)]
    pub(crate) sku_part_number: Option<String>,
    #[serde(default)]
    pub(crate) capability_status: Option<String>,
    #[serde(default)]
    pub(crate) applies_to: Option<String>,
    #[serde(default)]
    pub(crate) consumed_units: Option<i64>,
    #[serde(default)]
    pub(crate) prepaid_units: Option<PrepaidUnits>,
}

/// `prepaidUnits` of a subscribed product.
#[derive(Deserialize)]
pub(crate) struct PrepaidUnits {
    #[serde(default)]
    pub(crate) enabled: Option<i64>,
}

/// `GET /organization`, the one row of it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Organization {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) display_name: Option<String>,
    #[serde(default)]
    pub(crate) on_premises_sync_enabled: Option<bool>,
    #[serde(default)]
    pub(crate) on_premises_last_sync_date_time: Option<String>,
}

/// Whether a user is kept on-premises.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mastered {
    #[serde(default)]
    pub(crate) on_premises_sync_enabled: Option<bool>,
}

/// A domain of the tenant that was proved to be its own.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VerifiedDomain {
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) is_default: Option<bool>,
    #[serde(default)]
    pub(crate) is_initial: Option<bool>,
}

/// `GET /organization?$select=id,verifiedDomains`
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct OrganizationDomains {
    #[serde(default)]
    pub(crate) verified_domains: Vec<VerifiedDomain>,
}

/// A customer of a partner, as its delegated admin relationships name it.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DelegatedAdminCustomer {
    #[serde(default)]
    pub(crate) tenant_id: Option<String>,
    #[serde(default)]
    pub(crate) display_name: Option<String>,
}

/// A delegated admin relationship.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DelegatedAdminRelationship {
    #[serde(default)]
    pub(crate) customer: Option<DelegatedAdminCustomer>,
    #[serde(default)]
    pub(crate) end_date_time: Option<chrono::DateTime<chrono::Utc>>,
    /// `PT0S` where it ends for good, `P180D` where it goes on.
    #[serde(default)]
    pub(crate) auto_extend_duration: Option<String>,
}

/// A contract of a partner, the older form of a customer.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contract {
    #[serde(default)]
    pub(crate) customer_id: Option<String>,
    #[serde(default)]
    pub(crate) default_domain_name: Option<String>,
    #[serde(default)]
    pub(crate) display_name: Option<String>,
}

/// A subscription to change notifications.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Subscription {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) resource: String,
    pub(crate) expiration_date_time: chrono::DateTime<chrono::Utc>,
    #[serde(default)]
    pub(crate) notification_url: Option<String>,
}

/// What Graph posts to a subscription's address.
#[derive(Deserialize)]
pub(crate) struct Notifications {
    pub(crate) value: Vec<Notification>,
}

/// One notification, or one lifecycle event.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Notification {
    #[serde(default)]
    pub(crate) subscription_id: Option<String>,
    #[serde(default)]
    pub(crate) client_state: Option<String>,
    #[serde(default)]
    pub(crate) change_type: Option<String>,
    #[serde(default)]
    pub(crate) resource: Option<String>,
    #[serde(default)]
    pub(crate) tenant_id: Option<String>,
    #[serde(default)]
    pub(crate) lifecycle_event: Option<String>,
}

/// The body of a refused Graph call.
#[derive(Debug, Deserialize)]
pub(crate) struct Refusal {
    pub(crate) error: RefusalBody,
}

/// One layer of a Graph error. `message` is not decoded: it may hold names.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct RefusalBody {
    #[serde(default)]
    pub(crate) code: Option<String>,
    #[serde(rename = "request-id", default)]
    pub(crate) request_id: Option<String>,
    #[serde(rename = "innerError", alias = "innererror", alias = "InnerError", default)]
    pub(crate) inner: Option<Box<Self>>,
}
