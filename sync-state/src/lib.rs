#![doc = include_str!("../README.md")]

mod clock;
mod document;
mod file;
mod held;
mod lock;
mod names;
mod pack;
mod postgres;
mod replace;
mod sqlite;

pub use document::{decode_links, encode_links};
pub use file::FileLinkStore;
pub use held::Held;
pub use lock::TenantLock;
pub use names::stem as file_stem;
pub use postgres::PostgresStore;
pub use sqlite::SqliteStore;
