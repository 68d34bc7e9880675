//! Field by field, both ways.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use super::*;
use crate::{
    capability::{self, Native},
    lookups::Countries,
    udf::{Definition, Kind},
};
use proptest::prelude::*;

fn record(value: Value) -> Record {
    serde_json::from_value(value).unwrap()
}

fn schema() -> Schema {
    let text = Definition { kind: Kind::Text, read_only: false, max_len: Some(8000) };
    let types = Kind::List(vec![("1".into(), "End User".into()), ("2".into(), "VIP".into())]);
    let list = Definition { kind: types, read_only: false, max_len: None };
    let vault = Definition { read_only: true, ..text.clone() };
    let udfs = Definitions::from([
        ("Office365Id".into(), text),
        ("Contact Type".into(), list),
        ("Vault".into(), vault),
    ]);
    let rows: Vec<Record> = serde_json::from_value(json!([
        {"id": 237, "name": "UNITED STATES", "displayName": "United States", "countryCode": "US"},
        {"id": 40, "name": "CANADA", "displayName": "Canada", "countryCode": "CA"},
    ]))
    .unwrap();
    let countries = Some(Countries::new(&rows));
    let capabilities = capability::in_force(&Native::new(), &udfs, true);
    Schema { native: Native::new(), udfs, countries, capabilities }
}

fn stored() -> Record {
    record(json!({
        "id": 42, "companyID": 250, "firstName": "Ada", "lastName": "Byron", "title": "Engineer",
        "emailAddress": "ada@contoso.example", "emailAddress2": null, "emailAddress3": "ada@home.example",
        "phone": "+1 206 555 0100", "extension": "12", "mobilePhone": "206-555-0101", "faxNumber": null,
        "alternatePhone": "206-555-0109", "addressLine": "1 Test Road", "addressLine1": "Back door", "city": "Redmond",
        "state": "WA", "zipCode": "98052", "countryID": 237, "roomNumber": "4.01", "note": "Calls before noon",
        "externalID": "other", "isActive": 1, "primaryContact": false,
        "lastModifiedDate": "2026-01-02T03:04:05.678Z",
        "userDefinedFields": [
            {"name": "Office365Id", "value": "id-1"}, {"name": "Contact Type", "value": "2"}, {"name": "Vault", "value": null},
        ],
    }))
}

fn set(pairs: &[(&str, FieldValue)]) -> FieldSet {
    pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.clone())).collect()
}

fn body(pairs: &[(&str, FieldValue)]) -> Value {
    Value::Object(changes(&set(pairs), &schema(), &stored()).unwrap())
}

#[test]
fn a_contact_is_read_field_by_field() {
    let contact = contact(&stored(), &schema());
    let value = |name: &str| contact.fields.get(&name.parse().unwrap()).cloned();
    for (field, expected) in [
        ("first_name", "Ada".into()),
        ("last_name", "Byron".into()),
        ("title", "Engineer".into()),
        ("email", "ada@contoso.example".into()),
        ("alternate_emails", FieldValue::List(vec!["ada@home.example".into()])),
        ("phone_business", "+1 206 555 0100 x12".into()),
        ("phone_mobile", "206-555-0101".into()),
        ("phone_fax", FieldValue::Empty),
        ("address_street", "1 Test Road".into()),
        ("address_city", "Redmond".into()),
        ("address_state", "WA".into()),
        ("address_postal_code", "98052".into()),
        ("address_country", "United States".into()),
        ("office", "4.01".into()),
        ("note", "Calls before noon".into()),
        ("external_id", "other".into()),
        ("active", true.into()),
        ("custom:Office365Id", "id-1".into()),
        ("custom:Contact Type", "VIP".into()),
        ("custom:Vault", FieldValue::Empty),
    ] {
        assert_eq!(value(field), Some(expected), "{field}");
    }
    assert_eq!(value("department"), None);
    assert_eq!(contact.company.as_ref().map(CompanyId::as_str), Some("250"));
    assert_eq!(contact.version.as_ref().map(VersionTag::as_str), Some("2026-01-02T03:04:05.678Z"));
    assert!(!contact.protected);
}

#[test]
fn what_is_not_there_is_blank_and_what_is_odd_is_shown() {
    let bare = contact(
        &record(json!({"id": 1, "companyID": 0, "isActive": 0, "countryID": 9, "primaryContact": true})),
        &schema(),
    );
    let value = |name: &str| bare.fields.get(&name.parse().unwrap()).cloned();
    for field in ["title", "email", "alternate_emails", "phone_business", "custom:Office365Id"] {
        assert_eq!(value(field), Some(FieldValue::Empty), "{field}");
    }
    // A country that is not in the table, and an inactive primary contact of the MSP's own company.
    assert_eq!(
        (value("address_country"), bare.active(), bare.protected),
        (Some("9".into()), Some(false), true)
    );
    assert_eq!((bare.company.as_ref().map(CompanyId::as_str), bare.version), (Some("0"), None));
}

#[test]
fn only_what_differs_is_sent() {
    assert_eq!(
        body(&[("title", "Engineer".into()), ("phone_business", "+1 206 555 0100 ext. 12".into())]),
        json!({})
    );
    assert_eq!(
        body(&[
            ("title", "Director".into()),
            ("address_city", FieldValue::Empty),
            ("active", false.into()),
            ("address_country", "ca".into()),
            ("custom:Office365Id", "id-1".into()),
            ("custom:Contact Type", "end user".into()),
        ]),
        json!({
            "title": "Director", "city": "", "isActive": 0, "countryID": 40,
            "userDefinedFields": [{"name": "Contact Type", "value": "1"}],
        })
    );
    assert_eq!(body(&[("address_country", FieldValue::Empty)]), json!({"countryID": null}));
    assert_eq!(
        body(&[("custom:Office365Id", FieldValue::Empty)]),
        json!({"userDefinedFields": [{"name": "Office365Id", "value": null}]})
    );
}

#[test]
fn a_number_and_its_extension_go_to_their_fields() {
    for (text, expected) in [
        ("+1 206 555 0100", json!({"extension": ""})),
        ("+1 206 555 0111 x12", json!({"phone": "+1 206 555 0111"})),
        ("+1 206 555 0111 x7", json!({"phone": "+1 206 555 0111", "extension": "7"})),
        // Too long as written, and not in its digits.
        ("+49 (0) 89 / 900 09 - 123 45", json!({"phone": "+490899000912345", "extension": ""})),
    ] {
        assert_eq!(body(&[("phone_business", text.into())]), expected, "{text}");
    }
    let long =
        changes(&set(&[("phone_business", "1234567890123456789012345678".into())]), &schema(), &stored());
    assert_eq!(long.unwrap_err().kind, ErrorKind::Rejected);
}

#[test]
fn addresses_that_stay_keep_their_slot() {
    let list = |items: &[&str]| FieldValue::List(items.iter().map(|item| (*item).to_owned()).collect());
    for (wanted, expected) in [
        (list(&["ADA@home.example"]), json!({})),
        (list(&["new@contoso.example", "ada@home.example"]), json!({"emailAddress2": "new@contoso.example"})),
        (
            list(&["new@contoso.example"]),
            json!({"emailAddress2": "new@contoso.example", "emailAddress3": ""}),
        ),
        (
            list(&["a@x.example", "b@x.example"]),
            json!({"emailAddress2": "a@x.example", "emailAddress3": "b@x.example"}),
        ),
        (
            list(&["a@x.example", "A@x.example", " "]),
            json!({"emailAddress2": "a@x.example", "emailAddress3": ""}),
        ),
        (list(&[]), json!({"emailAddress3": ""})),
    ] {
        assert_eq!(body(&[("alternate_emails", wanted)]), expected);
    }
    let three = list(&["a@x.example", "b@x.example", "c@x.example"]);
    let refused = changes(&set(&[("alternate_emails", three)]), &schema(), &stored()).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::Unsupported);
}

#[test]
fn what_cannot_be_written_is_refused_with_its_reason() {
    for (field, value, kind, says) in [
        ("department", "Sales".into(), ErrorKind::Unsupported, "do not take it"),
        ("contact_types", FieldValue::List(vec!["VIP".into()]), ErrorKind::Unsupported, "do not take it"),
        ("custom:office365id", "x".into(), ErrorKind::Unsupported, "letter for letter"),
        ("custom:Vault", "x".into(), ErrorKind::Unsupported, "cannot be written"),
        ("custom:Contact Type", "Guest".into(), ErrorKind::Unsupported, "no such entry"),
        ("first_name", FieldValue::Empty, ErrorKind::Rejected, "requires"),
        ("title", "x".repeat(51).into(), ErrorKind::Rejected, "longer"),
        ("address_country", "Utopia".into(), ErrorKind::Rejected, "countries"),
        ("title", FieldValue::List(vec![]), ErrorKind::Unsupported, "text"),
        ("active", "true".into(), ErrorKind::Unsupported, "flag"),
    ] {
        let refused = changes(&set(&[(field, value)]), &schema(), &stored()).unwrap_err();
        assert_eq!((refused.kind, refused.field.as_str()), (kind, field));
        assert!(refused.reason.contains(says), "{field}: {}", refused.reason);
    }
}

#[test]
fn a_new_contact_is_active_and_has_both_names() {
    let fields =
        set(&[("first_name", "Ada".into()), ("last_name", "Byron".into()), ("title", FieldValue::Empty)]);
    let body = new_contact(&fields, &schema()).unwrap();
    assert_eq!(Value::Object(body), json!({"firstName": "Ada", "lastName": "Byron", "isActive": 1}));
    let inactive = set(&[("first_name", "A".into()), ("last_name", "B".into()), ("active", false.into())]);
    assert_eq!(new_contact(&inactive, &schema()).unwrap().get("isActive"), Some(&json!(0)));
    let nameless = set(&[("first_name", "Ada".into())]);
    assert_eq!(new_contact(&nameless, &schema()).unwrap_err().field, "last_name");
}

#[test]
fn a_company_shows_its_website_its_territory_and_its_owner() {
    let names = CompanyNames {
        closed: Vec::new(),
        territories: BTreeMap::from([("7".into(), "West".into())]),
        resources: BTreeMap::from([(5, "Terry Green".into())]),
    };
    let stored = record(json!({
        "id": 250, "companyName": "Contoso", "isActive": true, "territoryID": 7, "ownerResourceID": 5,
        "webAddress": "www.contoso.example",
        "userDefinedFields": [{"name": "Vault", "value": "x"}],
    }));
    let company = company(&stored, &schema().udfs, &names);
    assert_eq!(
        (company.territory.as_deref(), company.account_manager.as_deref()),
        (Some("West"), Some("Terry Green"))
    );
    assert_eq!(company.website.as_deref(), Some("www.contoso.example"));
    assert_eq!((company.name.as_str(), company.active), ("Contoso", true));
    assert_eq!(company.custom_fields.get("Vault"), Some(&"x".into()));
    let wanted = BTreeMap::from([("Office365Id".to_owned(), FieldValue::from("t"))]);
    let body = company_changes(&wanted, &schema().udfs, &stored).unwrap();
    assert_eq!(Value::Object(body), json!({"userDefinedFields": [{"name": "Office365Id", "value": "t"}]}));
}

fn some_text() -> impl Strategy<Value = FieldValue> {
    prop_oneof![Just(FieldValue::Empty), "[A-Za-zäöü&' .-]{1,30}".prop_map(FieldValue::text)]
}

proptest! {
    /// What is written and read again is what was written, and writing it once more changes nothing.
    #[test]
    fn what_is_sent_is_read_back_and_then_nothing_differs(
        title in some_text(), city in some_text(), office in some_text(), mark in some_text(),
        number in "(\\+1 206 555 01[0-9]{2}( x[0-9]{1,10})?)?", addresses in proptest::collection::vec("[a-z]{1,8}@x\\.example", 0..=2),
        active in any::<bool>(), country in prop_oneof![Just(""), Just("Canada"), Just("United States")],
    ) {
        let mut addresses = addresses;
        addresses.dedup();
        let fields = set(&[
            ("title", title), ("address_city", city), ("office", office), ("custom:Office365Id", mark),
            ("phone_business", FieldValue::text(number)), ("alternate_emails", FieldValue::List(addresses)),
            ("active", active.into()), ("address_country", FieldValue::text(country)),
        ]);
        let schema = schema();
        let mut record = stored();
        let body = changes(&fields, &schema, &record).unwrap();
        record.absorb(&body);
        prop_assert!(changes(&fields, &schema, &record).unwrap().is_empty());
        let read = contact(&record, &schema);
        for (field, wanted) in &fields {
            let is = read.fields.get(field).unwrap();
            let sorted = |value: &FieldValue| match value {
                FieldValue::List(items) => { let mut items = items.clone(); items.sort(); FieldValue::List(items) }
                FieldValue::Text(text) => FieldValue::text(text.trim()),
                other => other.clone(),
            };
            prop_assert!(is.is_blank() && wanted.is_blank() || sorted(is) == sorted(wanted), "{}", field);
        }
        // What nobody asked for is what it was.
        for untouched in ["lastName", "alternatePhone", "addressLine1", "externalID", "faxNumber"] {
            prop_assert_eq!(record.text(untouched), stored().text(untouched));
        }
    }
}
