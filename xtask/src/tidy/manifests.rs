//! A crate that may be published says what it is, under which licence, and has a README; every crate takes the lints.

use super::{Finding, tree::Tree};
use crate::workspace::Package;

/// What puts a crate under the workspace's lints; nothing else does.
const LINTS: &str = "[lints]\nworkspace = true\n";

/// Finds what a crate lacks.
pub(super) fn check(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in packages {
        let manifest = format!("{}/Cargo.toml", package.folder);
        if !tree.text(&manifest).is_some_and(|text| format!("{text}\n").contains(LINTS)) {
            found.push(Finding::new(&manifest, 0, "lacks `[lints]` with `workspace = true`"));
        }
    }
    for package in packages.iter().filter(|package| package.published) {
        let Package { name, folder, description, license, keywords, .. } = package;
        let manifest = format!("{folder}/Cargo.toml");
        let lacks = [
            (!description, "a description"),
            (!license, "a licence"),
            (*keywords == 0, "keywords"),
            (*keywords > 5, "at most five keywords (crates.io takes no more)"),
            (
                tree.text(&format!("{folder}/README.md")).is_none_or(|text| text.trim().is_empty()),
                "a README.md",
            ),
            // The names people depend on are the folder names (docs/adr/0016).
            (name != folder, "the name of its folder"),
        ];
        for (_, what) in lacks.iter().filter(|(lacking, _)| *lacking) {
            found.push(Finding::new(&manifest, 0, format!("a published crate needs {what}")));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package() -> Package {
        Package {
            name: "a".to_owned(),
            folder: "a".to_owned(),
            published: true,
            description: true,
            license: true,
            keywords: 5,
            uses: Vec::new(),
            examples: Vec::new(),
        }
    }

    fn found(package: Package) -> Vec<Finding> {
        check(&Tree::of(&[("a/README.md", "# a"), ("a/Cargo.toml", LINTS)]), &[package])
    }

    #[test]
    fn a_complete_manifest_passes() {
        assert_eq!(found(package()), []);
    }

    #[test]
    fn each_missing_part_is_found() {
        assert_eq!(found(Package { description: false, ..package() }).len(), 1);
        assert_eq!(found(Package { license: false, ..package() }).len(), 1);
        assert_eq!(found(Package { keywords: 0, ..package() }).len(), 1);
        assert_eq!(found(Package { keywords: 6, ..package() }).len(), 1);
        assert_eq!(found(Package { name: "b".to_owned(), ..package() }).len(), 1);
        assert_eq!(check(&Tree::of(&[("a/Cargo.toml", LINTS)]), &[package()]).len(), 1);
        let blank = [("a/README.md", " \n"), ("a/Cargo.toml", LINTS)];
        assert_eq!(check(&Tree::of(&blank), &[package()]).len(), 1);
    }

    #[test]
    fn a_crate_of_our_own_use_needs_none_of_it() {
        let own = Package { published: false, description: false, keywords: 0, ..package() };
        assert_eq!(check(&Tree::of(&[("a/Cargo.toml", LINTS)]), &[own]), []);
    }

    #[test]
    fn a_crate_that_escapes_the_lints_is_found() {
        let own = Package { published: false, ..package() };
        let manifest = "[package]\nname = \"a\"\n[lints.clippy]\nall = \"allow\"\n";
        assert_eq!(check(&Tree::of(&[("a/Cargo.toml", manifest)]), &[own]).len(), 1);
    }
}
