//! Matching a second time: slow, over plain structs, and written from the rules alone.
//!
//! No index, no packing, no shared code with the planner. Addresses here are lower case and have one form already.

use std::collections::{BTreeMap, BTreeSet};
use sync_core::policy::MatchRule;

#[derive(Clone, Debug, Default)]
pub struct User {
    pub id: String,
    pub mail: Option<String>,
    pub sign_in: String,
    pub aliases: Vec<String>,
    pub immutable: Option<String>,
    pub company: String,
    pub disabled: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Contact {
    pub id: String,
    pub company: String,
    pub mail: Option<String>,
    pub alternates: Vec<String>,
    pub inactive: bool,
    /// The object id it holds, if any.
    pub holds: String,
    pub of_other_tenant: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Link {
    pub user: String,
    pub contact: String,
    pub immutable: Option<String>,
    pub missing_reads: u32,
}

#[derive(Clone, Debug, Default)]
pub struct Case {
    pub users: Vec<User>,
    pub contacts: Vec<Contact>,
    pub links: Vec<Link>,
    pub rules: Vec<MatchRule>,
}

/// What is found for one user, ids in ascending order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Nobody,
    Contact(String),
    Several(Vec<String>),
    ClaimedTwice(Vec<String>),
    SameAddress(Vec<String>),
    OfSomebodyGone(Vec<String>),
    OfAnotherTenant,
    ElsewhereOrGone(Vec<String>),
}

impl User {
    /// The address the person is known by.
    fn known_by(&self) -> Option<&str> {
        self.mail.as_deref().or(Some(self.sign_in.as_str()).filter(|name| !name.ends_with("onmicrosoft.com")))
    }

    fn every_address(&self) -> Vec<&str> {
        let all = self.known_by().into_iter().chain(self.aliases.iter().map(String::as_str));
        let sign_in = Some(self.sign_in.as_str()).filter(|name| !name.ends_with("onmicrosoft.com"));
        all.chain(sign_in).collect()
    }
}

impl Contact {
    fn fits(&self, user: &User, rule: MatchRule) -> bool {
        let all = user.every_address();
        let is_mine = |address: &String| all.contains(&address.as_str());
        match rule {
            MatchRule::StoredId => self.holds == user.id,
            MatchRule::PrimaryEmail => self.mail.is_some() && self.mail == user.mail,
            MatchRule::AlternateEmail => self.mail != user.mail && self.mail.as_ref().is_some_and(is_mine),
            MatchRule::PsaAlternateEmail => self.alternates.iter().any(is_mine),
            MatchRule::Link | MatchRule::ImmutableId | _ => false,
        }
    }
}

const BY_ADDRESS: [MatchRule; 3] =
    [MatchRule::PrimaryEmail, MatchRule::AlternateEmail, MatchRule::PsaAlternateEmail];

/// Who has a contact after the stages so far.
#[derive(Clone, Debug, PartialEq)]
enum Owner {
    User,
    /// A linked person who is not in the read, by the link that counts.
    Gone(Link),
    /// Several wanted it, or one that could not tell it from another.
    Disputed,
}

pub struct Reference<'a> {
    case: &'a Case,
    owners: BTreeMap<&'a str, Owner>,
    found: BTreeMap<&'a str, Found>,
}

/// What matching must find for each user.
pub fn pair(case: &Case) -> BTreeMap<&str, Found> {
    let mut me = Reference { case, owners: BTreeMap::new(), found: BTreeMap::new() };
    let first_address_rule = case.rules.iter().position(|rule| BY_ADDRESS.contains(rule));
    for (at, rule) in case.rules.iter().enumerate() {
        if Some(at) == first_address_rule {
            me.same_address();
        }
        me.stage(*rule);
        if *rule == MatchRule::Link {
            me.absent_links();
        }
    }
    for user in &case.users {
        let open = !me.found.contains_key(user.id.as_str());
        let elsewhere: Vec<&Contact> = case
            .contacts
            .iter()
            .filter(|c| c.company != user.company && BY_ADDRESS.iter().any(|rule| c.fits(user, *rule)))
            .collect();
        if open && !user.disabled && first_address_rule.is_some() && !elsewhere.is_empty() {
            me.found.insert(&user.id, Found::ElsewhereOrGone(ids(&elsewhere)));
        }
        // A remembered contact that is not there any more, and nothing in its place.
        if let Some(link) = case.links.iter().find(|l| l.user == user.id) {
            me.found.entry(&user.id).or_insert_with(|| Found::ElsewhereOrGone(vec![link.contact.clone()]));
        } else if case.rules.contains(&MatchRule::ImmutableId) && !user.disabled {
            // Or that of an earlier account of the same person.
            let is_gone = |link: &&Link| {
                link.immutable.is_some()
                    && link.immutable == user.immutable
                    && case.users.iter().all(|other| other.id != link.user)
                    && case.contacts.iter().all(|contact| contact.id != link.contact)
            };
            let gone: Vec<String> =
                case.links.iter().filter(is_gone).map(|link| link.contact.clone()).collect();
            if !gone.is_empty() {
                me.found.entry(&user.id).or_insert(Found::ElsewhereOrGone(gone));
            }
        }
    }
    let mut found = me.found;
    for user in &case.users {
        let mine = found.entry(&user.id).or_insert(Found::Nobody);
        // A pair across companies waits for a person.
        if let Found::Contact(id) = mine
            && case.contacts.iter().any(|c| c.id == *id && c.company != user.company)
        {
            *mine = Found::ElsewhereOrGone(vec![id.clone()]);
        }
    }
    found
}

fn ids(contacts: &[&Contact]) -> Vec<String> {
    contacts.iter().map(|c| c.id.clone()).collect::<BTreeSet<_>>().into_iter().collect()
}

impl<'a> Reference<'a> {
    /// One rule over everybody still open: all claims first, then what they mean together.
    fn stage(&mut self, rule: MatchRule) {
        let mut claims: Vec<(&'a str, &'a str, bool)> = Vec::new();
        for user in &self.case.users {
            if self.found.contains_key(user.id.as_str()) {
                continue;
            }
            let (claimed, verdict) = self.look(user, rule);
            let sure = verdict.is_none();
            claims.extend(claimed.iter().map(|contact| (contact.id.as_str(), user.id.as_str(), sure)));
            if let Some(verdict) = verdict {
                self.found.insert(&user.id, verdict);
            }
        }
        self.settle(&claims);
    }

    /// What one user claims by a rule, and a conflict that it meets already.
    fn look(&self, user: &'a User, rule: MatchRule) -> (Vec<&'a Contact>, Option<Found>) {
        let owner = |contact: &Contact| self.owners.get(contact.id.as_str());
        let all = || self.case.contacts.iter();
        let found: Vec<&Contact> = match rule {
            MatchRule::Link => {
                let link = self.case.links.iter().find(|l| l.user == user.id);
                let mine: Vec<&Contact> = all().filter(|c| link.is_some_and(|l| l.contact == c.id)).collect();
                let other = mine.iter().any(|c| c.of_other_tenant);
                return if other { (Vec::new(), Some(Found::OfAnotherTenant)) } else { (mine, None) };
            }
            MatchRule::ImmutableId => return self.same_immutable_id(user),
            // What has its user already is not given away for an id that somebody left on it.
            MatchRule::StoredId => {
                all().filter(|c| c.fits(user, rule) && owner(c) != Some(&Owner::User)).collect()
            }
            // Nothing but a link or an id says whose contact somebody out of scope has.
            MatchRule::PrimaryEmail | MatchRule::AlternateEmail | MatchRule::PsaAlternateEmail | _
                if user.disabled =>
            {
                Vec::new()
            }
            MatchRule::PrimaryEmail | MatchRule::AlternateEmail | MatchRule::PsaAlternateEmail | _ => {
                all().filter(|c| c.fits(user, rule) && c.company == user.company).collect()
            }
        };
        let holds_another = |c: &&&Contact| !c.of_other_tenant && !c.holds.is_empty() && c.holds != user.id;
        if BY_ADDRESS.contains(&rule) && found.iter().any(|c| holds_another(&c)) {
            return (Vec::new(), Some(Found::OfSomebodyGone(ids(&found))));
        }
        // What somebody out of scope is known by was that person's before it became another one's alias.
        let outside = |address: &str| {
            let others =
                self.case.users.iter().filter(|u| u.disabled && !self.found.contains_key(u.id.as_str()));
            others.clone().any(|other| other.known_by() == Some(address))
        };
        let by_alias = matches!(rule, MatchRule::AlternateEmail | MatchRule::PsaAlternateEmail);
        if by_alias && found.iter().any(|c| c.mail.as_deref().is_some_and(outside)) {
            let verdict = Found::ClaimedTwice(ids(&found));
            return (found, Some(verdict));
        }
        let in_use: Vec<&Contact> = found.iter().copied().filter(|c| !c.inactive).collect();
        match (found.as_slice(), in_use.as_slice()) {
            ([], _) => (Vec::new(), None),
            ([one], _) => match owner(one) {
                _ if one.of_other_tenant => (Vec::new(), Some(Found::OfAnotherTenant)),
                None => (vec![one], None),
                Some(Owner::Gone(_)) => (Vec::new(), Some(Found::OfSomebodyGone(ids(&found)))),
                Some(Owner::User | Owner::Disputed) => (Vec::new(), Some(Found::ClaimedTwice(ids(&found)))),
            },
            (_, [one]) if owner(one).is_none() && !one.of_other_tenant => (vec![one], None),
            _ => (found.clone(), Some(Found::Several(ids(&found)))),
        }
    }

    /// The contact of somebody gone who had the same immutable id; of several the one in use.
    fn same_immutable_id(&self, user: &'a User) -> (Vec<&'a Contact>, Option<Found>) {
        let left = |contact: &&Contact| {
            let link = match self.owners.get(contact.id.as_str()) {
                Some(Owner::Gone(link)) => Some(link.clone()),
                // Disputed since, or another tenant's: still the contact of the person gone.
                Some(Owner::Disputed) => self.absent_link(contact),
                None if contact.of_other_tenant => self.absent_link(contact),
                Some(Owner::User) | None => None,
            };
            link.is_some_and(|l| l.immutable.is_some() && l.immutable == user.immutable)
        };
        let all: Vec<&Contact> = self.case.contacts.iter().filter(left).collect();
        let in_use: Vec<&Contact> = all.iter().copied().filter(|contact| !contact.inactive).collect();
        let theirs = if in_use.len() == 1 { in_use } else { all };
        match theirs.as_slice() {
            _ if user.disabled => (Vec::new(), None),
            [one] if one.of_other_tenant => (Vec::new(), Some(Found::OfAnotherTenant)),
            [one] if self.owners.get(one.id.as_str()) == Some(&Owner::Disputed) => {
                (Vec::new(), Some(Found::ClaimedTwice(ids(&theirs))))
            }
            [one] => (vec![one], None),
            [] => (Vec::new(), None),
            _ => (theirs.clone(), Some(Found::Several(ids(&theirs)))),
        }
    }

    fn absent_link(&self, contact: &Contact) -> Option<Link> {
        let present = |id: &str| self.case.users.iter().any(|u| u.id == id);
        let mine = self.case.links.iter().filter(|l| l.contact == contact.id);
        // Where somebody in the read is linked to it, older links say nothing.
        if mine.clone().any(|l| present(&l.user)) {
            return None;
        }
        mine.min_by_key(|l| (l.missing_reads, l.user.clone())).cloned()
    }

    /// Contacts of people who are not in the read, and which nobody in it is linked to.
    fn absent_links(&mut self) {
        for contact in self.case.contacts.iter().filter(|c| !c.of_other_tenant) {
            if let Some(link) = self.absent_link(contact) {
                self.owners.entry(&contact.id).or_insert(Owner::Gone(link));
            }
        }
    }

    /// Everybody without a contact who is known by the address of somebody else, and what they would have found.
    fn same_address(&mut self) {
        let mut claims = Vec::new();
        let mut same = Vec::new();
        for user in self.case.users.iter().filter(|u| !u.disabled) {
            let sharing: BTreeSet<&str> = self
                .case
                .users
                .iter()
                .filter(|u| !u.disabled && u.known_by().is_some() && u.known_by() == user.known_by())
                .map(|u| u.id.as_str())
                .collect();
            if sharing.len() < 2 || self.found.contains_key(user.id.as_str()) {
                continue;
            }
            let theirs =
                self.case.contacts.iter().filter(|c| {
                    c.company == user.company && BY_ADDRESS.iter().any(|rule| c.fits(user, *rule))
                });
            claims.extend(theirs.map(|c| (c.id.as_str(), user.id.as_str(), false)));
            same.push((&user.id, Found::SameAddress(sharing.into_iter().map(str::to_owned).collect())));
        }
        for (user, verdict) in same {
            self.found.insert(user, verdict);
        }
        self.settle(&claims);
    }

    fn settle(&mut self, claims: &[(&'a str, &'a str, bool)]) {
        for (contact, user, sure) in claims {
            let alone = claims.iter().filter(|(c, _, _)| c == contact).count() == 1;
            let kept = claims.iter().all(|(c, _, sure)| c != contact || *sure);
            if *sure {
                let verdict = if alone && kept {
                    Found::Contact((*contact).to_owned())
                } else {
                    Found::ClaimedTwice(vec![(*contact).to_owned()])
                };
                self.found.insert(user, verdict);
            }
            let taken = matches!(self.owners.get(contact), Some(Owner::User));
            let foreign = self.case.contacts.iter().any(|c| c.id == *contact && c.of_other_tenant);
            if !taken && !foreign {
                let owner = if *sure && alone { Owner::User } else { Owner::Disputed };
                self.owners.insert(contact, owner);
            }
        }
    }
}
