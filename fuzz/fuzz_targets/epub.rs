#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| 
    patou_fuzz::part("tides.epub", include_bytes!("../../examples/more/tides.epub"), bytes)
);
