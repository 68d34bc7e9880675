//! What the planner does, told as claims.

mod applying;
mod converging;
mod fields;
mod lifecycle;
mod matching;
mod properties;
mod scope;
mod world;
