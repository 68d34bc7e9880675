//! The decision about a user in scope who has no contact.

use super::{
    Reason,
    decide::Verdict,
    downgrade::Downgrades,
    matching::{MOST_NAMED, Owner, Pairing},
    ownership::foreign,
    planner::Planner,
};
use crate::{
    model::{CompanyId, ContactId, SourceAnchor},
    snapshot::UserView,
};

impl<'a> Planner<'a> {
    /// A user in scope without a contact of its own.
    pub(super) fn unpaired(
        &self,
        place: u32,
        company: Option<&'a CompanyId>,
        user: UserView<'a>,
        pairing: &Pairing,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        match self.conflict(place, user, pairing) {
            None => self.create(company, user, None, downgrades),
            Some(reason) => Verdict::hold(company, None, reason),
        }
    }

    /// Why a user without a contact of its own gets none for now; `None` where one can be created.
    pub(super) fn conflict(&self, place: u32, user: UserView<'a>, pairing: &Pairing) -> Option<Reason> {
        let users = self.input.users;
        let anchors = |places: &[u32]| -> Vec<SourceAnchor> {
            places.iter().filter_map(|u| users.get(*u as usize)).map(UserView::anchor).collect()
        };
        Some(match pairing {
            Pairing::None | Pairing::Paired { .. } => {
                // The person has a contact that was deleted, or moved to a company that is not read here.
                let contacts = match self.matches.links.get(place as usize).copied().flatten() {
                    Some(link) => vec![link.contact_id.clone()],
                    None => self.matches.gone_before.get(&place)?.clone(),
                };
                Reason::OtherCompany { contacts, companies: Vec::new() }
            }
            Pairing::Ambiguous { contacts } => Reason::Ambiguous { contacts: self.contact_ids(contacts) },
            Pairing::ClaimedTwice { contacts } => Reason::ClaimedTwice {
                users: anchors(&self.matches.claimants(contacts, place)),
                contacts: self.contact_ids(contacts),
            },
            Pairing::SourceDuplicate { users } => Reason::SourceDuplicate { users: anchors(users) },
            Pairing::TakenByAbsent { contacts } => Reason::RelinkDecision {
                users: contacts.iter().take(MOST_NAMED).filter_map(|c| self.earlier_user(*c, user)).collect(),
                contacts: self.contact_ids(contacts),
            },
            Pairing::Elsewhere { contacts } => {
                let why = |place: &u32| foreign(&self.input, self.input.contacts.get(*place as usize)?);
                let owner = contacts.iter().find_map(why);
                owner.map_or(Reason::ForeignOwner { owner: String::new() }, Into::into)
            }
            Pairing::OtherCompany { contacts } => Reason::OtherCompany {
                companies: self.companies_of(contacts),
                contacts: self.contact_ids(contacts),
            },
        })
    }

    /// Whose contact it was: by the link, or by the object id it holds.
    fn earlier_user(&self, contact: u32, user: UserView<'_>) -> Option<SourceAnchor> {
        if let Some(link) = self.matches.absent.get(&contact) {
            return Some(link.source_id.clone());
        }
        if self.matches.owners.get(contact as usize) == Some(&Owner::LetGo) {
            let id = ContactId::new(self.input.contacts.get(contact as usize)?.id());
            return Some(self.input.linked_elsewhere.of_somebody_gone(&id)?.source_id.clone());
        }
        let field = self.input.policy.id_field.as_ref()?;
        let id = self.input.contacts.get(contact as usize)?.text(field).text()?.to_owned();
        Some(SourceAnchor::new(if id.contains(':') { id } else { [user.directory(), &id].concat() }))
    }

    /// The ids of contacts, of many the first ones.
    pub(crate) fn contact_ids(&self, contacts: &[u32]) -> Vec<ContactId> {
        contacts
            .iter()
            .take(MOST_NAMED)
            .filter_map(|c| self.input.contacts.get(*c as usize))
            .map(|c| ContactId::new(c.id()))
            .collect()
    }

    fn companies_of(&self, contacts: &[u32]) -> Vec<CompanyId> {
        let mut companies: Vec<CompanyId> = contacts
            .iter()
            .filter_map(|c| self.input.contacts.get(*c as usize)?.company().cloned())
            .collect();
        companies.sort();
        companies.dedup();
        companies
    }
}
