//! On which line of a TOML file a key stands.

use super::problem::place;
use std::ops::Range;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

/// One step into a document.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step<'a> {
    /// A key.
    Key(&'a str),
    /// A place in an array.
    At(usize),
}

/// A parsed file that remembers where everything stood.
pub(crate) struct Lines<'a> {
    file: &'a str,
    text: &'a str,
    document: Spanned<DeTable<'a>>,
}

impl<'a> Lines<'a> {
    /// Parses a text.
    pub(crate) fn parse(file: &'a str, text: &'a str) -> Result<Self, toml::de::Error> {
        Ok(Self { file, text, document: DeTable::parse(text)? })
    }

    /// `psa-sync.toml line 7` for a key of the table at `path`, or for the table itself.
    pub(crate) fn place(&self, path: &[Step<'_>], key: Option<&str>) -> String {
        place(self.file, self.text, self.find(path, key))
    }

    fn find(&self, path: &[Step<'_>], key: Option<&str>) -> Option<Range<usize>> {
        let mut table = self.document.get_ref();
        let mut span = self.document.span();
        let mut steps = path.iter();
        while let Some(step) = steps.next() {
            let Step::Key(name) = step else { return None };
            let (found, mut value) = entry(table, name)?;
            span = found;
            if let DeValue::Array(items) = value.get_ref() {
                let Some(Step::At(index)) = steps.next() else { return None };
                value = items.get(*index)?;
                span = value.span();
            }
            let DeValue::Table(inner) = value.get_ref() else { return None };
            table = inner;
        }
        match key {
            Some(key) => entry(table, key).map(|(span, _)| span).or(Some(span)),
            None => Some(span),
        }
    }
}

fn entry<'t, 'a>(table: &'t DeTable<'a>, name: &str) -> Option<(Range<usize>, &'t Spanned<DeValue<'a>>)> {
    let (key, value) = table.iter().find(|(key, _)| key.get_ref().as_ref() == name)?;
    Some((key.span(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_tables_arrays_and_inline_tables() {
        let text = "[psa]\nkind = \"x\"\n\n[[tenants]]\nname = \"A\"\n[[tenants]]\nname = \"B\"\ndirectory = { kind = \"graph\",\n secret = 1 }\n";
        let lines = Lines::parse("f", text).unwrap();
        let psa = [Step::Key("psa")];
        assert_eq!(lines.place(&psa, Some("kind")), "f line 2");
        assert_eq!(
            lines.place(&psa, Some("none")),
            "f line 1",
            "the table stands in for a key that is missing"
        );
        let directory = [Step::Key("tenants"), Step::At(1), Step::Key("directory")];
        assert_eq!(lines.place(&directory, Some("secret")), "f line 9");
        assert_eq!(lines.place(&[Step::Key("tenants"), Step::At(7)], None), "f");
    }
}
