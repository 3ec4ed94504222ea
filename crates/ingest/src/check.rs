//! The wire rules for messages in a file, without a server.
//!
//! A file holds JSON values one after the other: messages, envelopes of batches, arrays of either.
//! One value, one per line, or laid out for reading: all the same. Every fault of a message is
//! told, not only the first.

#[cfg(test)]
mod tests;

use std::borrow::Cow;

use spec::Kind;

use crate::{
    accept::{Fault, Scratch, SplitFault, message_id, split},
    merged::{Beside, Merged, Room},
    split::{
        Field, Parsed, Shape, Slots, Value,
        scan::{Bad, Scan},
    },
    validate::{self, View},
};

/// What [`check`] found in a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Messages that were checked, bad ones included.
    pub messages: usize,
    /// What is wrong, in the order of the file.
    pub findings: Vec<Finding>,
}

/// One fault of one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The line on which the message begins, or the JSON goes wrong; from 1.
    pub line: usize,
    /// Place in its batch or array, from 0.
    pub index: Option<usize>,
    /// Its `messageId`, where it has a usable one.
    pub message_id: Option<String>,
    /// What is wrong.
    pub fault: Fault,
}

/// A message that the wire rules take, for those who have more to ask of it.
#[derive(Debug, Clone, Copy)]
pub struct Sound<'a> {
    /// The line on which it begins; from 1.
    pub line: usize,
    /// Place in its batch or array, from 0.
    pub index: Option<usize>,
    /// Its `messageId`, where it has a usable one.
    pub message_id: Option<&'a str>,
    /// The message as it was sent, with the `context` of its batch merged in.
    pub json: &'a [u8],
}

/// Checks every message in `file`. A batched message needs a `type`, and so does every message
/// here: there is no path that says it.
pub fn check(file: &[u8]) -> Report {
    check_with(file, &mut |_| ())
}

/// The same, and shows `more` each message that the wire rules take.
pub fn check_with(file: &[u8], more: &mut dyn FnMut(&Sound<'_>)) -> Report {
    let bytes = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let report = Report::default();
    let mut checker = Checker { file: bytes, counted: 0, line: 1, report, more };
    if u32::try_from(bytes.len()).is_err() {
        checker.malformed(0, "a file of less than 4 GiB");
        return checker.report;
    }
    if let Err(error) = std::str::from_utf8(bytes) {
        checker.malformed(error.valid_up_to(), "text in UTF-8");
        return checker.report;
    }
    let mut outer = Vec::new();
    let mut at = 0;
    loop {
        let mut scan = Scan::new(bytes, &mut outer);
        scan.at = at;
        scan.skip_space();
        let start = scan.at;
        if start == bytes.len() {
            break;
        }
        at = match scan.value().and_then(|value| checker.top(value.start as usize, scan.at)) {
            Ok(end) => end,
            Err(bad) => {
                checker.malformed(bad.at as usize, bad.expected.as_str());
                // In a file of lines the next line may be right.
                let rest = &bytes[start..];
                match memchr::memmem::find(rest, b"\n{") {
                    Some(behind) => start + behind + 1,
                    None => break,
                }
            }
        };
    }
    checker.report
}

struct Checker<'a, 'm> {
    file: &'a [u8],
    /// `line` is the line of this place.
    counted: usize,
    line: usize,
    report: Report,
    more: &'m mut dyn FnMut(&Sound<'_>),
}

impl<'a> Checker<'a, '_> {
    /// A value that stands alone; gives its end.
    fn top(&mut self, start: usize, end: usize) -> Result<usize, Bad> {
        if self.file[start] != b'[' {
            self.value(start, end, None);
            return Ok(end);
        }
        let mut outer = Vec::new();
        let mut scan = Scan::new(self.file, &mut outer);
        scan.at = start;
        let mut index = 0;
        scan.array(|scan| {
            let value = scan.value()?;
            self.value(value.start as usize, value.end as usize, Some(index));
            index += 1;
            Ok(())
        })?;
        Ok(end)
    }

    /// A message or an envelope.
    fn value(&mut self, start: usize, end: usize, index: Option<usize>) {
        let mut scratch = Scratch::default();
        let raw = &self.file[start..end];
        if raw[0] != b'{' {
            self.report.messages += 1;
            let fault =
                validate::whole("bad_request", "the message is no object".into(), "an object");
            return self.find(start, index, None, fault);
        }
        let kind = if is_envelope(raw) { None } else { Some(Kind::Track) };
        match split(raw, kind, &mut scratch) {
            Err(error) => {
                self.report.messages += 1;
                let detail = match error.fault {
                    SplitFault::Malformed => "it is nested too deep",
                    SplitFault::TooLarge => "it is too large",
                };
                let fault = validate::whole("invalid_request", detail.into(), error.expected);
                self.find(start, index, None, fault);
            }
            Ok(parsed) if kind.is_none() => self.envelope(start, &parsed),
            Ok(parsed) => self.messages(start, &parsed, |_| index),
        }
    }

    fn envelope(&mut self, start: usize, parsed: &Parsed<'_>) {
        if parsed.scratch.items.is_empty() {
            self.find(start, None, None, validate::empty_batch(parsed.envelope.batch));
        }
        self.messages(start, parsed, Some);
        if parsed.envelope.uncounted > 0 {
            let index = parsed.scratch.items.len();
            self.report.messages += parsed.envelope.uncounted as usize;
            let fault = validate::surplus(parsed.envelope.uncounted);
            self.find(start, Some(index), None, fault);
        }
    }

    fn messages(
        &mut self,
        start: usize,
        parsed: &Parsed<'_>,
        place: impl Fn(usize) -> Option<usize>,
    ) {
        let (body, scratch) = (parsed.body, &*parsed.scratch);
        let beside = Beside::new(body, &parsed.envelope);
        let mut room = Room::default();
        for (index, item) in scratch.items.iter().enumerate() {
            self.report.messages += 1;
            let at = start + item.whole.start as usize;
            let place = place(index);
            if let Some(fault) = validate::unreadable(item, index) {
                self.find(at, place, None, fault);
                continue;
            }
            let slots = Slots::of(item, &scratch.members);
            let id = message_id(&slots, body);
            let kind = match validate::kind_of(&slots, body) {
                Ok(kind) => kind,
                Err(fault) => {
                    self.find(at, place, id, fault);
                    continue;
                }
            };
            let merged = Merged::of(&beside, item, &slots, &mut room);
            let context = (merged.facts, merged.context_bytes);
            let context_value = slots.value(Field::Context);
            let view = View { body, kind, slots: &slots, context, context_value };
            let faults = view.faults();
            if faults.is_empty() {
                let json = with_context(body, item.whole, context_value, merged.context);
                let line = self.line_of(at);
                let sound = Sound { line, index: place, message_id: id.as_deref(), json: &json };
                (self.more)(&sound);
            }
            for fault in faults {
                self.find(at, place, id.clone(), fault);
            }
        }
    }

    fn malformed(&mut self, at: usize, expected: &'static str) {
        self.report.messages += 1;
        let detail = format!("malformed JSON at byte {at}");
        self.find(at, None, None, validate::whole("invalid_request", detail.into(), expected));
    }

    fn find(&mut self, at: usize, index: Option<usize>, message_id: Option<String>, fault: Fault) {
        let line = self.line_of(at);
        self.report.findings.push(Finding { line, index, message_id, fault });
    }

    /// The line on which the byte at `at` stands.
    fn line_of(&mut self, at: usize) -> usize {
        // An envelope's own faults come after its messages'.
        if at < self.counted {
            (self.counted, self.line) = (0, 1);
        }
        self.line += memchr::memchr_iter(b'\n', &self.file[self.counted..at]).count();
        self.counted = at;
        self.line
    }
}

/// The message at `whole` with `merged` in place of its `own` context, if there is any to merge.
fn with_context<'a>(
    body: &'a [u8],
    whole: Value,
    own: Value,
    merged: Option<&[u8]>,
) -> Cow<'a, [u8]> {
    let Some(merged) = merged else { return Cow::Borrowed(whole.raw(body)) };
    let (start, end) = (whole.start as usize, whole.end as usize);
    if own.shape == Shape::Absent {
        // Behind the brace: a message that the rules take has other members.
        return [b"{\"context\":", merged, b",", &body[start + 1..end]].concat().into();
    }
    let (from, to) = (own.start as usize, own.end as usize);
    [&body[start..from], merged, &body[to..end]].concat().into()
}

/// Whether this object is the envelope of a batch, and no message.
fn is_envelope(raw: &[u8]) -> bool {
    let mut outer = Vec::new();
    let (mut batch, mut kind) = (false, false);
    let read = Scan::new(raw, &mut outer).object(|scan, key| {
        let field = Field::of(key, raw);
        let value = scan.value()?;
        batch |= field == Some(Field::Batch);
        kind |= field == Some(Field::Type) && value.shape == Shape::String;
        Ok(())
    });
    read.is_ok() && batch && !kind
}
