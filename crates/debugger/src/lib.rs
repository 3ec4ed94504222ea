//! debugger
