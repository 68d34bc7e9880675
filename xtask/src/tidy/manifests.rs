//! A crate that may be published says what it is, under which licence, and has a README.

use super::{Finding, tree::Tree};
use crate::workspace::Package;

/// Finds what a published crate lacks.
pub(super) fn check(tree: &Tree, packages: &[Package]) -> Vec<Finding> {
    let mut found = Vec::new();
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
        check(&Tree::of(&[("a/README.md", "# a")]), &[package])
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
        assert_eq!(check(&Tree::of(&[]), &[package()]).len(), 1);
        assert_eq!(check(&Tree::of(&[("a/README.md", " \n")]), &[package()]).len(), 1);
    }

    #[test]
    fn a_crate_of_our_own_use_needs_none_of_it() {
        let own = Package { published: false, description: false, keywords: 0, ..package() };
        assert_eq!(check(&Tree::of(&[]), &[own]), []);
    }
}
