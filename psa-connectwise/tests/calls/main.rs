//! What the adapter sends and how it takes the answers, against canned answers on loopback.

mod check;
mod common;
mod errors;
mod read;
mod write;
