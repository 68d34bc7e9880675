//! The entities.
//!
//! Names, types and lengths are those of the official Swagger document (April 2024) and of live field information as
//! published by client generators.

use super::{ALL, BELOW, Entity, MAKE, NO_DELETE, READ, SEND, WRITE, date, decimal, flag, int, text, under};

/// Territories of companies.
pub(crate) const TERRITORIES: &[(&str, &str)] = &[("29682801", "Headquarters"), ("29682802", "West")];
/// Types of companies.
const COMPANY_TYPES: &[(&str, &str)] =
    &[("1", "Customer"), ("2", "Lead"), ("3", "Prospect"), ("7", "Vendor")];
const ACTIONS: &[(&str, &str)] = &[("1", "General"), ("3", "Meeting")];
const CONTRACT_STATUS: &[(&str, &str)] = &[("0", "Inactive"), ("1", "Active")];
const CONTRACT_TYPES: &[(&str, &str)] = &[("1", "Time & Materials"), ("7", "Recurring Service")];
const NAME_PREFIXES: &[(&str, &str)] = &[("1", "Mr."), ("2", "Mrs."), ("3", "Dr.")];

/// Contacts: queried at the root, written below their company.
pub(crate) static CONTACTS: Entity = Entity {
    name: "Contact",
    path: "contacts",
    shown: "Contacts",
    root: READ,
    child: under("companies", "contacts", "companyID", BELOW),
    has_udfs: true,
    fields: &[
        int("id").read_only(),
        text("additionalAddressInformation", 100),
        text("addressLine", 128),
        text("addressLine1", 128),
        text("alternatePhone", 32),
        int("apiVendorID").read_only(),
        date("bulkEmailOptOutTime").read_only(),
        text("city", 32),
        int("companyID").read_only().to("Company"),
        int("companyLocationID").to("CompanyLocation"),
        int("countryID").to("Country"),
        date("createDate").read_only(),
        text("emailAddress", 254),
        text("emailAddress2", 254),
        text("emailAddress3", 254),
        text("extension", 10),
        text("externalID", 50),
        text("facebookUrl", 200),
        text("faxNumber", 25),
        text("firstName", 50).required(),
        int("impersonatorCreatorResourceID").read_only(),
        int("isActive").required(),
        flag("isOptedOutFromBulkEmail").not_queryable(),
        date("lastActivityDate").read_only(),
        date("lastModifiedDate").read_only(),
        text("lastName", 50).required(),
        text("linkedInUrl", 200),
        text("middleInitial", 50),
        text("mobilePhone", 25),
        int("namePrefix").one_of(NAME_PREFIXES),
        int("nameSuffix"),
        text("note", 50),
        text("phone", 25),
        flag("primaryContact"),
        flag("receivesEmailNotifications"),
        text("roomNumber", 50),
        flag("solicitationOptOut").not_queryable(),
        date("solicitationOptOutTime").read_only(),
        text("state", 40),
        flag("surveyOptOut").not_queryable(),
        text("title", 50),
        text("twitterUrl", 200),
        text("zipCode", 16),
    ],
};

/// Companies.
pub(crate) static COMPANIES: Entity = Entity {
    name: "Company",
    path: "companies",
    shown: "Companies",
    root: WRITE,
    child: None,
    has_udfs: true,
    fields: &[
        int("id").read_only(),
        text("additionalAddressInformation", 100),
        text("address1", 128),
        text("address2", 128),
        text("alternatePhone1", 25),
        int("apiVendorID").read_only(),
        text("city", 30),
        int("classification"),
        text("companyName", 100).required(),
        text("companyNumber", 50),
        int("companyType").required().one_of(COMPANY_TYPES),
        int("countryID").to("Country"),
        date("createDate").read_only(),
        text("fax", 25),
        flag("isActive"),
        flag("isClientPortalActive"),
        date("lastActivityDate").read_only(),
        date("lastTrackedModifiedDateTime").read_only(),
        int("marketSegmentID"),
        int("ownerResourceID").required().to("Resource"),
        int("parentCompanyID").to("Company"),
        text("phone", 25).required(),
        text("postalCode", 10),
        text("state", 25),
        int("territoryID").one_of(TERRITORIES),
        text("webAddress", 255),
    ],
};

static COMPANY_NOTES: Entity = Entity {
    name: "CompanyNote",
    path: "companynotes",
    shown: "CompanyNotes",
    root: READ,
    child: under("companies", "notes", "companyID", NO_DELETE),
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        int("actionType").required().one_of(ACTIONS),
        int("assignedResourceID").required().to("Resource"),
        int("companyID").read_only().to("Company"),
        int("contactID").to("Contact"),
        date("endDateTime").required(),
        date("lastModifiedDate").read_only(),
        text("name", 128),
        text("note", 32_000),
        date("startDateTime").required(),
    ],
};

static COMPANY_TEAMS: Entity = Entity {
    name: "CompanyTeam",
    path: "companyteams",
    shown: "CompanyTeams",
    root: READ,
    child: under("companies", "teams", "companyID", MAKE),
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        int("companyID").read_only().to("Company"),
        flag("isAssociatedAsComanaged"),
        int("resourceID").required().to("Resource"),
    ],
};

static COUNTRIES: Entity = Entity {
    name: "Country",
    path: "countries",
    shown: "Countries",
    root: READ,
    child: None,
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        text("countryCode", 2),
        text("displayName", 100),
        flag("isActive"),
        flag("isDefaultCountry"),
        text("name", 100),
    ],
};

static RESOURCES: Entity = Entity {
    name: "Resource",
    path: "resources",
    shown: "Resources",
    root: READ,
    child: None,
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        text("email", 254),
        text("firstName", 50),
        flag("isActive"),
        text("lastName", 50),
        text("resourceType", 15),
        text("title", 50),
        text("userName", 32),
    ],
};

/// Contracts.
pub(crate) static CONTRACTS: Entity = Entity {
    name: "Contract",
    path: "contracts",
    shown: "Contracts",
    root: READ,
    child: None,
    has_udfs: true,
    fields: &[
        int("id").read_only(),
        int("companyID").required().to("Company"),
        int("contactID").to("Contact"),
        text("contractName", 100).required(),
        int("contractType").required().one_of(CONTRACT_TYPES),
        date("endDate").required(),
        date("startDate").required(),
        int("status").one_of(CONTRACT_STATUS),
    ],
};

static SERVICES: Entity = Entity {
    name: "Service",
    path: "services",
    shown: "Services",
    root: READ,
    child: None,
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        text("description", 400),
        flag("isActive"),
        text("name", 150).required(),
        decimal("unitPrice").required(),
    ],
};

/// The lines of a contract.
pub(crate) static CONTRACT_SERVICES: Entity = Entity {
    name: "ContractService",
    path: "contractservices",
    shown: "ContractServices",
    root: READ,
    child: under("contracts", "services", "contractID", READ),
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        int("contractID").required().to("Contract"),
        text("invoiceDescription", 1000),
        int("serviceID").required().to("Service"),
        decimal("unitCost"),
        decimal("unitPrice"),
    ],
};

/// How many units a line has, from day to day.
pub(crate) static CONTRACT_SERVICE_UNITS: Entity = Entity {
    name: "ContractServiceUnit",
    path: "contractserviceunits",
    shown: "ContractServiceUnits",
    root: READ,
    child: under("contracts", "serviceunits", "contractID", READ),
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        date("approveAndPostDate").read_only(),
        int("contractID").read_only().to("Contract"),
        int("contractServiceID").read_only().to("ContractService"),
        decimal("cost").read_only(),
        date("endDate").read_only(),
        decimal("price").read_only(),
        int("serviceID").read_only().to("Service"),
        date("startDate").read_only(),
        int("units").read_only(),
    ],
};

/// What changes the units of a line: only ever sent, never read.
pub(crate) static CONTRACT_SERVICE_ADJUSTMENTS: Entity = Entity {
    name: "ContractServiceAdjustment",
    path: "contractserviceadjustments",
    shown: "ContractServiceAdjustments",
    root: SEND,
    child: under("contracts", "serviceadjustments", "contractID", SEND),
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        decimal("adjustedUnitPrice"),
        flag("allowRepeatService"),
        int("contractID").to("Contract"),
        int("contractServiceID").to("ContractService"),
        date("effectiveDate").required(),
        int("serviceID").to("Service"),
        int("unitChange").required(),
    ],
};

/// Webhooks about contacts.
pub(crate) static CONTACT_WEBHOOKS: Entity = Entity {
    name: "ContactWebhook",
    path: "contactwebhooks",
    shown: "ContactWebhooks",
    root: ALL,
    child: None,
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        text("deactivationUrl", 500).required(),
        flag("isActive").required(),
        flag("isReady").read_only(),
        flag("isSubscribedToCreateEvents"),
        flag("isSubscribedToDeleteEvents"),
        flag("isSubscribedToUpdateEvents"),
        text("name", 50).required(),
        text("notificationEmailAddress", 150),
        int("ownerResourceID").to("Resource"),
        text("secretKey", 64).required().write_only(),
        flag("sendThresholdExceededNotification").required(),
        text("webhookGUID", 36).read_only(),
        text("webhookUrl", 500).required(),
    ],
};

/// Which fields a webhook is about.
pub(crate) static CONTACT_WEBHOOK_FIELDS: Entity = Entity {
    name: "ContactWebhookField",
    path: "contactwebhookfields",
    shown: "ContactWebhookFields",
    root: READ,
    child: under("contactwebhooks", "fields", "webhookID", BELOW),
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        int("fieldID").required(),
        flag("isDisplayAlwaysField"),
        flag("isSubscribedField"),
        int("webhookID").read_only().to("ContactWebhook"),
    ],
};

/// Whose changes a webhook leaves out.
pub(crate) static CONTACT_WEBHOOK_EXCLUDED: Entity = Entity {
    name: "ContactWebhookExcludedResource",
    path: "contactwebhookexcludedresources",
    shown: "ContactWebhookExcludedResources",
    root: READ,
    child: under("contactwebhooks", "excludedresources", "webhookID", MAKE),
    has_udfs: false,
    fields: &[
        int("id").read_only(),
        int("resourceID").required().to("Resource"),
        int("webhookID").read_only().to("ContactWebhook"),
    ],
};

/// Every entity.
pub(crate) static ENTITIES: [&Entity; 14] = [
    &COMPANIES,
    &COMPANY_NOTES,
    &COMPANY_TEAMS,
    &CONTACTS,
    &CONTACT_WEBHOOKS,
    &CONTACT_WEBHOOK_EXCLUDED,
    &CONTACT_WEBHOOK_FIELDS,
    &CONTRACTS,
    &CONTRACT_SERVICES,
    &CONTRACT_SERVICE_ADJUSTMENTS,
    &CONTRACT_SERVICE_UNITS,
    &COUNTRIES,
    &RESOURCES,
    &SERVICES,
];

/// The entity whose records others refer to by that name.
pub(crate) fn named(name: &str) -> Option<&'static Entity> {
    ENTITIES.into_iter().find(|entity| entity.name == name)
}
