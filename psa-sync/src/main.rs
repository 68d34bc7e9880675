//! The program `psa-sync`: hands the process to the library.

use psa_sync::{Console, Environment};
use std::process::ExitCode;

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(_) => return ExitCode::from(psa_sync::Exit::Failed.code()),
    };
    let environment = Environment::new(std::env::vars_os());
    let exit = runtime.block_on(psa_sync::run(std::env::args_os(), environment, Console::of_process()));
    // Nothing that is still waiting (a keep-alive connection, a log line) may hold the process up.
    runtime.shutdown_background();
    ExitCode::from(exit.code())
}
