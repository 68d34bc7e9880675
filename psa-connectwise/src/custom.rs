//! Custom fields: captions to ids, and values both ways.
//!
//! A record carries every custom field of its screen in one array, set or not. A change sends the whole array back,
//! because the vendor's guide says "pass the entire array" while a live recording shows that fields left out keep
//! their value: only the whole array is right under both.

use crate::wire::{CustomField, FIXED_FIELD_NAMES};
use serde_json::{Number, Value};
use std::collections::BTreeMap;
use sync_core::model::FieldValue;

/// The longest text that is put into a custom field. The vendor documents no limit, so nothing would tell whether a
/// longer one is kept whole; this is on the safe side.
pub(crate) const LONGEST_TEXT: u32 = 100;

/// How a custom field takes its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Text of any sort, lists and dates included.
    Text,
    Checkbox,
    Number,
    /// Buttons hold nothing, and passwords are nobody's business.
    Hidden,
}

impl Kind {
    pub(crate) fn parse(name: Option<&str>) -> Self {
        match name {
            Some("Checkbox") => Self::Checkbox,
            Some("Number" | "Percent" | "Currency") => Self::Number,
            Some("Button" | "Password") => Self::Hidden,
            Some(_) | None => Self::Text,
        }
    }
}

/// One custom field of this instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Definition {
    pub(crate) id: i64,
    pub(crate) kind: Kind,
    pub(crate) read_only: bool,
}

/// The custom fields of one kind of record, by caption. Two of one caption cannot be told apart and are kept out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Definitions {
    by_caption: BTreeMap<String, Option<Definition>>,
}

impl Definitions {
    pub(crate) fn add(&mut self, caption: &str, definition: Definition) {
        let caption = caption.trim();
        if caption.is_empty() {
            return;
        }
        self.by_caption
            .entry(caption.to_owned())
            .and_modify(|known| {
                if known.as_ref() != Some(&definition) {
                    *known = None;
                }
            })
            .or_insert(Some(definition));
    }

    /// Learns what the array of a record shows.
    pub(crate) fn learn(&mut self, fields: &[CustomField]) {
        for field in fields {
            if let (Some(id), Some(caption)) = (field.id, field.caption.as_deref()) {
                let kind = Kind::parse(field.kind.as_deref());
                self.add(caption, Definition { id, kind, read_only: false });
            }
        }
    }

    pub(crate) fn get(&self, caption: &str) -> Option<&Definition> {
        self.by_caption.get(caption)?.as_ref()
    }

    pub(crate) fn is_ambiguous(&self, caption: &str) -> bool {
        matches!(self.by_caption.get(caption), Some(None))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.by_caption.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Option<&Definition>)> {
        self.by_caption.iter().map(|(caption, definition)| (caption.as_str(), definition.as_ref()))
    }
}

/// Whether the name is one of the ten fixed fields.
pub(crate) fn is_fixed(name: &str) -> bool {
    FIXED_FIELD_NAMES.contains(&name)
}

/// Reads the array of a record: a value for every field that can be told apart.
///
/// `known` fills in the fields that a record does not show, where the instance has them.
pub(crate) fn read(fields: Option<&[CustomField]>, known: &Definitions) -> BTreeMap<String, FieldValue> {
    let mut values: BTreeMap<String, FieldValue> = BTreeMap::new();
    let mut own = Definitions::default();
    own.learn(fields.unwrap_or_default());
    for (caption, definition) in known.iter() {
        if definition.is_some_and(|d| d.kind != Kind::Hidden) {
            values.insert(caption.to_owned(), FieldValue::Empty);
        }
    }
    for field in fields.unwrap_or_default() {
        let Some(caption) = field.caption.as_deref().map(str::trim) else { continue };
        let kind = Kind::parse(field.kind.as_deref());
        if kind == Kind::Hidden || own.is_ambiguous(caption) || known.is_ambiguous(caption) {
            values.remove(caption);
        } else if !caption.is_empty() && !is_fixed(caption) {
            values.insert(caption.to_owned(), decode(kind, field.value.as_ref()));
        }
    }
    values
}

fn decode(kind: Kind, value: Option<&Value>) -> FieldValue {
    match value {
        Some(Value::Bool(flag)) => FieldValue::Flag(*flag),
        Some(Value::String(text)) if kind == Kind::Checkbox => match flag(text) {
            Some(flag) => FieldValue::Flag(flag),
            None => FieldValue::text(clean(text)),
        },
        Some(Value::String(text)) => FieldValue::text(clean(text)),
        Some(Value::Number(number)) => FieldValue::text(number.to_string()),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => FieldValue::Empty,
    }
}

/// Why a value cannot go into a custom field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// This instance has no such field.
    Unknown,
    /// There are two of this caption.
    Ambiguous,
    /// It is not for writing.
    ReadOnly,
    /// It takes another kind of value.
    WrongKind,
    /// It is longer than [`LONGEST_TEXT`].
    TooLong,
}

impl Unfit {
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Unknown => "this instance has no custom field of that caption on this record",
            Self::Ambiguous => "two custom fields have that caption; rename one",
            Self::ReadOnly => "that custom field cannot be written",
            Self::TooLong => "the text is longer than the 100 characters that are put into a custom field",
            Self::WrongKind => {
                "that custom field takes another kind of value (a checkbox a flag, a number a number)"
            }
        }
    }
}

/// The value as ConnectWise takes it; `Null` empties the field.
fn encode(kind: Kind, value: &FieldValue) -> Result<Value, Unfit> {
    match (kind, value) {
        (Kind::Hidden, _) => Err(Unfit::ReadOnly),
        (_, value) if value.is_blank() => Ok(Value::Null),
        (Kind::Checkbox, FieldValue::Flag(flag)) => Ok(Value::Bool(*flag)),
        (Kind::Checkbox, FieldValue::Text(text)) => flag(text).map(Value::Bool).ok_or(Unfit::WrongKind),
        (Kind::Number, FieldValue::Text(text)) => {
            let text = text.trim();
            let integer = text.parse::<i64>().ok().map(Number::from);
            let number = integer.or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64));
            number.map(Value::Number).ok_or(Unfit::WrongKind)
        }
        (Kind::Text, FieldValue::Text(text)) => {
            let text = clean(text);
            let fits = text.chars().count() <= LONGEST_TEXT as usize;
            if fits { Ok(Value::String(text)) } else { Err(Unfit::TooLong) }
        }
        (Kind::Text, FieldValue::Flag(flag)) => {
            Ok(Value::String(if *flag { "true" } else { "false" }.into()))
        }
        _ => Err(Unfit::WrongKind),
    }
}

/// The whole array with the wanted values in it, or `None` where it holds them already.
///
/// # Errors
/// The first caption that cannot take its value.
pub(crate) fn merge<'a>(
    current: Option<&[CustomField]>,
    wanted: impl IntoIterator<Item = (&'a str, &'a FieldValue)>,
    known: &Definitions,
) -> Result<Option<Vec<CustomField>>, (&'a str, Unfit)> {
    let mut array = current.unwrap_or_default().to_vec();
    let mut own = Definitions::default();
    own.learn(&array);
    let mut changed = false;
    for (caption, value) in wanted {
        let fail = |unfit| (caption, unfit);
        if own.is_ambiguous(caption) || known.is_ambiguous(caption) {
            return Err(fail(Unfit::Ambiguous));
        }
        if known.get(caption).is_some_and(|d| d.read_only) {
            return Err(fail(Unfit::ReadOnly));
        }
        // The record's own id counts; the definition serves where the record does not show the field.
        let definition = own.get(caption).or_else(|| known.get(caption)).ok_or(fail(Unfit::Unknown))?;
        let encoded = encode(definition.kind, value).map_err(fail)?;
        match array.iter_mut().find(|field| field.id == Some(definition.id)) {
            Some(field) => {
                let now = decode(definition.kind, field.value.as_ref());
                if now != decode(definition.kind, Some(&encoded)) {
                    field.value = Some(encoded);
                    changed = true;
                }
            }
            None if encoded.is_null() => {}
            None => {
                array.push(CustomField {
                    id: Some(definition.id),
                    caption: Some(caption.to_owned()),
                    value: Some(encoded),
                    ..CustomField::default()
                });
                changed = true;
            }
        }
    }
    Ok(changed.then_some(array))
}

fn flag(text: &str) -> Option<bool> {
    let text = text.trim();
    if text.eq_ignore_ascii_case("true") {
        Some(true)
    } else if text.eq_ignore_ascii_case("false") {
        Some(false)
    } else {
        None
    }
}

/// Without carriage returns and characters of no width, which the PSA's own editor leaves in custom fields.
fn clean(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, '\r' | '\u{200b}' | '\u{2060}' | '\u{feff}')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn array(value: Value) -> Vec<CustomField> {
        serde_json::from_value(value).unwrap()
    }

    fn contact_fields() -> Vec<CustomField> {
        array(json!([
            {"id": 5, "caption": "Office365Id", "type": "Text", "entryMethod": "EntryField", "connectWiseId": "c-5"},
            {"id": 6, "caption": "IsOffice365", "type": "Checkbox", "value": false},
            {"id": 7, "caption": "Seats", "type": "Number", "value": 3},
            {"id": 8, "caption": "Door code", "type": "Password", "value": "1234"},
        ]))
    }

    fn merged(wanted: &[(&str, FieldValue)]) -> Result<Option<Value>, Unfit> {
        let fields = contact_fields();
        let wanted = wanted.iter().map(|(caption, value)| (*caption, value));
        merge(Some(&fields), wanted, &Definitions::default())
            .map(|array| array.map(|a| serde_json::to_value(a).unwrap()))
            .map_err(|(_, unfit)| unfit)
    }

    #[test]
    fn an_unset_field_is_empty_and_a_password_is_not_read() {
        let values = read(Some(&contact_fields()), &Definitions::default());
        assert_eq!(
            values,
            BTreeMap::from([
                ("IsOffice365".into(), FieldValue::Flag(false)),
                ("Office365Id".into(), FieldValue::Empty),
                ("Seats".into(), FieldValue::Text("3".into())),
            ])
        );
    }

    #[test]
    fn a_known_field_that_a_record_leaves_out_is_empty() {
        let mut known = Definitions::default();
        known.learn(&contact_fields());
        let values = read(None, &known);
        assert_eq!(values.get("Office365Id"), Some(&FieldValue::Empty));
        assert!(!values.contains_key("Door code"));
    }

    #[test]
    fn one_change_sends_the_whole_array_as_it_was_read() {
        let sent = merged(&[("Office365Id", "id-1".into())]).unwrap().unwrap();
        assert_eq!(
            sent,
            json!([
                {"id": 5, "caption": "Office365Id", "type": "Text", "entryMethod": "EntryField", "connectWiseId": "c-5", "value": "id-1"},
                {"id": 6, "caption": "IsOffice365", "type": "Checkbox", "value": false},
                {"id": 7, "caption": "Seats", "type": "Number", "value": 3},
                {"id": 8, "caption": "Door code", "type": "Password", "value": "1234"},
            ])
        );
    }

    #[test]
    fn values_already_there_change_nothing() {
        let wanted =
            [("Office365Id", FieldValue::Empty), ("IsOffice365", "False".into()), ("Seats", "3".into())];
        assert_eq!(merged(&wanted), Ok(None));
    }

    #[test]
    fn emptying_sends_null() {
        let sent = merged(&[("Seats", FieldValue::Empty)]).unwrap().unwrap();
        assert_eq!(sent.pointer("/2/value"), Some(&Value::Null));
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_refused_before_it_is_sent() {
        for (caption, value, unfit) in [
            ("Seats", FieldValue::from("three"), Unfit::WrongKind),
            ("IsOffice365", "perhaps".into(), Unfit::WrongKind),
            ("Door code", "1".into(), Unfit::ReadOnly),
            ("No such", "1".into(), Unfit::Unknown),
            ("Office365Id", FieldValue::List(vec!["a".into()]), Unfit::WrongKind),
            ("Office365Id", "\u{e9}".repeat(101).into(), Unfit::TooLong),
        ] {
            assert_eq!(merged(&[(caption, value)]), Err(unfit), "{caption}");
        }
    }

    #[test]
    fn a_text_of_the_claimed_length_still_fits() {
        assert!(merged(&[("Office365Id", "\u{e9}".repeat(100).into())]).is_ok_and(|array| array.is_some()));
    }

    #[test]
    fn two_fields_of_one_caption_are_neither_read_nor_written() {
        let fields = array(
            json!([{"id": 1, "caption": "ID", "value": "a"}, {"id": 2, "caption": "ID", "value": "b"}]),
        );
        assert!(read(Some(&fields), &Definitions::default()).is_empty());
        let value = FieldValue::from("x");
        let refused = merge(Some(&fields), [("ID", &value)], &Definitions::default());
        assert_eq!(refused.err().map(|(_, unfit)| unfit), Some(Unfit::Ambiguous));
    }

    #[test]
    fn invisible_characters_do_not_make_a_difference() {
        let fields = array(json!([{"id": 1, "caption": "ID", "type": "Text", "value": "\u{feff}a\r\nb"}]));
        let value = FieldValue::from("a\nb");
        assert!(matches!(merge(Some(&fields), [("ID", &value)], &Definitions::default()), Ok(None)));
    }
}
