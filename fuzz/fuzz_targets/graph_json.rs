//! Exported pages of Microsoft Graph: users, deleted users, products.
#![no_main]

use chrono::DateTime;
use graph_client::{DecodeError, ExportContext, decode_deleted_page, decode_skus, decode_users_page};
use libfuzzer_sys::fuzz_target;
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{
    model::{Attribute, email_key},
    snapshot::{Completeness, UserSnapshot},
};

fuzz_target!(|text: &str| {
    let members = BTreeSet::from(["a1b2c3d4-0001-4001-8001-000000000001".to_owned()]);
    let context = ExportContext::new("T").with_groups(&BTreeMap::from([("g".to_owned(), members)]));
    let context = match decode_skus(text) {
        Ok(skus) => context.with_skus(skus),
        Err(error) => {
            check(text, &error);
            context
        }
    };
    if let Err(error) = decode_deleted_page(text, "T") {
        check(text, &error);
    }
    let page = match decode_users_page(text, &context) {
        Ok(page) => page,
        Err(error) => return check(text, &error),
    };
    // Who can be read at all can be read as a deleted object.
    assert!(decode_deleted_page(text, "T").is_ok());
    let mut builder = UserSnapshot::builder();
    for anchor in &page.removed {
        builder.remove(anchor.clone());
    }
    for user in &page.users {
        builder.push(user);
    }
    let users = builder.finish(DateTime::UNIX_EPOCH, Completeness::Complete).expect("a page fits");
    assert!(users.len() <= page.users.len());
    for user in &page.users {
        let view = users.find(&user.anchor).expect("who was pushed is found");
        assert_eq!(view.anchor(), user.anchor);
    }
    for user in users.iter() {
        let keys: Vec<&str> = user.email_keys().collect();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "an address stands once");
        assert!(keys.iter().all(|key| email_key(key).as_deref() == Some(key)));
        let _ =
            (user.attribute(&Attribute::DisplayName), user.main_email(), user.kind(), user.has_bad_address());
    }
});

/// An error points into the text, is short, and quotes nothing that could end a line.
fn check(text: &str, error: &DecodeError) {
    assert!(error.offset <= text.len(), "{error:?}");
    let shown = error.to_string();
    assert!(shown.chars().count() < 400 && !shown.contains(char::is_control), "{shown:?}");
}
