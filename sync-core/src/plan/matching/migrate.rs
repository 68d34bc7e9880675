//! Pairing in a run that moves links from one tenant to another: by immutable id, then by primary e-mail, and only with
//! contacts of links that the old tenant left.

use super::{Owner, Pairing, place, stages::Matcher};
use crate::{
    plan::{input::PlanInput, migrate::is_of},
    policy::MatchRule,
    snapshot::UserView,
};
use std::collections::BTreeMap;

impl<'a> Matcher<'a, '_> {
    /// Pairs users that have no link yet with what the old tenant left, whatever their standing: a link of somebody
    /// out of scope must move as well, or that person's contact would count as left behind.
    pub(super) fn migrate(&mut self, input: &PlanInput<'a>, old: &str) {
        self.by_link(input);
        let left: Vec<u32> =
            self.absent.iter().filter(|(_, link)| is_of(&link.source_id, old)).map(|(c, _)| *c).collect();
        let mut by_id: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        let mut by_email: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
        for contact in &left {
            let link = self.absent.get(contact).copied();
            if let Some(id) = link.and_then(|link| link.immutable_id.as_deref()) {
                by_id.entry(id).or_default().push(*contact);
            }
            if let Some(key) = input.contacts.get(*contact as usize).and_then(|c| c.primary_email_key()) {
                by_email.entry(key).or_default().push(*contact);
            }
        }
        self.migrate_by(MatchRule::ImmutableId, &by_id, UserView::immutable_id);
        let main = |user: UserView<'a>| {
            let main = input.users.table.body.addresses.get(user.row().main_address()?)?;
            Some(input.users.table.body.arena.get(main.key))
        };
        self.migrate_by(MatchRule::PrimaryEmail, &by_email, main);
        let taken = |contact: &u32| matches!(self.owners.get(*contact as usize), Some(Owner::User(_)));
        self.absent.retain(|contact, _| !taken(contact));
    }

    fn migrate_by(
        &mut self,
        rule: MatchRule,
        left: &BTreeMap<&str, Vec<u32>>,
        key: impl Fn(UserView<'a>) -> Option<&'a str>,
    ) {
        let owner = |me: &Self, contact: u32| me.owners.get(contact as usize).copied();
        // Contacts paired by an earlier stage are nobody else's any more; those of this stage are compared at its end.
        let taken = |me: &Self, contact: u32| matches!(owner(me, contact), Some(Owner::User(_)) | None);
        for user in 0..self.users.len() {
            let open = self.pairings.get(user) == Some(&Pairing::None)
                && self.links.get(user).is_some_and(Option::is_none);
            let Some(key) = self.users.get(user).filter(|_| open).and_then(&key) else { continue };
            let found = left.get(key).map_or(&[][..], Vec::as_slice);
            let found: Vec<u32> = found.iter().copied().filter(|contact| !taken(self, *contact)).collect();
            match found.as_slice() {
                [] => {}
                [one] => match owner(self, *one) {
                    Some(Owner::Elsewhere | Owner::LetGo) => {
                        self.set(place(user), Pairing::Elsewhere { contacts: found });
                    }
                    Some(Owner::Contested) => {
                        self.set(place(user), Pairing::ClaimedTwice { contacts: found });
                    }
                    Some(Owner::Free | Owner::Absent | Owner::User(_)) | None => {
                        self.claims.push((*one, place(user), true));
                        if let Some(link) = self.absent.get(one) {
                            self.relinked.insert(place(user), link);
                        }
                    }
                },
                several => {
                    self.claims.extend(several.iter().map(|contact| (*contact, place(user), false)));
                    self.set(place(user), Pairing::Ambiguous { contacts: found });
                }
            }
        }
        self.settle(rule);
    }
}
