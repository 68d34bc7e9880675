//! Runs that were, and who wrote which value.

use super::{
    journal::{Intent, IntentState},
    lease::RunId,
};
use crate::{
    apply::Statistics,
    model::{ContactField, ContactId, FieldValue, PlanId, SourceAnchor, TenantName},
    plan::{Action, Plan, Subject},
    policy::SyncMode,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The beginning of a run that applies a plan.
#[derive(Clone, Copy, Debug)]
pub struct RunStart<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// Whether everything was read.
    pub sync_mode: SyncMode,
    /// What puts back what another run did, that run.
    pub undoes: Option<RunId>,
    /// What is applied.
    pub plan: &'a Plan,
}

/// The end of a run.
#[derive(Clone, Copy, Debug)]
pub struct RunEnd<'a> {
    /// When.
    pub at: DateTime<Utc>,
    /// It did not come to its end: this was put together from its journal.
    pub interrupted: bool,
    /// What it did.
    pub report: &'a crate::apply::Report,
}

/// One run, without its plan and report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// Its number.
    pub run: RunId,
    /// The tenant.
    pub tenant: TenantName,
    /// Which process.
    pub holder: String,
    /// When it began to apply.
    pub started_at: DateTime<Utc>,
    /// When it ended; `None` where it goes on, or was killed and no run came after it yet.
    pub ended_at: Option<DateTime<Utc>>,
    /// Whether everything was read.
    pub sync_mode: SyncMode,
    /// The plan.
    pub plan: PlanId,
    /// The run that it puts back.
    pub undoes: Option<RunId>,
    /// It was killed; what it did was put together afterwards.
    pub interrupted: bool,
    /// The report's verdict, once it ended.
    pub success: Option<bool>,
    /// The report's counts, once it ended.
    pub statistics: Option<Statistics>,
}

impl RunRecord {
    /// A run that has just begun.
    #[must_use]
    pub fn begun(run: RunId, tenant: TenantName, holder: String, start: &RunStart<'_>) -> Self {
        Self {
            run,
            tenant,
            holder,
            started_at: start.at,
            ended_at: None,
            sync_mode: start.sync_mode,
            plan: start.plan.id.clone(),
            undoes: start.undoes,
            interrupted: false,
            success: None,
            statistics: None,
        }
    }
}

/// One value that was written to a contact.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct FieldWrite {
    /// The run that wrote it.
    pub run: RunId,
    /// When.
    pub at: DateTime<Utc>,
    /// The user, where one was read.
    pub source_id: Option<SourceAnchor>,
    /// The contact.
    pub contact: ContactId,
    /// What was done to the contact.
    pub action: Action,
    /// The code of the reason.
    pub because: String,
    /// The field.
    pub field: ContactField,
    /// What was there.
    pub before: FieldValue,
    /// What was written.
    pub after: FieldValue,
}

/// Whose values are asked for; what is `None` is any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteQuery {
    /// Of this user.
    pub source_id: Option<SourceAnchor>,
    /// Of this contact.
    pub contact: Option<ContactId>,
    /// Of this run.
    pub run: Option<RunId>,
    /// Of this field.
    pub field: Option<ContactField>,
}

impl WriteQuery {
    /// Whether a value is asked for.
    #[must_use]
    pub fn asks_for(&self, write: &FieldWrite) -> bool {
        let Self { source_id, contact, run, field } = self;
        source_id.as_ref().is_none_or(|id| write.source_id.as_ref() == Some(id))
            && contact.as_ref().is_none_or(|id| write.contact == *id)
            && run.is_none_or(|run| write.run == run)
            && field.as_ref().is_none_or(|field| write.field == *field)
    }
}

/// The values that an intent wrote, once it is done; the active status is one of them.
#[must_use]
pub fn fields_written(intent: &Intent) -> Vec<FieldWrite> {
    let IntentState::Done { contact } = &intent.state else { return Vec::new() };
    let decision = &intent.decision;
    let action = decision.change.action();
    let source_id = match &decision.subject {
        Subject::User(anchor) => Some(anchor.clone()),
        Subject::Contact(_) => None,
    };
    let write = |field: ContactField, before: FieldValue, after: FieldValue| FieldWrite {
        run: intent.run,
        at: intent.settled_at.unwrap_or(intent.opened_at),
        source_id: source_id.clone(),
        contact: contact.clone(),
        action,
        because: decision.reason.code().to_owned(),
        field,
        before,
        after,
    };
    let fields = decision.change.fields().iter();
    let mut all: Vec<FieldWrite> =
        fields.map(|f| write(f.field.clone(), f.before.clone(), f.after.clone())).collect();
    let active = match action {
        Action::Deactivate => Some(false),
        Action::Reactivate => Some(true),
        Action::Create | Action::Update | Action::Link | Action::Hold | Action::NoOp => None,
    };
    if let Some(active) = active {
        all.push(write(ContactField::Active, FieldValue::Flag(!active), FieldValue::Flag(active)));
    }
    all
}
