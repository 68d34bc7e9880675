#![doc = include_str!("../README.md")]

mod document;
mod file;
mod lock;
mod names;
mod replace;

pub use document::{decode_links, encode_links};
pub use file::FileLinkStore;
pub use lock::TenantLock;
pub use names::stem as file_stem;
