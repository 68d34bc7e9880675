//! What the operator wants: the document, and the validated form that the planner reads.

mod document;
mod expression;
mod glob;
mod limits;
mod mapping;
mod ownership;
mod run;
mod tenant;
mod validated;

pub use document::{
    Blank, Departed, Flow, LifecyclePolicy, MappingEntry, MatchRule, MatchingPolicy, PolicyDocument,
    Reactivate, ScopePolicy, WriteBackPolicy,
};
pub use expression::{Expression, ExpressionError, Operand, Truth};
pub use glob::Glob;
pub use limits::{CountPercent, DeactivateLimit, LimitsPolicy, OnUnsupported, Percent, Tiered};
pub use run::{RunInput, SyncMode};
pub use tenant::{Route, RouteCondition, Tenant};
pub use validated::{Policy, PolicyError};

pub(crate) use mapping::{Mapping, Source};
pub(crate) use ownership::Ownership;
pub(crate) use validated::fold;
