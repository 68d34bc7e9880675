//! Writing a plan: one pass, a failure is an outcome and not a stop.
//!
//! Order: updates, links and reactivations, then creates, deactivations last. A run that turns out broken (credentials
//! refused, PSA not to be reached, too many failures) ends before it deactivates anybody.
//!
//! How writes of one kind are recorded and sent is said in `writing`.

use super::{
    Outcome, Report,
    bookkeeping::sightings,
    brake::Brake,
    company::write_tenant_id,
    doubling::mark_doubling,
    preflight::{Against, ApplyError, ApplyOptions, SUSPECT, preflight},
    recorder::{Pending, Recorder},
    taken::Taken,
    writing::Pace,
};
use crate::{
    capability::Capabilities,
    error::Error,
    ext::PsaExt,
    model::{Contact, ContactId},
    plan::{Action, Change, Decision, Fresh, Plan},
    policy::{Policy, RunInput, SyncMode, Tenant},
    snapshot::{Completeness, ContactSnapshot},
    store::{Hold, LinkChange, LinkSet, LinkStore},
    traits::{ContactQuery, Psa},
};

/// The report's code when links could not be recorded.
const LINKS_NOT_RECORDED: &str = "LinksNotRecorded";

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
        recorder: &recorder,
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
        run.write(&updates, &fresh, Pace::of_updates(concurrency)).await;
        let creates = run.waiting(&[Action::Create]);
        run.write(&creates, &fresh, Pace::of_creates(concurrency)).await;
        if !run.mostly_failed() {
            let deactivations = run.waiting(&[Action::Deactivate]);
            run.write(&deactivations, &fresh, Pace::of_updates(concurrency)).await;
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
    let Run { outcomes, .. } = run;
    troubles.extend(recorder.into_failure().map(|error| (LINKS_NOT_RECORDED, error)));
    let mode = if links.is_first_run() { SyncMode::Full } else { context.run.sync_mode };
    let accepted = options.overrides.iter().any(|o| o.guard == SUSPECT && o.plan == plan.id);
    let mut report = Report::of_outcomes(plan, &guards, outcomes, mode, options.now, accepted);
    for (code, error) in troubles {
        report.add_run_error(code, &error, options.now);
    }
    Ok(report)
}

pub(super) struct Run<'a> {
    pub(super) plan: &'a Plan,
    pub(super) context: ApplyContext<'a>,
    pub(super) options: &'a ApplyOptions,
    pub(super) decisions: &'a [Decision],
    pub(super) outcomes: Vec<Outcome>,
    pub(super) links: &'a LinkSet,
    pub(super) brake: &'a Brake,
    pub(super) recorder: &'a Recorder<'a>,
    /// What became of writes, to be recorded with the next step.
    pub(super) pending: Pending,
    pub(super) written: &'a mut Vec<Contact>,
}

impl Run<'_> {
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

    /// Drops every change whose contact is not what it was when the plan was made, or whose address somebody has by now.
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
                | Change::Reactivate { contact, expect, .. } => check.is(contact, expect),
                Change::Deactivate { contact, expect, successor, .. } => {
                    let serves = |one: &ContactId| fresh.find(one).is_some_and(|c| c.active() != Some(false));
                    check.is(contact, expect) && successor.as_ref().is_none_or(serves)
                }
                Change::Create { beside, .. } => taken.leaves_room_for(decision, beside),
                Change::NoOp { .. } | Change::Hold { .. } => true,
            };
            if !holds || self.options.settled.is_about(decision) {
                *outcome = Outcome::Stale;
            }
        }
        mark_doubling(self.decisions, &mut self.outcomes, fresh);
    }

    /// Whether more writes failed than were done, so that writes that failed are not followed by deactivations.
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
}
