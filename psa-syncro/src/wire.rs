//! Syncro's records as it spells them (OpenAPI document "Syncro v1", read 2026-11). Unknown fields are ignored, and a
//! missing one is like `null`.

use serde::Deserialize;
use serde_json::{Map, Value};

/// A contact, which Syncro shows flat: not below a `contact` key.
#[derive(Clone, Deserialize)]
pub(crate) struct Contact {
    pub(crate) id: i64,
    pub(crate) customer_id: Option<i64>,
    pub(crate) name: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) mobile: Option<String>,
    pub(crate) address1: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) zip: Option<String>,
    pub(crate) notes: Option<String>,
    pub(crate) opt_out: Option<bool>,
    pub(crate) updated_at: Option<String>,
    /// The title, notification settings and custom fields, by name.
    pub(crate) properties: Option<Value>,
}

/// A company, which Syncro calls a customer.
#[derive(Clone, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: i64,
    pub(crate) business_name: Option<String>,
    pub(crate) business_then_name: Option<String>,
    pub(crate) fullname: Option<String>,
    pub(crate) disabled: Option<bool>,
    pub(crate) properties: Option<Value>,
}

/// What a listing says of itself.
#[derive(Clone, Copy, Deserialize)]
pub(crate) struct Meta {
    pub(crate) total_pages: Option<u64>,
    pub(crate) total_entries: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct Contacts {
    pub(crate) contacts: Vec<Contact>,
    pub(crate) meta: Option<Meta>,
}

#[derive(Deserialize)]
pub(crate) struct Customers {
    pub(crate) customers: Vec<Customer>,
    pub(crate) meta: Option<Meta>,
}

/// One customer, which Syncro wraps.
#[derive(Deserialize)]
pub(crate) struct OneCustomer {
    pub(crate) customer: Customer,
}

/// The answer of `/me`. It holds the user's own token as well, which is not taken in.
#[derive(Deserialize)]
pub(crate) struct Me {
    pub(crate) subdomain: Option<String>,
    pub(crate) admin: Option<bool>,
    pub(crate) permissions: Option<Map<String, Value>>,
}

/// The part of `/settings` that defines the custom fields of customers. Those of contacts are not in it.
#[derive(Deserialize)]
pub(crate) struct Settings {
    pub(crate) customers: Option<CustomerSettings>,
}

#[derive(Deserialize)]
pub(crate) struct CustomerSettings {
    pub(crate) customer_fields: Option<Vec<CustomField>>,
}

#[derive(Deserialize)]
pub(crate) struct CustomField {
    pub(crate) name: Option<String>,
}

/// Somebody who may sign in to the portal.
#[derive(Deserialize)]
pub(crate) struct PortalUser {
    pub(crate) id: i64,
    pub(crate) contact_id: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct PortalUsers {
    pub(crate) portal_users: Vec<PortalUser>,
    pub(crate) meta: Option<Meta>,
}

/// A recurring invoice.
#[derive(Clone, Deserialize)]
pub(crate) struct Schedule {
    pub(crate) id: i64,
    pub(crate) customer_id: Option<i64>,
    pub(crate) lines: Option<Vec<Line>>,
}

#[derive(Deserialize)]
pub(crate) struct Schedules {
    pub(crate) schedules: Vec<Schedule>,
    pub(crate) meta: Option<Meta>,
}

#[derive(Deserialize)]
pub(crate) struct OneSchedule {
    pub(crate) schedule: Schedule,
}

/// A line of a recurring invoice.
#[derive(Clone, Deserialize)]
pub(crate) struct Line {
    pub(crate) id: i64,
    pub(crate) name: Option<String>,
    /// A decimal number, as a string.
    pub(crate) quantity: Option<Value>,
    pub(crate) retail_cents: Option<i64>,
    pub(crate) taxable: Option<bool>,
    pub(crate) one_time_charge: Option<bool>,
    // Where one of these is set, Syncro counts the quantity itself.
    pub(crate) recurring_type_id: Option<i64>,
    pub(crate) asset_type_id: Option<i64>,
    pub(crate) contact_field_type_id: Option<i64>,
    pub(crate) contact_field_answer_id: Option<i64>,
    pub(crate) saved_asset_search_id: Option<i64>,
}

#[derive(Deserialize)]
pub(crate) struct OneLine {
    pub(crate) schedule_line_item: Line,
}
