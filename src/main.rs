//! Arguments to one of the programs; nothing else.

use std::process::ExitCode;

fn main() -> ExitCode {
    gachno::cli::main()
}
