//! A whole state store in memory.

use super::lock;
use crate::{
    apply::Report,
    error::{Error, ErrorKind, Result},
    model::{Contact, ContactId, DirectoryUser, SourceAnchor, TenantName},
    plan::Plan,
    review::answered_meanwhile,
    store::{
        Acquired, Base, BaseChange, BaseStore, BaseUsers, Commit, Event, FieldWrite, Forgotten, History,
        Intent, Lease, Leases, LinkChange, LinkRows, LinkSet, LinkStore, Person, PersonData, PinRecord,
        PinStore, Pruned, Quarantine, QuarantineStore, Retention, Review, ReviewId, ReviewStore, Rows,
        RunEnd, RunId, RunRecord, RunStart, Unshared, WriteQuery, fields_written,
    },
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::{collections::BTreeMap, sync::Mutex, time::Duration};

/// A [`StateStore`](crate::store::StateStore) that forgets everything when it is dropped.
///
/// It has no clock: a lease lasts until it is given back or [`MemoryStore::expire`] ends it. A
/// program that alone uses its store needs none ([`MemoryStore::hold`]).
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tenants: BTreeMap<TenantName, TenantState>,
    runs: BTreeMap<RunId, RunState>,
    last_run: u64,
}

#[derive(Debug, Default)]
struct TenantState {
    links: LinkRows,
    lease: Option<Lease>,
    /// The youngest run that ever held the tenant.
    fence: RunId,
    /// Everything that was sent; those that are open lie among the links too.
    journal: BTreeMap<(RunId, u32), Intent>,
    base: Base,
    users: BTreeMap<SourceAnchor, DirectoryUser>,
    removed: Vec<SourceAnchor>,
    groups: Vec<crate::model::DirectoryGroup>,
    contacts: BTreeMap<ContactId, Contact>,
    reviews: BTreeMap<ReviewId, Review>,
    quarantine: Option<Quarantine>,
    events: Vec<Event>,
    pins: BTreeMap<SourceAnchor, PinRecord>,
}

#[derive(Debug)]
struct RunState {
    record: RunRecord,
    plan: Plan,
    report: Option<Report>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts a whole set in place.
    pub fn put(&self, tenant: TenantName, links: LinkSet) {
        lock(&self.state).tenants.entry(tenant).or_default().links = links.into();
    }

    /// The next run's right to write, without a lease: for a program that alone uses its store.
    #[must_use]
    pub fn hold(&self) -> Unshared {
        let mut state = lock(&self.state);
        state.last_run += 1;
        Unshared(RunId::new(state.last_run))
    }

    /// Lets the lease of a tenant run out, as it does when its holder is dead or asleep.
    pub fn expire(&self, tenant: &TenantName) {
        if let Some(state) = lock(&self.state).tenants.get_mut(tenant) {
            state.lease = None;
        }
    }
}

impl TenantState {
    fn check(&self, operation: &'static str, run: RunId) -> Result<()> {
        let held = self.lease.as_ref().is_some_and(|lease| lease.run == run);
        if run < self.fence && !held {
            let message =
                format!("run {run} has lost the tenant to run {}; nothing was recorded", self.fence);
            return Err(Error::new(ErrorKind::PreconditionFailed, operation, message));
        }
        Ok(())
    }
}

impl State {
    fn of(&mut self, tenant: &TenantName) -> &mut TenantState {
        self.tenants.entry(tenant.clone()).or_default()
    }
}

#[async_trait]
impl LinkStore for MemoryStore {
    async fn load(&self, tenant: &TenantName) -> Result<LinkSet> {
        Ok(lock(&self.state).tenants.get(tenant).map(|state| state.links.set()).unwrap_or_default())
    }

    async fn commit(&self, tenant: &TenantName, commit: &Commit) -> Result<u64> {
        const OPERATION: &str = "commit links";
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        state.check(OPERATION, commit.run)?;
        let generation = state.links.generation();
        if generation != commit.generation {
            let message =
                format!("generation is {generation}, not {}: another run was first", commit.generation);
            return Err(Error::new(ErrorKind::PreconditionFailed, OPERATION, message));
        }
        for intent in &commit.opened {
            if state.journal.insert((intent.run, intent.place), intent.clone()).is_some() {
                let message = format!("intent {} of run {} is there already", intent.place, intent.run);
                return Err(Error::new(ErrorKind::PreconditionFailed, OPERATION, message));
            }
        }
        for settlement in &commit.settled {
            if let Some(intent) = state.journal.get_mut(&(settlement.run, settlement.place)) {
                intent.state = settlement.state.clone();
                intent.settled_at = Some(settlement.at);
            }
        }
        state.links.commit(commit);
        Ok(state.links.generation())
    }
}

#[async_trait]
impl Leases for MemoryStore {
    async fn acquire(&self, tenant: &TenantName, holder: &str, length: Duration) -> Result<Acquired> {
        let mut state = lock(&self.state);
        if let Some(lease) = &state.of(tenant).lease {
            return Ok(Acquired::HeldBy(lease.clone()));
        }
        state.last_run += 1;
        let run = RunId::new(state.last_run);
        let (since, until) = (DateTime::UNIX_EPOCH, DateTime::UNIX_EPOCH + length);
        let lease = Lease::new(tenant.clone(), run, holder.to_owned(), since, until);
        let state = state.of(tenant);
        state.fence = run;
        state.lease = Some(lease.clone());
        Ok(Acquired::Ours(lease))
    }

    async fn renew(&self, tenant: &TenantName, run: RunId, _length: Duration) -> Result<Lease> {
        let mut state = lock(&self.state);
        let lease = state.of(tenant).lease.clone().filter(|lease| lease.run == run);
        lease.ok_or_else(|| {
            let message = format!("run {run} does not hold tenant {tenant} any more");
            Error::new(ErrorKind::PreconditionFailed, "renew lease", message)
        })
    }

    async fn release(&self, tenant: &TenantName, run: RunId) -> Result<()> {
        let mut state = lock(&self.state);
        let lease = &mut state.of(tenant).lease;
        if lease.as_ref().is_some_and(|lease| lease.run == run) {
            *lease = None;
        }
        Ok(())
    }

    async fn lease(&self, tenant: &TenantName) -> Result<Option<Lease>> {
        Ok(lock(&self.state).tenants.get(tenant).and_then(|state| state.lease.clone()))
    }
}

#[async_trait]
impl History for MemoryStore {
    async fn begin(&self, tenant: &TenantName, run: RunId, start: &RunStart<'_>) -> Result<()> {
        let mut state = lock(&self.state);
        let of = state.of(tenant);
        of.check("begin run", run)?;
        let holder = of.lease.as_ref().map(|lease| lease.holder.clone()).unwrap_or_default();
        let record = RunRecord::begun(run, tenant.clone(), holder, start);
        state.runs.insert(run, RunState { record, plan: start.plan.clone(), report: None });
        Ok(())
    }

    async fn finish(&self, tenant: &TenantName, by: RunId, of: RunId, end: &RunEnd<'_>) -> Result<()> {
        const OPERATION: &str = "finish run";
        let mut state = lock(&self.state);
        state.of(tenant).check(OPERATION, by)?;
        let Some(run) = state.runs.get_mut(&of) else {
            return Err(Error::new(ErrorKind::NotFound, OPERATION, format!("there is no run {of}")));
        };
        run.record.ended_at = Some(end.at);
        run.record.interrupted = end.interrupted;
        run.record.success = Some(end.report.success);
        run.record.statistics = Some(end.report.statistics);
        run.report = Some(end.report.clone());
        Ok(())
    }

    async fn runs(
        &self,
        tenant: Option<&TenantName>,
        below: Option<RunId>,
        limit: u32,
    ) -> Result<Vec<RunRecord>> {
        let state = lock(&self.state);
        let wanted = |record: &&RunRecord| {
            tenant.is_none_or(|tenant| record.tenant == *tenant)
                && below.is_none_or(|below| record.run < below)
        };
        let all = state.runs.values().rev().map(|run| &run.record).filter(wanted);
        Ok(all.take(limit as usize).cloned().collect())
    }

    async fn run(&self, run: RunId) -> Result<Option<RunRecord>> {
        Ok(lock(&self.state).runs.get(&run).map(|run| run.record.clone()))
    }

    async fn plan(&self, run: RunId) -> Result<Option<Plan>> {
        Ok(lock(&self.state).runs.get(&run).map(|run| run.plan.clone()))
    }

    async fn report(&self, run: RunId) -> Result<Option<Report>> {
        Ok(lock(&self.state).runs.get(&run).and_then(|run| run.report.clone()))
    }

    async fn intents(&self, run: RunId) -> Result<Vec<Intent>> {
        let state = lock(&self.state);
        let of_run = |tenant: &TenantState| -> Vec<Intent> {
            tenant.journal.range((run, 0)..=(run, u32::MAX)).map(|(_, intent)| intent.clone()).collect()
        };
        Ok(state.tenants.values().map(of_run).find(|intents| !intents.is_empty()).unwrap_or_default())
    }

    async fn written(&self, tenant: &TenantName, query: &WriteQuery) -> Result<Vec<FieldWrite>> {
        let state = lock(&self.state);
        let journal = state.tenants.get(tenant).map(|state| state.journal.values());
        Ok(journal.into_iter().flatten().flat_map(fields_written).filter(|w| query.asks_for(w)).collect())
    }
}

#[async_trait]
impl BaseStore for MemoryStore {
    async fn base(&self, tenant: &TenantName) -> Result<Base> {
        let state = lock(&self.state);
        let Some(state) = state.tenants.get(tenant) else { return Ok(Base::default()) };
        let mut base = state.base.clone();
        base.generation = state.links.generation();
        base.open = state.links.open().len() as u64;
        Ok(base)
    }

    async fn base_users(&self, tenant: &TenantName) -> Result<BaseUsers> {
        let state = lock(&self.state);
        let Some(state) = state.tenants.get(tenant) else { return Ok(BaseUsers::default()) };
        Ok(BaseUsers {
            users: state.users.values().cloned().collect(),
            removed: state.removed.clone(),
            groups: state.groups.clone(),
        })
    }

    async fn base_contacts(&self, tenant: &TenantName) -> Result<Vec<Contact>> {
        let state = lock(&self.state);
        let contacts = state.tenants.get(tenant).map(|state| state.contacts.values().cloned().collect());
        Ok(contacts.unwrap_or_default())
    }

    async fn keep(&self, tenant: &TenantName, run: RunId, change: &BaseChange) -> Result<()> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        state.check("keep what was read", run)?;
        let BaseChange { directory, users, contacts, rows, gone, quiet } = change;
        let (replaces, users) = match users {
            Rows::Keep => (false, None),
            Rows::Replace(users) => (true, Some(users)),
            Rows::Fold(users) => (false, Some(users)),
        };
        if replaces {
            (state.users, state.removed, state.groups) = Default::default();
        }
        if let Some(BaseUsers { users, removed, groups }) = users {
            for user in users {
                state.removed.retain(|anchor| *anchor != user.anchor);
                state.users.insert(user.anchor.clone(), user.clone());
            }
            for anchor in removed {
                state.users.remove(anchor);
                if !state.removed.contains(anchor) {
                    state.removed.push(anchor.clone());
                }
            }
            for group in groups {
                state.groups.retain(|known| !known.id.eq_ignore_ascii_case(&group.id));
                state.groups.push(group.clone());
            }
            state.removed.sort();
        }
        let (replaces, rows) = match rows {
            Rows::Keep => (false, None),
            Rows::Replace(rows) => (true, Some(rows)),
            Rows::Fold(rows) => (false, Some(rows)),
        };
        if replaces {
            state.contacts.clear();
        }
        let rows = rows.into_iter().flatten();
        state.contacts.extend(rows.map(|contact| (contact.id.clone(), contact.clone())));
        for id in gone {
            state.contacts.remove(id);
        }
        if directory.is_some() {
            state.base.directory.clone_from(directory);
        }
        if contacts.is_some() {
            state.base.contacts.clone_from(contacts);
        }
        if let Some(quiet) = quiet {
            state.base.quiet.clone_from(quiet);
        }
        Ok(())
    }
}

#[async_trait]
impl ReviewStore for MemoryStore {
    async fn reviews(&self, tenant: &TenantName) -> Result<Vec<Review>> {
        let state = lock(&self.state);
        let reviews = state.tenants.get(tenant).map(|state| state.reviews.values().cloned().collect());
        Ok(reviews.unwrap_or_default())
    }

    async fn answer(&self, tenant: &TenantName, review: &Review, instead_of: Option<&Review>) -> Result<()> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        if state.reviews.get(&review.id) != instead_of {
            return Err(answered_meanwhile(&review.id));
        }
        state.base.answers += 1;
        state.reviews.insert(review.id.clone(), review.clone());
        Ok(())
    }

    async fn take_back(&self, tenant: &TenantName, id: &ReviewId) -> Result<bool> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        let was_there = state.reviews.remove(id).is_some();
        state.base.answers += u64::from(was_there);
        Ok(was_there)
    }
}

#[async_trait]
impl QuarantineStore for MemoryStore {
    async fn quarantine(&self, tenant: &TenantName) -> Result<Option<Quarantine>> {
        Ok(lock(&self.state).tenants.get(tenant).and_then(|state| state.quarantine.clone()))
    }

    async fn set_quarantine(
        &self,
        tenant: &TenantName,
        run: RunId,
        quarantine: Option<&Quarantine>,
        event: &Event,
    ) -> Result<()> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        state.check("set quarantine", run)?;
        state.quarantine = quarantine.cloned();
        state.events.push(event.clone());
        Ok(())
    }

    async fn tell(&self, tenant: &TenantName, run: RunId, event: &Event) -> Result<()> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        state.check("record event", run)?;
        state.events.push(event.clone());
        Ok(())
    }

    async fn events(&self, tenant: &TenantName, since: DateTime<Utc>) -> Result<Vec<Event>> {
        let state = lock(&self.state);
        let events = state.tenants.get(tenant).map(|state| state.events.iter());
        Ok(events.into_iter().flatten().filter(|event| event.at >= since).cloned().collect())
    }
}

#[async_trait]
impl PinStore for MemoryStore {
    async fn pins(&self, tenant: &TenantName) -> Result<Vec<(SourceAnchor, PinRecord)>> {
        let state = lock(&self.state);
        let pins = state.tenants.get(tenant).map(|state| state.pins.clone().into_iter().collect());
        Ok(pins.unwrap_or_default())
    }

    async fn pin_by_lookup(
        &self,
        tenant: &TenantName,
        lookup: &str,
    ) -> Result<Option<(SourceAnchor, PinRecord)>> {
        let state = lock(&self.state);
        let found =
            state.tenants.get(tenant).and_then(|t| t.pins.iter().find(|(_, pin)| pin.lookup == lookup));
        Ok(found.map(|(user, pin)| (user.clone(), pin.clone())))
    }

    async fn set_pin(&self, tenant: &TenantName, user: &SourceAnchor, pin: &PinRecord) -> Result<bool> {
        let mut state = lock(&self.state);
        let pins = &mut state.of(tenant).pins;
        let taken = pins.iter().any(|(other, theirs)| other != user && theirs.lookup == pin.lookup);
        if !taken {
            pins.insert(user.clone(), pin.clone());
        }
        Ok(!taken)
    }

    async fn remove_pin(&self, tenant: &TenantName, user: &SourceAnchor) -> Result<bool> {
        let mut state = lock(&self.state);
        let state = state.of(tenant);
        let was_there = state.pins.remove(user).is_some();
        state.base.answers += u64::from(was_there);
        Ok(was_there)
    }
}

#[async_trait]
impl Retention for MemoryStore {
    async fn prune(&self, before: DateTime<Utc>) -> Result<Pruned> {
        let mut state = lock(&self.state);
        let mut pruned = Pruned::default();
        let runs = state.runs.len();
        state.runs.retain(|_, run| run.record.ended_at.is_none_or(|ended| ended >= before));
        pruned.runs = (runs - state.runs.len()) as u64;
        for tenant in state.tenants.values_mut() {
            let (intents, events) = (tenant.journal.len(), tenant.events.len());
            tenant.journal.retain(|_, intent| {
                intent.state.is_open() || intent.settled_at.is_none_or(|settled| settled >= before)
            });
            tenant.events.retain(|event| event.at >= before);
            pruned.intents += (intents - tenant.journal.len()) as u64;
            pruned.events += (events - tenant.events.len()) as u64;
        }
        Ok(pruned)
    }

    async fn about(&self, tenant: &TenantName, person: &Person) -> Result<PersonData> {
        let state = lock(&self.state);
        let mut data = PersonData::default();
        let Some(of) = state.tenants.get(tenant) else { return Ok(data) };
        data.links =
            of.links.links().filter(|l| is_them(person, &l.source_id, &l.contact_id)).cloned().collect();
        data.user = person.source_id.as_ref().and_then(|id| of.users.get(id)).cloned();
        let contacts = contacts_of(person, &data.links);
        data.contacts = contacts.iter().filter_map(|id| of.contacts.get(id)).cloned().collect();
        data.written =
            of.journal.values().filter(|i| intent_is_about(person, i)).flat_map(fields_written).collect();
        data.reviews = of.reviews.values().filter(|r| person.is(&r.subject)).cloned().collect();
        let in_plan = |run: &&RunState| {
            run.record.tenant == *tenant && run.plan.decisions.iter().any(|d| person.is(&d.subject))
        };
        data.runs = state.runs.values().filter(in_plan).map(|run| run.record.run).collect();
        Ok(data)
    }

    async fn forget(&self, tenant: &TenantName, person: &Person) -> Result<Forgotten> {
        let mut state = lock(&self.state);
        let mut forgotten = Forgotten::default();
        let of = state.of(tenant);
        if of.lease.is_some() {
            let message = "a run holds the tenant; try again when it has ended";
            return Err(Error::new(ErrorKind::PreconditionFailed, "forget person", message));
        }
        let links: Vec<_> =
            of.links.links().filter(|l| is_them(person, &l.source_id, &l.contact_id)).cloned().collect();
        forgotten.links = links.len() as u64;
        let contacts = contacts_of(person, &links);
        let removes: Vec<LinkChange> =
            links.iter().map(|l| LinkChange::Remove(l.source_id.clone())).collect();
        of.links.change(&removes);
        of.links.retain_open(|intent| !intent_is_about(person, intent));
        let journal = of.journal.len();
        of.journal.retain(|_, intent| !intent_is_about(person, intent));
        forgotten.intents = (journal - of.journal.len()) as u64;
        for id in &contacts {
            forgotten.rows += u64::from(of.contacts.remove(id).is_some());
        }
        if let Some(user) = &person.source_id {
            forgotten.rows += u64::from(of.users.remove(user).is_some());
            forgotten.pins += u64::from(of.pins.remove(user).is_some());
        }
        let reviews = of.reviews.len();
        of.reviews.retain(|_, review| !person.is(&review.subject));
        forgotten.reviews = (reviews - of.reviews.len()) as u64;
        // What was kept does not tell everything any more: the next run reads anew.
        of.base.quiet = None;
        of.base.directory = None;
        of.base.contacts = None;
        for run in state.runs.values_mut().filter(|run| run.record.tenant == *tenant) {
            let names: Vec<String> = run
                .plan
                .decisions
                .iter()
                .filter(|d| person.is(&d.subject))
                .map(|d| d.user_principal_name)
                .collect();
            if names.is_empty() {
                continue;
            }
            run.plan.forget(|subject| person.is(subject), &names);
            if let Some(report) = &mut run.report {
                report.forget(person, &names);
            }
            forgotten.documents += 1;
        }
        Ok(forgotten)
    }
}

fn is_them(person: &Person, user: &SourceAnchor, contact: &ContactId) -> bool {
    person.source_id.as_ref() == Some(user) || person.contact.as_ref() == Some(contact)
}

fn contacts_of(person: &Person, links: &[crate::store::Link]) -> Vec<ContactId> {
    links.iter().map(|link| link.contact_id.clone()).chain(person.contact.clone()).collect()
}

fn intent_is_about(person: &Person, intent: &Intent) -> bool {
    person.is(&intent.decision.subject)
        || intent.contact().is_some_and(|id| person.contact.as_ref() == Some(id))
}
