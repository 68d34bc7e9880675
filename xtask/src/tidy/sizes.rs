//! A file has one subject: more than 700 lines beside its tests is an error, more than 400 is worth a thought.

use super::{
    Finding,
    source::test_modules,
    tree::{Tree, is_test_path},
};

const FAIL_ABOVE: usize = 700;
const NOTE_ABOVE: usize = 400;

/// Finds files that are too long.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let long = sizes(tree).filter(|(_, lines)| *lines > FAIL_ABOVE);
    long.map(|(path, lines)| {
        Finding::new(
            path,
            0,
            format!("{lines} lines beside its tests; split it by subject ({FAIL_ABOVE} at most)"),
        )
    })
    .collect()
}

/// Names files that are getting long.
pub(super) fn notes(tree: &Tree) -> Vec<String> {
    let long = sizes(tree).filter(|(_, lines)| (NOTE_ABOVE + 1..=FAIL_ABOVE).contains(lines));
    long.map(|(path, lines)| format!("{path} has {lines} lines beside its tests (aim below {NOTE_ABOVE})"))
        .collect()
}

fn sizes(tree: &Tree) -> impl Iterator<Item = (&str, usize)> {
    tree.rust().filter(|(path, _)| !is_test_path(path)).map(|(path, text)| {
        let in_tests: usize = test_modules(text)
            .into_iter()
            .filter_map(|range| text.get(range))
            .map(|module| module.lines().count())
            .sum();
        (path, text.lines().count().saturating_sub(in_tests))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(count: usize) -> String {
        "// line\n".repeat(count)
    }

    #[test]
    fn seven_hundred_lines_pass_and_one_more_fails() {
        assert_eq!(check(&Tree::of(&[("a/src/a.rs", &lines(700))])), []);
        let found = check(&Tree::of(&[("a/src/a.rs", &lines(701))]));
        assert_eq!(found.len(), 1);
        assert!(found[0].text.contains("701"), "{found:?}");
    }

    #[test]
    fn tests_do_not_count() {
        let with_tests = format!("{}#[cfg(test)]\nmod tests {{\n{}}}\n", lines(600), lines(600));
        assert_eq!(check(&Tree::of(&[("a/src/a.rs", &with_tests)])), []);
        for path in ["a/tests/a.rs", "a/benches/a.rs", "a/src/tests.rs", "a/data.json"] {
            assert_eq!(check(&Tree::of(&[(path, &lines(900))])), [], "{path}");
        }
    }

    #[test]
    fn a_file_that_is_getting_long_is_noted_only() {
        let tree = Tree::of(&[
            ("a/src/a.rs", &lines(401)),
            ("a/src/b.rs", &lines(400)),
            ("a/src/c.rs", &lines(701)),
        ]);
        assert_eq!(notes(&tree).len(), 1);
    }
}
