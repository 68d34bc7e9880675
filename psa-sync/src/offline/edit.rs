//! Changing a JSON text in place, so that everything else in it stays as its owner wrote it.

use super::value::Place;
use std::ops::Range;
use sync_core::model::FieldValue;

/// Pieces of a text to be replaced; empty ranges are insertions.
#[derive(Default)]
pub(super) struct Edits(Vec<(Range<usize>, String)>);

impl Edits {
    /// Replaces a piece.
    pub(super) fn replace(&mut self, range: Range<usize>, with: String) {
        self.0.push((range, with));
    }

    /// Puts something in.
    pub(super) fn insert(&mut self, at: usize, text: String) {
        self.0.push((at..at, text));
    }

    /// Sets the value of a key, which is added where the object lacks it.
    pub(super) fn set(&mut self, place: &Place, key: &str, value: &FieldValue) {
        match place.values.get(key) {
            Some(range) => self.replace(range.clone(), json(value)),
            None => self.add_pairs(place, &[pair(key, value)]),
        }
    }

    /// Sets custom fields of a row, whose object of them is added where the row lacks it.
    pub(super) fn custom_fields(
        &mut self,
        row: &Place,
        custom: Option<&Place>,
        fields: Vec<(&str, &FieldValue)>,
    ) {
        if fields.is_empty() {
            return;
        }
        let object = |fields: &[(&str, &FieldValue)]| {
            let pairs: Vec<String> = fields.iter().map(|(name, value)| pair(name, value)).collect();
            format!("{{{}}}", pairs.join(", "))
        };
        match custom {
            None => self.add_pairs(row, &[format!("\"custom_fields\": {}", object(&fields))]),
            // `null` has four letters, an empty object two.
            Some(place) if place.values.is_empty() => self.replace(place.whole.clone(), object(&fields)),
            Some(place) => {
                let (known, added): (Vec<_>, Vec<_>) =
                    fields.into_iter().partition(|(name, _)| place.values.contains_key(*name));
                for (name, value) in known {
                    self.set(place, name, value);
                }
                let added: Vec<String> = added.into_iter().map(|(name, value)| pair(name, value)).collect();
                if !added.is_empty() {
                    self.add_pairs(place, &added);
                }
            }
        }
    }

    fn add_pairs(&mut self, place: &Place, pairs: &[String]) {
        let pairs = pairs.join(", ");
        let text = if place.values.is_empty() { pairs } else { format!(", {pairs}") };
        self.insert(place.insert, text);
    }

    /// The text with every piece replaced. Pieces do not overlap; insertions at one place keep their order.
    pub(super) fn apply(mut self, text: &str) -> String {
        self.0.sort_by_key(|(range, _)| (range.start, range.end));
        let mut out = String::with_capacity(text.len() + 256);
        let mut done = 0;
        for (range, with) in &self.0 {
            out.push_str(text.get(done..range.start).unwrap_or_default());
            out.push_str(with);
            done = range.end.max(done);
        }
        out.push_str(text.get(done..).unwrap_or_default());
        out
    }
}

/// `"key": value`.
pub(super) fn pair(key: &str, value: &FieldValue) -> String {
    format!("{}: {}", text(key), json(value))
}

/// A text as JSON.
pub(super) fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// A value as JSON.
fn json(value: &FieldValue) -> String {
    // Texts, flags and lists of texts always become JSON.
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
