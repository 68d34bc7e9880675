//! Vendor-neutral records: plain data, no I/O, no clock.

mod ids;
mod names;
mod records;
mod value;

pub use ids::{CompanyId, ContactId, DeltaToken, PlanId, SourceAnchor, TenantName, VersionTag};
pub use names::{Attribute, ContactField, UnknownName, nearest};
pub use records::{Company, Contact, DirectoryUser, License, UserKind};
pub use value::{FieldSet, FieldValue};
