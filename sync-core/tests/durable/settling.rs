//! Writes whose result is not known.

use crate::{
    lab::{Lab, telling},
    world::{World, anchor, contact, user},
};
use chrono::Duration;
use sync_core::{
    ErrorKind,
    apply::{Resolution, SettleOptions, resolve, settle},
    capability::{Capabilities, Settling},
    model::{Attribute, ContactField, ContactId, TenantName},
    plan::{LinkedElsewhere, NONE_ELSEWHERE, Reason, Subject},
    policy::SyncMode,
    store::{Hold, IntentState, RunId},
};

const GRACE: Duration = Duration::minutes(16);

fn marked() -> World {
    World::new().crowd(3).policy(|policy| policy.write_back.contact_id_field = "Office365Id".into())
}

/// Somebody new, whose create was sent and not answered; it was done or it was not.
async fn unanswered(done: bool) -> Lab {
    let lab = Lab::new(marked(), telling());
    lab.run(SyncMode::Full).await;
    lab.directory.put(user("new", "new@contoso.com"));
    lab.psa.fail_next_write(ErrorKind::Indeterminate, done);
    let run = lab.run(SyncMode::Full).await;
    assert_eq!(run.report.unwrap().statistics.indeterminate, 1);
    lab
}

fn made(lab: &Lab) -> Vec<ContactId> {
    let contacts = lab.psa.contacts_now().into_iter();
    let theirs = contacts.filter(|c| c.fields[&ContactField::Email] == "new@contoso.com".into());
    theirs.map(|contact| contact.id).collect()
}

#[tokio::test]
async fn a_create_that_was_done_is_adopted_by_its_mark_and_one_that_was_not_is_made_once() {
    for done in [true, false] {
        let mut lab = unanswered(done).await;
        assert_eq!(lab.settle().await.waiting, 1, "too young to say");
        lab.pass(GRACE);
        let settled = lab.settle().await;
        assert_eq!((settled.done, settled.not_done), (u32::from(done), u32::from(!done)));
        assert_eq!(lab.links().await.links.contains_key(&anchor("new")), done);
        lab.run(SyncMode::Full).await;
        assert_eq!(made(&lab).len(), 1);
        assert!(lab.links().await.open.is_empty());
    }
}

#[tokio::test]
async fn a_grace_that_is_too_short_makes_a_second_contact() {
    // The check of the check: the constant is what keeps duplicates away, so without it there is one.
    for (settling, duplicates) in [
        (Settling::new(std::time::Duration::from_secs(1), std::time::Duration::ZERO), 1),
        (Settling::new(std::time::Duration::from_secs(60), std::time::Duration::from_secs(240)), 0),
    ] {
        let mut capabilities = telling();
        capabilities.settling = settling;
        let mut lab = Lab::new(marked(), capabilities);
        lab.run(SyncMode::Full).await;
        lab.directory.put(user("new", "new@contoso.com"));
        lab.psa.fail_next_write(ErrorKind::Indeterminate, false);
        lab.run(SyncMode::Full).await;
        // The vendor finishes the request two minutes later; the next run is half a minute after the first.
        lab.pass(Duration::seconds(30));
        lab.run(SyncMode::Full).await;
        lab.pass(Duration::seconds(90));
        let late =
            contact("late", "new", "new@contoso.com").with(ContactField::Custom("Office365Id".into()), "new");
        lab.psa.put(late);
        lab.pass(Duration::minutes(10));
        lab.run(SyncMode::Full).await;
        assert_eq!(made(&lab).len(), 1 + duplicates, "{settling:?}");
    }
}

#[tokio::test]
async fn without_a_mark_the_one_contact_of_that_address_in_the_company_is_adopted() {
    let mut lab = Lab::new(World::new().crowd(3).user(user("new", "new@contoso.com")), telling());
    lab.psa.fail_next_write(ErrorKind::Indeterminate, true);
    lab.run(SyncMode::Full).await;
    lab.pass(GRACE);
    assert_eq!(lab.settle().await.done, 1);
    assert_eq!(lab.links().await.links[&anchor("new")].contact_id, made(&lab)[0]);
}

#[tokio::test]
async fn a_contact_of_that_address_under_another_name_waits_for_a_person() {
    let mut lab = Lab::new(World::new().crowd(3).user(user("new", "new@contoso.com")), telling());
    lab.psa.fail_next_write(ErrorKind::Indeterminate, false);
    lab.run(SyncMode::Full).await;
    // Two people change addresses, and a technician makes a contact for the one who has this one now.
    lab.psa.put(contact("theirs", "other", "new@contoso.com"));
    lab.directory.put(user("new", "n@contoso.com").with(Attribute::Surname, "new"));
    lab.directory.put(user("other", "new@contoso.com").with(Attribute::Surname, "other"));
    lab.pass(GRACE);
    assert_eq!(lab.settle().await.indeterminate, 1);
    let plan = lab.run(SyncMode::Full).await.plan.unwrap();
    let verdict = |object: &str| plan.decisions.find(&Subject::User(anchor(object))).unwrap();
    assert_eq!(verdict("new").reason, Reason::Indeterminate { contacts: vec![ContactId::new("theirs")] });
    assert_eq!(verdict("other").change.contact(), Some(&ContactId::new("theirs")));
}

#[tokio::test]
async fn several_contacts_that_may_be_the_one_wait_for_a_person_and_block_nobody_else() {
    let mut lab = unanswered(true).await;
    let twin =
        contact("twin", "new", "new@contoso.com").with(ContactField::Custom("Office365Id".into()), "new");
    lab.psa.put(twin);
    lab.pass(GRACE);
    assert_eq!(lab.settle().await.indeterminate, 1);
    lab.directory.put(user("other", "other@contoso.com"));
    lab.directory.put(user("p01", "p01@contoso.com").with(Attribute::JobTitle, "Lead"));
    let run = lab.run(SyncMode::Full).await;
    let summary = run.plan.unwrap().summary;
    assert_eq!((summary.create, summary.update), (1, 1), "others are served");
    assert_eq!(made(&lab).len(), 2, "nothing is sent for them");
    let adopt = Resolution::Adopt(ContactId::new("twin"));
    let name = &lab.world.tenant.name;
    assert!(resolve(&*lab.store, &lab.store.hold(), name, &anchor("new"), &adopt, lab.now).await.unwrap());
    assert_eq!(lab.links().await.links[&anchor("new")].contact_id.as_str(), "twin");
    assert!(lab.links().await.open.is_empty());
    assert!(!resolve(&*lab.store, &lab.store.hold(), name, &anchor("new"), &adopt, lab.now).await.unwrap());
}

#[tokio::test]
async fn a_create_that_was_looked_for_in_vain_twice_waits_for_a_person_who_can_let_it_be_made() {
    let mut lab = unanswered(false).await;
    lab.pass(GRACE);
    lab.psa.fail_next_write(ErrorKind::Indeterminate, false);
    lab.run(SyncMode::Full).await;
    assert_eq!(lab.links().await.open[0].attempt, 2);
    lab.pass(GRACE);
    let plan = lab.run(SyncMode::Full).await.plan.unwrap();
    let held = plan.decisions.find(&Subject::User(anchor("new"))).unwrap();
    assert_eq!(held.reason, Reason::Indeterminate { contacts: Vec::new() });
    assert!(made(&lab).is_empty());
    let other = Resolution::Adopt(ContactId::new("c00"));
    let name = &lab.world.tenant.name;
    let refused = resolve(&*lab.store, &lab.store.hold(), name, &anchor("new"), &other, lab.now).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Rejected, "the contact is somebody else's");
    let anyway = Resolution::CreateAnyway;
    assert!(resolve(&*lab.store, &lab.store.hold(), name, &anchor("new"), &anyway, lab.now).await.unwrap());
    lab.run(SyncMode::Full).await;
    assert_eq!(made(&lab).len(), 1);
}

#[tokio::test]
async fn an_update_and_a_deactivation_whose_answers_were_lost_are_known_by_what_the_contact_holds() {
    for (done, leaves) in [(true, true), (true, false), (false, true), (false, false)] {
        let mut lab = Lab::new(World::new().crowd(10), telling());
        lab.run(SyncMode::Full).await;
        let mut changed = user("p02", "p02@contoso.com");
        if leaves {
            changed.enabled = Some(false);
        } else {
            changed = changed.with(Attribute::JobTitle, "Lead");
        }
        lab.directory.put(changed);
        lab.psa.fail_next_write(ErrorKind::Indeterminate, done);
        lab.run(SyncMode::Full).await;
        assert_eq!(lab.links().await.open.len(), 1);
        lab.pass(GRACE);
        let settled = lab.settle().await;
        assert_eq!((settled.done, settled.not_done), (u32::from(done), u32::from(!done)));
        let links = lab.links().await;
        assert_eq!(
            links.links[&anchor("p02")].deactivated_by_us,
            done && leaves,
            "ours to make active again"
        );
        let plan = lab.run(SyncMode::Full).await.plan.unwrap();
        assert_eq!(plan.summary.changes(), u64::from(!done));
    }
}

#[tokio::test]
async fn who_has_a_write_on_its_way_is_held_and_others_are_not() {
    let lab = Lab::new(World::new().crowd(10), telling());
    lab.run(SyncMode::Full).await;
    let titled = |object: &str, title: &str| {
        user(object, &format!("{object}@contoso.com")).with(Attribute::JobTitle, title)
    };
    lab.directory.put(titled("p01", "Lead"));
    lab.psa.fail_next_write(ErrorKind::Indeterminate, false);
    lab.run(SyncMode::Full).await;
    lab.directory.put(titled("p01", "Head"));
    lab.directory.put(titled("p02", "Head"));
    let plan = lab.run(SyncMode::Full).await.plan.unwrap();
    let reason = plan.decisions.find(&Subject::User(anchor("p01"))).map(|decision| decision.reason);
    assert_eq!((reason, plan.summary.hold, plan.summary.update), (Some(Reason::Grace), 1, 1));
}

#[tokio::test]
async fn who_left_while_a_write_is_on_its_way_is_held_until_it_is_settled() {
    let mut lab = Lab::new(World::new().crowd(10), telling());
    lab.run(SyncMode::Full).await;
    lab.directory.put(user("p01", "p01@contoso.com").with(Attribute::JobTitle, "Lead"));
    lab.psa.fail_next_write(ErrorKind::Indeterminate, false);
    lab.run(SyncMode::Full).await;
    lab.directory.remove(&anchor("p01"), true);
    let contact = Subject::Contact(ContactId::new("c01"));
    let plan = lab.run(SyncMode::Full).await.plan.unwrap();
    let reason = plan.decisions.find(&contact).map(|decision| decision.reason);
    assert_eq!((reason, plan.summary.hold, plan.summary.deactivate), (Some(Reason::Grace), 1, 0));
    lab.pass(GRACE);
    let plan = lab.run(SyncMode::Full).await.plan.unwrap();
    assert_eq!((plan.summary.hold, plan.summary.deactivate), (0, 1));
}

#[tokio::test]
async fn a_clock_that_was_set_back_does_not_make_a_run_wait_for_ever() {
    let mut lab = unanswered(true).await;
    lab.pass(-Duration::days(3));
    let wait = lab.settle().await.wait.unwrap();
    assert_eq!(wait, Capabilities::none().settling.grace(), "the whole of it, and no more");
    assert_eq!(lab.settle_after(wait).await.done, 1);
}

#[tokio::test]
async fn a_contact_list_that_is_cut_short_settles_nothing() {
    let mut lab = unanswered(true).await;
    lab.pass(GRACE);
    lab.psa.cut_after(Some(1));
    let capabilities = telling();
    let options = SettleOptions {
        tenant: &lab.world.tenant,
        policy: &lab.policy,
        capabilities: &capabilities,
        psa: &*lab.psa,
        links: &*lab.store,
        linked_elsewhere: &NONE_ELSEWHERE,
        hold: &lab.store.hold(),
        now: lab.now,
        waited: std::time::Duration::ZERO,
    };
    assert_eq!(settle(&options).await.unwrap_err().kind(), ErrorKind::Unavailable);
    assert_eq!(lab.links().await.open[0].state, IntentState::Sent);
}

/// A run that was at work for long after it recorded what it would send.
#[derive(Debug)]
struct After(std::time::Duration);

impl Hold for After {
    fn run(&self) -> RunId {
        RunId::new(0)
    }
    fn left(&self) -> std::time::Duration {
        std::time::Duration::MAX
    }
    fn elapsed(&self) -> std::time::Duration {
        std::time::Duration::ZERO
    }
    fn earlier_age(&self) -> Option<std::time::Duration> {
        Some(self.0)
    }
}

#[tokio::test]
async fn a_write_that_waited_for_its_turn_is_as_young_as_the_end_of_its_run() {
    let mut lab = unanswered(false).await;
    // Recorded long ago; what limits the pace kept it, and its run was killed a minute ago.
    lab.pass(GRACE);
    let capabilities = telling();
    let hold = After(std::time::Duration::from_secs(60));
    let options = SettleOptions {
        tenant: &lab.world.tenant,
        policy: &lab.policy,
        capabilities: &capabilities,
        psa: &*lab.psa,
        links: &*lab.store,
        linked_elsewhere: &NONE_ELSEWHERE,
        hold: &hold,
        now: lab.now,
        waited: std::time::Duration::ZERO,
    };
    let settled = settle(&options).await.unwrap();
    assert_eq!((settled.waiting, settled.not_done), (1, 0), "it may be on its way");
    let rest = capabilities.settling.grace() - std::time::Duration::from_secs(60);
    assert_eq!(settled.wait, Some(rest));
    // A clock that jumps ahead has no say where the store knows better.
    let jumped = SettleOptions { now: options.now + Duration::days(1), ..options };
    assert_eq!(settle(&jumped).await.unwrap().wait, Some(rest));
    let hold = After(capabilities.settling.grace());
    let later = SettleOptions { hold: &hold, ..options };
    assert_eq!(settle(&later).await.unwrap().not_done, 1);
}

/// The directory of [`unanswered`] with the same person under another object id.
fn made_anew(lab: &Lab) {
    lab.directory.remove(&anchor("new"), true);
    lab.directory.put(user("again", "new@contoso.com"));
}

#[tokio::test]
async fn the_same_person_under_another_id_waits_for_the_create_that_is_on_its_way() {
    for arrives in [true, false] {
        let mut lab = unanswered(false).await;
        made_anew(&lab);
        let again = Subject::User(anchor("again"));
        let plan = lab.run(SyncMode::Full).await.plan.unwrap();
        let reason = plan.decisions.find(&again).map(|decision| decision.reason);
        assert_eq!((reason, plan.summary.create), (Some(Reason::Grace), 0));
        if arrives {
            lab.psa.put(contact("late", "new", "new@contoso.com"));
        }
        lab.pass(GRACE);
        lab.run(SyncMode::Full).await;
        assert_eq!(made(&lab).len(), 1, "whether or not it arrived");
    }
}

#[tokio::test]
async fn a_contact_that_another_tenant_has_is_not_what_a_lost_create_made() {
    for marked in [true, false] {
        let mut lab = unanswered(false).await;
        let mut theirs = contact("theirs", "new", "new@contoso.com");
        if marked {
            theirs = theirs.with(ContactField::Custom("Office365Id".into()), "new");
        }
        lab.psa.put(theirs);
        lab.pass(GRACE);
        let capabilities = telling();
        let elsewhere = LinkedElsewhere::from_iter([(ContactId::new("theirs"), TenantName::new("Fabrikam"))]);
        let options = SettleOptions {
            tenant: &lab.world.tenant,
            policy: &lab.policy,
            capabilities: &capabilities,
            psa: &*lab.psa,
            links: &*lab.store,
            linked_elsewhere: &elsewhere,
            hold: &lab.store.hold(),
            now: lab.now,
            waited: std::time::Duration::ZERO,
        };
        let settled = settle(&options).await.unwrap();
        assert_eq!((settled.done, settled.not_done), (0, 1), "marked: {marked}");
        assert!(lab.links().await.links.get(&anchor("new")).is_none());
    }
}
