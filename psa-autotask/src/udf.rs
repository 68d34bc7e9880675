//! User-defined fields: their definitions, and values both ways. Names are exact, letter for letter.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use crate::wire;
use std::collections::BTreeMap;
use sync_core::model::FieldValue;

/// How a user-defined field takes its value. There are no checkboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Number,
    Date,
    /// A list: of each item the value that is stored, and the label that people see.
    List(Vec<(String, String)>),
}

/// One user-defined field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) kind: Kind,
    pub(crate) read_only: bool,
    /// The longest text in characters, where the vendor says one.
    pub(crate) max_len: Option<u32>,
}

/// The user-defined fields of one entity by name.
pub(crate) type Definitions = BTreeMap<String, Definition>;

/// Reads the vendor's table of definitions.
pub(crate) fn definitions(fields: &[wire::Field]) -> Definitions {
    let named = fields.iter().filter_map(|field| Some((field.name.clone()?, definition(field))));
    named.filter(|(name, _)| !name.trim().is_empty()).collect()
}

fn definition(field: &wire::Field) -> Definition {
    let kind = if field.is_pick_list == Some(true) {
        let values = field.picklist_values.as_deref().unwrap_or_default();
        let active = values.iter().filter(|value| value.is_active != Some(false));
        Kind::List(active.filter_map(|v| Some((v.value()?, v.label.clone()?))).collect())
    } else {
        let kind = field.kind.as_deref().or(field.data_type.as_deref()).unwrap_or_default();
        match kind.to_ascii_lowercase().as_str() {
            "integer" | "double" | "decimal" | "long" | "short" | "number" => Kind::Number,
            "datetime" | "date" => Kind::Date,
            _ => Kind::Text,
        }
    };
    let max_len = field.length.filter(|length| *length > 0 && kind == Kind::Text);
    Definition { kind, read_only: field.is_read_only == Some(true), max_len }
}

/// The words of a list that stands for a flag.
fn is_yes(label: &str) -> Option<bool> {
    match label.trim().to_ascii_lowercase().as_str() {
        "yes" | "true" => Some(true),
        "no" | "false" => Some(false),
        _ => None,
    }
}

/// Whether a list has nothing but a word for yes and perhaps one for no.
fn is_flag(items: &[(String, String)]) -> bool {
    let words: Vec<Option<bool>> = items.iter().map(|(_, label)| is_yes(label)).collect();
    !words.is_empty() && words.len() <= 2 && words.iter().all(Option::is_some) && words.contains(&Some(true))
}

/// A value for every field of the entity: what the record shows, else blank.
pub(crate) fn read(record: &wire::Record, known: &Definitions) -> BTreeMap<String, FieldValue> {
    let mut values: BTreeMap<String, FieldValue> =
        known.keys().map(|name| (name.clone(), FieldValue::Empty)).collect();
    for (name, value) in record.udfs() {
        if let (Some(definition), Some(value)) = (known.get(name), value) {
            values.insert(name.to_owned(), decode(&definition.kind, &value));
        }
    }
    values
}

fn decode(kind: &Kind, value: &str) -> FieldValue {
    let Kind::List(items) = kind else { return FieldValue::text(value) };
    // A value that is no longer in the list is shown as it is, and so is a label where the server sends one.
    let item =
        items.iter().find(|(stored, _)| stored == value).or_else(|| items.iter().find(|(_, l)| l == value));
    let Some((_, label)) = item else { return FieldValue::text(value) };
    match is_yes(label) {
        Some(flag) if is_flag(items) => FieldValue::Flag(flag),
        Some(_) | None => FieldValue::text(label),
    }
}

/// Why a value cannot go into a user-defined field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    Unknown,
    ReadOnly,
    WrongKind,
    NotInList,
    TooLong,
}

impl Unfit {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => {
                "this database has no user-defined field of that name there; names are compared letter for letter"
            }
            Self::ReadOnly => "that user-defined field cannot be written",
            Self::WrongKind => "that user-defined field takes another kind of value",
            Self::NotInList => "the list of that user-defined field has no such entry",
            Self::TooLong => "the text is longer than that user-defined field takes",
        }
    }
}

/// The value as Autotask takes it: a text, or nothing to empty the field.
pub(crate) fn encode(definition: Option<&Definition>, value: &FieldValue) -> Result<Option<String>, Unfit> {
    let definition = definition.ok_or(Unfit::Unknown)?;
    if definition.read_only {
        return Err(Unfit::ReadOnly);
    }
    let text = match value {
        value if value.is_blank() => return Ok(None),
        FieldValue::Text(text) => text.trim().to_owned(),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::Empty | FieldValue::List(_) | _ => return Err(Unfit::WrongKind),
    };
    match &definition.kind {
        Kind::Text if definition.max_len.is_some_and(|max| text.chars().count() > max as usize) => {
            Err(Unfit::TooLong)
        }
        Kind::Text | Kind::Date => Ok(Some(text)),
        Kind::Number if text.parse::<f64>().is_ok_and(f64::is_finite) => Ok(Some(text)),
        Kind::Number => Err(Unfit::WrongKind),
        Kind::List(items) => {
            let wanted = is_yes(&text).filter(|_| is_flag(items));
            let is = |label: &String| match wanted {
                Some(flag) => is_yes(label) == Some(flag),
                None => label.trim().to_lowercase() == text.to_lowercase(),
            };
            match items.iter().find(|(_, label)| is(label)) {
                Some((stored, _)) => Ok(Some(stored.clone())),
                // A list with a yes alone says no by being empty.
                None if wanted == Some(false) => Ok(None),
                None => Err(Unfit::NotInList),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(labels: &[&str]) -> Definition {
        let items = labels.iter().enumerate().map(|(n, label)| ((n + 1).to_string(), (*label).to_owned()));
        Definition { kind: Kind::List(items.collect()), read_only: false, max_len: None }
    }

    #[test]
    fn a_list_is_read_and_written_by_its_labels() {
        let types = list(&["End User", "VIP"]);
        assert_eq!(decode(&types.kind, "2"), FieldValue::from("VIP"));
        assert_eq!(decode(&types.kind, "9"), FieldValue::from("9"), "an entry that is gone");
        assert_eq!(encode(Some(&types), &"vip".into()), Ok(Some("2".to_owned())));
        assert_eq!(encode(Some(&types), &"VIP, End User".into()), Err(Unfit::NotInList));
        assert_eq!(encode(Some(&types), &FieldValue::Empty), Ok(None));
    }

    #[test]
    fn a_list_of_yes_and_no_is_a_flag_and_one_of_yes_alone_is_too() {
        for labels in [&["Yes", "No"][..], &["True", "False"], &["Yes"]] {
            let flag = list(labels);
            assert_eq!(decode(&flag.kind, "1"), FieldValue::Flag(true), "{labels:?}");
            for yes in [FieldValue::Flag(true), "true".into(), "yes".into()] {
                assert_eq!(encode(Some(&flag), &yes), Ok(Some("1".to_owned())), "{labels:?}");
            }
            let no = if labels.len() == 2 { Some("2".to_owned()) } else { None };
            assert_eq!(encode(Some(&flag), &FieldValue::Flag(false)), Ok(no), "{labels:?}");
        }
        let maybe = list(&["Yes", "No", "Maybe"]);
        assert_eq!(decode(&maybe.kind, "1"), FieldValue::from("Yes"));
    }

    #[test]
    fn what_does_not_fit_says_why() {
        let number = Definition { kind: Kind::Number, read_only: false, max_len: None };
        assert_eq!(encode(Some(&number), &"12.5".into()), Ok(Some("12.5".to_owned())));
        for text in ["twelve", "NaN", "inf"] {
            assert_eq!(encode(Some(&number), &text.into()), Err(Unfit::WrongKind), "{text}");
        }
        let short = Definition { kind: Kind::Text, read_only: false, max_len: Some(3) };
        assert_eq!(encode(Some(&short), &"äöüß".into()), Err(Unfit::TooLong));
        assert_eq!(encode(Some(&short), &FieldValue::List(vec!["a".into()])), Err(Unfit::WrongKind));
        assert_eq!(encode(None, &"x".into()), Err(Unfit::Unknown));
        let closed = Definition { read_only: true, ..short };
        assert_eq!(encode(Some(&closed), &"x".into()), Err(Unfit::ReadOnly));
    }

    #[test]
    fn names_that_differ_in_case_are_two_fields() {
        let field = |name: &str| wire::Field {
            name: Some(name.into()),
            kind: Some("string".into()),
            ..wire::Field::default()
        };
        let known = definitions(&[field("Office365Id"), field("office365id"), field(" ")]);
        assert_eq!(known.len(), 2);
        let record: wire::Record = serde_json::from_str(
            r#"{"userDefinedFields":[{"name":"office365id","value":"x"},{"name":"Gone","value":"y"}]}"#,
        )
        .unwrap();
        let values = read(&record, &known);
        assert_eq!(values.get("Office365Id"), Some(&FieldValue::Empty));
        assert_eq!(values.get("office365id"), Some(&FieldValue::from("x")));
        assert_eq!(values.get("Gone"), None);
    }
}
