use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use super::*;

#[test]
fn every_reason_stands_once_and_is_told_in_sentences() {
    let mut seen = BTreeSet::new();
    for reason in REASONS {
        assert!(seen.insert((reason.step, reason.code)), "{reason:?} stands twice");
        for sentence in [reason.explanation, reason.remedy] {
            assert!(sentence.ends_with('.') && sentence.len() > 15, "{reason:?}");
        }
        assert!(!reason.label.ends_with('.') && !reason.label.is_empty(), "{reason:?}");
    }
}

#[test]
fn a_status_without_words_of_its_own_is_told_by_its_class() {
    let label = |code| find(Step::FailedDelivery, code).map(|reason| reason.label);
    assert_eq!(label("404"), Some("Not found (404)"));
    assert_eq!(label("418"), Some("Refused (4xx)"));
    assert_eq!(label("599"), Some("Receiver failed (5xx)"));
    assert_eq!(label("600"), None);
    assert_eq!(label("nothing"), None);
}

/// What of our source names codes, and the steps at which it may.
const WHERE: [(&str, &[Step]); 5] = [
    ("ingest", &[Step::FailedOnIngest, Step::FilteredAtSource]),
    ("tracking-plan", &[Step::FilteredAtSource]),
    ("delivery", &[Step::FilteredAtDestination, Step::FailedDelivery]),
    ("destination-kit", &[Step::FailedDelivery]),
    ("destinations", &[Step::FailedDelivery]),
];

/// What stands before a code.
const BEFORE: [&str; 8] = [
    "code: \"",
    "code = \"",
    "fault(\"",
    "failed(\"",
    "filtered(\"",
    "whole(\"",
    "Fault::new(\"",
    "DiscardCode::from(\"",
];

#[test]
fn every_code_that_the_source_names_has_words() {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it stands among others");
    let mut found = BTreeSet::new();
    for (name, steps) in WHERE {
        for file in sources(&crates.join(name).join("src")) {
            let text = fs::read_to_string(&file).expect("our source can be read");
            for code in codes(&text) {
                let known = steps.iter().any(|step| find(*step, code).is_some());
                assert!(known, "{}: {code:?} has no words in spec/src/reasons", file.display());
                found.insert(code.to_owned());
            }
        }
    }
    for code in ["no_user_anon_id", "event_setting", "expired", "ENOTFOUND", "PRIVATE_ADDRESS"] {
        assert!(found.contains(code), "{code:?} is named, but was not found");
    }
}

/// Every file of source below `folder` but tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).expect("our source can be listed") {
        let path = entry.expect("our source can be listed").path();
        let name = path.file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        if matches!(name, "tests" | "conformance" | "routes" | "testing") {
            continue;
        }
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// The codes that a file names, outside of its tests.
fn codes(text: &str) -> BTreeSet<&str> {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let mut found = BTreeSet::new();
    for before in BEFORE {
        for (at, _) in text.match_indices(before) {
            let rest = &text[at + before.len()..];
            let code = rest.split('"').next().unwrap_or_default();
            let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
            // A plain word may be any argument of a function.
            let plain = before.ends_with("(\"") && code.bytes().all(|b| b.is_ascii_lowercase());
            if code.len() > 2 && code.bytes().all(word) && !plain {
                found.insert(code);
            }
        }
    }
    found
}
