//! Nothing half done is left behind: no ignored test, no unreviewed snapshot, no placeholder.

use super::{
    Finding,
    source::{Kind, blank, numbered},
    tree::Tree,
};

const WORDS: [(&str, &str); 4] = [
    ("#[ignore", "a test that never runs proves nothing; print SKIPPED with the reason instead"),
    ("todo!", "unfinished"),
    ("unimplemented!", "unfinished"),
    ("dbg!", "left over from debugging"),
];

/// Finds leftovers.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found: Vec<Finding> = tree
        .paths()
        .filter(|path| path.ends_with(".snap.new"))
        .map(|path| Finding::new(path, 0, "a snapshot that nobody has reviewed (cargo insta review)"))
        .collect();
    for (path, text) in tree.rust() {
        for (line, code) in numbered(&blank(text, &[Kind::Comment, Kind::Literal])) {
            for (word, why) in WORDS {
                if has_word(code, word) {
                    found.push(Finding::new(path, line, format!("`{word}`: {why}")));
                }
            }
        }
        for (line, content) in numbered(text) {
            let doc = content.trim_start();
            if (doc.starts_with("///") || doc.starts_with("//!")) && doc.contains("```ignore") {
                found.push(Finding::new(path, line, "an ignored doc test; use no_run with a reason"));
            }
        }
    }
    found
}

fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        !code.get(..at).is_some_and(|before| before.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> usize {
        check(&Tree::of(&[("a/src/a.rs", text)])).len()
    }

    #[test]
    fn each_leftover_is_found() {
        for text in
            ["#[ignore]\nfn a() {}", "#[ignore = \"slow\"]", "todo!()", "unimplemented!(\"x\")", "dbg!(1)"]
        {
            assert_eq!(found(text), 1, "{text}");
        }
        assert_eq!(found("/// ```ignore\n/// x\n/// ```"), 1);
    }

    #[test]
    fn an_unreviewed_snapshot_is_found() {
        assert_eq!(check(&Tree::of(&[("a/snapshots/a.snap.new", "")])).len(), 1);
    }

    #[test]
    fn words_in_text_and_longer_names_pass() {
        for text in ["// todo! later", "let a = \"todo!\";", "my_todo!()", "/// ```no_run"] {
            assert_eq!(found(text), 0, "{text}");
        }
    }
}
