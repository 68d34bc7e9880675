#![doc = include_str!("../README.md")]

mod boot;
mod clock;
mod document;
mod earlier;
mod held;
mod holder;
mod names;
mod pack;
mod postgres;
mod private;
mod sqlite;

pub use document::{decode_links, encode_links};
pub use earlier::{earlier_links, import_links};
pub use held::{Held, acquire};
pub use holder::{holder_for_people, holder_is_dead};
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;
