//! The decision about a user in scope who has a contact.

use super::{
    Change, Learned, LinkState, Reason,
    decide::{Pair, Verdict, left_alone},
    decisions::ChangeParts,
    document::{Instead, Wanted},
    downgrade::Downgrades,
    fields::Diff,
    planner::Planner,
    reviewed::cite,
    scope::Rule,
};
use crate::{
    model::{CompanyId, ContactField, ContactId},
    policy::Reactivate,
};

/// The code of the reason for which a contact is inactive that a person took back.
const UNDONE: &str = "undone";

impl<'a> Planner<'a> {
    /// A user in scope with a contact.
    pub(super) fn managed_pair(
        &self,
        company: Option<&'a CompanyId>,
        pair: Pair<'a>,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        let Pair { place: _, user, contact, rule, link, state, pinned } = pair;
        // Made only where something is to be done.
        let id = || ContactId::new(contact.id());
        if let Some(actual) = contact.company()
            && Some(actual) != company
        {
            if let Some(review) = pinned.filter(|_| self.input.tenant.goes_to(actual)) {
                // Whose it is was said, and is kept; what to do about the company is the next question.
                let change = Change::Link { contact: id(), link: state, expect: self.fingerprint(contact) };
                let (change, learned) = (ChangeParts::Other(change), Learned::default());
                return Verdict { company, change, learned, reason: cite(review) };
            }
            let reason = Reason::OtherCompany { contacts: vec![id()], companies: vec![actual.clone()] };
            return Verdict::hold(company, None, reason);
        }
        let diff = if self.update_existing {
            self.fields.diff(user, contact, link, downgrades)
        } else {
            Diff::default()
        };
        if contact.active() == Some(false) {
            return self.inactive_pair(company, pair, id(), diff, downgrades);
        }
        let Diff { mut fields, learned, in_vain } = diff;
        if self.update_existing {
            fields.extend(self.fields.pin(link));
        }
        let claimed = if fields.is_empty() { None } else { self.claimed_by_id(pair) };
        let conflict = || self.address_conflict(pair.place, user, contact, &fields);
        if let Some(reason) = claimed.or_else(conflict) {
            let expect = self.fingerprint(contact);
            let proposed = Change::Update { contact: id(), link: state, fields, expect };
            return Verdict::hold(company, Some(proposed), reason);
        }
        // Somebody made it active again; from now on it is no longer inactive by this tool's doing.
        let returned = state == LinkState::Existing && link.is_some_and(|l| l.deactivated_by_us);
        if returned && self.update_existing {
            fields.extend(self.fields.without_note(contact));
        }
        if let Some(reason) = self.unmarked(pair) {
            let expect = self.fingerprint(contact);
            let proposed = Change::Update { contact: id(), link: state, fields, expect };
            return Verdict::hold(company, Some(proposed), reason);
        }
        let reason = match (state, link) {
            _ if pinned.is_some() => pinned.map_or(Reason::NoMatch, cite),
            (LinkState::Relink, Some(old)) => Reason::Relink { from: old.source_id.clone() },
            (LinkState::New | LinkState::Relink, _) => Reason::Matched { rule },
            (LinkState::Existing | LinkState::None, _) if !fields.is_empty() => Reason::FieldsDiffer { rule },
            (LinkState::Existing | LinkState::None, _) => match in_vain {
                _ if returned => Reason::Returned,
                Some(field) => Reason::NonConverging { field },
                None => Reason::InSync { rule },
            },
        };
        // The link keeps the id for the day on which the person comes under another object id. Whether there is one is seen
        // without reading either.
        let known = link.is_none_or(|link| link.immutable_id.is_some()) || user.immutable_id().is_none();
        let quiet = !returned && known && learned.sources.is_empty();
        if fields.is_empty() && state == LinkState::Existing && quiet {
            let change = ChangeParts::NoOp { contact: Some(contact.id()), link: state };
            return Verdict { company, change, learned, reason };
        }
        let expect = self.fingerprint(contact);
        let change = if fields.is_empty() {
            Change::Link { contact: id(), link: state, expect }
        } else {
            Change::Update { contact: id(), link: state, fields, expect }
        };
        Verdict { company, change: ChangeParts::Other(change), learned, reason }
    }

    /// A user in scope whose contact is inactive.
    fn inactive_pair(
        &self,
        company: Option<&'a CompanyId>,
        pair: Pair<'a>,
        id: ContactId,
        diff: Diff,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        let Pair { place, user, contact, link, state, .. } = pair;
        let Diff { mut fields, learned, in_vain: _ } = diff;
        fields.extend(self.fields.without_note(contact));
        let proposed =
            Change::Reactivate { contact: id, link: state, fields, expect: self.fingerprint(contact) };
        let wanted = match self.lifecycle().reactivate {
            Reactivate::Any => true,
            // What a person took back stays taken back.
            Reactivate::Ours => {
                link.is_some_and(|l| l.deactivated_by_us && l.deactivated_because.as_deref() != Some(UNDONE))
            }
            Reactivate::Never => false,
        };
        // Gone because the account was disabled, and nobody says that it is not any more.
        let was_disabled =
            link.and_then(|l| l.deactivated_because.as_deref()) == Some(Reason::Disabled.code());
        if wanted && was_disabled && user.enabled().is_none() {
            let reason = Reason::LeftScope { rule: self.scope.unread(Rule::Account, user) };
            return left_alone(company, Some(pair), reason);
        }
        if wanted && !self.can_write_active() {
            downgrades.note(Wanted::Reactivate, Instead::HeldForReview);
            return Verdict::hold(
                company,
                Some(proposed),
                Reason::Unsupported { needs: ContactField::Active },
            );
        }
        if wanted {
            if let Some(reason) = self.unmarked(pair).or_else(|| self.claimed_by_id(pair)) {
                return Verdict::hold(company, Some(proposed), reason);
            }
            if let Some(reason) = self.address_conflict(place, user, contact, proposed.fields()) {
                return Verdict::hold(company, Some(proposed), reason);
            }
            return Verdict {
                company,
                change: ChangeParts::Other(proposed),
                learned,
                reason: Reason::Returned,
            };
        }
        let reason = Reason::Policy { rule: "reactivate".to_owned() };
        if state == LinkState::Existing {
            // Somebody made it inactive on purpose; that stands.
            return left_alone(company, Some(pair), reason);
        }
        Verdict::hold(company, Some(proposed), reason)
    }
}
