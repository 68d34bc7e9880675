//! Employees and small tables.

use serde_json::{Value, json};

use super::call::Call;
use super::contact::{EMAIL_TYPES, PHONE_TYPES};
use super::data::Data;
use super::lists::{among, holds, page};
use super::reply::{Answer, ApiError, Reply};

/// `GET /v2/hr/employees/searchselect`: without the filter, active and inactive ones.
pub(crate) fn employees(data: &mut Data, call: &Call) -> Reply {
    let active = call.flag("Filter.IsActive")?;
    let rows = data
        .employees
        .iter()
        .filter(|employee| active.is_none_or(|active| active == employee.active))
        .filter(|employee| among(call, "Ids", employee.id))
        .filter(|employee| {
            let texts = [&employee.first_name, &employee.last_name, &employee.email, &employee.username];
            texts.iter().any(|text| holds(call, "Filter_Text", Some(text)))
        })
        .map(|employee| {
            json!({
                "Id": employee.id, "FirstName": employee.first_name, "LastName": employee.last_name,
                "EmailAddress": employee.email, "Username": employee.username, "JobTitle": null,
                "IsActive": employee.active,
            })
        });
    page(call, rows.collect(), true)
}

/// `GET /v2/hr/employees/lookup`
pub(crate) fn employee_names(data: &mut Data, call: &Call) -> Reply {
    let rows = data.employees.iter().filter(|employee| employee.active).map(|employee| {
        json!({"Id": employee.id, "Name": format!("{} {}", employee.first_name, employee.last_name)})
    });
    let rows = rows.filter(|row| holds(call, "Name", row["Name"].as_str()));
    page(call, rows.collect(), false)
}

/// `GET /v2/system/lookup/{tableName}` and `/v2/system/tenantlookup/{tableName}`. The names of the tables are made up.
pub(crate) fn table(_data: &mut Data, call: &Call) -> Reply {
    let rows: &[(i64, &str)] = match call.text(0).to_lowercase().as_str() {
        "emailtypes" => &EMAIL_TYPES,
        "phonetypes" => &PHONE_TYPES,
        _ => return Err(ApiError::not_found("Lookup table")),
    };
    let row =
        |(id, name): &(i64, &str)| json!({"Id": id, "Name": name, "IsDefault": *id == 1, "IsActive": true});
    Ok(Answer::Result(rows.iter().map(row).collect::<Vec<Value>>().into()))
}
