#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| patou_fuzz::guard(bytes));
