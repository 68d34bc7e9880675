#![doc = include_str!("../README.md")]

mod adapter;
mod agreements;
mod auth;
#[cfg(test)]
mod burst;
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
mod types;
mod wire;
mod write;

pub use adapter::KaseyaBms;
pub use capability::ceiling;
pub use config::{Config, ItemOperations, ItemType};
