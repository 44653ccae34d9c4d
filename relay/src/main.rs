//! The program `lapwing-relay`. Everything is in the library, where tests can reach it.

use std::process::ExitCode;

/// Every alert is some hundred small allocations on one thread that are freed on another, which the system's allocator
/// takes a tenth of the processor for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lapwing_relay::main()
}
