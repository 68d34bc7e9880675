//! What the planner does, told as claims.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may panic")]
#![allow(
    unreachable_pub,
    missing_docs,
    clippy::must_use_candidate,
    clippy::return_self_not_must_use,
    reason = "a test crate has no users"
)]

mod addresses;
mod announcing;
mod applying;
mod boundaries;
mod careful;
mod converging;
mod departing;
mod differential;
mod field_laws;
mod fields;
mod flows;
mod given_away;
mod hybrid;
mod learning;
mod lifecycle;
mod many_addresses;
mod matching;
mod migration;
mod moving;
mod namesakes;
mod other_ids;
mod ownership;
mod phones;
mod pins;
mod presentation;
mod properties;
mod quantity;
mod quantity_apply;
mod quarantine;
mod readiness;
mod reviewing;
mod routing;
mod scope;
mod states;
mod swapping;
mod undoing;
mod whole_name;
mod world;
