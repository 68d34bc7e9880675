//! `/login/companyinfo`, `/system/info`, and the one lookup that clients add to.

use serde_json::{Value, json};

use super::call::Call;
use super::data::{API_MEMBER, Data};
use super::reply::{ApiError, FieldError, Reply, created, ok};
use super::shapes::Table;

/// Longest name of a contact department.
const MAX_DEPARTMENT: usize = 30;

/// `GET /login/companyinfo/{company}`: `null` for a company that is not known.
pub(crate) fn company_info(data: &Data, company: &str) -> Value {
    let settings = &data.settings;
    if !company.eq_ignore_ascii_case(&settings.company) {
        return Value::Null;
    }
    let code = settings.codebase.trim_end_matches('/');
    let site = settings.base_url.split_once("://").map_or(settings.base_url.as_str(), |(_, site)| site);
    json!({
        "CompanyName": settings.company, "Codebase": settings.codebase, "VersionCode": code.replace('_', "."),
        "VersionNumber": VERSION, "CompanyID": settings.company, "IsCloud": settings.hide_bad_keys, "SiteUrl": site,
    })
}

const VERSION: &str = "v4.6.99999";

/// `GET /system/info`
pub(crate) fn info(data: &mut Data, _call: &Call) -> Reply {
    Ok(ok(json!({
        "version": VERSION, "isCloud": data.settings.hide_bad_keys, "serverTimeZone": "UTC",
        "licenseBits": [], "cloudRegion": "NA", "maxWorkFlowRecordsAllowed": 1000,
    })))
}

/// `POST /company/contacts/departments`
pub(crate) fn create_department(data: &mut Data, call: &Call) -> Reply {
    let invalid = |error| ApiError::invalid_object("contactDepartment", vec![error]);
    let name =
        call.object("contactDepartment")?.get("name").and_then(Value::as_str).unwrap_or_default().trim();
    if name.is_empty() {
        return Err(invalid(FieldError::missing("name")));
    }
    if name.chars().count() > MAX_DEPARTMENT {
        return Err(invalid(FieldError::too_long("name", MAX_DEPARTMENT)));
    }
    let same = |row: &Value| {
        row.get("name")
            .and_then(Value::as_str)
            .is_some_and(|known| known.to_lowercase() == name.to_lowercase())
    };
    if data.rows(Table::Departments).any(same) {
        return Err(ApiError::exists(
            "contactDepartment",
            "A contact department of this name already exists",
        ));
    }
    let row = json!({"name": name, "_info": {"lastUpdated": data.now, "updatedBy": API_MEMBER}});
    let row = data.add(Table::Departments, row);
    let id = row.get("id").and_then(Value::as_i64).unwrap_or_default();
    Ok(created(&format!("{}/{id}", call.url), row))
}
