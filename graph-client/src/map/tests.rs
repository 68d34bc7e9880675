//! Tables and properties of the translation.

use super::*;
use crate::{query, wire::List};
use proptest::prelude::*;
use serde_json::json;

const TENANT: &str = "99999999-8888-4777-8666-555555555555";
const BADGE: &str = "extension_0123456789abcdef0123456789abcdef_badge";

fn context(extensions: &[&str]) -> Context {
    let asked = extensions.iter().map(|name| Attribute::Extension((*name).into())).collect();
    Context { tenant_id: TENANT.into(), extensions: query::extensions(&asked).unwrap(), ..Context::default() }
}

fn mapped(object: &Value, context: &Context) -> DirectoryUser {
    let text = object.to_string();
    user(&serde_json::from_str(&text).unwrap(), context)
}

/// One line per part that was read.
fn render(user: &DirectoryUser) -> String {
    let mut lines = vec![user.anchor.to_string()];
    let mut line = |name: &str, value: String| lines.push(format!("  {name}: {value}"));
    match user.kind {
        Some(kind) => line("kind", kind.as_str().into()),
        None => line("kind", "(not read)".into()),
    }
    line("enabled", user.enabled.map_or("(not read)".into(), |enabled| enabled.to_string()));
    line("immutable id", user.immutable_id.clone().unwrap_or_else(|| "(none)".into()));
    line(
        "alternate e-mails",
        user.alternate_emails.as_ref().map_or("(not read)".into(), |all| format!("{all:?}")),
    );
    line(
        "licences",
        user.licenses.as_ref().map_or("(not read)".into(), |all| {
            let shown: Vec<_> = all
                .iter()
                .map(|l| format!("{} {}", l.sku_id, l.part_number.as_deref().unwrap_or("(no part number)")))
                .collect();
            format!("{shown:?}")
        }),
    );
    line("groups", user.groups.as_ref().map_or("(not read)".into(), |all| format!("{all:?}")));
    for (attribute, value) in &user.attributes {
        line(&attribute.to_string(), value.clone().unwrap_or_else(|| "(empty)".into()));
    }
    lines.join("\n")
}

#[test]
fn published_shapes_become_neutral_records() {
    let body = include_str!("../../fixtures/users.json");
    let page: List<User<'_>> = serde_json::from_str(body).unwrap();
    assert_eq!(page.count, Some(7));
    let mut context = context(&["extensionAttribute1", "extensionAttribute2", "extensionAttribute3", BADGE]);
    context.part_numbers =
        HashMap::from([("c7df2760-2c81-4ef7-b578-5b5392b571df".to_owned(), "ENTERPRISEPREMIUM".to_owned())]);
    context.groups = Some(HashMap::from([(
        "a1b2c3d4-0001-4001-8001-000000000001".to_owned(),
        BTreeSet::from(["g-sales".to_owned()]),
    )]));
    let shown: Vec<String> = page.value.iter().map(|raw| render(&user(raw, &context))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn absent_null_and_blank_are_told_apart() {
    let context = context(&[]);
    let id = "a1b2c3d4-0001-4001-8001-000000000001";
    for (object, expected) in [
        (json!({ "id": id }), None),
        (json!({ "id": id, "jobTitle": null }), Some(None)),
        (json!({ "id": id, "jobTitle": "  " }), Some(None)),
        (json!({ "id": id, "jobTitle": "Buyer" }), Some(Some("Buyer".to_owned()))),
    ] {
        let user = mapped(&object, &context);
        assert_eq!(user.attributes.get(&Attribute::JobTitle).cloned(), expected, "{object}");
    }
    let nothing = mapped(&json!({ "id": id }), &context);
    assert!(nothing.attributes.is_empty() && nothing.enabled.is_none() && nothing.kind.is_none());
    assert!(nothing.alternate_emails.is_none() && nothing.licenses.is_none() && nothing.groups.is_none());
    let empty = mapped(
        &json!({ "id": id, "accountEnabled": null, "proxyAddresses": null, "assignedLicenses": null }),
        &context,
    );
    assert_eq!(empty.enabled, None, "an account without a state is never a disabled one");
    assert_eq!((empty.alternate_emails, empty.licenses), (Some(vec![]), Some(vec![])));
}

#[test]
fn every_neutral_attribute_has_its_own_property() {
    const TABLE: [(&str, &str); 22] = [
        ("user_principal_name", "userPrincipalName"),
        ("display_name", "displayName"),
        ("given_name", "givenName"),
        ("surname", "surname"),
        ("mail", "mail"),
        ("job_title", "jobTitle"),
        ("department", "department"),
        ("company_name", "companyName"),
        ("office_location", "officeLocation"),
        ("business_phone", "businessPhones"),
        ("mobile_phone", "mobilePhone"),
        ("fax_number", "faxNumber"),
        ("street_address", "streetAddress"),
        ("city", "city"),
        ("state", "state"),
        ("postal_code", "postalCode"),
        ("country", "country"),
        ("usage_location", "usageLocation"),
        ("employee_id", "employeeId"),
        ("employee_type", "employeeType"),
        ("preferred_language", "preferredLanguage"),
        ("sam_account_name", "onPremisesSamAccountName"),
    ];
    assert_eq!(
        TABLE.map(|(attribute, _)| attribute),
        Attribute::KNOWN,
        "an attribute is missing from the table"
    );
    let context = context(&[]);
    for (attribute, property) in TABLE {
        let value = match property {
            "businessPhones" => json!(["the one", "another"]),
            _ => json!("the one"),
        };
        let user = mapped(&json!({ "id": "x", property: value }), &context);
        assert_eq!(user.attribute(&attribute.parse().unwrap()), Some("the one"), "{attribute}");
        assert_eq!(user.attributes.len(), 1, "{property} fills more than {attribute}");
    }
}

#[test]
fn selected_properties_are_those_that_are_read() {
    let mut object = serde_json::Map::new();
    for property in crate::wire::USER_PROPERTIES {
        object.insert(property.into(), Value::Null);
    }
    object.insert("id".into(), json!("x"));
    let text = Value::Object(object).to_string();
    let raw: User<'_> = serde_json::from_str(&text).unwrap();
    assert!(raw.other.is_empty(), "selected but not read: {:?}", raw.other.keys());
    let user = user(&raw, &context(&[]));
    assert_eq!(user.attributes.len(), Attribute::KNOWN.len(), "an attribute is never asked for");
    assert!(user.alternate_emails.is_some() && user.licenses.is_some() && user.kind.is_some());
}

#[test]
fn personal_addresses_are_no_alternates() {
    let user = mapped(
        &json!({ "id": "x", "otherMails": ["private@example.net"], "proxyAddresses": ["smtp:a@example.com"] }),
        &context(&[]),
    );
    assert_eq!(user.alternate_emails, Some(vec!["a@example.com".to_owned()]));
}

#[test]
fn users_outside_the_asked_groups_have_an_empty_set_and_not_none() {
    let mut context = context(&[]);
    context.groups = Some(HashMap::from([("known".to_owned(), BTreeSet::from(["G".to_owned()]))]));
    assert_eq!(mapped(&json!({ "id": "KNOWN" }), &context).groups, Some(BTreeSet::from(["G".to_owned()])));
    assert_eq!(mapped(&json!({ "id": "other" }), &context).groups, Some(BTreeSet::new()));
}

#[test]
fn an_unset_extension_is_not_read() {
    let context = context(&["extensionAttribute1", BADGE]);
    let user = mapped(&json!({ "id": "x", "onPremisesExtensionAttributes": {} }), &context);
    assert!(user.attributes.is_empty());
    let user = mapped(
        &json!({ "id": "x", "onPremisesExtensionAttributes": null, BADGE: [true, "b", {}] }),
        &context,
    );
    assert_eq!(user.attributes.get(&Attribute::Extension("extensionAttribute1".into())), Some(&None));
    assert_eq!(user.attribute(&Attribute::Extension(BADGE.into())), Some("true, b"));
}

fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        "(?i)(smtp|sip|x500)?:?[a-z@.#]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            proptest::collection::btree_map("[a-zA-Z@.]{0,10}", inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

/// A value of the right type in most cases, so that most objects get past the decoder.
fn property_value(name: &'static str) -> BoxedStrategy<Value> {
    let text = || prop_oneof![".{0,12}", "[a-z]{0,4}:?[a-z#@.]{0,9}"];
    match name {
        "accountEnabled" => any::<Option<bool>>().prop_map(Value::from).boxed(),
        "proxyAddresses" | "businessPhones" => {
            proptest::collection::vec(text().prop_map(Value::from), 0..4).prop_map(Value::from).boxed()
        }
        "assignedLicenses" => proptest::collection::vec(text().prop_map(|id| json!({ "skuId": id })), 0..4)
            .prop_map(Value::from)
            .boxed(),
        _ => proptest::option::of(text()).prop_map(Value::from).boxed(),
    }
}

fn user_object() -> impl Strategy<Value = Value> {
    let properties: Vec<_> = crate::wire::USER_PROPERTIES
        .into_iter()
        .skip(1)
        .map(|name| {
            let value = prop_oneof![40 => property_value(name), 1 => json_value()];
            proptest::option::of(value).prop_map(move |value| (name, value))
        })
        .collect();
    (properties, ".{0,40}", json_value(), json_value()).prop_map(|(properties, id, extension, numbered)| {
        let mut object = serde_json::Map::new();
        for (name, value) in properties {
            if let Some(value) = value {
                object.insert(name.into(), value);
            }
        }
        object.insert("id".into(), id.into());
        object.insert(BADGE.into(), extension);
        if numbered.is_object() || numbered.is_null() {
            object.insert("onPremisesExtensionAttributes".into(), numbered);
        }
        Value::Object(object)
    })
}

proptest! {
    #[test]
    fn no_user_object_makes_the_translation_panic(object in user_object()) {
        let text = object.to_string();
        if let Ok(raw) = serde_json::from_str::<User<'_>>(&text) {
            let user = user(&raw, &context(&["extensionAttribute7", BADGE]));
            prop_assert!(user.attributes.values().flatten().all(|text| !text.trim().is_empty()));
            for address in user.alternate_emails.iter().flatten() {
                prop_assert!(address.contains('@'));
            }
        }
    }

    #[test]
    fn no_json_makes_a_decoder_panic(value in json_value(), rows in proptest::collection::vec(json_value(), 0..4)) {
        for text in [value.to_string(), json!({ "value": rows, "@odata.nextLink": value }).to_string()] {
            drop(serde_json::from_str::<List<User<'_>>>(&text));
            drop(serde_json::from_str::<List<crate::wire::Object<'_>>>(&text));
            drop(serde_json::from_str::<List<crate::wire::Sku>>(&text));
            drop(crate::error::Codes::of(text.as_bytes()));
            drop(crate::auth::refusal::refusal("get token", 400, sync_core::Retry::Safe, text.as_bytes()));
        }
    }

    #[test]
    fn no_bytes_make_a_decoder_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        drop(serde_json::from_slice::<List<User<'_>>>(&bytes));
        drop(crate::error::Codes::of(&bytes));
        drop(crate::auth::refusal::refusal("get token", 400, sync_core::Retry::Safe, &bytes));
    }
}

#[test]
fn a_million_aliases_are_read_in_one_walk_each_once() {
    let proxies = (0..1_000_000).map(|n| Some(Text(format!("smtp:A{}@contoso.com", n % 600_000).into())));
    let proxies: Vec<_> = proxies.collect();
    let alternates = alternate_emails(Some(&proxies), Some("a7@CONTOSO.com")).unwrap();
    assert_eq!(alternates.len(), 599_999);
    assert_eq!(alternates[0], "A0@contoso.com");
    assert!(!alternates.contains(&"A7@contoso.com"));
}
