//! x
#![allow(dead_code)]
mod auth_error; mod config; mod error; mod map; mod query; mod wire;
pub struct GraphDirectory;
impl GraphDirectory { fn new(_: config::GraphConfig)->sync_core::Result<Self>{ Ok(Self) } }
