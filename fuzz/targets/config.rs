//! Settings of the relay, and the files that it reads at its start. What must hold is in the library, under the same name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lapwing_fuzz::config(data));
