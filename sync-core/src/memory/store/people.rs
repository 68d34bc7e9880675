//! What is kept of single people, and its end.

use super::{MemoryStore, history::RunState};
use crate::{
    error::{Error, ErrorKind, Result},
    memory::lock,
    model::{ContactId, SourceAnchor, TenantName},
    store::{
        Forgotten, Intent, IntentState, Link, LinkChange, ON_ITS_WAY, Person, PersonData, PinRecord,
        PinStore, Pruned, Retention,
    },
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

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

    async fn tenants(&self) -> Result<Vec<TenantName>> {
        Ok(lock(&self.state).tenants.keys().cloned().collect())
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
        data.journal(of.journal.values().filter(|i| intent_is_about(person, i)).cloned());
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
        if of.journal.values().any(|i| i.state == IntentState::Sent && intent_is_about(person, i)) {
            return Err(Error::new(ErrorKind::PreconditionFailed, "forget person", ON_ITS_WAY));
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

fn contacts_of(person: &Person, links: &[Link]) -> Vec<ContactId> {
    links.iter().map(|link| link.contact_id.clone()).chain(person.contact.clone()).collect()
}

fn intent_is_about(person: &Person, intent: &Intent) -> bool {
    person.is(&intent.decision.subject)
        || intent.contact().is_some_and(|id| person.contact.as_ref() == Some(id))
}
