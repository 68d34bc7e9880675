//! Who people really are, which accounts they have, and what happens to both.

use super::random::Random;
use crate::{
    lab::{Lab, telling},
    world::{COMPANY, TENANT, World, contact as whole_contact, user as whole_user},
};
use chrono::Duration;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};
use sync_core::{
    ErrorKind,
    apply::Report,
    capability::{AlternateEmails, Capabilities},
    memory::MemoryPsa,
    model::{
        Attribute, CompanyId, Contact, ContactField, ContactId, DirectoryUser, FieldValue, SourceAnchor,
        TenantName, UserKind,
    },
    plan::{Plan, Subject},
    policy::{CountPercent, DeactivateLimit, Departed, MatchRule, Reactivate, Route, Tenant},
    store::Link,
};

pub const PEOPLE: usize = 5;
const ADDRESSES: u64 = 7;
/// Where people of the laboratory belong, if the tenant has two companies; else somebody else's company.
pub const LABORATORY: &str = "200";
/// The other directory of the customer.
const OTHER_TENANT: &str = "fabrikam";
/// Nobody's.
const ELSEWHERE: &str = "300";

/// What the provider wants, and what directory and PSA can do. Drawn once for a whole story.
#[derive(Clone, Debug)]
pub struct Setting {
    pub id_field: bool,
    pub managed_only: bool,
    pub verified_domains_only: bool,
    pub owner_field: bool,
    pub aliases_match: bool,
    pub reactivate: Reactivate,
    pub disabled: Departed,
    pub missing: Departed,
    pub out_of_scope: Departed,
    pub grace_reads: u32,
    pub tells: bool,
    pub alternates: bool,
    /// The directory lets nobody have an address that somebody else has.
    pub unique_addresses: bool,
    /// The directory says who was deleted.
    pub says_removed: bool,
    /// The tenant has two companies.
    pub two_companies: bool,
    /// The customer has two tenants, whose people go to the same companies.
    pub two_tenants: bool,
}

impl Setting {
    pub fn draw(random: &mut Random) -> Self {
        let departed = |random: &mut Random| match random.below(4) {
            0 => Departed::Hold,
            1 => Departed::Ignore,
            _ => Departed::Deactivate,
        };
        Self {
            id_field: random.one_in(2),
            managed_only: !random.one_in(3),
            verified_domains_only: random.one_in(2),
            owner_field: random.one_in(3),
            aliases_match: !random.one_in(4),
            reactivate: match random.below(4) {
                0 => Reactivate::Never,
                1 => Reactivate::Any,
                _ => Reactivate::Ours,
            },
            disabled: departed(random),
            missing: departed(random),
            out_of_scope: departed(random),
            grace_reads: u32::try_from(random.below(2)).unwrap() + 1,
            tells: random.one_in(2),
            alternates: !random.one_in(3),
            unique_addresses: !random.one_in(4),
            says_removed: !random.one_in(3),
            two_companies: random.one_in(2),
            two_tenants: random.one_in(2),
        }
    }

    fn labs(&self) -> Vec<Lab> {
        // Some stay through it all: a run that would deactivate everybody is stopped whatever the limits, as it should be.
        let mut first = Lab::new(self.world(World::new().crowd(8)), self.capabilities());
        if !self.two_tenants {
            return vec![first];
        }
        let mut world = World::new();
        world.tenant = Tenant::to_company(TenantName::new("Fabrikam"), OTHER_TENANT, CompanyId::new(COMPANY));
        for (object, id) in (0..8).map(|i| (format!("q{i:02}"), format!("d{i:02}"))) {
            let mail = format!("{object}@contoso.com");
            let mut user = whole_user(&object, &mail);
            user.anchor = anchor(1, &object);
            world.links.links.insert(Link::new(user.anchor.clone(), ContactId::new(&id), world.as_of));
            world = world.user(user).contact(whole_contact(&id, &object, &mail));
        }
        let second = first.beside(self.world(world));
        vec![first, second]
    }

    fn world(&self, mut world: World) -> World {
        if self.two_companies {
            let when = serde_json::from_str(r#"{"department":"Laboratory"}"#).unwrap();
            world.tenant.routes = vec![Route::new(1, when, CompanyId::new(LABORATORY))];
            for (user, contact) in world.users.iter_mut().zip(&mut world.contacts).skip(4) {
                user.attributes.insert(Attribute::Department, Some("Laboratory".to_owned()));
                contact.fields.insert(ContactField::Department, FieldValue::text("Laboratory"));
                contact.company = Some(CompanyId::new(LABORATORY));
            }
        }
        world.policy(|policy| {
            let all = CountPercent { count: 100, percent: 100 };
            policy.limits.deactivate = DeactivateLimit::Numbers(all);
            policy.limits.create = all;
            policy.limits.update.percent = 1000;
            if self.id_field {
                policy.write_back.contact_id_field = "Id".into();
            }
            if self.owner_field {
                policy.write_back.owner_field = "Owner".into();
            }
            policy.lifecycle.managed_only = self.managed_only || !self.id_field;
            policy.lifecycle.verified_domains_only = self.verified_domains_only;
            policy.lifecycle.reactivate = self.reactivate;
            policy.lifecycle.disabled = self.disabled;
            policy.lifecycle.deleted = self.missing;
            policy.lifecycle.missing = self.missing;
            policy.lifecycle.out_of_scope = self.out_of_scope;
            policy.lifecycle.grace_reads = self.grace_reads;
            if !self.aliases_match {
                policy
                    .matching
                    .rules
                    .retain(|r| !matches!(r, MatchRule::AlternateEmail | MatchRule::PsaAlternateEmail));
            }
        })
    }

    fn capabilities(&self) -> Capabilities {
        let mut capabilities = if self.tells { telling() } else { Capabilities::everything() };
        if !self.alternates {
            capabilities.alternate_emails = AlternateEmails::None;
        }
        capabilities
    }
}

/// What happens to people and contacts, and on the way. Numbers are reduced to the people, addresses and contacts that there
/// are, so that one can be left out of a story without changing what the others mean.
#[derive(Clone, Copy, Debug)]
pub enum Happening {
    Joins {
        person: u64,
        address: u64,
        immutable: bool,
        tenant: usize,
    },
    Leaves {
        person: u64,
    },
    Enabled {
        person: u64,
        on: bool,
    },
    Guest {
        person: u64,
        on: bool,
    },
    /// Goes to work in the laboratory, or comes back from there.
    Transferred {
        person: u64,
        laboratory: bool,
    },
    Renamed {
        person: u64,
        address: u64,
        keeps_old: bool,
    },
    Alias {
        person: u64,
        address: u64,
    },
    Swap {
        person: u64,
        other: u64,
    },
    /// The account is made anew under another object id, with the same immutable id where it has one, and perhaps in the
    /// customer's other tenant.
    NewAccount {
        person: u64,
        tenant: usize,
    },
    ContactMade {
        person: u64,
        with_address: bool,
    },
    ContactSwitched {
        contact: u64,
    },
    ContactReaddressed {
        contact: u64,
        address: u64,
    },
    ContactUnmarked {
        contact: u64,
    },
    ContactDeleted {
        contact: u64,
    },
    ContactMoved {
        contact: u64,
    },
    ContactTitled {
        contact: u64,
    },
    Fault {
        unknown: bool,
        done: bool,
    },
    UsersCut {
        after: u64,
        tenant: usize,
    },
    Passes {
        hours: u64,
    },
}

impl Happening {
    pub fn draw(random: &mut Random) -> Self {
        let (person, address, contact) = (random.below(840), random.below(840), random.below(840));
        let tenant = usize::from(random.one_in(3));
        match random.below(28) {
            0..=4 => Self::Joins { person, address, immutable: random.one_in(2), tenant },
            5 | 6 => Self::Leaves { person },
            7 | 8 => Self::Enabled { person, on: random.one_in(2) },
            9 => Self::Guest { person, on: random.one_in(2) },
            10 | 11 => Self::Renamed { person, address, keeps_old: !random.one_in(3) },
            12 => Self::Alias { person, address },
            13 => Self::Swap { person, other: address },
            14 => Self::NewAccount { person, tenant },
            15 | 16 => Self::ContactMade { person, with_address: !random.one_in(4) },
            17 => Self::ContactSwitched { contact },
            18 => Self::ContactReaddressed { contact, address },
            19 => Self::ContactUnmarked { contact },
            20 => Self::ContactDeleted { contact },
            21 => Self::ContactMoved { contact },
            22 => Self::ContactTitled { contact },
            23 => Self::Fault { unknown: random.one_in(2), done: random.one_in(2) },
            24 => Self::UsersCut { after: random.below(4), tenant },
            25 => Self::Transferred { person, laboratory: random.one_in(2) },
            _ => Self::Passes { hours: random.below(40) },
        }
    }
}

/// An account as the directory has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Which of the customer's tenants it is in.
    pub tenant: usize,
    pub object: String,
    pub mail: String,
    pub aliases: BTreeSet<String>,
    pub enabled: bool,
    pub guest: bool,
    pub laboratory: bool,
    pub immutable: Option<String>,
}

impl Account {
    /// Whether the person is to be served.
    pub fn in_use(&self) -> bool {
        self.enabled && !self.guest
    }

    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.aliases.iter().chain([&self.mail]).map(String::as_str)
    }

    pub fn has(&self, address: &str) -> bool {
        self.mail == address || self.aliases.contains(address)
    }
}

/// Where a story has come to.
pub struct Story {
    /// One for each tenant; the PSA and the store are the same.
    pub labs: Vec<Lab>,
    pub setting: Setting,
    /// The account of each person.
    pub accounts: Vec<Option<Account>>,
    /// Whose each object id is, for ever.
    pub objects: BTreeMap<String, usize>,
    /// Whose each contact is.
    pub belongs: BTreeMap<ContactId, usize>,
    /// Contacts that this tool knew as their person's.
    pub managed: BTreeSet<ContactId>,
    /// Contacts that nothing but an address tied to anybody, and who was taken for their person by it.
    pub mistaken: BTreeSet<(ContactId, usize)>,
    /// What each run planned.
    pub log: String,
    next_object: usize,
    next_contact: usize,
}

fn address(number: u64) -> String {
    format!("m{}@contoso.com", number % ADDRESSES)
}

pub fn text(contact: &Contact, field: &ContactField) -> String {
    contact.fields.get(field).and_then(FieldValue::as_text).unwrap_or("").to_lowercase()
}

impl Story {
    pub fn new(setting: &Setting) -> Self {
        Self {
            labs: setting.labs(),
            setting: setting.clone(),
            accounts: vec![None; PEOPLE],
            objects: BTreeMap::new(),
            belongs: BTreeMap::new(),
            managed: BTreeSet::new(),
            mistaken: BTreeSet::new(),
            log: String::new(),
            next_object: 0,
            next_contact: 0,
        }
    }

    pub fn psa(&self) -> &MemoryPsa {
        &self.labs[0].psa
    }

    pub fn pass(&mut self, time: Duration) {
        self.labs.iter_mut().for_each(|lab| lab.pass(time));
    }

    /// The place of a tenant; where there is one, it is meant.
    pub fn tenant(&self, wanted: usize) -> usize {
        wanted % self.labs.len()
    }

    /// Whether a contact is in a company of the customer.
    pub fn is_here(&self, contact: &Contact) -> bool {
        let ours = self.labs[0].world.tenant.companies();
        contact.company.as_ref().is_some_and(|company| ours.contains(company))
    }

    /// Keeps what a run planned, for whoever looks for what went wrong.
    pub fn remember(&mut self, tenant: usize, plan: Option<&Plan>, report: Option<&Report>) {
        let (lab, end) = (&self.labs[tenant], if plan.is_none() { ": no plan" } else { "" });
        writeln!(self.log, "  run of {} at {}{end}", lab.world.tenant.name, lab.now).unwrap();
        for decision in plan.into_iter().flat_map(|plan| plan.decisions.iter()) {
            if decision.reason.code() == "in_sync" {
                continue;
            }
            let (action, contact) = (decision.change.action().as_str(), decision.change.contact());
            let about = match &decision.subject {
                Subject::User(user) => user.object_id().to_owned(),
                Subject::Contact(contact) => format!("contact {contact}"),
            };
            writeln!(self.log, "    {about}: {action} {contact:?}, {}", decision.reason).unwrap();
        }
        let told = plan.into_iter().flat_map(|plan| &plan.warnings);
        for warning in told.filter(|warning| warning.code == "AnswerNoLongerFits") {
            writeln!(self.log, "    {}", warning.message).unwrap();
        }
        for error in report.into_iter().flat_map(|report| &report.errors) {
            writeln!(self.log, "    not done: {error:?}").unwrap();
        }
    }

    /// The one person at a number.
    fn person(number: u64) -> usize {
        usize::try_from(number % PEOPLE as u64).unwrap()
    }

    fn contact_at(&self, number: u64) -> Option<ContactId> {
        let known: Vec<&ContactId> = self.belongs.keys().collect();
        let place = number.checked_rem(known.len() as u64)?;
        known.get(usize::try_from(place).unwrap()).map(|id| (*id).clone())
    }

    /// Whether the directory lets somebody have an address.
    fn is_free(&self, address: &str, for_whom: usize) -> bool {
        let taken = |(person, account): (usize, &Option<Account>)| {
            person != for_whom && account.as_ref().is_some_and(|account| account.has(address))
        };
        !self.setting.unique_addresses || !self.accounts.iter().enumerate().any(taken)
    }

    fn tell(&self, person: usize) {
        let Some(account) = &self.accounts[person] else { return };
        self.labs[account.tenant].directory.put(row(person, account));
    }

    fn change(&mut self, person: usize, change: impl FnOnce(&mut Account)) {
        if let Some(account) = &mut self.accounts[person] {
            change(account);
            self.tell(person);
        }
    }

    fn joins(&mut self, person: usize, tenant: usize, mail: String, immutable: Option<String>) {
        let object = format!("o{}", self.next_object);
        self.next_object += 1;
        self.objects.insert(object.clone(), person);
        let account = Account {
            tenant: self.tenant(tenant),
            object,
            mail,
            aliases: BTreeSet::new(),
            enabled: true,
            guest: false,
            laboratory: false,
            immutable,
        };
        self.accounts[person] = Some(account);
        self.tell(person);
    }

    fn leaves(&mut self, person: usize) {
        if let Some(account) = self.accounts[person].take() {
            let gone = anchor(account.tenant, &account.object);
            self.labs[account.tenant].directory.remove(&gone, self.setting.says_removed);
        }
    }

    pub fn happens(&mut self, event: Happening) {
        match event {
            Happening::Joins { person, address: wanted, immutable, tenant } => {
                let (person, mail) = (Self::person(person), address(wanted));
                if self.accounts[person].is_none() && self.is_free(&mail, person) {
                    self.joins(person, tenant, mail, immutable.then(|| format!("i{person}")));
                }
            }
            Happening::Leaves { person } => self.leaves(Self::person(person)),
            Happening::Enabled { person, on } => self.change(Self::person(person), |a| a.enabled = on),
            Happening::Guest { person, on } => self.change(Self::person(person), |a| a.guest = on),
            Happening::Transferred { person, laboratory } => {
                self.change(Self::person(person), |account| account.laboratory = laboratory);
            }
            Happening::Renamed { person, address: wanted, keeps_old } => {
                let (person, mail) = (Self::person(person), address(wanted));
                if self.is_free(&mail, person) {
                    self.change(person, |account| {
                        let old = std::mem::replace(&mut account.mail, mail.clone());
                        account.aliases.remove(&mail);
                        if keeps_old && old != mail {
                            account.aliases.insert(old);
                        }
                    });
                }
            }
            Happening::Alias { person, address: wanted } => {
                let (person, alias) = (Self::person(person), address(wanted));
                if self.is_free(&alias, person) {
                    self.change(person, |account| {
                        if account.mail != alias && !account.aliases.remove(&alias) {
                            account.aliases.insert(alias);
                        }
                    });
                }
            }
            Happening::Swap { person, other } => {
                let (a, b) = (Self::person(person), Self::person(other));
                let mail = |p: usize| self.accounts[p].as_ref().map(|account| account.mail.clone());
                if let (true, Some(mine), Some(theirs)) = (a != b, mail(a), mail(b)) {
                    self.change(a, |account| account.mail = theirs);
                    self.change(b, |account| account.mail = mine);
                }
            }
            Happening::NewAccount { person, tenant } => {
                let person = Self::person(person);
                if let Some(old) = self.accounts[person].clone() {
                    self.leaves(person);
                    self.joins(person, old.tenant + tenant, old.mail, old.immutable);
                    self.change(person, |account| account.aliases = old.aliases);
                }
            }
            Happening::Fault { unknown, done } => {
                let kind = if unknown { ErrorKind::Indeterminate } else { ErrorKind::Rejected };
                self.psa().fail_next_write(kind, unknown && done);
            }
            Happening::UsersCut { after, tenant } => {
                let tenant = self.tenant(tenant);
                self.labs[tenant].directory.cut_after(Some(usize::try_from(after).unwrap()));
            }
            Happening::Passes { hours } => self.pass(Duration::hours(i64::try_from(hours).unwrap())),
            Happening::ContactMade { person, with_address } => self.makes_contact(person, with_address),
            Happening::ContactSwitched { contact } => self.edits(contact, |contact| {
                let on = contact.active() == Some(false);
                contact.fields.insert(ContactField::Active, FieldValue::Flag(on));
            }),
            Happening::ContactReaddressed { contact, address: wanted } => {
                // A technician writes an address of that person, or none.
                let Some(id) = self.contact_at(contact) else { return };
                let account = self.accounts[self.belongs[&id]].clone();
                let mut mails: Vec<String> = account.iter().flat_map(|a| a.aliases.clone()).collect();
                mails.extend(account.map(|account| account.mail));
                mails.push(String::new());
                let place = usize::try_from(wanted % mails.len() as u64).unwrap();
                let mail = mails.swap_remove(place);
                self.edits(contact, |contact| {
                    contact.fields.insert(ContactField::Email, FieldValue::text(mail));
                });
            }
            Happening::ContactUnmarked { contact } => self.edits(contact, |contact| {
                contact.fields.retain(|field, _| !matches!(field, ContactField::Custom(_)));
            }),
            Happening::ContactDeleted { contact } => {
                if let Some(id) = self.contact_at(contact) {
                    self.psa().remove(&id);
                    self.belongs.remove(&id);
                }
            }
            Happening::ContactMoved { contact } => self.edits(contact, |contact| {
                let next = match contact.company.as_ref().map(CompanyId::as_str) {
                    Some(COMPANY) => LABORATORY,
                    Some(LABORATORY) => ELSEWHERE,
                    _ => COMPANY,
                };
                contact.company = Some(CompanyId::new(next));
            }),
            Happening::ContactTitled { contact } => self.edits(contact, |contact| {
                contact.fields.insert(ContactField::Title, FieldValue::text("Edited"));
            }),
        }
    }

    fn edits(&self, number: u64, edit: impl FnOnce(&mut Contact)) {
        if let Some(id) = self.contact_at(number) {
            self.psa().edit(&id, edit);
        }
    }

    /// A technician makes a contact by hand, knowing whom it is for.
    fn makes_contact(&mut self, person: u64, with_address: bool) {
        let person = Self::person(person);
        let mail =
            self.accounts[person].as_ref().filter(|_| with_address).map(|account| account.mail.clone());
        let id = ContactId::new(format!("t{}", self.next_contact));
        self.next_contact += 1;
        let mut contact = whole_contact(id.as_str(), &name(person), mail.as_deref().unwrap_or(""));
        if self.setting.two_companies && self.accounts[person].as_ref().is_some_and(|a| a.laboratory) {
            contact.company = Some(CompanyId::new(LABORATORY));
        }
        self.psa().put(contact);
        self.belongs.insert(id, person);
    }
}

pub fn name(person: usize) -> String {
    format!("Family{person}")
}

fn anchor(tenant: usize, object: &str) -> SourceAnchor {
    SourceAnchor::entra(if tenant == 0 { TENANT } else { OTHER_TENANT }, object)
}

fn row(person: usize, account: &Account) -> DirectoryUser {
    let mut user = whole_user(&account.object, &account.mail)
        .with(Attribute::UserPrincipalName, format!("{}@contoso.com", account.object))
        .with(Attribute::Surname, name(person))
        .with(Attribute::Department, if account.laboratory { "Laboratory" } else { "Sales" });
    user.anchor = anchor(account.tenant, &account.object);
    user.alternate_emails = Some(account.aliases.iter().cloned().collect());
    user.enabled = Some(account.enabled);
    user.kind = Some(if account.guest { UserKind::Guest } else { UserKind::Member });
    user.immutable_id.clone_from(&account.immutable);
    user
}
