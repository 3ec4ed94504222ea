//! How a record stands in the log.
//!
//! ```text
//! 0    4    8       16            22    23     24          40
//! len  crc  stream  time_ms(u48)  kind  flags  key/refers  payload … zeros to a multiple of 8
//! ```
//!
//! Everything little-endian; `len` is the payload's. The checksum covers everything after itself
//! and `len`; the engine that writes a frame ties it to its place (see the file engine), so that
//! bytes of a recycled segment never parse.

use crate::{CONTROL, Label, Position, Tag};

/// Bytes of a frame before its payload.
pub(crate) const HEADER: usize = 40;
pub(crate) const FLAG_KEY: u8 = 1;
pub(crate) const FLAG_REFERS: u8 = 2;
pub(crate) const FLAG_DUPLICATE: u8 = 4;

/// Bytes of a frame with this much payload.
pub(crate) const fn frame_bytes(payload: usize) -> usize {
    HEADER + payload.div_ceil(8) * 8
}

/// Records that are appended together, all or none, encoded once by the caller.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    pub(crate) frames: Vec<u8>,
    pub(crate) records: usize,
    pub(crate) wants_places: bool,
}

impl Batch {
    /// An empty batch.
    pub fn new() -> Batch {
        Batch::default()
    }

    /// An empty batch with room for this many bytes of payload.
    pub fn with_capacity(bytes: usize) -> Batch {
        Batch { frames: Vec::with_capacity(bytes), ..Batch::default() }
    }

    /// Asks for the place of each record in [`crate::Appended::places`].
    pub fn want_places(&mut self) {
        self.wants_places = true;
    }

    /// Adds a record.
    pub fn push(&mut self, label: Label, payload: &[u8]) {
        self.push_with(|out| {
            out.extend_from_slice(payload);
            label
        });
    }

    /// Adds a record whose payload `write` appends to the buffer it is given, without touching
    /// what is there already; it returns the label.
    pub fn push_with(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Label) {
        let at = self.frames.len();
        self.frames.resize(at + HEADER, 0);
        let label = write(&mut self.frames);
        let payload = self.frames.len() - at - HEADER;
        self.frames.resize(at + frame_bytes(payload), 0);
        seal(&mut self.frames[at..], label, payload, None);
        self.records += 1;
    }

    /// Records, with this batch, that `group` has come to `position`.
    pub fn commit(&mut self, group: &str, position: Position) {
        let label = Label { kind: CONTROL, stream: 0, time_ms: 0, tag: Tag::None };
        self.push_with(|out| {
            out.extend_from_slice(&position.0.to_le_bytes());
            out.extend_from_slice(group.as_bytes());
            label
        });
    }

    /// Records in the batch.
    pub fn len(&self) -> usize {
        self.records
    }

    /// Whether the batch holds no record.
    pub fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Bytes the batch takes in the log.
    pub fn bytes(&self) -> usize {
        self.frames.len()
    }
}

/// Fills in the header of a frame whose payload stands after it.
pub(crate) fn seal(frame: &mut [u8], label: Label, payload: usize, duplicate: Option<()>) {
    let (mut flags, key) = match label.tag {
        Tag::None => (0, [0; 16]),
        Tag::Key(key) => (FLAG_KEY, key.to_le_bytes()),
        Tag::Refers(first, last) => {
            let mut key = [0; 16];
            key[..8].copy_from_slice(&first.0.to_le_bytes());
            key[8..].copy_from_slice(&last.0.to_le_bytes());
            (FLAG_REFERS, key)
        }
    };
    if duplicate.is_some() {
        flags |= FLAG_DUPLICATE;
    }
    let len = u32::try_from(payload).expect("batches are bounded far below 4 GiB");
    frame[..4].copy_from_slice(&len.to_le_bytes());
    frame[8..16].copy_from_slice(&label.stream.to_le_bytes());
    frame[16..22].copy_from_slice(&label.time_ms.max(0).to_le_bytes()[..6]);
    frame[22] = label.kind;
    frame[23] = flags;
    frame[24..40].copy_from_slice(&key);
    let crc = crc32c::crc32c(&frame[8..HEADER + payload]);
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
}

/// What a frame's header says. The caller has checked that 40 bytes are there.
pub(crate) struct Header {
    pub(crate) payload: usize,
    pub(crate) crc: u32,
    pub(crate) label: Label,
    pub(crate) duplicate: bool,
}

pub(crate) fn header(frame: &[u8]) -> Header {
    let u32_at = |at: usize| u32::from_le_bytes(frame[at..at + 4].try_into().expect("4 bytes"));
    let u64_at = |at: usize| u64::from_le_bytes(frame[at..at + 8].try_into().expect("8 bytes"));
    let flags = frame[23];
    let tag = if flags & FLAG_KEY != 0 {
        Tag::Key(u128::from_le_bytes(frame[24..40].try_into().expect("16 bytes")))
    } else if flags & FLAG_REFERS != 0 {
        Tag::Refers(Position(u64_at(24)), Position(u64_at(32)))
    } else {
        Tag::None
    };
    let time_ms = (u64_at(16) & 0xffff_ffff_ffff) as i64;
    Header {
        payload: u32_at(0) as usize,
        crc: u32_at(4),
        label: Label { kind: frame[22], stream: u64_at(8), time_ms, tag },
        duplicate: flags & FLAG_DUPLICATE != 0,
    }
}
