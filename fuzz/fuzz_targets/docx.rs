#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| 
    patou_fuzz::part("voyager.docx", include_bytes!("../../examples/corpus/more/voyager.docx"), bytes)
);
