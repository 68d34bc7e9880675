//! What was read, packed for the planner.
//!
//! A snapshot is built once from the records of an adapter and then only read. Text lies in one buffer, one tenant's
//! data side by side; addresses are brought to comparable form and hashed while building. Layout decides the planner's
//! speed more than its algorithm does (see `docs/adr/0018`).

mod address;
mod arena;
mod batch;
mod body;
mod build_contacts;
mod build_users;
mod completeness;
mod contacts;
mod keys;
mod names;
mod parts;
mod record;
mod user_record;
mod user_table;
mod user_view;
mod users;

pub use batch::UserBatch;
pub use build_contacts::ContactSnapshotBuilder;
pub use build_users::UserSnapshotBuilder;
pub use completeness::{Completeness, SnapshotError};
pub use contacts::{ContactSnapshot, ContactView};
pub use record::ReadText;
pub use user_record::{Listed, UserRecord};
pub use user_view::UserView;
pub use users::UserSnapshot;

pub(crate) use address::{Address, hash_text, same_address};
pub(crate) use arena::Arena;
pub(crate) use contacts::{ContactRow, is_list};
pub(crate) use keys::{Keys, KeysBuilder, guid, push_guid};
pub(crate) use record::{Masks, Slot};
pub(crate) use users::split_anchor;
