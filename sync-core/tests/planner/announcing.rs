//! How writes are announced and sent: few creates ahead, and none waits for another.

use crate::{
    applying::Lab,
    world::{World, user},
};
use async_trait::async_trait;
use futures::stream::BoxStream;
use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};
use sync_core::{
    CheckItem, CheckQuery, ContactQuery, Error, ErrorKind, Page, Psa, Result,
    apply::{ApplyContext, ApplyOptions, Report, apply},
    capability::Capabilities,
    memory::{MemoryPsa, MemoryStore},
    model::{Company, CompanyId, Contact, ContactId, FieldSet, FieldValue, TenantName, VersionTag},
    store::{Commit, LinkSet, LinkStore},
};

const PEOPLE: usize = 300;
/// The most creates that are sent at once.
const IN_FLIGHT: usize = 8;
/// The most that are announced behind those.
const MOST_AHEAD: usize = 48;

async fn turns(count: usize) {
    for _ in 0..count {
        tokio::task::yield_now().await;
    }
}

/// A PSA that takes some turns for each create. The first one is answered after as many as are wanted have arrived.
#[derive(Debug)]
struct Slow {
    psa: MemoryPsa,
    arrived: Arc<AtomicUsize>,
    turns: usize,
    first_waits_for: usize,
}

#[async_trait]
impl Psa for Slow {
    fn name(&self) -> &str {
        self.psa.name()
    }
    async fn capabilities(&self) -> Result<Capabilities> {
        self.psa.capabilities().await
    }
    async fn check(&self, query: &CheckQuery) -> Result<Vec<CheckItem>> {
        self.psa.check(query).await
    }
    fn companies(&self) -> BoxStream<'_, Result<Page<Company>>> {
        self.psa.companies()
    }
    fn contacts<'a>(&'a self, query: &'a ContactQuery) -> BoxStream<'a, Result<Page<Contact>>> {
        self.psa.contacts(query)
    }
    async fn contact(&self, id: &ContactId) -> Result<Contact> {
        self.psa.contact(id).await
    }
    async fn create(&self, company: &CompanyId, fields: &FieldSet, key: &str) -> Result<Contact> {
        let place = self.arrived.fetch_add(1, Relaxed);
        turns(self.turns).await;
        let mut waited = 0;
        while place == 0 && self.arrived.load(Relaxed) < self.first_waits_for {
            waited += 1;
            assert!(waited < 100_000, "the others wait for the first one: {}", self.arrived.load(Relaxed));
            turns(1).await;
        }
        self.psa.create(company, fields, key).await
    }
    async fn update(
        &self,
        id: &ContactId,
        fields: &FieldSet,
        expect: Option<&VersionTag>,
    ) -> Result<Contact> {
        self.psa.update(id, fields, expect).await
    }
    async fn update_company(&self, id: &CompanyId, custom: &BTreeMap<String, FieldValue>) -> Result<Company> {
        self.psa.update_company(id, custom).await
    }
}

/// A store that takes some turns for each step, and looks at how many creates it was told of that did not arrive.
#[derive(Debug)]
struct Watching {
    store: MemoryStore,
    arrived: Arc<AtomicUsize>,
    turns: usize,
    refuses_from: usize,
    announced: AtomicUsize,
    most: AtomicUsize,
    steps: AtomicUsize,
}

#[async_trait]
impl LinkStore for Watching {
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet> {
        self.store.load(tenant).await
    }
    async fn commit(&self, tenant: &TenantName, commit: &Commit) -> Result<u64> {
        turns(self.turns).await;
        if self.steps.fetch_add(1, Relaxed) >= self.refuses_from {
            return Err(Error::new(ErrorKind::Unavailable, "commit links", "the disk is full"));
        }
        let announced = self.announced.fetch_add(commit.opened.len(), Relaxed) + commit.opened.len();
        self.most.fetch_max(announced - self.arrived.load(Relaxed), Relaxed);
        self.store.commit(tenant, commit).await
    }
}

#[derive(Clone, Copy)]
struct Way {
    concurrency: usize,
    psa_turns: usize,
    store_turns: usize,
    first_waits_for: usize,
    refuses_from: usize,
}

const EVERYDAY: Way =
    Way { concurrency: 8, psa_turns: 100, store_turns: 2, first_waits_for: 0, refuses_from: usize::MAX };

struct Seen {
    report: Report,
    announced: usize,
    arrived: usize,
    most: usize,
    steps: usize,
}

async fn create_everybody(way: Way) -> Seen {
    let people = (0..PEOPLE).map(|i| user(&format!("n{i:03}"), &format!("n{i:03}@contoso.com")));
    let lab = Lab::new(people.fold(World::new(), World::user));
    let plan = lab.plan().await;
    assert_eq!(plan.summary.create, PEOPLE as u64);
    let Lab { psa, links, policy, world, now, .. } = lab;
    let (arrived, hold) = (Arc::new(AtomicUsize::new(0)), links.hold());
    let psa = Slow {
        psa,
        arrived: Arc::clone(&arrived),
        turns: way.psa_turns,
        first_waits_for: way.first_waits_for,
    };
    let store = Watching {
        store: links,
        arrived: Arc::clone(&arrived),
        turns: way.store_turns,
        refuses_from: way.refuses_from,
        announced: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        steps: AtomicUsize::new(0),
    };
    let context = ApplyContext {
        tenant: &world.tenant,
        policy: &policy,
        capabilities: &world.capabilities,
        run: &world.run,
        psa: &psa,
        links: &store,
        hold: &hold,
    };
    let mut options = ApplyOptions::at(now);
    options.concurrency = way.concurrency;
    let report = apply(&plan, &context, &options).await.unwrap();
    assert_eq!(psa.psa.contacts_now().len(), arrived.load(Relaxed));
    Seen {
        report,
        announced: store.announced.load(Relaxed),
        arrived: arrived.load(Relaxed),
        most: store.most.load(Relaxed),
        steps: store.steps.load(Relaxed),
    }
}

#[tokio::test]
async fn as_many_creates_are_announced_as_are_under_way_and_as_many_again() {
    for (concurrency, under_way) in [(1, 1), (4, 4), (8, IN_FLIGHT), (100, IN_FLIGHT)] {
        let seen = create_everybody(Way { concurrency, ..EVERYDAY }).await;
        assert_eq!((seen.announced, seen.arrived), (PEOPLE, PEOPLE), "{concurrency}");
        assert_eq!(seen.report.statistics.contacts_created, PEOPLE as u64);
        assert!((under_way..=2 * under_way).contains(&seen.most), "{concurrency}: {}", seen.most);
    }
}

#[tokio::test]
async fn more_are_announced_where_the_disk_is_slower_than_the_psa_up_to_a_bound() {
    let seen = create_everybody(Way { psa_turns: 0, store_turns: 50, ..EVERYDAY }).await;
    assert_eq!(seen.report.statistics.contacts_created, PEOPLE as u64);
    assert!((MOST_AHEAD / 2..=IN_FLIGHT + MOST_AHEAD).contains(&seen.most), "{}", seen.most);
    assert!(seen.steps <= PEOPLE / (MOST_AHEAD / 2) + 8, "{} steps", seen.steps);
}

#[tokio::test]
async fn one_slow_write_holds_up_no_other() {
    let seen = create_everybody(Way { psa_turns: 0, first_waits_for: PEOPLE, ..EVERYDAY }).await;
    assert_eq!(seen.report.statistics.contacts_created, PEOPLE as u64);
}

#[tokio::test]
async fn what_could_not_be_recorded_is_not_sent() {
    for refuses_from in 0..6 {
        let seen = create_everybody(Way { refuses_from, ..EVERYDAY }).await;
        assert!(seen.arrived <= seen.announced, "{} of {}", seen.arrived, seen.announced);
        assert_eq!(seen.steps, refuses_from + 1, "nothing is recorded after a refusal");
        assert!(!seen.report.success);
        let s = seen.report.statistics;
        assert_eq!(s.contacts_created, seen.arrived as u64, "what was done is told");
        assert_eq!(s.contacts_created + s.not_attempted, PEOPLE as u64);
    }
}
