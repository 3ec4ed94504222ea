//! The Spec as data, and the rules that follow from it: what a message should look like, and
//! findings that say where it does not, why that matters and what would be right.
//!
//! One pure function, [`findings`]. It reads the stored bytes where they stand; a message that
//! conforms costs no memory, but for the notes that each thread keeps. The facts (calls, fields, traits, context, semantic events) are the
//! files of `data/`; a rule stands beside the code that checks it, in the files below.
//!
//! Nothing here refuses a message: that is for the wire rules of `ingest`, which the set
//! [`Set::Wire`] repeats in the same words, so that a builder reads them before sending.

mod context;
mod data;
pub mod events;
mod fields;
mod fold;
mod identity;
mod limits;
mod markdown;
mod names;
mod naming;
mod partner;
mod path;
mod placement;
mod properties;
mod report;
mod time;
mod traits;
mod typed;
mod view;
mod wire;

use serde::{Deserialize, Serialize};

pub use fields::{Fields, Property, Type};
pub use markdown::{events_markdown, rules_markdown};
pub use report::Finding;

use self::{report::Findings, view::View};
use crate::json::{self, Paper};

/// Names this edition of rules and facts; it changes when a finding may.
pub const VERSION: &str = "2026.11.1";

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The message is of no use, or the integration cannot be approved.
    Error,
    /// Destinations will misread something.
    Warning,
    /// It works, and there is a better way.
    Hint,
}

/// Who asks for a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Set {
    /// What ingest discards a message for.
    Wire,
    /// The Spec.
    Spec,
    /// The partner programme, on top of the Spec.
    Partner,
    /// The source itself, by what it declares in its catalog info.
    Declared,
}

/// One rule, in words and by example.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Rule {
    /// Stable name, in `snake_case`.
    pub code: &'static str,
    /// How much a finding weighs.
    pub severity: Severity,
    /// Who asks for it.
    pub set: Set,
    /// What is wrong, as a sentence without its full stop.
    pub title: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// What to do.
    pub fix: &'static str,
    /// The public page that made us check it.
    pub source: &'static str,
    /// A message that keeps the rule, as JSON.
    pub passing: &'static str,
    /// The message before it was mended: it breaks this rule and no other.
    pub failing: &'static str,
}

/// Who must sign a message of a partner's source.
#[derive(Debug, Clone, Copy)]
pub struct Partner<'a> {
    /// The integration's slug, which `context.integration.name` says.
    pub slug: &'a str,
}

/// Which rules hold. Those of the wire and of the Spec always do.
#[derive(Debug, Clone, Copy, Default)]
pub struct Sets<'a> {
    /// The partner's rules too, for this partner.
    pub partner: Option<Partner<'a>>,
}

/// The slug that the examples of the partner's rules are signed with.
pub const EXAMPLE_SLUG: &str = "mailroom";

/// Every rule, in the order of findings.
pub fn all() -> &'static [&'static Rule] {
    static ALL: &[&[&Rule]] = &[
        wire::RULES,
        identity::RULES,
        naming::RULES,
        properties::RULES,
        traits::RULES,
        placement::RULES,
        context::RULES,
        time::RULES,
        limits::RULES,
        partner::RULES,
    ];
    static FLAT: std::sync::LazyLock<Vec<&Rule>> = std::sync::LazyLock::new(|| ALL.concat());
    &FLAT
}

/// The rule of that code.
pub fn named(code: &str) -> Option<&'static Rule> {
    all().iter().copied().find(|rule| rule.code == code)
}

/// Everything that `sets` find in a message, in the order of [`all`], then by place.
///
/// Shape: `raw` is the JSON of one message, stored or as it was sent. Any bytes are taken; those
/// that are no message give a finding that says so. Of a key that stands there twice the last
/// counts. Neither the order of keys nor white space changes the result.
pub fn findings(raw: &[u8], sets: &Sets<'_>) -> Vec<Finding> {
    let mut found = Findings::default();
    let mut paper = Paper::take();
    judge(raw, sets, &mut paper, &mut found);
    paper.leave();
    found.sorted()
}

fn judge(raw: &[u8], sets: &Sets<'_>, paper: &mut Paper, found: &mut Findings) {
    if !limits::bearable(raw, found) {
        return;
    }
    let read = paper.read(raw);
    let Some(whole) = wire::readable(raw, &read, found) else {
        return;
    };
    let view = View::of(whole, found);
    wire::check(&view, found);
    identity::check(&view, found);
    naming::check(&view, sets, found);
    properties::check(&view, sets, found);
    traits::check(&view, found);
    placement::check(&view, found);
    context::check(&view, found);
    time::check(&view, found);
    limits::check(&view, found);
    if let Some(partner) = &sets.partner {
        partner::check(&view, partner, found);
    }
}

#[cfg(test)]
mod tests;
