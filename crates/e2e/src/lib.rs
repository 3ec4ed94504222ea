//! Whole-product tests live in `tests/it/`; this library is their harness.
