#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| 
    patou_fuzz::part("dwarf-planets.xlsx", include_bytes!("../../examples/corpus/more/dwarf-planets.xlsx"), bytes)
);
