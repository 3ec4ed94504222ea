//! One pass over a body: validates UTF-8 and JSON, and notes where the fields stand that we read.

use spec::Kind;

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
pub struct Scratch {}

/// One body, split into messages.
pub struct Parsed<'a> {
    body: &'a [u8],
    scratch: &'a mut Scratch,
}

/// Splits `body`: one message of `kind`, or for `None` the envelope of a batch.
///
/// Errors: [`SplitError`] when it is not one JSON object in UTF-8 within our limits.
pub fn split<'a>(
    body: &'a [u8],
    kind: Option<Kind>,
    scratch: &'a mut Scratch,
) -> Result<Parsed<'a>, SplitError> {
    let _ = kind;
    Ok(Parsed { body, scratch })
}

impl Parsed<'_> {
    /// The write key in the body, when it is text.
    pub fn body_write_key(&self) -> Option<&str> {
        let _ = (self.body, &self.scratch);
        None
    }

    /// How many messages it carries.
    pub fn messages(&self) -> usize {
        0
    }
}
