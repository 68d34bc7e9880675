//! What there is once: the token's user, the settings, a feature that is off, and contracts.

use axum::response::IntoResponse;
use serde_json::{Value, json};

use super::call::Call;
use super::data::{Data, Kind};
use super::page::paged;
use super::reply::{Reply, ok};

/// `GET /me`, which shows the token of the user interface as well.
pub(crate) fn me(data: &mut Data, _call: &Call) -> Reply {
    let may = |permission: &str| !data.settings.denied.contains(permission);
    let rights = |read: bool, write: bool| json!({"read": read, "write": write, "delete": write});
    let invoices = rights(may("Recurring Invoices - List"), may("Recurring Invoices - Edit"));
    Ok(ok(json!({
        "user_token": "made-up-user-token", "user_email": "sync@msp.example", "user_name": "Sync Token", "user_id": 1,
        "admin": false, "can_use_app": true, "two_factor_required": false, "subdomain": data.settings.subdomain,
        "default_location": null, "enable_multi_locations": false, "locations_allowed": [],
        "permissions": {
            "asset": rights(false, false),
            "customer": rights(may("Customers - View Detail"), may("Customers - Edit")),
            "ticket": rights(false, false), "invoice": invoices, "payment": rights(false, false),
        },
    })))
}

/// `GET /settings`: custom fields of customers, and none of contacts.
pub(crate) fn settings(data: &mut Data, _call: &Call) -> Reply {
    let fields: Vec<Value> = data
        .customer_fields
        .iter()
        .map(|field| json!({"id": field.id, "name": field.name, "field_type": field.kind.name(), "required": false}))
        .collect();
    let listed = data.customer_fields.iter().filter(|field| field.kind == Kind::DropDown);
    let answers = listed.flat_map(|field| {
        let row =
            |(id, label): &(i64, String)| json!({"id": id, "customer_field_id": field.id, "value": label});
        field.answers.iter().map(row).collect::<Vec<_>>()
    });
    Ok(ok(json!({
        "customers": {"required_fields": null, "customer_fields": fields, "customer_field_answers": answers.collect::<Vec<_>>()},
        "locale": {"iso_code": "en", "currency_symbol": "$", "time_zone": "America/Los_Angeles"},
        "business_hours_enabled": true, "default_holiday_calendar": "USA", "msp_addon": null,
    })))
}

/// `GET /callerid`: a feature that is off answers 200 and is no JSON.
pub(crate) fn caller_id(_data: &mut Data, _call: &Call) -> Reply {
    Ok("Disabled".into_response())
}

/// `GET /contracts`
pub(crate) fn contracts(data: &mut Data, call: &Call) -> Reply {
    Ok(paged(call, "contracts", 50, data.contracts.values().cloned().collect()))
}

/// `GET /contracts/{id}`: one that was deleted is `null`, and no 404.
pub(crate) fn contract(data: &mut Data, call: &Call) -> Reply {
    Ok(ok(data.contracts.get(&call.id()).cloned().unwrap_or_default()))
}
