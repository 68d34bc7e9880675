//! The report of a run. Counters are derived from outcomes, never kept beside them.

use super::{ApplyError, Outcome};
use crate::{
    model::{FieldValue, PlanId, TenantName},
    plan::{Action, Decision, Guard, Plan, Reason, Subject, Warning},
    policy::SyncMode,
    store::Person,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What one run did.
///
/// Holds personal data (sign-in names, display names).
#[must_use = "an unread report is not actionable"]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Report {
    /// Nothing failed, nothing is unknown, and the directory read was complete and not suspiciously small, or
    /// a person accepted that it is.
    pub success: bool,
    /// Whether everything was read.
    pub sync_mode: SyncMode,
    /// When the run started.
    pub sync_timestamp: DateTime<Utc>,
    /// Nothing was written.
    pub dry_run: bool,
    /// Counts.
    pub statistics: Statistics,
    /// Contacts created.
    pub created_contacts: Vec<ContactLine>,
    /// Contacts updated or linked.
    pub updated_contacts: Vec<ContactLine>,
    /// Contacts deactivated.
    pub deactivated_contacts: Vec<ContactLine>,
    /// Contacts reactivated.
    pub reactivated_contacts: Vec<ContactLine>,
    /// Decisions that wait for a person, and changes that a guard stopped.
    pub held: Vec<HeldLine>,
    /// What went wrong.
    pub errors: Vec<ErrorLine>,
    /// What a person should know.
    pub warnings: Vec<WarningLine>,
    /// The tenant.
    pub tenant: TenantName,
    /// The PSA adapter.
    pub psa: String,
    /// The plan.
    pub plan: PlanId,
    /// Guards that stood.
    pub guards: Vec<Guard>,
}

/// Counts of a [`Report`].
///
/// `decisions = applied + unchanged + failed + held + stale + indeterminate + not attempted`, where applied is the sum
/// of created, updated, deactivated, reactivated and linked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Statistics {
    /// Users in the directory read.
    pub total_office365_users: u64,
    /// Users who were in step, and those about whom something was to be done, held or not.
    pub users_processed: u64,
    /// Contacts created.
    pub contacts_created: u64,
    /// Contacts updated.
    pub contacts_updated: u64,
    /// Subjects about which there was nothing to do.
    pub contacts_skipped: u64,
    /// Decisions that failed. Failures of the run itself are in the list of errors only.
    pub errors: u64,
    /// Contacts deactivated.
    pub contacts_deactivated: u64,
    /// Contacts reactivated.
    pub contacts_reactivated: u64,
    /// Links recorded without a write to the PSA.
    pub contacts_linked: u64,
    /// Decisions that wait for a person or were stopped by a guard.
    pub held: u64,
    /// Contacts that changed after planning.
    pub stale: u64,
    /// Writes whose result is unknown.
    pub indeterminate: u64,
    /// An estimate of the hand work saved, see [`minutes_saved`].
    pub time_saved_minutes: u64,
    /// Changes whose turn never came.
    pub not_attempted: u64,
    /// All decisions.
    pub decisions: u64,
}

/// One contact that was written.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ContactLine {
    /// The user's object id.
    pub office365_id: String,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The display name.
    pub display_name: String,
    /// The contact.
    pub psa_contact_id: String,
    /// The company.
    pub psa_company_id: String,
    /// `created`, `updated`, `linked`, `deactivated`, `reactivated`; with `would_be_` before it in a dry run.
    pub status: String,
    /// The fields written, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub changed_fields: Vec<String>,
    /// Why.
    pub reason: String,
}

/// One decision that waits.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct HeldLine {
    /// The user's object id, where there is a user.
    pub office365_id: String,
    /// The sign-in name.
    pub user_principal_name: String,
    /// The display name.
    pub display_name: String,
    /// The contact, where one is known.
    pub psa_contact_id: String,
    /// The company, where one is known.
    pub psa_company_id: String,
    /// `held` by decision, or the name of the guard.
    pub status: String,
    /// The code of the reason.
    pub code: String,
    /// The reason in words.
    pub message: String,
}

/// One failure.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ErrorLine {
    /// The sign-in name, where there is a user.
    pub user_principal_name: String,
    /// A stable code.
    pub code: String,
    /// What was attempted and what it means.
    pub message: String,
    /// When.
    pub timestamp: DateTime<Utc>,
    /// What the PSA said.
    pub psa_error: String,
}

/// One warning.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct WarningLine {
    /// The sign-in name, where there is a user.
    pub user_principal_name: String,
    /// A stable code.
    pub code: String,
    /// What it means.
    pub message: String,
    /// When.
    pub timestamp: DateTime<Utc>,
}

macro_rules! debug_without_people {
    ($($line:ty),*) => {$(
        impl std::fmt::Debug for $line {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($line)).finish_non_exhaustive()
            }
        }
    )*};
}
debug_without_people!(ContactLine, HeldLine, ErrorLine, WarningLine);

/// The hand work that a change stands for, in minutes: 4 for a create, 2 for an update, a deactivation or a reactivation.
///
/// These are assumptions to compare runs by, not measurements.
#[must_use]
pub const fn minutes_saved(action: Action) -> u64 {
    match action {
        Action::Create => 4,
        Action::Update | Action::Deactivate | Action::Reactivate => 2,
        Action::Link | Action::Hold | Action::NoOp => 0,
    }
}

impl Statistics {
    /// How many changes were made.
    #[must_use]
    pub const fn applied(&self) -> u64 {
        self.contacts_created
            + self.contacts_updated
            + self.contacts_deactivated
            + self.contacts_reactivated
            + self.contacts_linked
    }

    /// Whether there were changes to make and none was tried: the plan was refused, or the run could not begin.
    #[must_use]
    pub const fn nothing_was_tried(&self) -> bool {
        self.not_attempted > 0 && self.applied() + self.errors + self.indeterminate == 0
    }
}

impl Report {
    /// What a plan would do, without doing it: every change is reported as it would be, and nothing as done.
    pub fn of_dry_run(plan: &Plan, sync_mode: SyncMode, at: DateTime<Utc>) -> Self {
        let guards: Vec<&Guard> = plan.guards.iter().collect();
        let outcomes = plan.decisions.iter().map(|decision| Outcome::before_writing(&decision, &guards));
        let mut report = Self::of_outcomes(plan, &guards, outcomes.collect(), sync_mode, at, false);
        report.dry_run = true;
        for decision in plan.decisions.changes() {
            let action = decision.change.action();
            if guards.iter().any(|g| g.stops(action, decision.company.as_ref())) {
                continue;
            }
            let contact = decision.change.contact().map_or("", |c| c.as_str()).to_owned();
            report.add_line(&decision, contact, "would_be_");
        }
        report
    }

    /// A run that had nothing to look at: nothing changed, and the run before it left nothing to do but what is held.
    pub fn unchanged(tenant: &TenantName, psa: &str, held: u64, at: DateTime<Utc>) -> Self {
        Self {
            success: true,
            sync_mode: SyncMode::Incremental,
            sync_timestamp: at,
            dry_run: false,
            statistics: Statistics { held, decisions: held, ..Statistics::default() },
            created_contacts: Vec::new(),
            updated_contacts: Vec::new(),
            deactivated_contacts: Vec::new(),
            reactivated_contacts: Vec::new(),
            held: Vec::new(),
            errors: Vec::new(),
            warnings: Vec::new(),
            tenant: tenant.clone(),
            psa: psa.to_owned(),
            plan: PlanId::new(""),
            guards: Vec::new(),
        }
    }

    /// The report of outcomes, one per decision and in the plan's order.
    pub(super) fn of_outcomes(
        plan: &Plan,
        guards: &[&Guard],
        outcomes: Vec<Outcome>,
        sync_mode: SyncMode,
        at: DateTime<Utc>,
        suspicion_accepted: bool,
    ) -> Self {
        let mut report = Self {
            sync_mode,
            statistics: Statistics {
                total_office365_users: plan.summary.users_read,
                decisions: plan.decisions.len() as u64,
                ..Statistics::default()
            },
            warnings: plan.warnings.iter().map(|w| warning_line(w, at)).collect(),
            plan: plan.id.clone(),
            guards: guards.iter().map(|g| (*g).clone()).collect(),
            ..Self::unchanged(&plan.tenant, &plan.psa, 0, at)
        };
        for (decision, outcome) in plan.decisions.iter().zip(outcomes) {
            report.add(&decision, outcome, guards);
        }
        let Statistics { errors, indeterminate, .. } = report.statistics;
        let sound = plan.basis.users_complete && (!plan.basis.users_suspect || suspicion_accepted);
        report.success = errors == 0 && indeterminate == 0 && sound;
        report
    }

    /// Takes a person out of the lists; the counts stay what they were.
    pub fn forget(&mut self, person: &Person, names: &[String]) {
        let is_them = |object: &str, contact: &str, name: &str| {
            person.source_id.as_ref().is_some_and(|id| !object.is_empty() && id.object_id() == object)
                || person.contact.as_ref().is_some_and(|id| id.as_str() == contact)
                || (!name.is_empty() && names.iter().any(|known| known == name))
        };
        let lists = [
            &mut self.created_contacts,
            &mut self.updated_contacts,
            &mut self.deactivated_contacts,
            &mut self.reactivated_contacts,
        ];
        for list in lists {
            list.retain(|l| !is_them(&l.office365_id, &l.psa_contact_id, &l.user_principal_name));
        }
        self.held.retain(|l| !is_them(&l.office365_id, &l.psa_contact_id, &l.user_principal_name));
        self.errors.retain(|l| !is_them("", "", &l.user_principal_name));
        self.warnings.retain(|l| !is_them("", "", &l.user_principal_name));
    }

    /// Adds a failure of the run itself, not of one decision.
    pub(super) fn add_run_error(&mut self, code: &str, error: &crate::Error, at: DateTime<Utc>) {
        // Counters count decisions; this is about none of them.
        self.success = false;
        self.errors.push(ErrorLine {
            user_principal_name: String::new(),
            code: code.to_owned(),
            message: format!("{} failed; the rest of the run was given up", error.operation()),
            timestamp: at,
            psa_error: error.to_string(),
        });
    }

    /// Adds why the plan was refused as a whole.
    pub(super) fn add_refusal(&mut self, why: &ApplyError, at: DateTime<Utc>) {
        let cause = std::error::Error::source(why).map(|cause| format!(": {cause}")).unwrap_or_default();
        self.success = false;
        self.errors.push(ErrorLine {
            user_principal_name: String::new(),
            code: why.code().to_owned(),
            message: "the plan was refused, and nothing was written".to_owned(),
            timestamp: at,
            psa_error: format!("{why}{cause}"),
        });
    }

    fn add(&mut self, decision: &Decision, outcome: Outcome, guards: &[&Guard]) {
        let stats = &mut self.statistics;
        let in_scope =
            decision.change.action() != Action::NoOp || matches!(decision.reason, Reason::InSync { .. });
        if in_scope && matches!(decision.subject, Subject::User(_)) {
            stats.users_processed += 1;
        }
        match outcome {
            Outcome::Unchanged => stats.contacts_skipped += 1,
            Outcome::NotAttempted => stats.not_attempted += 1,
            Outcome::Applied { contact } => {
                let action = decision.change.action();
                stats.time_saved_minutes += minutes_saved(action);
                match action {
                    Action::Create => stats.contacts_created += 1,
                    Action::Update => stats.contacts_updated += 1,
                    Action::Link => stats.contacts_linked += 1,
                    Action::Reactivate => stats.contacts_reactivated += 1,
                    Action::Deactivate => stats.contacts_deactivated += 1,
                    Action::Hold | Action::NoOp => {}
                }
                self.add_line(decision, contact.as_str().to_owned(), "");
            }
            Outcome::Held => {
                stats.held += 1;
                let action = decision.change.action();
                let guard = guards.iter().find(|g| g.stops(action, decision.company.as_ref()));
                self.held.push(held_line(decision, guard.copied()));
            }
            Outcome::Stale => {
                stats.stale += 1;
                self.warnings.push(WarningLine {
                    user_principal_name: decision.user_principal_name.clone(),
                    code: "StalePlan".to_owned(),
                    message: decision.change.contact().map_or_else(
                        || {
                            "a contact that may be this person's appeared after planning; none was created, \
                             the next plan looks again"
                                .to_owned()
                        },
                        |contact| {
                            format!(
                                "contact {contact} changed after planning; nothing was written, \
                                 the next plan looks again"
                            )
                        },
                    ),
                    timestamp: self.sync_timestamp,
                });
            }
            Outcome::Failed { code, message } => {
                stats.errors += 1;
                self.errors.push(error_line(decision, code, message, self.sync_timestamp));
            }
            Outcome::Indeterminate { message } => {
                stats.indeterminate += 1;
                let code = "Indeterminate".to_owned();
                self.errors.push(error_line(decision, code, message, self.sync_timestamp));
            }
        }
    }

    fn add_line(&mut self, decision: &Decision, contact: String, prefix: &str) {
        let (list, status) = match decision.change.action() {
            Action::Create => (&mut self.created_contacts, "created"),
            Action::Update => (&mut self.updated_contacts, "updated"),
            Action::Link => (&mut self.updated_contacts, "linked"),
            Action::Deactivate => (&mut self.deactivated_contacts, "deactivated"),
            Action::Reactivate => (&mut self.reactivated_contacts, "reactivated"),
            Action::Hold | Action::NoOp => return,
        };
        list.push(ContactLine {
            office365_id: object_id(decision),
            user_principal_name: decision.user_principal_name.clone(),
            display_name: decision.display_name.clone(),
            psa_contact_id: contact,
            psa_company_id: company(decision),
            status: format!("{prefix}{status}"),
            changed_fields: decision
                .change
                .fields()
                .iter()
                .filter(|f| f.after != FieldValue::Empty || f.before != FieldValue::Empty)
                .map(|f| f.field.to_string())
                .collect(),
            reason: decision.because(),
        });
    }
}

fn object_id(decision: &Decision) -> String {
    match &decision.subject {
        Subject::User(anchor) => anchor.object_id().to_owned(),
        Subject::Contact(_) => String::new(),
    }
}

fn company(decision: &Decision) -> String {
    decision.company.as_ref().map_or("", |c| c.as_str()).to_owned()
}

fn held_line(decision: &Decision, guard: Option<&Guard>) -> HeldLine {
    let contact = match &decision.subject {
        Subject::Contact(id) => Some(id),
        Subject::User(_) => decision.change.contact(),
    };
    HeldLine {
        office365_id: object_id(decision),
        user_principal_name: decision.user_principal_name.clone(),
        display_name: decision.display_name.clone(),
        psa_contact_id: contact.map_or("", |c| c.as_str()).to_owned(),
        psa_company_id: company(decision),
        status: guard.map_or("held", Guard::name).to_owned(),
        code: decision.reason.code().to_owned(),
        message: guard.map_or_else(|| decision.because(), ToString::to_string),
    }
}

fn error_line(decision: &Decision, code: String, message: String, timestamp: DateTime<Utc>) -> ErrorLine {
    let subject = match &decision.subject {
        Subject::User(anchor) => anchor.to_string(),
        Subject::Contact(id) => format!("contact {id}"),
    };
    ErrorLine {
        user_principal_name: decision.user_principal_name.clone(),
        code,
        message: format!("{} of {subject} failed", decision.change.action().as_str()),
        timestamp,
        psa_error: message,
    }
}

fn warning_line(warning: &Warning, timestamp: DateTime<Utc>) -> WarningLine {
    WarningLine {
        user_principal_name: warning.user_principal_name.clone().unwrap_or_default(),
        code: warning.code.clone(),
        message: warning.message.clone(),
        timestamp,
    }
}
