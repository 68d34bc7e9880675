//! Contracts, and the services in them. No route tells the units of a service.

use serde_json::{Value, json};

use super::call::{Call, number, text};
use super::data::{Contract, ContractService, Data};
use super::lists::{holds, page};
use super::reply::{Answer, ApiError, Reply};

/// `GET /v2/finance/contracts/lookup`: filters without their usual prefix, no pages.
pub(crate) fn lookup(data: &mut Data, call: &Call) -> Reply {
    let account = call.number("AccountId")?;
    let expired = !call.flag("ExcludeExpiredContracts")?.unwrap_or(false);
    let name = call.param("Name").unwrap_or_default().to_lowercase();
    let now = data.now;
    let rows = data
        .contracts
        .iter()
        .filter(|contract| account.is_none_or(|account| account == contract.account))
        .filter(|contract| expired || contract.ends.is_none_or(|ends| ends >= now))
        .filter(|contract| contract.name.to_lowercase().contains(&name))
        .map(|contract| {
            json!({
                "Id": contract.id, "Name": contract.name, "IsDefault": false, "SLAId": null, "SLAName": null,
                "IsActive": contract.active, "EndDate": contract.ends.map(|ends| data.date(ends)),
            })
        });
    Ok(Answer::Result(rows.collect()))
}

/// `GET /v2/finance/contracts/summary`
pub(crate) fn summary(data: &mut Data, call: &Call) -> Reply {
    let rows = data
        .contracts
        .iter()
        .filter(|contract| holds(call, "AccountName", data.account_name(contract.account)))
        .filter(|contract| holds(call, "ContractName", Some(&contract.name)))
        .map(|contract| {
            json!({
                "Id": contract.id, "ContractName": contract.name, "AccountName": data.account_name(contract.account),
                "ContractType": "Recurring Services", "Status": if contract.active { "Active" } else { "Inactive" },
                "EndDate": contract.ends.map(|ends| data.date(ends)),
            })
        });
    page(call, rows.collect(), true)
}

/// `POST /v2/finance/contracts/recurringservices/{contractId}/services`. Whether an existing service changes or a second
/// line comes is not known; here a second line comes.
pub(crate) fn add_services(data: &mut Data, call: &Call) -> Reply {
    let contract = call.id(0)?;
    if !data.contracts.iter().any(|known| known.id == contract) {
        return Err(ApiError::not_found("Contract"));
    }
    let mut shown = Vec::new();
    for row in call.objects()? {
        let service = number(row, "ServiceId").unwrap_or(0);
        let Some(name) = data.services.get(&service).cloned() else {
            return Err(ApiError::not_found("Service"));
        };
        let id = data.next_id();
        let line = ContractService {
            id,
            contract,
            service,
            units: number(row, "Units").unwrap_or(0),
            effective: data.now,
        };
        shown.push(json!({
            "Id": id, "ServiceId": service, "ServiceName": text(row, "ServiceName").unwrap_or(name),
            "ContractId": contract, "Units": line.units, "EffectiveDate": data.date(line.effective),
        }));
        data.contract_services.push(line);
    }
    Ok(Answer::Result(shown.into()))
}

/// `GET /v2/admin/finance/services/lookup`
pub(crate) fn services(data: &mut Data, call: &Call) -> Reply {
    let rows = data.services.iter().map(|(id, name)| json!({"Id": id, "Name": name, "Description": null}));
    page(call, rows.filter(|row| holds(call, "Name", row["Name"].as_str())).collect(), true)
}

/// `POST /v2/admin/finance/services/{serviceId}/relatedservices/search`: where a service is in a contract, without units.
pub(crate) fn related(data: &mut Data, call: &Call) -> Reply {
    let service = call.id(0)?;
    let Some(name) = data.services.get(&service) else { return Err(ApiError::not_found("Service")) };
    let body = call.object().ok();
    let asked = |name: &str| body.and_then(|body| number(body, name)).and_then(|n| usize::try_from(n).ok());
    let size = asked("PageSize").filter(|size| *size > 0).unwrap_or(100).min(100);
    let number = asked("PageNumber").unwrap_or(1);
    let contract = |line: &ContractService| data.contracts.iter().find(|known| known.id == line.contract);
    let row = |(line, contract): (&ContractService, &Contract)| {
        json!({
            "Id": line.id, "ServiceId": service, "ContractId": contract.id, "AccountId": contract.account,
            "ServiceName": name, "ContractName": contract.name, "AccountName": data.account_name(contract.account),
            "EffectiveDate": data.date(line.effective),
            "ContractEndDate": contract.ends.map(|ends| data.date(ends)), "UnitCost": 0.0, "UnitPrice": 0.0,
        })
    };
    let rows: Vec<Value> = data
        .contract_services
        .iter()
        .filter(|line| line.service == service)
        .filter_map(|line| Some(row((line, contract(line)?))))
        .collect();
    let total = rows.len();
    let skip = number.saturating_sub(1).saturating_mul(size);
    Ok(Answer::Page { rows: rows.into_iter().skip(skip).take(size).collect(), total })
}
