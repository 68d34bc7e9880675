//! What is remembered between runs, as records and as small traits that one store may implement together.
//!
//! [`LinkStore`] is all that applying a plan needs; the others add what a service needs. [`StateStore`] is all of them.

mod base;
mod history;
mod journal;
mod lease;
mod link;
mod link_rows;
mod people;
mod quarantine;
mod traits;
mod watch;

pub use crate::{
    links::Links,
    model::ReviewId,
    review::{Answer, Review},
};
pub use base::{Base, BaseChange, BaseUsers, ContactBase, DirectoryBase, Quiet, Rows};
pub use history::{FieldWrite, RunEnd, RunRecord, RunStart, WriteQuery, fields_written};
pub use journal::{Commit, Intent, IntentState, Settlement};
pub use lease::{Acquired, Hold, Lease, RunId, Unshared};
pub use link::{Link, LinkChange, LinkSet};
pub use link_rows::LinkRows;
pub use people::{Forgotten, ON_ITS_WAY, Person, PersonData, PinRecord, Pruned};
pub use quarantine::{Event, EventKind, Quarantine};
pub use traits::{
    BaseStore, History, Leases, LinkStore, PinStore, QuarantineStore, Retention, ReviewStore, StateStore,
};
pub use watch::{FAILED_PERCENT, FAILED_RUNS, end_quarantine, failed_in_a_row, has_failed, watch};
