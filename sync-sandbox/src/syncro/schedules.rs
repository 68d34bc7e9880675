//! `/schedules`: recurring invoices. Listings have no `meta`, and lines are called `lines`.

use serde_json::{Map, Value, json};

use super::call::Call;
use super::contacts::set;
use super::data::Data;
use super::page::bare;
use super::reply::{ApiError, Reply, ok};

const PER_PAGE: usize = 25;

/// `GET /schedules?customer_id=&page=`
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    let of = call.number("customer_id");
    let fits = |schedule: &&Value| of.is_none_or(|id| schedule.get("customer_id") == Some(&id.into()));
    Ok(bare(call, "schedules", PER_PAGE, data.schedules.values().filter(fits).cloned().collect()))
}

fn find<'d>(data: &'d mut Data, call: &Call) -> Result<&'d mut Value, ApiError> {
    data.schedules.get_mut(&call.id()).ok_or(ApiError::NotFound)
}

/// `GET /schedules/{id}`
pub(crate) fn get(data: &mut Data, call: &Call) -> Reply {
    Ok(ok(json!({"schedule": find(data, call)?})))
}

/// `PUT /schedules/{id}`: template, terms and memo cannot be reached.
pub(crate) fn update(data: &mut Data, call: &Call) -> Reply {
    let schedule = find(data, call)?;
    for name in ["frequency", "name", "next_run", "paused", "email_customer", "snail_mail", "charge_mop"] {
        if let Some(value) = call.fields().get(name) {
            set(schedule, name, value.clone());
        }
    }
    Ok(ok(json!({"schedule": schedule})))
}

fn lines(schedule: &mut Value) -> Option<&mut Vec<Value>> {
    schedule.get_mut("lines")?.as_array_mut()
}

/// A line with nothing in it.
pub(crate) fn blank(id: i64, schedule: i64) -> Value {
    json!({
        "id": id, "cost_cents": 0, "description": null, "name": null, "position": 0, "product_id": null,
        "quantity": "0.0", "retail_cents": 0, "schedule_id": schedule, "taxable": false, "user_id": 1, "price_cost": 0,
        "price_retail": 0, "product_category": null, "asset_type_id": null, "contact_field_type_id": null,
        "contact_field_answer_id": null, "recurring_type_id": null, "saved_asset_search_id": null, "device_ids": [],
        "one_time_charge": false,
    })
}

/// `POST /schedules/{id}/add_line_item`
pub(crate) fn add_line(data: &mut Data, call: &Call) -> Reply {
    find(data, call)?;
    let mut line = blank(data.next_id(), call.id());
    write(&mut line, &call.fields())?;
    if let Some(lines) = lines(find(data, call)?) {
        lines.push(line.clone());
    }
    Ok(ok(json!({"schedule_line_item": line})))
}

/// `POST /schedules/{id}/remove_line_item`, whose body is nothing but a number.
pub(crate) fn remove_line(data: &mut Data, call: &Call) -> Reply {
    let id = call.body().as_i64().ok_or(ApiError::NotFound)?;
    let lines = lines(find(data, call)?).ok_or(ApiError::NotFound)?;
    let before = lines.len();
    lines.retain(|line| line.get("id") != Some(&id.into()));
    if lines.len() == before { Err(ApiError::NotFound) } else { Ok(ok(json!({"success": true}))) }
}

/// `PUT /schedules/{id}/line_items/{line}`
pub(crate) fn update_line(data: &mut Data, call: &Call) -> Reply {
    let reset = data.settings.reset_flags;
    let lines = lines(find(data, call)?).ok_or(ApiError::NotFound)?;
    let line = lines.iter_mut().find(|line| line.get("id") == Some(&call.child_id().into()));
    let line = line.ok_or(ApiError::NotFound)?;
    let mut fields = call.fields();
    for flag in ["taxable", "one_time_charge"] {
        if reset {
            fields.entry(flag).or_insert_with(|| false.into());
        }
    }
    write(line, &fields)?;
    Ok(ok(json!({"schedule_line_item": line})))
}

/// Writes what is sent. A name must be sent with every write, as the vendor's own example of a refusal shows.
fn write(line: &mut Value, fields: &Map<String, Value>) -> Result<(), ApiError> {
    if fields.get("name").and_then(Value::as_str).unwrap_or_default().trim().is_empty() {
        return Err(ApiError::Schedule(vec!["Name can't be blank".to_owned()]));
    }
    if let Some(quantity) = fields.get("quantity") {
        let number = quantity.as_f64().or_else(|| quantity.as_str()?.trim().parse().ok());
        let Some(number) = number.filter(|number| number.is_finite()) else {
            return Err(ApiError::Schedule(vec!["Quantity is not a number".to_owned()]));
        };
        // A decimal number, as a text.
        set(line, "quantity", format!("{number:?}").into());
    }
    for name in [
        "name",
        "description",
        "position",
        "product_id",
        "cost_cents",
        "retail_cents",
        "taxable",
        "one_time_charge",
        "asset_type_id",
        "contact_field_type_id",
        "contact_field_answer_id",
        "recurring_type_id",
        "saved_asset_search_id",
    ] {
        if let Some(value) = fields.get(name) {
            set(line, name, value.clone());
        }
    }
    Ok(())
}
