#![doc = include_str!("../README.md")]

mod auth;
mod batch;
mod check;
mod client;
mod config;
mod deleted;
mod delta;
mod directory;
mod error;
mod groups;
mod listing;
mod mailbox;
mod map;
pub mod notifications;
mod offline;
mod photos;
mod query;
mod sku_names;
mod skus;
mod tenants;
mod users;
mod wire;
mod write_back;

#[cfg(test)]
mod tests;

pub use auth::{
    AuthorizationRequest, DeviceCode, FileTokenStore, MemoryTokenStore, SignIn, SignedIn, TokenStore,
};
pub use config::{Cloud, GraphConfig};
pub use directory::GraphDirectory;
pub use offline::{
    DecodeError, ExportContext, UsersPage, decode_deleted_page, decode_skus, decode_users_page,
};
pub use photos::{Photo, PhotoAnswer, PhotoSize, PhotoTag};
pub use sku_names::sku_name;
pub use skus::SubscribedSku;
pub use tenants::{Customer, Customers, VerifiedDomain};
