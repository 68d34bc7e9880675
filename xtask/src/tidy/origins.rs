//! The project says nothing about the machines it is built on: no folders of theirs, no package mirror.

use super::{Finding, source::numbered, tree::Tree};

/// Folders that exist on some machines only.
const FOLDERS: [&str; 3] = [concat!("/wo", "rk/"), concat!("/ho", "me/"), concat!("/ro", "ot/")];
/// Where Cargo.lock may point.
const LOCK_SOURCE: &str = "registry+https://github.com/rust-lang/crates.io-index";
/// What only a change of registry writes.
const REGISTRY_WORDS: [&str; 5] = [
    concat!("registry", "+http"),
    concat!("sparse", "+http"),
    concat!("replace", "-with"),
    concat!("[regi", "stries"),
    concat!("index", "-url"),
];

/// Finds machine folders, and package sources other than the standard one.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut found = Vec::new();
    for (path, text) in tree.texts() {
        for (line, content) in numbered(text) {
            if path.ends_with("Cargo.lock") {
                let source = content.strip_prefix("source = ").map(|source| source.trim_matches('"'));
                if source.is_some_and(|source| source != LOCK_SOURCE) {
                    found.push(Finding::new(path, line, "a package from elsewhere than crates.io"));
                }
                continue;
            }
            if let Some(folder) = FOLDERS.iter().find(|folder| names_folder(content, folder)) {
                found.push(Finding::new(path, line, format!("a folder of some machine: {folder}")));
            }
            // The rule itself and the dependency policy have to spell the standard source.
            let content = content.replace(LOCK_SOURCE, "");
            if let Some(word) = REGISTRY_WORDS.iter().find(|word| content.contains(**word)) {
                found.push(Finding::new(
                    path,
                    line,
                    format!("a package registry ({word}) is set outside the project"),
                ));
            }
        }
    }
    found
}

/// Whether the folder stands at the start of a path, not in the middle of one.
fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line.get(..at).and_then(|before| before.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || "._-~}/>*".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> usize {
        check(&Tree::of(&[(path, text)])).len()
    }

    #[test]
    fn a_folder_of_a_machine_is_found() {
        assert_eq!(found("a.md", concat!("see /wo", "rk/project")), 1);
        assert_eq!(found("a.rs", concat!("\"/ho", "me/eve/x\"")), 1);
        assert_eq!(found("a.toml", concat!("path=/ro", "ot/.cargo")), 1);
    }

    #[test]
    fn the_same_letters_within_a_path_pass() {
        assert_eq!(
            found("a.md", concat!("https://example.com/wo", "rk/1 and $X/ho", "me/ and a/ro", "ot/")),
            0
        );
    }

    #[test]
    fn another_registry_is_found() {
        assert_eq!(found("Cargo.lock", concat!("source = \"registry", "+https://mirror.example/index\"")), 1);
        assert_eq!(found("Cargo.lock", "source = \"git+https://example.com/x#1\""), 1);
        assert_eq!(found(".cargo/config.toml", concat!("replace", "-with = \"mirror\"")), 1);
        assert_eq!(found("docs/a.md", concat!("sparse", "+https://mirror.example/")), 1);
    }

    #[test]
    fn crates_io_passes() {
        assert_eq!(found("Cargo.lock", &format!("source = \"{LOCK_SOURCE}\"")), 0);
        assert_eq!(found("docs/a.md", LOCK_SOURCE), 0);
    }
}
