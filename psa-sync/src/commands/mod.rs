//! One file per command.

pub(crate) mod apply;
pub(crate) mod bundle;
pub(crate) mod capabilities;
pub(crate) mod check;
pub(crate) mod data;
pub(crate) mod demo;
pub(crate) mod explain;
pub(crate) mod init;
pub(crate) mod pin;
pub(crate) mod plan;
pub(crate) mod quantities;
pub(crate) mod quarantine;
pub(crate) mod readiness;
mod refusal;
pub(crate) mod report;
pub(crate) mod review;
pub(crate) mod sandbox;
pub(crate) mod schema;
pub(crate) mod secret;
mod taken;
pub(crate) mod tenants;
pub(crate) mod undo;
