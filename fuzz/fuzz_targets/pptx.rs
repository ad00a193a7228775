#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| 
    patou_fuzz::part("telescopes.pptx", include_bytes!("../../examples/more/telescopes.pptx"), bytes)
);
