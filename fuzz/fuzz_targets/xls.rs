#![no_main]

// Every other input is the workbook's stream alone, in a sound compound file: what is mutated is what is read.
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    match bytes.split_first() {
        Some((first, stream)) if first & 1 == 0 => patou_fuzz::whole("a.xls", &patou_fuzz::compound("/Workbook", stream)),
        _ => patou_fuzz::whole("a.xls", bytes),
    }
});
