//! Settings, wiring and the use cases that every front calls.
