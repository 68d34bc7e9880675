//! The figures of docs/performance.md, section "Rate and latency": how many calls each PSA costs, how near an adapter comes to
//! what its vendor allows, and how long many creates take. `cargo xtask figures [PSA …]` runs it.
//!
//! Client and imitation run in one thread on one paused clock, over real sockets on loopback. What is told is the time that
//! would have passed: the vendor's delays and the adapter's waits, without the machine's own work.

#![allow(clippy::unwrap_used, reason = "a figure that cannot be taken ends the program")]

mod burst;
mod creates;
mod reads;
mod row;

use psa_sync_tests::Product;
use row::{Row, table};
use std::{future::Future, io::Write as _, process::ExitCode};

fn main() -> ExitCode {
    let wanted: Vec<String> = std::env::args().skip(1).collect();
    let known = |name: &String| Product::ALL.iter().any(|product| product.name() == name);
    if let Some(unknown) = wanted.iter().find(|name| !known(name)) {
        return tell(&format!("there is no PSA `{unknown}`\n"), ExitCode::from(2));
    }
    let mut rows = Vec::new();
    for product in
        Product::ALL.into_iter().filter(|p| wanted.is_empty() || wanted.iter().any(|w| w == p.name()))
    {
        rows.extend(paused(reads::figures(product)));
        rows.push(paused(burst::alone(product)));
        rows.push(paused(burst::beside_another(product)));
        rows.extend(paused(creates::at_once(product)));
        rows.push(paused(creates::limited(product)));
    }
    let code = if rows.iter().all(|row: &Row| row.holds) { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    tell(&table(&rows), code)
}

/// Runs something on a clock that jumps over every wait.
fn paused<T>(figure: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build();
    runtime.unwrap().block_on(figure)
}

fn tell(text: &str, code: ExitCode) -> ExitCode {
    let written = std::io::stdout().lock().write_all(text.as_bytes());
    if written.is_ok() { code } else { ExitCode::FAILURE }
}
