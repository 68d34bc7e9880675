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

    /// The place of a key in the spelling of errors, such as `scope.filter` or `routes[0].when`, below a table.
    ///
    /// What is not written gives the place of the innermost table above it; `None` where not even the first part is there.
    pub(crate) fn seek(&self, base: &[Step<'_>], key: &str) -> Option<Found> {
        let mut steps = base.to_vec();
        steps.extend(parts(key));
        let (span, depth, _) = self.walk(&steps);
        (depth > base.len()).then(|| Found {
            offset: span.start,
            place: place(self.file, self.text, Some(span)),
            whole: depth == steps.len(),
        })
    }

    /// The place of a field's entry among the mappings of a policy table.
    pub(crate) fn mapping(&self, base: &[Step<'_>], field: &str) -> Option<usize> {
        let mut steps = base.to_vec();
        steps.push(Step::Key("mapping"));
        let DeValue::Array(items) = self.value(&steps)?.get_ref() else { return None };
        items.iter().position(|item| match item.get_ref() {
            DeValue::Table(table) => entry(table, "field")
                .is_some_and(|(_, value)| matches!(value.get_ref(), DeValue::String(text) if text == field)),
            _ => false,
        })
    }

    fn value(&self, steps: &[Step<'_>]) -> Option<&Spanned<DeValue<'a>>> {
        let (_, depth, value) = self.walk(steps);
        value.filter(|_| depth == steps.len())
    }

    fn find(&self, path: &[Step<'_>], key: Option<&str>) -> Option<Range<usize>> {
        let mut steps = path.to_vec();
        steps.extend(key.map(Step::Key));
        let (span, depth, _) = self.walk(&steps);
        (depth >= path.len()).then_some(span)
    }

    /// Where the last step lies that is there, and how many are.
    fn walk(&self, steps: &[Step<'_>]) -> (Range<usize>, usize, Option<&Spanned<DeValue<'a>>>) {
        let mut span = self.document.span();
        let mut value: Option<&Spanned<DeValue<'a>>> = None;
        for (depth, step) in steps.iter().enumerate() {
            let next = match (step, value.map(Spanned::get_ref)) {
                (Step::Key(name), None) => entry(self.document.get_ref(), name),
                (Step::Key(name), Some(DeValue::Table(table))) => entry(table, name),
                (Step::At(index), Some(DeValue::Array(items))) => {
                    items.get(*index).map(|item| (item.span(), item))
                }
                _ => None,
            };
            let Some((found, inner)) = next else { return (span, depth, value) };
            (span, value) = (found, Some(inner));
        }
        (span, steps.len(), value)
    }
}

/// Where a key stands.
pub(crate) struct Found {
    /// `psa-sync.toml line 7`.
    pub(crate) place: String,
    /// In bytes from the start of the file.
    pub(crate) offset: usize,
    /// The key itself is there, not only a table above it.
    pub(crate) whole: bool,
}

/// The steps of a key as errors spell it: `routes[0].when` is three.
pub(crate) fn parts(key: &str) -> impl Iterator<Item = Step<'_>> {
    key.split('.').flat_map(|part| {
        let (name, rest) = part.split_once('[').unwrap_or((part, ""));
        let index = rest.trim_end_matches(']').parse().ok().map(Step::At);
        [Some(Step::Key(name)), index].into_iter().flatten()
    })
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
        let found = |base: &[Step<'_>], key| lines.seek(base, key).map(|f| (f.place, f.whole));
        assert_eq!(found(&[], "tenants[1].directory.secret"), Some(("f line 9".to_owned(), true)));
        assert_eq!(found(&[], "tenants[1].directory.none"), Some(("f line 8".to_owned(), false)));
        assert_eq!(found(&psa, "kind"), Some(("f line 2".to_owned(), true)));
        assert_eq!(found(&psa, "none"), None);
    }
}
