//! The decision about a contact whose user is not in the read.

use super::{
    Change, Learned, LinkState, Reason, Subject,
    decide::Verdict,
    decisions::ChangeParts,
    departing::{no_mark, proposal},
    downgrade::Downgrades,
    migrate::not_migrated,
    ownership::{foreign, moved_away},
    planner::{Absence, Planner},
    unlinked::Gone,
};
use crate::{model::ContactId, policy::Departed, snapshot::ContactView, store::Link};
use chrono::Duration;

impl<'a> Planner<'a> {
    /// The decision about a contact whose user is not in the read, or has another one, as a person answered it.
    pub(crate) fn decide_gone(
        &self,
        place: u32,
        contact: ContactView<'a>,
        gone: &Gone<'a>,
        downgrades: &mut Downgrades,
    ) -> Option<Verdict<'a>> {
        let verdict = match gone {
            Gone::LeftBehind(left) => self.decide_left_behind(place, *left, downgrades)?,
            Gone::Linked(_) | Gone::Unlinked { .. } => self.decide_absent(place, contact, gone, downgrades),
        };
        if self.input.reviews.is_empty() {
            return Some(verdict);
        }
        let subject = Subject::Contact(ContactId::new(contact.id()));
        Some(self.answered(&subject, None, verdict, downgrades))
    }

    /// Deleted by the directory's own word, missing for long enough, or nothing to be concluded.
    fn decide_absent(
        &self,
        place: u32,
        contact: ContactView<'a>,
        gone: &Gone<'a>,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        let lifecycle = &self.input.policy.document().lifecycle;
        let state = match gone {
            Gone::Linked(_) => LinkState::Existing,
            Gone::Unlinked { .. } | Gone::LeftBehind(_) => LinkState::None,
        };
        let stays = |reason| Verdict {
            company: contact.company(),
            change: ChangeParts::NoOp { contact: Some(contact.id()), link: state },
            learned: Learned::default(),
            reason,
        };
        let held = |reason| Verdict {
            company: contact.company(),
            change: ChangeParts::Other(Change::Hold { proposed: None }),
            learned: Learned::default(),
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
        let deleted = match gone {
            Gone::Linked(link) => self.input.users.removed().contains(&link.source_id),
            Gone::Unlinked { .. } => true,
            Gone::LeftBehind(_) => false,
        };
        let (action, reason) = if deleted {
            (lifecycle.deleted, Reason::Deleted)
        } else if let Gone::Linked(link) = gone
            && !self.directories.contains(link.source_id.directory())
        {
            let directory = link.source_id.directory().trim_end_matches(':');
            return stays(Reason::Excluded { rule: format!("directory {directory} was not read") });
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
        if let Some(reason) = moved_away(&self.input, contact) {
            return stays(reason);
        }
        let users = match gone {
            Gone::Linked(link) if !deleted && !self.grace_is_over(link) => return stays(Reason::Grace),
            Gone::Linked(link) => vec![link.source_id.clone()],
            Gone::Unlinked { contacts } if contacts.len() > 1 => {
                return held(Reason::Ambiguous { contacts: self.contact_ids(contacts) });
            }
            Gone::Unlinked { .. } | Gone::LeftBehind(_) => Vec::new(),
        };
        let named = matches!(gone, Gone::Linked(_)) && self.named_by_id(contact).is_some();
        if named || self.waited_for.contains(&place) {
            // Somebody in the read may be this person; deactivating would decide that behind everybody's back.
            return held(Reason::RelinkDecision { contacts: vec![ContactId::new(contact.id())], users });
        }
        let (change, reason) = self.deactivation(contact, state, action, reason, downgrades);
        let deactivated = matches!(&change, ChangeParts::Other(Change::Deactivate { .. }));
        if deactivated && matches!(gone, Gone::Unlinked { .. }) && self.lacks_mark(contact) {
            return Verdict::hold(contact.company(), proposal(change), no_mark());
        }
        Verdict { company: contact.company(), change, learned: Learned::default(), reason }
    }

    /// Whether the user was absent from enough complete reads, this one included, over long enough.
    pub(crate) fn grace_is_over(&self, link: &Link) -> bool {
        let lifecycle = &self.input.policy.document().lifecycle;
        let reads = link.missing_reads.saturating_add(1) >= lifecycle.grace_reads;
        let since = link.missing_since.unwrap_or(self.input.as_of);
        let long_enough = self.input.as_of - since >= Duration::hours(i64::from(lifecycle.grace_hours));
        reads && long_enough
    }
}
