//! Clippy reads the nearest `clippy.toml` only, so a crate's own file must hold everything that the root's does.

use super::{Finding, tree::Tree};
use std::collections::BTreeSet;

const ROOT: &str = "clippy.toml";
/// The crate that must have a file of its own: it may read no clock and iterate over no hash table.
const STRICTER: &str = "sync-core/clippy.toml";

/// Finds settings of the root that a crate's file lost.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(root) = tree.text(ROOT) else {
        return vec![Finding::new(ROOT, 0, "missing")];
    };
    let root = settings(root);
    let mut found = Vec::new();
    if tree.text(STRICTER).is_none() {
        found.push(Finding::new(STRICTER, 0, "missing"));
    }
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with("/clippy.toml")) {
        let own = settings(text);
        for (key, value) in root.difference(&own) {
            found.push(Finding::new(path, 0, format!("lacks `{key}: {value}` of the root's clippy.toml")));
        }
        if path == STRICTER && own == root {
            found.push(Finding::new(path, 0, "adds nothing to the root's clippy.toml"));
        }
    }
    found
}

/// Pairs of a key and a value; a list of one entry a line gives a pair for each entry.
fn settings(text: &str) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    let mut list: Option<&str> = None;
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let pair = match (list, line.split_once(" = ")) {
            (Some(_), _) if line == "]" => {
                list = None;
                continue;
            }
            (Some(key), _) => (key, line.trim_end_matches(',')),
            (None, Some((key, "["))) => {
                list = Some(key);
                continue;
            }
            (None, Some(pair)) => pair,
            (None, None) => ("", line),
        };
        found.insert((pair.0.to_owned(), pair.1.to_owned()));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT_TEXT: &str = "a = true\nmethods = [\n    { path = \"x\" },\n]\n";

    fn found(own: &str) -> Vec<Finding> {
        check(&Tree::of(&[(ROOT, ROOT_TEXT), (STRICTER, own)]))
    }

    #[test]
    fn a_superset_passes() {
        let own = "# stricter\na = true\nmethods = [\n    { path = \"x\" },\n    { path = \"y\" },\n]\n";
        assert_eq!(found(own), []);
    }

    #[test]
    fn a_lost_entry_a_changed_value_and_an_entry_in_the_wrong_list_are_found() {
        assert_eq!(found("a = true\nmethods = [\n    { path = \"y\" },\n]\n").len(), 1);
        assert_eq!(found("a = false\nmethods = [\n    { path = \"x\" },\n]\n").len(), 1);
        assert_eq!(found("a = true\ntypes = [\n    { path = \"x\" },\n]\n").len(), 1);
    }

    #[test]
    fn a_missing_file_and_a_mere_copy_are_found() {
        assert_eq!(check(&Tree::of(&[(ROOT, ROOT_TEXT)])).len(), 1);
        assert_eq!(check(&Tree::of(&[])).len(), 1);
        assert_eq!(found(ROOT_TEXT).len(), 1);
    }
}
