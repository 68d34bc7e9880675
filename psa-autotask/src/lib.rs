#![doc = include_str!("../README.md")]

mod adapter;
mod budget;
mod capability;
mod check;
mod client;
mod config;
mod error;
mod link;
mod listing;
mod lookups;
mod map;
mod quantities;
mod udf;
mod webhook;
mod wire;
mod write;

pub use adapter::Autotask;
pub use capability::ceiling;
pub use config::Config;
pub use webhook::{Callout, callout};
