//! Batches mean what their rows mean one by one.

use super::*;
use crate::{
    model::{License, SourceAnchor, UserKind},
    snapshot::{Completeness, SnapshotError, UserSnapshot, UserSnapshotBuilder},
};
use chrono::DateTime;
use proptest::prelude::*;
use std::collections::BTreeSet;

fn finished(builder: UserSnapshotBuilder) -> UserSnapshot {
    builder.finish(DateTime::UNIX_EPOCH, Completeness::Complete).unwrap()
}

/// Everything that can be read of a snapshot.
fn told(snapshot: &UserSnapshot) -> Vec<String> {
    let all = snapshot.iter().map(|user| {
        let found = snapshot.find(&user.anchor()).map(|found| found.anchor());
        assert_eq!(found, Some(user.anchor()), "who is in the snapshot is found in it");
        let keys: Vec<&str> = user.email_keys().collect();
        let marks = (user.has_bad_address(), user.has_addresses_left_out());
        let addresses = (user.main_email(), user.primary_email_key(), user.sign_in_key());
        let text = serde_json::to_string(&user.to_user()).unwrap();
        format!("{text} {keys:?} {addresses:?} {marks:?} {:?}", user.row().main_address().is_some())
    });
    all.collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,2}",
        "[ab]@(example\\.com|EXAMPLE\\.com|b\u{fc}cher\\.example|t\\.onmicrosoft\\.com)",
        " ?[a-c ]{0,3} ?",
        Just("j\u{f6}rg@example.com".to_owned()),
    ]
}

fn attribute() -> impl Strategy<Value = Attribute> {
    prop_oneof![
        6 => (0..Attribute::KNOWN.len()).prop_map(|at| Attribute::KNOWN[at].parse().unwrap()),
        1 => "[a-c]".prop_map(Attribute::Extension),
    ]
}

fn anchor() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => "(entra:t|entra:s):0f00000[0-3]-0000-4000-8000-00000000000[0-3]",
        1 => "(ad:d:[a-c]|plain|ad:d:a longer one than sixteen [ab])",
    ]
}

fn user() -> impl Strategy<Value = DirectoryUser> {
    let lists = (
        proptest::option::of(proptest::collection::vec(text(), 0..4)),
        proptest::option::of(proptest::collection::btree_set("[gGh][12]", 0..3)),
        proptest::option::of(proptest::collection::vec(("[st]", proptest::option::of("[PQ]")), 0..3)),
    );
    let attributes = proptest::collection::btree_map(attribute(), proptest::option::of(text()), 0..8);
    (anchor(), proptest::option::of(text()), proptest::option::of(any::<bool>()), lists, attributes).prop_map(
        |(anchor, immutable_id, enabled, (alternates, groups, licenses), attributes)| {
            let mut user = DirectoryUser::new(SourceAnchor::new(anchor));
            user.immutable_id = immutable_id;
            user.enabled = enabled;
            user.kind = enabled.map(|guest| if guest { UserKind::Guest } else { UserKind::Member });
            user.alternate_emails = alternates;
            user.groups = groups.map(BTreeSet::from_iter);
            user.licenses = licenses.map(|all| {
                let all = all.into_iter();
                all.map(|(sku_id, part_number)| License { sku_id, part_number }).collect()
            });
            user.attributes = attributes;
            user
        },
    )
}

proptest! {
    #[test]
    fn a_snapshot_of_batches_is_a_snapshot_of_their_users(
        pages in proptest::collection::vec((proptest::collection::vec(user(), 0..6), any::<bool>()), 0..6),
    ) {
        let (mut one_by_one, mut packed, mut unpacked) =
            (UserSnapshot::builder(), UserSnapshot::builder(), UserSnapshot::builder());
        for (page, in_batch) in &pages {
            page.iter().for_each(|user| one_by_one.push(user));
            if *in_batch {
                let mut batch = UserBatch::new();
                page.iter().for_each(|user| batch.push(&UserRecord::from(user)));
                prop_assert_eq!(batch.len(), page.len());
                batch.users().for_each(|user| unpacked.push(&user));
                packed.append(batch);
            } else {
                page.iter().for_each(|user| packed.push(user));
                page.iter().for_each(|user| unpacked.push(user));
            }
            prop_assert_eq!(packed.pushed(), one_by_one.pushed());
        }
        let wanted = told(&finished(one_by_one));
        prop_assert_eq!(&told(&finished(packed)), &wanted);
        prop_assert_eq!(&told(&finished(unpacked)), &wanted);
    }

    #[test]
    fn a_record_is_the_user_it_was_made_of(user in user()) {
        let mut filled = user.clone();
        let blank = |text: &Option<String>| text.as_deref().is_none_or(|text| text.trim().is_empty());
        if blank(&filled.immutable_id) {
            filled.immutable_id = None;
        }
        for value in filled.attributes.values_mut().filter(|value| blank(value)) {
            *value = None;
        }
        prop_assert!(UserRecord::from(&user).to_user() == filled);
    }
}

#[test]
fn the_id_of_an_object_is_what_follows_the_last_colon_of_the_anchor() {
    let mut batch = UserBatch::new();
    batch.push(&UserRecord::new("odd:", "a:b"));
    let mut builder = UserSnapshot::builder();
    builder.append(batch);
    let snapshot = finished(builder);
    assert!(snapshot.find(&SourceAnchor::new("odd:a:b")).is_some());
}

#[test]
fn of_an_extension_that_is_set_twice_the_last_value_counts() {
    let name = Attribute::Extension("x".into());
    let mut record = UserRecord::new("entra:t:", "a");
    record.set(&name, Some("first"));
    record.set(&name, Some("second"));
    let mut batch = UserBatch::new();
    batch.push(&record);
    let seen: Vec<_> = batch.iter().map(|user| user.attribute(&name)).collect();
    assert_eq!(seen, [ReadText::Text("second")]);
}

#[test]
fn debug_shows_nobody() {
    let mut record = UserRecord::new("entra:t:", "a");
    record.set(&Attribute::Mail, Some("canary@example.com"));
    let mut batch = UserBatch::new();
    batch.push(&record);
    assert!(!format!("{record:?} {batch:?}").contains("canary"));
}

#[test]
fn names_that_found_no_room_are_told_whichever_batch_had_them() {
    let mut crowded = UserBatch::new();
    let names: Vec<Attribute> = (0..64).map(|n| Attribute::Extension(format!("x{n}"))).collect();
    let mut record = UserRecord::new("entra:t:", "b");
    names.iter().for_each(|name| record.set(name, Some("text")));
    crowded.push(&record);
    let mut plain = UserBatch::new();
    plain.push(&UserRecord::new("entra:t:", "a"));
    let mut builder = UserSnapshot::builder();
    builder.append(plain);
    builder.append(crowded);
    let refused = builder.finish(DateTime::UNIX_EPOCH, Completeness::Complete);
    assert!(matches!(refused, Err(SnapshotError::TooManyNames)));
}
