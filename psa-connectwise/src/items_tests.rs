//! Patches of communication items, applied by a small interpreter that has ConnectWise's index and default habits.

use super::*;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Applies operations to a contact as ConnectWise does: in order, by index, one default per communication type.
pub(crate) fn apply(contact: &mut Value, operations: &[PatchOp]) {
    for operation in operations {
        let operation = serde_json::to_value(operation).unwrap();
        let path = operation["path"].as_str().unwrap().trim_start_matches('/').to_owned();
        let segments: Vec<&str> = path.split('/').collect();
        match (operation["op"].as_str().unwrap(), segments.as_slice()) {
            ("replace", [name]) => contact[*name] = operation["value"].clone(),
            (verb, ["communicationItems", index, field @ ..]) => {
                let items = items_of(contact);
                let index: usize = index.parse().unwrap();
                match (verb, field) {
                    ("replace", [field]) => {
                        assert!(index < items.len(), "out of bounds: {operation}");
                        items[index][*field] = operation["value"].clone();
                        if *field == "defaultFlag" && operation["value"] == json!(true) {
                            make_default(items, index);
                        }
                    }
                    ("add", []) => {
                        assert!(index <= items.len(), "out of bounds: {operation}");
                        let mut item = operation["value"].clone();
                        // Appends wherever it points; only an add at the end makes a default.
                        let default = index == items.len() && item["defaultFlag"] == json!(true);
                        item["defaultFlag"] = default.into();
                        item["id"] = (9000 + items.len()).into();
                        items.push(item);
                        if default {
                            let end = items.len() - 1;
                            make_default(items, end);
                        }
                    }
                    ("remove", []) => {
                        assert!(index < items.len(), "out of bounds: {operation}");
                        items.remove(index);
                    }
                    other => panic!("not understood: {other:?}"),
                }
            }
            other => panic!("not understood: {other:?}"),
        }
    }
}

fn items_of(contact: &mut Value) -> &mut Vec<Value> {
    let items = &mut contact["communicationItems"];
    if items.is_null() {
        *items = json!([]);
    }
    items.as_array_mut().unwrap()
}

fn make_default(items: &mut [Value], chosen: usize) {
    let class = items[chosen]["communicationType"].clone();
    for (place, item) in items.iter_mut().enumerate() {
        if item["communicationType"] == class {
            item["defaultFlag"] = (place == chosen).into();
        }
    }
}

fn types() -> ItemTypes {
    ItemTypes {
        email: Some(1),
        alternate_email: Some(5),
        alternates: Some(BTreeSet::from([1, 5])),
        business: Some(2),
        mobile: Some(4),
        fax: Some(3),
    }
}

fn item(id: u32, kind: i64, value: &str, default: bool) -> Value {
    let class = match kind {
        1 | 5 | 9 => "Email",
        3 => "Fax",
        _ => "Phone",
    };
    json!({"id": id, "type": {"id": kind}, "value": value, "defaultFlag": default, "communicationType": class})
}

fn parse(items: &Value) -> Vec<CommunicationItem> {
    serde_json::from_value(items.clone()).unwrap()
}

/// Patches these items and answers what they are afterwards, with the operations as lines.
fn patched(items: &Value, wanted: &ItemChanges) -> (Value, String) {
    let operations = patch(&parse(items), wanted, &types());
    let mut contact = json!({ "communicationItems": items });
    apply(&mut contact, &operations);
    let lines: Vec<String> = operations.iter().map(|o| serde_json::to_string(o).unwrap()).collect();
    (contact["communicationItems"].clone(), lines.join("\n"))
}

#[test]
fn an_address_and_a_number_change_in_place() {
    let items = json!([
        item(11, 2, "555 0100", true),
        item(12, 1, "old@contoso.example.com", true),
        item(13, 6, "555 0199", false)
    ]);
    let wanted = ItemChanges {
        email: Some("new@contoso.example.com".into()),
        business: Some("555 0100 x7".into()),
        ..ItemChanges::default()
    };
    insta::assert_snapshot!(patched(&items, &wanted).1, @r#"
    {"op":"replace","path":"/communicationItems/0/extension","value":"7"}
    {"op":"replace","path":"/communicationItems/1/value","value":"new@contoso.example.com"}
    "#);
}

#[test]
fn replaces_come_first_adds_next_and_removes_last_from_the_back() {
    let items = json!([
        item(11, 1, "a@contoso.example.com", false),
        item(12, 1, "b@contoso.example.com", false),
        item(13, 1, "p@contoso.example.com", true),
        item(14, 4, "555 0111", true),
    ]);
    let wanted = ItemChanges {
        email: Some("q@contoso.example.com".into()),
        alternates: Some(vec!["p@contoso.example.com".into()]),
        mobile: Some(String::new()),
        business: Some("555 0122".into()),
        ..ItemChanges::default()
    };
    let (after, lines) = patched(&items, &wanted);
    insta::assert_snapshot!(lines, @r#"
    {"op":"replace","path":"/communicationItems/2/value","value":"q@contoso.example.com"}
    {"op":"add","path":"/communicationItems/4","value":{"communicationType":"Email","defaultFlag":false,"type":{"id":5},"value":"p@contoso.example.com"}}
    {"op":"add","path":"/communicationItems/5","value":{"communicationType":"Phone","defaultFlag":true,"type":{"id":2},"value":"555 0122"}}
    {"op":"remove","path":"/communicationItems/3"}
    {"op":"remove","path":"/communicationItems/1"}
    {"op":"remove","path":"/communicationItems/0"}
    "#);
    assert_eq!(after.as_array().unwrap().len(), 3);
}

#[test]
fn a_contact_without_items_gets_its_first_ones() {
    let wanted = ItemChanges {
        email: Some("a@contoso.example.com".into()),
        mobile: Some("555 0111".into()),
        ..ItemChanges::default()
    };
    let (after, lines) = patched(&json!([]), &wanted);
    insta::assert_snapshot!(lines, @r#"
    {"op":"add","path":"/communicationItems/0","value":{"communicationType":"Email","defaultFlag":true,"type":{"id":1},"value":"a@contoso.example.com"}}
    {"op":"add","path":"/communicationItems/1","value":{"communicationType":"Phone","defaultFlag":true,"type":{"id":4},"value":"555 0111"}}
    "#);
    assert_eq!(read(&parse(&after), &types()).email.as_deref(), Some("a@contoso.example.com"));
}

#[test]
fn a_removed_default_is_followed_by_the_next_item_of_its_kind() {
    let items = json!([item(11, 2, "555 0100", true), item(12, 6, "555 0199", false)]);
    let wanted = ItemChanges { business: Some(String::new()), ..ItemChanges::default() };
    insta::assert_snapshot!(patched(&items, &wanted).1, @r#"
    {"op":"replace","path":"/communicationItems/1/defaultFlag","value":true}
    {"op":"remove","path":"/communicationItems/0"}
    "#);
}

#[test]
fn an_address_that_is_there_without_being_the_default_is_promoted_only_where_there_is_no_default() {
    let items =
        json!([item(11, 1, "A@contoso.example.com", false), item(12, 1, "b@contoso.example.com", false)]);
    let wanted = ItemChanges { email: Some("a@contoso.example.com".into()), ..ItemChanges::default() };
    insta::assert_snapshot!(patched(&items, &wanted).1, @r#"
    {"op":"replace","path":"/communicationItems/0/value","value":"a@contoso.example.com"}
    {"op":"replace","path":"/communicationItems/0/defaultFlag","value":true}
    "#);
}

#[test]
fn reading_tells_the_primary_address_the_alternates_and_the_numbers() {
    let mut business = item(14, 2, "+1 555 0100", false);
    business["extension"] = json!("12");
    let items = json!([
        item(11, 1, "second@contoso.example.com", false),
        item(12, 9, "private@contoso.example.com", false),
        item(13, 1, "first@contoso.example.com", true),
        business,
        item(15, 6, "555 0199", true),
        item(16, 3, "555 0177", true),
    ]);
    let expected = ItemValues {
        email: Some("first@contoso.example.com".into()),
        alternates: vec!["second@contoso.example.com".into()],
        business: Some("+1 555 0100 x12".into()),
        mobile: None,
        fax: Some("555 0177".into()),
    };
    assert_eq!(read(&parse(&items), &types()), expected);
    let any = ItemTypes { alternates: None, ..types() };
    assert_eq!(read(&parse(&items), &any).alternates.len(), 2);
}

fn any_items() -> impl Strategy<Value = Value> {
    let one = (prop::sample::select(vec![1_i64, 5, 9, 2, 4, 6, 3]), 0_u32..6, any::<bool>());
    prop::collection::vec(one, 0..7).prop_map(|rows| {
        let mut had = BTreeSet::new();
        let rows = rows.into_iter().enumerate().map(|(place, (kind, n, default))| {
            let class = if matches!(kind, 1 | 5 | 9) {
                'e'
            } else if kind == 3 {
                'f'
            } else {
                'p'
            };
            let value =
                if class == 'e' { format!("u{n}@contoso.example.com") } else { format!("555 010{n}") };
            let default = default && had.insert(class);
            item(u32::try_from(place).unwrap() + 11, kind, &value, default)
        });
        Value::Array(rows.collect())
    })
}

fn any_changes() -> impl Strategy<Value = ItemChanges> {
    let address = || {
        prop::option::of(
            (0_u32..8).prop_map(|n| if n == 7 { String::new() } else { format!("u{n}@contoso.example.com") }),
        )
    };
    let number = || {
        prop::option::of((0_u32..8).prop_map(|n| match n {
            7 => String::new(),
            n if n % 2 == 0 => format!("555 010{n}"),
            n => format!("555 010{n} x{n}"),
        }))
    };
    let addresses = prop::option::of(prop::collection::btree_set(
        (0_u32..8).prop_map(|n| format!("u{n}@contoso.example.com")),
        0..4,
    ));
    (address(), addresses, number(), number(), number()).prop_map(
        |(email, alternates, business, mobile, fax)| ItemChanges {
            email,
            alternates: alternates.map(|set| set.into_iter().collect()),
            business,
            mobile,
            fax,
        },
    )
}

fn sorted(list: &[String]) -> BTreeSet<String> {
    list.iter().map(|a| a.to_ascii_lowercase()).collect()
}

fn non_empty(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|t| !t.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn an_applied_patch_gives_what_was_wanted_and_nothing_else(items in any_items(), wanted in any_changes()) {
        let before = read(&parse(&items), &types());
        let had_default = |class: &str, of: &Value| of.as_array().unwrap().iter()
            .filter(|i| i["communicationType"] == class && i["defaultFlag"] == json!(true)).count();
        let (after_items, lines) = patched(&items, &wanted);
        let after = read(&parse(&after_items), &types());

        // The fields wanted are as wanted, the others as they were.
        let numbers = [
            (&wanted.business, &before.business, &after.business),
            (&wanted.mobile, &before.mobile, &after.mobile),
            (&wanted.fax, &before.fax, &after.fax),
        ];
        for (wanted, before, after) in numbers {
            match wanted {
                Some(text) => prop_assert_eq!(after, &non_empty(text), "{}", lines),
                None => prop_assert_eq!(after, before, "{}", lines),
            }
        }
        let clears_email = wanted.email.as_deref() == Some("");
        match &wanted.email {
            Some(text) if !clears_email => prop_assert_eq!(after.email.as_ref(), Some(text), "{}", lines),
            Some(_) => {}
            None => prop_assert_eq!(&after.email, &before.email, "{}", lines),
        }
        if !clears_email {
            match &wanted.alternates {
                // An address that was promoted to primary for want of a default is no alternate any more.
                Some(list) => {
                    let mut list = sorted(list);
                    if had_default("Email", &items) == 0 && let Some(email) = &wanted.email
                        && !after.alternates.iter().any(|a| a.eq_ignore_ascii_case(email)) {
                        list.remove(email);
                    }
                    prop_assert_eq!(sorted(&after.alternates), list, "{}", lines);
                }
                None if had_default("Email", &items) > 0 => {
                    prop_assert_eq!(&after.alternates, &before.alternates, "{}", lines);
                }
                None => {}
            }
        }

        // Foreign items are there, unchanged but for a default that came to them.
        for was in items.as_array().unwrap().iter().filter(|i| [6, 9].contains(&i["type"]["id"].as_i64().unwrap())) {
            if was["type"]["id"] == 9 && (was["defaultFlag"] == json!(true) || wanted.email.is_some()) {
                continue;
            }
            let is = after_items.as_array().unwrap().iter().find(|i| i["id"] == was["id"]);
            prop_assert_eq!(is.map(|i| &i["value"]), Some(&was["value"]), "{}", lines);
            prop_assert_eq!(is.map(|i| &i["type"]), Some(&was["type"]), "{}", lines);
        }

        // One default per communication type, and none lost while there are items.
        for class in ["Email", "Phone", "Fax"] {
            let defaults = had_default(class, &after_items);
            prop_assert!(defaults <= 1, "{} {}", class, lines);
            let any = after_items.as_array().unwrap().iter().any(|i| i["communicationType"] == class);
            if had_default(class, &items) == 1 && any {
                prop_assert_eq!(defaults, 1, "{} {}", class, lines);
            }
        }

        // Replaces, then adds, then removes from the back; and nothing is left to do afterwards.
        let operations = patch(&parse(&items), &wanted, &types());
        let rank = |o: &PatchOp| serde_json::to_value(o).unwrap()["op"].as_str().map(|op| ["replace", "add", "remove"].iter().position(|x| *x == op).unwrap()).unwrap();
        prop_assert!(operations.is_sorted_by_key(rank), "{}", lines);
        let removed: Vec<usize> = operations.iter().filter(|o| rank(o) == 2).map(|o| o.path.rsplit('/').next().unwrap().parse().unwrap()).collect();
        prop_assert!(removed.is_sorted_by(|a, b| a > b), "{}", lines);
        if !clears_email {
            prop_assert_eq!(patched(&after_items, &wanted).1, "", "{}", lines);
        }
    }

    #[test]
    fn the_items_of_a_new_contact_read_as_wanted(wanted in any_changes()) {
        let body = Value::Array(for_create(&wanted, &types()));
        let read = read(&parse(&body), &types());
        prop_assert_eq!(read.email, wanted.email.as_deref().and_then(non_empty));
        prop_assert_eq!(sorted(&read.alternates), sorted(&wanted.alternates.unwrap_or_default()));
        prop_assert_eq!(read.business, wanted.business.as_deref().and_then(non_empty));
        prop_assert_eq!(read.mobile, wanted.mobile.as_deref().and_then(non_empty));
        prop_assert_eq!(read.fax, wanted.fax.as_deref().and_then(non_empty));
        for class in ["Email", "Phone", "Fax"] {
            let defaults = body.as_array().unwrap().iter().filter(|i| i["communicationType"] == class && i["defaultFlag"] == json!(true)).count();
            prop_assert!(defaults <= 1);
        }
    }
}
