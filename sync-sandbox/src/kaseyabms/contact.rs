//! A contact, as it is kept and as the different routes show it.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::data::Data;

/// The longest names and title. The document gives no lengths; these are made up.
pub(crate) const LONGEST_NAME: usize = 50;
pub(crate) const LONGEST_TITLE: usize = 100;

/// An e-mail address or a telephone number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Item {
    pub(crate) id: i64,
    pub(crate) value: String,
    pub(crate) type_id: i64,
    pub(crate) default: bool,
}

/// A contact.
#[derive(Debug, Clone)]
pub(crate) struct Contact {
    pub(crate) id: i64,
    pub(crate) account: i64,
    pub(crate) location: Option<i64>,
    pub(crate) first_name: String,
    pub(crate) middle_name: Option<String>,
    pub(crate) last_name: String,
    pub(crate) job_title: Option<String>,
    pub(crate) primary: bool,
    pub(crate) active: bool,
    pub(crate) bill_by_contact: bool,
    pub(crate) receive_invoices: bool,
    pub(crate) portal: bool,
    pub(crate) emails: Vec<Item>,
    pub(crate) phones: Vec<Item>,
    pub(crate) created: DateTime<Utc>,
    pub(crate) modified: DateTime<Utc>,
}

/// The types of e-mail addresses and telephone numbers: id and name, as one instance may have them.
pub(crate) const EMAIL_TYPES: [(i64, &str); 2] = [(1, "Work"), (2, "Personal")];
/// As [`EMAIL_TYPES`].
pub(crate) const PHONE_TYPES: [(i64, &str); 4] = [(1, "Office"), (2, "Mobile"), (3, "Fax"), (4, "Home")];

/// The name of a type.
pub(crate) fn type_name(types: &[(i64, &'static str)], id: i64) -> Option<&'static str> {
    types.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

impl Contact {
    pub(crate) fn new(id: i64, account: i64, at: DateTime<Utc>) -> Self {
        Self {
            id,
            account,
            location: None,
            first_name: String::new(),
            middle_name: None,
            last_name: String::new(),
            job_title: None,
            primary: false,
            active: true,
            bill_by_contact: false,
            receive_invoices: false,
            portal: false,
            emails: Vec::new(),
            phones: Vec::new(),
            created: at,
            modified: at,
        }
    }

    /// The value of the default item, else of the first.
    pub(crate) fn main(items: &[Item]) -> Option<&str> {
        let main = items.iter().find(|item| item.default).or_else(|| items.first());
        main.map(|item| item.value.as_str())
    }

    fn location_name(&self, data: &Data) -> Option<String> {
        let location = data.location(self.account, self.location?)?;
        Some(location.name.clone())
    }

    /// The `Emails` of an answer.
    pub(crate) fn emails(&self) -> Value {
        let rows = self.emails.iter().map(|item| {
            json!({
                "Id": item.id, "EmailAddress": item.value, "EmailTypeId": item.type_id,
                "EmailType": type_name(&EMAIL_TYPES, item.type_id), "IsDefault": item.default,
            })
        });
        rows.collect()
    }

    /// The `Phones` of an answer: read as `Phone`, written as `PhoneNumber`.
    pub(crate) fn phones(&self) -> Value {
        let rows = self.phones.iter().map(|item| {
            json!({
                "Id": item.id, "Phone": item.value, "PhoneTypeId": item.type_id,
                "PhoneType": type_name(&PHONE_TYPES, item.type_id), "IsDefault": item.default,
            })
        });
        rows.collect()
    }

    /// `ContactsSummaryOutputDto`
    pub(crate) fn summary(&self, data: &Data) -> Value {
        json!({
            "Id": self.id, "CreatedBy": 1, "CreatedOn": data.date(self.created), "ModifiedBy": 1,
            "ModifiedOn": data.date(self.modified), "AccountId": self.account,
            "AccountName": data.account_name(self.account), "LocationId": self.location,
            "LocationName": self.location_name(data), "FirstName": self.first_name, "LastName": self.last_name,
            "JobTitle": self.job_title, "IsPoc": self.primary, "IsActive": self.active, "EffectiveDate": null,
            "IsBillable": self.bill_by_contact, "Emails": self.emails(), "Phones": self.phones(),
            "CanRecieveInvoices": self.receive_invoices,
        })
    }

    /// `ContactOutputDto`, which has other names for some of the same.
    pub(crate) fn output(&self, data: &Data) -> Value {
        json!({
            "Id": self.id, "CreatedBy": 1, "CreatedOn": data.date(self.created), "ModifiedBy": 1,
            "ModifiedOn": data.date(self.modified), "AccountId": self.account,
            "AccountName": data.account_name(self.account), "LocationId": self.location.unwrap_or(0),
            "LocationName": self.location_name(data), "FirstName": self.first_name, "MiddleName": self.middle_name,
            "LastName": self.last_name, "JobTitle": self.job_title, "Poc": self.primary, "IsActive": self.active,
            "BillByContact": self.bill_by_contact, "EffectiveDate": null, "Phones": self.phones(),
            "Emails": self.emails(), "RecieveInvoices": self.receive_invoices, "CreatedByName": "Sync API",
            "ModifiedByName": "Sync API",
        })
    }

    /// `ContactsSearchSelectOutputDto`
    pub(crate) fn found(&self, data: &Data) -> Value {
        json!({
            "Id": self.id, "AccountId": self.account, "AccountName": data.account_name(self.account),
            "LocationId": self.location.unwrap_or(0), "LocationName": self.location_name(data),
            "FirstName": self.first_name, "LastName": self.last_name, "JobTitle": self.job_title,
            "EmailAddress": Self::main(&self.emails), "IsPoc": self.primary, "IsActive": self.active,
            "HasClientPortalAccess": self.portal,
        })
    }

    /// `ContactLookupOutputDto`
    pub(crate) fn looked_up(&self, data: &Data) -> Value {
        json!({
            "Id": self.id, "Name": format!("{} {}", self.first_name, self.last_name),
            "LocationId": self.location.unwrap_or(0), "LocationName": self.location_name(data),
            "Phone": Self::main(&self.phones), "EmailAddress": Self::main(&self.emails),
        })
    }

    /// `ContactSummaryInfoOutputDto`
    pub(crate) fn info(&self, data: &Data) -> Value {
        json!({
            "Id": self.id, "ContactName": format!("{} {}", self.first_name, self.last_name),
            "ContactPhone": Self::main(&self.phones), "ContactEmailAddress": Self::main(&self.emails),
            "ClientName": data.account_name(self.account), "LocationName": self.location_name(data),
            "LocationId": self.location.unwrap_or(0), "TenantId": 4711, "IsActive": self.active,
            "AccountId": self.account,
        })
    }

    /// What is wrong with the record as it would be stored.
    pub(crate) fn faults(&self, data: &Data) -> Vec<String> {
        let mut faults = Vec::new();
        for (name, value, max) in [
            ("FirstName", Some(&self.first_name), LONGEST_NAME),
            ("LastName", Some(&self.last_name), LONGEST_NAME),
            ("MiddleName", self.middle_name.as_ref(), LONGEST_NAME),
            ("JobTitle", self.job_title.as_ref(), LONGEST_TITLE),
        ] {
            if value.is_some_and(|value| value.chars().count() > max) {
                faults.push(format!("The field {name} must be a string with a maximum length of {max}."));
            }
            if matches!(name, "FirstName" | "LastName") && value.is_none_or(|value| value.trim().is_empty()) {
                faults.push(format!("The {name} field is required."));
            }
        }
        if self.location.is_none_or(|location| data.location(self.account, location).is_none()) {
            faults.push("The LocationId field is required and must belong to the account.".to_owned());
        }
        if data.settings.phone_required && self.phones.is_empty() {
            faults.push("The PhoneNumber field is required.".to_owned());
        }
        faults.extend(self.taken_address(data));
        faults
    }

    /// The name and address of a portal contact must be its own among portal contacts.
    fn taken_address(&self, data: &Data) -> Option<String> {
        let address = Self::main(&self.emails).filter(|_| self.portal)?;
        let same = |other: &Self| {
            let theirs = Self::main(&other.emails);
            other.id != self.id && other.portal && theirs.is_some_and(|t| t.eq_ignore_ascii_case(address))
        };
        data.contacts.values().any(same).then(|| "Username/Email should be unique.".to_owned())
    }
}
