//! The policy document: what the operator wants, as data.
//!
//! Unknown keys are errors everywhere: a misspelt key must fail, because the default of a missing filter is a wider sync.

use super::{LimitsPolicy, QuantityRule};
use crate::model::{ContactField, UserKind};
use serde::{Deserialize, Serialize};

/// Everything an operator can say about a sync (the `[policy]` tables of `psa-sync.toml`).
///
/// There is no default for the whole on purpose; [`PolicyDocument::report_only`] is the careful start, and a document
/// read from an empty table has the defaults of each key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PolicyDocument {
    /// Who is managed.
    #[serde(default)]
    pub scope: ScopePolicy,
    /// How a user and a contact are paired for the first time.
    #[serde(default)]
    pub matching: MatchingPolicy,
    /// What is written from where; a listed field replaces its built-in default.
    #[serde(default)]
    pub mapping: Vec<MappingEntry>,
    /// What happens to contacts of people who come and go.
    #[serde(default)]
    pub lifecycle: LifecyclePolicy,
    /// What this tool writes about itself.
    #[serde(default)]
    pub write_back: WriteBackPolicy,
    /// How much may change in one run.
    #[serde(default)]
    pub limits: LimitsPolicy,
    /// What is counted for which agreement line; nothing by default.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quantities: Vec<QuantityRule>,
}

impl PolicyDocument {
    /// Plans as usual, but creates nothing, overwrites nothing and deactivates nothing: for a first look.
    #[must_use]
    pub fn report_only() -> Self {
        let mut document = Self::defaults();
        document.matching.update_existing = false;
        document.lifecycle.create = false;
        document.lifecycle.reactivate = Reactivate::Never;
        document.lifecycle.disabled = Departed::Ignore;
        document.lifecycle.deleted = Departed::Ignore;
        document.lifecycle.missing = Departed::Ignore;
        document
    }

    /// The document that an empty `[policy]` table stands for.
    #[must_use]
    pub fn defaults() -> Self {
        Self {
            scope: ScopePolicy::default(),
            matching: MatchingPolicy::default(),
            mapping: Vec::new(),
            lifecycle: LifecyclePolicy::default(),
            write_back: WriteBackPolicy::default(),
            limits: LimitsPolicy::default(),
            quantities: Vec::new(),
        }
    }
}

/// Who is managed (`[policy.scope]`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct ScopePolicy {
    /// Disabled accounts are not created or updated; `lifecycle.disabled` says what happens to their contacts.
    pub skip_disabled_users: bool,
    /// Kinds of users in scope.
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub user_types: Vec<UserKind>,
    /// Departments in scope; empty means all. Compared without regard to case.
    pub departments: Vec<String>,
    /// Office locations in scope; empty means all. Compared without regard to case.
    pub office_locations: Vec<String>,
    /// Domains of the user's address (or sign-in name where there is none) in scope; empty means all.
    pub domains: Vec<String>,
    /// Group ids in scope, nested members included; empty means all users.
    pub groups: Vec<String>,
    /// Only these sign-in names; a targeted run. Empty means all.
    pub user_principal_names: Vec<String>,
    /// Globs over sign-in name and addresses, whole string, without regard to case. Excluded is not absent: nothing happens.
    pub exclude: Vec<String>,
    /// Object ids that are left alone.
    pub exclude_object_ids: Vec<String>,
    /// SKU ids or part numbers that do not count as a licence.
    pub ignore_skus: Vec<String>,
    /// With `require_license`: at least one of these.
    pub required_skus: Vec<String>,
    /// Only users with a licence that counts.
    pub require_license: bool,
    /// Only users with both names.
    pub require_first_and_last_name: bool,
    /// Shared, room and equipment mailboxes are out of scope.
    pub exclude_shared_mailboxes: bool,
    /// An [`Expression`](super::Expression) over user attributes, such as `department == "Sales" && city != "Berlin"`;
    /// empty means all. A user of whom it asks something that was not read is left alone: not served, never deactivated.
    pub filter: String,
}

impl Default for ScopePolicy {
    fn default() -> Self {
        Self {
            skip_disabled_users: true,
            user_types: vec![UserKind::Member],
            departments: Vec::new(),
            office_locations: Vec::new(),
            domains: Vec::new(),
            groups: Vec::new(),
            user_principal_names: Vec::new(),
            exclude: Vec::new(),
            exclude_object_ids: Vec::new(),
            ignore_skus: Vec::new(),
            required_skus: Vec::new(),
            require_license: false,
            require_first_and_last_name: false,
            exclude_shared_mailboxes: true,
            filter: String::new(),
        }
    }
}

/// How a user and a contact are paired (`[policy.matching]`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct MatchingPolicy {
    /// Tried in this order; the first that finds exactly one contact decides.
    pub rules: Vec<MatchRule>,
    /// `false`: match and link, never overwrite.
    pub update_existing: bool,
    /// `true`: names are written when a contact is created and never again.
    pub ignore_name_updates: bool,
    /// Fields that other tools fill (`custom:Some Field`, or `external_id`). A contact with anything in one of them, but
    /// for a box that is not ticked, is another tool's: never paired, updated or deactivated.
    pub foreign_marks: Vec<String>,
}

impl Default for MatchingPolicy {
    fn default() -> Self {
        Self {
            rules: MatchRule::ALL.to_vec(),
            update_existing: true,
            ignore_name_updates: false,
            foreign_marks: Vec::new(),
        }
    }
}

/// One way of pairing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MatchRule {
    /// A remembered pair.
    Link,
    /// The contact holds the user's object id (`write_back.contact_id_field`, or the vendor's field for foreign ids).
    StoredId,
    /// A remembered pair of another object id with the same immutable id.
    ImmutableId,
    /// The user's primary address is the contact's primary address.
    PrimaryEmail,
    /// Another address of the user is the contact's primary address.
    AlternateEmail,
    /// Any address of the user is another address of the contact.
    PsaAlternateEmail,
}

impl MatchRule {
    /// Every rule in the default order.
    pub const ALL: [Self; 6] = [
        Self::Link,
        Self::StoredId,
        Self::ImmutableId,
        Self::PrimaryEmail,
        Self::AlternateEmail,
        Self::PsaAlternateEmail,
    ];

    /// The rules that go by an address.
    pub(crate) const BY_ADDRESS: [Self; 3] =
        [Self::PrimaryEmail, Self::AlternateEmail, Self::PsaAlternateEmail];

    /// The name used in documents.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::StoredId => "stored_id",
            Self::ImmutableId => "immutable_id",
            Self::PrimaryEmail => "primary_email",
            Self::AlternateEmail => "alternate_email",
            Self::PsaAlternateEmail => "psa_alternate_email",
        }
    }
}

/// One `[[policy.mapping]]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct MappingEntry {
    /// The contact field written.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub field: ContactField,
    /// A user attribute (`job_title`), a constant (`= "Employee"`), or a text made of attributes
    /// (`{city}, {country|usage_location}`: the first attribute of each part that is not blank).
    pub from: String,
    /// When it is written.
    #[serde(default)]
    pub flow: Flow,
    /// What a blank source does.
    #[serde(default)]
    pub blank: Blank,
    /// Written on create only, when the source is blank.
    #[serde(default)]
    pub default: String,
    /// `true`: a difference in presentation alone (case, spacing, entities, the form of a phone number) is written, too.
    #[serde(default)]
    pub rewrite_presentation: bool,
}

impl MappingEntry {
    /// A field written always from one source, blank kept.
    pub fn new(field: ContactField, from: impl Into<String>) -> Self {
        Self {
            field,
            from: from.into(),
            flow: Flow::Always,
            blank: Blank::Keep,
            default: String::new(),
            rewrite_presentation: false,
        }
    }
}

/// When a mapped field is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Flow {
    /// Whenever it differs.
    #[default]
    Always,
    /// When the source changed since it was last seen; an edit in the PSA stays until then. A source seen for the first
    /// time is remembered, and the contact of somebody already there is not overwritten with it.
    OnSourceChange,
    /// Only where the contact has nothing.
    IfEmpty,
    /// Only on create.
    OnCreate,
    /// Not at all; takes a built-in default away.
    Never,
}

/// What a blank source does to a contact field that has a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Blank {
    /// Nothing.
    #[default]
    Keep,
    /// Clears it.
    Clear,
    /// Clears it when it still holds what this tool wrote last.
    ClearIfOurs,
}

/// What happens to contacts of people who come and go (`[policy.lifecycle]`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct LifecyclePolicy {
    /// Users without a contact get one.
    pub create: bool,
    /// What happens where the PSA requires a field that the user does not have.
    pub required_fields: RequiredFields,
    /// A first or last name that is blank in the directory is taken from the display name when a contact is created;
    /// names of an existing contact are never touched by this.
    pub names_from_display_name: bool,
    /// The account is disabled.
    pub disabled: Departed,
    /// The directory itself says that the user was deleted.
    pub deleted: Departed,
    /// The user is absent from a read proved complete.
    pub missing: Departed,
    /// The user left the scope.
    pub out_of_scope: Departed,
    /// The user has no licence that counts any more.
    pub license_lost: Departed,
    /// The user is excluded by `scope.exclude` or `scope.exclude_object_ids`. Whom a targeted run leaves out is always
    /// left alone.
    pub excluded: Departed,
    /// A rule asks for something that was not read of the user. Never a reason to deactivate.
    pub unknown: OnUnknown,
    /// Which inactive contacts of users in scope are reactivated.
    pub reactivate: Reactivate,
    /// Only contacts linked by this tool may be deactivated: by a remembered pair, or, of a user who is in the read, by
    /// the object id in `write_back.contact_id_field`. `false`: those, too, that no pair remembers and that hold there the
    /// id of a user whom the directory itself says it deleted.
    pub managed_only: bool,
    /// Only contacts whose mail domain is one of the tenant's may be deactivated.
    pub verified_domains_only: bool,
    /// Contact types that are never deactivated.
    pub excluded_contact_types: Vec<String>,
    /// A custom field; a true value protects the contact.
    pub keep_active_field: String,
    /// `missing` must be seen in this many complete reads …
    pub grace_reads: u32,
    /// … spread over at least this many hours.
    pub grace_hours: u32,
}

impl Default for LifecyclePolicy {
    fn default() -> Self {
        Self {
            create: true,
            required_fields: RequiredFields::Hold,
            names_from_display_name: true,
            disabled: Departed::Deactivate,
            deleted: Departed::Deactivate,
            missing: Departed::Deactivate,
            out_of_scope: Departed::Ignore,
            license_lost: Departed::Ignore,
            excluded: Departed::Ignore,
            unknown: OnUnknown::Ignore,
            reactivate: Reactivate::Ours,
            managed_only: true,
            verified_domains_only: true,
            excluded_contact_types: Vec::new(),
            keep_active_field: String::new(),
            grace_reads: 2,
            grace_hours: 24,
        }
    }
}

/// What happens where the PSA requires a field that the user does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RequiredFields {
    /// The create waits for a person.
    Hold,
    /// No contact is created, and a warning says why.
    Warn,
}

/// What one state of a user does to the linked contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Departed {
    /// Deactivates it.
    Deactivate,
    /// Asks a person.
    Hold,
    /// Nothing.
    Ignore,
}

/// What happens to the linked contact of a user of whom a rule asks something that was not read.
///
/// There is no way to deactivate here: what was not read proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// Asks a person.
    Hold,
    /// Nothing.
    Ignore,
}

/// Which inactive contacts are reactivated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reactivate {
    /// Those that this tool deactivated.
    Ours,
    /// Every one that is matched.
    Any,
    /// None.
    Never,
}

/// What this tool writes about itself (`[policy.write_back]`); each only if set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct WriteBackPolicy {
    /// Custom field on the contact that holds the user's object id; `external_id` stands for the PSA's own field for
    /// foreign ids, where it has one.
    pub contact_id_field: String,
    /// Custom field on the contact that says that the person has an account.
    pub account_presence_field: String,
    /// Custom field on the contact that holds the support PIN: a number by which a person proves on the telephone who it
    /// is. Made by this tool, and never read back or shown.
    pub support_pin_field: String,
    /// Writes the support PIN to the one note that this tool keeps as well, where the PSA has one. Whoever can read notes
    /// can read it there.
    pub support_pin_note: bool,
    /// Custom field on the company that holds the tenant's id.
    pub company_tenant_field: String,
    /// Custom field on the contact that stands for contact types, separated by commas: written where the PSA cannot write
    /// contact types, and read as contact types everywhere.
    pub type_mapping_field: String,
    /// Custom field on the contact that says when and why this tool deactivated it (`2026-01-06 disabled`); cleared when
    /// the contact is active again.
    pub deactivation_field: String,
    /// Custom field on the contact that holds the mark of the tool that keeps it. A contact with another mark is never
    /// paired, updated or deactivated.
    pub owner_field: String,
    /// This instance's mark; compared without regard to case.
    pub owner_mark: String,
    /// Marks that count as this instance's own, and are replaced by `owner_mark`.
    pub former_owner_marks: Vec<String>,
}

impl Default for WriteBackPolicy {
    fn default() -> Self {
        Self {
            contact_id_field: String::new(),
            account_presence_field: String::new(),
            support_pin_field: String::new(),
            support_pin_note: false,
            company_tenant_field: String::new(),
            type_mapping_field: String::new(),
            deactivation_field: String::new(),
            owner_field: String::new(),
            owner_mark: "psa-sync".to_owned(),
            former_owner_marks: Vec::new(),
        }
    }
}
