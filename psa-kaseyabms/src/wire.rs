//! The records as Kaseya BMS spells them.
//!
//! Names are those of the official OpenAPI document (BMS API 2.0, read 2026-11), which prints them with a capital while
//! the live service answers in camelCase: [`fold`] makes both alike. Unknown fields are ignored, and a missing key and
//! `null` are alike. None of these has `Debug`: they hold people's data.

use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Names with their first letter small, at every depth.
pub(crate) fn fold(value: Value) -> Value {
    match value {
        Value::Array(items) => Value::Array(items.into_iter().map(fold).collect()),
        Value::Object(fields) => Value::Object(
            fields.into_iter().map(|(name, value)| (small(name), fold(value))).collect::<Map<_, _>>(),
        ),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

fn small(mut name: String) -> String {
    if let Some(first) = name.get_mut(..1) {
        first.make_ascii_lowercase();
    }
    name
}

/// What every answer but two routes' is wrapped in.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Envelope {
    pub(crate) success: Option<bool>,
    pub(crate) error: Option<ErrorInfo>,
}

/// What went wrong.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorInfo {
    pub(crate) code: Option<i64>,
    pub(crate) message: Option<String>,
    pub(crate) details: Option<String>,
    pub(crate) sub_errors: Option<Vec<Value>>,
}

/// A pair of tokens.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tokens {
    pub(crate) access_token: SecretString,
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) access_token_expire_on: Option<String>,
}

/// Who is signed in.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct UserInfo {
    pub(crate) product_name: Option<String>,
}

/// Whether people sign in through an identity provider.
#[derive(Deserialize)]
pub(crate) struct SsoStatus {
    pub(crate) enabled: Option<bool>,
}

/// A contact: the summary of a list and the answer of a change, which differ in some names.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Contact {
    pub(crate) id: i64,
    pub(crate) account_id: Option<i64>,
    pub(crate) location_name: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) job_title: Option<String>,
    #[serde(alias = "poc")]
    pub(crate) is_poc: Option<bool>,
    pub(crate) is_active: Option<bool>,
    /// The vendor writes it in four ways, two of them misspelt.
    #[serde(alias = "recieveInvoices", alias = "receiveInvoices", alias = "canReceiveInvoices")]
    pub(crate) can_recieve_invoices: Option<bool>,
    pub(crate) emails: Option<Vec<Email>>,
    pub(crate) phones: Option<Vec<Phone>>,
    pub(crate) modified_on: Option<String>,
}

/// An e-mail address of a contact.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Email {
    pub(crate) email_address: Option<String>,
    pub(crate) email_type_id: Option<i64>,
    pub(crate) email_type: Option<String>,
    pub(crate) is_default: Option<bool>,
}

/// A telephone number of a contact: read as `phone`, written as `PhoneNumber`.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Phone {
    #[serde(alias = "phoneNumber")]
    pub(crate) phone: Option<String>,
    pub(crate) phone_type_id: Option<i64>,
    pub(crate) phone_type: Option<String>,
    pub(crate) is_default: Option<bool>,
}

/// The answer of a create, of which only the id is needed.
#[derive(Deserialize)]
pub(crate) struct Created {
    pub(crate) id: i64,
}

/// The answer of a change to addresses.
#[derive(Deserialize)]
pub(crate) struct EmailsChanged {
    pub(crate) emails: Option<Vec<Email>>,
}

/// The answer of a change to numbers.
#[derive(Deserialize)]
pub(crate) struct PhonesChanged {
    pub(crate) phones: Option<Vec<Phone>>,
}

/// An account, which is a company.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    pub(crate) id: i64,
    pub(crate) account_name: Option<String>,
    pub(crate) website: Option<String>,
    pub(crate) account_manager_user_name: Option<String>,
    pub(crate) is_active: Option<bool>,
}

/// A location of an account.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Location {
    pub(crate) id: i64,
    pub(crate) is_main: Option<bool>,
}

/// Somebody who works for the service provider.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Employee {
    pub(crate) id: i64,
    pub(crate) email_address: Option<String>,
    pub(crate) username: Option<String>,
}

/// The definition of a custom field. `settings` are the options of a list.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomField {
    pub(crate) id: i64,
    pub(crate) name: Option<String>,
    pub(crate) is_required: Option<bool>,
    pub(crate) is_active: Option<bool>,
    pub(crate) settings: Option<Vec<CustomOption>>,
}

/// An option of a custom list field.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomOption {
    pub(crate) id: i64,
    pub(crate) name: Option<String>,
    pub(crate) is_active: Option<bool>,
}

/// A custom value of one record.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CustomValue {
    pub(crate) custom_field_id: Option<i64>,
    pub(crate) data: Option<String>,
    pub(crate) settings_id: Option<i64>,
}

/// A service that can be in contracts.
#[derive(Clone, Deserialize)]
pub(crate) struct Service {
    pub(crate) id: i64,
}

/// Where a service is in a contract. Its units are in no answer.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct RelatedService {
    pub(crate) id: i64,
    pub(crate) account_id: Option<i64>,
    pub(crate) service_name: Option<String>,
    pub(crate) contract_end_date: Option<String>,
}

/// The body of a create.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewContact {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) account_id: i64,
    pub(crate) location_id: i64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) emails: Vec<NewEmail>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) phones: Vec<NewPhone>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) custom_fields_data: Vec<NewCustomValue>,
}

/// An e-mail address of a new contact.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewEmail {
    pub(crate) email_address: String,
    pub(crate) email_type_id: i64,
    pub(crate) is_default: bool,
}

/// A telephone number of a new contact.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewPhone {
    pub(crate) phone_number: String,
    pub(crate) phone_type_id: i64,
    pub(crate) is_default: bool,
}

/// A custom value of a new contact.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct NewCustomValue {
    pub(crate) custom_field_id: i64,
    pub(crate) data: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) settings_id: Option<i64>,
}

/// One operation of a JSON Patch (RFC 6902).
#[derive(Clone, Serialize)]
#[cfg_attr(test, derive(Debug, PartialEq))]
pub(crate) struct PatchOp {
    pub(crate) op: &'static str,
    pub(crate) path: String,
    pub(crate) value: Value,
}

impl PatchOp {
    pub(crate) fn replace(property: &str, value: impl Into<Value>) -> Self {
        Self { op: "replace", path: format!("/{property}"), value: value.into() }
    }
}

/// One operation on an e-mail address.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct EmailOp {
    pub(crate) operation: i64,
    pub(crate) email_address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_email_address: Option<String>,
    pub(crate) type_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_default: Option<bool>,
}

/// One operation on a telephone number.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct PhoneOp {
    pub(crate) operation: i64,
    pub(crate) phone_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) new_phone_number: Option<String>,
    pub(crate) type_id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) is_default: Option<bool>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn both_spellings_of_a_record_read_the_same() {
        let printed = json!({"Id": 5, "FirstName": "Ada", "Poc": true, "RecieveInvoices": true,
            "Phones": [{"Phone": "+1", "PhoneTypeId": 2, "IsDefault": true}]});
        let live = json!({"id": 5, "firstName": "Ada", "isPoc": true, "canRecieveInvoices": true,
            "phones": [{"phone": "+1", "phoneTypeId": 2, "isDefault": true}]});
        for record in [printed, live] {
            let contact: Contact = serde_json::from_value(fold(record)).unwrap();
            assert_eq!((contact.id, contact.first_name.as_deref()), (5, Some("Ada")));
            assert_eq!((contact.is_poc, contact.can_recieve_invoices), (Some(true), Some(true)));
            assert_eq!(contact.phones.unwrap()[0].phone.as_deref(), Some("+1"));
        }
    }

    #[test]
    fn odd_names_stay_as_they_are() {
        let odd = json!({"": 1, "\u{c9}tat": 2, "x": {"": [{"\u{1f600}": 3}]}});
        assert_eq!(fold(odd.clone()), odd);
    }
}
