//! Tracking plans: which events a source may send, what they look like, and what becomes of those
//! that break the plan. Pure: no I/O, no clock.
//!
//! ```text
//! JSON, CSV ──► Plan ──► Compiled ──► judge(message) ──► Judgement ──► Amendment ──► stored JSON
//! messages, Spec ──┘         └── or every problem, with rule, pointer and fix
//! ```
//!
//! A message is never re-rendered: what a plan takes out of it is cut out of its bytes, what it
//! adds is spliced in, and everything else stands as it came.
//!
//! Source: Segment, "Protocols": tracking plans, validation, schema configuration; Public API,
//! "Tracking Plans".

mod amend;
mod compile;
mod diff;
mod infer;
mod judge;
mod plan;
mod planned;
mod pointer;
mod problem;
mod settings;
mod starter;
mod table;
mod text;
mod violation;

pub use amend::{Amendment, stored};
pub use compile::Compiled;
pub use diff::{Change, ChangeKind, diff};
pub use infer::{Inference, Inferred, SeenProperty, SeenRule};
pub use judge::{Action, Blocked, Judgement, judge};
pub use plan::{
    Plan, RULES_MAX, RULES_PER_REQUEST_MAX, Rule, RuleName, RuleType, SCHEMA_BYTES_MAX,
    too_many_at_once,
};
pub use pointer::dotted as field_of;
pub use problem::Problem;
pub use settings::{CommonOnViolation, OnBlock, Settings, TrackSettings, TraitsSettings};
pub use starter::{starter, starters};
pub use table::{CSV_BYTES_MAX, CSV_ROWS_MAX, CellProblem, from_csv, to_csv};
pub use violation::Violation;
