//! Temporary homes and fixtures for tests.
