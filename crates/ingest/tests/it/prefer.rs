//! prefer
