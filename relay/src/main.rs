//! The program `lapwing-relay`. Everything is in the library, where tests can reach it.

use std::process::ExitCode;

/// What an alert is made of is allocated on one thread and freed on another. The system's allocator took six hundredths of the
/// processor for it while alerts came in (`perf` beside `bench ingest`).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    lapwing_relay::main()
}
