//! `cargo xtask tidy`: the house rules that no other tool knows.
//!
//! Each rule is a function from the files of the project to findings, with tests that show it failing.

mod adapter_names;
mod adr;
mod clippy_config;
mod dependencies;
mod documented;
mod invariants;
mod leftovers;
mod links;
mod mail;
mod manifests;
mod origins;
mod secrets;
mod sizes;
mod source;
mod tree;

use crate::workspace::{Package, packages};
use anyhow::{Result, bail};
use std::{fmt, path::Path};
use tree::Tree;

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    path: String,
    /// Counted from one; zero for the whole file.
    line: usize,
    text: String,
}

impl Finding {
    fn new(path: &str, line: usize, text: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, text } = self;
        if *line == 0 { write!(f, "{path}: {text}") } else { write!(f, "{path}:{line}: {text}") }
    }
}

/// A rule over the files and the crates.
type Rule = fn(&Tree, &[Package]) -> Vec<Finding>;

/// The rules by the names under which ARCHITECTURE.md cites them.
const RULES: &[(&str, Rule)] = &[
    ("sizes", |tree, _| sizes::check(tree)),
    ("dependencies", |_, packages| dependencies::check(packages)),
    ("adapter_names", |tree, _| adapter_names::check(tree)),
    ("secrets", |tree, _| secrets::check(tree)),
    ("mail", |tree, _| mail::check(tree)),
    ("origins", |tree, _| origins::check(tree)),
    ("leftovers", |tree, _| leftovers::check(tree)),
    ("manifests", manifests::check),
    ("clippy_config", |tree, _| clippy_config::check(tree)),
    ("documented", |tree, _| documented::check(tree)),
    ("adr", |tree, _| adr::check(tree)),
    ("links", |tree, _| links::check(tree)),
    ("invariants", |tree, _| invariants::check(tree, &rule_names())),
];

fn rule_names() -> Vec<&'static str> {
    RULES.iter().map(|(name, _)| *name).collect()
}

/// Checks every rule and prints all findings.
///
/// # Errors
/// When a rule is broken, or the project cannot be read.
pub(crate) fn run(root: &Path) -> Result<()> {
    let tree = Tree::read(root)?;
    let packages = packages(root)?;
    for note in sizes::notes(&tree).into_iter().chain(invariants::notes(&tree)) {
        println!("note: {note}");
    }
    let mut count = 0;
    for (name, rule) in RULES {
        let mut findings = rule(&tree, &packages);
        findings.sort();
        count += findings.len();
        for finding in findings {
            println!("tidy[{name}] {finding}");
        }
    }
    if count > 0 {
        bail!("{count} finding(s)");
    }
    println!("tidy: {} rules over {} files, {} crates, no findings", RULES.len(), tree.len(), packages.len());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_names_file_and_line() {
        assert_eq!(Finding::new("a.rs", 3, "bad").to_string(), "a.rs:3: bad");
        assert_eq!(Finding::new("a.rs", 0, "bad").to_string(), "a.rs: bad");
    }

    #[test]
    fn no_two_rules_share_a_name() {
        let mut names = rule_names();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), RULES.len());
    }
}
