//! Single fields: dates, times, ids, addresses, receipt codes. What must hold is in the library, under the same name.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lapwing_fuzz::fields(data));
