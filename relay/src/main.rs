//! The program `lapwing-relay`. Everything is in the library, where tests can reach it.

use std::process::ExitCode;

fn main() -> ExitCode {
    lapwing_relay::main()
}
