//! One pass over a body: validates UTF-8 and JSON, and notes where the fields stand that we read,
//! for a single message or for each message of a batch. Nothing is copied and nothing is decided.
//!
//! - Duplicate keys: the last one wins; of the keys we know, earlier ones are taken out.
//! - Keys are compared after their escapes are undone.
//! - Deeper than [`spec::limits::DEPTH_MAX`]: a single message is malformed, one of a batch is
//!   marked and the rest is split as if nothing had happened.
//! - Malformed JSON anywhere spoils the whole body: SDKs then drop a file they could never send.

mod context;
mod field;
pub(crate) mod scan;
#[cfg(test)]
mod tests;

use spec::{Kind, limits};

use self::scan::{Bad, Expected, Scan};
pub(crate) use self::{
    context::Context,
    field::{Field, Member, Slots},
    scan::{Shape, Value},
};
use crate::merged::Room;

/// Why a body cannot be taken: the sender hears 400.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{fault}")]
pub struct SplitError {
    /// What is wrong.
    pub fault: SplitFault,
    /// Where, in bytes from the start of the body.
    pub at: usize,
    /// What should stand there.
    pub expected: &'static str,
}

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SplitFault {
    /// Not JSON, not an object, or nested too deep.
    #[error("malformed JSON")]
    Malformed,
    /// Over a limit of size.
    #[error("Exceed payload limit")]
    TooLarge,
}

/// Memory that one request leaves to the next. Keep one per thread.
#[derive(Debug, Default)]
pub struct Scratch {
    pub(crate) items: Vec<Item>,
    pub(crate) members: Vec<Member>,
    pub(crate) room: Room,
    pub(crate) tail: Vec<u8>,
    outer: Vec<u64>,
}

/// One body, split into messages.
#[derive(Debug)]
pub struct Parsed<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) kind: Option<Kind>,
    pub(crate) envelope: Envelope,
    pub(crate) scratch: &'a mut Scratch,
}

/// What stands beside the messages of a batch.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Envelope {
    pub(crate) write_key: Value,
    pub(crate) sent_at: Value,
    pub(crate) context: Value,
    pub(crate) context_facts: Context,
    pub(crate) integrations: Value,
    pub(crate) batch: Value,
    /// Messages of the batch that were only counted, behind those in [`Scratch::items`].
    pub(crate) uncounted: u32,
}

/// One message, or what stands in its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Item {
    pub(crate) whole: Value,
    /// Its known members: a range of [`Scratch::members`].
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) context: Context,
    pub(crate) too_deep: bool,
}

/// Beyond the limit of a batch this many messages are still discarded one by one; what comes
/// after them is discarded in one.
const SURPLUS_MAX: usize = limits::BATCH_MESSAGES_MAX;

const TOO_DEEP: &str = "at most 64 levels of nesting";

/// Splits `body`: one message of `kind`, or for `None` the envelope of a batch.
///
/// Errors: [`SplitError`] when it is not one JSON object in UTF-8 within our limits.
pub fn split<'a>(
    body: &'a [u8],
    kind: Option<Kind>,
    scratch: &'a mut Scratch,
) -> Result<Parsed<'a>, SplitError> {
    let bytes = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let skipped = body.len() - bytes.len();
    let max = if kind.is_some() { limits::MESSAGE_BYTES_MAX } else { limits::BODY_BYTES_MAX };
    if bytes.len() > max {
        let expected = if kind.is_some() {
            "at most 32,768 bytes in one message"
        } else {
            "at most 557,056 bytes in one batch"
        };
        return Err(SplitError { fault: SplitFault::TooLarge, at: max, expected });
    }
    check_utf8(bytes)?;
    scratch.items.clear();
    scratch.members.clear();
    let Scratch { items, members, outer, .. } = &mut *scratch;
    let mut scan = Scan::new(bytes, outer);
    scan.skip_space();
    let envelope = if scan.byte() != b'{' {
        scan.bad(Expected::Object)
    } else if kind.is_some() {
        single(&mut scan, items, members)
    } else {
        envelope(&mut scan, items, members)
    };
    let envelope = envelope.and_then(|envelope| {
        scan.skip_space();
        if scan.at < bytes.len() { scan.bad(Expected::End) } else { Ok(envelope) }
    });
    let malformed = |at: usize, expected: &'static str| SplitError {
        fault: SplitFault::Malformed,
        at: at + skipped,
        expected,
    };
    let envelope =
        envelope.map_err(|bad: Bad| malformed(bad.at as usize, bad.expected.as_str()))?;
    let single_too_deep = kind.is_some() && items.iter().any(|item| item.too_deep);
    if scan.too_deep || single_too_deep {
        return Err(malformed(0, TOO_DEEP));
    }
    let beside = [envelope.context, envelope.integrations];
    if let Some(value) = beside.iter().find(|value| size(value) > limits::MESSAGE_BYTES_MAX) {
        return Err(SplitError {
            fault: SplitFault::TooLarge,
            at: value.start as usize + skipped,
            expected: "at most 32,768 bytes in the context and the integrations of a batch",
        });
    }
    Ok(Parsed { body: bytes, kind, envelope, scratch })
}

impl Parsed<'_> {
    /// The write key in the body, when it is text. May be empty.
    pub fn body_write_key(&self) -> Option<&str> {
        let text = self.envelope.write_key.text(self.body)?;
        std::str::from_utf8(text).ok()
    }

    /// How many messages [`crate::accept::fill`] will answer for with one record together.
    #[cfg(test)]
    pub(crate) fn uncounted_but_one(&self) -> usize {
        (self.envelope.uncounted as usize).saturating_sub(1)
    }

    /// How many messages it carries, bad ones included.
    pub fn messages(&self) -> usize {
        self.scratch.items.len() + self.envelope.uncounted as usize
    }
}

/// What rules ask of a context that was validated before.
pub(crate) fn context_facts(context: &[u8], outer: &mut Vec<u64>) -> Context {
    let mut facts = Context::default();
    let read = context::read(&mut Scan::new(context, outer), &mut facts);
    debug_assert!(read.is_ok(), "it was made of validated members");
    facts
}

fn size(value: &Value) -> usize {
    (value.end - value.start) as usize
}

fn check_utf8(bytes: &[u8]) -> Result<(), SplitError> {
    if simdutf8::basic::from_utf8(bytes).is_ok() {
        return Ok(());
    }
    let at = std::str::from_utf8(bytes).err().map_or(0, |error| error.valid_up_to());
    Err(SplitError { fault: SplitFault::Malformed, at, expected: "text in UTF-8" })
}

fn single(
    scan: &mut Scan<'_>,
    items: &mut Vec<Item>,
    members: &mut Vec<Member>,
) -> Result<Envelope, Bad> {
    let item = message(scan, members)?;
    let write_key = Slots::of(&item, members).value(Field::WriteKey);
    items.push(item);
    Ok(Envelope { write_key, ..Envelope::default() })
}

fn envelope(
    scan: &mut Scan<'_>,
    items: &mut Vec<Item>,
    members: &mut Vec<Member>,
) -> Result<Envelope, Bad> {
    let mut found = Envelope::default();
    scan.object(|scan, key| {
        match Field::of(key, scan.bytes) {
            Some(Field::Batch) if scan.byte() == b'[' => {
                items.clear();
                members.clear();
                found.uncounted = 0;
                found.batch = batch(scan, items, members, &mut found.uncounted)?;
            }
            Some(Field::Batch) => {
                items.clear();
                found.uncounted = 0;
                found.batch = scan.value()?;
            }
            Some(Field::WriteKey) => found.write_key = scan.value()?,
            Some(Field::SentAt) => found.sent_at = scan.value()?,
            Some(Field::Integrations) => found.integrations = scan.value()?,
            Some(Field::Context) => found.context = context::read(scan, &mut found.context_facts)?,
            _ => {
                scan.value()?;
            }
        }
        Ok(())
    })?;
    Ok(found)
}

fn batch(
    scan: &mut Scan<'_>,
    items: &mut Vec<Item>,
    members: &mut Vec<Member>,
    uncounted: &mut u32,
) -> Result<Value, Bad> {
    scan.array(|scan| {
        if items.len() < limits::BATCH_MESSAGES_MAX {
            items.push(message(scan, members)?);
            return Ok(());
        }
        let too_deep = scan.too_deep;
        let whole = scan.value()?;
        scan.too_deep = too_deep;
        if items.len() < limits::BATCH_MESSAGES_MAX + SURPLUS_MAX {
            let (first, context) = (members.len() as u32, Context::default());
            items.push(Item { whole, first, last: first, context, too_deep: false });
        } else {
            *uncounted += 1;
        }
        Ok(())
    })
}

/// Splits the message that begins here, or passes over what stands in its place.
#[inline]
fn message(scan: &mut Scan<'_>, members: &mut Vec<Member>) -> Result<Item, Bad> {
    let first = members.len() as u32;
    let depth = std::mem::take(&mut scan.depth);
    let too_deep = std::mem::take(&mut scan.too_deep);
    let mut context = Context::default();
    let whole = if scan.byte() == b'{' {
        scan.object(|scan, key| {
            let field = Field::of(key, scan.bytes);
            let value = if field == Some(Field::Context) {
                context::read(scan, &mut context)?
            } else {
                scan.value()?
            };
            if let Some(field) = field {
                members.push(Member { field, key_start: key.start, value });
            }
            Ok(())
        })?
    } else {
        scan.value()?
    };
    scan.depth = depth;
    let too_deep = std::mem::replace(&mut scan.too_deep, too_deep);
    Ok(Item { whole, first, last: members.len() as u32, context, too_deep })
}
