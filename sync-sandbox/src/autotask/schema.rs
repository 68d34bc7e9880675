//! The entities: their paths, what may be done where, and their fields.
//!
//! Names, types and lengths are those of the official Swagger document (April 2024) and of live field information as
//! published by client generators.

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A whole number.
    Int,
    /// `true` or `false`; 1 and 0 are not taken.
    Bool,
    /// Text.
    Text,
    /// A number with decimals.
    Decimal,
    /// A moment, `2026-01-06T10:30:00.123Z`.
    Date,
}

impl Kind {
    /// The name in field information.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Int => "integer",
            Self::Bool => "boolean",
            Self::Text => "string",
            Self::Decimal => "double",
            Self::Date => "datetime",
        }
    }
}

/// One field of an entity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    /// The longest text; 0 without a limit.
    pub(crate) length: usize,
    pub(crate) required: bool,
    pub(crate) read_only: bool,
    pub(crate) queryable: bool,
    /// The entity it refers to.
    pub(crate) reference: Option<&'static str>,
    /// Values and labels it is restricted to.
    pub(crate) picklist: &'static [(&'static str, &'static str)],
    /// Shown in a create's answer or a read never.
    pub(crate) write_only: bool,
}

impl Field {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self {
            name,
            kind,
            length: 0,
            required: false,
            read_only: false,
            queryable: true,
            reference: None,
            picklist: &[],
            write_only: false,
        }
    }

    const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    const fn read_only(mut self) -> Self {
        self.read_only = true;
        self
    }

    const fn not_queryable(mut self) -> Self {
        self.queryable = false;
        self
    }

    const fn to(mut self, entity: &'static str) -> Self {
        self.reference = Some(entity);
        self
    }

    const fn one_of(mut self, values: &'static [(&'static str, &'static str)]) -> Self {
        self.picklist = values;
        self
    }

    const fn write_only(mut self) -> Self {
        self.write_only = true;
        self
    }
}

const fn int(name: &'static str) -> Field {
    Field::new(name, Kind::Int)
}

const fn flag(name: &'static str) -> Field {
    Field::new(name, Kind::Bool)
}

const fn text(name: &'static str, length: usize) -> Field {
    Field { length, ..Field::new(name, Kind::Text) }
}

const fn date(name: &'static str) -> Field {
    Field::new(name, Kind::Date)
}

const fn decimal(name: &'static str) -> Field {
    Field::new(name, Kind::Decimal)
}

/// Where records of an entity are written below those of another.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Child {
    /// Path of the parent, in lower case.
    pub(crate) parent: &'static str,
    /// Path below the parent's id, in lower case.
    pub(crate) path: &'static str,
    /// The field that holds the parent's id.
    pub(crate) field: &'static str,
}

/// What may be done with the records of an entity.
#[derive(Debug, Clone, Copy, Default)]
#[allow(clippy::struct_excessive_bools, reason = "one per verb, as the vendor's own document has it")]
pub(crate) struct Can {
    pub(crate) query: bool,
    pub(crate) create: bool,
    pub(crate) update: bool,
    pub(crate) delete: bool,
}

/// One entity.
#[derive(Debug)]
pub(crate) struct Entity {
    /// The name of one record, as texts use it.
    pub(crate) name: &'static str,
    /// The path, in lower case.
    pub(crate) path: &'static str,
    /// The path as the vendor writes it.
    pub(crate) shown: &'static str,
    /// What the root path takes.
    pub(crate) root: Can,
    /// What the path below a parent takes.
    pub(crate) child: Option<(Child, Can)>,
    pub(crate) has_udfs: bool,
    pub(crate) fields: &'static [Field],
}

impl Entity {
    /// The field of that name, in any case.
    pub(crate) fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name.eq_ignore_ascii_case(name))
    }
}

const READ: Can = Can { query: true, create: false, update: false, delete: false };
const WRITE: Can = Can { query: true, create: true, update: true, delete: false };
const ALL: Can = Can { query: true, create: true, update: true, delete: true };
const MAKE: Can = Can { query: true, create: true, update: false, delete: true };
const SEND: Can = Can { query: false, create: true, update: false, delete: false };
const NO_DELETE: Can = Can { query: false, create: true, update: true, delete: false };
const BELOW: Can = Can { query: false, create: true, update: true, delete: true };

const fn under(
    parent: &'static str,
    path: &'static str,
    field: &'static str,
    can: Can,
) -> Option<(Child, Can)> {
    Some((Child { parent, path, field }, can))
}

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
