//! JSON with its places kept: what is wrong can be pointed at, and what is not understood is kept as it was written.

use super::OfflineError;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, MapAccess, Visitor},
};
use serde_json::{error::Category, value::RawValue};
use std::{fmt, fs, io, ops::Range, path::Path, path::PathBuf};

/// One file of the folder.
pub(super) struct Source {
    /// Where it is.
    pub(super) path: PathBuf,
    /// What it holds, without a byte order mark.
    pub(super) text: String,
}

impl Source {
    /// Reads a file; `None` where there is none.
    pub(super) fn read(folder: &Path, name: &str) -> Result<Option<Self>, OfflineError> {
        let path = folder.join(name);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(OfflineError::new(path, "cannot be read").with_source(error)),
        };
        if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
            return Err(OfflineError::new(path, "is UTF-16 text; save it as UTF-8"));
        }
        let bytes = bytes.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(&bytes);
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Some(Self { path, text: text.to_owned() })),
            Err(error) => {
                let problem =
                    format!("is not UTF-8 text from byte {} on; save it as UTF-8", error.valid_up_to());
                Err(OfflineError::new(path, problem))
            }
        }
    }

    /// Reads a file that must be there; `hint` says what to do where it is not.
    pub(super) fn required(folder: &Path, name: &str, hint: &str) -> Result<Self, OfflineError> {
        Self::read(folder, name)?
            .ok_or_else(|| OfflineError::new(folder.join(name), format!("is missing; {hint}")))
    }

    /// Where a part of the text lies in it.
    pub(super) fn range(&self, part: &str) -> Range<usize> {
        let start = (part.as_ptr() as usize).saturating_sub(self.text.as_ptr() as usize).min(self.text.len());
        start..(start + part.len()).min(self.text.len())
    }

    /// What is wrong at a place of the text.
    pub(super) fn wrong(&self, offset: usize, problem: impl Into<String>) -> OfflineError {
        let before = self.text.get(..offset).unwrap_or(&self.text);
        let line = before.bytes().filter(|b| *b == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        OfflineError::new(&self.path, problem).at(line, column)
    }

    /// What is wrong with a part of the text.
    pub(super) fn wrong_in(&self, part: &RawValue, problem: impl Into<String>) -> OfflineError {
        self.wrong(self.range(part.get()).start, problem)
    }

    /// The whole file as an object.
    pub(super) fn object(&self) -> Result<Object<'_>, OfflineError> {
        self.decode_text(&self.text, "the file")
    }

    /// A part as an object.
    pub(super) fn object_in<'a>(
        &'a self,
        part: &'a RawValue,
        what: &str,
    ) -> Result<Object<'a>, OfflineError> {
        self.decode_text(part.get(), what)
    }

    /// A part as a list.
    pub(super) fn list_in<'a>(
        &'a self,
        part: &'a RawValue,
        what: &str,
    ) -> Result<Vec<&'a RawValue>, OfflineError> {
        self.decode_text(part.get(), what)
    }

    /// A part as an owned value.
    pub(super) fn value<T: DeserializeOwned>(&self, part: &RawValue, what: &str) -> Result<T, OfflineError> {
        self.decode_text(part.get(), what)
    }

    pub(super) fn decode_text<'a, T: Deserialize<'a>>(
        &'a self,
        part: &'a str,
        what: &str,
    ) -> Result<T, OfflineError> {
        serde_json::from_str(part).map_err(|error| {
            let lines: usize =
                part.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
            let offset = self.range(part).start + lines + error.column().saturating_sub(1);
            self.wrong(offset.min(self.text.len()), format!("{what}: {}", without_values(&error)))
        })
    }
}

/// The pairs of an object in their order, each key once.
#[derive(Default)]
pub(super) struct Object<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'a> Object<'a> {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.0.iter().find(|(name, _)| name == key).map(|(_, value)| *value)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;
        impl<'de> Visitor<'de> for Pairs {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut object = Object::default();
                while let Some((key, value)) = map.next_entry::<String, &'de RawValue>()? {
                    if object.get(&key).is_some() {
                        return Err(serde::de::Error::custom(format_args!(
                            "duplicate field `{}`",
                            shown(&key)
                        )));
                    }
                    object.0.push((key, value));
                }
                Ok(object)
            }
        }
        deserializer.deserialize_map(Pairs)
    }
}

/// A key as it can be shown: no control characters, not endless.
pub(super) fn shown(key: &str) -> String {
    key.chars().filter(|c| !c.is_control()).take(64).collect()
}

/// What the decoder says without what it quotes, which may be anything about anybody.
fn without_values(error: &serde_json::Error) -> String {
    let full = error.to_string();
    let message = full.rsplit_once(" at line ").map_or(full.as_str(), |(message, _)| message);
    let about_keys = ["unknown field", "missing field", "duplicate field"];
    match error.classify() {
        Category::Data if about_keys.iter().any(|start| message.starts_with(start)) => message.to_owned(),
        Category::Data => message
            .rsplit_once(", expected ")
            .map_or_else(|| "is of the wrong kind".to_owned(), |(_, kind)| format!("must be {kind}")),
        Category::Eof => "the text ends too early; was the file written in full?".to_owned(),
        Category::Syntax if message.contains("surrogate") => {
            "a \\u escape is half of a character; write the whole pair, or U+FFFD (\\ufffd)".to_owned()
        }
        Category::Syntax | Category::Io => "is not JSON from here on".to_owned(),
    }
}
