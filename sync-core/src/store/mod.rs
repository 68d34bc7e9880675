//! What is remembered between runs, as records and as small traits that one store may implement together.
//!
//! [`LinkStore`] is all that applying a plan needs; the others add what a service needs. [`StateStore`] is all of them.

mod base;
mod history;
mod journal;
mod lease;
mod link;
mod people;
mod quarantine;
mod review;
mod traits;

pub use crate::links::Links;
pub use base::{Base, BaseChange, BaseUsers, ContactBase, DirectoryBase, Quiet, Rows};
pub use history::{FieldWrite, RunEnd, RunRecord, RunStart, WriteQuery, fields_written};
pub use journal::{Commit, Intent, IntentState, Settlement};
pub use lease::{Acquired, Hold, Lease, RunId, Unshared};
pub use link::{Link, LinkChange, LinkSet};
pub use people::{Forgotten, Person, PersonData, PinRecord, Pruned};
pub use quarantine::{Event, EventKind, Quarantine};
pub use review::{Answer, Review, ReviewId};
pub use traits::{
    BaseStore, History, Leases, LinkStore, PinStore, QuarantineStore, Retention, ReviewStore, StateStore,
};
