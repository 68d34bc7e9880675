//! `/subscribedSkus` and `/organization`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::error::Problem;
use super::{Caller, Graph};
use crate::people::SKUS;

pub(super) async fn skus(State(graph): State<Arc<Graph>>, caller: Caller) -> Result<Response, Problem> {
    caller.need(&graph, &["LicenseAssignment.Read.All", "Organization.Read.All", "Directory.Read.All"])?;
    if caller.query.get("filter").is_some() {
        return Err(Problem::unsupported("This resource does not support $filter."));
    }
    let tenant = &graph.access().tenant_id;
    let store = graph.store();
    let rows: Vec<Value> = SKUS
        .iter()
        .map(|sku| {
            let used = store.users().filter(|user| user.assigned_licenses.iter().any(|id| id == sku.id)).count();
            // Licences are bought in tens, free ones come in ten thousands.
            let bought = if sku.mailbox { (used / 10 + 1) * 10 } else { 10_000 };
            let (plan, name) = sku.plan;
            json!({
                "id": format!("{tenant}_{}", sku.id),
                "accountId": tenant, "accountName": "contoso", "appliesTo": "User", "capabilityStatus": "Enabled",
                "consumedUnits": used,
                "prepaidUnits": { "enabled": bought, "lockedOut": 0, "suspended": 0, "warning": 0 },
                "skuId": sku.id, "skuPartNumber": sku.part_number, "subscriptionIds": [],
                "servicePlans": [{
                    "servicePlanId": plan, "servicePlanName": name, "provisioningStatus": "Success", "appliesTo": "User",
                }],
            })
        })
        .collect();
    let context = format!("{}/v1.0/$metadata#subscribedSkus", graph.base());
    Ok(Json(json!({ "@odata.context": context, "value": rows })).into_response())
}

pub(super) async fn organization(
    State(graph): State<Arc<Graph>>,
    caller: Caller,
) -> Result<Response, Problem> {
    caller.need(&graph, &["Organization.Read.All", "Directory.Read.All", "User.Read.All"])?;
    let default = graph.profile.domains.first();
    let domain = |name: &String| {
        json!({
            "capabilities": "Email, OfficeCommunicationsOnline", "isDefault": Some(name) == default,
            "isInitial": name.ends_with(".onmicrosoft.com"), "name": name, "type": "Managed",
        })
    };
    let mut tenant = json!({
        "id": graph.access().tenant_id, "displayName": graph.profile.name, "countryLetterCode": "US",
        "createdDateTime": "2019-01-01T00:00:00Z", "onPremisesSyncEnabled": null, "assignedPlans": [],
        "verifiedDomains": graph.profile.domains.iter().map(domain).collect::<Vec<_>>(),
    });
    if !caller.may(&graph, &["Organization.Read.All", "Directory.Read.All"]) {
        // With the right to read users only, an organization says hardly more than its id and name.
        tenant["verifiedDomains"] = json!([]);
        tenant["assignedPlans"] = json!([]);
    }
    if let Some(select) = caller.query.get("select") {
        let names: Vec<&str> = select.split(',').map(str::trim).collect();
        if let Some(object) = tenant.as_object_mut() {
            object.retain(|name, _| names.contains(&name.as_str()));
        }
    }
    let context = format!("{}/v1.0/$metadata#organization", graph.base());
    Ok(Json(json!({ "@odata.context": context, "value": [tenant] })).into_response())
}
