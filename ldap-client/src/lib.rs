#![doc = include_str!("../README.md")]
#![allow(unexpected_cfgs, reason = "cargo-fuzz sets `fuzzing`")]

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
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod groups;
mod guid;
mod incremental;
mod line;
mod map;
mod members;
mod message;
mod paging;
mod people;
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
