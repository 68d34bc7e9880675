//! What an entity is: permissions, fields, user-defined fields, thresholds, zones.

use serde_json::{Value, json};

use super::data::{Data, UdfKind};
use super::reply::{ApiError, Reply};
use super::schema::Entity;

/// `{Entity}/entityInformation`
pub(crate) fn entity(data: &Data, entity: &Entity) -> Reply {
    let below = entity.child.map(|(_, can)| can).unwrap_or_default();
    let can = |root: bool, below: bool| root || below;
    let (create, update, delete) = (
        can(entity.root.create, below.create),
        can(entity.root.update, below.update),
        can(entity.root.delete, below.delete),
    );
    let (readable, writable) = match data.settings.denied.get(entity.path) {
        Some(true) => (true, false),
        Some(false) => (false, false),
        None => (true, true),
    };
    let access = |can: bool, allowed: bool| if can && allowed { "All" } else { "None" };
    Ok(json!({ "info": {
        "name": entity.name, "canCreate": create, "canUpdate": update, "canDelete": delete, "canQuery": entity.root.query,
        "userAccessForCreate": access(create, writable), "userAccessForQuery": access(entity.root.query, readable),
        "userAccessForUpdate": access(update, writable), "userAccessForDelete": access(delete, writable),
        "hasUserDefinedFields": entity.has_udfs, "supportsWebhookCallouts": entity.name == "Contact",
    }}))
}

/// `{Entity}/entityInformation/fields`
pub(crate) fn fields(data: &Data, entity: &Entity) -> Reply {
    let also = data.settings.also_required.get(entity.path);
    let rows = entity.fields.iter().map(|field| {
        let values = field.picklist.iter().zip(1..).map(|((value, label), place)| {
            json!({
                "value": value, "label": label, "isDefaultValue": place == 1, "sortOrder": place, "parentValue": "",
                "isActive": true, "isSystem": false,
            })
        });
        let values: Vec<Value> = values.collect();
        json!({
            "name": field.name, "dataType": field.kind.name(), "length": field.length,
            "isRequired": field.required || also.is_some_and(|names| names.contains(field.name)),
            "isReadOnly": field.read_only, "isQueryable": field.queryable, "isReference": field.reference.is_some(),
            "referenceEntityType": field.reference.unwrap_or_default(), "isPickList": !field.picklist.is_empty(),
            "picklistValues": if values.is_empty() { Value::Null } else { values.into() },
            "picklistParentValueField": "", "isSupportedWebhookField": entity.name == "Contact" && !field.read_only,
        })
    });
    Ok(json!({ "fields": rows.collect::<Vec<_>>() }))
}

/// `{Entity}/entityInformation/userDefinedFields`
pub(crate) fn udfs(data: &Data, entity: &Entity) -> Reply {
    let rows = data.udfs.get(entity.path).into_iter().flatten().map(|udf| {
        let kind = match udf.kind {
            UdfKind::Text | UdfKind::List(_) => "string",
            UdfKind::Number => "double",
            UdfKind::Date => "datetime",
        };
        let labels = if let UdfKind::List(labels) = &udf.kind { labels.as_slice() } else { &[] };
        let values = labels.iter().zip(1..).map(|(label, place)| {
            json!({
                "value": place.to_string(), "label": label, "isDefaultValue": false, "sortOrder": place,
                "parentValue": "", "isActive": true, "isSystem": false,
            })
        });
        let values: Vec<Value> = values.collect();
        json!({
            "name": udf.name, "label": udf.name, "type": kind, "length": udf.length, "description": "",
            "isRequired": udf.required, "isReadOnly": udf.read_only, "isQueryable": true, "isReference": false,
            "referenceEntityType": "", "isPickList": !values.is_empty(),
            "picklistValues": if values.is_empty() { Value::Null } else { values.into() },
            "picklistParentValueField": "", "defaultValue": null, "isSupportedWebhookField": true,
        })
    });
    Ok(json!({ "fields": rows.collect::<Vec<_>>() }))
}

/// `zoneInformation?user=`
pub(crate) fn zone(data: &Data, user: &str) -> Reply {
    if !user.trim().eq_ignore_ascii_case(&data.settings.username) {
        return Err(ApiError::refused("The user could not be found in any zone."));
    }
    let (name, number) =
        if data.settings.zone.is_empty() { ("America East", 1) } else { ("America West", 2) };
    let base = format!("{}{}", data.settings.base_url, data.settings.zone);
    Ok(json!({
        "zoneName": name, "url": format!("{base}/ATServicesRest/"), "webUrl": format!("{base}/"), "ci": number,
    }))
}
