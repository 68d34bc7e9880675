//! The vendor's field names, lengths and kinds (contact: `2017` lengths, `2026.4` names; read 2026-11).

/// What a contact field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text with a maximum length in characters.
    Text(usize),
    Flag,
    Integer,
    /// One of a closed set of words.
    Choice(&'static [&'static str]),
    /// A reference, replaced as a whole.
    Reference(Target),
    /// `communicationItems`.
    Items,
    /// `customFields`.
    CustomFields,
    /// A list of words.
    Tags,
    /// Taken and ignored: read-only mirrors and what other routes write.
    ReadOnly,
    /// Write only: never shown.
    Secret(usize),
}

/// What a reference points at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    Company,
    Contact,
    Country,
    Department,
    Location,
    Relationship,
    Site,
}

/// The fields of a contact.
pub(crate) const CONTACT: &[(&str, Kind)] = &[
    ("id", Kind::ReadOnly),
    ("firstName", Kind::Text(30)),
    ("lastName", Kind::Text(30)),
    ("company", Kind::Reference(Target::Company)),
    ("site", Kind::Reference(Target::Site)),
    ("addressLine1", Kind::Text(50)),
    ("addressLine2", Kind::Text(50)),
    ("city", Kind::Text(50)),
    ("state", Kind::Text(50)),
    ("zip", Kind::Text(12)),
    ("country", Kind::Reference(Target::Country)),
    ("relationship", Kind::Reference(Target::Relationship)),
    ("relationshipOverride", Kind::Text(50)),
    ("department", Kind::Reference(Target::Department)),
    ("inactiveFlag", Kind::Flag),
    ("defaultMergeContactId", Kind::Integer),
    ("securityIdentifier", Kind::Text(184)),
    ("managerContact", Kind::Reference(Target::Contact)),
    ("assistantContact", Kind::Reference(Target::Contact)),
    ("title", Kind::Text(100)),
    ("school", Kind::Text(50)),
    ("nickName", Kind::Text(30)),
    ("marriedFlag", Kind::Flag),
    ("childrenFlag", Kind::Flag),
    ("children", Kind::Text(200)),
    ("significantOther", Kind::Text(30)),
    ("portalPassword", Kind::Secret(15)),
    ("portalSecurityLevel", Kind::Integer),
    ("disablePortalLoginFlag", Kind::Flag),
    ("unsubscribeFlag", Kind::Flag),
    ("gender", Kind::Choice(&["Female", "Male"])),
    ("birthDay", Kind::Text(30)),
    ("anniversary", Kind::Text(30)),
    ("presence", Kind::Choice(&["NoAgent", "Online", "DoNotDisturb", "Away", "Offline"])),
    ("mobileGuid", Kind::ReadOnly),
    ("facebookUrl", Kind::Text(200)),
    ("twitterUrl", Kind::Text(200)),
    ("linkedInUrl", Kind::Text(200)),
    ("defaultPhoneType", Kind::ReadOnly),
    ("defaultPhoneNbr", Kind::ReadOnly),
    ("defaultPhoneExtension", Kind::ReadOnly),
    ("defaultBillingFlag", Kind::Flag),
    ("defaultFlag", Kind::Flag),
    ("userDefinedField1", Kind::Text(50)),
    ("userDefinedField2", Kind::Text(50)),
    ("userDefinedField3", Kind::Text(50)),
    ("userDefinedField4", Kind::Text(50)),
    ("userDefinedField5", Kind::Text(50)),
    ("userDefinedField6", Kind::Text(50)),
    ("userDefinedField7", Kind::Text(50)),
    ("userDefinedField8", Kind::Text(50)),
    ("userDefinedField9", Kind::Text(50)),
    ("userDefinedField10", Kind::Text(50)),
    ("companyLocation", Kind::Reference(Target::Location)),
    ("communicationItems", Kind::Items),
    ("types", Kind::ReadOnly),
    ("typeIds", Kind::ReadOnly),
    ("integratorTags", Kind::Tags),
    ("customFields", Kind::CustomFields),
    ("photo", Kind::ReadOnly),
    ("ignoreDuplicates", Kind::Flag),
    ("_info", Kind::ReadOnly),
];

/// The kind of a contact field, by its exact name.
pub(crate) fn contact_kind(name: &str) -> Option<Kind> {
    CONTACT.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
}

/// What a list route needs to know of its records.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    /// As in `Contact 57919 not found`.
    pub(crate) title: &'static str,
    /// As in `contact object is invalid`.
    pub(crate) resource: &'static str,
    /// Field names that filters and `fields` may use.
    pub(crate) fields: &'static [&'static str],
    /// The arrays among them: reachable by `childConditions` only.
    pub(crate) arrays: &'static [&'static str],
    /// Whether an unknown name in `fields` is refused (seen on sub-endpoints) or ignored.
    pub(crate) strict: bool,
}

/// One table of the database, named after its route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Table {
    Additions,
    Agreements,
    Callbacks,
    CommunicationTypes,
    Companies,
    CompanyStatuses,
    CompanyTypeLinks,
    CompanyTypes,
    ContactTypes,
    Countries,
    Departments,
    Locations,
    M365Contacts,
    Members,
    Notes,
    NoteTypes,
    Relationships,
    Sites,
    Teams,
    TeamRoles,
    UserDefinedFields,
}

macro_rules! shape {
    ($title:literal, $resource:literal, [$($field:literal),* $(,)?], [$($array:literal),*], $strict:literal) => {
        Shape { title: $title, resource: $resource, fields: &[$($field),*], arrays: &[$($array),*], strict: $strict }
    };
}

/// Names for contacts: generated from [`CONTACT`].
const CONTACT_NAMES: [&str; CONTACT.len()] = {
    let mut names = [""; CONTACT.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = CONTACT[at].0;
        at += 1;
    }
    names
};

/// Contacts.
pub(crate) const CONTACT_SHAPE: Shape = Shape {
    title: "Contact",
    resource: "contact",
    fields: &CONTACT_NAMES,
    arrays: &["communicationItems", "types", "customFields", "integratorTags", "typeIds"],
    strict: false,
};

/// The communication items of one contact.
pub(crate) const COMMUNICATION_SHAPE: Shape = shape!(
    "Communication",
    "contactCommunication",
    ["id", "contactId", "type", "value", "extension", "defaultFlag", "mobileGuid", "communicationType", "domain", "_info"],
    [],
    true
);

/// The types of one contact.
pub(crate) const TYPE_LINK_SHAPE: Shape =
    shape!("ContactTypeAssociation", "contactTypeAssociation", ["id", "type", "contact", "_info"], [], true);

impl Table {
    /// What its list routes need to know.
    pub(crate) const fn shape(self) -> Shape {
        match self {
            Self::Additions => shape!(
                "Addition",
                "addition",
                [
                    "id", "product", "quantity", "lessIncluded", "unitPrice", "unitCost", "billCustomer",
                    "effectiveDate", "cancelledDate", "taxableFlag", "invoiceDescription", "agreementId",
                    "description", "agreementStatus", "_info"
                ],
                [],
                true
            ),
            Self::Agreements => shape!(
                "Agreement",
                "agreement",
                [
                    "id", "name", "type", "company", "contact", "startDate", "endDate", "noEndingDateFlag",
                    "cancelledFlag", "agreementStatus", "_info", "customFields"
                ],
                ["customFields"],
                false
            ),
            Self::Callbacks => shape!(
                "CallbackEntry",
                "callbackEntry",
                [
                    "id", "description", "url", "objectId", "type", "level", "memberId", "payloadVersion",
                    "inactiveFlag", "isSoapCallbackFlag", "isSelfSuppressedFlag", "_info"
                ],
                [],
                false
            ),
            Self::CommunicationTypes => shape!(
                "CommunicationType",
                "communicationType",
                ["id", "description", "phoneFlag", "faxFlag", "emailFlag", "defaultFlag", "exchangeXref", "_info"],
                [],
                true
            ),
            Self::Companies => shape!(
                "Company",
                "company",
                [
                    "id", "identifier", "name", "status", "addressLine1", "addressLine2", "city", "state", "zip",
                    "country", "phoneNumber", "website", "territory", "territoryManager", "market",
                    "defaultContact", "deletedFlag", "dateDeleted", "isVendorFlag", "site", "types",
                    "integratorTags", "_info", "customFields"
                ],
                ["types", "integratorTags", "customFields"],
                false
            ),
            Self::CompanyStatuses => {
                shape!("CompanyStatus", "companyStatus", ["id", "name", "defaultFlag", "inactiveFlag", "_info"], [], true)
            }
            Self::CompanyTypeLinks => shape!(
                "CompanyTypeAssociation",
                "companyTypeAssociation",
                ["id", "type", "company", "_info"],
                [],
                true
            ),
            Self::CompanyTypes => {
                shape!("CompanyType", "companyType", ["id", "name", "defaultFlag", "vendorFlag", "_info"], [], true)
            }
            Self::ContactTypes => shape!(
                "ContactType",
                "contactType",
                ["id", "description", "defaultFlag", "serviceAlertFlag", "serviceAlertMessage", "_info"],
                [],
                true
            ),
            Self::Countries => {
                shape!("Country", "country", ["id", "name", "defaultFlag", "countryCode", "_info"], [], true)
            }
            Self::Departments => shape!("ContactDepartment", "contactDepartment", ["id", "name", "_info"], [], true),
            Self::Locations => shape!("Location", "location", ["id", "name", "_info"], [], false),
            Self::M365Contacts => shape!(
                "M365Contact",
                "m365Contact",
                [
                    "id", "userPrincipalName", "displayName", "contactRecId", "tenantId", "m365ContactId",
                    "department", "employeeType", "managerId", "proxyAddresses", "groups", "directoryRoles",
                    "assignedLicenses", "_info"
                ],
                [],
                false
            ),
            Self::Members => shape!(
                "Member",
                "member",
                ["id", "identifier", "firstName", "lastName", "inactiveFlag", "licenseClass", "officeEmail", "_info"],
                [],
                false
            ),
            Self::Notes => shape!(
                "Note",
                "contactNote",
                ["id", "contactId", "text", "type", "flagged", "enteredBy", "_info"],
                [],
                true
            ),
            Self::NoteTypes => {
                shape!("NoteType", "noteType", ["id", "identifier", "name", "defaultFlag", "importFlag", "_info"], [], true)
            }
            Self::Relationships => {
                shape!("ContactRelationship", "contactRelationship", ["id", "name", "_info"], [], true)
            }
            Self::Sites => shape!(
                "CompanySite",
                "companySite",
                [
                    "id", "name", "addressLine1", "city", "zip", "primaryAddressFlag", "inactiveFlag", "company",
                    "_info"
                ],
                [],
                true
            ),
            Self::Teams => shape!(
                "CompanyTeam",
                "companyTeam",
                [
                    "id", "company", "teamRole", "location", "department", "contact", "member",
                    "accountManagerFlag", "techFlag", "salesFlag", "_info"
                ],
                [],
                true
            ),
            Self::TeamRoles => shape!("TeamRole", "teamRole", ["id", "name", "_info"], [], true),
            Self::UserDefinedFields => shape!(
                "UserDefinedField",
                "userDefinedField",
                [
                    "id", "podId", "caption", "sequenceNumber", "helpText", "fieldTypeIdentifier",
                    "numberDecimals", "entryTypeIdentifier", "requiredFlag", "displayOnScreenFlag",
                    "readOnlyFlag", "options", "dateCreated", "_info", "screenId"
                ],
                ["options"],
                false
            ),
        }
    }
}
