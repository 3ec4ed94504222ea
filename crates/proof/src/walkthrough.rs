//! What a builder does with the product so that every event of its category arrives once.

use std::sync::LazyLock;

use serde::Deserialize;
use spec::Kind;

use crate::{Setup, Step};

#[derive(Debug, Deserialize)]
struct Walkthrough {
    category: String,
    steps: Vec<Written>,
}

#[derive(Debug, Deserialize)]
struct Written {
    title: String,
    how: String,
    event: String,
}

static ALL: LazyLock<Vec<Walkthrough>> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../data/walkthroughs.json"))
        .expect("the walkthroughs are read by a test")
});

/// The steps for a source: its category's own, where it has any, else one for each declared event.
///
/// Source: Segment, "Build a Source", testing of an e-mail source.
pub fn steps(setup: &Setup) -> Vec<Step> {
    let category = setup.category.as_deref().unwrap_or_default();
    if let Some(walkthrough) = ALL.iter().find(|known| known.category == category) {
        let steps = walkthrough.steps.iter().map(|written| Step {
            title: written.title.clone(),
            how: written.how.clone(),
            kind: Kind::Track,
            name: written.event.clone(),
            done_by: None,
        });
        return steps.collect();
    }
    let steps = setup.events.iter().map(|declared| {
        let name = if declared.name.is_empty() { declared.kind.as_str() } else { &declared.name };
        Step {
            title: format!("Make {name} happen"),
            how: format!("Do in your product what a customer does when it sends {name}."),
            kind: declared.kind,
            name: declared.name.clone(),
            done_by: None,
        }
    });
    steps.collect()
}
