//! Custom fields: names to ids, and values both ways.

#![allow(clippy::wildcard_enum_match_arm, reason = "whatever else there is, now or later, is handled alike")]

use crate::wire::{self, CustomValue, NewCustomValue};
use std::collections::BTreeMap;
use sync_core::model::FieldValue;

/// The longest text that is put into a custom field. The vendor documents no limit; this is on the safe side.
pub(crate) const LONGEST_TEXT: u32 = 100;

/// One custom field of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) id: i64,
    pub(crate) required: bool,
    /// Options by name, where it is a list. The data types' numbers are not documented, but only lists have options.
    pub(crate) options: BTreeMap<String, i64>,
}

/// The custom fields of one module, by name. Two of one name cannot be told apart and are kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Definitions {
    by_name: BTreeMap<String, Option<Definition>>,
}

impl Definitions {
    pub(crate) fn new(rows: Vec<wire::CustomField>) -> Self {
        let mut definitions = Self::default();
        for row in rows.into_iter().filter(|row| row.is_active != Some(false)) {
            let name = row.name.unwrap_or_default().trim().to_owned();
            if name.is_empty() {
                continue;
            }
            let options = row.settings.into_iter().flatten().filter(|option| option.is_active != Some(false));
            let options =
                options.filter_map(|option| Some((option.name?.trim().to_owned(), option.id))).collect();
            let definition = Definition { id: row.id, required: row.is_required == Some(true), options };
            let known = definitions.by_name.contains_key(&name);
            definitions.by_name.insert(name, (!known).then_some(definition));
        }
        definitions
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Definition> {
        self.by_name.get(name)?.as_ref()
    }

    pub(crate) fn is_ambiguous(&self, name: &str) -> bool {
        matches!(self.by_name.get(name), Some(None))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_name.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Option<&Definition>)> {
        self.by_name.iter().map(|(name, definition)| (name.as_str(), definition.as_ref()))
    }

    /// How many of these names there are.
    pub(crate) fn count_of(&self, names: &[String]) -> usize {
        names.iter().filter(|name| self.by_name.contains_key(name.trim())).count()
    }
}

/// The values of a record: one for every field that can be told apart, blank where the record shows none.
pub(crate) fn read(values: &[CustomValue], known: &Definitions) -> BTreeMap<String, FieldValue> {
    let shown = |definition: &Definition| {
        let value = values.iter().find(|value| value.custom_field_id == Some(definition.id));
        value.map_or(FieldValue::Empty, |value| decode(definition, value))
    };
    let own = known.iter().filter_map(|(name, definition)| Some((name, definition?)));
    own.map(|(name, definition)| (name.to_owned(), shown(definition))).collect()
}

/// A list shows the text of its option, or perhaps only its id; a checkbox is told by its text.
fn decode(definition: &Definition, value: &CustomValue) -> FieldValue {
    let data = value.data.as_deref().unwrap_or_default().trim();
    let by_id = || {
        let id = value.settings_id.filter(|id| *id != 0)?;
        definition.options.iter().find(|(_, option)| **option == id).map(|(name, _)| name.clone())
    };
    if data.is_empty() {
        return by_id().map_or(FieldValue::Empty, FieldValue::text);
    }
    if definition.options.is_empty()
        && let Ok(flag) = data.to_ascii_lowercase().parse()
    {
        return FieldValue::Flag(flag);
    }
    FieldValue::text(data)
}

/// Why a value cannot go into a custom field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// There is no such field.
    Unknown,
    /// There are two of this name.
    Ambiguous,
    /// It takes another kind of value.
    WrongKind,
    /// It is longer than [`LONGEST_TEXT`].
    TooLong,
    /// It is none of the options.
    NoOption,
}

impl Unfit {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "there is no custom field of that name on this record",
            Self::Ambiguous => "two custom fields have that name; rename one",
            Self::WrongKind => "a custom field takes a text or a flag",
            Self::TooLong => "the text is longer than the 100 characters that are put into a custom field",
            Self::NoOption => "the text is none of the options of that custom field",
        }
    }
}

/// A value as BMS takes it: the text, and the id of the option. A blank text empties the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Encoded {
    pub(crate) field: i64,
    pub(crate) text: String,
    pub(crate) option: Option<i64>,
}

impl Encoded {
    pub(crate) fn for_create(self) -> NewCustomValue {
        NewCustomValue { custom_field_id: self.field, data: self.text, settings_id: self.option }
    }
}

/// Finds the field and encodes the value.
pub(crate) fn encode(known: &Definitions, name: &str, value: &FieldValue) -> Result<Encoded, Unfit> {
    if known.is_ambiguous(name) {
        return Err(Unfit::Ambiguous);
    }
    let definition = known.get(name).ok_or(Unfit::Unknown)?;
    let text = match value {
        value if value.is_blank() => String::new(),
        FieldValue::Text(text) => text.trim().to_owned(),
        FieldValue::Flag(flag) => flag.to_string(),
        FieldValue::Empty | FieldValue::List(_) | _ => return Err(Unfit::WrongKind),
    };
    if text.chars().count() > LONGEST_TEXT as usize {
        return Err(Unfit::TooLong);
    }
    let option = if definition.options.is_empty() || text.is_empty() {
        None
    } else {
        Some(*definition.options.get(&text).ok_or(Unfit::NoOption)?)
    };
    Ok(Encoded { field: definition.id, text, option })
}

/// Whether a record holds a value already.
pub(crate) fn holds(now: &FieldValue, wanted: &Encoded) -> bool {
    match now {
        FieldValue::Flag(flag) => flag.to_string().eq_ignore_ascii_case(&wanted.text),
        FieldValue::Text(text) => *text == wanted.text,
        FieldValue::Empty | FieldValue::List(_) | _ => wanted.text.is_empty(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn known() -> Definitions {
        let rows = json!([
            {"id": 1, "name": "Office365Id", "dataType": 1, "isRequired": false, "isActive": true, "settings": []},
            {"id": 2, "name": "IsOffice365", "dataType": 2, "isActive": true},
            {"id": 3, "name": "TypeMapping", "dataType": 3, "isActive": true, "isRequired": true,
             "settings": [{"id": 31, "name": "VIP", "isActive": true}, {"id": 32, "name": "Old", "isActive": false}]},
            {"id": 4, "name": "Twice"}, {"id": 5, "name": "Twice"}, {"id": 6, "name": "Gone", "isActive": false},
        ]);
        Definitions::new(serde_json::from_value(rows).unwrap())
    }

    fn values(rows: serde_json::Value) -> BTreeMap<String, FieldValue> {
        let rows: Vec<CustomValue> = serde_json::from_value(rows).unwrap();
        read(&rows, &known())
    }

    #[test]
    fn every_field_that_can_be_told_apart_has_a_value() {
        let read = values(json!([
            {"customFieldId": 2, "data": "True", "settingsId": 0}, {"customFieldId": 3, "data": "", "settingsId": 31},
            {"customFieldId": 4, "data": "x"}, {"customFieldId": 99, "data": "y"},
        ]));
        let expected = [
            ("IsOffice365", FieldValue::Flag(true)),
            ("Office365Id", FieldValue::Empty),
            ("TypeMapping", FieldValue::from("VIP")),
        ];
        assert_eq!(read, expected.map(|(name, value)| (name.to_owned(), value)).into());
    }

    #[test]
    fn a_value_that_does_not_fit_is_refused_before_it_is_sent() {
        for (name, value, unfit) in [
            ("Nothing", FieldValue::from("x"), Unfit::Unknown),
            ("Gone", "x".into(), Unfit::Unknown),
            ("Twice", "x".into(), Unfit::Ambiguous),
            ("TypeMapping", "Nobody".into(), Unfit::NoOption),
            ("TypeMapping", "Old".into(), Unfit::NoOption),
            ("Office365Id", "\u{e9}".repeat(101).into(), Unfit::TooLong),
            ("Office365Id", FieldValue::List(vec!["a".into()]), Unfit::WrongKind),
        ] {
            assert_eq!(encode(&known(), name, &value), Err(unfit), "{name}");
        }
    }

    #[test]
    fn an_option_goes_with_its_id_and_a_blank_one_without() {
        let encoded = encode(&known(), "TypeMapping", &"VIP".into()).unwrap();
        assert_eq!((encoded.text.as_str(), encoded.option), ("VIP", Some(31)));
        let blank = encode(&known(), "TypeMapping", &FieldValue::Empty).unwrap();
        assert_eq!((blank.text.as_str(), blank.option), ("", None));
        assert!(encode(&known(), "Office365Id", &"\u{e9}".repeat(100).into()).is_ok());
    }

    #[test]
    fn what_is_there_already_is_known_whatever_its_case() {
        let flag = encode(&known(), "IsOffice365", &true.into()).unwrap();
        assert!(holds(&FieldValue::Flag(true), &flag) && !holds(&FieldValue::Flag(false), &flag));
        assert!(!holds(&FieldValue::Empty, &flag));
        let blank = encode(&known(), "Office365Id", &FieldValue::Empty).unwrap();
        assert!(holds(&FieldValue::Empty, &blank) && !holds(&"x".into(), &blank));
    }
}
