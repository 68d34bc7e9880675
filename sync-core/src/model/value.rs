//! Values of contact fields.

use super::ContactField;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// The value of a contact field. In JSON: `null`, a string, a boolean, or a list of strings.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FieldValue {
    /// Read and empty; when written, clears the field.
    Empty,
    /// One line of text, or several.
    Text(String),
    /// A flag.
    Flag(bool),
    /// Several texts: alternate e-mails, contact types.
    List(Vec<String>),
    /// A value that is made when it is written and shown nowhere. In JSON: `{"generated": "support_pin"}`. Whoever writes
    /// it puts a value in its place; a PSA refuses it.
    Generated {
        /// Which.
        generated: Generated,
    },
}

/// What is made when it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Generated {
    /// The person's support PIN.
    SupportPin,
}

impl FieldValue {
    /// Text, or [`FieldValue::Empty`] where the text is blank.
    pub fn text(value: impl Into<String>) -> Self {
        let value = value.into();
        if value.trim().is_empty() { Self::Empty } else { Self::Text(value) }
    }

    /// A support PIN that is made when it is written.
    #[must_use]
    pub const fn support_pin() -> Self {
        Self::Generated { generated: Generated::SupportPin }
    }

    /// Whether it is made when it is written.
    #[must_use]
    pub const fn is_generated(&self) -> bool {
        matches!(self, Self::Generated { .. })
    }

    /// Whether nothing is held: empty, blank text, an empty list.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        match self {
            Self::Empty => true,
            Self::Text(text) => text.trim().is_empty(),
            Self::List(items) => items.is_empty(),
            Self::Flag(_) | Self::Generated { .. } => false,
        }
    }

    /// The text, where it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Empty | Self::Flag(_) | Self::List(_) | Self::Generated { .. } => None,
        }
    }
}

/// Shows the kind of value, never the value.
impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("Empty"),
            Self::Text(_) => f.write_str("Text(<redacted>)"),
            Self::Flag(flag) => write!(f, "Flag({flag})"),
            Self::List(items) => write!(f, "List(<{} redacted>)", items.len()),
            Self::Generated { generated } => write!(f, "Generated({generated:?})"),
        }
    }
}

/// Fields by name: what was read of a contact, or what is to be written.
///
/// A missing key is "cannot be read" or "leave alone", never "empty".
pub type FieldSet = BTreeMap<ContactField, FieldValue>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_plain_json() {
        let values = [
            FieldValue::Empty,
            FieldValue::Text("x".into()),
            FieldValue::Flag(true),
            FieldValue::List(vec!["a".into()]),
            FieldValue::support_pin(),
        ];
        let json = serde_json::to_string(&values).unwrap();
        assert_eq!(json, r#"[null,"x",true,["a"],{"generated":"support_pin"}]"#);
        assert_eq!(serde_json::from_str::<Vec<FieldValue>>(&json).unwrap(), values);
    }

    #[test]
    fn debug_hides_the_value() {
        let shown =
            format!("{:?}", [FieldValue::Text("canary".into()), FieldValue::List(vec!["canary".into()])]);
        assert!(!shown.contains("canary"), "{shown}");
    }
}
