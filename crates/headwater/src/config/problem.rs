//! What is wrong with a configuration: where, which key, and what would be right.

use std::{fmt, path::PathBuf, sync::Arc};

/// Where a value comes from; later ones win over earlier ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Nobody gave it.
    Default,
    /// The file, from 1.
    File {
        /// Line.
        line: usize,
        /// Column, in characters.
        column: usize,
    },
    /// An environment variable.
    Environment(Arc<str>),
    /// A flag of the command line.
    Flag(Arc<str>),
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub at: Origin,
    /// Which key, what is wrong and what would be right.
    pub text: String,
}

impl Problem {
    /// A problem at a place.
    pub fn new(at: &Origin, text: impl Into<String>) -> Problem {
        Problem { at: at.clone(), text: text.into() }
    }
}

/// Everything that is wrong with a configuration, in the order of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problems {
    /// The file, for messages.
    pub file: PathBuf,
    /// At least one.
    pub list: Vec<Problem>,
}

impl Problems {
    /// Collects `list`, in the order of the file: other places first.
    pub fn new(file: PathBuf, mut list: Vec<Problem>) -> Problems {
        list.sort_by_key(|problem| match problem.at {
            Origin::File { line, column } => (line, column),
            _ => (0, 0),
        });
        Problems { file, list }
    }

    /// Each problem as one line: `file:line:column: what is wrong`.
    pub fn lines(&self) -> Vec<String> {
        self.list
            .iter()
            .map(|Problem { at, text }| match at {
                Origin::Default => format!("{}: {text}", self.file.display()),
                Origin::File { line, column } => {
                    format!("{}:{line}:{column}: {text}", self.file.display())
                }
                Origin::Environment(name) => format!("environment variable {name}: {text}"),
                Origin::Flag(name) => format!("{name}: {text}"),
            })
            .collect()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

impl std::error::Error for Problems {}

/// The word among `known` that `word` was most likely meant to be.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace('-', "_");
    let word = plain(word);
    known
        .into_iter()
        .map(|candidate| {
            (strsim::normalized_damerau_levenshtein(&word, &plain(candidate)), candidate)
        })
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// `; did you mean "…"? known <plural>: …` for a word that is not one of `known`.
pub fn suggestion(word: &str, plural: &str, known: &[&str]) -> String {
    let mut out = String::new();
    if let Some(near) = nearest(word, known.iter().copied()) {
        out.push_str(&format!("; did you mean {near:?}?"));
    } else {
        out.push(';');
    }
    match known {
        [] => out.push_str(&format!(" there are no {plural}")),
        known => out.push_str(&format!(" known {plural}: {}", known.join(", "))),
    }
    out
}
