//! Every scenario shows what its name claims.

use crate::scenario::{folder, names, told};

#[test]
fn every_scenario_shows_what_its_name_claims() {
    let names = names();
    assert!(!names.is_empty(), "no scenario was found");
    let mut differ = Vec::new();
    for name in &names {
        // All of them are looked at, so that one change of wording is one round of review.
        let seen = std::panic::catch_unwind(|| {
            let told = told(name);
            let mut settings = insta::Settings::new();
            settings.set_snapshot_path(folder().join(name));
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.set_description(name.replace('_', " "));
            settings.bind(|| insta::assert_snapshot!("seen", told));
        });
        if seen.is_err() {
            differ.push(name.as_str());
        }
    }
    assert!(differ.is_empty(), "{} of {} scenarios differ: {differ:#?}", differ.len(), names.len());
}
