#![doc = include_str!("../README.md")]

mod admin;
mod autotask;
mod calls;
mod clock;
mod connectwise;
mod faults;
mod graph;
mod kaseyabms;
mod layer;
mod limits;
mod options;
mod people;
mod post;
mod refusal;
mod rng;
mod sandbox;
mod server;
mod shared;
mod syncro;
mod vendor;

pub use autotask::{Autotask, AutotaskAccess};
pub use calls::{Calls, RouteCalls};
pub use connectwise::{ConnectWise, ConnectWiseAccess, TypeKind};
pub use faults::{Fault, FaultKind, FaultParseError, RetryAfter};
pub use graph::{Customer, GraphAccess, Relationship, User};
pub use kaseyabms::{KaseyaBms, KaseyaBmsAccess};
pub use options::Options;
pub use sandbox::Sandbox;
pub use syncro::{Syncro, SyncroAccess};
pub use vendor::Vendor;
