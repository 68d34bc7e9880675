//! Pairing by the immutable id: one person under another object id, of the same directory or of another one.

use super::{Owner, Pairing, place, stages::Matcher};
use crate::{
    model::ContactId,
    plan::{input::PlanInput, scope::Standing},
    policy::{Departed, LifecyclePolicy, MatchRule},
    snapshot::{ContactView, UserView},
    store::Link,
};
use std::collections::{BTreeMap, BTreeSet};

impl<'a> Matcher<'a, '_> {
    /// The contacts of people who are not in the read, by the immutable id that their links remember.
    fn absent_people(&self) -> BTreeMap<&'a str, Vec<(u32, &'a Link)>> {
        let mut by_id: BTreeMap<&'a str, Vec<(u32, &'a Link)>> = BTreeMap::new();
        for (contact, link) in &self.absent {
            if let Some(id) = link.immutable_id.as_deref() {
                by_id.entry(id).or_default().push((*contact, link));
            }
        }
        by_id
    }

    /// Pairs users with the contacts of absent links that carry the same immutable id; of several with the one in use.
    pub(super) fn by_immutable_id(&mut self) {
        if self.absent.is_empty() {
            return;
        }
        let by_id = self.absent_people();
        let mut claims = Vec::new();
        for user in self.open() {
            let view = self.users.get(user as usize);
            let Some(id) = view.and_then(UserView::immutable_id) else { continue };
            if self.standings.get(user as usize) != Some(&Standing::InScope) {
                continue;
            }
            match by_id.get(id).map_or(&[][..], Vec::as_slice) {
                [] => {}
                [(contact, link)] => claims.push((*contact, user, *link)),
                several => {
                    let in_use = self.only_one_in_use(several.iter().map(|(contact, _)| *contact));
                    if let Some((contact, link)) = several.iter().find(|(c, _)| Some(*c) == in_use) {
                        claims.push((*contact, user, *link));
                        continue;
                    }
                    let contacts: Vec<u32> = several.iter().map(|(contact, _)| *contact).collect();
                    self.claims.extend(contacts.iter().map(|contact| (*contact, user, false)));
                    self.set(user, Pairing::Ambiguous { contacts });
                }
            }
        }
        claims.sort_unstable_by_key(|(contact, user, _)| (*contact, *user));
        let shared: BTreeSet<u32> = claims
            .chunk_by(|a, b| a.0 == b.0)
            .filter(|g| g.len() > 1)
            .filter_map(|g| Some(g.first()?.0))
            .collect();
        for (contact, user, link) in claims {
            match self.owners.get_mut(contact as usize) {
                Some(owner @ Owner::Absent) if !shared.contains(&contact) => *owner = Owner::Free,
                Some(Owner::Elsewhere) => {
                    self.set(user, Pairing::Elsewhere { contacts: vec![contact] });
                    continue;
                }
                // Two users of one immutable id, or somebody else's id on the contact, speak against taking it over.
                other => {
                    if let Some(owner @ Owner::Absent) = other {
                        *owner = Owner::Contested;
                    }
                    self.set(user, Pairing::ClaimedTwice { contacts: vec![contact] });
                    continue;
                }
            }
            self.absent.remove(&contact);
            self.relinked.insert(user, link);
            self.claims.push((contact, user, true));
        }
        self.settle(MatchRule::ImmutableId);
    }

    /// Users in scope and still unpaired whom another tenant is linked for in a company of this one: a domain and Entra may both be
    /// tenants, and their addresses for one person may differ. Somebody who works for the companies of two tenants has a contact
    /// in each.
    pub(super) fn find_people_elsewhere(&mut self, input: &PlanInput<'_>) {
        let elsewhere = input.linked_elsewhere;
        if elsewhere.knows_nobody() {
            return;
        }
        for user in self.open() {
            let Some(id) = self.unpaired(user as usize).and_then(UserView::immutable_id) else { continue };
            let is_here = |contact: &usize| {
                let company = self.contacts.get(*contact).and_then(ContactView::company);
                company.is_some_and(|company| input.tenant.goes_to(company))
            };
            let place_of = |contact: &ContactId| self.contacts.place_of(contact.as_str());
            let theirs = elsewhere.of_person(id).filter_map(place_of).filter(is_here);
            let contacts: Vec<u32> = theirs.map(place).collect();
            let let_go = |contact: &u32| self.owners.get(*contact as usize) == Some(&Owner::LetGo);
            if contacts.is_empty() {
                continue;
            }
            let all = contacts.iter().all(let_go);
            let pairing =
                if all { Pairing::TakenByAbsent { contacts } } else { Pairing::Elsewhere { contacts } };
            self.set(user, pairing);
        }
    }

    /// Pairs users who are not to be served any more with the contact that somebody of their immutable id is linked to.
    /// After everybody else, so that nobody is held for them; and only where the contact would go by the policy.
    pub(super) fn find_departed(&mut self, lifecycle: &LifecyclePolicy) {
        if self.absent.is_empty() {
            return;
        }
        let by_id = self.absent_people();
        let mut claims: BTreeMap<u32, (&'a Link, Vec<u32>)> = BTreeMap::new();
        for user in self.open() {
            let goes = self.standings.get(user as usize).is_some_and(|standing| goes(standing, lifecycle));
            let id = self.users.get(user as usize).filter(|_| goes).and_then(UserView::immutable_id);
            if let Some([(contact, link)]) = id.and_then(|id| by_id.get(id)).map(Vec::as_slice) {
                claims.entry(*contact).or_insert((*link, Vec::new())).1.push(user);
            }
        }
        for (contact, (link, users)) in claims {
            let active = !self.is_inactive(contact);
            let Some(owner @ Owner::Absent) = self.owners.get_mut(contact as usize) else { continue };
            if let ([user], true) = (users.as_slice(), active) {
                *owner = Owner::User(*user);
                self.absent.remove(&contact);
                self.relinked.insert(*user, link);
                self.set(*user, Pairing::Paired { contact, rule: MatchRule::ImmutableId });
            }
        }
    }
}

/// Whether something becomes of the contact of whoever stands like this.
fn goes(standing: &Standing, lifecycle: &LifecyclePolicy) -> bool {
    let action = match standing {
        Standing::Disabled => lifecycle.disabled,
        Standing::Excluded(rule) if !rule.is_of_the_run() => lifecycle.excluded,
        Standing::OutOfScope(_) => lifecycle.out_of_scope,
        Standing::Unlicensed => lifecycle.license_lost,
        Standing::Excluded(_)
        | Standing::Undecided(_)
        | Standing::Ignored
        | Standing::IncompleteName
        | Standing::Unrouted
        | Standing::InScope => return false,
    };
    action != Departed::Ignore
}
