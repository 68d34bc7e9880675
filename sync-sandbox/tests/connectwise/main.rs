//! The ConnectWise imitation, asked over loopback as a stranger's client would ask it.

mod children;
mod client;
mod companies;
mod company_notes;
mod lists;
mod quirks;
mod writes;
