//! The records as ConnectWise PSA spells them.
//!
//! Field names are those of the official OpenAPI document, the same in 2022.1, 2025.8 and 2026.4 (diffed 2026-11).
//! Unknown fields are ignored, and a missing key and `null` are alike, because the server leaves out what is unset.
//! None of these has `Debug`: they hold people's data.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// `{id, name}`: how one record points to another.
#[derive(Clone, Default, Deserialize)]
pub(crate) struct Reference {
    pub(crate) id: Option<i64>,
    pub(crate) name: Option<String>,
}

/// `_info`, of which only the moment of the last change is used.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Info {
    pub(crate) last_updated: Option<String>,
}

/// An e-mail address, a phone or a fax number of a contact.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommunicationItem {
    #[serde(rename = "type")]
    pub(crate) kind: Option<Reference>,
    pub(crate) value: Option<String>,
    pub(crate) extension: Option<String>,
    pub(crate) default_flag: Option<bool>,
    pub(crate) communication_type: Option<String>,
}

/// One custom field of a record. What this adapter does not know of it goes back as it came.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(crate) struct CustomField {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) caption: Option<String>,
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub(crate) kind: Option<String>,
    /// `None` both for a missing key and for `null`; an emptied field is sent as `Some(Value::Null)`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<Value>,
    #[serde(flatten)]
    pub(crate) rest: Map<String, Value>,
}

/// A contact.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    pub(crate) id: i64,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) company: Option<Reference>,
    pub(crate) title: Option<String>,
    pub(crate) department: Option<Reference>,
    pub(crate) address_line1: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) zip: Option<String>,
    pub(crate) country: Option<Reference>,
    pub(crate) inactive_flag: Option<bool>,
    pub(crate) default_flag: Option<bool>,
    pub(crate) default_billing_flag: Option<bool>,
    pub(crate) communication_items: Option<Vec<CommunicationItem>>,
    pub(crate) types: Option<Vec<Reference>>,
    pub(crate) custom_fields: Option<Vec<CustomField>>,
    #[serde(flatten)]
    pub(crate) fixed: FixedFields,
    #[serde(rename = "_info")]
    pub(crate) info: Option<Info>,
}

/// The fields of a contact that a listing asks for; everything [`Contact`] holds.
pub(crate) const CONTACT_FIELDS: &str = "id,firstName,lastName,company,title,department,addressLine1,city,state,zip,\
country,inactiveFlag,defaultFlag,defaultBillingFlag,communicationItems,types,customFields,userDefinedField1,\
userDefinedField2,userDefinedField3,userDefinedField4,userDefinedField5,userDefinedField6,userDefinedField7,\
userDefinedField8,userDefinedField9,userDefinedField10,_info/lastUpdated";

/// The ten older custom fields, 50 characters each, that every contact and company has.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FixedFields {
    user_defined_field1: Option<String>,
    user_defined_field2: Option<String>,
    user_defined_field3: Option<String>,
    user_defined_field4: Option<String>,
    user_defined_field5: Option<String>,
    user_defined_field6: Option<String>,
    user_defined_field7: Option<String>,
    user_defined_field8: Option<String>,
    user_defined_field9: Option<String>,
    user_defined_field10: Option<String>,
}

/// The names of the ten fixed fields, in order.
pub(crate) const FIXED_FIELD_NAMES: [&str; 10] = [
    "userDefinedField1",
    "userDefinedField2",
    "userDefinedField3",
    "userDefinedField4",
    "userDefinedField5",
    "userDefinedField6",
    "userDefinedField7",
    "userDefinedField8",
    "userDefinedField9",
    "userDefinedField10",
];

impl FixedFields {
    /// The ten values, in the order of [`FIXED_FIELD_NAMES`].
    pub(crate) fn values(&self) -> [Option<&str>; 10] {
        let Self {
            user_defined_field1: f1,
            user_defined_field2: f2,
            user_defined_field3: f3,
            user_defined_field4: f4,
            user_defined_field5: f5,
            user_defined_field6: f6,
            user_defined_field7: f7,
            user_defined_field8: f8,
            user_defined_field9: f9,
            user_defined_field10: f10,
        } = self;
        [f1, f2, f3, f4, f5, f6, f7, f8, f9, f10].map(Option::as_deref)
    }

    /// The value of the field so named; `None` also where the name is not one of the ten.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let place = FIXED_FIELD_NAMES.iter().position(|fixed| *fixed == name)?;
        self.values().get(place).copied().flatten()
    }
}

/// A company.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Company {
    pub(crate) id: i64,
    pub(crate) name: Option<String>,
    pub(crate) identifier: Option<String>,
    pub(crate) website: Option<String>,
    pub(crate) territory: Option<Reference>,
    pub(crate) deleted_flag: Option<bool>,
    pub(crate) custom_fields: Option<Vec<CustomField>>,
    #[serde(flatten)]
    pub(crate) fixed: FixedFields,
}

/// The fields of a company that a listing asks for; everything [`Company`] holds.
pub(crate) const COMPANY_FIELDS: &str = "id,name,identifier,website,territory,deletedFlag,customFields,userDefinedField1,\
userDefinedField2,userDefinedField3,userDefinedField4,userDefinedField5,userDefinedField6,userDefinedField7,\
userDefinedField8,userDefinedField9,userDefinedField10";

/// One member of those who look after a company.
#[derive(Clone, Deserialize)]
pub(crate) struct TeamMember {
    pub(crate) member: Option<Reference>,
}

/// A kind of communication item, as one tenant has set it up.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommunicationType {
    pub(crate) id: i64,
    pub(crate) description: Option<String>,
    pub(crate) phone_flag: Option<bool>,
    pub(crate) fax_flag: Option<bool>,
    pub(crate) email_flag: Option<bool>,
    pub(crate) default_flag: Option<bool>,
}

/// A contact type.
#[derive(Clone, Deserialize)]
pub(crate) struct ContactType {
    pub(crate) id: i64,
    pub(crate) description: Option<String>,
}

/// The bond between a contact and one of its types.
#[derive(Clone, Deserialize)]
pub(crate) struct TypeAssociation {
    pub(crate) id: i64,
    #[serde(rename = "type")]
    pub(crate) kind: Option<Reference>,
}

/// The definition of a custom field.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserDefinedField {
    pub(crate) id: i64,
    pub(crate) caption: Option<String>,
    pub(crate) field_type_identifier: Option<String>,
    pub(crate) read_only_flag: Option<bool>,
}

/// An agreement.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Agreement {
    pub(crate) id: i64,
    pub(crate) company: Option<Reference>,
    pub(crate) end_date: Option<String>,
    pub(crate) no_ending_date_flag: Option<bool>,
    pub(crate) cancelled_flag: Option<bool>,
}

/// The fields of an agreement that are asked for.
pub(crate) const AGREEMENT_FIELDS: &str = "id,company,endDate,noEndingDateFlag,cancelledFlag";

/// One addition of an agreement. The quantity is a decimal number.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Addition {
    pub(crate) id: i64,
    pub(crate) product: Option<Product>,
    pub(crate) description: Option<String>,
    pub(crate) quantity: Option<f64>,
    pub(crate) cancelled_date: Option<String>,
}

/// The product of an addition, named by its identifier.
#[derive(Clone, Deserialize)]
pub(crate) struct Product {
    pub(crate) identifier: Option<String>,
}

/// A pair that ConnectWise's own Microsoft 365 contact sync keeps.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct M365Contact {
    pub(crate) id: i64,
    pub(crate) contact_rec_id: Option<i64>,
    pub(crate) tenant_id: Option<String>,
    pub(crate) m365_contact_id: Option<String>,
}

/// What a callback's body says. `Entity` is left unread: it lacks the communication items, and a hint carries no values.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Callback {
    pub(crate) action: Option<String>,
    #[serde(rename = "ID")]
    pub(crate) id: Option<i64>,
    #[serde(rename = "Type")]
    pub(crate) kind: Option<String>,
    #[serde(default)]
    pub(crate) company_id: Option<String>,
    pub(crate) metadata: Option<CallbackMetadata>,
}

/// Where the key of a callback's signature is.
#[derive(Deserialize)]
pub(crate) struct CallbackMetadata {
    pub(crate) key_url: Option<String>,
}

/// The answer of a callback's `key_url`.
#[derive(Deserialize)]
pub(crate) struct SigningKey {
    pub(crate) signing_key: Option<String>,
}

/// A note on a contact or a company.
#[derive(Clone, Deserialize)]
pub(crate) struct Note {
    pub(crate) id: i64,
    pub(crate) text: Option<String>,
}

/// The answer of every `…/count`.
#[derive(Clone, Deserialize)]
pub(crate) struct Count {
    pub(crate) count: Option<u64>,
}

/// The answer of `/login/companyinfo/{company}`, `null` for a company that does not exist.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct CompanyInfo {
    pub(crate) codebase: Option<String>,
}

/// The body of an error. Two shapes: most have `code`; that of 429 has `error` instead.
#[derive(Default, Deserialize)]
pub(crate) struct Failure {
    pub(crate) code: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) errors: Option<Vec<FieldFailure>>,
}

/// What is wrong with one field.
#[derive(Default, Deserialize)]
pub(crate) struct FieldFailure {
    pub(crate) code: Option<String>,
    pub(crate) message: Option<String>,
    pub(crate) field: Option<String>,
}

/// One operation of a PATCH body, which is always an array of these.
#[derive(Clone, Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct PatchOp {
    pub(crate) op: PatchVerb,
    pub(crate) path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) value: Option<Value>,
}

/// The three operations that ConnectWise knows.
#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(Debug))]
#[serde(rename_all = "lowercase")]
pub(crate) enum PatchVerb {
    Add,
    Replace,
    Remove,
}

impl PatchOp {
    pub(crate) fn replace(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { op: PatchVerb::Replace, path: path.into(), value: Some(value.into()) }
    }

    pub(crate) fn add(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { op: PatchVerb::Add, path: path.into(), value: Some(value.into()) }
    }

    pub(crate) fn remove(path: impl Into<String>) -> Self {
        Self { op: PatchVerb::Remove, path: path.into(), value: None }
    }
}
