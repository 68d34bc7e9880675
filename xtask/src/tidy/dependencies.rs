//! Which crate of the workspace may depend on which: `sync-core` ← `sync-http` ← adapters ← `psa-sync`.
//!
//! Crates are named by their folders, so that a renamed package cannot slip through.

use super::Finding;
use crate::workspace::{Package, Use};

/// What a crate may depend on.
struct Allowed {
    always: &'static [&'static str],
    in_tests: &'static [&'static str],
}

const ADAPTER: Allowed =
    Allowed { always: &["sync-core", "sync-http"], in_tests: &["sync-sandbox", "sync-conformance"] };
const ON_CORE: Allowed = Allowed { always: &["sync-core"], in_tests: &[] };
const ON_NOTHING: Allowed = Allowed { always: &[], in_tests: &[] };

/// The row of a folder; `Some(None)` for the crates that bring everything together.
#[expect(clippy::option_option, reason = "an unknown crate and an unlimited one are different answers")]
fn allowed(folder: &str) -> Option<Option<Allowed>> {
    let row = match folder {
        // The imitation shares no type with what it tests: a wrong field name would agree with itself.
        "sync-core" | "sync-sandbox" | "xtask" => ON_NOTHING,
        "sync-http" | "sync-state" | "sync-conformance" => ON_CORE,
        "graph-client" | "ldap-client" => ADAPTER,
        "psa-sync" | "examples" | "tests" | "fuzz" => return Some(None),
        adapter if adapter.starts_with("psa-") => ADAPTER,
        _ => return None,
    };
    Some(Some(row))
}

/// Finds edges against the direction, and crates without a row.
pub(super) fn check(packages: &[Package]) -> Vec<Finding> {
    let mut found = Vec::new();
    for package in packages {
        let manifest = format!("{}/Cargo.toml", package.folder);
        match allowed(&package.folder) {
            None => found.push(Finding::new(
                &manifest,
                0,
                "this crate has no row in xtask/src/tidy/dependencies.rs; say there what it may depend on",
            )),
            Some(None) => {}
            Some(Some(Allowed { always, in_tests })) => {
                for (on, how) in &package.uses {
                    let on = on.as_str();
                    if !(always.contains(&on) || (*how == Use::Dev && in_tests.contains(&on))) {
                        let folder = &package.folder;
                        found.push(Finding::new(&manifest, 0, format!("{folder} must not depend on {on}")));
                    }
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(folder: &str, uses: &[(&str, Use)]) -> Package {
        Package {
            name: folder.to_owned(),
            folder: folder.to_owned(),
            published: true,
            description: true,
            license: true,
            keywords: 1,
            uses: uses.iter().map(|(on, how)| ((*on).to_owned(), *how)).collect(),
            examples: Vec::new(),
        }
    }

    fn is_allowed(folder: &str, on: &str, how: Use) -> bool {
        check(&[package(folder, &[(on, how)])]).is_empty()
    }

    #[test]
    fn the_core_and_the_sandbox_depend_on_no_crate_of_ours() {
        for folder in ["sync-core", "sync-sandbox", "xtask"] {
            for on in ["sync-core", "sync-http", "graph-client", "sync-conformance"] {
                assert!(!is_allowed(folder, on, Use::Normal), "{folder} -> {on}");
                assert!(!is_allowed(folder, on, Use::Dev), "{folder} -> {on} in tests");
            }
        }
    }

    #[test]
    fn transport_state_and_conformance_depend_on_the_core_only() {
        for folder in ["sync-http", "sync-state", "sync-conformance"] {
            assert!(is_allowed(folder, "sync-core", Use::Normal), "{folder}");
            assert!(!is_allowed(folder, "sync-sandbox", Use::Normal), "{folder}");
            assert!(!is_allowed(folder, "graph-client", Use::Dev), "{folder}");
        }
    }

    #[test]
    fn adapters_see_the_sandbox_in_tests_only_and_never_one_another() {
        for folder in ["graph-client", "ldap-client", "psa-connectwise", "psa-anything"] {
            assert!(is_allowed(folder, "sync-http", Use::Normal), "{folder}");
            assert!(is_allowed(folder, "sync-sandbox", Use::Dev), "{folder}");
            assert!(!is_allowed(folder, "sync-sandbox", Use::Normal), "{folder}");
            assert!(!is_allowed(folder, "psa-autotask", Use::Dev), "{folder}");
            assert!(!is_allowed(folder, "sync-state", Use::Normal), "{folder}");
        }
    }

    #[test]
    fn the_binary_and_the_test_crates_may_use_everything() {
        for folder in ["psa-sync", "examples", "tests"] {
            assert!(is_allowed(folder, "psa-connectwise", Use::Normal), "{folder}");
        }
    }

    #[test]
    fn a_crate_without_a_row_is_found() {
        assert_eq!(check(&[package("common", &[])]).len(), 1);
    }
}
