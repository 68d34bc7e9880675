//! The Kaseya BMS imitation, asked over loopback as a stranger's client would ask it.

mod accounts;
mod client;
mod contacts;
mod custom;
mod errors;
mod money;
mod signing_in;
mod writes;
