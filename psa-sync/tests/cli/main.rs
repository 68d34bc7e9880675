//! The real binary, run as a process: what scripts and people see of it.

mod bad_input;
mod basics;
mod canary;
mod common;
mod documents;
mod figures;
mod sandbox;
