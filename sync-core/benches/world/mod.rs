//! The people that benchmarks plan for; see `planner.rs` for what they are like.

#![allow(dead_code, unreachable_pub, reason = "each benchmark uses its part")]

pub mod plain;

use sync_core::{
    capability::Capabilities,
    model::{
        Attribute, CompanyId, Contact, ContactField, ContactId, DirectoryUser, SourceAnchor, TenantName,
    },
    plan::{NONE_ELSEWHERE, Plan, PlanInput, plan},
    policy::{Policy, PolicyDocument, RunInput, Tenant},
    review::NO_REVIEWS,
    snapshot::{Completeness, ContactSnapshot, UserSnapshot},
    store::{Link, LinkChange, LinkSet},
};

const TENANT: &str = "7d1c7d4e-0000-4000-8000-000000000001";

pub struct Records {
    users: Vec<DirectoryUser>,
    contacts: Vec<Contact>,
    links: Vec<Link>,
}

/// A well-mixed number from a small one (SplitMix64).
fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn object_id(n: u64) -> String {
    let (a, b) = (mix(n), mix(n ^ 0xabcd));
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        (a >> 16) & 0xffff,
        a & 0xfff,
        b >> 52,
        b & 0xffff_ffff_ffff
    )
}

const FIRST: [&str; 12] = [
    "Ada",
    "Grace",
    "J\u{f6}rg",
    "Alan",
    "Edsger",
    "Barbara",
    "Leslie",
    "Tim",
    "Radia",
    "Zo\u{eb}",
    "Vint",
    "Frances",
];
const DEPARTMENTS: [&str; 5] = ["Sales", "Engineering", "Finance", "Human Resources", "Customer Support"];

impl Records {
    /// A tenant in steady state.
    pub fn new(count: usize, tenant: u64) -> Self {
        let mut records = Self::empty();
        for n in 0..count as u64 {
            let seed = tenant << 32 | n;
            // Everybody with one contact was found before, so the contact carries the object id.
            records.person(seed, mix(seed ^ 0x5eed) % 1000);
        }
        records
    }

    /// The people of one page of a tenant in steady state.
    pub fn page(people: std::ops::Range<u64>) -> Self {
        let mut records = Self::empty();
        for seed in people {
            records.person(seed, mix(seed ^ 0x5eed) % 1000);
        }
        records
    }

    /// A tenant that was never synced: of the contacts, 70 % carry the object id, the others are found by address.
    pub fn first_run(count: usize) -> Self {
        let mut records = Self::empty();
        for n in 0..count as u64 {
            records.person(n, mix(n ^ 0x5eed));
        }
        records.links.clear();
        records
    }

    pub const fn empty() -> Self {
        Self { users: Vec::new(), contacts: Vec::new(), links: Vec::new() }
    }

    pub fn in_step(count: usize) -> Self {
        let mut records = Self::empty();
        for n in 0..count as u64 {
            // A dice of 999 is an ordinary person whose contact carries the object id.
            records.person(n, 999);
        }
        records
    }

    fn person(&mut self, seed: u64, dice: u64) {
        let first = FIRST[(seed % 12) as usize];
        let last = format!("Person{seed:x}");
        let mail = format!(
            "p{seed:x}.{}@contoso.com",
            first.to_ascii_lowercase().replace(|c: char| !c.is_ascii(), "")
        );
        let noisy = if dice % 20 < 3 { mail.to_uppercase() } else { mail.clone() };
        let alias = format!("alias.{seed:x}@contoso.com");
        let object = object_id(seed);
        let phone = format!("+1 555 {:04}", seed % 10_000);
        let department = DEPARTMENTS[(seed % 5) as usize];
        let immutable = format!("{:x}==", mix(seed ^ 7));
        let (gone, new) = (dice % 1000 < 10, (10..20).contains(&(dice % 1000)));
        if !gone {
            let mut user = DirectoryUser::new(SourceAnchor::entra(TENANT, &object))
                .with(Attribute::UserPrincipalName, mail.clone())
                .with(Attribute::DisplayName, format!("{first} {last}"))
                .with(Attribute::GivenName, first)
                .with(Attribute::Surname, last.clone())
                .with(Attribute::Mail, noisy)
                .with(Attribute::JobTitle, "Engineer")
                .with(Attribute::Department, department)
                .with(Attribute::OfficeLocation, "Berlin")
                .with(Attribute::BusinessPhone, phone.clone())
                .with(Attribute::MobilePhone, "")
                .with(Attribute::City, "Berlin")
                .with(Attribute::Country, "Germany")
                .with(Attribute::UsageLocation, "DE");
            user.enabled = Some(true);
            user.immutable_id = Some(immutable.clone());
            user.alternate_emails =
                Some(if seed.is_multiple_of(3) { vec![alias.clone()] } else { Vec::new() });
            self.users.push(user);
        }
        if !new {
            let by = (dice / 1000) % 10;
            let by_alias = by == 9 && seed.is_multiple_of(3);
            let copies =
                if dice % 1000 == 500 || dice % 1000 == 501 && seed.is_multiple_of(2) { 2 } else { 1 };
            for copy in 0..copies {
                let stale = (20..25).contains(&(dice % 1000));
                let contact = Contact::new(
                    ContactId::new((10_000_000 + seed * 3 + copy).to_string()),
                    CompanyId::new("100"),
                )
                .with(ContactField::FirstName, first)
                .with(ContactField::LastName, last.clone())
                .with(ContactField::Email, if by_alias { alias.clone() } else { mail.clone() })
                .with(ContactField::AlternateEmails, Vec::<String>::new())
                .with(ContactField::Title, if stale { "Trainee" } else { "Engineer" })
                .with(ContactField::Department, department)
                .with(ContactField::PhoneBusiness, phone.clone())
                .with(ContactField::PhoneMobile, "")
                .with(ContactField::Active, true)
                .with(
                    ContactField::Custom("Office365Id".into()),
                    if by < 7 && copy == 0 { object.clone() } else { String::new() },
                );
                if copies == 1 {
                    let anchor = SourceAnchor::entra(TENANT, &object);
                    let mut link = Link::new(anchor, contact.id.clone(), chrono::DateTime::UNIX_EPOCH);
                    link.immutable_id = Some(immutable.clone());
                    link.missing_reads = 9;
                    link.missing_since = Some(chrono::DateTime::UNIX_EPOCH - chrono::Duration::days(9));
                    self.links.push(link);
                }
                self.contacts.push(contact);
            }
        }
    }

    pub fn snapshots(&self) -> (UserSnapshot, ContactSnapshot) {
        let mut users = UserSnapshot::builder();
        self.users.iter().for_each(|u| users.push(u));
        let mut contacts = ContactSnapshot::builder();
        self.contacts.iter().for_each(|c| contacts.push(c));
        let at = chrono::DateTime::UNIX_EPOCH;
        match (users.finish(at, Completeness::Complete), contacts.finish(at, Completeness::Complete)) {
            (Ok(users), Ok(contacts)) => (users, contacts),
            (Err(error), _) | (_, Err(error)) => unreachable!("{error}"),
        }
    }
}

/// Building both snapshots as a run does: page by page, each of them just parsed. Answers the time that building took
/// beside that in which the pages were made up.
#[allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
pub fn build_by_pages(people: u64, page: u64) -> std::time::Duration {
    let (mut users, mut contacts) = (UserSnapshot::builder(), ContactSnapshot::builder());
    let mut building = std::time::Duration::ZERO;
    for first in (0..people).step_by(usize::try_from(page).unwrap_or(1)) {
        let records = Records::page(first..(first + page).min(people));
        let start = std::time::Instant::now();
        records.users.iter().for_each(|u| users.push(u));
        records.contacts.iter().for_each(|c| contacts.push(c));
        building += start.elapsed();
    }
    let start = std::time::Instant::now();
    let at = chrono::DateTime::UNIX_EPOCH;
    let built = (users.finish(at, Completeness::Complete), contacts.finish(at, Completeness::Complete));
    building += start.elapsed();
    std::hint::black_box(built.0.is_ok() && built.1.is_ok());
    building
}

pub struct World {
    pub users: UserSnapshot,
    pub contacts: ContactSnapshot,
    links: LinkSet,
    policy: Policy,
    capabilities: Capabilities,
    tenant: Tenant,
    run: RunInput,
}

impl World {
    pub fn new(count: usize, tenant: u64) -> Self {
        Self::of(&Records::new(count, tenant))
    }

    pub fn of(records: &Records) -> Self {
        let (users, contacts) = records.snapshots();
        let changes: Vec<LinkChange> =
            records.links.iter().map(|l| LinkChange::Set(Box::new(l.clone()))).collect();
        let links = LinkSet::new().with(&changes);
        let mut document = PolicyDocument::defaults();
        document.write_back.contact_id_field = "Office365Id".into();
        Self {
            users,
            contacts,
            links,
            policy: Policy::new(document).unwrap_or_else(|e| unreachable!("{e}")),
            capabilities: Capabilities::everything(),
            tenant: Tenant::to_company(TenantName::new("Contoso"), TENANT, CompanyId::new("100")),
            run: RunInput::default(),
        }
    }

    pub fn plan(&self) -> Plan {
        plan(&PlanInput {
            tenant: &self.tenant,
            psa: "bench",
            users: &self.users,
            contacts: &self.contacts,
            companies: &[],
            links: &self.links,
            linked_elsewhere: &NONE_ELSEWHERE,
            reviews: &NO_REVIEWS,
            policy: &self.policy,
            capabilities: &self.capabilities,
            run: &self.run,
            as_of: chrono::DateTime::UNIX_EPOCH,
        })
        .unwrap_or_else(|e| unreachable!("{e}"))
    }
}
