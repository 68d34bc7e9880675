//! What an entity tells of itself.

use crate::client::Api;
use serde_json::{Value, json};

fn named<'a>(fields: &'a Value, name: &str) -> &'a Value {
    fields["fields"].as_array().unwrap().iter().find(|field| field["name"] == name).unwrap()
}

#[tokio::test]
async fn fields_tell_type_length_and_rights_and_picklist_values_are_texts() {
    let api = Api::start().await;
    let fields = api.get("Contacts/entityInformation/fields").await.is(200).json();
    let first = named(&fields, "firstName");
    assert_eq!(
        (&first["dataType"], &first["length"], &first["isRequired"]),
        (&json!("string"), &json!(50), &json!(true))
    );
    assert_eq!(
        (&named(&fields, "isActive")["dataType"], &named(&fields, "companyID")["isReadOnly"]),
        (&json!("integer"), &json!(true))
    );
    assert_eq!(named(&fields, "solicitationOptOut")["isQueryable"], false);
    let companies = api.get("Companies/entityInformation/fields").await.is(200).json();
    let territory = named(&companies, "territoryID");
    assert_eq!((&territory["dataType"], &territory["isPickList"]), (&json!("integer"), &json!(true)));
    assert_eq!(territory["picklistValues"][1]["value"], "29682802");
    api.inside().require_contact_field("companyLocationID");
    let fields = api.get("Contacts/entityInformation/fields").await.is(200).json();
    assert_eq!(named(&fields, "companyLocationID")["isRequired"], true);
}

#[tokio::test]
async fn user_defined_fields_have_a_type_and_lists_have_labels() {
    let api = Api::start().await;
    let fields = api.get("contacts/EntityInformation/UserDefinedFields").await.is(200).json();
    assert_eq!(
        (&named(&fields, "Office365Id")["type"], &named(&fields, "Badge Number")["type"]),
        (&json!("string"), &json!("double"))
    );
    let types = named(&fields, "Contact Type");
    assert_eq!((&types["isPickList"], &types["picklistValues"][1]["label"]), (&json!(true), &json!("VIP")));
    assert_eq!(types["picklistValues"][1]["value"], "2");
    assert!(api.inside().rename_contact_udf("Office365Id", "Entra Id"));
    let fields = api.get("Contacts/entityInformation/userDefinedFields").await.is(200).json();
    assert!(fields["fields"].as_array().unwrap().iter().all(|field| field["name"] != "Office365Id"));
}

#[tokio::test]
async fn rights_follow_the_security_level() {
    let api = Api::start().await;
    let info = api.get("Contacts/entityInformation").await.is(200).json()["info"].clone();
    assert_eq!(
        (&info["canCreate"], &info["userAccessForCreate"], &info["hasUserDefinedFields"]),
        (&json!(true), &json!("All"), &json!(true))
    );
    api.inside().deny_writes("Contacts");
    let info = api.get("Contacts/entityInformation").await.is(200).json()["info"].clone();
    assert_eq!((&info["userAccessForCreate"], &info["userAccessForQuery"]), (&json!("None"), &json!("All")));
}
