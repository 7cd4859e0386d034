//! The `septum` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    septum::cli::run()
}
