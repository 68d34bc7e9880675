//! Records in ConnectWise's shape against neutral ones, field by field.

use super::*;
use crate::{custom::Definition, custom::Kind};
use proptest::prelude::*;
use sync_core::model::FieldValue as F;

fn item_types() -> ItemTypes {
    ItemTypes {
        email: Some(1),
        alternate_email: Some(1),
        alternates: None,
        business: Some(2),
        mobile: Some(4),
        fax: Some(3),
    }
}

fn definitions() -> Definitions {
    let mut known = Definitions::default();
    known.add("Office365Id", Definition { id: 5, kind: Kind::Text, read_only: false });
    known.add("IsOffice365", Definition { id: 6, kind: Kind::Checkbox, read_only: false });
    known
}

fn with_schema<T>(types_told: bool, act: impl FnOnce(Schema<'_>) -> T) -> T {
    act(Schema { items: &item_types(), custom: &definitions(), types_told })
}

fn wire(record: Value) -> wire::Contact {
    serde_json::from_value(record).unwrap()
}

fn whole() -> Value {
    json!({
        "id": 42, "firstName": "Ada", "lastName": "Byron", "title": "Engineer",
        "company": {"id": 250, "identifier": "CONTOSO", "name": "Contoso"}, "site": {"id": 1, "name": "Main"},
        "addressLine1": "1 Main St", "addressLine2": "Floor 2", "city": "Berlin", "state": "BE", "zip": "10115",
        "country": {"id": 7, "name": "Germany"}, "department": {"id": 3, "name": "Research"},
        "inactiveFlag": false, "defaultFlag": false, "defaultBillingFlag": true,
        "userDefinedField10": "id-1", "mobileGuid": "0", "types": [{"id": 8, "name": "VIP"}],
        "communicationItems": [
            {"id": 1, "type": {"id": 1, "name": "Email"}, "value": "ada@contoso.example.com", "defaultFlag": true, "communicationType": "Email"},
            {"id": 2, "type": {"id": 2, "name": "Direct"}, "value": "+1 555 0100", "extension": "12", "defaultFlag": true, "communicationType": "Phone"},
        ],
        "customFields": [
            {"id": 5, "caption": "Office365Id", "type": "Text", "entryMethod": "EntryField", "value": "id-1"},
            {"id": 6, "caption": "IsOffice365", "type": "Checkbox", "entryMethod": "EntryField"},
        ],
        "_info": {"lastUpdated": "2026-01-02T03:04:05Z", "updatedBy": "api"}
    })
}

fn get<'a>(contact: &'a Contact, name: &str) -> Option<&'a F> {
    contact.fields.get(&name.parse::<ContactField>().unwrap())
}

#[test]
fn every_field_of_a_contact_is_read() {
    let read = with_schema(false, |schema| contact(&wire(whole()), schema));
    assert_eq!((read.id.as_str(), read.company.as_ref().unwrap().as_str()), ("42", "250"));
    assert_eq!(read.version, Some(VersionTag::new("2026-01-02T03:04:05Z")));
    assert!(read.protected, "the billing contact is protected");
    for (name, expected) in [
        ("first_name", F::from("Ada")),
        ("last_name", "Byron".into()),
        ("title", "Engineer".into()),
        ("address_street", "1 Main St".into()),
        ("address_city", "Berlin".into()),
        ("address_state", "BE".into()),
        ("address_postal_code", "10115".into()),
        ("address_country", "Germany".into()),
        ("department", "Research".into()),
        ("email", "ada@contoso.example.com".into()),
        ("alternate_emails", F::Empty),
        ("phone_business", "+1 555 0100 x12".into()),
        ("phone_mobile", F::Empty),
        ("phone_fax", F::Empty),
        ("contact_types", F::List(vec!["VIP".into()])),
        ("active", true.into()),
        ("custom:userDefinedField10", "id-1".into()),
        ("custom:userDefinedField1", F::Empty),
        ("custom:Office365Id", "id-1".into()),
        ("custom:IsOffice365", F::Empty),
    ] {
        assert!(get(&read, name) == Some(&expected), "{name}: {:?}", get(&read, name));
    }
    for name in ["office", "username", "photo", "note", "external_id"] {
        assert!(get(&read, name).is_none(), "{name} cannot be read");
    }
}

#[test]
fn missing_and_null_are_alike_and_empty() {
    let sparse = wire(json!({"id": 1, "firstName": "A"}));
    let nulls = wire(json!({
        "id": 1, "firstName": "A", "lastName": null, "company": null, "communicationItems": null, "customFields": null,
        "types": null, "inactiveFlag": null, "userDefinedField3": null, "_info": null, "country": {"id": null, "name": null}
    }));
    let (a, b) = with_schema(true, |schema| (contact(&sparse, schema), contact(&nulls, schema)));
    assert!(a == b);
    assert_eq!((&a.company, a.protected, a.active()), (&None, false, Some(true)));
    for name in ["last_name", "email", "phone_mobile", "contact_types", "custom:Office365Id"] {
        assert_eq!(get(&a, name), Some(&F::Empty), "{name}");
    }
}

#[test]
fn types_that_no_record_shows_are_unknown_and_not_none() {
    let record = wire(json!({"id": 1, "firstName": "A"}));
    assert!(with_schema(false, |schema| get(&contact(&record, schema), "contact_types").is_none()));
}

#[test]
fn a_number_without_a_communication_type_is_not_read() {
    let types = ItemTypes { mobile: None, ..item_types() };
    let read = contact(&wire(whole()), Schema { items: &types, custom: &definitions(), types_told: false });
    assert!(get(&read, "phone_mobile").is_none() && get(&read, "phone_business").is_some());
}

fn fields(pairs: &[(&str, F)]) -> FieldSet {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.clone())).collect()
}

fn write(pairs: &[(&str, F)]) -> Result<Write, Refused> {
    Write::new(&fields(pairs), &item_types(), false)
}

fn lines(operations: &[PatchOp]) -> String {
    operations.iter().map(|o| serde_json::to_string(o).unwrap()).collect::<Vec<_>>().join("\n")
}

#[test]
fn only_what_differs_is_patched() {
    let wanted = write(&[
        ("title", "Engineer".into()),
        ("last_name", "King".into()),
        ("address_city", F::Empty),
        ("active", false.into()),
        ("phone_business", "+1 555 0100 x12".into()),
        ("custom:userDefinedField1", "x".into()),
        ("custom:Office365Id", "id-2".into()),
    ])
    .unwrap();
    let patch = with_schema(false, |schema| wanted.patch(&wire(whole()), schema)).unwrap();
    insta::assert_snapshot!(lines(&patch), @r#"
    {"op":"replace","path":"/city","value":""}
    {"op":"replace","path":"/lastName","value":"King"}
    {"op":"replace","path":"/userDefinedField1","value":"x"}
    {"op":"replace","path":"/inactiveFlag","value":true}
    {"op":"replace","path":"/customFields","value":[{"caption":"Office365Id","entryMethod":"EntryField","id":5,"type":"Text","value":"id-2"},{"caption":"IsOffice365","entryMethod":"EntryField","id":6,"type":"Checkbox"}]}
    "#);
}

#[test]
fn a_record_that_is_as_wanted_needs_no_patch() {
    let record = wire(whole());
    let read = with_schema(false, |schema| contact(&record, schema));
    let mut same = read.fields;
    same.retain(|field, _| !matches!(field, ContactField::Department | ContactField::AddressCountry));
    let write = Write::new(&same, &item_types(), false).unwrap();
    let patch = with_schema(false, |schema| write.patch(&record, schema)).unwrap();
    assert_eq!(lines(&patch), "");
}

#[test]
fn a_new_contact_is_one_body() {
    let wanted = write(&[
        ("first_name", "Ada".into()),
        ("last_name", F::Empty),
        ("email", "ada@contoso.example.com".into()),
        ("phone_mobile", "555 0111".into()),
        ("active", true.into()),
        ("custom:IsOffice365", true.into()),
        ("custom:userDefinedField10", "id-1".into()),
    ])
    .unwrap();
    let body = with_schema(false, |schema| wanted.create_body(250, &[8], schema)).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&body).unwrap(), @r#"
    {
      "communicationItems": [
        {
          "communicationType": "Email",
          "defaultFlag": true,
          "type": {
            "id": 1
          },
          "value": "ada@contoso.example.com"
        },
        {
          "communicationType": "Phone",
          "defaultFlag": true,
          "type": {
            "id": 4
          },
          "value": "555 0111"
        }
      ],
      "company": {
        "id": 250
      },
      "customFields": [
        {
          "caption": "IsOffice365",
          "id": 6,
          "value": true
        }
      ],
      "firstName": "Ada",
      "inactiveFlag": false,
      "typeIds": [
        8
      ],
      "userDefinedField10": "id-1"
    }
    "#);
}

#[test]
fn what_cannot_be_written_is_refused_by_name() {
    for (name, value) in [
        ("department", F::from("Research")),
        ("address_country", "Germany".into()),
        ("office", "1".into()),
        ("username", "a".into()),
        ("photo", "a".into()),
        ("external_id", "a".into()),
        ("note", "a".into()),
        ("first_name", F::Empty),
        ("title", true.into()),
        ("active", "yes".into()),
        ("email", F::List(vec!["a".into()])),
    ] {
        assert_eq!(write(&[(name, value)]).err().map(|refused| refused.field).as_deref(), Some(name));
    }
    let none = Write::new(&fields(&[("phone_mobile", "1".into())]), &ItemTypes::default(), false);
    assert_eq!(none.unwrap_err().field, "phone_mobile");
    let nameless = write(&[("title", "x".into())]).unwrap();
    assert!(with_schema(false, |schema| nameless.create_body(1, &[], schema)).is_err());
}

#[test]
fn a_company_is_read_with_its_territory_and_custom_fields() {
    let record: wire::Company = serde_json::from_value(json!({
        "id": 250, "identifier": "CONTOSO", "name": "Contoso Ltd", "deletedFlag": false, "territory": {"id": 1, "name": "North"},
        "customFields": [{"id": 9, "caption": "Tenant365Id", "type": "Text", "value": "t-1"}]
    }))
    .unwrap();
    let read = company(&record);
    assert_eq!((read.id.as_str(), read.name.as_str(), read.active), ("250", "Contoso Ltd", true));
    assert_eq!((read.territory.as_deref(), &read.account_manager), (Some("North"), &None));
    assert_eq!(read.custom_fields.get("Tenant365Id"), Some(&F::from("t-1")));
}

#[test]
fn a_company_patch_carries_all_its_custom_fields() {
    let record: wire::Company = serde_json::from_value(json!({
        "id": 250, "name": "Contoso",
        "customFields": [{"id": 9, "caption": "Tenant365Id", "type": "Text"}, {"id": 10, "caption": "Tier", "type": "Text", "value": "gold"}]
    }))
    .unwrap();
    let wanted = BTreeMap::from([("Tenant365Id".to_owned(), F::from("t-1"))]);
    insta::assert_snapshot!(lines(&company_patch(&record, &wanted).unwrap()), @r#"{"op":"replace","path":"/customFields","value":[{"caption":"Tenant365Id","id":9,"type":"Text","value":"t-1"},{"caption":"Tier","id":10,"type":"Text","value":"gold"}]}"#);
    let unknown = BTreeMap::from([("Nope".to_owned(), F::from("x"))]);
    assert_eq!(company_patch(&record, &unknown).unwrap_err().field, "custom:Nope");
}

proptest! {
    #[test]
    fn an_applied_patch_reads_back_as_wanted(
        title in "[a-zA-Z0-9 \"äß*%]{0,20}", city in "[A-Z][a-z]{0,9}", active in any::<bool>(),
        id in "[a-z0-9-]{1,36}", flag in any::<bool>(), email in "[a-z]{1,9}", phone in "[0-9]{3,9}",
    ) {
        let wanted = fields(&[
            ("title", F::text(title)), ("address_city", city.into()), ("active", active.into()),
            ("custom:Office365Id", id.into()), ("custom:IsOffice365", flag.into()),
            ("email", format!("{email}@fabrikam.example.com").into()), ("phone_mobile", phone.into()),
        ]);
        let mut record = whole();
        let write = Write::new(&wanted, &item_types(), false).unwrap();
        let patch = with_schema(false, |schema| write.patch(&wire(record.clone()), schema)).unwrap();
        items::tests::apply(&mut record, &patch);
        let read = with_schema(false, |schema| contact(&wire(record.clone()), schema));
        for (field, value) in &wanted {
            let trimmed = value.as_text().map_or_else(|| value.clone(), |text| F::text(text.trim()));
            prop_assert!(read.fields.get(field) == Some(&trimmed), "{} {}", field, lines(&patch));
        }
        // What was not named is as it was.
        for name in ["addressLine2", "site", "department", "userDefinedField10", "types", "mobileGuid"] {
            prop_assert_eq!(&record[name], &whole()[name]);
        }
    }
}
