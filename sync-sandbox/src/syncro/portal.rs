//! `/portal_users`: who may sign in to the portal.

use serde_json::{Value, json};

use super::call::Call;
use super::contacts::{is_email, set};
use super::data::Data;
use super::page::paged;
use super::reply::{ApiError, Reply, ok};

/// Documented as 25, seen as 100.
const PER_PAGE: usize = 100;

/// `GET /portal_users?customer_id=&email=&page=`
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    let of = call.number("customer_id");
    let fits = |user: &&Value| {
        let email = user.get("email").and_then(Value::as_str).unwrap_or_default();
        of.is_none_or(|id| user.get("customer_id") == Some(&id.into()))
            && call.param("email").is_none_or(|wanted| email.eq_ignore_ascii_case(wanted))
    };
    let rows = data.portal_users.values().filter(fits).cloned().collect();
    Ok(paged(call, "portal_users", PER_PAGE, rows))
}

/// `POST /portal_users`
pub(crate) fn create(data: &mut Data, call: &Call) -> Reply {
    let fields = call.fields();
    let email = fields.get("email").and_then(Value::as_str).unwrap_or_default();
    if !is_email(email) {
        let message = vec!["Email is not an email".to_owned()];
        return Err(ApiError::Listed { message, params: fields.clone().into() });
    }
    let id = data.next_id();
    let take = |name: &str| fields.get(name).cloned().unwrap_or_default();
    let user = json!({
        "id": id, "email": email, "account_id": 1, "customer_id": take("customer_id"), "contact_id": take("contact_id"),
        "created_at": data.now, "updated_at": data.now, "portal_group_id": take("portal_group_id"),
    });
    data.portal_users.insert(id, user.clone());
    Ok(ok(user))
}

fn find(data: &Data, call: &Call) -> Result<Value, ApiError> {
    data.portal_users.get(&call.id()).cloned().ok_or(ApiError::NotFound)
}

/// `PUT /portal_users/{id}`
pub(crate) fn update(data: &mut Data, call: &Call) -> Reply {
    let mut user = find(data, call)?;
    let fields = call.fields();
    if fields.get("password") != fields.get("password_confirmation") {
        let message = vec!["Password confirmation doesn't match Password".to_owned()];
        return Err(ApiError::Listed { message, params: fields.into() });
    }
    for name in ["email", "portal_group_id"] {
        if let Some(value) = fields.get(name) {
            set(&mut user, name, value.clone());
        }
    }
    data.portal_users.insert(call.id(), user.clone());
    Ok(ok(user))
}

/// `DELETE /portal_users/{id}`, which answers the one that is gone.
pub(crate) fn delete(data: &mut Data, call: &Call) -> Reply {
    let user = find(data, call)?;
    data.portal_users.remove(&call.id());
    Ok(ok(user))
}
