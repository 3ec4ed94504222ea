//! Copies an object member by member in as few pieces as can be, leaving out some members and
//! replacing the values of others.

use spec::Span;

use crate::split::{Member, Value};

/// An object on its way into `out`. Tell it of members in the order in which they stand.
pub(super) struct Splice<'a, 'o> {
    pub(super) body: &'a [u8],
    out: &'o mut Vec<u8>,
    /// Where its JSON begins in `out`.
    json: usize,
    /// What stands before it is copied, or left out.
    cursor: usize,
    /// Behind the last member.
    end: usize,
    /// A comma is due before the next piece.
    comma: bool,
}

impl<'a, 'o> Splice<'a, 'o> {
    /// Begins with the opening brace.
    pub(super) fn begin(body: &'a [u8], whole: Value, out: &'o mut Vec<u8>) -> Self {
        let json = out.len();
        out.push(b'{');
        let (start, end) = (whole.start as usize + 1, whole.end as usize - 1);
        let inside = body[start..end].trim_ascii();
        let cursor = end - body[start..end].trim_ascii_start().len();
        Splice { body, out, json, cursor, end: cursor + inside.len(), comma: false }
    }

    /// Where the value will stand.
    pub(super) fn whole(&self, value: Value) -> Span {
        let ahead = value.start as usize - self.cursor + usize::from(self.comma);
        let start = self.out.len() - self.json + ahead;
        Span { start: start as u32, len: value.end - value.start }
    }

    /// Where what stands between the quotes of a text will stand; nowhere for other values and
    /// for empty text.
    pub(super) fn inside(&self, value: Value) -> Span {
        if value.some_text(self.body).is_none() {
            return Span::default();
        }
        let whole = self.whole(value);
        Span { start: whole.start + 1, len: whole.len - 2 }
    }

    /// Leaves a member out.
    pub(super) fn cut(&mut self, member: &Member) {
        let before = self.body[self.cursor..member.key_start as usize].trim_ascii_end();
        let before = before.strip_suffix(b",").unwrap_or(before).trim_ascii_end();
        if !before.is_empty() {
            self.piece(before);
        }
        self.comma = self.out.len() > self.json + 1;
        let behind = member.value.end as usize;
        let rest = self.body[behind..self.end].trim_ascii_start();
        let rest = rest.strip_prefix(b",").unwrap_or(rest).trim_ascii_start();
        self.cursor = self.end - rest.len();
    }

    /// Writes another value in place of `value`; gives its place.
    pub(super) fn replace(&mut self, value: Value, write: impl FnOnce(&mut Vec<u8>)) -> Span {
        self.piece(&self.body[self.cursor..value.start as usize]);
        let start = self.out.len();
        write(self.out);
        self.cursor = value.end as usize;
        Span { start: (start - self.json) as u32, len: (self.out.len() - start) as u32 }
    }

    /// Writes `with` in place of `value`; gives its place if it holds anything.
    pub(super) fn replace_with(&mut self, value: Value, with: &[u8]) -> Span {
        let span = self.replace(value, |out| out.extend_from_slice(with));
        if with.len() > 2 { span } else { Span::default() }
    }

    /// Copies what is left, without a closing brace; gives the place of the opening one.
    pub(super) fn finish(mut self) -> usize {
        if self.cursor < self.end {
            self.piece(&self.body[self.cursor..self.end]);
        }
        self.json
    }

    fn piece(&mut self, piece: &[u8]) {
        if std::mem::take(&mut self.comma) {
            self.out.push(b',');
        }
        self.out.extend_from_slice(piece);
    }
}
