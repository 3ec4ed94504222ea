//! How good a password is: long enough, not easy to guess, not one that guessing starts with.
//! Any composition is fine; nobody has to add a digit and a sign.

use zxcvbn::{Score, zxcvbn};

#[cfg(test)]
mod tests;

/// The fewest characters.
pub const MIN_LENGTH: usize = 12;
/// The most characters.
pub const MAX_LENGTH: usize = 256;
/// How much of a password is estimated. What follows only makes it stronger, and estimating takes long.
const ESTIMATED_LENGTH: usize = 64;
/// How many digits and signs around a common stem make no difference.
const MAX_ADDED: usize = 6;

/// Sorted lines, lower case; where it comes from stands in the file.
static COMMON: &str = include_str!("passwords/common.txt");

/// Why a password is too weak.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    /// Fewer than [`MIN_LENGTH`] characters.
    #[error("the password has {characters} characters, at least {MIN_LENGTH} are needed")]
    TooShort {
        /// How many it has.
        characters: usize,
    },
    /// More than [`MAX_LENGTH`] characters.
    #[error("the password has {characters} characters, at most {MAX_LENGTH} are allowed")]
    TooLong {
        /// How many it has.
        characters: usize,
    },
    /// Found in leaked data, or a word found there with digits or signs around it.
    #[error("the password is among those that leaked and are tried first")]
    Common,
    /// Easy to guess: words, names, dates, keyboard patterns, repetitions, or what we know of the person.
    #[error("the password is easy to guess")]
    Guessable {
        /// What makes it so, when that is known; a sentence in English.
        why: Option<String>,
    },
}

impl Weakness {
    /// What the person does about it.
    pub fn fix(&self) -> &'static str {
        match self {
            Self::TooShort { .. } => {
                "make it longer: four or five words that have nothing in common do well"
            }
            Self::TooLong { .. } => "make it shorter",
            Self::Common => "choose one that you use nowhere else",
            Self::Guessable { .. } => {
                "use words that have nothing in common and nothing to do with you, or let a password manager choose"
            }
        }
    }
}

/// Whether `password` will do. `about_them` is what a guesser would know: name, address, workspace.
/// Takes up to some milliseconds of CPU.
pub fn strength(password: &str, about_them: &[&str]) -> Result<(), Weakness> {
    let characters = password.chars().count();
    if characters < MIN_LENGTH {
        return Err(Weakness::TooShort { characters });
    }
    if characters > MAX_LENGTH {
        return Err(Weakness::TooLong { characters });
    }
    if is_common(password) {
        return Err(Weakness::Common);
    }
    if is_about_them(password, about_them) {
        return Err(Weakness::Guessable {
            why: Some("It is made of what is known about you.".to_owned()),
        });
    }
    let end = password.char_indices().nth(ESTIMATED_LENGTH).map_or(password.len(), |(at, _)| at);
    let known: Vec<&str> = about_them.iter().copied().flat_map(parts).take(40).collect();
    let estimate = zxcvbn(&password[..end], &known);
    if estimate.score() >= Score::Three {
        return Ok(());
    }
    let why = estimate.feedback().and_then(|feedback| feedback.warning());
    Err(Weakness::Guessable { why: why.map(|warning| warning.to_string()) })
}

/// The whole and its words: of `mia@acme.example` also `mia`, `acme` and `example`.
fn parts(known: &str) -> impl Iterator<Item = &str> {
    let words = known.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2);
    std::iter::once(known).chain(words).filter(|part| part.len() <= 100)
}

/// Whether little but digits and signs is left once what a guesser knows is taken out.
fn is_about_them(password: &str, about_them: &[&str]) -> bool {
    let mut rest = password.to_lowercase();
    for known in about_them.iter().copied().flat_map(parts) {
        rest = rest.replace(&known.to_lowercase(), " ");
    }
    rest.len() < password.len() && rest.chars().filter(|c| c.is_alphabetic()).count() < 4
}

fn is_common(password: &str) -> bool {
    let stem = password.trim_matches(|c: char| !c.is_alphabetic());
    let added = password.len() - stem.len();
    is_listed(password) || (added <= MAX_ADDED && is_listed(stem))
}

/// Binary search over the lines of the file, without a copy of either side.
fn is_listed(word: &str) -> bool {
    let lines = COMMON.as_bytes();
    let (mut low, mut high) = (first_entry(lines), lines.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start =
            lines[low..middle].iter().rposition(|b| *b == b'\n').map_or(low, |at| low + at + 1);
        let end =
            lines[middle..high].iter().position(|b| *b == b'\n').map_or(high, |at| middle + at);
        let lowered = word.bytes().map(|b| b.to_ascii_lowercase());
        match lowered.cmp(lines[start..end].iter().copied()) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => high = start,
            std::cmp::Ordering::Greater => low = end + 1,
        }
    }
    false
}

/// Where the comment at the top of the file ends.
fn first_entry(lines: &[u8]) -> usize {
    let mut start = 0;
    while lines.get(start) == Some(&b'#') {
        start += lines[start..].iter().position(|b| *b == b'\n').map_or(lines.len(), |at| at + 1);
    }
    start
}
