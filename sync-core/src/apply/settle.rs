//! Looking up writes whose result is not known, before anything is planned anew.

use super::{
    bookkeeping::applied_link,
    settled::{Found, find_created, holds},
};
use crate::{
    capability::Capabilities,
    error::{Error, ErrorKind, Result},
    ext::PsaExt,
    model::{ContactId, SourceAnchor, TenantName},
    plan::{Decision, LinkedElsewhere, Subject},
    policy::{Policy, Tenant},
    snapshot::{Completeness, ContactSnapshot},
    store::{Commit, Hold, Intent, IntentState, LinkSet, LinkStore},
    traits::{ContactQuery, Psa},
};
use chrono::{DateTime, Utc};
use std::{collections::BTreeSet, time::Duration};

/// A create that was looked for in vain this often is not tried again by itself.
const MOST_ATTEMPTS: u32 = 2;

/// What open writes are looked up with.
#[derive(Clone, Copy, Debug)]
pub struct SettleOptions<'a> {
    /// The tenant.
    pub tenant: &'a Tenant,
    /// The policy.
    pub policy: &'a Policy,
    /// What the PSA can do now, and how long its writes take to be seen.
    pub capabilities: &'a Capabilities,
    /// The PSA.
    pub psa: &'a dyn Psa,
    /// Where links and the journal are kept.
    pub links: &'a dyn LinkStore,
    /// Contacts that other tenants of the same PSA are linked to; none of them is adopted.
    pub linked_elsewhere: &'a LinkedElsewhere,
    /// The right to write.
    pub hold: &'a dyn Hold,
    /// Now.
    pub now: DateTime<Utc>,
    /// How long is to be counted at least: what this process has waited for open writes already, by a clock that does not jump,
    /// so that a clock that was set back cannot make it wait for ever.
    pub waited: Duration,
}

/// What became of the writes that were open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Settled {
    /// Found done; the contacts of creates are linked now.
    pub done: u32,
    /// Found not done.
    pub not_done: u32,
    /// Wait for a person from now on.
    pub indeterminate: u32,
    /// Too young to be looked up.
    pub waiting: u32,
    /// How long until the youngest of those can be; nobody else has to wait for it.
    pub wait: Option<Duration>,
    /// The generation of the links before anything was recorded, and after; `None` where nothing was.
    pub generations: Option<(u64, u64)>,
    /// Whom it was about.
    pub subjects: BTreeSet<Subject>,
    /// The contacts that it was about.
    pub contacts: BTreeSet<ContactId>,
}

impl Settled {
    /// Nothing was looked up.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            done: 0,
            not_done: 0,
            indeterminate: 0,
            waiting: 0,
            wait: None,
            generations: None,
            subjects: BTreeSet::new(),
            contacts: BTreeSet::new(),
        }
    }

    /// This and what was looked up right after it, by the same run.
    #[must_use]
    pub fn and(mut self, later: Self) -> Self {
        self.done += later.done;
        self.not_done += later.not_done;
        self.indeterminate += later.indeterminate;
        (self.waiting, self.wait) = (later.waiting, later.wait);
        self.generations = match (self.generations, later.generations) {
            (Some((before, _)), Some((_, after))) => Some((before, after)),
            (one, other) => one.or(other),
        };
        self.subjects.extend(later.subjects);
        self.contacts.extend(later.contacts);
        self
    }

    /// Whether nothing but this lies between a generation of the links and another one.
    pub(super) fn lies_between(&self, made_from: u64, now: u64) -> bool {
        self.generations == Some((made_from, now))
    }

    /// Whether a decision is about somebody, or a contact, of whom something was found out.
    pub(super) fn is_about(&self, decision: &Decision) -> bool {
        let contact = decision.change.contact();
        self.subjects.contains(&decision.subject) || contact.is_some_and(|id| self.contacts.contains(id))
    }
}

/// Looks up every open write that is old enough for its absence to count, and records what became of it.
///
/// A create is looked for by the user's id on every contact of the tenant's companies, then by address in its company.
/// One hit is adopted, by address only under the name that was to be written. No hit means that it never arrived; after the
/// second time, and where it is not clear which contact is the one, a person has to say ([`resolve`]). An update is compared with what the contact holds now.
///
/// # Errors
/// What kept the contacts from being listed in full, or the store from being written. Everything stays open then.
pub async fn settle(options: &SettleOptions<'_>) -> Result<Settled> {
    let tenant = &options.tenant.name;
    let links = options.links.load(tenant).await?;
    let mut settled = Settled::default();
    let mut ripe = Vec::new();
    for intent in links.open.iter().filter(|intent| intent.state == IntentState::Sent) {
        match time_left(intent, options) {
            None => ripe.push(intent),
            Some(left) => {
                settled.waiting += 1;
                settled.wait = settled.wait.max(Some(left));
            }
        }
    }
    if ripe.is_empty() {
        return Ok(settled);
    }
    let contacts = list_contacts(options).await?;
    let mut commit = Commit::new(options.hold.run(), links.generation);
    for intent in ripe {
        let state = look_up(intent, options, &links, &commit, &contacts);
        settled.subjects.insert(intent.decision.subject.clone());
        settled.contacts.extend(intent.decision.change.contact().cloned());
        if let IntentState::Done { contact } = &state {
            settled.contacts.insert(contact.clone());
        }
        match &state {
            IntentState::Done { contact } => {
                settled.done += 1;
                let now = intent.opened_at;
                commit.links.extend(applied_link(&links, &intent.decision, contact, now, intent.migrating));
            }
            IntentState::Indeterminate { .. } => settled.indeterminate += 1,
            IntentState::Failed { .. } | IntentState::Lost | IntentState::Sent => settled.not_done += 1,
        }
        commit.settled.push(intent.settled(state, options.now));
    }
    let after = options.links.commit(tenant, &commit).await?;
    settled.generations = Some((links.generation, after));
    Ok(settled)
}

/// How long until a write is old enough; `None` once it is.
fn time_left(intent: &Intent, options: &SettleOptions<'_>) -> Option<Duration> {
    let grace = options.capabilities.settling.grace();
    // It was recorded before it was sent, and may have waited for its turn as long as its run was at work. Where nobody knows
    // of that, clocks have to do: a write from the future was made before the clock was set back.
    let by_clock = || (options.now - intent.opened_at).to_std().unwrap_or(Duration::ZERO);
    let of_run = options.hold.earlier_age().map(|age| age.saturating_add(options.hold.elapsed()));
    let age = of_run.unwrap_or_else(by_clock);
    let left = grace.saturating_sub(age.max(options.waited));
    (!left.is_zero()).then_some(left)
}

async fn list_contacts(options: &SettleOptions<'_>) -> Result<ContactSnapshot> {
    let mut query = ContactQuery::of_companies(options.tenant.companies());
    query.custom_fields = options.policy.custom_fields_needed();
    let contacts = options.psa.snapshot(&query, options.now).await?;
    match contacts.completeness() {
        Completeness::Complete => Ok(contacts),
        Completeness::Partial { because } => {
            let message = format!("the contacts could not be listed in full ({because}); it stays open");
            Err(Error::new(ErrorKind::Unavailable, "look up an open write", message))
        }
    }
}

fn look_up(
    intent: &Intent,
    options: &SettleOptions<'_>,
    links: &LinkSet,
    commit: &Commit,
    contacts: &ContactSnapshot,
) -> IntentState {
    if intent.is_create() {
        let taken = |contact: &ContactId| {
            let adopted = commit.settled.iter().any(|settlement| {
                matches!(&settlement.state, IntentState::Done { contact: theirs } if theirs == contact)
            });
            adopted || links.links.of_contact(contact).next().is_some()
        };
        let elsewhere = |contact: &ContactId| options.linked_elsewhere.knows(contact);
        let made = find_created(intent, options.policy, options.capabilities, contacts, (taken, elsewhere));
        return match made {
            Found::One(contact) => IntentState::Done { contact },
            Found::Unclear(contacts) => IntentState::Indeterminate { contacts },
            Found::None if intent.attempt >= MOST_ATTEMPTS => {
                IntentState::Indeterminate { contacts: Vec::new() }
            }
            Found::None => IntentState::Lost,
        };
    }
    let contact = intent.decision.change.contact();
    match contact.and_then(|id| contacts.find(id)) {
        Some(view) if holds(view, &intent.decision.change, options.capabilities) => {
            IntentState::Done { contact: ContactId::new(view.id()) }
        }
        Some(_) => not_done("the contact does not hold what was to be written"),
        None => not_done("the contact is not in the tenant's companies any more"),
    }
}

fn not_done(message: &str) -> IntentState {
    IntentState::Failed { code: "ContactUpdateFailed".to_owned(), message: message.to_owned() }
}

/// A person's word about a create of which nobody else can say what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// It made this contact; the contact is linked.
    Adopt(ContactId),
    /// It made none; the next plan may create one.
    CreateAnyway,
}

/// Records what a person said about the open create of a user; answers whether there is one.
///
/// # Errors
/// `Rejected` where the contact is another user's; `PreconditionFailed` while another run holds the tenant; `Unavailable`.
pub async fn resolve(
    links: &dyn LinkStore,
    hold: &dyn Hold,
    tenant: &TenantName,
    user: &SourceAnchor,
    resolution: &Resolution,
    now: DateTime<Utc>,
) -> Result<bool> {
    let set = links.load(tenant).await?;
    let open: Vec<&Intent> = set
        .open
        .iter()
        .filter(|intent| intent.is_create() && intent.decision.subject == Subject::User(user.clone()))
        .collect();
    let Some(last) = open.last() else { return Ok(false) };
    let mut commit = Commit::new(hold.run(), set.generation);
    let state = match resolution {
        Resolution::Adopt(contact) => {
            if set.links.of_contact(contact).any(|link| link.source_id != *user) {
                let message = format!("contact {contact} is linked to another user");
                return Err(Error::new(ErrorKind::Rejected, "adopt contact", message));
            }
            commit.links = applied_link(&set, &last.decision, contact, last.opened_at, last.migrating);
            IntentState::Done { contact: contact.clone() }
        }
        Resolution::CreateAnyway => IntentState::Failed {
            code: "Indeterminate".to_owned(),
            message: "a person said that it made no contact".to_owned(),
        },
    };
    commit.settled = open.iter().map(|intent| intent.settled(state.clone(), now)).collect();
    links.commit(tenant, &commit).await?;
    Ok(true)
}
