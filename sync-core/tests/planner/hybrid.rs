//! One person in a domain and in Entra: a tenant that moves from one to the other, and both as tenants of one company.

use crate::{
    converging::advance,
    world::{COMPANY, World, anchor, contact, now, say, user},
};
use chrono::Duration;
use sync_core::{
    model::{
        CompanyId, Contact, ContactField, ContactId, DirectoryUser, FieldValue, SourceAnchor, TenantName,
    },
    plan::{Action, Change, Decision, FieldChange, LinkState, LinkedElsewhere, Reason, Subject},
    policy::{Departed, Route},
    review::Answer,
    store::{Intent, Link, RunId},
};

const SAME: &str = "q5RUZ28V/069tsywRDIccw==";

/// The person in Entra, under the id that the domain gave.
fn synchronized(object: &str, mail: &str) -> DirectoryUser {
    let mut user = user(object, mail);
    user.immutable_id = Some(SAME.into());
    user
}

/// A link that was made while the domain was read.
fn from_the_domain(contact: &str, immutable_id: Option<&str>) -> Link {
    let anchor = SourceAnchor::new("ad:corp.example.com:0a1b2c3d-0000-4000-8000-000000000001");
    let mut link = Link::new(anchor, ContactId::new(contact), now() - Duration::days(30));
    link.immutable_id = immutable_id.map(str::to_owned);
    link
}

/// A tenant that was read from the domain, with a crowd that is in Entra by now and one person more.
fn moved(person: DirectoryUser) -> World {
    let mut world = World::new().crowd(9).user(person).contact(contact("1", "a", "a@contoso.com"));
    world.links.links.insert(from_the_domain("1", Some(SAME)));
    world.links.last_complete_users = Some(10);
    world
}

/// Both as tenants: the domain's is linked to the contact, this one reads Entra.
fn beside_the_domain(person: DirectoryUser) -> World {
    let mut world = World::new().user(person).contact(contact("1", "a", "a@contoso.com"));
    world.linked_elsewhere.add(&from_the_domain("1", Some(SAME)), &TenantName::new("Domain"));
    world
}

fn inactive(contact: Contact) -> Contact {
    contact.with(ContactField::Active, false)
}

#[test]
fn who_is_disabled_on_the_day_of_the_move_is_deactivated_and_not_forgotten() {
    let mut leaver = synchronized("a", "a@contoso.com");
    leaver.enabled = Some(false);
    let world = moved(leaver);
    let decision = world.about("a");
    assert_eq!(say(&decision), "deactivate:disabled");
    assert!(matches!(decision.change, Change::Deactivate { link: LinkState::Relink, .. }), "{decision:?}");
    assert_eq!(decision.change.contact(), Some(&ContactId::new("1")));
    let of_the_contact = Subject::Contact(ContactId::new("1"));
    assert!(world.plan().decisions.iter().all(|d| d.subject != of_the_contact), "decided once");
}

#[test]
fn who_is_only_out_of_scope_after_the_move_stays_as_the_policy_says() {
    let outside = |action| {
        let world = moved(synchronized("a", "a@contoso.com"));
        world.policy(|p| {
            p.scope.departments = vec!["Elsewhere".into()];
            p.lifecycle.out_of_scope = action;
        })
    };
    assert_eq!(outside(Departed::Deactivate).verdict("a"), "deactivate:left_scope");
    let ignored = outside(Departed::Ignore);
    assert_eq!(ignored.verdict("a"), "no_op:left_scope");
    assert_eq!(ignored.contact_verdict("1"), "no_op:excluded", "decided about apart, as before");
}

#[test]
fn a_disabled_account_of_the_same_person_takes_no_contact_from_the_one_in_use() {
    let mut old = synchronized("old", "a.old@contoso.com");
    old.enabled = Some(false);
    let world = moved(synchronized("a", "a@contoso.com")).user(old.clone());
    assert_eq!(world.verdict("a"), "link:relink");
    assert_eq!(world.verdict("old"), "no_op:disabled");
    // Without the same id on the account in use, a person decides before anybody goes.
    let world = moved(user("a", "a@contoso.com")).user(old);
    assert_eq!(world.verdict("a"), "hold:relink_decision");
    assert_eq!(world.verdict("old"), "hold:relink_decision");
}

#[test]
fn two_disabled_accounts_of_one_immutable_id_deactivate_nobody() {
    let disabled = |object: &str| {
        let mut user = synchronized(object, &format!("{object}@contoso.com"));
        user.enabled = Some(false);
        user
    };
    let world = moved(disabled("a")).user(disabled("b"));
    assert_eq!((world.verdict("a"), world.verdict("b")), ("no_op:disabled".into(), "no_op:disabled".into()));
    assert_eq!(world.contact_verdict("1"), "no_op:excluded");
}

#[test]
fn a_contact_that_is_inactive_already_waits_for_its_person_under_the_old_link() {
    let mut leaver = synchronized("a", "a@contoso.com");
    leaver.enabled = Some(false);
    let mut world = moved(leaver);
    world.contacts =
        world.contacts.into_iter().map(|c| if c.id.as_str() == "1" { inactive(c) } else { c }).collect();
    assert_eq!(world.verdict("a"), "no_op:disabled");
    assert_eq!(world.contact_verdict("1"), "no_op:excluded");
}

#[test]
fn contacts_that_the_move_left_behind_are_told() {
    let told = |world: &World| {
        let plan = world.plan();
        plan.warnings.iter().find(|w| w.code == "DirectoryNotRead").map(|w| w.message.clone())
    };
    let stranger = moved(user("other", "other@contoso.com"));
    let message = told(&stranger).unwrap();
    assert!(message.starts_with("1 active contact is linked from ad:corp.example.com,"), "{message}");
    assert_eq!(told(&moved(synchronized("a", "a@contoso.com"))), None, "found again");
    let mut gone = stranger;
    gone.contacts =
        gone.contacts.into_iter().map(|c| if c.id.as_str() == "1" { inactive(c) } else { c }).collect();
    assert_eq!(told(&gone), None, "somebody has looked");
}

#[test]
fn a_limit_after_a_move_is_measured_against_everybody_who_was_linked() {
    let world = moved(synchronized("a", "a@contoso.com"));
    let plan = world.plan();
    assert!(!plan.limits.is_empty() && plan.limits.iter().all(|limit| limit.of == 10), "{:?}", plan.limits);
}

#[test]
fn a_person_of_a_tenant_beside_this_one_gets_no_second_contact_under_another_address() {
    let world = beside_the_domain(synchronized("a", "a.a@contoso.com"));
    let decision = world.about("a");
    assert_eq!(decision.change.action(), Action::Hold, "{decision:?}");
    assert_eq!(decision.reason, Reason::ForeignOwner { owner: "tenant Domain".to_owned() });
    assert_eq!(beside_the_domain(user("b", "b@contoso.com")).verdict("b"), "create:no_match");
    // Who works for two companies has a contact in each.
    let mut two = beside_the_domain(synchronized("a", "a.a@contoso.com"));
    two.contacts.iter_mut().for_each(|contact| contact.company = Some(CompanyId::new("200")));
    assert_eq!(two.verdict("a"), "create:no_match");
    // The other one is a company of this tenant too.
    let nobody = serde_json::from_str(r#"{"department": "Nobody"}"#).unwrap();
    two.tenant.routes = vec![Route::new(1, nobody, CompanyId::new("200"))];
    assert_eq!(two.verdict("a"), "hold:foreign_owner");
    // An earlier account of the same person is linked as well, to a contact that is not there any more.
    let mut earlier = from_the_domain("9", Some(SAME));
    earlier.source_id = anchor("earlier");
    two.linked_elsewhere.add(&earlier, &TenantName::new("Domain"));
    assert_eq!(two.verdict("a"), "hold:foreign_owner");
}

#[test]
fn a_person_who_has_a_contact_in_another_company_as_well_gets_no_second_one_in_this() {
    for other in ["0", "2"] {
        let mut world = beside_the_domain(synchronized("a", "a.a@contoso.com"));
        let mut beside = contact(other, "a", "a@fabrikam.com");
        beside.company = Some(CompanyId::new("200"));
        world.linked_elsewhere.add(&from_the_domain(other, Some(SAME)), &TenantName::new("Third"));
        world.contacts.push(beside);
        assert_eq!(world.verdict("a"), "hold:foreign_owner", "whichever of the two was noted last");
    }
}

#[test]
fn nobody_is_created_while_a_create_of_the_same_person_is_on_its_way_under_another_address() {
    let on_its_way = |person: Option<&str>| {
        let email = FieldChange {
            field: ContactField::Email,
            before: FieldValue::Empty,
            after: "a@contoso.com".into(),
        };
        let change = Change::Create { fields: vec![email], unless_email: Vec::new(), beside: Vec::new() };
        let subject = Subject::User(SourceAnchor::new("ad:corp.example.com:0a1b2c3d"));
        let mut decision = Decision::new(subject, change, Reason::NoMatch);
        decision.company = Some(CompanyId::new(COMPANY));
        decision.immutable_id = person.map(str::to_owned);
        let mut world = World::new().user(synchronized("a", "a.a@contoso.com"));
        world.links.open.push(Intent::new(RunId::new(1), 0, decision, now()));
        world.verdict("a")
    };
    assert_eq!(on_its_way(Some(SAME)), "hold:grace");
    assert_eq!(on_its_way(Some("somebody else")), "create:no_match");
    assert_eq!(on_its_way(None), "create:no_match");
}

#[test]
fn the_contact_of_somebody_who_is_gone_from_another_tenant_is_taken_over_by_a_persons_word() {
    let gone = |mail: &str, changed: fn(&mut Link)| {
        let mut theirs = from_the_domain("1", Some(SAME));
        theirs.source_id = SourceAnchor::entra("fabrikam", "old");
        theirs.deactivated_by_us = true;
        changed(&mut theirs);
        let mut world = World::new().crowd(3).user(synchronized("a", mail));
        world = world.contact(inactive(contact("1", "a", "a@contoso.com")));
        world.linked_elsewhere.add(&theirs, &TenantName::new("Fabrikam"));
        world
    };
    for mail in ["a@contoso.com", "a.a@contoso.com"] {
        let world = gone(mail, |_| {});
        let question = world.question("a");
        assert_eq!(question.asked.code, "relink_decision", "{mail}");
        assert_eq!(question.asked.users, [SourceAnchor::entra("fabrikam", "old")]);
        let mut world = world.reply(&question, question.accepted().unwrap());
        let decision = world.about("a");
        assert_eq!(say(&decision), "reactivate:returned");
        assert_eq!(decision.change.contact(), Some(&ContactId::new("1")));
        // The other tenant remembers its user all the same.
        let plan = world.plan();
        let _ = advance(&mut world, &plan);
        assert_eq!(world.verdict("a"), "no_op:in_sync");
    }
    // It was deactivated there because its user was disabled, and is that user's again.
    let back = gone("a@contoso.com", |theirs| theirs.deactivated_by_us = false);
    assert_eq!(back.verdict("a"), "hold:foreign_owner");
    let absent = gone("a@contoso.com", |theirs| {
        theirs.deactivated_by_us = false;
        theirs.missing_since = Some(now());
    });
    assert_eq!(absent.verdict("a"), "hold:relink_decision");
    let own = gone("a@contoso.com", |_| {}).answer("a", Answer::Create);
    assert_eq!(own.verdict("a"), "create:reviewed");
    // Whom the question did not name is not taken from.
    let mut other = gone("a@contoso.com", |_| {});
    let question = other.question("a");
    let mut theirs = from_the_domain("1", None);
    theirs.deactivated_by_us = true;
    other.linked_elsewhere = LinkedElsewhere::new();
    other.linked_elsewhere.add(&theirs, &TenantName::new("Domain"));
    let other = other.reply(&question, question.accepted().unwrap());
    assert_eq!(other.verdict("a"), "hold:relink_decision");
}

#[test]
fn the_holder_of_a_contact_found_by_address_is_named_as_the_tenant_it_is() {
    // The contact holds the domain's id of the person, which is not Entra's.
    let field = ContactField::Custom("Id".into());
    let mut world = beside_the_domain(user("a", "a@contoso.com"));
    world.policy.write_back.contact_id_field = "Id".into();
    world.contacts = world.contacts.into_iter().map(|c| c.with(field.clone(), "0a1b2c3d")).collect();
    assert_eq!(world.about("a").reason, Reason::ForeignOwner { owner: "tenant Domain".to_owned() });
}

#[test]
fn a_link_learns_the_immutable_id_that_its_person_got_later() {
    let mut world = World::new().crowd(3);
    assert_eq!(world.plan().summary.no_op, 3);
    world.users[0].immutable_id = Some(SAME.into());
    let decision = world.about("p00");
    assert!(matches!(decision.change, Change::Link { link: LinkState::Existing, .. }), "{decision:?}");
    assert_eq!(decision.immutable_id.as_deref(), Some(SAME));
    let mut link = world.links.links[&anchor("p00")].clone();
    link.immutable_id = Some(SAME.into());
    world.links.links.insert(link);
    assert_eq!(world.plan().summary.no_op, 3, "once");
}
