//! The messages that a report rests on, one JSON object on each line: what is hashed, frozen with
//! a submission, and handed to whoever wants to run the checks again.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};

/// One message as evidence.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Line<'a> {
    /// The source that it came to.
    pub source: &'a str,
    /// Where it stands in the log; text, for it may not fit into a double.
    pub position: &'a str,
    /// When it came, Unix milliseconds.
    pub received_at_ms: i64,
    /// Why it was stopped; none when it was accepted.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub discard: Option<DiscardLine<'a>>,
    /// The message, byte for byte as it is stored; none when what came was no JSON.
    #[serde(default, borrow, skip_serializing_if = "Option::is_none")]
    pub message: Option<&'a RawValue>,
}

/// Why a message was stopped.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DiscardLine<'a> {
    /// Why, for machines.
    #[serde(borrow)]
    pub code: std::borrow::Cow<'a, str>,
    /// Where in the message, a JSON pointer.
    #[serde(borrow)]
    pub pointer: std::borrow::Cow<'a, str>,
    /// Why, in a sentence.
    #[serde(borrow)]
    pub detail: std::borrow::Cow<'a, str>,
}

/// Evidence that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("line {line} of the evidence cannot be read: {why}")]
pub struct Unreadable {
    /// Which line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub why: String,
}

impl Line<'_> {
    /// Adds the line to `out`, with its end.
    pub fn write(&self, out: &mut Vec<u8>) {
        serde_json::to_writer(&mut *out, self).expect("plain data in memory is always JSON");
        out.push(b'\n');
    }
}

/// The lines of `bytes`, in their order.
pub fn lines(bytes: &[u8]) -> impl Iterator<Item = Result<Line<'_>, Unreadable>> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    lines.filter(|(_, line)| !line.is_empty()).map(|(at, line)| {
        serde_json::from_slice(line)
            .map_err(|error| Unreadable { line: at + 1, why: error.to_string() })
    })
}

/// SHA-256 of the evidence, hex. Over the lines one after the other it is the same as over the file.
#[derive(Debug, Clone, Default)]
pub struct Hash(Sha256);

impl Hash {
    /// Goes on with these bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Of everything that was added.
    pub fn hex(&self) -> String {
        hex(&self.0.clone().finalize())
    }
}

/// SHA-256 of `bytes`, hex.
pub fn hash(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
