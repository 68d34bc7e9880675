//! The decision about one user.

use super::{
    Action, Change, Learned, LinkState, Reason, Subject,
    decisions::ChangeParts,
    document::{Instead, Wanted},
    downgrade::Downgrades,
    fields::{Diff, Initial},
    matching::{MOST_NAMED, Pairing, place},
    ownership::{Mark, foreign, mark, moved_away},
    planner::Planner,
    reviewed::{Asked, cite},
    routing::Routed,
    scope::Standing,
};
use crate::{
    model::{CompanyId, ContactField, ContactId, SourceAnchor},
    policy::{Departed, MatchRule, OnUnknown, Reactivate, RequiredFields},
    review::Review,
    snapshot::{ContactView, UserView},
    store::{IntentState, Link},
};

/// The code of the reason for which a contact is inactive that a person took back.
const UNDONE: &str = "undone";

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

    fn nothing(company: Option<&'a CompanyId>, reason: Reason) -> Self {
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
struct Pair<'a> {
    /// The user's.
    place: u32,
    user: UserView<'a>,
    contact: ContactView<'a>,
    rule: MatchRule,
    link: Option<&'a Link>,
    state: LinkState,
    /// The answer that gave the contact to the user, where no link does.
    pinned: Option<&'a Review>,
}

impl Pair<'_> {
    /// Whether the contact is linked to this person, under whatever object id.
    fn is_linked(&self) -> bool {
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

    fn lifecycle(&self) -> &crate::policy::LifecyclePolicy {
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

    /// The user is there but not to be served: by policy the contact goes, waits for a person, or stays.
    fn departed(
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
    fn unmarked(&self, pair: Pair<'a>) -> Option<Reason> {
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
        pair.contact.text(field).text().is_some_and(|text| {
            text.eq_ignore_ascii_case(pair.user.object_id())
                || text.eq_ignore_ascii_case(pair.user.anchor().as_str())
        })
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
        let proposed = Change::Deactivate { contact: id, link, fields, expect: self.fingerprint(contact) };
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

    /// A user in scope with a contact.
    fn managed_pair(
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
        if let Some(reason) = self.address_conflict(pair.place, user, contact, &fields) {
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
        // The link keeps the id for the day on which the person comes under another object id.
        let known =
            user.immutable_id().is_none_or(|id| link.is_none_or(|l| l.immutable_id.as_deref() == Some(id)));
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
        if wanted && !self.can_write_active() {
            downgrades.note(Wanted::Reactivate, Instead::HeldForReview);
            return Verdict::hold(
                company,
                Some(proposed),
                Reason::Unsupported { needs: ContactField::Active },
            );
        }
        if wanted {
            if let Some(reason) = self.unmarked(pair) {
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

    /// A contact of the user's own, beside those that a person said are somebody else's.
    pub(super) fn create(
        &self,
        company: Option<&'a CompanyId>,
        user: UserView<'a>,
        beside: Option<&[ContactId]>,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        if !self.lifecycle().create {
            return Verdict::nothing(company, Reason::Policy { rule: "create".to_owned() });
        }
        if user.main_email().is_none() {
            return Verdict::nothing(company, Reason::NoEmail);
        }
        let types = self.route_types(user);
        let Initial { fields, learned } = self.fields.initial(user, types, downgrades);
        let required = self.input.capabilities.fields.iter().find(|(field, rule)| {
            rule.required && !fields.iter().any(|c| c.field == **field && !c.after.is_blank())
        });
        // Only where every address was looked for does its absence belong to the decision.
        let rules = &self.input.policy.document().matching.rules;
        let all = [MatchRule::PrimaryEmail, MatchRule::AlternateEmail, MatchRule::PsaAlternateEmail];
        let unless_email = if all.iter().all(|rule| rules.contains(rule)) {
            user.email_keys().map(str::to_owned).collect()
        } else {
            Vec::new()
        };
        let reviewed = beside.is_some();
        let beside = beside.unwrap_or_default().to_vec();
        let proposed = Change::Create { fields, unless_email, beside };
        if !reviewed && let Some(reason) = self.namesakes_of(company, user, downgrades) {
            return Verdict::hold(company, Some(proposed), reason);
        }
        if let Some((field, _)) = required {
            if self.lifecycle().required_fields == RequiredFields::Warn {
                downgrades.lacking(field, user.principal_name());
                return Verdict::nothing(company, Reason::RequiredField { field: field.clone() });
            }
            return Verdict::hold(company, Some(proposed), Reason::RequiredField { field: field.clone() });
        }
        if let Some(reason) = self.unsettled_create(company, user, &proposed) {
            return Verdict::hold(company, Some(proposed), reason);
        }
        Verdict { company, change: ChangeParts::Other(proposed), learned, reason: Reason::NoMatch }
    }

    /// Why nothing may be created for a user: an earlier create is on its way, or waits for a person. It may be somebody
    /// else's: of another account of the same person, or of another tenant of the company.
    fn unsettled_create(
        &self,
        company: Option<&CompanyId>,
        user: UserView<'_>,
        proposed: &Change,
    ) -> Option<Reason> {
        let links = self.input.links;
        if links.open.is_empty() {
            return None;
        }
        match links.open_create(&user.anchor()).map(|intent| &intent.state) {
            Some(IntentState::Sent) => return Some(Reason::Grace),
            Some(IntentState::Indeterminate { contacts }) => {
                return Some(Reason::Indeterminate { contacts: contacts.clone() });
            }
            Some(IntentState::Lost | IntentState::Done { .. } | IntentState::Failed { .. }) | None => {}
        }
        links.open.iter().any(|intent| intent.may_make(company, proposed)).then_some(Reason::Grace)
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

    fn route_types(&self, user: UserView<'a>) -> &'a [String] {
        match self.routes.routed(user) {
            Routed::By(route) => &route.route.contact_types,
            Routed::ByNone | Routed::Undecided => &[],
        }
    }

    /// Whose contact it was: by the link, or by the object id it holds.
    fn earlier_user(&self, contact: u32, user: UserView<'_>) -> Option<SourceAnchor> {
        if let Some(link) = self.matches.absent.get(&contact) {
            return Some(link.source_id.clone());
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

/// Nothing happens; a link that exists stays.
fn left_alone<'a>(company: Option<&'a CompanyId>, pair: Option<Pair<'a>>, reason: Reason) -> Verdict<'a> {
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

/// Why a contact that holds an id and no mark waits for a person.
pub(super) fn no_mark() -> Reason {
    Reason::Policy { rule: "owner_field: the contact holds the object id but no mark".to_owned() }
}

/// What would be done, where it is written down in full.
pub(super) fn proposal(change: ChangeParts<'_>) -> Option<Change> {
    if let ChangeParts::Other(change) = change { Some(change) } else { None }
}
