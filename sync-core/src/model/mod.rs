//! Vendor-neutral records: plain data, no I/O, no clock.

mod email;
mod fingerprint;
mod group;
mod ids;
mod names;
mod phone;
mod plain;
mod records;
mod value;

pub use email::{comparable_email, email_domain, email_key, is_tenant_default_domain};
pub use fingerprint::Fingerprint;
pub use group::DirectoryGroup;
pub use ids::{
    CompanyId, ContactId, DeltaToken, LineId, PlanId, ReviewId, SourceAnchor, TenantName, VersionTag,
};
pub use names::{Attribute, ContactField, UnknownName, nearest};
pub use phone::PhoneNumber;
pub use records::{Company, Contact, DirectoryUser, License, UserKind};
pub use value::{FieldSet, FieldValue, Generated};

pub(crate) use fingerprint::Fingerprinter;
pub(crate) use plain::plain_text;
