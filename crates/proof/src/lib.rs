//! Whether a source keeps the Spec: found from the messages that it really sent, shown with them,
//! frozen with them, and signed. No I/O, no clock: the builder's page, the command line, the
//! reviewer and whoever verifies a certificate all run this same code.
//!
//! ```text
//! evidence lines ──► check ──► report ──► certificate
//!       │                         ▲            │
//!       └── hash                  └── re-run ──┘
//! ```

pub mod certificate;
mod check;
pub mod declared;
pub mod evidence;
mod report;
mod setup;
mod tally;
pub mod walkthrough;

pub use check::Check;
pub use report::{
    Broken, EventReport, Outcome, PropertyReport, Report, RuleReport, Sample, Seen, Step,
};
pub use setup::Setup;

#[cfg(test)]
mod tests;
