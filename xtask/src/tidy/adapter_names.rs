//! The vendor-neutral crates name no vendor: an `if` on a product there would be a capability that is missing.

use super::{
    Finding,
    source::{Kind, blank, numbered, without_tests},
    tree::{Tree, is_test_path},
};

const NAMES: [&str; 4] = ["connectwise", "autotask", "kaseyabms", "syncro"];
const NEUTRAL: [&str; 4] = ["sync-core/src/", "sync-http/src/", "sync-state/src/", "sync-conformance/src/"];

/// Finds vendor names in the code of neutral crates; comments and tests may say whose behaviour they are about.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let neutral = |path: &str| NEUTRAL.iter().any(|folder| path.starts_with(folder)) && !is_test_path(path);
    for (path, text) in tree.rust().filter(|(path, _)| neutral(path)) {
        let code = blank(&without_tests(text), &[Kind::Comment]).to_lowercase();
        for (line, code) in numbered(&code) {
            for name in NAMES.iter().filter(|name| code.contains(**name)) {
                found.push(Finding::new(path, line, format!("`{name}` has no place in a neutral crate")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vendor_in_code_or_in_a_literal_is_found() {
        let tree = Tree::of(&[
            ("sync-core/src/a.rs", "fn a() {}\nif kind == \"connectwise\" {}"),
            ("sync-http/src/a.rs", "struct AutotaskLimits;"),
        ]);
        let found = check(&tree);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found.iter().any(|f| f.path == "sync-core/src/a.rs" && f.line == 2));
    }

    #[test]
    fn comments_tests_and_other_crates_may_name_them() {
        let tree = Tree::of(&[
            (
                "sync-core/src/a.rs",
                "// Autotask stores 20 characters\n#[cfg(test)]\nmod tests { fn syncro() {} }",
            ),
            ("sync-core/tests/a.rs", "fn connectwise() {}"),
            ("psa-sync/src/adapters.rs", "\"kaseyabms\""),
            ("sync-core/src/b.rs", "async fn synchronous_looking() {}"),
        ]);
        assert_eq!(check(&tree), []);
    }
}
