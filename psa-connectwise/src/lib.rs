#![doc = include_str!("../README.md")]

mod adapter;
mod capability;
mod check;
mod client;
mod config;
mod custom;
mod error;
mod items;
mod listing;
mod lookups;
mod map;
mod wire;
mod write;

pub use adapter::ConnectWise;
pub use capability::ceiling;
pub use config::Config;
