//! The directory user as Graph shows it.

use serde_json::{Value, json};

use super::entity::Entity;
use crate::people::{DOMAIN, INITIAL_DOMAIN, Person, PersonKind, SKUS};

/// A directory user. Empty options are Graph's nulls.
#[derive(Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each field is the Graph property of the same name")]
pub struct User {
    pub id: String,
    pub user_principal_name: String,
    pub display_name: String,
    pub given_name: Option<String>,
    pub surname: Option<String>,
    pub mail: Option<String>,
    pub other_mails: Vec<String>,
    pub proxy_addresses: Vec<String>,
    pub job_title: Option<String>,
    pub department: Option<String>,
    pub company_name: Option<String>,
    pub office_location: Option<String>,
    pub business_phones: Vec<String>,
    pub mobile_phone: Option<String>,
    pub fax_number: Option<String>,
    pub street_address: Option<String>,
    pub city: Option<String>,
    pub state: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub usage_location: Option<String>,
    pub preferred_language: Option<String>,
    pub account_enabled: bool,
    /// `Member`, `Guest`, or null on some old synchronised users.
    pub user_type: Option<String>,
    pub creation_type: Option<String>,
    pub external_user_state: Option<String>,
    /// RFC 3339, UTC.
    pub created_date_time: Option<String>,
    /// RFC 3339, UTC; set while soft-deleted.
    pub deleted_date_time: Option<String>,
    /// SKU ids.
    pub assigned_licenses: Vec<String>,
    pub employee_id: Option<String>,
    pub on_premises_immutable_id: Option<String>,
    pub on_premises_sync_enabled: Option<bool>,
    pub on_premises_sam_account_name: Option<String>,
    pub show_in_address_list: Option<bool>,
    /// In a restricted management administrative unit.
    pub is_management_restricted: Option<bool>,
    /// Not on the user object: the user holds an administrator's role.
    pub holds_admin_role: bool,
    /// Not on the user object: `mailboxSettings/userPurpose`; null without a mailbox.
    pub mailbox_purpose: Option<String>,
    /// Not on the user object: the object id of another user.
    pub manager: Option<String>,
    /// Not on the user object: the picture, JPEG bytes by name.
    pub photo: Option<Vec<u8>>,
}

impl std::fmt::Debug for User {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("User").field("id", &self.id).finish_non_exhaustive()
    }
}

/// Every property that the imitation knows; those without a field of [`User`] are always null or empty.
const PROPERTIES: [&str; 58] = [
    "accountEnabled",
    "ageGroup",
    "assignedLicenses",
    "assignedPlans",
    "businessPhones",
    "city",
    "companyName",
    "consentProvidedForMinor",
    "country",
    "createdDateTime",
    "creationType",
    "deletedDateTime",
    "department",
    "displayName",
    "employeeHireDate",
    "employeeId",
    "employeeOrgData",
    "employeeType",
    "externalUserState",
    "externalUserStateChangeDateTime",
    "faxNumber",
    "givenName",
    "id",
    "identities",
    "identityParentId",
    "imAddresses",
    "isManagementRestricted",
    "isResourceAccount",
    "jobTitle",
    "lastPasswordChangeDateTime",
    "licenseAssignmentStates",
    "mail",
    "mailNickname",
    "mobilePhone",
    "officeLocation",
    "onPremisesDistinguishedName",
    "onPremisesDomainName",
    "onPremisesExtensionAttributes",
    "onPremisesImmutableId",
    "onPremisesLastSyncDateTime",
    "onPremisesSamAccountName",
    "onPremisesSecurityIdentifier",
    "onPremisesSyncEnabled",
    "onPremisesUserPrincipalName",
    "otherMails",
    "passwordPolicies",
    "postalCode",
    "preferredDataLocation",
    "preferredLanguage",
    "provisionedPlans",
    "proxyAddresses",
    "securityIdentifier",
    "showInAddressList",
    "signInActivity",
    "state",
    "streetAddress",
    "surname",
    "usageLocation",
];
const TAIL: [&str; 2] = ["userPrincipalName", "userType"];

/// Returned without `$select` (Microsoft Graph, "List users", page of 2026).
const DEFAULTS: [&str; 11] = [
    "businessPhones",
    "displayName",
    "givenName",
    "id",
    "jobTitle",
    "mail",
    "mobilePhone",
    "officeLocation",
    "preferredLanguage",
    "surname",
    "userPrincipalName",
];

/// Served for one user only; a collection answers 501.
const SINGLE_ONLY: [&str; 11] = [
    "aboutMe",
    "birthday",
    "hireDate",
    "interests",
    "mySite",
    "pastProjects",
    "preferredName",
    "responsibilities",
    "schools",
    "skills",
    "mailboxSettings",
];

/// What may be done with a property in `$filter`: `d`efault, `a`dvanced, `-` not at all, for eq, ne, not, ge, le, in,
/// startsWith, null. From Microsoft's table "filter-directory-objects" (2023) with the later endsWith additions.
const FILTERS: [(&str, &str); 32] = [
    ("accountEnabled", "daaaad--"),
    ("assignedLicenses", "d-a-----"),
    ("businessPhones", "d-a-----"),
    ("city", "daad-dda"),
    ("companyName", "aaaaaaaa"),
    ("country", "daadddda"),
    ("createdDateTime", "daadda--"),
    ("creationType", "daa--d--"),
    ("department", "daadddda"),
    ("displayName", "daa--dda"),
    ("employeeId", "da--a-da"),
    ("employeeType", "aa-aaaa-"),
    ("givenName", "da-dddda"),
    ("id", "daa--d--"),
    ("jobTitle", "da-ddd-a"),
    ("mail", "da-dddda"),
    ("mailNickname", "da-dddda"),
    ("mobilePhone", "aa-aaaaa"),
    ("officeLocation", "aa-aaaaa"),
    ("onPremisesImmutableId", "aa-aaa-a"),
    ("onPremisesSamAccountName", "aa-aaaaa"),
    ("onPremisesSyncEnabled", "da-aad-a"),
    ("otherMails", "da-dddd-"),
    ("postalCode", "aa-aaaaa"),
    ("preferredLanguage", "aa-aaaaa"),
    ("proxyAddresses", "da-dd-da"),
    ("state", "da-dddda"),
    ("streetAddress", "aa-aaaaa"),
    ("surname", "da-dddda"),
    ("usageLocation", "da-dddd-"),
    ("userPrincipalName", "da--ddd-"),
    ("userType", "daa--d-a"),
];

impl Entity for User {
    const TYPE: &'static str = "user";
    const SET: &'static str = "users";

    fn id(&self) -> &str {
        &self.id
    }

    fn known(name: &str) -> Option<&'static str> {
        let all = PROPERTIES.iter().chain(&TAIL).chain(&SINGLE_ONLY);
        all.copied().find(|known| known.eq_ignore_ascii_case(name))
    }

    fn properties() -> Vec<&'static str> {
        PROPERTIES.iter().chain(&TAIL).copied().collect()
    }

    fn defaults() -> &'static [&'static str] {
        &DEFAULTS
    }

    fn single_only(name: &str) -> bool {
        SINGLE_ONLY.contains(&name)
    }

    fn filters(name: &str) -> &'static str {
        FILTERS.iter().find(|(known, _)| *known == name).map_or("--------", |(_, rules)| rules)
    }

    fn sorts(name: &str, advanced: bool) -> bool {
        matches!(name, "displayName" | "userPrincipalName")
            || (advanced && matches!(name, "createdDateTime" | "mail" | "givenName" | "surname"))
    }

    fn searches(name: &str) -> bool {
        matches!(
            name,
            "displayName" | "mail" | "userPrincipalName" | "givenName" | "surname" | "mailNickname"
        )
    }

    fn property(&self, name: &str) -> Value {
        match name {
            "accountEnabled" => json!(self.account_enabled),
            "assignedLicenses" => self
                .assigned_licenses
                .iter()
                .map(|sku| json!({ "skuId": sku, "disabledPlans": [] }))
                .collect(),
            "assignedPlans" => self.plans(),
            "businessPhones" => json!(self.business_phones),
            "city" => json!(self.city),
            "companyName" => json!(self.company_name),
            "country" => json!(self.country),
            "createdDateTime" => json!(self.created_date_time),
            "creationType" => json!(self.creation_type),
            "deletedDateTime" => json!(self.deleted_date_time),
            "department" => json!(self.department),
            "displayName" => json!(self.display_name),
            "employeeId" => json!(self.employee_id),
            "externalUserState" => json!(self.external_user_state),
            "faxNumber" => json!(self.fax_number),
            "givenName" => json!(self.given_name),
            "id" => json!(self.id),
            "identities" => self.identities(),
            "imAddresses" => self.sip(),
            "isManagementRestricted" => json!(self.is_management_restricted),
            "jobTitle" => json!(self.job_title),
            "mail" => json!(self.mail),
            "mailNickname" => json!(self.user_principal_name.split('@').next()),
            "mobilePhone" => json!(self.mobile_phone),
            "officeLocation" => json!(self.office_location),
            "onPremisesImmutableId" => json!(self.on_premises_immutable_id),
            "onPremisesSamAccountName" => json!(self.on_premises_sam_account_name),
            "onPremisesSyncEnabled" => json!(self.on_premises_sync_enabled),
            "otherMails" => json!(self.other_mails),
            "postalCode" => json!(self.postal_code),
            "preferredLanguage" => json!(self.preferred_language),
            "proxyAddresses" => json!(self.proxy_addresses),
            "showInAddressList" => json!(self.show_in_address_list),
            "state" => json!(self.state),
            "streetAddress" => json!(self.street_address),
            "surname" => json!(self.surname),
            "usageLocation" => json!(self.usage_location),
            "userPrincipalName" => json!(self.user_principal_name),
            "userType" => json!(self.user_type),
            "licenseAssignmentStates"
            | "provisionedPlans"
            | "interests"
            | "pastProjects"
            | "responsibilities"
            | "schools"
            | "skills" => json!([]),
            _ => Value::Null,
        }
    }
}

impl User {
    /// An enabled member without licences or mail.
    #[must_use]
    pub fn new(id: &str, user_principal_name: &str, display_name: &str) -> Self {
        Self {
            id: id.to_owned(),
            user_principal_name: user_principal_name.to_owned(),
            display_name: display_name.to_owned(),
            account_enabled: true,
            user_type: Some("Member".to_owned()),
            ..Self::default()
        }
    }

    fn plans(&self) -> Value {
        let skus = SKUS.iter().filter(|sku| self.assigned_licenses.iter().any(|id| id == sku.id));
        skus.map(|sku| {
            json!({
                "assignedDateTime": self.created_date_time, "capabilityStatus": "Enabled",
                "service": "exchange", "servicePlanId": sku.plan.0,
            })
        })
        .collect()
    }

    fn identities(&self) -> Value {
        json!([{
            "signInType": "userPrincipalName", "issuer": INITIAL_DOMAIN, "issuerAssignedId": self.user_principal_name,
        }])
    }

    fn sip(&self) -> Value {
        let sip = self.proxy_addresses.iter().filter_map(|entry| entry.strip_prefix("SIP:"));
        sip.collect()
    }
}

impl From<&Person> for User {
    fn from(person: &Person) -> Self {
        let filled = |text: &String| (!text.is_empty()).then(|| text.clone());
        let guest = person.kind == PersonKind::Guest;
        let mut user = Self::new(&person.object_id, &person.upn, &person.display_name);
        user.given_name = filled(&person.first_name);
        user.surname = filled(&person.last_name);
        user.mail.clone_from(&person.mail);
        user.other_mails = if guest { person.mail.iter().cloned().collect() } else { Vec::new() };
        user.proxy_addresses = proxies(person);
        user.job_title.clone_from(&person.job_title);
        user.department.clone_from(&person.department);
        user.company_name.clone_from(&person.company);
        user.office_location.clone_from(&person.office);
        user.business_phones = person.business_phone.iter().cloned().collect();
        user.mobile_phone.clone_from(&person.mobile_phone);
        user.street_address.clone_from(&person.street);
        user.city.clone_from(&person.city);
        user.state.clone_from(&person.state);
        user.postal_code.clone_from(&person.postal_code);
        user.country.clone_from(&person.country);
        user.usage_location.clone_from(&person.usage_location);
        user.account_enabled = person.enabled;
        if guest {
            user.user_type = Some("Guest".to_owned());
            user.creation_type = Some("Invitation".to_owned());
            user.external_user_state = Some("Accepted".to_owned());
        }
        user.created_date_time = Some(person.created.format("%Y-%m-%dT%H:%M:%SZ").to_string());
        user.assigned_licenses = person.licences.iter().map(|&sku| sku.to_owned()).collect();
        user.mailbox_purpose = match person.kind {
            PersonKind::Shared => Some("shared".to_owned()),
            PersonKind::Room => Some("room".to_owned()),
            PersonKind::Member if person.mail.is_some() && !person.licences.is_empty() => {
                Some("user".to_owned())
            }
            PersonKind::Member | PersonKind::Guest | PersonKind::Service => None,
        };
        user
    }
}

/// `SMTP:` the primary one, `smtp:` the others, and the entries of other kinds that clients must drop.
fn proxies(person: &Person) -> Vec<String> {
    let Some(mail) = &person.mail else { return Vec::new() };
    let mut entries: Vec<String> = person.aliases.iter().map(|alias| format!("smtp:{alias}")).collect();
    entries.push(format!("SMTP:{mail}"));
    if person.kind == PersonKind::Member {
        entries.push(format!("SIP:{}", person.upn));
        if person.licences.len() > 1 {
            let tail = person.object_id.split('-').next().unwrap_or_default();
            entries.push(format!(
                "x500:/o=ExchangeLabs/ou=Exchange Administrative Group/cn=Recipients/cn={tail}"
            ));
        }
        if !person.upn.ends_with(DOMAIN) {
            entries.push(format!("SPO:SPO_{}@SPO_contoso", person.object_id));
        }
    }
    entries
}
