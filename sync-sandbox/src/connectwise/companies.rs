//! `/company/companies`, and agreements, which belong to them.

use serde_json::{Map, Value};

use super::call::Call;
use super::contact::COMPANY_SCREEN;
use super::data::{API_MEMBER, Data, read_id};
use super::listing::{self, Row};
use super::patch::{Op, Operation, cannot_convert};
use super::reply::{ApiError, FieldError, Reply, created, ok};
use super::shapes::Table;
use super::tables::{patch_row, row};
use super::validate::assign_custom_fields;

fn rows(data: &Data) -> impl Iterator<Item = Row<'_>> {
    let id = |stored: &Value| stored.get("id").and_then(Value::as_i64).unwrap_or_default();
    data.rows(Table::Companies).map(move |stored| Row { id: id(stored), stored })
}

fn whole(data: &Data, row: &Row<'_>) -> Value {
    let mut shown = row.stored.clone();
    let none = std::collections::BTreeMap::new();
    let values = data.company_values.get(&row.id).unwrap_or(&none);
    let custom = data.custom_fields_json(COMPANY_SCREEN, values);
    if let Some(shown) = shown.as_object_mut().filter(|_| !custom.is_empty()) {
        shown.insert("customFields".to_owned(), Value::Array(custom));
    }
    shown
}

/// A company as shown, or 404.
fn shown(data: &Data, id: i64) -> Result<Value, ApiError> {
    Ok(whole(data, &Row { id, stored: row(data, id, Table::Companies)? }))
}

/// `GET /company/companies`
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    listing::list(call, Table::Companies.shape(), rows(data), |row| whole(data, row))
}

/// `GET /company/companies/count`
pub(crate) fn count(data: &mut Data, call: &Call) -> Reply {
    listing::count(call, Table::Companies.shape(), rows(data), |row| whole(data, row))
}

/// `GET /company/companies/{id}`
pub(crate) fn get(data: &mut Data, call: &Call) -> Reply {
    listing::single(call, Table::Companies.shape(), shown(data, call.id())?)
}

/// `PATCH /company/companies/{id}`: plain fields and custom fields.
pub(crate) fn patch(data: &mut Data, call: &Call) -> Reply {
    let id = call.id();
    let mut stored = row(data, id, Table::Companies)?.clone();
    let mut values = data.company_values.get(&id).cloned().unwrap_or_default();
    for operation in Operation::read_all(call.operations()?)? {
        if operation.path == ["customFields"] {
            let Some(sent) = operation.value().as_array() else {
                if operation.op == Op::Remove {
                    continue;
                }
                return Err(cannot_convert(operation.value(), "CustomFieldValue[]"));
            };
            assign_custom_fields(data, COMPANY_SCREEN, &mut values, sent)
                .map_err(|error| ApiError::invalid_object("company", vec![error]))?;
        } else {
            patch_row(&mut stored, &[operation], Table::Companies)?;
        }
    }
    for name in ["identifier", "name"] {
        let text = stored.get(name).and_then(Value::as_str).unwrap_or_default();
        if text.is_empty() || text.chars().count() > MAX_NAME {
            let error = if text.is_empty() {
                FieldError::missing(name)
            } else {
                FieldError::too_long(name, MAX_NAME)
            };
            return Err(ApiError::invalid_object("company", vec![error]));
        }
    }
    if let Some(info) = stored.get_mut("_info").and_then(Value::as_object_mut) {
        info.insert("lastUpdated".to_owned(), data.now.as_str().into());
        info.insert("updatedBy".to_owned(), API_MEMBER.into());
    }
    data.put(Table::Companies, stored);
    data.company_values.insert(id, values);
    Ok(ok(shown(data, id)?))
}

/// Longest company name and identifier.
const MAX_NAME: usize = 156;

/// `POST /finance/agreements/{id}/additions`
pub(crate) fn create_addition(data: &mut Data, call: &Call) -> Reply {
    row(data, call.id(), Table::Agreements)?;
    let body = call.object("addition")?;
    let mut kept: Map<String, Value> = Map::new();
    for name in Table::Additions.shape().fields {
        if let Some(value) = body.get(*name).filter(|value| !value.is_null()) {
            kept.insert((*name).to_owned(), value.clone());
        }
    }
    kept.entry("quantity").or_insert_with(|| 1.into());
    kept.insert("agreementId".to_owned(), call.id().into());
    let addition = Value::Object(kept);
    check_addition(&addition)?;
    let addition = data.add(Table::Additions, addition);
    let id = addition.get("id").and_then(Value::as_i64).unwrap_or_default();
    Ok(created(&format!("{}/{id}", call.url), addition))
}

fn check_addition(addition: &Value) -> Result<(), ApiError> {
    let invalid = |error| Err(ApiError::invalid_object("addition", vec![error]));
    let product = addition.get("product");
    let id = product.and_then(|product| product.get("id")).and_then(read_id);
    if id.is_none() && product.and_then(|product| product.get("identifier")).is_none() {
        return invalid(FieldError::missing("product"));
    }
    match addition.get("billCustomer").and_then(Value::as_str) {
        None => return invalid(FieldError::missing("billCustomer")),
        Some("Billable" | "DoNotBill" | "NoCharge") => {}
        Some(_) => return invalid(FieldError::invalid("billCustomer", "the value is not in the list")),
    }
    if !addition.get("quantity").is_some_and(Value::is_number) {
        return invalid(FieldError::invalid("quantity", "a number is expected"));
    }
    Ok(())
}

/// The addition that a path names, as a child of its agreement.
fn addition(data: &Data, call: &Call) -> Result<Value, ApiError> {
    row(data, call.id(), Table::Agreements)?;
    let found = data.row(Table::Additions, call.child_id());
    let found = found.filter(|row| row.get("agreementId") == Some(&call.id().into()));
    found.cloned().ok_or_else(|| ApiError::not_found("Addition", call.child_id()))
}

/// `GET /finance/agreements/{id}/additions/{addition}`
pub(crate) fn get_addition(data: &mut Data, call: &Call) -> Reply {
    listing::single(call, Table::Additions.shape(), addition(data, call)?)
}

/// `PATCH /finance/agreements/{id}/additions/{addition}`
pub(crate) fn patch_addition(data: &mut Data, call: &Call) -> Reply {
    let mut changed = addition(data, call)?;
    patch_row(&mut changed, &Operation::read_all(call.operations()?)?, Table::Additions)?;
    check_addition(&changed)?;
    data.put(Table::Additions, changed.clone());
    Ok(ok(changed))
}
