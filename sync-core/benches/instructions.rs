//! What planning costs in instructions, which do not vary with what else the machine does.
//!
//! `instructions PLANS` plans so many times and is run under valgrind by `cargo xtask instructions`, twice: what the
//! second run of more plans takes beyond the first is the planner's.

mod world;

use std::hint::black_box;
use world::World;

/// Users of the one tenant.
const USERS: usize = 1_000;

fn main() {
    // Cargo passes `--bench` when somebody asks for all benchmarks; then there is nothing to measure here.
    let Some(plans) = std::env::args().nth(1).and_then(|argument| argument.parse::<u32>().ok()) else {
        return;
    };
    let world = World::new(USERS, 0);
    for _ in 0..plans {
        let _ = black_box(world.plan());
    }
}
