#![doc = include_str!("../README.md")]

mod auth;
mod auth_error;
mod check;
mod client;
mod config;
mod deleted;
mod directory;
mod error;
mod groups;
mod listing;
mod map;
mod offline;
mod query;
mod rows;
mod skus;
mod users;
mod wire;

#[cfg(test)]
mod tests;

pub use config::{Cloud, GraphConfig};
pub use directory::GraphDirectory;
pub use offline::{
    DecodeError, ExportContext, UsersPage, decode_deleted_page, decode_skus, decode_users_page,
};
pub use rows::{PackedPage, pack_users_page};
pub use skus::SubscribedSku;
