#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| 
    patou_fuzz::part("telescopes.pptx", include_bytes!("../../examples/corpus/more/telescopes.pptx"), bytes)
);
