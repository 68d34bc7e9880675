//! What must be true after every run, by who people really are and not by what the planner knows.

use super::truth::{Account, Story, name, text};
use std::collections::{BTreeMap, BTreeSet};
use sync_core::{
    model::{Contact, ContactField, ContactId, FieldValue, SourceAnchor},
    plan::{Action, Plan, Subject},
    policy::Reactivate,
    store::{Link, LinkSet},
};

/// Both sides right before a run.
pub struct Before {
    contacts: BTreeMap<ContactId, Contact>,
    /// Of each tenant.
    links: Vec<LinkSet>,
}

async fn all_links(story: &Story) -> Vec<LinkSet> {
    let mut all = Vec::new();
    for lab in &story.labs {
        all.push(lab.links().await);
    }
    all
}

fn contacts(story: &Story) -> BTreeMap<ContactId, Contact> {
    story.psa().contacts_now().into_iter().map(|contact| (contact.id.clone(), contact)).collect()
}

pub fn is_active(contact: &Contact) -> bool {
    contact.active() != Some(false)
}

fn stored_id(contact: &Contact) -> String {
    text(contact, &ContactField::Custom("Id".into()))
}

fn alternates(contact: &Contact) -> Vec<String> {
    match contact.fields.get(&ContactField::AlternateEmails) {
        Some(FieldValue::List(all)) => all.iter().map(|one| one.to_lowercase()).collect(),
        _ => Vec::new(),
    }
}

/// Whether everybody who is to be served has a contact in use, once everything was planned and answered. One that is not in
/// use may stay so by the policy.
pub fn everybody_is_served(story: &Story) -> Result<(), String> {
    let contacts = story.psa().contacts_now();
    for (person, account) in story.accounts.iter().enumerate() {
        let Some(account) = account.as_ref().filter(|account| account.in_use()) else { continue };
        // Where several have one address, nobody is made a contact with it.
        let mut others = story.accounts.iter().flatten().filter(|other| other.object != account.object);
        if others.any(|other| account.addresses().any(|address| other.has(address))) {
            continue;
        }
        // So it is where another tenant keeps a contact with it, or one that is not in use stays so.
        let has_it = |contact: &&Contact| account.has(&text(contact, &ContactField::Email));
        let kept = story.setting.two_tenants || story.setting.reactivate != Reactivate::Any;
        let of_others = |contact: &Contact| {
            story.belongs.get(&contact.id) != Some(&person) && (kept || is_active(contact))
        };
        if contacts.iter().filter(has_it).any(of_others) {
            continue;
        }
        let mut theirs = contacts
            .iter()
            .filter(|contact| story.is_here(contact) && story.belongs.get(&contact.id) == Some(&person));
        let may_stay = |contact: &Contact| story.setting.reactivate != Reactivate::Any || is_active(contact);
        if !theirs.any(may_stay) {
            return Err(format!("person {person} is there and served by nobody"));
        }
    }
    Ok(())
}

impl Before {
    pub async fn of(story: &Story) -> Self {
        Self { contacts: contacts(story), links: all_links(story).await }
    }

    /// Whether anything but the truth says that a contact is that of an account.
    fn shows(&self, story: &Story, contact: &Contact, account: &Account) -> bool {
        let setting = &story.setting;
        let mail = text(contact, &ContactField::Email);
        let by_address = account.mail == mail
            || (setting.aliases_match
                && (account.has(&mail) || alternates(contact).iter().any(|other| account.has(other))));
        let by_immutable = self.links_of(&contact.id).any(|link| {
            link.immutable_id.is_some() && link.immutable_id.as_deref() == account.immutable.as_deref()
        });
        by_address || self.is_tied(story, contact, account) || by_immutable
    }

    /// Whether a link or the id it holds says that a contact is that of an account.
    fn is_tied(&self, story: &Story, contact: &Contact, account: &Account) -> bool {
        let by_id = story.setting.id_field && stored_id(contact) == account.object;
        by_id || self.links_of(&contact.id).any(|link| link.source_id.object_id() == account.object)
    }

    fn links_of<'a>(&'a self, contact: &'a ContactId) -> impl Iterator<Item = &'a Link> {
        self.links.iter().flat_map(move |links| links.links.of_contact(contact))
    }

    /// Looks at what a run did. Learns whose the contacts are that it made. Where a write failed, two people who change
    /// addresses may both have one until the next run.
    pub async fn check(
        &self,
        story: &mut Story,
        tenant: usize,
        plan: Option<&Plan>,
        failed: bool,
    ) -> Result<(), String> {
        let after = contacts(story);
        let links = all_links(story).await;
        for contact in after.values().filter(|contact| !self.contacts.contains_key(&contact.id)) {
            self.a_new_one(story, tenant, contact, plan)?;
        }
        for link in links.iter().flat_map(|links| links.links.values()) {
            self.nobody_has_the_contact_of_somebody_else(story, &link.source_id, &link.contact_id, true)?;
        }
        for decision in plan.into_iter().flat_map(|plan| plan.decisions.changes()) {
            let writes = !matches!(decision.change.action(), Action::Hold | Action::NoOp);
            if let (true, Subject::User(user), Some(contact)) =
                (writes, &decision.subject, decision.change.contact())
            {
                self.nobody_has_the_contact_of_somebody_else(story, user, contact, !failed)?;
            }
        }
        for contact in after.values() {
            let was_active = self.contacts.get(&contact.id).is_some_and(is_active);
            if was_active && !is_active(contact) {
                self.nobody_who_is_there_is_deactivated(story, tenant, &after, contact, plan)?;
            }
        }
        if !failed {
            self.no_address_twice(story, &after, plan)?;
        }
        let mut linked: BTreeSet<&ContactId> = BTreeSet::new();
        let present: BTreeSet<&str> = story.accounts.iter().flatten().map(|a| a.object.as_str()).collect();
        let links = links.iter().flat_map(|links| links.links.values());
        for link in links.filter(|link| present.contains(link.source_id.object_id())) {
            if !linked.insert(&link.contact_id) {
                return Err(format!("two people who are there are linked to contact {}", link.contact_id));
            }
        }
        Ok(())
    }

    fn a_new_one(
        &self,
        story: &mut Story,
        tenant: usize,
        contact: &Contact,
        plan: Option<&Plan>,
    ) -> Result<(), String> {
        let surname = text(contact, &ContactField::LastName);
        let Some(person) = (0..story.accounts.len()).find(|person| name(*person).to_lowercase() == surname)
        else {
            return Err(format!("a contact for nobody: {surname}"));
        };
        story.belongs.insert(contact.id.clone(), person);
        let Some(account) = story.accounts[person].as_ref().filter(|account| account.tenant == tenant) else {
            return Err(format!("contact {} was made for person {person}, who is not there", contact.id));
        };
        let other = self.contacts.values().find(|other| {
            story.belongs.get(&other.id) == Some(&person)
                && story.is_here(other)
                && self.shows(story, other, account)
        });
        match other.filter(|_| !Self::was_said(story, plan, &contact.id)) {
            Some(other) => {
                Err(format!("person {person} has contact {} and got {} as well", other.id, contact.id))
            }
            None => Ok(()),
        }
    }

    fn nobody_has_the_contact_of_somebody_else(
        &self,
        story: &mut Story,
        user: &SourceAnchor,
        contact: &ContactId,
        confirmed: bool,
    ) -> Result<(), String> {
        let Some(person) = story.objects.get(user.object_id()).copied() else { return Ok(()) };
        let Some(belongs) = story.belongs.get(contact).copied() else { return Ok(()) };
        if person == belongs {
            story.managed.insert(contact.clone());
            return Ok(());
        }
        // Nobody can know whose a contact is that nothing ties to its person (any more), and that has the address of somebody
        // else; where the write was not confirmed, it is that person's from then on.
        let fair = self.contacts.get(contact).is_some_and(|seen| {
            let id = stored_id(seen);
            let object = user.object_id();
            let tied = story.managed.contains(contact) && self.links_of(contact).next().is_some();
            let other_id = story.setting.id_field && !id.is_empty() && id != object;
            let account = story.accounts[person].as_ref();
            !tied && !other_id && account.is_some_and(|account| self.shows(story, seen, account))
        });
        if fair {
            story.mistaken.insert((contact.clone(), person));
        }
        if !story.mistaken.contains(&(contact.clone(), person)) {
            return Err(format!("contact {contact} of person {belongs} was given to person {person}"));
        }
        if !confirmed {
            return Ok(());
        }
        story.belongs.insert(contact.clone(), person);
        story.managed.insert(contact.clone());
        Ok(())
    }

    fn nobody_who_is_there_is_deactivated(
        &self,
        story: &Story,
        tenant: usize,
        after: &BTreeMap<ContactId, Contact>,
        contact: &Contact,
        plan: Option<&Plan>,
    ) -> Result<(), String> {
        let Some(person) = story.belongs.get(&contact.id) else { return Ok(()) };
        let Some(account) = story.accounts[*person].as_ref().filter(|account| account.in_use()) else {
            return Ok(());
        };
        // One tenant knows of the people of another one what is linked or written on contacts, and not their addresses.
        let shows = |before: &Contact| match account.tenant == tenant {
            true => self.shows(story, before, account),
            false => self.is_tied(story, before, account),
        };
        if !self.contacts.get(&contact.id).is_some_and(shows) {
            return Ok(());
        }
        let served = after.values().any(|other| {
            other.id != contact.id
                && story.belongs.get(&other.id) == Some(person)
                && is_active(other)
                // Somebody said that the person moves; the new contact may have been taken elsewhere since it was read.
                && (story.is_here(other) || Self::was_said(story, plan, &contact.id))
        });
        if served {
            return Ok(());
        }
        Err(format!("contact {} of person {person}, who is there, was deactivated", contact.id))
    }

    fn no_address_twice(
        &self,
        story: &Story,
        after: &BTreeMap<ContactId, Contact>,
        plan: Option<&Plan>,
    ) -> Result<(), String> {
        let mut by_address: BTreeMap<String, Vec<&Contact>> = BTreeMap::new();
        for contact in after.values().filter(|contact| story.is_here(contact) && is_active(contact)) {
            let mail = text(contact, &ContactField::Email);
            if !mail.is_empty() {
                by_address.entry(mail).or_default().push(contact);
            }
        }
        for (mail, all) in by_address.into_iter().filter(|(_, all)| all.len() > 1) {
            let new = all.iter().find(|contact| {
                let old = self.contacts.get(&contact.id);
                let is_new_to_it = old.is_none_or(|old| text(old, &ContactField::Email) != mail);
                // A person may be in two companies of the tenant.
                let beside_it =
                    all.iter().any(|other| other.id != contact.id && other.company == contact.company);
                is_new_to_it || beside_it && old.is_none_or(|old| !is_active(old))
            });
            if let Some(new) = new
                && !all.iter().any(|contact| Self::was_said(story, plan, &contact.id))
            {
                return Err(format!("contact {} got {mail}, which another active one has", new.id));
            }
        }
        Ok(())
    }

    /// Whether somebody answered that a contact is to be made or changed like this.
    fn was_said(story: &Story, plan: Option<&Plan>, contact: &ContactId) -> bool {
        let person = story.belongs.get(contact);
        plan.into_iter().flat_map(|plan| plan.decisions.changes()).any(|decision| {
            let about = match &decision.subject {
                Subject::User(user) => story.objects.get(user.object_id()) == person,
                Subject::Contact(about) => about == contact,
            };
            about && decision.reason.code() == "reviewed"
        })
    }
}
