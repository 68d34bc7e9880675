//! People who come and go.

use crate::world::{World, anchor, contact, now, user};
use chrono::Duration;
use sync_core::{
    capability::{Access, ActiveStatus, FieldRule},
    model::{Attribute, ContactField, ContactId, SourceAnchor},
    plan::{Action, Change, Guard},
    policy::{Departed, Reactivate},
    store::Link,
};

fn missing_for(reads: u32, hours: i64) -> World {
    World::new().crowd(10).contact(contact("1", "gone", "gone@contoso.com")).link_as("gone", "1", |l| {
        l.missing_reads = reads;
        l.missing_since = (reads > 0).then(|| now() - Duration::hours(hours));
    })
}

#[test]
fn a_disabled_linked_user_is_deactivated() {
    let mut disabled = user("a", "a@contoso.com");
    disabled.enabled = Some(false);
    let world =
        World::new().crowd(10).user(disabled).contact(contact("1", "a", "a@contoso.com")).link("a", "1");
    assert_eq!(world.verdict("a"), "deactivate:disabled");
}

#[test]
fn a_disabled_user_known_by_address_only_changes_nothing() {
    let mut disabled = user("a", "a@contoso.com");
    disabled.enabled = Some(false);
    let world = World::new().user(disabled).contact(contact("1", "a", "a@contoso.com"));
    assert_eq!(world.verdict("a"), "no_op:disabled");
}

#[test]
fn an_unknown_account_state_never_deactivates() {
    let mut unknown = user("a", "a@contoso.com");
    unknown.enabled = None;
    let world = World::new().user(unknown).contact(contact("1", "a", "a@contoso.com")).link("a", "1");
    assert_eq!(world.verdict("a"), "no_op:in_sync");
}

#[test]
fn absence_in_a_partial_read_proves_nothing() {
    let mut world = missing_for(5, 500);
    world.users_complete = false;
    assert_eq!(world.contact_verdict("1"), "no_op:snapshot_partial");
    assert!(world.plan().warnings.iter().any(|w| w.code == "SourceIncomplete"));
}

#[test]
fn an_empty_or_much_smaller_read_proves_nothing() {
    let mut world = missing_for(5, 500);
    world.links.last_complete_users = Some(100);
    assert_eq!(world.contact_verdict("1"), "no_op:suspect_snapshot");
    world.links.last_complete_users = Some(14);
    assert_eq!(world.contact_verdict("1"), "deactivate:missing");
    world.users.clear();
    world.links.last_complete_users = None;
    assert_eq!(world.contact_verdict("1"), "no_op:suspect_snapshot");
    assert_eq!(world.count(Action::Deactivate), 0);
}

#[test]
fn missing_needs_enough_reads_and_enough_time() {
    assert_eq!(missing_for(0, 0).contact_verdict("1"), "no_op:grace");
    assert_eq!(missing_for(1, 23).contact_verdict("1"), "no_op:grace");
    assert_eq!(missing_for(1, 24).contact_verdict("1"), "deactivate:missing");
    assert_eq!(
        missing_for(1, 24).about_contact("1").display_name,
        "Person gone",
        "people are called by name"
    );
    let hasty = missing_for(0, 0).policy(|p| {
        p.lifecycle.grace_reads = 1;
        p.lifecycle.grace_hours = 0;
    });
    assert_eq!(hasty.contact_verdict("1"), "deactivate:missing");
}

#[test]
fn what_the_directory_itself_calls_deleted_needs_no_grace_and_no_complete_read() {
    let mut world = missing_for(0, 0);
    world.removed.push(anchor("gone"));
    world.users_complete = false;
    assert_eq!(world.contact_verdict("1"), "deactivate:deleted");
}

#[test]
fn a_contact_that_somebody_present_waits_for_is_not_deactivated() {
    // A rehire under a new object id, with the old address: the old link is missing for long, the new user is held.
    let world = missing_for(5, 500).user(user("again", "gone@contoso.com"));
    assert_eq!(world.verdict("again"), "hold:relink_decision");
    assert_eq!(world.contact_verdict("1"), "hold:relink_decision");
}

#[test]
fn each_state_has_its_own_switch() {
    let world = |set: fn(&mut sync_core::policy::LifecyclePolicy)| {
        missing_for(5, 500).policy(|p| set(&mut p.lifecycle))
    };
    assert_eq!(world(|l| l.missing = Departed::Ignore).contact_verdict("1"), "no_op:missing");
    assert_eq!(world(|l| l.missing = Departed::Hold).contact_verdict("1"), "hold:missing");
    assert_eq!(world(|l| l.disabled = Departed::Ignore).contact_verdict("1"), "deactivate:missing");
}

#[test]
fn a_targeted_run_concludes_nothing_about_others() {
    let mut world = missing_for(5, 500);
    world.run.user_principal_names.insert("p00@contoso.com".into());
    assert_eq!(world.contact_verdict("1"), "no_op:excluded");
    assert_eq!(world.verdict("p01"), "no_op:excluded");
    assert_eq!(world.verdict("p00"), "no_op:in_sync");
}

#[test]
fn excluded_is_not_absent() {
    let world = World::new().crowd(3).policy(|p| p.scope.exclude = vec!["p00@*".into()]);
    assert_eq!(world.verdict("p00"), "no_op:excluded");
    assert_eq!(world.count(Action::Deactivate), 0);
}

#[test]
fn leaving_the_scope_does_nothing_unless_asked() {
    let world = World::new().crowd(12).policy(|p| p.scope.departments = vec!["Engineering".into()]);
    assert_eq!(world.verdict("p00"), "no_op:left_scope");
    let strict = world.policy(|p| p.lifecycle.out_of_scope = Departed::Deactivate);
    assert_eq!(strict.verdict("p00"), "deactivate:left_scope");
    assert!(!strict.plan().guards.is_empty(), "twelve of twelve pass the limit");
}

#[test]
fn protected_kept_and_excluded_contacts_stay() {
    let kept = |change: fn(sync_core::model::Contact) -> sync_core::model::Contact| {
        let mut world = missing_for(5, 500);
        let last = world.contacts.pop().unwrap();
        let keep = ContactField::Custom("Keep".into());
        world.contacts.push(change(last.with(keep, "")));
        world.policy(|p| {
            p.lifecycle.keep_active_field = "Keep".into();
            p.lifecycle.excluded_contact_types = vec!["VIP".into()];
        })
    };
    let protected = kept(|mut c| {
        c.protected = true;
        c
    });
    assert_eq!(protected.contact_verdict("1"), "hold:protected");
    let unread = kept(|mut c| {
        c.fields.remove(&ContactField::Custom("Keep".into()));
        c
    });
    assert_eq!(unread.contact_verdict("1"), "hold:policy", "nobody knows that it is not marked");
    let marked = kept(|c| c.with(ContactField::Custom("Keep".into()), true));
    assert_eq!(marked.contact_verdict("1"), "no_op:protected");
    let excluded = kept(|c| c.with(ContactField::ContactTypes, vec!["vip".to_owned()]));
    assert_eq!(excluded.contact_verdict("1"), "no_op:policy");
    let foreign = kept(|c| c.with(ContactField::Email, "x@vendor.example"));
    assert_eq!(foreign.contact_verdict("1"), "hold:policy");
    assert_eq!(kept(|c| c).contact_verdict("1"), "deactivate:missing");
}

#[test]
fn a_psa_without_a_writable_status_leaves_it_to_a_person() {
    let mut world = missing_for(5, 500);
    world.capabilities.active_status = ActiveStatus::Readable;
    assert_eq!(world.contact_verdict("1"), "hold:unsupported");
    assert_eq!(world.plan().downgrades.len(), 1);
}

#[test]
fn only_what_this_tool_deactivated_is_reactivated() {
    let world = |ours: bool| {
        World::new()
            .user(user("a", "a@contoso.com"))
            .contact(contact("1", "a", "a@contoso.com").with(ContactField::Active, false))
            .link_as("a", "1", |l| l.deactivated_by_us = ours)
    };
    assert_eq!(world(true).verdict("a"), "reactivate:returned");
    assert_eq!(world(false).verdict("a"), "no_op:policy");
    assert_eq!(
        world(false).policy(|p| p.lifecycle.reactivate = Reactivate::Any).verdict("a"),
        "reactivate:returned"
    );
    assert_eq!(
        world(true).policy(|p| p.lifecycle.reactivate = Reactivate::Never).verdict("a"),
        "no_op:policy"
    );
}

#[test]
fn who_was_disabled_does_not_return_on_an_account_state_that_nobody_read() {
    let world = |state: Option<bool>, because: &str| {
        let mut returning = user("a", "a@contoso.com");
        returning.enabled = state;
        World::new()
            .user(returning)
            .contact(contact("1", "a", "a@contoso.com").with(ContactField::Active, false))
            .link_as("a", "1", |l| {
                l.deactivated_by_us = true;
                l.deactivated_because = Some(because.to_owned());
            })
    };
    assert_eq!(world(Some(true), "disabled").verdict("a"), "reactivate:returned");
    assert_eq!(world(None, "disabled").verdict("a"), "no_op:left_scope");
    assert_eq!(world(None, "missing").verdict("a"), "reactivate:returned", "who is there again is there");
}

#[test]
fn an_inactive_contact_found_for_the_first_time_asks_a_person() {
    let world = World::new()
        .user(user("a", "a@contoso.com"))
        .contact(contact("1", "a", "a@contoso.com").with(ContactField::Active, false));
    let decision = world.about("a");
    assert_eq!(world.verdict("a"), "hold:policy");
    assert!(
        matches!(&decision.change, Change::Hold { proposed: Some(p) } if p.action() == Action::Reactivate)
    );
}

#[test]
fn too_many_deactivations_are_stopped_and_nothing_else() {
    let mut world = World::new().crowd(20).user(user("new", "new@contoso.com"));
    for user in world.users.iter_mut().take(5) {
        user.enabled = Some(false);
    }
    let plan = world.plan();
    assert_eq!(plan.summary.deactivate, 5, "the decisions stay visible");
    assert!(
        matches!(
            &plan.guards[..],
            [Guard::TooManyDeactivations { company: Some(_), planned: 5, of: 20, limit: 4 }, ..]
        ),
        "{:?}",
        plan.guards
    );
    assert!(plan.guards.iter().all(|g| !g.stops(Action::Create, None) && !g.stops(Action::Update, None)));
    assert_eq!(plan.summary.create, 1);
}

#[test]
fn the_last_person_of_two_is_deactivated_but_never_both() {
    let mut world = World::new().crowd(2);
    world.users[0].enabled = Some(false);
    assert!(world.plan().guards.is_empty());
    world.users[1].enabled = Some(false);
    assert!(!world.plan().guards.is_empty());
}

#[test]
fn creates_and_updates_are_limited_after_the_first_run() {
    let mut newcomers = World::new();
    for i in 0..50 {
        newcomers = newcomers.user(user(&format!("n{i}"), &format!("n{i}@contoso.com")));
    }
    assert!(newcomers.plan().guards.is_empty(), "the first run creates everybody");
    let later = newcomers.crowd(10);
    assert!(matches!(later.plan().guards[..], [Guard::TooManyCreates { planned: 50, of: 10, limit: 5 }]));
    let mut edited = World::new().crowd(20);
    for user in &mut edited.users {
        *user = user.clone().with(Attribute::JobTitle, "Changed");
    }
    assert!(matches!(edited.plan().guards[..], [Guard::TooManyUpdates { planned: 20, of: 20, limit: 10 }]));
}

#[test]
fn a_contact_list_that_is_cut_short_plans_nothing() {
    let mut world = World::new().user(user("a", "a@contoso.com"));
    world.contacts_complete = false;
    assert!(world.try_plan().unwrap_err().to_string().contains("incomplete"));
}

#[test]
fn a_required_field_that_the_user_lacks_is_held_not_sent() {
    let nameless = user("a", "a@contoso.com").with(Attribute::GivenName, "").with(Attribute::DisplayName, "");
    let mut world = World::new().user(nameless);
    let rule = FieldRule::new(Access::ReadWrite).required();
    world.capabilities.fields.insert(ContactField::FirstName, rule);
    assert_eq!(world.verdict("a"), "hold:required_field");
}

#[test]
fn absence_from_one_directory_says_nothing_about_people_of_another() {
    let gone = |world: World, source: &str| {
        let mut link = Link::new(SourceAnchor::new(source), ContactId::new("1"), now() - Duration::days(90));
        link.missing_reads = 9;
        link.missing_since = Some(now() - Duration::days(30));
        let mut world = world.contact(contact("1", "gone", "gone@contoso.com"));
        world.links.links.insert(link);
        world
    };
    let base = || World::new().user(user("a", "a@contoso.com"));
    assert_eq!(gone(base(), "entra:contoso:gone").contact_verdict("1"), "deactivate:missing");
    assert_eq!(gone(base(), "entra:fabrikam:gone").contact_verdict("1"), "no_op:excluded");
    // The directory's own word counts whatever else was read.
    let mut told = gone(base(), "entra:fabrikam:gone");
    told.removed.push(SourceAnchor::new("entra:fabrikam:gone"));
    assert_eq!(told.contact_verdict("1"), "deactivate:deleted");
}

#[test]
fn a_directory_without_anybody_is_believed_after_a_person_said_so() {
    let mut world =
        World::new().contact(contact("1", "gone", "gone@contoso.com")).link_as("gone", "1", |l| {
            l.missing_reads = 9;
            l.missing_since = Some(now() - Duration::days(30));
        });
    world.tenant.verified_domains = ["contoso.com".to_owned()].into();
    assert_eq!(world.contact_verdict("1"), "no_op:suspect_snapshot");
    world.links.last_complete_users = Some(0);
    assert_eq!(world.contact_verdict("1"), "deactivate:missing");
}
