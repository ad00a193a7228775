//! Retrieval metrics, runs and comparisons.
