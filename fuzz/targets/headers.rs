//! Headers of a signed request, as the relay reads them. What must hold is in the library, under the same name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lapwing_fuzz::headers(data));
