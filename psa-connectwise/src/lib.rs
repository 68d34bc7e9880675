#![doc = include_str!("../README.md")]

mod adapter;
mod agreements;
mod callback;
mod capability;
mod check;
mod client;
mod company_notes;
mod config;
mod custom;
mod error;
mod items;
mod listing;
mod lookups;
mod map;
mod pairs;
mod wire;
mod write;

pub use adapter::ConnectWise;
pub use callback::verify_callback;
pub use capability::ceiling;
pub use config::Config;
pub use pairs::NativePair;
