//! Moving from the PSA's own contact sync: its pairs become links where a person asks for that, and only then.

use crate::common::World;
use serde_json::{Value, json};
use sync_sandbox::Options;

/// A world whose PSA pairs users with contacts itself, and one of its pairs that no address tells: the user's object id
/// and the contact.
fn world() -> (World, String, i64) {
    let world = World::start(Options::sized(40, 32));
    let tenant = world.sandbox.graph().tenant_id.clone();
    let plan = world.run(&["plan", "--format", "json", "--all"]).json();
    let created = |decision: &&Value| decision["change"]["action"] == "create";
    let user = plan["decisions"].as_array().unwrap().iter().find(created).unwrap()["subject"]["user"].clone();
    let user = user.as_str().unwrap().rsplit(':').next().unwrap().to_owned();
    let data = world.sandbox.connectwise_data();
    // A contact of another name and address: nothing but the pair says whose it is.
    let contact = data.add_contact(json!({
        "firstName": "Old", "lastName": "Name", "company": {"id": 100}, "inactiveFlag": false,
        "communicationItems": [
            {"type": {"id": 1}, "value": "old.name@contoso.example", "defaultFlag": true, "communicationType": "Email"}
        ],
    }));
    let row = |contact: i64, user: &str| json!({"contactRecId": contact, "tenantId": tenant, "m365ContactId": user});
    data.set_m365_contacts(vec![
        row(contact, &user),
        // Users who are not in the directory.
        row(999_999, "00000000-0000-4000-8000-000000000001"),
        row(contact + 500, "00000000-0000-4000-8000-000000000002"),
        row(contact + 500, "00000000-0000-4000-8000-000000000003"),
    ]);
    (world, user, contact)
}

fn about<'p>(plan: &'p Value, user: &str) -> &'p Value {
    let is = |decision: &&Value| decision["subject"]["user"].as_str().is_some_and(|id| id.ends_with(user));
    plan["decisions"].as_array().unwrap().iter().find(is).unwrap()
}

#[test]
fn pairs_are_links_of_one_plan_that_asked_for_them_and_are_kept_by_its_apply_alone() {
    let (world, user, contact) = world();
    let plain = world.run(&["plan", "--format", "json"]).json();
    assert_eq!(about(&plain, &user)["change"]["action"], "create", "unasked, nobody takes a pair");

    let asked = world.run(&["plan", "--native-pairs", "--format", "json", "--out", "pairs.json"]);
    assert!(asked.err.contains("1 pair is taken") && asked.err.contains("3 are of"), "{}", asked.err);
    let plan = asked.json();
    let decision = about(&plan, &user);
    assert_eq!(decision["change"]["contact"], contact.to_string(), "{decision}");
    assert_eq!(
        (&decision["reason"]["code"], &decision["change"]["link"]),
        (&json!("reviewed"), &json!("new"))
    );

    let again = world.run(&["plan", "--format", "json"]).json();
    assert_eq!(about(&again, &user)["change"]["action"], "create", "planning keeps nothing");

    let report = world.run(&["apply", "pairs.json", "--format", "json"]).json();
    assert_eq!(report["success"], true, "{report}");
    let record = world.sandbox.connectwise_data().contact(contact).unwrap();
    assert_ne!(record["lastName"], "Name", "it is the person's now");
    world.sandbox.connectwise_data().set_m365_contacts(Vec::new());
    let after = world.run(&["plan", "--format", "json", "--all"]).json();
    assert_eq!(about(&after, &user)["change"]["action"], "no_op", "the link is there without the pairs");
}

#[test]
fn a_psa_that_pairs_nobody_says_so() {
    let world = World::start(Options::sized(40, 32));
    let ended = world.run(&["plan", "--native-pairs"]);
    assert!(ended.err.contains("no pairs"), "{}", ended.err);
}
