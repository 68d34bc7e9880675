//! Writing decisions of one kind: announced, sent, learnt.
//!
//! Every write is recorded as an intent before it is sent. A few writes are under way at any time, and a few more are
//! recorded beside them so that none waits for the disk. What became of those that ended is recorded in one step with the
//! next ones that are announced.

use super::{
    Outcome,
    bookkeeping::applied_link,
    execute::Run,
    send::{Sender, Sent},
};
use crate::{
    model::ContactId,
    plan::{Action, Change, Decision, Plan, Subject},
    snapshot::ContactSnapshot,
    store::IntentState,
};
use futures::{FutureExt as _, StreamExt as _, future::BoxFuture, stream::FuturesUnordered};
use std::collections::VecDeque;

/// How many writes are announced ahead of what is sent.
const AHEAD: usize = 96;
/// The most creates that are.
const MOST_CREATES_AHEAD: usize = 48;
/// Creates in flight at once. A create that was announced may have been sent, and after a crash each has to be looked for.
const MOST_CREATES_IN_FLIGHT: usize = 8;

/// How many writes may be unsettled.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Under way at once.
    in_flight: usize,
    /// Recorded as intents and not sent yet.
    ahead: usize,
    /// What `ahead` may grow to.
    most_ahead: usize,
}

impl Pace {
    pub(super) fn of_updates(concurrency: usize) -> Self {
        Self { in_flight: concurrency, ahead: AHEAD, most_ahead: AHEAD }
    }

    /// A create that was announced twice and never arrived is left to a person, so few are announced: as many again as
    /// are under way.
    pub(super) fn of_creates(concurrency: usize) -> Self {
        let in_flight = concurrency.min(MOST_CREATES_IN_FLIGHT);
        Self { in_flight, ahead: in_flight, most_ahead: MOST_CREATES_AHEAD }
    }

    /// After writes had to wait for a step to be recorded: the PSA is faster than the disk.
    fn waited(&mut self) {
        self.ahead = self.ahead.saturating_mul(2).min(self.most_ahead);
    }
}

/// A write that may be sent as soon as it is recorded.
struct Announced {
    place: usize,
    /// The key of a create.
    key: Option<String>,
}

/// What a step announced: writes, and links, which are done by being recorded.
#[derive(Default)]
struct Step {
    writes: Vec<Announced>,
    links: Vec<(usize, ContactId)>,
}

enum Event {
    Ended(Sent),
    Recorded(Step, bool),
}

impl<'a> Run<'a> {
    /// Writes the decisions at some places.
    pub(super) async fn write(&mut self, places: &[usize], fresh: &ContactSnapshot, mut pace: Pace) {
        let mut places = places.iter().copied();
        let (decisions, recorder) = (self.decisions, self.recorder);
        let sender = self.sender(fresh);
        let mut ready: VecDeque<Announced> = VecDeque::new();
        let mut events: FuturesUnordered<BoxFuture<'_, Event>> = FuturesUnordered::new();
        let (mut in_flight, mut recording, mut began) = (0, false, false);
        loop {
            while in_flight < pace.in_flight
                && let Some(Announced { place, key }) = ready.pop_front()
            {
                let Some(decision) = decisions.get(place) else { continue };
                in_flight += 1;
                let send = async move { Event::Ended(sender.send(place, decision, key.as_deref()).await) };
                events.push(send.boxed());
            }
            if !recording && ready.len() <= pace.ahead / 2 && !self.brake.is_pulled() {
                let next: Vec<usize> = places.by_ref().take(pace.ahead.saturating_sub(ready.len())).collect();
                if !next.is_empty() {
                    let step = self.announce(&next);
                    let pending = std::mem::take(&mut self.pending);
                    recording = true;
                    let record = async move { Event::Recorded(step, recorder.record(pending).await) };
                    events.push(record.boxed());
                }
            }
            match events.next().await {
                None => return,
                Some(Event::Ended(sent)) => {
                    in_flight -= 1;
                    self.learn(sent);
                }
                Some(Event::Recorded(step, recorded)) => {
                    if began && in_flight < pace.in_flight {
                        pace.waited();
                    }
                    (recording, began) = (false, true);
                    // What is not recorded is not sent: a crash would leave a write that nobody remembers.
                    if recorded {
                        ready.extend(step.writes);
                        for (place, contact) in step.links {
                            self.set(place, Outcome::Applied { contact });
                        }
                    }
                }
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

    /// The intents of some decisions, to be recorded with the next step. A link is nothing but its record, and done by it.
    fn announce(&mut self, places: &[usize]) -> Step {
        let migrating = self.plan.run.migrate_from.is_some();
        let mut step = Step::default();
        for place in places.iter().copied() {
            let Some(decision) = self.decisions.get(place) else { continue };
            let mut intent = self.recorder.intent(place, decision);
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
                    step.links.push((place, contact));
                }
                _ => {}
            }
            if matches!(intent.state, IntentState::Sent) {
                step.writes.push(Announced { place, key: intent.key.clone() });
            }
            self.pending.opened.push(intent);
        }
        step
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

    /// Takes in what a write came to.
    fn learn(&mut self, (place, result): Sent) {
        let Some(decision) = self.decisions.get(place) else { return };
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
                    None => return,
                }
            }
            None => IntentState::Failed { code: "NotSent".to_owned(), message: "it was not sent".to_owned() },
        };
        self.pending.settled.push(self.recorder.settlement(place, state));
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
