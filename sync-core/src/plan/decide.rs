//! The decision about one user.

use super::{
    Action, Change, Learned, LinkState, Reason, Subject,
    decisions::ChangeParts,
    downgrade::Downgrades,
    matching::Pairing,
    planner::Planner,
    reviewed::{Asked, cite},
    scope::Standing,
};
use crate::{
    model::CompanyId,
    policy::{MatchRule, OnUnknown},
    review::Review,
    snapshot::{ContactView, UserView},
    store::Link,
};

/// What was decided, by parts.
pub(crate) struct Verdict<'a> {
    pub(crate) company: Option<&'a CompanyId>,
    pub(crate) change: ChangeParts<'a>,
    /// What is recorded beside it.
    pub(crate) learned: Learned,
    pub(crate) reason: Reason,
}

impl<'a> Verdict<'a> {
    pub(super) fn hold(company: Option<&'a CompanyId>, proposed: Option<Change>, reason: Reason) -> Self {
        Self {
            company,
            change: ChangeParts::Other(Change::Hold { proposed: proposed.map(Box::new) }),
            learned: Learned::default(),
            reason,
        }
    }

    pub(super) fn nothing(company: Option<&'a CompanyId>, reason: Reason) -> Self {
        Self {
            company,
            change: ChangeParts::NoOp { contact: None, link: LinkState::None },
            learned: Learned::default(),
            reason,
        }
    }
}

/// A user, the contact found, and how.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    /// The user's.
    pub(super) place: u32,
    pub(super) user: UserView<'a>,
    pub(super) contact: ContactView<'a>,
    pub(super) rule: MatchRule,
    pub(super) link: Option<&'a Link>,
    pub(super) state: LinkState,
    /// The answer that gave the contact to the user, where no link does.
    pub(super) pinned: Option<&'a Review>,
}

impl Pair<'_> {
    /// Whether the contact is linked to this person, under whatever object id.
    pub(super) fn is_linked(&self) -> bool {
        self.state == LinkState::Existing
            || self.link.is_some_and(|link| link.contact_id.as_str() == self.contact.id())
    }
}

impl<'a> Planner<'a> {
    /// The decision about the user at a place, as a person answered it.
    pub(crate) fn decide(&self, place: u32, user: UserView<'a>, downgrades: &mut Downgrades) -> Verdict<'a> {
        let verdict = self.decide_alone(place, user, downgrades);
        if self.input.reviews.is_empty() {
            return verdict;
        }
        let asked = Asked { place, user };
        if matches!(&verdict.change, ChangeParts::Other(Change::Hold { .. })) {
            return self.answered(&Subject::User(user.anchor()), Some(asked), verdict, downgrades);
        }
        self.not_against_an_answer(asked, verdict, downgrades)
    }

    /// The decision about the user at a place, before anybody answers.
    fn decide_alone(&self, place: u32, user: UserView<'a>, downgrades: &mut Downgrades) -> Verdict<'a> {
        let company = self.companies.get(place as usize).copied().flatten();
        let standing = self.standings.get(place as usize).unwrap_or(&Standing::InScope);
        let pairing = self.matches.pairings.get(place as usize).unwrap_or(&Pairing::None);
        let pair = pairing.paired().and_then(|(contact, rule)| {
            self.input.contacts.get(contact as usize).map(|contact| self.pair(place, user, contact, rule))
        });
        if self.input.run.migrate_from.is_some() {
            return self.decide_migration(place, company, user, pairing, downgrades);
        }
        match standing {
            Standing::Excluded(rule) => {
                let reason = Reason::Excluded { rule: self.scope.name(*rule) };
                if rule.is_of_the_run() {
                    return left_alone(company, pair, reason);
                }
                self.departed(company, pair, self.lifecycle().excluded, reason, downgrades)
            }
            Standing::Disabled => {
                self.departed(company, pair, self.lifecycle().disabled, Reason::Disabled, downgrades)
            }
            Standing::OutOfScope(rule) => {
                let reason = Reason::LeftScope { rule: self.scope.name(*rule) };
                self.departed(company, pair, self.lifecycle().out_of_scope, reason, downgrades)
            }
            // What was not read proves nothing, so none of the other switches has a say.
            Standing::Undecided(rule) => {
                let reason = Reason::LeftScope { rule: self.scope.unread(*rule, user) };
                match self.lifecycle().unknown {
                    OnUnknown::Hold => Verdict::hold(company, None, reason),
                    OnUnknown::Ignore => left_alone(company, pair, reason),
                }
            }
            Standing::Unlicensed => {
                self.departed(company, pair, self.lifecycle().license_lost, Reason::LicenseLost, downgrades)
            }
            Standing::Ignored => {
                let answer = self.input.reviews.ignored(&Subject::User(user.anchor()));
                let policy = || Reason::Policy { rule: "review".to_owned() };
                left_alone(company, pair, answer.map_or_else(policy, cite))
            }
            Standing::IncompleteName => left_alone(company, pair, Reason::IncompleteName),
            Standing::Unrouted => left_alone(company, pair, Reason::Unrouted),
            Standing::InScope => match pair {
                Some(pair) => self.managed_pair(company, pair, downgrades),
                None => self.unpaired(place, company, user, pairing, downgrades),
            },
        }
    }

    pub(super) fn lifecycle(&self) -> &crate::policy::LifecyclePolicy {
        &self.input.policy.document().lifecycle
    }

    fn pair(&self, place: u32, user: UserView<'a>, contact: ContactView<'a>, rule: MatchRule) -> Pair<'a> {
        let link = self.matches.links.get(place as usize).copied().flatten();
        let pinned = self.matches.pins.in_force.get(&place).copied();
        if rule == MatchRule::Link && pinned.is_none() {
            return Pair { place, user, contact, rule, link, state: LinkState::Existing, pinned };
        }
        let relinked = self.matches.relinked.get(&place).copied();
        // A link whose contact is gone makes way, too.
        let state = if relinked.or(link).is_some() { LinkState::Relink } else { LinkState::New };
        let own = link.filter(|link| pinned.is_some() && link.contact_id.as_str() == contact.id());
        Pair { place, user, contact, rule, link: own.or(relinked), state, pinned }
    }

    /// The verdict, or a hold where an earlier write about the same person is not settled yet: its result is not known,
    /// and what is on its way could land on top of what would be written now.
    pub(super) fn after_open_writes(&self, verdict: Verdict<'a>, about: &Subject) -> Verdict<'a> {
        let ChangeParts::Other(change) = &verdict.change else { return verdict };
        if matches!(change.action(), Action::Create | Action::Link | Action::Hold | Action::NoOp) {
            return verdict;
        }
        let links = self.input.links;
        let unsettled = match about {
            Subject::User(user) => links.is_unsettled(user),
            Subject::Contact(contact) => links.of_contact_unsettled(contact),
        };
        if !unsettled {
            return verdict;
        }
        Verdict::hold(verdict.company, Some(change.clone()), Reason::Grace)
    }
}

/// Nothing happens; a link that exists stays.
pub(super) fn left_alone<'a>(
    company: Option<&'a CompanyId>,
    pair: Option<Pair<'a>>,
    reason: Reason,
) -> Verdict<'a> {
    let linked = pair.filter(Pair::is_linked);
    Verdict {
        company: linked.and_then(|p| p.contact.company()).or(company),
        change: ChangeParts::NoOp {
            contact: linked.map(|p| p.contact.id()),
            link: if linked.is_some() { LinkState::Existing } else { LinkState::None },
        },
        learned: Learned::default(),
        reason,
    }
}
