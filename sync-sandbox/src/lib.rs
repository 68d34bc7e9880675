#![doc = include_str!("../README.md")]

mod calls;
mod clock;
mod connectwise;
mod faults;
mod limits;
mod options;
mod people;
mod rng;
mod shared;
mod vendor;

pub use calls::{Calls, RouteCalls};
pub use connectwise::ConnectWiseAccess;
pub use faults::Fault;
pub use options::Options;
pub use vendor::Vendor;
