//! Every invariant in ARCHITECTURE.md names what guards it, and that guard exists.
//!
//! An invariant is a line that starts with `**Invariant:**`; its guard is the next line that starts with `Guard:`,
//! with names in backticks: `tidy::<rule>`, the name of a test function, or a file. `Guard: open` is allowed and noted.

use super::{Finding, source::numbered, tree::Tree};

const DOCUMENT: &str = "ARCHITECTURE.md";
const OPEN: &str = "Guard: open";

/// Finds invariants without a guard, and guards that do not exist.
pub(super) fn check(tree: &Tree, rules: &[&str]) -> Vec<Finding> {
    let text = tree.text(DOCUMENT).unwrap_or_default();
    let mut found = Vec::new();
    let mut unguarded: Option<usize> = None;
    let mut count = 0;
    for (line, content) in numbered(text) {
        if content.starts_with("**Invariant:**") {
            count += 1;
            found.extend(unguarded.replace(line).map(no_guard));
        } else if content.starts_with("Guard:") {
            unguarded = None;
            let names: Vec<&str> = content.split('`').skip(1).step_by(2).collect();
            if names.is_empty() && !content.starts_with(OPEN) {
                found.push(Finding::new(DOCUMENT, line, "a guard is named in backticks"));
            }
            for name in names.into_iter().filter(|name| !exists(tree, rules, name)) {
                found.push(Finding::new(DOCUMENT, line, format!("the guard `{name}` does not exist")));
            }
        }
    }
    found.extend(unguarded.map(no_guard));
    if count == 0 {
        found.push(Finding::new(DOCUMENT, 0, "states no invariants"));
    }
    found
}

/// Names invariants whose guard is still to be written.
pub(super) fn notes(tree: &Tree) -> Vec<String> {
    let open = numbered(tree.text(DOCUMENT).unwrap_or_default()).filter(|(_, line)| line.starts_with(OPEN));
    open.map(|(line, _)| format!("{DOCUMENT}:{line}: an invariant without a guard yet")).collect()
}

fn no_guard(line: usize) -> Finding {
    Finding::new(DOCUMENT, line, "an invariant without a `Guard:` line")
}

fn exists(tree: &Tree, rules: &[&str], name: &str) -> bool {
    if let Some(rule) = name.strip_prefix("tidy::") {
        return rules.contains(&rule);
    }
    let function = format!("fn {name}(");
    tree.has(name) || tree.rust().any(|(_, text)| text.contains(&function))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        let tree =
            Tree::of(&[(DOCUMENT, text), ("a/src/a.rs", "#[test]\nfn it_holds() {}"), ("clippy.toml", "")]);
        check(&tree, &["sizes"]).len()
    }

    #[test]
    fn guards_that_exist_pass() {
        assert_eq!(found("**Invariant:** a.\nGuard: `it_holds`, `tidy::sizes`, `clippy.toml`.\n"), 0);
        assert_eq!(found("**Invariant:** a.\nGuard: open.\n"), 0);
    }

    #[test]
    fn guards_that_do_not_exist_are_found() {
        assert_eq!(found("**Invariant:** a.\nGuard: `it_held`, `tidy::none`.\n"), 2);
        assert_eq!(found("**Invariant:** a.\nGuard: the reviewer.\n"), 1);
    }

    #[test]
    fn an_invariant_without_a_guard_is_found() {
        assert_eq!(found("**Invariant:** a.\n\n**Invariant:** b.\nGuard: `it_holds`.\n"), 1);
        assert_eq!(found("**Invariant:** a.\n"), 1);
        assert_eq!(found("no claims"), 1);
    }

    #[test]
    fn open_guards_are_noted() {
        let tree = Tree::of(&[(DOCUMENT, "**Invariant:** a.\nGuard: open.\n")]);
        assert_eq!(notes(&tree).len(), 1);
    }
}
