//! Contacts that a person gave to users: before every rule, and only where the answer still fits.

use super::{Owner, Pairing, place, stages::Matcher};
use crate::{
    model::{ContactId, SourceAnchor},
    plan::{
        Subject,
        input::PlanInput,
        planner::{Absence, absence},
        scope::Standing,
    },
    policy::MatchRule,
    review::Review,
    store::Link,
};
use std::collections::{BTreeMap, BTreeSet};

/// What became of the pins of one plan.
#[derive(Default)]
pub(crate) struct Pins<'a> {
    /// Users who have their contact by an answer that no link says yet.
    pub(crate) in_force: BTreeMap<u32, &'a Review>,
    /// Users whose answer does not fit, and why.
    pub(crate) misfits: BTreeMap<u32, (&'a Review, String)>,
}

/// A pin that could be.
struct Claim<'a> {
    contact: u32,
    user: u32,
    review: &'a Review,
    /// The user's link says the same, and no other link says otherwise.
    linked: bool,
    /// Users in the read who are linked to the contact, and have to be given another one in the same plan.
    holders: Vec<u32>,
}

impl<'a> Matcher<'a, '_> {
    /// Gives users the contacts they were pinned to. Of several who were given one contact the latest answer counts, and
    /// none where that is not one.
    pub(super) fn by_review(&mut self, input: &PlanInput<'a>) {
        let mut claims = Vec::new();
        for (review, contact) in input.reviews.pins() {
            let Subject::User(anchor) = &review.subject else { continue };
            let Some(user) = input.users.place_of(anchor.as_str()).map(place) else { continue };
            match self.claim_of(input, (user, anchor), contact, review) {
                Ok(claim) => claims.push(claim),
                Err(why) => {
                    self.pins.misfits.insert(user, (review, why));
                }
            }
        }
        claims.sort_by_key(|claim| (claim.contact, std::cmp::Reverse(claim.review.at), claim.user));
        let mut given: BTreeMap<u32, &Claim<'a>> = BTreeMap::new();
        for group in claims.chunk_by(|a, b| a.contact == b.contact) {
            let [first, others @ ..] = group else { continue };
            let tied = others.first().is_some_and(|second| second.review.at == first.review.at);
            if !tied {
                given.insert(first.user, first);
            }
            for claim in if tied { group } else { others } {
                let why = "the contact was given to another user as well".to_owned();
                self.pins.misfits.insert(claim.user, (claim.review, why));
            }
        }
        // Whom this run leaves alone stays where it is, too.
        let left_alone = |user: &u32| match self.standings.get(*user as usize) {
            Some(Standing::Excluded(rule)) => rule.is_of_the_run(),
            Some(_) | None => false,
        };
        for (claim, holder) in kept_by_their_holders(&mut given, left_alone) {
            let id = self.contacts.get(claim.contact as usize).map_or("", |contact| contact.id());
            let whom = self.users.get(holder as usize).map(|user| user.anchor().to_string());
            let why = format!(
                "contact {id} is linked to {}, who keeps it until an answer gives that user another contact",
                whom.unwrap_or_default()
            );
            self.pins.misfits.insert(claim.user, (claim.review, why));
        }
        for claim in given.into_values() {
            self.give(input, claim);
        }
    }

    /// The claim of a user to a contact that can be given, and whether a link says so already.
    fn claim_of(
        &self,
        input: &PlanInput<'a>,
        (user, anchor): (u32, &SourceAnchor),
        contact: &ContactId,
        review: &'a Review,
    ) -> Result<Claim<'a>, String> {
        let Some(at) = self.contacts.place_of(contact.as_str()) else {
            return Err(format!("contact {contact} is gone, or in a company that is not read here"));
        };
        if self.owners.get(at) == Some(&Owner::Elsewhere) {
            return Err(format!("contact {contact} is kept by another tenant or tool"));
        }
        if self.owners.get(at) == Some(&Owner::LetGo)
            && let Some(theirs) = input.linked_elsewhere.of_somebody_gone(contact)
            && !review.asked.users.contains(&theirs.source_id)
        {
            return Err(format!(
                "contact {contact} is linked to {} in another tenant by now: `relink` takes it over",
                theirs.source_id
            ));
        }
        let mut linked = false;
        let mut taken_over = false;
        let mut holders = Vec::new();
        for link in input.links.links.of_contact(contact) {
            if link.source_id == *anchor {
                linked = true;
                continue;
            }
            if !review.asked.users.contains(&link.source_id) {
                let whom = &link.source_id;
                return Err(format!("contact {contact} is linked to {whom} by now: `relink` takes it over"));
            }
            // The person was told whose it was.
            taken_over = true;
            // Where the question named somebody present, that user's link goes. Nobody else is left without a contact.
            if review.asked.is_asked() && !review.asked.is_about_the_absent() {
                continue;
            }
            match self.users.place_of(link.source_id.as_str()) {
                Some(holder) => holders.push(place(holder)),
                None if absence(input) == Absence::Proven => {}
                None => {
                    return Err(format!(
                        "contact {contact} is linked to {}, and this read does not prove that the user is gone",
                        link.source_id
                    ));
                }
            }
        }
        let linked = linked && !taken_over;
        Ok(Claim { contact: place(at), user, review, linked, holders })
    }

    fn give(&mut self, input: &PlanInput<'a>, claim: &Claim<'a>) {
        let Claim { contact, user, review, linked, holders: _ } = *claim;
        if linked {
            return;
        }
        if let Some(owner) = self.owners.get_mut(contact as usize) {
            *owner = Owner::User(user);
        }
        self.set(user, Pairing::Paired { contact, rule: MatchRule::Link });
        self.pins.in_force.insert(user, review);
        let id = self.contacts.get(contact as usize).map(|contact| ContactId::new(contact.id()));
        let others = id.as_ref().and_then(|id| other_link(input, id, review));
        if let Some(link) = others {
            self.relinked.insert(user, link);
        }
    }

    /// Whether the place of a user or of a contact was settled by a pin.
    pub(super) fn is_pinned(&self, user: u32) -> bool {
        self.pins.in_force.contains_key(&user)
    }
}

/// The first link of a contact to somebody else than the subject of an answer.
fn other_link<'a>(input: &PlanInput<'a>, contact: &ContactId, review: &Review) -> Option<&'a Link> {
    let links: &'a crate::store::Links = &input.links.links;
    let other =
        links.of_contact(contact).find(|link| Subject::User(link.source_id.clone()) != review.subject);
    match other {
        Some(other) => links.get(&other.source_id),
        None => input.linked_elsewhere.of_somebody_gone(contact),
    }
}

/// Takes out the claims to contacts whose holders are given no other one, and those that depend on them; answers each with
/// a holder. Two people who change contacts with each other, or several in a ring, let each other go.
fn kept_by_their_holders<'c, 'a>(
    given: &mut BTreeMap<u32, &'c Claim<'a>>,
    left_alone: impl Fn(&u32) -> bool,
) -> Vec<(&'c Claim<'a>, u32)> {
    let mut waiting: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut staying: Vec<u32> = Vec::new();
    for claim in given.values() {
        for holder in &claim.holders {
            waiting.entry(*holder).or_default().push(claim.user);
            if !given.contains_key(holder) || left_alone(holder) {
                staying.push(*holder);
            }
        }
    }
    let mut kept = Vec::new();
    let mut seen: BTreeSet<u32> = BTreeSet::new();
    while let Some(holder) = staying.pop() {
        if !seen.insert(holder) {
            continue;
        }
        for user in waiting.get(&holder).into_iter().flatten() {
            if let Some(claim) = given.remove(user) {
                kept.push((claim, holder));
                staying.push(*user);
            }
        }
    }
    kept
}
