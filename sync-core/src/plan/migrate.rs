//! A run that moves links from one tenant of the directory to another, and does nothing else.

use super::{
    Change, Learned, LinkState, Reason,
    decide::Verdict,
    decisions::ChangeParts,
    downgrade::Downgrades,
    input::{PlanError, PlanInput},
    matching::Pairing,
    planner::Planner,
};
use crate::{
    model::{CompanyId, ContactId, SourceAnchor},
    policy::MatchRule,
    snapshot::{Completeness, UserView, split_anchor},
};

/// The rule that every decision names which is not a relink.
const RULE: &str = "migrate_tenant";

/// At least this share of the active contacts that the old tenant left must find their person, in percent: fewer, and
/// this is probably not the tenant that took its place.
const FOUND_PERCENT: u64 = 90;

/// How many relinks are the fewest that pass.
pub(super) const fn fewest_relinks(of: u64) -> u64 {
    of.saturating_mul(FOUND_PERCENT).div_ceil(100)
}

/// Whether an anchor is of a tenant, named by its id or by the whole beginning of the anchor.
pub(crate) fn is_of(anchor: &SourceAnchor, tenant: &str) -> bool {
    is_directory(split_anchor(anchor.as_str()).0, tenant)
}

fn is_directory(directory: &str, tenant: &str) -> bool {
    let (directory, tenant) = (directory.trim_end_matches(':'), tenant.trim().trim_end_matches(':'));
    let id = directory.rsplit(':').next().unwrap_or(directory);
    !tenant.is_empty() && (directory.eq_ignore_ascii_case(tenant) || id.eq_ignore_ascii_case(tenant))
}

/// Refuses a migration that cannot be meant.
pub(super) fn check(input: &PlanInput<'_>) -> Result<(), PlanError> {
    let Some(old) = input.run.migrate_from.as_deref().map(str::trim) else { return Ok(()) };
    let refuse = |why: &str| Err(PlanError::Migration(old.to_owned(), why.to_owned()));
    if input.run.is_targeted() || !input.policy.principal_names.is_empty() {
        return refuse("a migration is of a whole tenant; take the limits to some users away");
    }
    if let Completeness::Partial { because } = input.users.completeness() {
        return refuse(&format!(
            "the directory read is incomplete ({because}), and somebody not read may be the one"
        ));
    }
    if !input.links.links.keys().any(|anchor| is_of(anchor, old)) {
        return refuse("nobody is linked from that tenant; name its id as it stands in the links");
    }
    if input.users.iter().any(|user| is_directory(user.directory(), old)) {
        return refuse("that is the tenant the users were read from; name the one they came from");
    }
    Ok(())
}

impl<'a> Planner<'a> {
    /// The decision about a user in a migration: a relink, a conflict, or nothing.
    pub(super) fn decide_migration(
        &self,
        place: u32,
        company: Option<&'a CompanyId>,
        user: UserView<'a>,
        pairing: &Pairing,
        downgrades: &mut Downgrades,
    ) -> Verdict<'a> {
        let (contact, rule) = match pairing {
            Pairing::Paired { contact, rule } => (*contact, *rule),
            Pairing::None => return not_migrated(company, None, LinkState::None),
            Pairing::Ambiguous { .. }
            | Pairing::ClaimedTwice { .. }
            | Pairing::SourceDuplicate { .. }
            | Pairing::TakenByAbsent { .. }
            | Pairing::Elsewhere { .. }
            | Pairing::OtherCompany { .. } => {
                return self.unpaired(place, company, user, pairing, downgrades);
            }
        };
        let Some(contact) = self.input.contacts.get(contact as usize) else {
            return not_migrated(company, None, LinkState::None);
        };
        let company = company.or(contact.company());
        let link = match self.matches.relinked.get(&place) {
            Some(link) if rule != MatchRule::Link => link,
            Some(_) | None => return not_migrated(company, Some(contact.id()), LinkState::Existing),
        };
        if contact.company().is_some() && contact.company() != company {
            let contacts = vec![ContactId::new(contact.id())];
            let companies = contact.company().into_iter().cloned().collect();
            return Verdict::hold(company, None, Reason::OtherCompany { contacts, companies });
        }
        let expect = self.fingerprint(contact);
        let change = Change::Link { contact: ContactId::new(contact.id()), link: LinkState::Relink, expect };
        let reason = Reason::Relink { from: link.source_id.clone() };
        Verdict { company, change: ChangeParts::Other(change), learned: Learned::default(), reason }
    }

    /// Of the active contacts that the old tenant left: how many find their person, and how many there are.
    pub(super) fn migrated(&self) -> Option<(u64, u64)> {
        let old = self.input.run.migrate_from.as_deref()?;
        let contacts = self.input.contacts;
        let active = |place: u32| {
            contacts.rows.get(place as usize).is_some_and(|contact| contact.active != Some(false))
        };
        let held = |user: usize, contact: u32| {
            let company = contacts.get(contact as usize).and_then(|c| c.company());
            let theirs = self.companies.get(user).copied().flatten();
            company.is_some() && theirs.is_some() && company != theirs
        };
        let (mut found, mut of) = (0, 0);
        for (user, pairing) in self.matches.pairings.iter().enumerate() {
            if let Some((contact, rule)) = pairing.paired()
                && rule != MatchRule::Link
                && active(contact)
            {
                of += 1;
                found += u64::from(!held(user, contact));
            }
        }
        let left = self.matches.absent.iter().filter(|(_, link)| is_of(&link.source_id, old));
        of += left.filter(|(contact, _)| active(**contact)).count() as u64;
        Some((found, of))
    }
}

/// Nothing happens in a migration.
pub(super) fn not_migrated<'a>(
    company: Option<&'a CompanyId>,
    contact: Option<&'a str>,
    link: LinkState,
) -> Verdict<'a> {
    let reason = Reason::Policy { rule: RULE.to_owned() };
    Verdict { company, change: ChangeParts::NoOp { contact, link }, learned: Learned::default(), reason }
}
