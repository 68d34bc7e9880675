//! What is wrong on the PSA side, and between the two.

use super::{Absence, Case, FindingKind, Findings, Keep, KeepBecause, Person, contact_ref};
use crate::{
    model::{CompanyId, ContactField, ContactId},
    plan::matching::Owner,
    policy::fold,
    snapshot::{ContactView, ReadText},
};
use std::collections::{BTreeMap, BTreeSet};

/// A contact with what is known of it beside its fields.
#[derive(Clone, Copy)]
struct Known<'a> {
    contact: ContactView<'a>,
    linked: bool,
    /// It holds the id of a user in the directory.
    identified: bool,
}

/// Whether a contact has a mark that speaks for keeping it.
type Mark = fn(&Known<'_>) -> bool;

pub(super) fn find(planner: &super::Planner<'_>, findings: &mut Findings<'_, '_>) {
    links(planner, findings);
    let users = UserIds::of(planner);
    let linked: BTreeSet<&str> =
        planner.input.links.links.values().map(|link| link.contact_id.as_str()).collect();
    let mut addresses: BTreeMap<(&CompanyId, &str), Vec<Known<'_>>> = BTreeMap::new();
    let mut names: BTreeMap<(&CompanyId, String), Vec<Known<'_>>> = BTreeMap::new();
    let mut ids: BTreeMap<String, Vec<Known<'_>>> = BTreeMap::new();
    for (place, contact) in planner.input.contacts.iter().enumerate() {
        let Some(company) = contact.company().filter(|company| findings.ours.contains(*company)) else {
            continue;
        };
        let owner = planner.matches.owners.get(place).copied().unwrap_or(Owner::Free);
        if matches!(owner, Owner::Elsewhere | Owner::LetGo) {
            continue;
        }
        let stored = planner.input.policy.id_field.as_ref().and_then(|field| contact.text(field).text());
        let identified = stored.is_some_and(|id| users.has(id));
        let known = Known { contact, linked: linked.contains(contact.id()), identified };
        let email = contact.text(&ContactField::Email);
        match (contact.primary_email_key(), email) {
            (Some(key), _) => addresses.entry((company, key)).or_default().push(known),
            (None, ReadText::Text(text)) => {
                findings.contact(FindingKind::ContactBadAddress, contact, Some(text.to_owned()));
            }
            (None, ReadText::Blank | ReadText::NotRead) => {}
        }
        if let Some(name) = name_key(contact) {
            names.entry((company, name)).or_default().push(known);
        }
        if let Some(id) = stored {
            ids.entry(id.to_lowercase()).or_default().push(known);
            if !identified && planner.absence == Absence::Proven {
                findings.contact(FindingKind::StoredIdGone, contact, Some(id.to_owned()));
            }
        }
        let waits = u32::try_from(place).is_ok_and(|place| planner.waited_for.contains(&place));
        if owner == Owner::Free && contact.active() != Some(false) && !waits {
            if email == ReadText::Blank && contact.email_keys().next().is_none() {
                findings.contact(FindingKind::ContactWithoutAddress, contact, None);
            } else if planner.absence == Absence::Proven && planner.in_own_domain(contact) {
                let key = contact.primary_email_key().map(str::to_owned);
                findings.contact(FindingKind::UnmatchedContact, contact, key);
            }
        }
    }
    for ((company, address), all) in &addresses {
        duplicates(findings, FindingKind::DuplicateAddress, Some(company), address, all);
    }
    for (id, all) in &ids {
        duplicates(findings, FindingKind::DuplicateStoredId, None, id, all);
    }
    for ((company, name), all) in &names {
        // Those that share an address as well have been named for it.
        let addresses: BTreeSet<_> = all.iter().map(|known| known.contact.primary_email_key()).collect();
        if addresses.len() > 1 || addresses.contains(&None) {
            duplicates(findings, FindingKind::SameName, Some(company), name, all);
        }
    }
}

/// Links of which one end is gone.
fn links(planner: &super::Planner<'_>, findings: &mut Findings<'_, '_>) {
    let input = &planner.input;
    for link in input.links.links.values() {
        if input.contacts.find(&link.contact_id).is_none() {
            let id = link.source_id.clone();
            let person = input.users.find(&id).map_or_else(
                || Person { id, user_principal_name: String::new(), display_name: String::new() },
                super::person,
            );
            let contacts = findings.contact_refs(std::slice::from_ref(&link.contact_id));
            let case = Case { users: vec![person], contacts, ..Case::default() };
            findings.note(FindingKind::LinkedContactGone, case);
        }
    }
    if planner.absence != Absence::Proven {
        return;
    }
    for (place, link) in &planner.matches.absent {
        if let Some(contact) = input.contacts.get(*place as usize) {
            findings.contact(FindingKind::LinkedUserGone, contact, Some(link.source_id.as_str().to_owned()));
        }
    }
}

fn duplicates(
    findings: &mut Findings<'_, '_>,
    kind: FindingKind,
    company: Option<&CompanyId>,
    value: &str,
    all: &[Known<'_>],
) {
    if all.len() < 2 {
        return;
    }
    let case = Case {
        users: Vec::new(),
        contacts: all.iter().map(|known| contact_ref(known.contact)).collect(),
        company: company.cloned(),
        value: Some(value.to_owned()),
        // Two people of one name are no duplicates, so nobody is told to give one up.
        keep: if kind == FindingKind::SameName { None } else { keep(all) },
    };
    findings.note(kind, case);
}

/// The contact that a person would probably keep: mark by mark, those without it drop out where another has it.
fn keep(all: &[Known<'_>]) -> Option<Keep> {
    let marks: [(KeepBecause, Mark); 3] = [
        (KeepBecause::Linked, |known| known.linked),
        (KeepBecause::StoredId, |known| known.identified),
        (KeepBecause::Active, |known| known.contact.active() != Some(false)),
    ];
    let chosen = |known: &Known<'_>, because| Keep { contact: ContactId::new(known.contact.id()), because };
    let mut left: Vec<Known<'_>> = all.to_vec();
    for (because, has) in marks {
        let having: Vec<Known<'_>> = left.iter().filter(|known| has(known)).copied().collect();
        match having.as_slice() {
            [] => {}
            [only] => return Some(chosen(only, because)),
            _ => left = having,
        }
    }
    // Ids are numbers in most PSAs: of two, the shorter one is lower.
    let lowest = left.iter().min_by_key(|known| (known.contact.id().len(), known.contact.id()))?;
    Some(chosen(lowest, KeepBecause::LowestId))
}

/// Both names in the form in which they are compared; `None` where one is missing.
fn name_key(contact: ContactView<'_>) -> Option<String> {
    if let Some(whole) = contact.text(&ContactField::Name).text() {
        return Some(fold(whole));
    }
    let first = contact.text(&ContactField::FirstName).text()?;
    let last = contact.text(&ContactField::LastName).text()?;
    Some(format!("{} {}", fold(first), fold(last)))
}

/// The ids of the users in the read, as contacts may hold them.
struct UserIds(BTreeSet<String>);

impl UserIds {
    /// Empty where no contact field holds ids.
    fn of(planner: &super::Planner<'_>) -> Self {
        if planner.input.policy.id_field.is_none() {
            return Self(BTreeSet::new());
        }
        Self(planner.input.users.iter().map(|user| user.object_id().to_lowercase()).collect())
    }

    /// Whether a stored text is the object id or the whole id of one of them.
    fn has(&self, stored: &str) -> bool {
        let id = stored.to_lowercase();
        self.0.contains(id.rsplit(':').next().unwrap_or(&id))
    }
}
