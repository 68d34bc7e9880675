//! Writing a plan: one pass, a failure is an outcome and not a stop.
//!
//! Order: updates, links and reactivations, then creates, deactivations last. A run that turns out broken (credentials
//! refused, PSA not to be reached, too many failures) ends before it deactivates anybody.
//!
//! Every write is recorded as an intent before it is sent. Writes go out in batches: while one batch is under way, what
//! became of the one before and what the next one is about to write are recorded in one step.

use super::{
    Outcome, Report,
    bookkeeping::{applied_link, sightings},
    brake::Brake,
    company::write_tenant_id,
    preflight::{Against, ApplyError, ApplyOptions, SUSPECT, preflight},
    recorder::{Pending, Recorder},
    send::{Sender, Sent},
    taken::Taken,
};
use crate::{
    capability::Capabilities,
    error::Error,
    ext::PsaExt,
    model::{Contact, ContactId},
    plan::{Action, Change, Decision, Fresh, Plan, Subject},
    policy::{Policy, RunInput, SyncMode, Tenant},
    snapshot::{Completeness, ContactSnapshot},
    store::{Hold, Intent, IntentState, LinkChange, LinkSet, LinkStore},
    traits::{ContactQuery, Psa},
};
use futures::{FutureExt, StreamExt, future, future::BoxFuture, stream};

/// How many writes are recorded as intents at once. After a crash at most two batches are unsettled.
const BATCH: usize = 48;
/// The report's code when links could not be recorded.
const LINKS_NOT_RECORDED: &str = "LinksNotRecorded";
/// Creates in flight at once, so that a crash leaves few of them unknown.
const MOST_CREATES_IN_FLIGHT: usize = 8;

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
    /// Where links and the journal are kept.
    pub links: &'a dyn LinkStore,
    /// The right to write; [`crate::store::Unshared`] where nobody else can.
    pub hold: &'a dyn Hold,
}

/// Applies a plan: lists the contacts once, drops every change whose contact moved since, writes the rest, and records
/// links. Never applies what a guard stops, and never repeats a create whose result is unknown.
///
/// Writes that an earlier run left open must have been looked up by [`super::settle`] before the plan was made; what it
/// could not settle yet is held by the plan.
///
/// # Errors
/// [`ApplyError`] when the whole plan was refused; nothing was written then.
pub async fn apply(
    plan: &Plan,
    context: &ApplyContext<'_>,
    options: &ApplyOptions,
) -> Result<Report, ApplyError> {
    apply_watching(plan, context, options, &mut Vec::new()).await
}

/// As [`apply`], and adds every contact that was written to `written`, as the PSA answered it.
///
/// # Errors
/// As for [`apply`].
pub async fn apply_watching(
    plan: &Plan,
    context: &ApplyContext<'_>,
    options: &ApplyOptions,
    written: &mut Vec<Contact>,
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
    let recorder = Recorder::new(
        context.links,
        &context.tenant.name,
        context.hold,
        &brake,
        links.generation,
        options.now,
    );
    let mut run = Run {
        plan,
        context: *context,
        options,
        outcomes: decisions.iter().map(|d| Outcome::before_writing(d, &guards)).collect(),
        decisions: &decisions,
        links: &links,
        brake: &brake,
        recorder,
        pending: Pending::default(),
        written,
    };
    let writes = [Action::Update, Action::Link, Action::Reactivate, Action::Create, Action::Deactivate];
    if !run.waiting(&writes).is_empty() {
        let fresh = run.list_contacts().await?;
        run.mark_stale(&fresh);
        if links.is_first_run() && !links.first_run_open {
            run.pending.links.push(LinkChange::FirstRun { open: true });
        }
        let updates = run.waiting(&[Action::Update, Action::Link, Action::Reactivate]);
        let concurrency = options.concurrency.max(1);
        run.write(&updates, &fresh, concurrency).await;
        let creates = run.waiting(&[Action::Create]);
        run.write(&creates, &fresh, concurrency.min(MOST_CREATES_IN_FLIGHT)).await;
        if !run.mostly_failed() {
            let deactivations = run.waiting(&[Action::Deactivate]);
            run.write(&deactivations, &fresh, concurrency).await;
        }
    }
    if !run.was_refused() {
        let seen = sightings(plan, &decisions, &links, options.now, &options.overrides);
        run.pending.links.extend(seen);
        if links.is_first_run() && !run.brake.is_pulled() {
            run.pending.links.push(LinkChange::FirstRun { open: false });
        }
    }
    let last = std::mem::take(&mut run.pending);
    run.recorder.record(last).await;
    let moved_from = plan.run.migrate_from.as_deref();
    // Companies change hands only after links did.
    let moved = moved_from.is_none() || run.outcomes.iter().any(|o| matches!(o, Outcome::Applied { .. }));
    let mut troubles: Vec<(&'static str, Error)> = Vec::new();
    if !run.brake.is_pulled()
        && moved
        && let Err(trouble) = write_tenant_id(context, moved_from).await
    {
        troubles.push(trouble);
    }
    let Run { outcomes, recorder, .. } = run;
    troubles.extend(recorder.into_failure().map(|error| (LINKS_NOT_RECORDED, error)));
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
    decisions: &'a [Decision],
    outcomes: Vec<Outcome>,
    links: &'a LinkSet,
    brake: &'a Brake,
    recorder: Recorder<'a>,
    /// What became of the last batch, to be recorded with the next.
    pending: Pending,
    written: &'a mut Vec<Contact>,
}

impl<'a> Run<'a> {
    /// The places of the decisions of some kinds whose turn has not come.
    fn waiting(&self, wanted: &[Action]) -> Vec<usize> {
        let pairs = self.decisions.iter().zip(&self.outcomes).enumerate();
        let is_due = |(decision, outcome): &(&Decision, &Outcome)| {
            **outcome == Outcome::NotAttempted && wanted.contains(&decision.change.action())
        };
        pairs.filter(|(_, pair)| is_due(pair)).map(|(place, _)| place).collect()
    }

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
    fn mark_stale(&mut self, fresh: &ContactSnapshot) {
        let check = Fresh::new(self.plan, self.context.policy, fresh);
        let taken = Taken::new(self.context.policy, fresh);
        for (decision, outcome) in self.decisions.iter().zip(&mut self.outcomes) {
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
    fn was_refused(&self) -> bool {
        let wanted = self
            .decisions
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

    /// Writes the decisions at some places, a batch at a time and a few of a batch at once.
    async fn write(&mut self, places: &[usize], fresh: &ContactSnapshot, in_flight: usize) {
        let mut batches = places.chunks(BATCH);
        let Some(first) = batches.next() else { return };
        if self.brake.is_pulled() {
            return;
        }
        let mut batch = self.announce(first);
        let step = std::mem::take(&mut self.pending);
        if !self.recorder.record(step).await {
            // What is not recorded is not sent: a crash would leave a write that nobody remembers.
            return;
        }
        loop {
            let next = batches.next().filter(|_| !self.brake.is_pulled()).map(|places| self.announce(places));
            let step = if next.is_some() { std::mem::take(&mut self.pending) } else { Pending::default() };
            let sender = self.sender(fresh);
            let calls: Vec<BoxFuture<'_, Sent>> = batch
                .iter()
                .filter(|intent| matches!(intent.state, IntentState::Sent))
                .map(|intent| {
                    sender.send(intent.place as usize, &intent.decision, intent.key.as_deref()).boxed()
                })
                .collect();
            let sending = stream::iter(calls).buffer_unordered(in_flight).collect::<Vec<_>>();
            let (results, recorded) = future::join(sending, self.recorder.record(step)).await;
            self.learn(&batch, results, recorded);
            match next {
                Some(intents) if recorded => batch = intents,
                _ => return,
            }
        }
    }

    fn sender<'f>(&self, fresh: &'f ContactSnapshot) -> Sender<'f>
    where
        'a: 'f,
    {
        Sender {
            psa: self.context.psa,
            hold: self.context.hold,
            brake: self.brake,
            timeout: self.context.capabilities.settling.timeout(),
            fresh,
        }
    }

    /// The intents of a batch, to be recorded with the next step. A link is nothing but its record, and done by it.
    fn announce(&mut self, places: &[usize]) -> Vec<Intent> {
        let migrating = self.plan.run.migrate_from.is_some();
        let mut batch = Vec::with_capacity(places.len());
        for place in places {
            let Some(decision) = self.decisions.get(*place) else { continue };
            let mut intent = self.recorder.intent(*place, decision);
            intent.migrating = migrating;
            match (&decision.change, &decision.subject) {
                (Change::Create { .. }, Subject::User(user)) => {
                    let earlier = self.links.open_create(user);
                    let key = earlier.and_then(|earlier| earlier.key.clone());
                    intent.key = key.or_else(|| create_key(self.plan, decision));
                    if let Some(earlier) = earlier {
                        intent.attempt = earlier.attempt.saturating_add(1);
                        let state = tried_again();
                        self.pending.settled.push(earlier.settled(state, self.recorder.now()));
                    }
                }
                (Change::Link { contact, .. }, _) => {
                    let contact = contact.clone();
                    intent.state = IntentState::Done { contact: contact.clone() };
                    intent.settled_at = Some(intent.opened_at);
                    self.done(decision, &contact);
                }
                _ => {}
            }
            self.pending.opened.push(intent.clone());
            batch.push(intent);
        }
        batch
    }

    /// What is recorded of a pair once a change is done; a create of the user that was left open is settled by it.
    fn done(&mut self, decision: &Decision, contact: &ContactId) {
        let migrating = self.plan.run.migrate_from.is_some();
        self.pending.links.extend(applied_link(self.links, decision, contact, self.options.now, migrating));
        if let Subject::User(user) = &decision.subject
            && decision.change.action() != Action::Create
            && let Some(earlier) = self.links.open_create(user)
        {
            let state = IntentState::Done { contact: contact.clone() };
            self.pending.settled.push(earlier.settled(state, self.recorder.now()));
        }
    }

    /// Takes in what a batch came to.
    fn learn(&mut self, batch: &[Intent], results: Vec<Sent>, recorded: bool) {
        for intent in batch {
            // A link is made by the step that recorded its batch, and that one was recorded.
            if let IntentState::Done { contact } = &intent.state {
                self.set(intent.place as usize, Outcome::Applied { contact: contact.clone() });
            }
        }
        for (place, result) in results {
            let Some(decision) = self.decisions.get(place) else { continue };
            let action = decision.change.action();
            let state = match result {
                Some(Ok(contact)) => {
                    self.done(decision, &contact.id);
                    let id = contact.id.clone();
                    self.set(place, Outcome::Applied { contact: id.clone() });
                    self.written.push(contact);
                    IntentState::Done { contact: id }
                }
                Some(Err(error)) => {
                    let outcome = Outcome::of_error(&error, action);
                    let state = failed(&outcome);
                    self.set(place, outcome);
                    match state {
                        Some(state) => state,
                        // Nobody knows: it stays open, and is looked up before the next plan.
                        None => continue,
                    }
                }
                None => {
                    IntentState::Failed { code: "NotSent".to_owned(), message: "it was not sent".to_owned() }
                }
            };
            self.pending.settled.push(self.recorder.settlement(place, state));
        }
        if !recorded {
            self.brake.pull();
        }
    }

    fn set(&mut self, place: usize, outcome: Outcome) {
        if let Some(slot) = self.outcomes.get_mut(place) {
            *slot = outcome;
        }
    }
}

/// What a failure means for the journal; `None` where the result is not known.
fn failed(outcome: &Outcome) -> Option<IntentState> {
    match outcome {
        Outcome::Indeterminate { .. } => None,
        Outcome::Failed { code, message } => {
            Some(IntentState::Failed { code: code.clone(), message: message.clone() })
        }
        Outcome::Stale
        | Outcome::Applied { .. }
        | Outcome::Unchanged
        | Outcome::Held
        | Outcome::NotAttempted => {
            let message = "the contact changed after planning".to_owned();
            Some(IntentState::Failed { code: "StalePlan".to_owned(), message })
        }
    }
}

fn tried_again() -> IntentState {
    let message = "it was looked for and not found, and is tried again".to_owned();
    IntentState::Failed { code: "Lost".to_owned(), message }
}

/// The same for the same intent, and different for every other: safe to pass on as an idempotency key.
///
/// A create that was looked for in vain is the same intent, whatever plan repeats it.
fn create_key(plan: &Plan, decision: &Decision) -> Option<String> {
    let Subject::User(anchor) = &decision.subject else { return None };
    let tail = plan.id.as_str().rsplit(':').next()?.get(..16)?;
    Some(format!("{tail}:{anchor}"))
}
