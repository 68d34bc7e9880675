//! The names that LDAP servers use: attributes, object classes, controls, matching rules.
//!
//! Attribute names are compared without regard to case; here they are spelled as Active Directory's schema spells them.
//! Sources: MS-ADA1 to 3 (attributes), MS-ADTS 3.1.1.3.4.1 (controls), 3.1.1.3.4.4 (matching rules), 2.2.16 (account
//! flags), RFC 4512, 4519, 4530, 2798, 2696, read 2026-11.

use sync_core::model::Attribute;

/// `supportedCapabilities` of Active Directory itself; AD LDS has another one and is a server like any other here.
pub(crate) const CAPABILITY_ACTIVE_DIRECTORY: &str = "1.2.840.113556.1.4.800";

/// Simple paged results, RFC 2696.
pub(crate) const CONTROL_PAGED: &str = "1.2.840.113556.1.4.319";
/// Changes since a cookie, MS-ADTS 3.1.1.3.4.1.3.
pub(crate) const CONTROL_DIR_SYNC: &str = "1.2.840.113556.1.4.841";
/// Deleted objects are listed as well, MS-ADTS 3.1.1.3.4.1.14.
pub(crate) const CONTROL_SHOW_DELETED: &str = "1.2.840.113556.1.4.417";

/// Walks a link attribute to its end (`LDAP_MATCHING_RULE_IN_CHAIN`).
pub(crate) const RULE_IN_CHAIN: &str = "1.2.840.113556.1.4.1941";

/// The folder of deleted objects below the domain, by its well-known id.
pub(crate) const DELETED_OBJECTS: &str = "18E2EA80684F11D2B9AA00C04F79F805";

pub(crate) const OBJECT_CLASS: &str = "objectClass";
pub(crate) const OBJECT_GUID: &str = "objectGUID";
pub(crate) const CONSISTENCY_GUID: &str = "mS-DS-ConsistencyGuid";
pub(crate) const OBJECT_SID: &str = "objectSid";
pub(crate) const ACCOUNT_CONTROL: &str = "userAccountControl";
pub(crate) const ACCOUNT_EXPIRES: &str = "accountExpires";
pub(crate) const ACCOUNT_NAME: &str = "sAMAccountName";
pub(crate) const CRITICAL: &str = "isCriticalSystemObject";
pub(crate) const PRIMARY_GROUP: &str = "primaryGroupID";
pub(crate) const PROXY_ADDRESSES: &str = "proxyAddresses";
pub(crate) const MAIL: &str = "mail";
pub(crate) const RECIPIENT_TYPE: &str = "msExchRecipientTypeDetails";
pub(crate) const HIDDEN: &str = "msExchHideFromAddressLists";
pub(crate) const IS_DELETED: &str = "isDeleted";
pub(crate) const WHEN_CREATED: &str = "whenCreated";
pub(crate) const PARENT_GUID: &str = "parentGUID";
pub(crate) const NAME: &str = "name";
pub(crate) const USN_CHANGED: &str = "uSNChanged";
pub(crate) const MEMBER: &str = "member";
pub(crate) const MEMBER_OF: &str = "memberOf";
pub(crate) const INVOCATION_ID: &str = "invocationId";
pub(crate) const LDAP_DISPLAY_NAME: &str = "lDAPDisplayName";
pub(crate) const DISPLAY_NAME: &str = "displayName";
pub(crate) const COMMON_NAME: &str = "cn";
pub(crate) const CREATE_TIMESTAMP: &str = "createTimestamp";
pub(crate) const ATTRIBUTE_TYPES: &str = "attributeTypes";
pub(crate) const OBJECT_CLASSES: &str = "objectClasses";
/// Asks for no attribute at all (RFC 4511, 4.5.1.8).
pub(crate) const NO_ATTRIBUTES: &str = "1.1";

/// What is asked of the root DSE.
pub(crate) const ROOT_DSE: [&str; 10] = [
    "defaultNamingContext",
    "namingContexts",
    "schemaNamingContext",
    "subschemaSubentry",
    "supportedCapabilities",
    "supportedControl",
    "dsServiceName",
    "dnsHostName",
    "highestCommittedUSN",
    "currentTime",
];

/// `userAccountControl`: the account is disabled.
pub(crate) const ACCOUNT_DISABLED: i64 = 0x2;
/// `userAccountControl`: trusts between domains, workstations and domain controllers, none of them a person.
pub(crate) const ACCOUNT_OF_A_MACHINE: i64 = 0x800 | 0x1000 | 0x2000;

/// Active Directory's attributes of the neutral set, as Entra Connect maps them, so that a tenant reads the same from
/// either side: `country` is the name of the country (`co`), `usage_location` Exchange's.
pub(crate) fn active_directory() -> Vec<(Attribute, &'static str)> {
    vec![
        (Attribute::UserPrincipalName, "userPrincipalName"),
        (Attribute::DisplayName, DISPLAY_NAME),
        (Attribute::GivenName, "givenName"),
        (Attribute::Surname, "sn"),
        (Attribute::Mail, MAIL),
        (Attribute::JobTitle, "title"),
        (Attribute::Department, "department"),
        (Attribute::CompanyName, "company"),
        (Attribute::OfficeLocation, "physicalDeliveryOfficeName"),
        (Attribute::BusinessPhone, "telephoneNumber"),
        (Attribute::MobilePhone, "mobile"),
        (Attribute::FaxNumber, "facsimileTelephoneNumber"),
        (Attribute::StreetAddress, "streetAddress"),
        (Attribute::City, "l"),
        (Attribute::State, "st"),
        (Attribute::PostalCode, "postalCode"),
        (Attribute::Country, "co"),
        (Attribute::UsageLocation, "msExchUsageLocation"),
        (Attribute::EmployeeId, "employeeID"),
        (Attribute::EmployeeType, "employeeType"),
        (Attribute::PreferredLanguage, "preferredLanguage"),
        (Attribute::SamAccountName, ACCOUNT_NAME),
    ]
}

/// The attributes of `inetOrgPerson` (RFC 2798) that mean the same.
pub(crate) fn inet_org_person() -> Vec<(Attribute, &'static str)> {
    vec![
        (Attribute::UserPrincipalName, "uid"),
        (Attribute::DisplayName, DISPLAY_NAME),
        (Attribute::GivenName, "givenName"),
        (Attribute::Surname, "sn"),
        (Attribute::Mail, MAIL),
        (Attribute::JobTitle, "title"),
        (Attribute::Department, "departmentNumber"),
        (Attribute::CompanyName, "o"),
        (Attribute::OfficeLocation, "physicalDeliveryOfficeName"),
        (Attribute::BusinessPhone, "telephoneNumber"),
        (Attribute::MobilePhone, "mobile"),
        (Attribute::FaxNumber, "facsimileTelephoneNumber"),
        (Attribute::StreetAddress, "street"),
        (Attribute::City, "l"),
        (Attribute::State, "st"),
        (Attribute::PostalCode, "postalCode"),
        (Attribute::EmployeeId, "employeeNumber"),
        (Attribute::EmployeeType, "employeeType"),
        (Attribute::PreferredLanguage, "preferredLanguage"),
    ]
}

/// Attributes that hold secrets, in lower case: never read, whatever a policy asks for.
pub(crate) const SECRETS: [&str; 13] = [
    "userpassword",
    "unicodepwd",
    "dbcspwd",
    "ntpwdhistory",
    "lmpwdhistory",
    "supplementalcredentials",
    "ms-mcs-admpwd",
    "mslaps-password",
    "mslaps-encryptedpassword",
    "mslaps-encryptedpasswordhistory",
    "msds-managedpassword",
    "sambantpassword",
    "sambalmpassword",
];
