//! Whose object id a contact holds.
//!
//! The id is written with every link, so a linked contact that holds somebody else's speaks against the link: another tool or a
//! technician put it there, or a later run of which nothing is remembered, because the state was restored from an older copy.

use super::{Reason, Subject, decide::Pair, planner::Planner};
use crate::{
    model::{ContactId, SourceAnchor},
    review::Answer,
    snapshot::ContactView,
};

impl<'a> Planner<'a> {
    /// Why nothing is done to a contact on the strength of its link: it holds the object id of another user in the read.
    pub(super) fn claimed_by_id(&self, pair: Pair<'a>) -> Option<Reason> {
        if pair.pinned.is_some() || !pair.is_linked() {
            return None;
        }
        let text = self.id_on(pair.contact).filter(|id| !pair.user.is_known_as(id))?;
        let (user, other) = (pair.user.anchor(), self.user_known_as(text)?);
        if self.was_kept(&user, &other, pair.contact) {
            return None;
        }
        let mut users = vec![user, other];
        users.sort();
        Some(Reason::ClaimedTwice { users, contacts: vec![ContactId::new(pair.contact.id())] })
    }

    /// The user in the read whose object id a contact holds in the policy's own field.
    pub(super) fn named_by_id(&self, contact: ContactView<'a>) -> Option<SourceAnchor> {
        self.user_known_as(self.id_on(contact)?)
    }

    /// Whether a person who was told of the other user said that the contact stays where it is linked.
    fn was_kept(&self, user: &SourceAnchor, other: &SourceAnchor, contact: ContactView<'a>) -> bool {
        let last = self.input.reviews.about(&Subject::User(user.clone())).find(|r| r.spent_at.is_none());
        last.is_some_and(|review| {
            let this = matches!(&review.answer, Answer::Pin { contact: to } if to.as_str() == contact.id());
            this && review.asked.users.contains(other)
        })
    }

    fn id_on(&self, contact: ContactView<'a>) -> Option<&'a str> {
        let text = contact.text(self.input.policy.id_field.as_ref()?).text()?.trim();
        (!text.is_empty()).then_some(text)
    }

    fn user_known_as(&self, id: &str) -> Option<SourceAnchor> {
        let users = self.input.users;
        let lower = id.to_lowercase();
        let found = [id, lower.as_str()].into_iter().find_map(|id| {
            if id.contains(':') {
                return users.place_of(id);
            }
            users.directories().find_map(|directory| users.place_of(&format!("{directory}{id}")))
        });
        found.and_then(|place| users.get(place)).map(|user| user.anchor())
    }
}
