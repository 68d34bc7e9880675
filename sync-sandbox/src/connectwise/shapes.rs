//! The tables behind the routes, and the field names that their filters and `fields` know.

use super::schema::CONTACT;

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
    CompanyNotes,
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

/// Names for contacts: those of [`CONTACT`].
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
    [
        "id",
        "contactId",
        "type",
        "value",
        "extension",
        "defaultFlag",
        "mobileGuid",
        "communicationType",
        "domain",
        "_info"
    ],
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
                    "id",
                    "product",
                    "quantity",
                    "lessIncluded",
                    "unitPrice",
                    "unitCost",
                    "billCustomer",
                    "effectiveDate",
                    "cancelledDate",
                    "taxableFlag",
                    "invoiceDescription",
                    "agreementId",
                    "description",
                    "agreementStatus",
                    "_info"
                ],
                [],
                true
            ),
            Self::Agreements => shape!(
                "Agreement",
                "agreement",
                [
                    "id",
                    "name",
                    "type",
                    "company",
                    "contact",
                    "startDate",
                    "endDate",
                    "noEndingDateFlag",
                    "cancelledFlag",
                    "agreementStatus",
                    "_info",
                    "customFields"
                ],
                ["customFields"],
                false
            ),
            Self::Callbacks => shape!(
                "CallbackEntry",
                "callbackEntry",
                [
                    "id",
                    "description",
                    "url",
                    "objectId",
                    "type",
                    "level",
                    "memberId",
                    "payloadVersion",
                    "inactiveFlag",
                    "isSoapCallbackFlag",
                    "isSelfSuppressedFlag",
                    "_info"
                ],
                [],
                false
            ),
            Self::CommunicationTypes => shape!(
                "CommunicationType",
                "communicationType",
                [
                    "id",
                    "description",
                    "phoneFlag",
                    "faxFlag",
                    "emailFlag",
                    "defaultFlag",
                    "exchangeXref",
                    "_info"
                ],
                [],
                true
            ),
            Self::Companies => shape!(
                "Company",
                "company",
                [
                    "id",
                    "identifier",
                    "name",
                    "status",
                    "addressLine1",
                    "addressLine2",
                    "city",
                    "state",
                    "zip",
                    "country",
                    "phoneNumber",
                    "website",
                    "territory",
                    "territoryManager",
                    "market",
                    "defaultContact",
                    "deletedFlag",
                    "dateDeleted",
                    "isVendorFlag",
                    "site",
                    "types",
                    "integratorTags",
                    "_info",
                    "customFields"
                ],
                ["types", "integratorTags", "customFields"],
                false
            ),
            Self::CompanyNotes => shape!(
                "CompanyNote",
                "companyNote",
                ["id", "text", "type", "flagged", "enteredBy", "company", "_info"],
                [],
                true
            ),
            Self::CompanyStatuses => {
                shape!(
                    "CompanyStatus",
                    "companyStatus",
                    ["id", "name", "defaultFlag", "inactiveFlag", "_info"],
                    [],
                    true
                )
            }
            Self::CompanyTypeLinks => shape!(
                "CompanyTypeAssociation",
                "companyTypeAssociation",
                ["id", "type", "company", "_info"],
                [],
                true
            ),
            Self::CompanyTypes => {
                shape!(
                    "CompanyType",
                    "companyType",
                    ["id", "name", "defaultFlag", "vendorFlag", "_info"],
                    [],
                    true
                )
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
            Self::Departments => {
                shape!("ContactDepartment", "contactDepartment", ["id", "name", "_info"], [], true)
            }
            Self::Locations => shape!("Location", "location", ["id", "name", "_info"], [], false),
            Self::M365Contacts => shape!(
                "M365Contact",
                "m365Contact",
                [
                    "id",
                    "userPrincipalName",
                    "displayName",
                    "contactRecId",
                    "tenantId",
                    "m365ContactId",
                    "department",
                    "employeeType",
                    "managerId",
                    "proxyAddresses",
                    "groups",
                    "directoryRoles",
                    "assignedLicenses",
                    "_info"
                ],
                [],
                false
            ),
            Self::Members => shape!(
                "Member",
                "member",
                [
                    "id",
                    "identifier",
                    "firstName",
                    "lastName",
                    "inactiveFlag",
                    "licenseClass",
                    "officeEmail",
                    "_info"
                ],
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
                shape!(
                    "NoteType",
                    "noteType",
                    ["id", "identifier", "name", "defaultFlag", "importFlag", "_info"],
                    [],
                    true
                )
            }
            Self::Relationships => {
                shape!("ContactRelationship", "contactRelationship", ["id", "name", "_info"], [], true)
            }
            Self::Sites => shape!(
                "CompanySite",
                "companySite",
                [
                    "id",
                    "name",
                    "addressLine1",
                    "city",
                    "zip",
                    "primaryAddressFlag",
                    "inactiveFlag",
                    "company",
                    "_info"
                ],
                [],
                true
            ),
            Self::Teams => shape!(
                "CompanyTeam",
                "companyTeam",
                [
                    "id",
                    "company",
                    "teamRole",
                    "location",
                    "department",
                    "contact",
                    "member",
                    "accountManagerFlag",
                    "techFlag",
                    "salesFlag",
                    "_info"
                ],
                [],
                true
            ),
            Self::TeamRoles => shape!("TeamRole", "teamRole", ["id", "name", "_info"], [], true),
            Self::UserDefinedFields => shape!(
                "UserDefinedField",
                "userDefinedField",
                [
                    "id",
                    "podId",
                    "caption",
                    "sequenceNumber",
                    "helpText",
                    "fieldTypeIdentifier",
                    "numberDecimals",
                    "entryTypeIdentifier",
                    "requiredFlag",
                    "displayOnScreenFlag",
                    "readOnlyFlag",
                    "options",
                    "dateCreated",
                    "_info",
                    "screenId"
                ],
                ["options"],
                false
            ),
        }
    }
}
