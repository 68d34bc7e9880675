//! The planner's common ground: everything worked out once per plan, before any decision.

use super::{
    downgrade::Downgrades,
    fields::{Digested, Fields, split_items, watched},
    input::PlanInput,
    matching::{Matches, Pairing, match_all},
    namesakes::Namesakes,
    renames::Renames,
    reviewed::mark_ignored,
    routing::Routes,
    scope::{Scope, Standing},
};
use crate::{
    capability::ActiveStatus,
    model::{CompanyId, ContactField, Fingerprint, UserKind, email_domain, email_key},
    snapshot::{Completeness, ContactView, ReadText},
};
use std::{
    cell::{OnceCell, RefCell},
    collections::BTreeSet,
    ops::Range,
};

/// Why absence from the directory read proves nothing in this plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absence {
    /// It means something.
    Proven,
    /// The read was cut short.
    Partial,
    /// The read is empty, or far smaller than the last complete one.
    Suspect,
}

/// A read under this share of the last complete one is suspect.
const SUSPECT_BELOW_PERCENT: u64 = 70;

pub(crate) struct Planner<'a> {
    pub(crate) input: PlanInput<'a>,
    pub(crate) fields: Fields<'a>,
    pub(crate) scope: Scope<'a>,
    pub(crate) routes: Routes<'a>,
    pub(crate) standings: Vec<Standing>,
    pub(crate) companies: Vec<Option<&'a CompanyId>>,
    pub(crate) matches: Matches<'a>,
    pub(crate) absence: Absence,
    /// The directories that were read; of people of others nothing is known.
    pub(crate) directories: BTreeSet<String>,
    /// Contacts about which somebody in the read waits for a decision.
    pub(crate) waited_for: BTreeSet<u32>,
    /// Made when the first change of an address asks.
    pub(super) renames: OnceCell<Renames<'a>>,
    /// The users at these places are asked, one for the next, whether they give up an address.
    pub(super) asked: RefCell<Vec<u32>>,
    pub(crate) managed: BTreeSet<ContactField>,
    /// Asked for only where something is to be done.
    digested: OnceCell<Digested>,
    /// Asked for only where somebody is to be deactivated.
    own_domains: OnceCell<BTreeSet<String>>,
    /// Made when the first create asks.
    pub(super) namesakes: OnceCell<Namesakes>,
    pub(crate) update_existing: bool,
}

impl<'a> Planner<'a> {
    pub(crate) fn new(input: PlanInput<'a>, downgrades: &mut Downgrades) -> Self {
        let mut fields = Fields::new(&input, downgrades);
        let routes = Routes::new(&input);
        let companies: Vec<Option<&CompanyId>> =
            input.users.iter().map(|user| routes.company(user)).collect();
        let scope = Scope::new(&input);
        let mut standings: Vec<Standing> = input
            .users
            .iter()
            .zip(&companies)
            .map(|(user, company)| scope.standing(user, *company))
            .collect();
        mark_ignored(&input, &mut standings);
        let served = input.users.iter().zip(&companies).zip(&standings);
        let served = served.filter(|(_, standing)| **standing == Standing::InScope);
        fields.find_clashes(served.map(|((user, company), _)| (user, *company)));
        let matches = match_all(&input, &standings, &companies);
        let managed = fields.managed();
        let mut planner = Self {
            fields,
            scope,
            routes,
            standings,
            companies,
            matches,
            absence: absence(&input),
            directories: directories(&input),
            waited_for: BTreeSet::new(),
            renames: OnceCell::new(),
            asked: RefCell::default(),
            managed,
            digested: OnceCell::new(),
            own_domains: OnceCell::new(),
            namesakes: OnceCell::new(),
            update_existing: input
                .run
                .update_existing
                .unwrap_or(input.policy.document().matching.update_existing),
            input,
        };
        planner.waited_for = planner.matches.waited_for(&planner.settled_by_review());
        planner
    }

    /// Asks memory for the contacts that the users at some places are paired with.
    pub(crate) fn touch_contacts(&self, users: Range<usize>) {
        let users = users.start..users.end.min(self.matches.pairings.len());
        let pairings = self.matches.pairings.get(users).unwrap_or(&[]);
        let places = pairings.iter().filter_map(Pairing::paired).map(|(contact, _)| contact);
        self.input.contacts.touch(places);
    }

    pub(crate) fn fingerprint(&self, contact: ContactView<'_>) -> Fingerprint {
        let digested = self
            .digested
            .get_or_init(|| Digested::new(self.input.contacts, &watched(&self.managed, self.input.policy)));
        digested.fingerprint(contact)
    }

    /// Whether the contact's address lies in one of the tenant's own domains.
    pub(crate) fn in_own_domain(&self, contact: ContactView<'_>) -> bool {
        let own = self.own_domains.get_or_init(|| own_domains(&self.input));
        contact.primary_email_key().and_then(email_domain).is_some_and(|domain| own.contains(domain))
    }

    /// Whether a person marked the contact as one to keep; `None` where the mark cannot be read.
    pub(crate) fn is_kept(&self, contact: ContactView<'_>) -> Option<bool> {
        let name = self.input.policy.document().lifecycle.keep_active_field.trim();
        if name.is_empty() {
            return Some(false);
        }
        match contact.text(&ContactField::Custom(name.to_owned())) {
            ReadText::Text(text) => {
                Some(!["false", "no", "0", "off"].iter().any(|no| text.eq_ignore_ascii_case(no)))
            }
            ReadText::Blank => Some(false),
            ReadText::NotRead => None,
        }
    }

    /// The excluded contact type that the contact has, if any; `Err` where types cannot be read.
    pub(crate) fn excluded_type(&self, contact: ContactView<'_>) -> Result<Option<String>, ()> {
        let excluded = &self.input.policy.document().lifecycle.excluded_contact_types;
        if excluded.is_empty() {
            return Ok(None);
        }
        let of_psa = contact.text(&ContactField::ContactTypes);
        let stand_in = self.input.policy.type_field.as_ref().map_or(ReadText::NotRead, |f| contact.text(f));
        if of_psa == ReadText::NotRead && stand_in == ReadText::NotRead {
            return Err(());
        }
        let mut types = of_psa.text().unwrap_or("").lines().chain(split_items(stand_in.text().unwrap_or("")));
        Ok(types
            .find(|t| excluded.iter().any(|e| e.trim().to_lowercase() == t.trim().to_lowercase()))
            .map(str::to_owned))
    }

    pub(crate) fn can_write_active(&self) -> bool {
        self.input.capabilities.active_status == ActiveStatus::Writable
    }
}

pub(super) fn absence(input: &PlanInput<'_>) -> Absence {
    if matches!(input.users.completeness(), Completeness::Partial { .. }) {
        return Absence::Partial;
    }
    let now = input.users.len() as u64;
    let fallen = input
        .links
        .last_complete_users
        .is_some_and(|last| now.saturating_mul(100) < last.saturating_mul(SUSPECT_BELOW_PERCENT));
    // Nobody at all is believed once a person said so, which made it the last complete read.
    let nobody = now == 0 && input.links.last_complete_users != Some(0);
    if nobody || fallen { Absence::Suspect } else { Absence::Proven }
}

/// The directories of the users read, and that of the tenant, which may have no user left.
fn directories(input: &PlanInput<'_>) -> BTreeSet<String> {
    let own = |directory: &str| {
        let id = directory.split(':').nth(1).unwrap_or("");
        !id.is_empty() && id.eq_ignore_ascii_case(&input.tenant.directory_id)
    };
    let linked = input.links.links.by_directory().map(|(directory, _)| directory).filter(|d| own(d));
    input.users.directories().chain(linked).map(str::to_owned).collect()
}

/// The domains that are the tenant's own: those it says, else those of its members' sign-in names, which a directory
/// accepts only for domains it has verified.
fn own_domains(input: &PlanInput<'_>) -> BTreeSet<String> {
    if !input.tenant.verified_domains.is_empty() {
        return input.tenant.verified_domains.iter().map(|d| d.trim().to_lowercase()).collect();
    }
    let mut domains: BTreeSet<String> = BTreeSet::new();
    let mut last = "";
    for user in input.users.iter() {
        if user.kind().unwrap_or(UserKind::Member) == UserKind::Guest {
            continue;
        }
        let name = user.principal_name();
        if !last.is_empty() && name.strip_suffix(last).is_some_and(|rest| rest.ends_with('@')) {
            continue;
        }
        let Some((_, domain)) = name.rsplit_once('@') else { continue };
        last = domain;
        if !domains.contains(domain)
            && let Some(key) = email_key(user.principal_name())
            && let Some(domain) = email_domain(&key)
        {
            domains.insert(domain.to_owned());
        }
    }
    domains
}
