//! The contact of somebody who is there but not to be served, and what speaks against deactivating one.

use super::{
    Change, Learned, LinkState, Reason,
    decide::{Pair, Verdict, left_alone},
    decisions::ChangeParts,
    document::{Instead, Wanted},
    downgrade::Downgrades,
    matching::place,
    ownership::{Mark, mark, moved_away},
    planner::Planner,
};
use crate::{
    model::{CompanyId, ContactField, ContactId},
    policy::{Departed, MatchRule},
    snapshot::ContactView,
};

impl<'a> Planner<'a> {
    /// The user is there but not to be served: by policy the contact goes, waits for a person, or stays.
    pub(super) fn departed(
        &self,
        company: Option<&'a CompanyId>,
        pair: Option<Pair<'a>>,
        action: Departed,
        reason: Reason,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        // Without a pair by link or id nothing is known to be this person's contact.
        let Some(pair) = pair.filter(|p| p.rule == MatchRule::StoredId || p.is_linked()) else {
            return Verdict::nothing(company, reason);
        };
        // The id in the policy's own field is a link kept on the contact. The vendor's field for foreign ids holds what
        // anybody put there, whether or not the policy has a field of its own.
        let ours = pair.is_linked() || self.holds_id(pair);
        if action == Departed::Ignore || pair.contact.active() == Some(false) || !ours {
            return left_alone(company, Some(pair), reason);
        }
        if let Some(reason) = moved_away(&self.input, pair.contact) {
            return left_alone(company, Some(pair), reason);
        }
        if let Some(reason) = self.claimed_by_id(pair) {
            return Verdict::hold(pair.contact.company(), None, reason);
        }
        let at = self.input.contacts.place_of(pair.contact.id()).map(place);
        if at.is_some_and(|at| self.waited_for.contains(&at)) {
            // Somebody else in the read may be this person under another account.
            let contacts = vec![ContactId::new(pair.contact.id())];
            let reason = Reason::RelinkDecision { contacts, users: vec![pair.user.anchor()] };
            return Verdict::hold(pair.contact.company(), None, reason);
        }
        let (change, reason) = self.deactivation(pair.contact, pair.state, action, reason, downgrades);
        if let (ChangeParts::Other(Change::Deactivate { .. }), Some(why)) = (&change, self.unmarked(pair)) {
            return Verdict::hold(pair.contact.company(), proposal(change), why);
        }
        Verdict { company: pair.contact.company(), change, learned: Learned::default(), reason }
    }

    /// Why a contact that was found by nothing but the id it holds is left alone: marks are asked for, and it has none.
    /// Whoever wrote the id may be another tool.
    pub(super) fn unmarked(&self, pair: Pair<'a>) -> Option<Reason> {
        let unmarked = pair.rule == MatchRule::StoredId && self.lacks_mark(pair.contact);
        unmarked.then(no_mark)
    }

    /// Whether marks are asked for, and the contact has none.
    pub(super) fn lacks_mark(&self, contact: ContactView<'a>) -> bool {
        self.input.policy.ownership.field.is_some() && mark(self.input.policy, contact) == Mark::Blank
    }

    /// Whether the contact holds the user's id in the policy's own field.
    fn holds_id(&self, pair: Pair<'a>) -> bool {
        let Some(field) = &self.input.policy.id_field else { return false };
        pair.contact.text(field).text().is_some_and(|id| pair.user.is_known_as(id))
    }

    /// Deactivates a contact, unless something speaks against it.
    pub(crate) fn deactivation(
        &self,
        contact: ContactView<'a>,
        link: LinkState,
        action: Departed,
        reason: Reason,
        downgrades: &mut Downgrades,
    ) -> (ChangeParts<'a>, Reason) {
        let id = ContactId::new(contact.id());
        let note = format!("{} {}", self.input.as_of.date_naive(), reason.code());
        let fields = self.fields.deactivation_note(contact, &note);
        let expect = self.fingerprint(contact);
        let proposed = Change::Deactivate { contact: id, link, fields, expect, successor: None };
        let hold = |reason| {
            (ChangeParts::Other(Change::Hold { proposed: Some(Box::new(proposed.clone())) }), reason)
        };
        let keep = |reason| (ChangeParts::NoOp { contact: Some(contact.id()), link }, reason);
        match (self.is_kept(contact), self.excluded_type(contact)) {
            (Some(true), _) => return keep(Reason::Protected),
            (_, Ok(Some(excluded))) => {
                return keep(Reason::Policy { rule: format!("excluded_contact_types: {excluded}") });
            }
            // What would protect the contact cannot be read, so nobody knows that it does not.
            (None, _) => return hold(Reason::Policy { rule: "keep_active_field cannot be read".to_owned() }),
            (_, Err(())) => {
                return hold(Reason::Policy { rule: "excluded_contact_types cannot be read".to_owned() });
            }
            (Some(false), Ok(None)) => {}
        }
        if !self.can_write_active() {
            downgrades.note(Wanted::Deactivate, Instead::HeldForReview);
            return hold(Reason::Unsupported { needs: ContactField::Active });
        }
        if contact.protected() {
            return hold(Reason::Protected);
        }
        if self.lifecycle().verified_domains_only && !self.in_own_domain(contact) {
            return hold(Reason::Policy { rule: "verified_domains_only".to_owned() });
        }
        match action {
            Departed::Deactivate => (ChangeParts::Other(proposed), reason),
            Departed::Hold => hold(reason),
            Departed::Ignore => keep(reason),
        }
    }
}

/// Why a contact that holds an id and no mark waits for a person.
pub(super) fn no_mark() -> Reason {
    Reason::Policy { rule: "owner_field: the contact holds the object id but no mark".to_owned() }
}

/// What would be done, where it is written down in full.
pub(super) fn proposal(change: ChangeParts<'_>) -> Option<Change> {
    if let ChangeParts::Other(change) = change { Some(change) } else { None }
}
