//! What the operator wants: the document, and the validated form that the planner reads.

mod document;
mod glob;
mod mapping;
mod tenant;
mod validated;

pub use document::{
    Blank, CountPercent, DeactivateLimit, Departed, Flow, LifecyclePolicy, LimitsPolicy, MappingEntry,
    MatchRule, MatchingPolicy, OnUnsupported, Percent, PolicyDocument, Reactivate, RunInput, ScopePolicy,
    SyncMode, Tiered, WriteBackPolicy,
};
pub use glob::Glob;
pub use tenant::{Route, RouteCondition, Tenant};
pub use validated::{Policy, PolicyError};

pub(crate) use mapping::{Mapping, Source};
pub(crate) use validated::fold;
