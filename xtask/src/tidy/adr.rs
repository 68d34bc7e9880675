//! Decisions are numbered without gaps, and each says what would reopen it.

use super::{Finding, tree::Tree};

const FOLDER: &str = "docs/adr/";
const SECTIONS: [&str; 4] = ["## Context", "## Decision", "## Alternatives", "## What would reopen it"];

/// Finds gaps, doubles, wrong headings and missing sections.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut next = 1;
    for (path, text) in tree.texts().filter(|(path, _)| path.starts_with(FOLDER)) {
        let name = path.trim_start_matches(FOLDER);
        let number =
            name.get(..4).filter(|_| name.get(4..5) == Some("-")).and_then(|n| n.parse::<u32>().ok());
        let Some(number) = number else {
            found.push(Finding::new(path, 0, "a decision is called NNNN-what-was-decided.md"));
            continue;
        };
        if number != next {
            found.push(Finding::new(path, 0, format!("number {next:04} was expected here")));
        }
        next = number + 1;
        if !text.starts_with(&format!("# {number}. ")) {
            found.push(Finding::new(path, 1, format!("the heading must start with `# {number}. `")));
        }
        for section in SECTIONS.iter().filter(|section| !text.lines().any(|line| line == **section)) {
            found.push(Finding::new(path, 0, format!("lacks `{section}`")));
        }
    }
    if next == 1 {
        found.push(Finding::new(FOLDER, 0, "no decisions are recorded"));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decision(number: u32) -> String {
        format!("# {number}. Title\n\n{}\n", SECTIONS.join("\n\ntext\n\n"))
    }

    fn found(files: &[(&str, String)]) -> Vec<Finding> {
        let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
        check(&Tree::of(&files))
    }

    #[test]
    fn a_row_without_gaps_passes() {
        assert_eq!(found(&[("docs/adr/0001-a.md", decision(1)), ("docs/adr/0002-b.md", decision(2))]), []);
    }

    #[test]
    fn gaps_doubles_and_wrong_names_are_found() {
        assert_eq!(
            found(&[("docs/adr/0001-a.md", decision(1)), ("docs/adr/0003-b.md", decision(3))]).len(),
            1
        );
        assert_eq!(
            found(&[("docs/adr/0001-a.md", decision(1)), ("docs/adr/0001-b.md", decision(1))]).len(),
            1
        );
        assert_eq!(
            found(&[("docs/adr/0001-a.md", decision(1)), ("docs/adr/later.md", decision(2))]).len(),
            1
        );
        assert_eq!(found(&[("docs/adr/0001-a.md", decision(2))]).len(), 1);
        assert_eq!(found(&[]).len(), 1);
    }

    #[test]
    fn a_missing_section_is_found() {
        let text = decision(1).replace("## What would reopen it", "## End");
        assert_eq!(found(&[("docs/adr/0001-a.md", text)]).len(), 1);
    }
}
