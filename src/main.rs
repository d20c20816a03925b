//! Arguments to a command to an exit code; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(bilan::cli::main())
}
