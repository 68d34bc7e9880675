//! Seven states of a person, each with a switch of its own.

use crate::world::{World, anchor, contact, user};
use chrono::Duration;
use sync_core::{
    model::{Attribute, DirectoryUser},
    policy::{Departed, LifecyclePolicy, OnUnknown, PolicyDocument},
};

type Set = fn(&mut LifecyclePolicy, Departed);

/// The person `a`, linked to `c`, among enough others for the limits.
fn world(one: Option<DirectoryUser>, policy: fn(&mut PolicyDocument)) -> World {
    let world = World::new().crowd(30).contact(contact("c", "a", "a@contoso.com")).policy(policy);
    let world = world.link_as("a", "c", |link| {
        link.missing_reads = 5;
        link.missing_since = Some(crate::world::now() - Duration::hours(90));
    });
    one.into_iter().fold(world, World::user)
}

fn one(change: fn(&mut DirectoryUser)) -> DirectoryUser {
    let mut one = user("a", "a@contoso.com");
    change(&mut one);
    one
}

fn worlds() -> Vec<(&'static str, World, Set)> {
    let mut deleted = world(None, |_| {});
    deleted.removed.push(anchor("a"));
    vec![
        ("excluded", world(Some(one(|_| {})), |p| p.scope.exclude = vec!["a@*".into()]), |l, d| {
            l.excluded = d
        }),
        (
            "out_of_scope",
            world(Some(one(|u| *u = u.clone().with(Attribute::Department, "Lab"))), |p| {
                p.scope.departments = vec!["Sales".into()];
            }),
            |l, d| l.out_of_scope = d,
        ),
        (
            "license_lost",
            world(Some(one(|u| u.licenses = Some(Vec::new()))), |p| p.scope.require_license = true),
            |l, d| l.license_lost = d,
        ),
        ("disabled", world(Some(one(|u| u.enabled = Some(false))), |_| {}), |l, d| l.disabled = d),
        ("deleted", deleted, |l, d| l.deleted = d),
        ("missing", world(None, |_| {}), |l, d| l.missing = d),
    ]
}

fn action(world: &World) -> String {
    let plan = world.plan();
    let decision = plan.decisions.iter().find(|d| {
        d.change.contact().is_some_and(|c| c.as_str() == "c")
            || d.subject == sync_core::plan::Subject::User(anchor("a"))
            || d.subject == sync_core::plan::Subject::Contact(sync_core::model::ContactId::new("c"))
    });
    decision.unwrap().change.action().as_str().to_owned()
}

#[test]
fn each_state_obeys_its_own_switch_and_no_other() {
    let all = worlds();
    for (name, world, _) in &all {
        for (switch, _, set) in &all {
            // Every other switch says deactivate; this one says ignore, and then hold.
            let with = |mine: Departed, others: Departed| {
                world.clone().policy(|p| {
                    for (_, _, other) in &all {
                        other(&mut p.lifecycle, others);
                    }
                    set(&mut p.lifecycle, mine);
                })
            };
            let expected =
                |mine: &'static str, others: &'static str| if name == switch { mine } else { others };
            assert_eq!(
                action(&with(Departed::Deactivate, Departed::Ignore)),
                expected("deactivate", "no_op"),
                "{name} {switch}"
            );
            assert_eq!(
                action(&with(Departed::Hold, Departed::Ignore)),
                expected("hold", "no_op"),
                "{name} {switch}"
            );
            assert_eq!(
                action(&with(Departed::Ignore, Departed::Deactivate)),
                expected("no_op", "deactivate"),
                "{name} {switch}"
            );
        }
    }
}

#[test]
fn what_is_not_known_never_deactivates_whatever_the_switches_say() {
    let every = |p: &mut PolicyDocument| {
        let l = &mut p.lifecycle;
        for slot in
            [&mut l.disabled, &mut l.out_of_scope, &mut l.license_lost, &mut l.excluded, &mut l.missing]
        {
            *slot = Departed::Deactivate;
        }
    };
    let rules: [fn(&mut PolicyDocument); 6] = [
        |p| p.scope.office_locations = vec!["Berlin".into()],
        |p| p.scope.groups = vec!["g".into()],
        |p| p.scope.require_license = true,
        |p| p.scope.filter = "city == \"Bonn\"".into(),
        |p| p.scope.filter = "account_enabled".into(),
        |p| p.scope.require_first_and_last_name = true,
    ];
    for (place, rule) in rules.into_iter().enumerate() {
        let unread = one(|u| {
            u.enabled = None;
            u.attributes.remove(&Attribute::Surname);
        });
        let world = world(Some(unread), rule).policy(every);
        assert_eq!(world.verdict("a"), "no_op:left_scope", "{place}");
        assert!(world.about("a").reason.to_string().contains("was not read"), "{place}");
        let asks = world.policy(|p| p.lifecycle.unknown = OnUnknown::Hold);
        assert_eq!(asks.verdict("a"), "hold:left_scope", "{place}");
    }
}

#[test]
fn an_account_of_unknown_state_counts_as_enabled() {
    let world = world(Some(one(|u| u.enabled = None)), |_| {});
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

#[test]
fn whom_a_targeted_run_leaves_out_is_left_alone_whatever_the_switch_for_exclusion_says() {
    let mut world = world(Some(one(|_| {})), |p| p.lifecycle.excluded = Departed::Deactivate);
    world.run.user_principal_names.insert("p00@contoso.com".to_owned());
    assert_eq!(world.verdict("a"), "no_op:excluded");
}

#[test]
fn people_whose_names_look_like_service_accounts_stay_people_under_the_usual_globs() {
    let globs =
        ["svc-*@*", "svc_*@*", "admin@*", "admin-*@*", "*-admin@*", "bot@*", "*-bot@*", "test@*", "scan@*"];
    let people =
        ["abbott", "talbot", "adminson", "botha", "badmin", "testa", "scanlon", "svcova", "robot.ica"];
    let mut world = World::new().policy(|p| p.scope.exclude = globs.map(str::to_owned).to_vec());
    for name in people {
        world = world.user(user(name, &format!("{name}@contoso.com")));
    }
    for machine in ["svc-backup", "ADMIN", "bot", "help-bot", "scan"] {
        world = world.user(user(machine, &format!("{machine}@contoso.com")));
    }
    for name in people {
        assert_eq!(world.verdict(name), "create:no_match", "{name}");
    }
    for machine in ["svc-backup", "ADMIN", "bot", "help-bot", "scan"] {
        assert_eq!(world.verdict(machine), "no_op:excluded", "{machine}");
    }
}
