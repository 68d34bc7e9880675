#![doc = include_str!("../README.md")]

mod ber;
mod changes;
mod check;
mod config;
mod connection;
mod controls;
mod directory;
mod dn;
mod entry;
mod error;
mod filter;
mod groups;
mod guid;
mod incremental;
mod line;
mod map;
mod members;
mod message;
mod paging;
mod ranges;
mod reading;
mod schema;
mod server;
mod settings;
mod state;
mod tls;
mod token;
mod users;
mod wire;

pub use config::{Changes, Config, NestedGroups, Schema, Security, Source};
pub use directory::LdapDirectory;
