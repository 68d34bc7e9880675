//! The plan: a reviewable, serializable proposal.

use super::{Change, Decisions, Guard, Learned, Reason, Subject, guard::EffectiveLimit};
use crate::model::{CompanyId, ContactField, Fingerprint, Fingerprinter, PlanId, TenantName};
use crate::policy::RunInput;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::collections::BTreeSet;

/// The version of the plan document this crate writes.
pub const FORMAT_VERSION: &str = "1.0";

/// Everything one run would do to one tenant, and why.
///
/// Holds personal data: write it to files only their owner can read.
#[must_use = "a plan does nothing until it is applied"]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Plan {
    /// `major.minor`; readers refuse an unknown major.
    pub format_version: String,
    /// The digest of everything else here; approvals and overrides name it.
    pub id: PlanId,
    /// The tenant.
    pub tenant: TenantName,
    /// The PSA adapter.
    pub psa: String,
    /// The planner's clock.
    pub as_of: DateTime<Utc>,
    /// What the run was asked for.
    #[serde(default)]
    pub run: RunInput,
    /// Digests of the inputs; any difference at apply refuses the whole plan.
    pub basis: Basis,
    /// Counts.
    pub summary: Summary,
    /// One decision per user and per linked contact, sorted by subject.
    pub decisions: Decisions,
    /// What the policy asked for and the PSA cannot do, and what happens instead.
    pub downgrades: Vec<Downgrade>,
    /// Limits that were passed; each stops the kind of change it is about.
    pub guards: Vec<Guard>,
    /// The limits in force, passed or not.
    #[serde(default)]
    pub limits: Vec<EffectiveLimit>,
    /// What a person should know, although nothing is held for it.
    pub warnings: Vec<Warning>,
}

/// Digests of the inputs a plan depends on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Basis {
    /// Of the policy document.
    pub policy: Fingerprint,
    /// Of the tenant's routes and the run's inputs.
    pub tenant: Fingerprint,
    /// Of the capabilities in force.
    pub capabilities: Fingerprint,
    /// The generation of the link set.
    pub link_generation: u64,
    /// The fields this plan rules.
    pub managed: BTreeSet<ContactField>,
    /// Whether the directory read was proved complete.
    pub users_complete: bool,
    /// Whether that read was empty or far smaller than the last complete one.
    #[serde(default)]
    pub users_suspect: bool,
    /// The directories that were read (`entra:<tenant>:`); absence counts for their people only.
    #[serde(default)]
    pub directories: BTreeSet<String>,
    /// Whether absence from that read counts: it was complete, not suspect, and not a targeted run.
    pub absence_counts: bool,
}

/// How many of each; derived from the decisions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Summary {
    /// Users in the snapshot.
    pub users_read: u64,
    /// Contacts in the snapshot.
    pub contacts_read: u64,
    /// Creates.
    pub create: u64,
    /// Updates.
    pub update: u64,
    /// Links recorded without a write to the PSA.
    pub link: u64,
    /// Reactivations.
    pub reactivate: u64,
    /// Deactivations.
    pub deactivate: u64,
    /// Decisions that wait for a person.
    pub hold: u64,
    /// Nothing to do.
    pub no_op: u64,
}

impl Summary {
    /// How many decisions would write to the PSA or the link store.
    #[must_use]
    pub const fn changes(&self) -> u64 {
        self.create + self.update + self.link + self.reactivate + self.deactivate
    }
}

/// One decision.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Decision {
    /// Whom it is about.
    pub subject: Subject,
    /// The user's sign-in name, where there is a user.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub user_principal_name: String,
    /// The name people know the subject by.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub display_name: String,
    /// Where the contact is or would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub company: Option<CompanyId>,
    /// The user's immutable id, where the change records a link that keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub immutable_id: Option<String>,
    /// What will be done.
    pub change: Change,
    /// What else is recorded once the change is done.
    #[serde(default, skip_serializing_if = "Learned::is_empty")]
    pub learned: Learned,
    /// Why.
    pub reason: Reason,
}

/// Shows ids, action and reason; no names, addresses or values.
impl std::fmt::Debug for Decision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Decision")
            .field("subject", &self.subject)
            .field("company", &self.company)
            .field("change", &self.change)
            .field("reason", &self.reason)
            .finish_non_exhaustive()
    }
}

impl Decision {
    /// A decision about a nameless subject, for tests and tools.
    #[must_use]
    pub fn new(subject: Subject, change: Change, reason: Reason) -> Self {
        Self {
            subject,
            user_principal_name: String::new(),
            display_name: String::new(),
            company: None,
            immutable_id: None,
            change,
            learned: Learned::default(),
            reason,
        }
    }
}

/// What the policy asked for and the PSA cannot do, and what happens instead; one line per kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Downgrade {
    /// What was asked for.
    pub wanted: Wanted,
    /// What happens instead.
    pub instead: Instead,
    /// How many decisions it touches.
    pub affected: u64,
}

/// What the policy asked for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[non_exhaustive]
pub enum Wanted {
    /// Writing a field.
    WriteField {
        /// The field.
        field: ContactField,
    },
    /// Writing a value longer than the PSA takes.
    WholeValue {
        /// The field.
        field: ContactField,
    },
    /// Deactivating.
    Deactivate,
    /// Reactivating.
    Reactivate,
    /// Matching on other e-mails of the contact.
    MatchAlternateEmails,
    /// Storing the object id on the contact.
    StoreAnchor,
    /// Writing all alternate e-mails.
    EveryAlternateEmail,
}

/// What happens instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Instead {
    /// The field is left alone; the rest of the change stands.
    FieldLeftAlone,
    /// The value is shortened at a character boundary.
    ValueShortened,
    /// The decision waits for a person.
    HeldForReview,
    /// Addresses are compared with the primary one only.
    MatchOnPrimaryOnly,
    /// The link store alone remembers the pair.
    AnchorInLinkStore,
    /// Free slots are filled; no address is pushed out.
    FreeSlotsFilled,
}

/// Something a person should know.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Warning {
    /// A stable code, such as `MissingPhoneNumber`.
    pub code: String,
    /// The user it is about, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_principal_name: Option<String>,
    /// What and why.
    pub message: String,
}

impl std::fmt::Debug for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Warning").field("code", &self.code).finish_non_exhaustive()
    }
}

/// Why a plan document cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// Not a plan document.
    #[error("not a plan document: {0}")]
    NotAPlan(String),
    /// A version this crate does not know.
    #[error("plan format {0} is not understood; this version reads {FORMAT_VERSION}")]
    Version(String),
    /// Something in it was changed after it was made.
    #[error("the plan was changed after it was made: its content does not fit its id; make a new plan")]
    Edited,
}

/// Reads a document of a known form: its major version first, then the whole of it.
///
/// # Errors
/// [`DocumentError::NotAPlan`] with the place at fault, [`DocumentError::Version`].
pub(crate) fn read_document<T: DeserializeOwned>(text: &str, version: &str) -> Result<T, DocumentError> {
    #[derive(Deserialize)]
    struct Version {
        format_version: String,
    }
    let not_a_plan =
        |e: serde_json::Error| DocumentError::NotAPlan(format!("line {}, column {}", e.line(), e.column()));
    let Version { format_version } = serde_json::from_str(text).map_err(not_a_plan)?;
    let major = |version: &str| version.split('.').next().map(str::to_owned);
    if major(&format_version) != major(version) {
        return Err(DocumentError::Version(format_version));
    }
    serde_json::from_str(text).map_err(|error| another_minor(&format_version, version, not_a_plan(error)))
}

/// Why a document is not taken that is of another minor version: it may say more than this one understands, and what is left of
/// it does not fit its id then.
pub(crate) fn another_minor(theirs: &str, ours: &str, why: DocumentError) -> DocumentError {
    if theirs == ours { why } else { DocumentError::Version(theirs.to_owned()) }
}

impl Plan {
    /// Reads a document for applying: refuses what it does not fully understand and what was edited.
    ///
    /// # Errors
    /// [`DocumentError`].
    pub fn from_json(text: &str) -> Result<Self, DocumentError> {
        let plan: Self = read_document(text, FORMAT_VERSION)?;
        plan.verify().map_err(|why| another_minor(&plan.format_version, FORMAT_VERSION, why))?;
        Ok(plan)
    }

    /// The document.
    ///
    /// # Errors
    /// None that a plan made by this crate can cause.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string_pretty(self)
    }

    /// Takes people out: their decisions, and warnings that name them. The id stays that of the plan that was applied, so
    /// what is left does not fit it any more and cannot be applied.
    pub fn forget(&mut self, is_about: impl Fn(&Subject) -> bool, names: &[String]) {
        let kept = self.decisions.iter().filter(|decision| !is_about(&decision.subject));
        let mut decisions = Decisions::new();
        kept.for_each(|decision| decisions.push_owned(&decision));
        self.decisions = decisions;
        let named = |name: &Option<String>| name.as_ref().is_some_and(|name| names.contains(name));
        self.warnings.retain(|warning| !named(&warning.user_principal_name));
    }

    /// Checks that the content fits the id.
    ///
    /// # Errors
    /// [`DocumentError::Edited`].
    pub fn verify(&self) -> Result<(), DocumentError> {
        if self.digest() == self.id { Ok(()) } else { Err(DocumentError::Edited) }
    }

    /// The digest of everything but the id.
    pub(crate) fn digest(&self) -> PlanId {
        let Self {
            format_version,
            id: _,
            tenant,
            psa,
            as_of,
            run,
            basis,
            summary,
            decisions,
            downgrades,
            guards,
            limits,
            warnings,
        } = self;
        let mut printer = Fingerprinter::new("plan/v1");
        printer.text(format_version);
        printer.text(tenant.as_str());
        printer.text(psa);
        printer.text(&as_of.to_rfc3339());
        // These are few and typed; their JSON is in declaration order, so its bytes are stable.
        printer.json(&(run, basis, summary, downgrades, guards, limits, warnings));
        decisions.digest_into(&mut printer);
        PlanId::new(format!("sha256:{}", printer.finish()))
    }
}
