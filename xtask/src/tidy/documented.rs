//! Every value that a user can meet in a report has a row in the document that explains it.

use super::{
    Finding,
    source::{Kind, blank, numbered},
    tree::Tree,
};

/// An enum, where it is defined, and the document that must name each of its values in `snake_case`.
struct Listed {
    name: &'static str,
    source: &'static str,
    document: &'static str,
}

const LISTED: [Listed; 1] =
    [Listed { name: "ErrorKind", source: "sync-core/src/error.rs", document: "docs/errors.md" }];

/// Finds values without a row or without a doc comment.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    LISTED.iter().flat_map(|listed| check_one(tree, listed)).collect()
}

fn check_one(tree: &Tree, listed: &Listed) -> Vec<Finding> {
    let Listed { name, source, document } = listed;
    let variants = tree.text(source).map(|text| variants(text, name)).unwrap_or_default();
    if variants.is_empty() {
        return vec![Finding::new(source, 0, format!("`pub enum {name}` is not here; mend this rule"))];
    }
    let explained = tree.text(document).unwrap_or_default();
    let mut found = Vec::new();
    for Variant { line, name, documented } in variants {
        if !documented {
            found.push(Finding::new(source, line, format!("`{name}` has no doc comment")));
        }
        let code = snake_case(&name);
        if !explained.contains(&format!("| `{code}` |")) {
            found.push(Finding::new(document, 0, format!("no row for `{code}`")));
        }
    }
    found
}

#[derive(Debug, PartialEq, Eq)]
struct Variant {
    line: usize,
    name: String,
    documented: bool,
}

/// The variants of an enum that is formatted by rustfmt.
fn variants(source: &str, name: &str) -> Vec<Variant> {
    let code = blank(source, &[Kind::Comment, Kind::Literal]);
    let head = format!("pub enum {name} {{");
    let mut found = Vec::new();
    let mut documented = false;
    let lines = numbered(source).zip(code.lines()).skip_while(|(_, code)| code.trim_end() != head).skip(1);
    for ((line, source), code) in lines.take_while(|(_, code)| *code != "}") {
        let source = source.trim_start();
        if source.starts_with("///") {
            documented = true;
        } else if let Some(rest) = code.strip_prefix("    ")
            && rest.starts_with(|c: char| c.is_ascii_uppercase())
        {
            let name = rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned();
            found.push(Variant { line, name, documented });
            documented = false;
        }
    }
    found
}

fn snake_case(name: &str) -> String {
    let mut text = String::new();
    for (index, c) in name.chars().enumerate() {
        if c.is_ascii_uppercase() && index > 0 {
            text.push('_');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str =
        "/// Kinds.\npub enum ErrorKind {\n    /// Gone.\n    NotFound,\n    Other(u8),\n}\nfn f() {}\n";

    fn found(source: &str, document: &str) -> Vec<Finding> {
        check(&Tree::of(&[("sync-core/src/error.rs", source), ("docs/errors.md", document)]))
    }

    #[test]
    fn a_value_without_a_row_and_one_without_a_comment_are_found() {
        let found = found(SOURCE, "| `not_found` | gone |");
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().any(|f| f.text.contains("`other`")));
        assert!(found.iter().any(|f| f.line == 5 && f.text.contains("`Other`")));
    }

    #[test]
    fn a_documented_enum_passes() {
        let source = SOURCE.replace("    Other", "    /// Else.\n    Other");
        assert_eq!(found(&source, "| `not_found` | x |\n| `other` | y |"), []);
    }

    #[test]
    fn an_enum_that_moved_away_is_found_instead_of_passing() {
        assert_eq!(found("fn f() {}", "").len(), 1);
        assert_eq!(check(&Tree::of(&[])).len(), 1);
    }
}
