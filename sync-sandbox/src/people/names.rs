//! Making directory users: names, addresses, telephones, licences, and the odd ones out.

use std::collections::BTreeSet;

use chrono::{DateTime, Days, Utc};

use super::lists::{FIRST, LAST, LONG_LAST, PARTNERS, SERVICE, SHARED};
use super::places::{DEPARTMENTS, OFFICES};
use super::{COMPANY, DOMAIN, INITIAL_DOMAIN, Person, PersonKind, PsaState, SKUS};
use crate::rng::Rng;

/// 2019-01-01: no seeded account is older.
const EPOCH: i64 = 1_546_300_800;

/// Makes people whose addresses never collide.
pub(super) struct Names {
    rng: Rng,
    taken: BTreeSet<String>,
}

/// How many of each kind a directory of some size has.
struct Mix {
    guests: usize,
    shared: usize,
    rooms: usize,
    services: usize,
    disabled: usize,
    mailless: usize,
    initial_domain_only: usize,
    long: usize,
}

impl Mix {
    const fn of(users: usize) -> Self {
        Self {
            guests: share(users, 30, 12),
            shared: share(users, 15, 10),
            rooms: share(users, 8, 15),
            services: share(users, 5, 12),
            disabled: if users >= 20 && users < 60 { 2 } else { share(users, 30, 10) },
            mailless: share(users, 8, 18),
            initial_domain_only: share(users, 3, 22),
            long: share(users, 3, 25),
        }
    }
}

/// `per_mille` of `users`, and at least one from `from` users on.
pub(super) const fn share(users: usize, per_mille: usize, from: usize) -> usize {
    let count = users.saturating_mul(per_mille) / 1000;
    if count == 0 && users >= from { 1 } else { count }
}

impl Names {
    pub(super) const fn new(rng: Rng) -> Self {
        Self { rng, taken: BTreeSet::new() }
    }

    /// `users` accounts of every kind.
    pub(super) fn directory(&mut self, users: usize) -> Vec<Person> {
        let mix = Mix::of(users);
        let others = mix.guests + mix.shared + mix.rooms + mix.services;
        let members = users.saturating_sub(others);
        let mut people: Vec<Person> = (0..members).map(|_| self.member()).collect();
        self.set_apart(&mut people, &mix);
        people.extend((0..mix.guests).map(|_| self.guest()));
        people.extend((0..mix.shared).map(|n| self.mailbox(PersonKind::Shared, n)));
        people.extend((0..mix.rooms).map(|n| self.mailbox(PersonKind::Room, n)));
        people.extend((0..mix.services).map(|n| self.service(n)));
        people.truncate(users);
        people
    }

    /// An ordinary member with mail, licences and most fields filled.
    pub(super) fn member(&mut self) -> Person {
        let (first, last) = (self.rng.pick(&FIRST), self.rng.pick(&LAST));
        self.named(first, last)
    }

    fn named(&mut self, first: &str, last: &str) -> Person {
        let folded = format!("{}.{}", local(first), local(last));
        let mail = self.address(&folded, DOMAIN);
        let mut person = self.blank(PersonKind::Member, format!("{first} {last}"), mail.clone());
        first.clone_into(&mut person.first_name);
        last.clone_into(&mut person.last_name);
        let short: String = local(first).chars().take(1).chain(local(last).chars()).collect();
        if self.rng.chance(600) {
            person.aliases.push(self.address(&short, DOMAIN));
        }
        if self.rng.chance(300) {
            person.aliases.push(self.address(&folded, INITIAL_DOMAIN));
        }
        if self.rng.chance(80) {
            let maiden = format!("{}.{}", local(first), local(self.rng.pick(&LAST)));
            person.aliases.push(self.address(&maiden, DOMAIN));
        }
        if self.rng.chance(30) {
            let number = self.rng.below(1000);
            person.upn = self.address(&format!("{short}{number:03}"), DOMAIN);
        }
        person.mail = Some(if self.rng.chance(50) { capitals(&mail) } else { mail });
        self.place(&mut person);
        self.license(&mut person);
        person
    }

    /// Turns some of the members into the cases that mappings trip over.
    fn set_apart(&mut self, members: &mut [Person], mix: &Mix) {
        let mut rest = members.iter_mut();
        if mix.long > 0
            && let (Some(one), Some(other)) = (rest.next(), rest.next())
        {
            // Two people of one name: only their addresses tell them apart.
            let (first, last) = (one.first_name.clone(), one.last_name.clone());
            *other = self.named(&first, &last);
        }
        for index in 0..mix.long {
            let Some(person) = rest.next() else { return };
            let first = person.first_name.clone();
            *person = self.named(&first, LONG_LAST.get(index % LONG_LAST.len()).copied().unwrap_or("Long"));
        }
        for person in rest.by_ref().take(mix.disabled) {
            person.enabled = false;
        }
        for person in rest.by_ref().take(mix.mailless) {
            person.mail = None;
            person.aliases.clear();
            person.licences.clear();
        }
        for person in rest.by_ref().take(mix.initial_domain_only) {
            let folded = format!("{}.{}", local(&person.first_name), local(&person.last_name));
            person.upn = self.address(&format!("{folded}.cloud"), INITIAL_DOMAIN);
            person.mail = Some(person.upn.clone());
            person.aliases.clear();
        }
    }

    fn guest(&mut self) -> Person {
        let (first, last) = (self.rng.pick(&FIRST), self.rng.pick(&LAST));
        let (domain, company) = self.partner();
        let mail = self.address(&format!("{}.{}", local(first), local(last)), domain);
        let upn = format!("{}#EXT#@{INITIAL_DOMAIN}", mail.replace('@', "_"));
        let mut person = self.blank(PersonKind::Guest, format!("{first} {last} ({company})"), upn);
        if self.rng.chance(600) {
            first.clone_into(&mut person.first_name);
            last.clone_into(&mut person.last_name);
        }
        person.mail = Some(mail);
        person
    }

    fn mailbox(&mut self, kind: PersonKind, number: usize) -> Person {
        let (name, title) = if kind == PersonKind::Room {
            let (floor, room) = (1 + number % 7, 1 + number / 7);
            (format!("room.{floor}.{room:02}"), format!("Conf Room {floor}.{room:02}"))
        } else {
            let (name, title) = SHARED.get(number % SHARED.len()).copied().unwrap_or_default();
            let round = number / SHARED.len();
            if round == 0 {
                (name.to_owned(), title.to_owned())
            } else {
                (format!("{name}.{round}"), format!("{title} {round}"))
            }
        };
        let upn = self.address(&name, DOMAIN);
        let mut person = self.blank(kind, title, upn.clone());
        person.mail = Some(upn);
        person.enabled = false;
        person
    }

    fn service(&mut self, number: usize) -> Person {
        let (name, title) = SERVICE.get(number % SERVICE.len()).copied().unwrap_or_default();
        let upn = self.address(name, INITIAL_DOMAIN);
        self.blank(PersonKind::Service, title.to_owned(), upn)
    }

    /// A contact that somebody of a supplier has in the PSA and that no directory knows.
    pub(super) fn supplier(&mut self) -> Person {
        let (first, last) = (self.rng.pick(&FIRST), self.rng.pick(&LAST));
        let (domain, _) = self.partner();
        let mail = self.address(&format!("{}.{}", local(first), local(last)), domain);
        let mut person = self.blank(PersonKind::Member, format!("{first} {last}"), mail.clone());
        first.clone_into(&mut person.first_name);
        last.clone_into(&mut person.last_name);
        person.mail = Some(mail);
        person.job_title = Some("Supplier".to_owned());
        person.in_directory = false;
        self.place(&mut person);
        person
    }

    fn partner(&mut self) -> (&'static str, &'static str) {
        self.rng.pick(&PARTNERS)
    }

    /// Job, office and telephones.
    fn place(&mut self, person: &mut Person) {
        let index = self.rng.below(OFFICES.len());
        if let Some(office) = OFFICES.get(index) {
            person.office = Some(office.name.to_owned());
            person.street = Some(office.street.to_owned());
            person.city = Some(office.city.to_owned());
            person.state = office.state.map(str::to_owned);
            person.postal_code = Some(office.postal_code.to_owned());
            person.country = Some(office.country.to_owned());
            person.usage_location = Some(office.code.to_owned());
            if self.rng.chance(850) {
                person.business_phone = Some(self.digits(office.phone));
            }
            if self.rng.chance(550) {
                person.mobile_phone = Some(self.digits(office.mobile));
            }
        }
        let (department, jobs) = self.rng.pick(&DEPARTMENTS);
        if self.rng.chance(970) {
            person.department = Some(department.to_owned());
        }
        if person.job_title.is_none() && self.rng.chance(950) {
            person.job_title = Some(self.rng.pick(&jobs).to_owned());
        }
    }

    fn license(&mut self, person: &mut Person) {
        let paid = match self.rng.below(100) {
            0..55 => 0,
            55..75 => 1,
            75..92 => 2,
            92..97 => 3,
            _ => return,
        };
        person.licences.extend(SKUS.get(paid).map(|sku| sku.id));
        if self.rng.chance(200) {
            person.licences.extend(SKUS.get(4 + self.rng.below(2)).map(|sku| sku.id));
        }
    }

    /// A free address: the wanted one, or the first one with a number that is free.
    fn address(&mut self, name: &str, domain: &str) -> String {
        let mut address = format!("{name}@{domain}");
        let mut number = 2;
        while !self.taken.insert(address.clone()) {
            address = format!("{name}{number}@{domain}");
            number += 1;
        }
        address
    }

    fn digits(&mut self, pattern: &str) -> String {
        pattern
            .chars()
            .map(
                |c| {
                    if c == '#' {
                        char::from(b'0' + u8::try_from(self.rng.below(10)).unwrap_or(0))
                    } else {
                        c
                    }
                },
            )
            .collect()
    }

    fn blank(&mut self, kind: PersonKind, display_name: String, upn: String) -> Person {
        let created = DateTime::<Utc>::from_timestamp(EPOCH, 0)
            .and_then(|start| start.checked_add_days(Days::new(self.rng.below(2400) as u64)))
            .unwrap_or_default();
        Person {
            first_name: String::new(),
            last_name: String::new(),
            display_name,
            upn,
            mail: None,
            aliases: Vec::new(),
            object_id: self.rng.uuid(),
            business_phone: None,
            mobile_phone: None,
            job_title: None,
            department: None,
            office: None,
            street: None,
            city: None,
            state: None,
            postal_code: None,
            country: None,
            usage_location: None,
            enabled: true,
            kind,
            licences: Vec::new(),
            company: (kind != PersonKind::Guest).then(|| COMPANY.to_owned()),
            in_directory: true,
            deleted_days_ago: None,
            in_psa: PsaState::None,
            contact_inactive: false,
            stale: None,
            created,
        }
    }
}

/// The local part of an address for a name: lower case, without accents and spaces.
fn local(name: &str) -> String {
    let mut out = String::with_capacity(name.len());
    for c in name.chars().flat_map(char::to_lowercase) {
        match c {
            'á' | 'à' | 'â' | 'ã' | 'ă' | 'ą' | 'å' => out.push('a'),
            'ä' | 'æ' => out.push_str("ae"),
            'ç' | 'č' | 'ć' => out.push('c'),
            'é' | 'è' | 'ê' | 'ë' | 'ę' => out.push('e'),
            'í' | 'ì' | 'î' | 'ï' | 'ı' => out.push('i'),
            'ł' => out.push('l'),
            'ñ' | 'ń' => out.push('n'),
            'ó' | 'ò' | 'ô' | 'õ' => out.push('o'),
            'ö' | 'ø' => out.push_str("oe"),
            'ř' => out.push('r'),
            'ş' | 'ś' | 'š' => out.push('s'),
            'ß' => out.push_str("ss"),
            'ú' | 'ù' | 'û' => out.push('u'),
            'ü' => out.push_str("ue"),
            'ý' => out.push('y'),
            'ż' | 'ź' | 'ž' => out.push('z'),
            'a'..='z' | '0'..='9' | '-' | '\'' => out.push(c),
            _ => {}
        }
    }
    out
}

/// The same address as somebody typed it: `Jane.Doe@Contoso.example`.
fn capitals(address: &str) -> String {
    let mut upper = true;
    address
        .chars()
        .map(|c| {
            let shown = if upper { c.to_ascii_uppercase() } else { c };
            upper = matches!(c, '@' | '.');
            shown
        })
        .collect()
}
