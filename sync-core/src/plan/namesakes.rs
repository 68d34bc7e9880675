//! Free contacts that bear the name of a user for whom no address fits. A name pairs nobody; it speaks against creating.

use super::{
    Reason,
    document::{Instead, Wanted},
    downgrade::Downgrades,
    matching::{MOST_NAMED, Owner, place},
    planner::Planner,
};
use crate::{
    model::{Attribute, CompanyId, ContactField, ContactId},
    policy::{MatchRule, fold},
    snapshot::{ContactView, ReadText, UserView},
};
use std::collections::BTreeMap;
use unicode_normalization::UnicodeNormalization;

/// Why an address of the same person may not have been found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubt {
    /// The contact has no address at all, and is in use.
    NoAddress,
    /// Its other addresses were not read, and they would be compared.
    OthersNotRead,
}

/// The contacts that a create may double, by the place of their company and their name. Most contacts have an address
/// and show the others, so few are kept.
#[derive(Debug, Default)]
pub(super) struct Namesakes(BTreeMap<(u16, String), Vec<(u32, Doubt)>>);

impl<'a> Planner<'a> {
    /// Why a create must wait: somebody of that name is there already, and no address could tell them apart.
    pub(super) fn namesakes_of(
        &self,
        company: Option<&CompanyId>,
        user: UserView<'a>,
        downgrades: &mut Downgrades,
    ) -> Option<Reason> {
        let company = self.input.contacts.company_place(company?)?;
        let Namesakes(known) = self.namesakes.get_or_init(|| self.gather_namesakes());
        if known.is_empty() {
            return None;
        }
        let (given, surname) = (user.attribute(&Attribute::GivenName), user.attribute(&Attribute::Surname));
        let name = full_name(given.text()?, surname.text()?);
        let found = known.get(&(company, name))?;
        if found.iter().any(|(_, doubt)| *doubt == Doubt::OthersNotRead) {
            downgrades.note(Wanted::MatchAlternateEmails, Instead::MatchOnPrimaryOnly);
        }
        let id = |place: &(u32, Doubt)| Some(ContactId::new(self.input.contacts.get(place.0 as usize)?.id()));
        Some(Reason::SameName { contacts: found.iter().take(MOST_NAMED).filter_map(id).collect() })
    }

    fn gather_namesakes(&self) -> Namesakes {
        let compared = self.input.policy.document().matching.rules.contains(&MatchRule::PsaAlternateEmail);
        let mut known: BTreeMap<(u16, String), Vec<(u32, Doubt)>> = BTreeMap::new();
        for (at, (contact, owner)) in self.input.contacts.iter().zip(&self.matches.owners).enumerate() {
            if *owner != Owner::Free {
                continue;
            }
            let Some(doubt) = doubt(contact, compared) else { continue };
            let Some(name) = name_of(contact) else { continue };
            let Some(row) = self.input.contacts.rows.get(at) else { continue };
            known.entry((row.company(), name)).or_default().push((place(at), doubt));
        }
        Namesakes(known)
    }
}

fn doubt(contact: ContactView<'_>, compared: bool) -> Option<Doubt> {
    let others = contact.text(&ContactField::AlternateEmails);
    if compared && others == ReadText::NotRead {
        return Some(Doubt::OthersNotRead);
    }
    // An inactive contact without an address is of no use to anybody, and a new one beside it no harm.
    (contact.active() != Some(false) && contact.email_keys().next().is_none()).then_some(Doubt::NoAddress)
}

/// A contact's whole name in one form; `None` where it is not whole, because one name alone suggests nothing.
pub(super) fn name_of(contact: ContactView<'_>) -> Option<String> {
    let text = |field| contact.text(&field).text();
    match text(ContactField::Name) {
        Some(whole) => whole.contains(char::is_whitespace).then(|| form(whole)),
        None => Some(full_name(text(ContactField::FirstName)?, text(ContactField::LastName)?)),
    }
}

/// Both names in one form, which is that of the two in one text.
pub(super) fn full_name(first: &str, last: &str) -> String {
    form(&format!("{first} {last}"))
}

fn form(name: &str) -> String {
    if name.is_ascii() {
        let mut form = String::with_capacity(name.len());
        for word in name.split_whitespace() {
            if !form.is_empty() {
                form.push(' ');
            }
            form.extend(word.chars().map(|c| c.to_ascii_lowercase()));
        }
        return form;
    }
    let words: Vec<&str> = name.split_whitespace().collect();
    fold(&words.join(" ").nfc().collect::<String>())
}
