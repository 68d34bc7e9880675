//! Names outside the known set (extensions, custom fields), numbered as they turn up.

use super::record::MAX_NAMES;

/// Open names and their ordinals, which follow those of the known names.
#[derive(Debug, Default)]
pub(crate) struct OpenNames {
    names: Vec<String>,
    refused: bool,
}

impl OpenNames {
    pub(crate) fn find(&self, name: &str, known: usize) -> Option<u8> {
        let place = self.names.iter().position(|n| n == name)?;
        u8::try_from(place + known).ok()
    }

    /// The ordinal of a name, given out where it is new; `None` when the snapshot can hold no more names.
    pub(crate) fn ordinal(&mut self, name: &str, known: usize) -> Option<u8> {
        if let Some(ordinal) = self.find(name, known) {
            return Some(ordinal);
        }
        if known + self.names.len() >= usize::from(MAX_NAMES) {
            self.refused = true;
            return None;
        }
        self.names.push(name.to_owned());
        u8::try_from(known + self.names.len() - 1).ok()
    }

    pub(crate) fn iter(&self, known: usize) -> impl Iterator<Item = (u8, &str)> {
        self.names
            .iter()
            .enumerate()
            .filter_map(move |(i, n)| Some((u8::try_from(i + known).ok()?, n.as_str())))
    }

    /// Takes over that another table could hold no more names.
    pub(crate) const fn refuse_with(&mut self, other: &Self) {
        self.refused |= other.refused;
    }

    pub(crate) const fn refused(&self) -> bool {
        self.refused
    }
}
