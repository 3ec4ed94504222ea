//! Messages against the rules of the Spec.

use std::collections::BTreeSet;

use serde_json::Value;
use spec::rules::{EXAMPLE_SLUG, Finding, Partner, Set, Sets, findings, named};

/// Beyond these bytes the size of a message may be what is wrong with it.
const SMALL: usize = 8 << 10;

/// Reads a message against every rule.
///
/// - Any bytes are taken, and what is found is the same again.
/// - A finding is of a known rule, of no partner's where none was named, and its place is a pointer.
/// - Neither white space nor the order of keys changes anything.
pub fn rules(input: &[u8]) {
    let alone = findings(input, &Sets::default());
    assert_eq!(alone, findings(input, &Sets::default()));
    let sets = Sets { partner: Some(Partner { slug: EXAMPLE_SLUG }) };
    let signed = findings(input, &sets);
    assert!(alone.iter().all(|finding| finding.rule.set != Set::Partner));
    for finding in alone.iter().chain(&signed) {
        assert!(named(finding.rule.code).is_some());
        assert!(finding.pointer.is_empty() || finding.pointer.starts_with('/'), "{finding:?}");
    }
    if input.len() <= SMALL
        && let Ok(value) = serde_json::from_slice::<Value>(input)
        && let Ok(other) = serde_json::to_vec_pretty(&value)
        && other.len() <= SMALL
    {
        assert_eq!(places(&signed), places(&findings(&other, &sets)));
    }
}

fn places(found: &[Finding]) -> BTreeSet<(&'static str, &str)> {
    found.iter().map(|finding| (finding.rule.code, finding.pointer.as_str())).collect()
}
