//! Links between documents lead somewhere, and the index of `docs/` lists every document there.

use super::{Finding, source::numbered, tree::Tree};

const INDEX: &str = "docs/README.md";

/// Finds dead relative links and documents that the index forgot.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.texts().filter(|(path, _)| path.ends_with(".md")) {
        let mut fenced = false;
        for (line, content) in numbered(text) {
            fenced ^= content.trim_start().starts_with("```");
            if fenced {
                continue;
            }
            for target in targets(content) {
                if !tree.has(&resolve(path, target)) {
                    found.push(Finding::new(path, line, format!("leads nowhere: {target}")));
                }
            }
        }
    }
    let index = tree.text(INDEX).unwrap_or_default();
    let listed: Vec<String> = index.lines().flat_map(targets).map(|target| resolve(INDEX, target)).collect();
    for path in
        tree.paths().filter(|path| path.starts_with("docs/") && path.ends_with(".md") && *path != INDEX)
    {
        if !listed.iter().any(|listed| listed == path) {
            found.push(Finding::new(INDEX, 0, format!("does not list {path}")));
        }
    }
    found
}

/// The targets of the relative links in a line, without their anchors.
fn targets(line: &str) -> Vec<&str> {
    let links = line.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    links
        .filter_map(|target| target.split(['#', ' ']).next())
        .filter(|target| !target.is_empty() && !target.contains(':'))
        .collect()
}

fn resolve(from: &str, target: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_link_is_found() {
        let found = check(&Tree::of(&[("README.md", "text\nsee [a](docs/a.md)")]));
        assert_eq!(found, [Finding::new("README.md", 2, "leads nowhere: docs/a.md")]);
    }

    #[test]
    fn living_links_outside_links_and_code_pass() {
        let text =
            "[a](docs/a.md#x) [b](docs/) [c](https://example.com) [d](#here)\n```\n[e](none.md)\n```\n";
        let tree = Tree::of(&[
            ("README.md", text),
            ("docs/README.md", "[a](a.md) [up](../README.md)"),
            ("docs/a.md", ""),
        ]);
        assert_eq!(check(&tree), []);
    }

    #[test]
    fn a_document_missing_in_the_index_is_found() {
        let tree = Tree::of(&[("docs/README.md", "nothing"), ("docs/adr/0001-a.md", "")]);
        assert_eq!(check(&tree), [Finding::new("docs/README.md", 0, "does not list docs/adr/0001-a.md")]);
    }
}
