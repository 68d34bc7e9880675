//! `PATCH /users/{id}` and what it refuses (Microsoft Graph, "Update user", page of 2026).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Map, Value};

use super::entity::Entity;
use super::error::Problem;
use super::user::User;
use super::{Caller, Graph};

/// What suffices for everything that is imitated here.
const WRITE: [&str; 3] = ["User.ReadWrite.All", "User.ReadUpdate.All", "Directory.ReadWrite.All"];

/// Properties that need more than a permission where their owner is an administrator.
const SENSITIVE: [&str; 6] = [
    "accountEnabled",
    "businessPhones",
    "mobilePhone",
    "onPremisesImmutableId",
    "otherMails",
    "userPrincipalName",
];

/// Texts that can be written, and how long they may be in characters.
const TEXTS: [(&str, usize); 19] = [
    ("city", 128),
    ("companyName", 64),
    ("country", 128),
    ("department", 64),
    ("displayName", 256),
    ("employeeId", 16),
    ("faxNumber", 64),
    ("givenName", 64),
    ("jobTitle", 128),
    ("mail", 256),
    ("mobilePhone", 64),
    ("officeLocation", 128),
    ("postalCode", 40),
    ("preferredLanguage", 64),
    ("state", 128),
    ("streetAddress", 1024),
    ("surname", 64),
    ("usageLocation", 2),
    ("userPrincipalName", 113),
];

/// What stays writable in the cloud for users who are kept on-premises.
const CLOUD_ONLY: [&str; 2] = ["usageLocation", "preferredLanguage"];

pub(super) async fn update(
    State(graph): State<Arc<Graph>>,
    Path(key): Path<String>,
    caller: Caller,
    body: Bytes,
) -> Result<StatusCode, Problem> {
    let changes: Map<String, Value> = serde_json::from_slice(&body).map_err(|_malformed| {
        let message = "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of \
             valid JSON format.";
        Problem::new(400, "BadRequest", message)
    })?;
    let changes = named(&changes)?;
    permitted(&graph, &caller, &changes)?;
    let user = graph.store().find(&key).cloned().ok_or_else(|| Problem::missing(&key))?;
    let sensitive = changes.iter().any(|(name, _)| SENSITIVE.contains(name));
    if user.holds_admin_role && sensitive && !graph.has_directory_role() {
        return Err(Problem::denied());
    }
    if user.is_management_restricted == Some(true) {
        let message = "Insufficient privileges to complete the operation. Target object is a member of a restricted \
             management administrative unit and can only be modified by administrators scoped to that administrative unit.";
        return Err(Problem::new(403, "Authorization_RequestDenied", message));
    }
    let mastered = user.on_premises_sync_enabled == Some(true);
    if mastered && changes.iter().any(|(name, _)| !CLOUD_ONLY.contains(name)) {
        let message = "Unable to update the specified properties for on-premises mastered Directory Sync objects or \
             objects currently undergoing migration.";
        return Err(Problem::bad(message));
    }
    let mut changed = user;
    for (name, value) in &changes {
        write(&mut changed, name, value)?;
    }
    let id = changed.id.clone();
    graph.edit_user(&id, |held| *held = changed);
    Ok(StatusCode::NO_CONTENT)
}

/// The properties by their own spelling.
fn named(changes: &Map<String, Value>) -> Result<Vec<(&'static str, &Value)>, Problem> {
    let changes = changes.iter().filter(|(name, _)| !name.starts_with('@'));
    let known = changes.map(|(name, value)| match User::known(name) {
        Some(known) => Ok((known, value)),
        None => Err(Problem::bad(format!("Invalid property '{name}'."))),
    });
    known.collect()
}

/// Phone numbers and other addresses have permissions of their own.
fn permitted(graph: &Graph, caller: &Caller, changes: &[(&str, &Value)]) -> Result<(), Problem> {
    let only = |names: &[&str]| changes.iter().all(|(name, _)| names.contains(name));
    let narrow: &[&str] = if only(&["businessPhones", "mobilePhone"]) {
        &["User-Phone.ReadWrite.All"]
    } else if only(&["otherMails"]) {
        &["User-Mail.ReadWrite.All"]
    } else if only(&["accountEnabled"]) {
        &["User.EnableDisableAccount.All"]
    } else {
        &[]
    };
    let enough: Vec<&str> = WRITE.iter().chain(narrow).copied().collect();
    caller.need(graph, &enough)
}

fn invalid(name: &str) -> Problem {
    Problem::bad(format!("Invalid value specified for property '{name}' of resource 'User'."))
}

fn write(user: &mut User, name: &'static str, value: &Value) -> Result<(), Problem> {
    match name {
        "businessPhones" => user.business_phones = list(name, value, 1, 64)?,
        "otherMails" => user.other_mails = list(name, value, 250, 250)?,
        "accountEnabled" => user.account_enabled = value.as_bool().ok_or_else(|| invalid(name))?,
        "showInAddressList" if value.is_null() || value.is_boolean() => {
            user.show_in_address_list = value.as_bool();
        }
        _ => {
            let longest = TEXTS.iter().find(|(known, _)| *known == name);
            let Some((_, longest)) = longest else {
                return Err(Problem::bad(format!("Property '{name}' is read-only and cannot be set.")));
            };
            text(user, name, value, *longest)?;
        }
    }
    Ok(())
}

/// A list of at most so many texts of at most so many characters.
fn list(name: &str, value: &Value, most: usize, longest: usize) -> Result<Vec<String>, Problem> {
    let entries = value.as_array().filter(|entries| entries.len() <= most).ok_or_else(|| invalid(name))?;
    let texts = entries.iter().map(|entry| {
        let text =
            entry.as_str().filter(|text| !text.trim().is_empty() && text.chars().nth(longest).is_none());
        text.map(str::to_owned).ok_or_else(|| invalid(name))
    });
    texts.collect()
}

fn text(user: &mut User, name: &'static str, value: &Value, longest: usize) -> Result<(), Problem> {
    let text = match value {
        Value::Null => None,
        // Null empties a property; an empty text is no value.
        Value::String(text) if !text.is_empty() && text.chars().nth(longest).is_none() => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            return Err(invalid(name));
        }
    };
    let required = |text: Option<String>| text.ok_or_else(|| invalid(name));
    match name {
        "displayName" => user.display_name = required(text)?,
        "userPrincipalName" => user.user_principal_name = required(text)?,
        "mail" => user.mail = Some(required(text)?),
        "city" => user.city = text,
        "companyName" => user.company_name = text,
        "country" => user.country = text,
        "department" => user.department = text,
        "employeeId" => user.employee_id = text,
        "faxNumber" => user.fax_number = text,
        "givenName" => user.given_name = text,
        "jobTitle" => user.job_title = text,
        "mobilePhone" => user.mobile_phone = text,
        "officeLocation" => user.office_location = text,
        "postalCode" => user.postal_code = text,
        "preferredLanguage" => user.preferred_language = text,
        "state" => user.state = text,
        "streetAddress" => user.street_address = text,
        "surname" => user.surname = text,
        "usageLocation" => user.usage_location = text,
        _ => return Err(invalid(name)),
    }
    Ok(())
}
