//! What of a message a destination gets: filters of a source and a destination, the language that
//! their conditions are written in, transformations and mappings. Pure: no I/O, no clock, no chance.
//!
//! ```text
//! Filter { if, actions } ──► Compiled ──► apply(message) ─┬─► Pass: the message as it is
//!        └── or every problem, with                       ├─► Changed: its bytes, spliced
//!            pointer, offset and fix                      └─► Discard: a code and a reason
//! ```
//!
//! - It fails closed: a message about which a filter cannot decide is not sent.
//! - The same message comes out the same, whenever and however often it is asked about: retries
//!   and replays read the log and go through here again.
//! - A message that no filter is about costs no memory. One that is changed keeps every byte that
//!   no change is about: digits, escapes, white space, order.
//!
//! Source: Segment, "Destination filters", "Destination Filter Query Language", "Transformations".

mod apply;
mod change;
mod compile;
mod effect;
mod filter;
mod fql;
mod hash;
mod mapping;
mod mappings;
mod path;

pub use apply::{Discard, FILTER_FAILED, FILTERED_BY_RULES, Outcome, payload};
pub use compile::Compiled;
pub use filter::{
    ACTIONS_MAX, Action, ActionType, Algorithm, FIELDS_BYTES_MAX, FIELDS_MAX, FILTERS_MAX, Filter,
    Problem, TITLE_CHARS_MAX,
};
pub use fql::{Fault, Fql, STATEMENT_BYTES_MAX, STATEMENT_DEPTH_MAX, Unsure};
pub use hash::Salt;
pub use mapping::{MAPPING_BYTES_MAX, MAPPING_DEPTH_MAX, Mapping, MappingFault};
pub use mappings::{
    FILTERED_AT_MAPPING, MAPPINGS_MAX, Made, Mappings, NO_MATCHING_MAPPING, Subscription,
};

#[cfg(test)]
mod tests;
