#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| 
    patou_fuzz::part("asteroids.odt", include_bytes!("../../examples/corpus/more/asteroids.odt"), bytes)
);
