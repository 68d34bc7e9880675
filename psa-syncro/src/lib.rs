#![doc = include_str!("../README.md")]

mod adapter;
mod capability;
mod check;
mod client;
mod config;
mod error;
mod leavers;
mod listing;
mod map;
mod notes;
mod properties;
mod quantities;
mod wire;
mod write;

pub use adapter::Syncro;
pub use capability::ceiling;
pub use config::Config;
pub use leavers::Leavers;
