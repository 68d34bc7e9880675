//! Writing a plan: one pass, a failure is an outcome and not a stop.
//!
//! Order: updates, links and reactivations, then creates, deactivations last. A run that turns out broken (credentials
//! refused, PSA not to be reached, too many failures) ends before it deactivates anybody.

use super::{
    Outcome, Report,
    bookkeeping::{applied_link, sightings},
    brake::Brake,
    company::write_tenant_id,
    preflight::{Against, ApplyError, ApplyOptions, SUSPECT, preflight},
    taken::Taken,
};
use crate::{
    capability::Capabilities,
    error::{Error, ErrorKind},
    ext::PsaExt,
    model::{Contact, ContactField, ContactId, FieldSet, FieldValue},
    plan::{Action, Change, Decision, Fresh, Plan, Subject},
    policy::{Policy, RunInput, SyncMode, Tenant},
    snapshot::{Completeness, ContactSnapshot},
    store::{LinkChange, LinkSet, LinkStore, OpenCreate},
    traits::{ContactQuery, Psa},
};
use futures::{FutureExt, StreamExt, future::BoxFuture, stream};

/// How many creates are announced to the link store at once. After a crash at most this many are unsettled.
const ANNOUNCED: usize = 48;
/// The report's code when links could not be recorded.
const LINKS_NOT_RECORDED: &str = "LinksNotRecorded";
/// Creates in flight at once, so that a crash leaves few of them unknown.
const MOST_CREATES_IN_FLIGHT: usize = 8;

/// The place of a decision, and what its write came to; `None` where it was not sent.
type Sent<T> = (usize, Option<Result<T, Error>>);

/// What a plan is applied with.
#[derive(Clone, Copy, Debug)]
pub struct ApplyContext<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The policy.
    pub policy: &'a Policy,
    /// What the PSA can do now.
    pub capabilities: &'a Capabilities,
    /// What the run was asked for.
    pub run: &'a RunInput,
    /// The PSA.
    pub psa: &'a dyn Psa,
    /// Where links are kept.
    pub links: &'a dyn LinkStore,
}

/// Applies a plan: lists the contacts once, drops every change whose contact moved since, writes the rest, and records
/// links. Never applies what a guard stops, and never retries a create whose result is unknown.
///
/// # Errors
/// [`ApplyError`] when the whole plan was refused; nothing was written then.
pub async fn apply(
    plan: &Plan,
    context: &ApplyContext<'_>,
    options: &ApplyOptions,
) -> Result<Report, ApplyError> {
    let links = context.links.load(&context.tenant.name).await.map_err(ApplyError::Start)?;
    let against = Against {
        tenant: context.tenant,
        psa: context.psa.name(),
        policy: context.policy,
        capabilities: context.capabilities,
        run: context.run,
        links: &links,
    };
    let guards = preflight(plan, &against, options)?;
    let decisions: Vec<Decision> = plan.decisions.iter().collect();
    let brake = Brake::new(options.stop_after_failures);
    let mut run = Run {
        plan,
        context: *context,
        options,
        outcomes: decisions.iter().map(|d| Outcome::before_writing(d, &guards)).collect(),
        generation: links.generation,
        links: &links,
        brake: &brake,
        troubles: Vec::new(),
    };
    let pending = |run: &Run<'_>, wanted: &[Action]| -> Vec<usize> {
        decisions
            .iter()
            .zip(&run.outcomes)
            .enumerate()
            .filter(|(_, (d, o))| **o == Outcome::NotAttempted && wanted.contains(&d.change.action()))
            .map(|(i, _)| i)
            .collect()
    };
    let writes = [Action::Update, Action::Link, Action::Reactivate, Action::Create, Action::Deactivate];
    if !pending(&run, &writes).is_empty() {
        let fresh = run.list_contacts().await?;
        run.mark_stale(&decisions, &fresh);
        if links.is_first_run() && !links.first_run_open {
            run.commit(&[LinkChange::FirstRun { open: true }]).await;
        }
        let updates = pending(&run, &[Action::Update, Action::Link, Action::Reactivate]);
        run.write(&decisions, &updates, &fresh).await;
        let creates = pending(&run, &[Action::Create]);
        run.create(&decisions, &creates).await;
        if !run.mostly_failed() {
            let deactivations = pending(&run, &[Action::Deactivate]);
            run.write(&decisions, &deactivations, &fresh).await;
        }
    }
    if !run.was_refused(&decisions) {
        let mut seen = sightings(plan, &decisions, &links, options.now, &options.overrides);
        if links.is_first_run() && !run.brake.is_pulled() {
            seen.push(LinkChange::FirstRun { open: false });
        }
        run.commit(&seen).await;
    }
    let moved_from = plan.run.migrate_from.as_deref();
    // Companies change hands only after links did.
    let moved = moved_from.is_none() || run.outcomes.iter().any(|o| matches!(o, Outcome::Applied { .. }));
    if !run.brake.is_pulled()
        && moved
        && let Err(trouble) = write_tenant_id(context, moved_from).await
    {
        run.troubles.push(trouble);
    }
    let Run { outcomes, troubles, .. } = run;
    let mode = if links.is_first_run() { SyncMode::Full } else { context.run.sync_mode };
    let accepted = options.overrides.iter().any(|o| o.guard == SUSPECT && o.plan == plan.id);
    let mut report = Report::of_outcomes(plan, &guards, outcomes, mode, options.now, accepted);
    for (code, error) in troubles {
        report.add_run_error(code, &error, options.now);
    }
    Ok(report)
}

struct Run<'a> {
    plan: &'a Plan,
    context: ApplyContext<'a>,
    options: &'a ApplyOptions,
    outcomes: Vec<Outcome>,
    links: &'a LinkSet,
    generation: u64,
    brake: &'a Brake,
    /// Failures of the run itself, each with a code of the report.
    troubles: Vec<(&'static str, Error)>,
}

impl Run<'_> {
    async fn list_contacts(&self) -> Result<ContactSnapshot, ApplyError> {
        let mut query = ContactQuery::of_companies(self.context.tenant.companies());
        query.custom_fields = self.context.policy.custom_fields_needed();
        let fresh = self.context.psa.snapshot(&query, self.options.now).await.map_err(ApplyError::Start)?;
        match fresh.completeness() {
            Completeness::Partial { because } => Err(ApplyError::ContactsPartial(because.clone())),
            Completeness::Complete => Ok(fresh),
        }
    }

    /// Drops every change whose contact is not what it was when the plan was made.
    fn mark_stale(&mut self, decisions: &[Decision], fresh: &ContactSnapshot) {
        let check = Fresh::new(self.plan, self.context.policy, fresh);
        let taken = Taken::new(self.context.policy, fresh);
        for (decision, outcome) in decisions.iter().zip(&mut self.outcomes) {
            if *outcome != Outcome::NotAttempted {
                continue;
            }
            let holds = match &decision.change {
                Change::Update { contact, expect, .. }
                | Change::Link { contact, expect, .. }
                | Change::Reactivate { contact, expect, .. }
                | Change::Deactivate { contact, expect, .. } => check.is(contact, expect),
                Change::Create { fields, unless_email, beside } => {
                    taken.leaves_room_for(decision, fields, unless_email, beside)
                }
                Change::NoOp { .. } | Change::Hold { .. } => true,
            };
            if !holds {
                *outcome = Outcome::Stale;
            }
        }
    }

    /// Whether more writes failed than were done, so that a batch that failed is not followed by deactivations.
    fn mostly_failed(&self) -> bool {
        let done = self.outcomes.iter().filter(|o| matches!(o, Outcome::Applied { .. })).count();
        self.brake.failures() as usize > done
    }

    /// Whether everything this plan would have changed was stopped by a guard or had changed: the plan stays good, so
    /// that a person can let the guard pass and apply it.
    fn was_refused(&self, decisions: &[Decision]) -> bool {
        let wanted = decisions
            .iter()
            .zip(&self.outcomes)
            .filter(|(decision, _)| !matches!(decision.change.action(), Action::NoOp | Action::Hold));
        let mut refused = false;
        for (_, outcome) in wanted {
            if !matches!(outcome, Outcome::Held | Outcome::Stale) {
                return false;
            }
            refused = true;
        }
        refused
    }

    /// Updates, links, reactivations or deactivations, a few at a time.
    async fn write(&mut self, decisions: &[Decision], places: &[usize], fresh: &ContactSnapshot) {
        let concurrency = self.options.concurrency.max(1);
        let migrating = self.plan.run.migrate_from.is_some();
        for chunk in places.chunks(concurrency * 8) {
            if self.brake.is_pulled() {
                return;
            }
            let (psa, brake) = (self.context.psa, self.brake);
            let calls: Vec<BoxFuture<'_, Sent<ContactId>>> = chunk
                .iter()
                .filter_map(|place| {
                    Some(write_one(psa, brake, *place, decisions.get(*place)?, fresh).boxed())
                })
                .collect();
            let results: Vec<_> = stream::iter(calls).buffer_unordered(concurrency).collect().await;
            let (mut changes, mut linked) = (Vec::new(), Vec::new());
            for (place, result) in results {
                let Some(decision) = decisions.get(place) else { continue };
                match result {
                    Some(Ok(contact)) => {
                        changes.extend(applied_link(
                            self.links,
                            decision,
                            &contact,
                            self.options.now,
                            migrating,
                        ));
                        if decision.change.action() == Action::Link {
                            linked.push((place, contact));
                        } else {
                            self.set(place, Outcome::Applied { contact });
                        }
                    }
                    Some(Err(error)) => self.set(place, Outcome::of_error(&error, decision.change.action())),
                    None => {}
                }
            }
            // A link is nothing but its record.
            if self.commit(&changes).await {
                for (place, contact) in linked {
                    self.set(place, Outcome::Applied { contact });
                }
            }
        }
    }

    /// Creates, each announced before it is sent and settled after.
    async fn create(&mut self, decisions: &[Decision], places: &[usize]) {
        let in_flight = self.options.concurrency.clamp(1, MOST_CREATES_IN_FLIGHT);
        for chunk in places.chunks(ANNOUNCED) {
            if self.brake.is_pulled() {
                return;
            }
            let work: Vec<(usize, &Decision, String)> = chunk
                .iter()
                .filter_map(|place| {
                    let decision = decisions.get(*place)?;
                    Some((*place, decision, create_key(self.plan, self.links, decision)?))
                })
                .collect();
            let announced: Vec<LinkChange> = work
                .iter()
                .filter_map(|(_, decision, key)| {
                    let Subject::User(source_id) = decision.subject.clone() else { return None };
                    let create = OpenCreate { key: key.clone(), started_at: self.options.now };
                    Some(LinkChange::CreateStarted { source_id, create })
                })
                .collect();
            if !self.commit(&announced).await {
                // What cannot be announced is not sent: a crash would leave a contact nobody remembers.
                return;
            }
            let (psa, brake) = (self.context.psa, self.brake);
            let calls: Vec<BoxFuture<'_, Sent<Contact>>> = work
                .iter()
                .map(|(place, decision, key)| create_one(psa, brake, *place, decision, key).boxed())
                .collect();
            let results: Vec<_> = stream::iter(calls).buffer_unordered(in_flight).collect().await;
            let mut changes = Vec::new();
            for (place, result) in results {
                let Some(decision) = decisions.get(place) else { continue };
                let unsettled = match result {
                    Some(Ok(contact)) => {
                        changes.extend(applied_link(
                            self.links,
                            decision,
                            &contact.id,
                            self.options.now,
                            false,
                        ));
                        self.set(place, Outcome::Applied { contact: contact.id });
                        continue;
                    }
                    Some(Err(error)) => {
                        self.set(place, Outcome::of_error(&error, Action::Create));
                        error.kind() == ErrorKind::Indeterminate
                    }
                    // Announced, and never sent.
                    None => false,
                };
                if let (false, Subject::User(source_id)) = (unsettled, decision.subject.clone()) {
                    changes.push(LinkChange::CreateFailed { source_id });
                }
            }
            self.commit(&changes).await;
        }
    }

    fn set(&mut self, place: usize, outcome: Outcome) {
        if let Some(slot) = self.outcomes.get_mut(place) {
            *slot = outcome;
        }
    }

    /// Records link changes; a store that refuses breaks the run, because the next run would not know what this one did.
    async fn commit(&mut self, changes: &[LinkChange]) -> bool {
        if changes.is_empty() {
            return true;
        }
        if self.troubles.iter().any(|(code, _)| *code == LINKS_NOT_RECORDED) {
            return false;
        }
        match self.context.links.commit(&self.context.tenant.name, self.generation, changes).await {
            Ok(generation) => {
                self.generation = generation;
                true
            }
            Err(error) => {
                self.troubles.push((LINKS_NOT_RECORDED, error));
                self.brake.pull();
                false
            }
        }
    }
}

/// The same for the same intent, and different for every other: safe to pass on as an idempotency key.
///
/// A create whose result was never settled is the same intent, whatever plan repeats it.
fn create_key(plan: &Plan, links: &LinkSet, decision: &Decision) -> Option<String> {
    let Subject::User(anchor) = &decision.subject else { return None };
    if let Some(open) = links.open_creates.get(anchor) {
        return Some(open.key.clone());
    }
    let tail = plan.id.as_str().rsplit(':').next()?.get(..16)?;
    Some(format!("{tail}:{anchor}"))
}

async fn create_one(
    psa: &dyn Psa,
    brake: &Brake,
    place: usize,
    decision: &Decision,
    key: &str,
) -> Sent<Contact> {
    if brake.is_pulled() {
        return (place, None);
    }
    let fields: FieldSet =
        decision.change.fields().iter().map(|f| (f.field.clone(), f.after.clone())).collect();
    let result = match &decision.company {
        Some(company) => psa.create(company, &fields, key).await,
        None => Err(Error::new(ErrorKind::NotFound, "create contact", "the decision names no company")),
    };
    if let Err(error) = &result {
        brake.note(error);
    }
    (place, Some(result))
}

async fn write_one(
    psa: &dyn Psa,
    brake: &Brake,
    place: usize,
    decision: &Decision,
    fresh: &ContactSnapshot,
) -> Sent<ContactId> {
    if brake.is_pulled() {
        return (place, None);
    }
    let Some(contact) = decision.change.contact() else {
        let error = Error::new(ErrorKind::Other, "update contact", "the decision names no contact");
        return (place, Some(Err(error)));
    };
    let mut fields: FieldSet =
        decision.change.fields().iter().map(|f| (f.field.clone(), f.after.clone())).collect();
    match decision.change.action() {
        Action::Link => return (place, Some(Ok(contact.clone()))),
        Action::Reactivate => {
            fields.insert(ContactField::Active, FieldValue::Flag(true));
        }
        Action::Deactivate => {
            fields.insert(ContactField::Active, FieldValue::Flag(false));
        }
        Action::Update | Action::Create | Action::Hold | Action::NoOp => {}
    }
    let version = fresh.find(contact).and_then(crate::snapshot::ContactView::version);
    let result = psa.update(contact, &fields, version.as_ref()).await;
    if let Err(error) = &result {
        brake.note(error);
    }
    (place, Some(result.map(|contact| contact.id)))
}
