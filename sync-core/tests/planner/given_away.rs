//! Addresses that somebody got between planning and applying are given to nobody else.

use crate::{
    applying::Lab,
    world::{World, contact, user},
};
use sync_core::{
    Psa as _,
    model::{Attribute, ContactField, ContactId, DirectoryUser},
    policy::Reactivate,
    review::Answer,
};

/// Somebody whose sign-in name stayed as it was.
fn renamed(object: &str, mail: &str) -> DirectoryUser {
    user(object, &format!("{object}@contoso.com")).with(Attribute::Mail, mail)
}

async fn address(lab: &Lab, contact: &str) -> String {
    let contact = lab.psa.contact(&ContactId::new(contact)).await.unwrap();
    contact.fields[&ContactField::Email].as_text().unwrap().to_owned()
}

fn has_phone(lab: &Lab, contact: &str) {
    lab.psa.edit(&ContactId::new(contact), |contact| {
        contact.fields.insert(ContactField::PhoneBusiness, "+1 555 0177".into());
    });
}

#[tokio::test]
async fn a_new_address_that_a_contact_made_meanwhile_has_is_not_written_to_a_second_one() {
    let lab = Lab::new(World::new().crowd(5));
    lab.directory.put(renamed("p00", "new@contoso.com"));
    let plan = lab.plan().await;
    assert_eq!(plan.summary.update, 1);
    lab.psa.put(contact("hand", "new", "New@contoso.com"));
    let report = lab.apply(&plan).await;
    assert_eq!((report.statistics.stale, report.statistics.contacts_updated), (1, 0));
    assert_eq!(address(&lab, "c00").await, "p00@contoso.com");
    // The next plan sees both.
    assert_eq!(lab.plan().await.summary.hold, 1);
}

#[tokio::test]
async fn two_who_swap_their_addresses_both_get_them() {
    let lab = Lab::new(World::new().crowd(5));
    lab.directory.put(renamed("p00", "p01@contoso.com"));
    lab.directory.put(renamed("p01", "p00@contoso.com"));
    let plan = lab.plan().await;
    let report = lab.apply(&plan).await;
    assert_eq!((report.statistics.stale, report.statistics.contacts_updated), (0, 2));
    assert_eq!(address(&lab, "c00").await, "p01@contoso.com");
}

#[tokio::test]
async fn whoever_waits_for_an_address_waits_on_where_it_is_not_given_up() {
    let lab = Lab::new(World::new().crowd(6));
    lab.directory.put(renamed("p00", "p01@contoso.com"));
    lab.directory.put(renamed("p01", "p02@contoso.com"));
    lab.directory.put(renamed("p02", "free@contoso.com"));
    lab.directory.put(renamed("p03", "other@contoso.com"));
    let plan = lab.plan().await;
    assert_eq!(plan.summary.update, 4);
    // The last of the row was edited, so nobody before it moves up.
    has_phone(&lab, "c02");
    let report = lab.apply(&plan).await;
    assert_eq!((report.statistics.stale, report.statistics.contacts_updated), (3, 1));
    for (contact, mail) in [("c00", "p00"), ("c01", "p01"), ("c02", "p02"), ("c03", "other")] {
        assert_eq!(address(&lab, contact).await, format!("{mail}@contoso.com"));
    }
    let report = lab.run().await;
    assert_eq!((report.statistics.stale, report.statistics.contacts_updated), (0, 3));
    assert_eq!(address(&lab, "c00").await, "p01@contoso.com");
}

#[tokio::test]
async fn nobody_is_made_active_beside_a_contact_that_has_the_address_by_now() {
    let back = contact("back", "a", "a@contoso.com").with(ContactField::Active, false);
    let world = World::new().crowd(5).user(user("a", "a@contoso.com")).contact(back);
    let lab = Lab::new(world.link_as("a", "back", |link| link.deactivated_by_us = true));
    let plan = lab.plan().await;
    assert_eq!(plan.summary.reactivate, 1);
    lab.psa.put(contact("hand", "a", "a@contoso.com"));
    let report = lab.apply(&plan).await;
    assert_eq!((report.statistics.stale, report.statistics.contacts_reactivated), (1, 0));
}

#[tokio::test]
async fn what_a_person_who_saw_both_accepted_is_written() {
    let renamed = renamed("a", "b@contoso.com");
    let world =
        World::new().crowd(5).user(renamed).contact(contact("1", "a", "a@contoso.com")).link("a", "1");
    let world = world.contact(contact("2", "b", "b@contoso.com")).answer("a", Answer::Accept);
    let lab = Lab::new(world);
    let report = lab.apply(&lab.plan().await).await;
    assert_eq!((report.statistics.stale, report.statistics.contacts_updated), (0, 1));
    assert_eq!(address(&lab, "1").await, "b@contoso.com");
}

/// Its address is not the user's, and nothing writes the user's to it.
fn returns_under_an_old_address(active: bool) -> World {
    let back = contact("back", "a", "old@contoso.com").with(ContactField::Active, false);
    let beside = contact("beside", "b", "old@contoso.com").with(ContactField::Active, active);
    World::new()
        .crowd(5)
        .user(user("a", "a@contoso.com"))
        .contact(back)
        .contact(beside)
        .link("a", "back")
        .policy(|policy| {
            policy.matching.update_existing = false;
            policy.lifecycle.reactivate = Reactivate::Any;
        })
}

#[test]
fn nobody_is_made_active_with_an_old_address_that_an_active_contact_has() {
    assert_eq!(returns_under_an_old_address(true).verdict("a"), "hold:ambiguous");
    assert_eq!(returns_under_an_old_address(false).verdict("a"), "reactivate:returned");
}
