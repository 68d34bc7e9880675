//! `properties`: the title, notification settings and custom fields of a record, in one object by name.
//!
//! Syncro may replace the object as a whole, so it is always written as it was read, with our own entries changed.

use crate::map::Refused;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::model::{ContactField, FieldValue};

/// Entries that Syncro itself keeps in the object (seen in a client's model of it); they are no custom fields.
pub(crate) const BUILT_IN: [&str; 6] =
    ["id", "notification_billing", "notification_marketing", "notification_reports", "title", "type"];

/// Where the title is.
pub(crate) const TITLE: &str = "title";

/// Whether Syncro keeps an entry of this name for itself.
pub(crate) fn is_built_in(name: &str) -> bool {
    BUILT_IN.contains(&name.trim())
}

/// What the configuration says of custom fields whose values are no plain texts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Kinds<'a> {
    /// Check boxes, which hold `1` and `0`.
    pub(crate) checkboxes: &'a BTreeSet<String>,
    /// Drop-down lists, which hold the number of an answer.
    pub(crate) answers: &'a BTreeMap<String, BTreeMap<String, i64>>,
}

/// The entries; `None` where there is something that is no object.
pub(crate) fn entries(properties: Option<&Value>) -> Option<&Map<String, Value>> {
    static EMPTY: std::sync::LazyLock<Map<String, Value>> = std::sync::LazyLock::new(Map::new);
    match properties {
        None | Some(Value::Null) => Some(&EMPTY),
        // What PHP and Ruby make of an empty object now and then.
        Some(Value::Array(items)) if items.is_empty() => Some(&EMPTY),
        Some(other) => other.as_object(),
    }
}

/// One entry as text, where it is one.
pub(crate) fn text<'p>(properties: Option<&'p Value>, name: &str) -> Option<&'p str> {
    entries(properties)?.get(name)?.as_str()
}

/// Every custom field that is a single value. `asked` are names that may have no entry: those are empty.
pub(crate) fn read(
    properties: Option<&Value>,
    asked: &BTreeSet<String>,
    kinds: Kinds<'_>,
) -> BTreeMap<String, FieldValue> {
    let Some(entries) = entries(properties) else { return BTreeMap::new() };
    let absent = asked.iter().filter(|name| !entries.contains_key(*name) && !is_built_in(name));
    let mut read: BTreeMap<String, FieldValue> =
        absent.map(|name| (name.clone(), FieldValue::Empty)).collect();
    for (name, value) in entries.iter().filter(|(name, _)| !is_built_in(name)) {
        if let Some(value) = one(name, value, kinds) {
            read.insert(name.clone(), value);
        }
    }
    read
}

fn one(name: &str, value: &Value, kinds: Kinds<'_>) -> Option<FieldValue> {
    let text = match value {
        Value::Null => return Some(FieldValue::Empty),
        Value::Bool(flag) => return Some(FieldValue::Flag(*flag)),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(_) | Value::Object(_) => return None,
    };
    if kinds.checkboxes.contains(name) {
        match text.trim().to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => return Some(FieldValue::Flag(true)),
            "0" | "false" | "no" | "off" => return Some(FieldValue::Flag(false)),
            _ => {}
        }
    }
    let label = kinds.answers.get(name).and_then(|answers| {
        let number: i64 = text.trim().parse().ok()?;
        answers.iter().find(|(_, id)| **id == number).map(|(label, _)| label.clone())
    });
    Some(FieldValue::text(label.unwrap_or(text)))
}

/// How a value of a custom field is written; an empty text clears, for an entry that is left out may stay.
///
/// # Errors
/// A value that the field cannot take.
pub(crate) fn written(name: &str, value: &FieldValue, kinds: Kinds<'_>) -> Result<Value, Refused> {
    let field = || ContactField::Custom(name.to_owned());
    let text = match value {
        FieldValue::Empty => return Ok("".into()),
        FieldValue::Text(text) => text.trim(),
        FieldValue::Flag(flag) if kinds.checkboxes.contains(name) => return Ok(digit(*flag)),
        FieldValue::Flag(flag) => return Ok(flag.to_string().into()),
        FieldValue::List(_) | _ => return Err(Refused::new(&field(), "it takes a text")),
    };
    if text.is_empty() {
        return Ok("".into());
    }
    if kinds.checkboxes.contains(name) {
        // A planner says flags of custom fields in words.
        match text {
            "true" => return Ok(digit(true)),
            "false" => return Ok(digit(false)),
            _ => {}
        }
    }
    let Some(answers) = kinds.answers.get(name) else { return Ok(text.into()) };
    match answers.iter().find(|(label, _)| label.trim().to_lowercase() == text.to_lowercase()) {
        Some((_, id)) => Ok((*id).into()),
        None => Err(Refused::new(
            &field(),
            "the list `answers` of the configuration has no number for this answer",
        )),
    }
}

fn digit(flag: bool) -> Value {
    if flag { "1".into() } else { "0".into() }
}

/// The whole object with these entries changed; `None` where each holds its value already.
///
/// # Errors
/// An entry that holds more than a single value, or properties that are no object: writing would destroy them.
pub(crate) fn merged(
    properties: Option<&Value>,
    wanted: &BTreeMap<String, Value>,
) -> Result<Option<Map<String, Value>>, Refused> {
    let changed: Vec<(&String, &Value)> = {
        let now = entries(properties);
        wanted.iter().filter(|(name, value)| !now.is_some_and(|now| same(now.get(*name), value))).collect()
    };
    let Some((first, _)) = changed.first() else { return Ok(None) };
    let field = |name: &str| ContactField::Custom(name.to_owned());
    let Some(now) = entries(properties) else {
        return Err(Refused::new(
            &field(first),
            "the record's properties cannot be read, so they cannot be kept",
        ));
    };
    let mut whole = now.clone();
    for (name, value) in changed {
        if whole.get(name).is_some_and(|old| old.is_array() || old.is_object()) {
            return Err(Refused::new(&field(name), "it holds more than a single value, which would be lost"));
        }
        whole.insert(name.clone(), value.clone());
    }
    Ok(Some(whole))
}

/// Whether an entry holds a value already: a number may come as a text, and nothing is an empty text.
fn same(now: Option<&Value>, wanted: &Value) -> bool {
    let plain = |value: &Value| match value {
        Value::Null => Some(String::new()),
        Value::Bool(flag) => Some(if *flag { "1".to_owned() } else { "0".to_owned() }),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Array(_) | Value::Object(_) => None,
    };
    match now {
        None => plain(wanted).is_some_and(|text| text.is_empty()),
        Some(now) => plain(now).is_some() && plain(now) == plain(wanted),
    }
}

/// The names whose values did not stay: Syncro ignores names that it does not know.
pub(crate) fn ignored<'w>(properties: Option<&Value>, wanted: &'w BTreeMap<String, Value>) -> Vec<&'w str> {
    let now = entries(properties);
    let stayed = |name: &str| now.is_some_and(|now| now.contains_key(name));
    let lost = wanted.iter().filter(|(name, value)| value.as_str() != Some("") && !stayed(name));
    lost.map(|(name, _)| name.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    struct Given {
        checkboxes: BTreeSet<String>,
        answers: BTreeMap<String, BTreeMap<String, i64>>,
    }

    impl Given {
        fn new() -> Self {
            let answers = BTreeMap::from([("VIP".to_owned(), 35984), ("End User".to_owned(), 35983)]);
            Self {
                checkboxes: ["IsOffice365".to_owned()].into(),
                answers: [("TypeMapping".to_owned(), answers)].into(),
            }
        }

        fn kinds(&self) -> Kinds<'_> {
            Kinds { checkboxes: &self.checkboxes, answers: &self.answers }
        }
    }

    #[test]
    fn each_kind_of_value_is_read_as_what_it_stands_for() {
        let given = Given::new();
        let record = json!({
            "title": "Engineer", "notification_billing": "1", "IsOffice365": "1", "Office365Id": "id-1",
            "TypeMapping": 35984, "Other List": 7, "Blank": "", "Null": null, "Nested": {"a": 1},
        });
        let asked = ["Office365Id".to_owned(), "SupportPIN".to_owned(), "title".to_owned()].into();
        let read = read(Some(&record), &asked, given.kinds());
        let expected: BTreeMap<String, FieldValue> = [
            ("Blank", FieldValue::Empty),
            ("IsOffice365", FieldValue::Flag(true)),
            ("Null", FieldValue::Empty),
            ("Office365Id", "id-1".into()),
            ("Other List", "7".into()),
            ("SupportPIN", FieldValue::Empty),
            ("TypeMapping", "VIP".into()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        assert!(read == expected, "{:?}", read.keys());
    }

    #[test]
    fn each_value_is_written_as_its_field_takes_it() {
        let given = Given::new();
        let write = |name: &str, value: FieldValue| written(name, &value, given.kinds());
        assert_eq!(write("IsOffice365", FieldValue::Flag(false)).unwrap(), json!("0"));
        assert_eq!(write("IsOffice365", "true".into()).unwrap(), json!("1"));
        assert_eq!(write("Office365Id", " id-1 ".into()).unwrap(), json!("id-1"));
        assert_eq!(write("Plain", FieldValue::Flag(true)).unwrap(), json!("true"));
        assert_eq!(write("TypeMapping", "vip".into()).unwrap(), json!(35984));
        assert_eq!(write("TypeMapping", FieldValue::Empty).unwrap(), json!(""));
        assert!(write("TypeMapping", "Owner".into()).is_err());
        assert!(write("Plain", FieldValue::List(vec![])).is_err());
    }

    #[test]
    fn what_is_there_already_is_no_change_in_whatever_type_it_comes() {
        let record = json!({"A": 1, "B": true, "C": " x ", "D": null});
        let wanted =
            [("A", json!("1")), ("B", json!("1")), ("C", json!("x")), ("D", json!("")), ("E", json!(""))];
        let wanted = wanted.map(|(name, value)| (name.to_owned(), value)).into();
        assert_eq!(merged(Some(&record), &wanted).unwrap(), None);
    }

    #[test]
    fn what_cannot_be_kept_is_not_written_over() {
        let wanted: BTreeMap<String, Value> = [("A".to_owned(), json!("x"))].into();
        assert!(merged(Some(&json!({"A": {"b": 1}})), &wanted).is_err());
        assert!(merged(Some(&json!("text")), &wanted).is_err());
        for empty in [json!(null), json!({}), json!([])] {
            assert_eq!(
                merged(Some(&empty), &wanted).unwrap().unwrap(),
                json!({"A": "x"}).as_object().unwrap().clone()
            );
        }
    }

    #[test]
    fn a_name_that_is_not_in_the_answer_was_ignored() {
        let wanted = [("A", json!("x")), ("B", json!("")), ("C", json!("0"))];
        let wanted = wanted.map(|(name, value)| (name.to_owned(), value)).into();
        assert_eq!(ignored(Some(&json!({"A": "x"})), &wanted), ["C"]);
        assert_eq!(ignored(None, &wanted), ["A", "C"]);
    }

    proptest! {
        #[test]
        fn entries_of_others_survive_as_they_are(
            foreign in proptest::collection::btree_map("[A-Z][a-z]{2,8}", "[ -~]{0,12}", 0..6), ours in "[a-z]{1,8}",
        ) {
            let record = json!(foreign);
            let wanted = [("our field".to_owned(), json!(ours))].into();
            let whole = merged(Some(&record), &wanted).unwrap().unwrap();
            for (name, value) in &foreign {
                prop_assert_eq!(whole.get(name), Some(&json!(value)));
            }
            prop_assert_eq!(whole.len(), foreign.len() + 1);
        }
    }
}
