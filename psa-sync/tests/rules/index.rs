//! The index names every rule, every scenario, and tests that exist.

use crate::scenario::{folder, names};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The rules are numbered from 1 to this.
const RULES: usize = 60;

/// The rows of the table: the rule's number, and who shows it.
fn rows() -> Vec<(usize, String)> {
    let text = fs::read_to_string(folder().join("README.md")).unwrap();
    let rows = text.lines().filter_map(|line| line.strip_prefix("| R"));
    rows.filter_map(|row| {
        let (number, rest) = row.split_once(" | ")?;
        Some((number.parse().ok()?, rest.split_once(" | ")?.1.to_owned()))
    })
    .collect()
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn is_scenario(name: &str) -> bool {
    name.starts_with('R') && name.contains('-')
}

fn is_test(name: &str) -> bool {
    name.contains('_') && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

#[test]
fn every_rule_is_shown_or_says_why_not() {
    let rows = rows();
    assert_eq!(rows.iter().map(|(rule, _)| *rule).collect::<Vec<_>>(), (1..=RULES).collect::<Vec<_>>());
    for (rule, by) in rows {
        let excused = by.starts_with("Not yet: ") || by.starts_with("By construction: ");
        assert!(excused || quoted(&by).any(|name| is_scenario(name) || is_test(name)), "R{rule}: {by}");
    }
}

#[test]
fn every_scenario_is_in_the_index_under_its_rule() {
    let rows = rows();
    for name in names() {
        let rule = name.get(1..3).and_then(|number| number.parse::<usize>().ok());
        let row = rows.iter().find(|(number, _)| Some(*number) == rule);
        assert!(
            row.is_some_and(|(_, by)| quoted(by).any(|shown| shown == name)),
            "{name} is not in README.md"
        );
    }
    let known: BTreeSet<String> = names().into_iter().collect();
    for (rule, by) in &rows {
        for name in quoted(by).filter(|name| is_scenario(name)) {
            assert!(known.contains(name), "R{rule}: there is no folder {name}");
        }
    }
}

#[test]
fn every_test_that_the_index_names_exists() {
    let mut sources = String::new();
    read_sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(".."), &mut sources);
    for (rule, by) in rows() {
        // `non_converging` and the like are words of the plan; an excuse names no test.
        for name in quoted(&by).filter(|name| is_test(name) && !by.starts_with("Not yet: ")) {
            assert!(sources.contains(&format!("fn {name}(")), "R{rule}: there is no test {name}");
        }
    }
}

fn read_sources(folder: &Path, sources: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path: PathBuf = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap_or_default();
        if path.is_dir() && !name.starts_with('.') && name != "target" {
            read_sources(&path, sources);
        } else if path.extension().is_some_and(|e| e == "rs") {
            sources.push_str(&fs::read_to_string(&path).unwrap());
        }
    }
}
