//! Filter expressions. Input: the expression; what stands after a line of `---` is the user's text in each attribute.
#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;
use sync_core::{
    model::{Attribute, DirectoryUser, SourceAnchor},
    policy::Expression,
    snapshot::{Completeness, UserSnapshot},
};

fuzz_target!(|input: &str| {
    let (text, value) = input.split_once("\n---\n").unwrap_or((input, "Sales"));
    let expression = match text.parse::<Expression>() {
        Ok(expression) => expression,
        Err(error) => {
            // One past the end is where something is missing.
            assert!((1..=text.chars().count() + 1).contains(&error.column()), "{error}");
            assert!(error.to_string().len() < 1_000, "{error}");
            return;
        }
    };
    let shown = expression.to_string();
    let again: Expression = shown.parse().unwrap_or_else(|error| panic!("{shown}: {error}"));
    assert_eq!(again, expression, "{shown}");
    assert_eq!(again.to_string(), shown);

    let mut user = DirectoryUser::new(SourceAnchor::entra("t", "a"))
        .with(Attribute::Mail, value)
        .with(Attribute::Department, value)
        .with(Attribute::City, "");
    user.enabled = Some(true);
    user.groups = Some(BTreeSet::from([value.to_owned()]));
    let mut builder = UserSnapshot::builder();
    builder.push(&user);
    let users = builder.finish(DateTime::UNIX_EPOCH, Completeness::Complete).expect("one user fits");
    let user = users.iter().next().expect("it was pushed");
    assert_eq!(expression.test(user), again.test(user), "{shown}");
});
