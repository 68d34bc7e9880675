//! User names that two people of one company would share.

use super::{Desired, Fields, Prepared};
use crate::{
    model::{CompanyId, ContactField},
    snapshot::UserView,
};
use std::collections::BTreeMap;

/// People of one company who would get the same user name; at least two, in order of anchor.
pub(crate) struct Clash<'a> {
    /// The name in lower case.
    pub(crate) name: String,
    pub(crate) users: Vec<UserView<'a>>,
}

impl<'a> Fields<'a> {
    /// Finds who of the people to be served would share a user name. They get none from here on: a person must say whose
    /// it is, and the rest of a contact need not wait for that.
    pub(crate) fn find_clashes(
        &mut self,
        served: impl Iterator<Item = (UserView<'a>, Option<&'a CompanyId>)>,
    ) {
        let Some(prepared) = self.writable.iter().find(|p| *p.target == ContactField::Username) else {
            return;
        };
        let mut users: BTreeMap<(Option<&CompanyId>, String), Vec<UserView<'a>>> = BTreeMap::new();
        for (user, company) in served {
            if let Desired::Text(name) = self.desired(prepared, user) {
                users.entry((company, name.trim().to_lowercase())).or_default().push(user);
            }
        }
        self.clashes = users
            .into_iter()
            .filter(|(_, users)| users.len() > 1)
            .map(|((_, name), users)| Clash { name, users })
            .collect();
        let all = self.clashes.iter().flat_map(|clash| &clash.users);
        self.clashing = all.map(|user| (user.directory(), user.object_id())).collect();
    }

    /// Whether this field of this user is left alone for that.
    pub(super) fn clashes_for(&self, prepared: &Prepared<'_>, user: UserView<'a>) -> bool {
        !self.clashing.is_empty()
            && *prepared.target == ContactField::Username
            && self.clashing.contains(&(user.directory(), user.object_id()))
    }
}
