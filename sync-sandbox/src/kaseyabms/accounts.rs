//! Accounts and their locations.

use serde_json::{Value, json};

use super::call::Call;
use super::data::{Account, Data};
use super::lists::{among, holds, is_wanted, page, within};
use super::reply::{Answer, ApiError, Reply};

fn summary(data: &Data, account: &Account) -> Value {
    let locations: Vec<Value> = account
        .locations
        .iter()
        .map(|location| json!({"Id": location.id, "LocationName": location.name, "IsMain": location.main, "IsActive": true}))
        .collect();
    json!({
        "Id": account.id, "ModifiedOn": data.date(account.modified), "AccountCode": account.code,
        "AccountTypeId": 1, "AccountType": "Client", "AccountName": account.name,
        "AccountManagerUserName": account.manager, "Website": account.website, "IsActive": account.active, "IsBilling": false,
        "TenantName": data.settings.tenant, "Locations": locations,
    })
}

/// `GET /v2/crm/accounts/summary`
pub(crate) fn list(data: &mut Data, call: &Call) -> Reply {
    let mut rows = Vec::new();
    for account in data.accounts.values() {
        let wanted = holds(call, "AccountName", Some(&account.name))
            && holds(call, "AccountCode", Some(&account.code))
            && within(data, call, "ModifiedOn", account.modified)?
            && is_wanted(data, call, account.active)?;
        if wanted {
            rows.push(summary(data, account));
        }
    }
    page(call, rows, true)
}

/// `GET /v2/crm/accounts/summary/{id}`: by the document a record without an envelope.
pub(crate) fn get(data: &mut Data, call: &Call) -> Reply {
    let record = summary(data, find(data, call.id(0)?)?);
    Ok(if data.settings.enveloped_records { Answer::Result(record) } else { Answer::Bare(record) })
}

/// `GET /v2/crm/accounts/lookup`: no count of all.
pub(crate) fn lookup(data: &mut Data, call: &Call) -> Reply {
    let inactive = call.flag("Filter.WithInactiveAccounts")?.unwrap_or(false);
    let wanted = data.accounts.values().filter(|account| {
        (account.active || inactive)
            && among(call, "Ids", account.id)
            && holds(call, "Name", Some(&account.name))
    });
    let tenant = &data.settings.tenant;
    let rows = wanted.map(|account| {
        json!({"Id": account.id, "Name": account.name, "TenantName": tenant, "IsActive": account.active})
    });
    page(call, rows.collect(), false)
}

/// `GET /v2/crm/accounts/{accountId}/locations/lookup`
pub(crate) fn locations(data: &mut Data, call: &Call) -> Reply {
    let account = find(data, call.id(0)?)?;
    let rows = account.locations.iter().map(|location| {
        json!({"Id": location.id, "Name": location.name, "AccountId": account.id, "IsMain": location.main})
    });
    Ok(Answer::Result(rows.collect()))
}

fn find(data: &Data, id: i64) -> Result<&Account, ApiError> {
    data.accounts.get(&id).ok_or_else(|| ApiError::not_found("Account"))
}
