//! The Syncro imitation, asked over loopback as a stranger's client would ask it.

mod client;
mod contacts;
mod customers;
mod errors;
mod limits;
mod money;
mod paging;
mod signing_in;
