//! The seeded world: who is in the directory, who is in the PSA, and how the two differ.

mod lists;
mod names;
mod places;
mod psa;
mod skus;

use chrono::{DateTime, Utc};

use crate::rng::Rng;

pub(crate) use skus::SKUS;

/// Domain of the imitated tenant's people.
pub(crate) const DOMAIN: &str = "contoso.example";
/// The tenant's initial domain, which unlicensed and guest accounts fall back to.
pub(crate) const INITIAL_DOMAIN: &str = "contoso.onmicrosoft.com";
/// The tenant's (and the PSA company's) name.
pub(crate) const COMPANY: &str = "Contoso";

/// What kind of account a directory user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PersonKind {
    /// An ordinary member.
    Member,
    /// An invited guest with an `#EXT#` user principal name.
    Guest,
    /// A shared mailbox: disabled, unlicensed, without first and last name.
    Shared,
    /// A room mailbox, like [`Self::Shared`].
    Room,
    /// A service account (`svc-...`), without a mailbox.
    Service,
}

/// How a person appears in the PSA.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PsaState {
    /// Not at all.
    None,
    /// One contact that carries the directory's object id in its custom field.
    Linked,
    /// One contact without the stored id; its e-mail address is the person's `mail`.
    ByEmail,
    /// One contact without the stored id; its only e-mail address is `aliases[0]`.
    ByAlternateEmail,
    /// Two contacts without the stored id, both with the person's `mail`.
    Duplicate,
}

/// A field that is older in the PSA than in the directory, with the value that the PSA holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stale {
    /// The PSA's title.
    JobTitle(String),
    /// The PSA's department.
    Department(String),
    /// The PSA's business telephone number.
    BusinessPhone(String),
    /// The PSA's last name.
    LastName(String),
}

/// One person of the seeded world. Texts that may be missing are options; `None` means the directory has no value.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) display_name: String,
    /// User principal name.
    pub(crate) upn: String,
    /// Primary e-mail address, in the directory's own spelling (case noise included).
    pub(crate) mail: Option<String>,
    /// Other e-mail addresses, bare (no `smtp:`).
    pub(crate) aliases: Vec<String>,
    /// Directory object id, lower-case UUID text. Also made for people who are in the PSA only.
    pub(crate) object_id: String,
    pub(crate) business_phone: Option<String>,
    pub(crate) mobile_phone: Option<String>,
    pub(crate) job_title: Option<String>,
    pub(crate) department: Option<String>,
    pub(crate) office: Option<String>,
    pub(crate) street: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) postal_code: Option<String>,
    /// Country name, such as `Germany`.
    pub(crate) country: Option<String>,
    /// ISO 3166 code, such as `DE`.
    pub(crate) usage_location: Option<String>,
    /// Whether sign-in is allowed.
    pub(crate) enabled: bool,
    pub(crate) kind: PersonKind,
    /// `companyName`.
    pub(crate) company: Option<String>,
    /// SKU ids of assigned licences.
    pub(crate) licences: Vec<&'static str>,
    /// Whether the directory lists this person. False for vendor contacts made by hand in the PSA (then `in_psa` is
    /// `ByEmail` and nothing links them) and for leavers.
    pub(crate) in_directory: bool,
    /// The directory soft-deleted this person that many days ago (`in_directory` is false then).
    pub(crate) deleted_days_ago: Option<u16>,
    pub(crate) in_psa: PsaState,
    /// The PSA's contact is already inactive (`inactiveFlag` and the like).
    pub(crate) contact_inactive: bool,
    /// What the PSA holds instead of the directory's value.
    pub(crate) stale: Option<Stale>,
    /// When the account was created.
    pub(crate) created: DateTime<Utc>,
}

impl Person {
    /// How many PSA contacts this person makes.
    pub(crate) const fn contacts(&self) -> usize {
        match self.in_psa {
            PsaState::None => 0,
            PsaState::Linked | PsaState::ByEmail | PsaState::ByAlternateEmail => 1,
            PsaState::Duplicate => 2,
        }
    }
}

/// The world of a seed: `users` people with `in_directory`, plus leavers and vendor contacts; the PSA contacts they
/// make number exactly `contacts`. Equal arguments give equal worlds.
pub(crate) fn people(seed: u64, users: usize, contacts: usize) -> Vec<Person> {
    let mut names = names::Names::new(Rng::new(seed, "people"));
    let mut people = names.directory(users);
    psa::spread(&mut Rng::new(seed, "psa"), &mut names, &mut people, contacts);
    people
}

#[cfg(test)]
mod tests;
