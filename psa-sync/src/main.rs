//! The program `psa-sync`: hands the process to the library.

use psa_sync::{Console, Environment, Exit};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut console = Console::of_process();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            console.tell(&format!("error: this machine lets no threads be started: {error}"));
            return ExitCode::from(Exit::Failed.code());
        }
    };
    let environment = Environment::new(std::env::vars_os());
    let exit = runtime.block_on(psa_sync::run(std::env::args_os(), environment, console));
    // Nothing that is still waiting (a keep-alive connection, a log line) may hold the process up.
    runtime.shutdown_background();
    ExitCode::from(exit.code())
}
