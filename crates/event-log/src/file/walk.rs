//! Going from frame to frame, past whatever is damaged.

use bytes::Bytes;

use crate::{
    Entry, Position, Tag,
    frame::{self, DUPLICATE_BYTES, HEADER},
};

/// Where frames come from: a segment, whatever its form.
pub(crate) trait Source {
    /// Bytes from `position` on, at least `at_least` unless the segment ends before; bytes that
    /// cannot be had are zeros.
    fn load(&mut self, position: u64, at_least: usize) -> std::io::Result<Bytes>;
}

/// Goes through the frames of `[position, end)` in one segment.
pub(crate) struct Walk<S> {
    pub(crate) source: S,
    nonce: u64,
    position: u64,
    end: u64,
    window: Bytes,
    window_at: u64,
}

/// What stands at a position.
pub(crate) enum Step {
    /// A frame whose checksum holds.
    Frame(Frame),
    /// Bytes that are no frame, up to the next one or the end.
    Damage { from: u64, to: u64 },
    /// Nothing more.
    End,
}

/// One whole frame, shared with the window it was read in.
pub(crate) struct Frame {
    pub(crate) position: u64,
    pub(crate) bytes: Bytes,
}

impl Frame {
    /// Where the next one can stand.
    pub(crate) fn end(&self) -> u64 {
        self.position + self.bytes.len() as u64
    }

    /// As readers get it.
    pub(crate) fn entry(&self) -> Entry {
        entry(&self.bytes, 0, self.position)
    }
}

/// The entry of the frame that stands at `at` in `bytes`, which holds.
pub(crate) fn entry(bytes: &Bytes, at: usize, position: u64) -> Entry {
    let header = frame::header(&bytes[at..]);
    let body = at + HEADER..at + HEADER + header.payload;
    let (mut duplicate_of, mut payload) = (None, Bytes::new());
    if header.duplicate {
        let first: [u8; DUPLICATE_BYTES] =
            bytes[body].try_into().expect("a duplicate that holds has this payload");
        duplicate_of = Some(Position(u64::from_le_bytes(first)));
    } else if !body.is_empty() {
        payload = bytes.slice(body);
    }
    Entry { position: Position(position), label: header.label, duplicate_of, payload }
}

/// The key of a frame, unless it is a duplicate, and its time.
pub(crate) fn new_key(frame: &[u8]) -> Option<(u128, i64)> {
    let header = frame::header(frame);
    match header.label.tag {
        Tag::Key(key) if !header.duplicate => Some((key, header.label.time_ms)),
        _ => None,
    }
}

impl<S: Source> Walk<S> {
    /// Starts at `position`, a multiple of 8; frames end at `end` at the latest.
    pub(crate) fn new(source: S, nonce: u64, position: u64, end: u64) -> Walk<S> {
        Walk { source, nonce, position, end, window: Bytes::new(), window_at: position }
    }

    /// Where the next step is taken.
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Goes on at `position`.
    pub(crate) fn jump(&mut self, position: u64) {
        self.position = position;
    }

    /// Whether a frame that holds stands right here.
    pub(crate) fn is_at_frame(&mut self) -> std::io::Result<bool> {
        Ok(self.frame_here()?.is_some())
    }

    /// Whether the next frame was loaded already, whole.
    pub(crate) fn is_next_loaded(&self) -> bool {
        let room = self.end.saturating_sub(self.position);
        let offset = self.position.checked_sub(self.window_at).map(|offset| offset as usize);
        let rest = offset.and_then(|offset| self.window.get(offset..)).unwrap_or_default();
        rest.len() >= HEADER
            && frame::tied(rest, self.nonce, self.position, room)
                .is_some_and(|len| len <= rest.len())
    }

    /// The next step.
    pub(crate) fn step(&mut self) -> std::io::Result<Step> {
        if self.position + HEADER as u64 > self.end {
            return self.rest();
        }
        if let Some(bytes) = self.frame_here()? {
            let frame = Frame { position: self.position, bytes };
            self.position = frame.end();
            return Ok(Step::Frame(frame));
        }
        let from = self.position;
        while self.position + HEADER as u64 <= self.end {
            self.position += 8;
            self.skip_zeros();
            if self.position + HEADER as u64 <= self.end && self.frame_here()?.is_some() {
                return Ok(Step::Damage { from, to: self.position });
            }
        }
        self.position = from;
        self.rest()
    }

    /// What is left is too short for a frame, or holds none.
    fn rest(&mut self) -> std::io::Result<Step> {
        let from = std::mem::replace(&mut self.position, self.end);
        Ok(if from < self.end { Step::Damage { from, to: self.end } } else { Step::End })
    }

    /// A word of zeros begins no frame.
    fn skip_zeros(&mut self) {
        let Some(offset) = self.position.checked_sub(self.window_at) else { return };
        let rest = self.window.get(offset as usize..).unwrap_or_default();
        let zeros = rest.chunks_exact(8).take_while(|word| **word == [0; 8]).count() as u64;
        self.position = (self.position + zeros * 8).min(self.end);
    }

    fn frame_here(&mut self) -> std::io::Result<Option<Bytes>> {
        let room = self.end.saturating_sub(self.position);
        if room < HEADER as u64 {
            return Ok(None);
        }
        let at = self.ensure(HEADER)?;
        let Some(len) = frame::tied(&self.window[at..], self.nonce, self.position, room) else {
            return Ok(None);
        };
        let at = self.ensure(len)?;
        let whole = at..at + len;
        Ok(frame::intact(&self.window[whole.clone()]).then(|| self.window.slice(whole)))
    }

    /// Makes the window hold `len` bytes from the position on; where they begin in it.
    fn ensure(&mut self, len: usize) -> std::io::Result<usize> {
        let inset = self.position.checked_sub(self.window_at).map(|inset| inset as usize);
        if let Some(inset) = inset.filter(|inset| inset + len <= self.window.len()) {
            return Ok(inset);
        }
        self.window = self.source.load(self.position, len)?;
        self.window_at = self.position;
        if self.window.len() < len {
            let mut padded = self.window.to_vec();
            padded.resize(len, 0);
            self.window = padded.into();
        }
        Ok(0)
    }
}
