//! Tidy checks and the one command that is CI.

fn main() {}
