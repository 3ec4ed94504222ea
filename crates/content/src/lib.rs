//! What partners and people send us, made safe to show and to keep. Pure functions: no I/O, no clock, no randomness.
//!
//! ```text
//! Markdown ──► check ──► to_html ──► an allow-list of tags, nothing else
//! SVG      ──► clean ──► redrawn from its geometry ──► preview_png
//! picture  ──► screenshot ──► decoded, encoded anew
//! password ──► strength
//! ```
//!
//! Nothing that comes out of here can run, load or link to what was not allowed; each problem is a
//! plain sentence, and says how to fix it.

pub mod image;
pub mod markdown;
pub mod passwords;
pub mod svg;
