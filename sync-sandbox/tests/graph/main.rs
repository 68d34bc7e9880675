//! Microsoft Graph and its token endpoint as a stranger's client meets them.
#![allow(clippy::unwrap_used, clippy::panic, reason = "these are parts of tests, and may fail as tests do")]

mod batch;
mod client;
mod customers;
mod delta;
mod group_delta;
mod groups;
mod identity;
mod listener;
mod paging;
mod queries;
mod sign_in;
mod subscriptions;
mod token;
mod users;
mod write_back;
