//! Decisions that a person answered: what the answer makes of them, and when it does not fit any more.

use super::{
    Change, Learned, LinkState, Reason, Subject,
    decide::Verdict,
    decisions::ChangeParts,
    downgrade::Downgrades,
    input::PlanInput,
    matching::{Owner, Pairing, place},
    planner::Planner,
    scope::Standing,
    unlinked::LeftBehind,
};
use crate::{
    model::ContactId,
    policy::{Departed, MatchRule},
    review::{Answer, Review, Situation},
    snapshot::{ContactView, UserView},
};
use std::collections::BTreeSet;

/// The reason that cites an answer.
pub(super) fn cite(review: &Review) -> Reason {
    Reason::Reviewed {
        review: Some(review.id.clone()),
        answer: review.answer.as_str().to_owned(),
        at: Some(review.at),
    }
}

/// Marks the users whom a person said to leave alone.
pub(super) fn mark_ignored(input: &PlanInput<'_>, standings: &mut [Standing]) {
    if input.run.migrate_from.is_some() {
        // A link of somebody who is left alone must move as well.
        return;
    }
    for review in input.reviews.standing().filter(|review| review.answer == Answer::Ignore) {
        if let Subject::User(anchor) = &review.subject
            && let Some(standing) = input.users.place_of(anchor.as_str()).and_then(|at| standings.get_mut(at))
        {
            *standing = Standing::Ignored;
        }
    }
}

/// What an answer makes of a held decision.
struct Done<'a> {
    change: ChangeParts<'a>,
    /// The reason in place of the citation, where something else holds the decision.
    instead: Option<Reason>,
}

impl<'a> From<ChangeParts<'a>> for Done<'a> {
    fn from(change: ChangeParts<'a>) -> Self {
        Self { change, instead: None }
    }
}

/// A user at a place, for answers about one.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub(super) place: u32,
    pub(super) user: UserView<'a>,
}

impl<'a> Planner<'a> {
    /// The users in the read who wait for nobody any more, because a person said what they are not.
    pub(super) fn settled_by_review(&self) -> BTreeSet<u32> {
        let mut settled = BTreeSet::new();
        for review in self.input.reviews.standing() {
            let Subject::User(anchor) = &review.subject else { continue };
            let Some(at) = self.input.users.place_of(anchor.as_str()) else { continue };
            let (Some(user), Some(pairing)) = (self.input.users.get(at), self.matches.pairings.get(at))
            else {
                continue;
            };
            let stands = match review.answer {
                Answer::Ignore => true,
                Answer::Reject | Answer::Create => self
                    .conflict(place(at), user, pairing)
                    .is_some_and(|reason| Situation::of(&reason, None) == review.asked),
                Answer::Accept | Answer::Pin { .. } => false,
            };
            if stands {
                settled.insert(place(at));
            }
        }
        settled
    }

    /// A decision as the answer to it says, where it was held and there is one that fits.
    pub(super) fn answered(
        &self,
        subject: &Subject,
        asked: Option<Asked<'a>>,
        verdict: Verdict<'a>,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        let ChangeParts::Other(Change::Hold { proposed }) = &verdict.change else { return verdict };
        if self.input.run.migrate_from.is_some() {
            return verdict;
        }
        let name = asked.map_or("", |asked| asked.user.principal_name());
        if let Some((review, why)) = asked.and_then(|asked| self.matches.pins.misfits.get(&asked.place)) {
            downgrades.outdated(review, name, why);
        }
        let now = Situation::of(&verdict.reason, proposed.as_deref());
        let topic = now.topic();
        let mut answers = self.input.reviews.about(subject).filter(|review| review.spent_at.is_none());
        let answer = answers.find(|review| {
            // A pin was looked at before anything was decided.
            let decides = !matches!(review.answer, Answer::Pin { .. });
            decides && (review.answer == Answer::Ignore || review.asked.topic() == topic)
        });
        let Some(review) = answer else { return verdict };
        if review.answer != Answer::Ignore && review.asked != now {
            downgrades.outdated(review, name, &review.asked.difference(&now));
            return verdict;
        }
        match self.carry_out(review, asked, &verdict, downgrades) {
            // An earlier create of the same person is a question of its own.
            Ok(Done { change, instead: Some(reason) }) => {
                Verdict { company: verdict.company, change, learned: Learned::default(), reason }
            }
            Ok(Done { change, instead: None }) => Verdict {
                company: verdict.company,
                change,
                learned: Learned::default(),
                reason: cite(review),
            },
            Err(why) => {
                downgrades.outdated(review, name, &why);
                verdict
            }
        }
    }

    /// A decision that would give a user a contact of which a person said otherwise is held: once the other contacts of a
    /// question are gone, the last one fits alone.
    pub(super) fn not_against_an_answer(
        &self,
        asked: Asked<'a>,
        verdict: Verdict<'a>,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        if self.input.run.migrate_from.is_some() {
            return verdict;
        }
        let linked = self.matches.links.get(asked.place as usize).copied().flatten().is_some();
        let contact = match &verdict.change {
            ChangeParts::Other(change) if !linked => change.contact(),
            ChangeParts::Other(_) | ChangeParts::NoOp { .. } => None,
        };
        let Some(contact) = contact else {
            self.tell_misfit(asked, downgrades);
            return verdict;
        };
        let gives_it =
            |review: &Review| matches!(&review.answer, Answer::Pin { contact: given } if given == contact);
        let speaks_of_it = |review: &&Review| {
            let decides = match &review.answer {
                Answer::Pin { .. } | Answer::Reject | Answer::Create => true,
                Answer::Accept | Answer::Ignore => false,
            };
            let named = review.asked.contacts.contains(contact) || gives_it(review);
            decides && named && review.spent_at.is_none()
        };
        let subject = Subject::User(asked.user.anchor());
        // The latest word about the contact counts.
        let last = self.input.reviews.about(&subject).find(speaks_of_it);
        let Some(review) = last.filter(|review| !gives_it(review)) else {
            self.tell_misfit(asked, downgrades);
            return verdict;
        };
        let reason = Reason::Ambiguous { contacts: vec![contact.clone()] };
        let misfit = self.matches.pins.misfits.get(&asked.place).map(|(_, why)| why.clone());
        let why = misfit.unwrap_or_else(|| review.asked.difference(&Situation::of(&reason, None)));
        downgrades.outdated(review, asked.user.principal_name(), &why);
        Verdict::hold(verdict.company, None, reason)
    }

    /// Says why the last answer about a user gives no contact, though nothing about the user is held.
    fn tell_misfit(&self, asked: Asked<'a>, downgrades: &mut Downgrades) {
        let Some((review, why)) = self.matches.pins.misfits.get(&asked.place) else { return };
        let last = self.input.reviews.about(&review.subject).next();
        if last.is_some_and(|last| last.id == review.id) {
            downgrades.outdated(review, asked.user.principal_name(), why);
        }
    }

    /// What an answer makes of a held decision; `Err` says why it cannot.
    fn carry_out(
        &self,
        review: &Review,
        asked: Option<Asked<'a>>,
        verdict: &Verdict<'a>,
        downgrades: &mut Downgrades,
    ) -> Result<Done<'a>, String> {
        let proposed = match &verdict.change {
            ChangeParts::Other(Change::Hold { proposed }) => proposed.as_deref(),
            ChangeParts::Other(_) | ChangeParts::NoOp { .. } => None,
        };
        match (&review.answer, proposed, asked) {
            (Answer::Reject | Answer::Ignore, ..) => Ok(self.nothing_done(&review.subject, proposed).into()),
            (Answer::Pin { .. }, ..) => Err("the contact cannot be given to the user".to_owned()),
            (Answer::Create, _, Some(asked)) => {
                self.create_beside(asked, verdict, &review.asked.contacts, downgrades)
            }
            (Answer::Create, _, None) => Err("the user is not in the read".to_owned()),
            (Answer::Accept, Some(change), _) => self.accepted(change, &verdict.reason).map(Into::into),
            (Answer::Accept, None, Some(asked)) if self.is_move(asked, &verdict.reason) => {
                self.create_beside(asked, verdict, &review.asked.contacts, downgrades)
            }
            (Answer::Accept, None, _) if matches!(verdict.reason, Reason::OtherCompany { .. }) => Err(
                "no link says that the contact is the user's: pin it first, and accept what is asked then"
                    .to_owned(),
            ),
            (Answer::Accept, None, _) => Err("nothing is proposed that could be done".to_owned()),
        }
    }

    fn accepted(&self, change: &Change, reason: &Reason) -> Result<ChangeParts<'a>, String> {
        if let Reason::RequiredField { field } = reason {
            return Err(format!("the PSA requires {field}, and there is none to write"));
        }
        let switches = matches!(change, Change::Deactivate { .. } | Change::Reactivate { .. });
        if switches && !self.can_write_active() {
            return Err("the PSA cannot change whether a contact is active".to_owned());
        }
        Ok(ChangeParts::Other(change.clone()))
    }

    /// Whether the user's own linked contact is in another company, so that accepting means a new one in this company.
    fn is_move(&self, asked: Asked<'_>, reason: &Reason) -> bool {
        let link = self.matches.links.get(asked.place as usize).copied().flatten();
        matches!((reason, link), (Reason::OtherCompany { contacts, companies }, Some(link))
            if !companies.is_empty() && contacts.contains(&link.contact_id))
    }

    fn create_beside(
        &self,
        asked: Asked<'a>,
        verdict: &Verdict<'a>,
        beside: &[ContactId],
        downgrades: &mut Downgrades,
    ) -> Result<Done<'a>, String> {
        if verdict.company.is_none() {
            return Err("the user goes to no company".to_owned());
        }
        let made = self.create(verdict.company, asked.user, Some(beside), downgrades);
        match made.change {
            ChangeParts::Other(change @ Change::Create { .. }) => {
                let change = self.beside_others(change, asked)?;
                Ok(ChangeParts::Other(change).into())
            }
            ChangeParts::Other(change)
                if matches!(made.reason, Reason::Grace | Reason::Indeterminate { .. }) =>
            {
                Ok(Done { change: ChangeParts::Other(change), instead: Some(made.reason) })
            }
            ChangeParts::Other(_) | ChangeParts::NoOp { .. } => {
                Err(format!("no contact can be created: {}", made.reason))
            }
        }
    }

    /// Nothing happens; a link that exists stays.
    fn nothing_done(&self, subject: &Subject, proposed: Option<&Change>) -> ChangeParts<'a> {
        let contact = match (subject, proposed) {
            (Subject::Contact(id), _) => Some(id),
            (Subject::User(_), Some(change)) if change.link() == Some(LinkState::Existing) => {
                change.contact()
            }
            (Subject::User(_), _) => None,
        };
        let at = contact.and_then(|id| self.input.contacts.place_of(id.as_str()));
        let contact = at.and_then(|at| self.input.contacts.get(at)).map(|contact| contact.id());
        let linked = contact.is_some_and(|id| {
            let id = ContactId::new(id);
            self.input.links.links.of_contact(&id).next().is_some()
        });
        ChangeParts::NoOp { contact, link: if linked { LinkState::Existing } else { LinkState::None } }
    }

    /// Contacts that a move between companies left: their person has a contact in use in the right company by now, and a person
    /// accepted the move. In ascending order of place.
    pub(super) fn left_behind(&self) -> Vec<(u32, LeftBehind<'a>)> {
        let mut left = Vec::new();
        let reviews = self.input.reviews;
        if self.input.run.migrate_from.is_some() {
            return left;
        }
        let ours = self.input.tenant.companies();
        for review in reviews.standing() {
            let moves = review.answer == Answer::Accept && review.asked.code == "other_company";
            let Subject::User(anchor) = &review.subject else { continue };
            let Some(user) = self.input.users.place_of(anchor.as_str()).filter(|_| moves) else { continue };
            let Some(Pairing::Paired { contact: now, rule: MatchRule::Link }) =
                self.matches.pairings.get(user)
            else {
                continue;
            };
            let new = self.input.contacts.get(*now as usize);
            let company = self.companies.get(user).copied().flatten();
            let serves = |new: ContactView<'_>| new.company() == company && new.active() != Some(false);
            if company.is_none() || !new.is_some_and(serves) {
                continue;
            }
            for old in &review.asked.contacts {
                let Some(at) = self.input.contacts.place_of(old.as_str()) else { continue };
                let Some(contact) = self.input.contacts.get(at) else { continue };
                let free = place(at) != *now && self.matches.owners.get(at) == Some(&Owner::Free);
                let ours = contact.company().is_some_and(|company| ours.contains(company));
                let unlinked = self.input.links.links.of_contact(old).next().is_none();
                if free && ours && unlinked && contact.active() != Some(false) {
                    left.push((place(at), LeftBehind { review, successor: *now }));
                }
            }
        }
        left.sort_by_key(|(place, _)| *place);
        left.dedup_by_key(|(place, _)| *place);
        left
    }

    /// The decision about a contact that a move left: it is deactivated, unless something protects it.
    pub(super) fn decide_left_behind(
        &self,
        at: u32,
        left: LeftBehind<'a>,
        downgrades: &mut Downgrades,
    ) -> Option<Verdict<'a>> {
        let contact = self.input.contacts.get(at as usize)?;
        let why = cite(left.review);
        let (mut change, reason) =
            self.deactivation(contact, LinkState::None, Departed::Deactivate, why, downgrades);
        let planned = match &mut change {
            ChangeParts::Other(Change::Hold { proposed }) => proposed.as_deref_mut(),
            ChangeParts::Other(change) => Some(change),
            ChangeParts::NoOp { .. } => None,
        };
        if let Some(Change::Deactivate { successor, .. }) = planned {
            *successor = self.input.contacts.get(left.successor as usize).map(|c| ContactId::new(c.id()));
        }
        Some(Verdict { company: contact.company(), change, learned: Learned::default(), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::TenantName;
    use chrono::DateTime;

    #[test]
    fn an_answer_is_cited_with_its_word_and_its_day() {
        let subject = Subject::Contact(ContactId::new("7"));
        let asked = Situation::of(&Reason::Protected, None);
        let tenant = TenantName::new("t");
        let review = Review::new(&tenant, subject, asked, Answer::Reject, DateTime::UNIX_EPOCH);
        let text = cite(&review).to_string();
        assert!(text.contains("reject") && text.contains("1970-01-01"), "{text}");
        assert!(text.contains(review.id.as_str()), "{text}");
    }
}
