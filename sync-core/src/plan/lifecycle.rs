//! The decision about a linked contact whose user is not in the read.

use super::{
    Change, LinkState, Reason,
    decide::Verdict,
    decisions::ChangeParts,
    downgrade::Downgrades,
    migrate::not_migrated,
    ownership::foreign,
    planner::{Absence, Planner},
};
use crate::{model::ContactId, policy::Departed, snapshot::ContactView, store::Link};
use chrono::Duration;

impl<'a> Planner<'a> {
    /// Deleted by the directory's own word, missing for long enough, or nothing to be concluded.
    pub(crate) fn decide_absent(
        &self,
        place: u32,
        contact: ContactView<'a>,
        link: &Link,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        let lifecycle = &self.input.policy.document().lifecycle;
        let stays = |reason| Verdict {
            company: contact.company(),
            change: ChangeParts::NoOp { contact: Some(contact.id()), link: LinkState::Existing },
            reason,
        };
        if self.input.run.migrate_from.is_some() {
            return not_migrated(contact.company(), Some(contact.id()), LinkState::Existing);
        }
        if let Some(why) = foreign(&self.input, contact) {
            return stays(why.into());
        }
        if self.input.run.is_targeted() || !self.input.policy.principal_names.is_empty() {
            return stays(Reason::Excluded { rule: "targeted run".to_owned() });
        }
        let deleted = self.input.users.removed().contains(&link.source_id);
        let (action, reason) = if deleted {
            (lifecycle.deleted, Reason::Deleted)
        } else {
            match self.absence {
                Absence::Partial => return stays(Reason::SnapshotPartial),
                Absence::Suspect => return stays(Reason::SuspectSnapshot),
                Absence::Proven => (lifecycle.missing, Reason::Missing),
            }
        };
        if contact.active() == Some(false) || action == Departed::Ignore {
            return stays(reason);
        }
        if !deleted && !self.grace_is_over(link) {
            return stays(Reason::Grace);
        }
        if self.waited_for.contains(&place) {
            // Somebody in the read may be this person; deactivating would decide that behind everybody's back.
            let reason = Reason::RelinkDecision {
                contacts: vec![ContactId::new(contact.id())],
                users: vec![link.source_id.clone()],
            };
            let change = ChangeParts::Other(Change::Hold { proposed: None });
            return Verdict { company: contact.company(), change, reason };
        }
        let (change, reason) = self.deactivation(contact, LinkState::Existing, action, reason, downgrades);
        Verdict { company: contact.company(), change, reason }
    }

    /// Whether the user was absent from enough complete reads, this one included, over long enough.
    fn grace_is_over(&self, link: &Link) -> bool {
        let lifecycle = &self.input.policy.document().lifecycle;
        let reads = link.missing_reads.saturating_add(1) >= lifecycle.grace_reads;
        let since = link.missing_since.unwrap_or(self.input.as_of);
        let long_enough = self.input.as_of - since >= Duration::hours(i64::from(lifecycle.grace_hours));
        reads && long_enough
    }
}
