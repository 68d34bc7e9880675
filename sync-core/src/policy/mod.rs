//! What the operator wants: the document, and the validated form that the planner reads.

mod check_tenant;
mod document;
mod error;
mod expression;
mod folded;
mod glob;
mod limits;
mod mapping;
mod ownership;
mod quantities;
mod run;
mod template;
mod tenant;
mod validated;

pub use document::{
    Blank, Departed, Flow, LifecyclePolicy, MappingEntry, MatchRule, MatchingPolicy, OnUnknown,
    PolicyDocument, Reactivate, RequiredFields, ScopePolicy, WriteBackPolicy,
};
pub use error::PolicyError;
pub use expression::{Expression, ExpressionError, Operand, Truth};
pub use glob::Glob;
pub use limits::{CountPercent, DeactivateLimit, LimitsPolicy, OnUnsupported, Percent, Tiered};
pub use quantities::{QuantityCount, QuantityRule};
pub use run::{RunInput, SyncMode};
pub use tenant::{Route, RouteCondition, Tenant};
pub use validated::Policy;

pub(crate) use expression::domain;
pub(crate) use folded::{FoldedSet, fold, is_folded};
pub(crate) use mapping::{Mapping, Source};
pub(crate) use ownership::Ownership;
pub(crate) use template::{Template, TemplateText};
