//! How a record stands in the log.
//!
//! ```text
//! 0    4    8      12      20           26    27     28          44
//! len  crc  place  stream  time_ms(48)  kind  flags  key/refers  payload … zeros to a multiple of 8
//! ```
//!
//! Everything little-endian; `len` is the payload's, in its low 29 bits. `crc` covers everything
//! after `place` and is made by the caller's thread. `place` is made by the engine that writes the
//! frame: a hash of `len`, `crc`, the position and the segment's nonce, so that bytes of another
//! place, of a recycled segment, or written by a sender into a payload never parse, and so that a
//! search for the next frame costs one hash at each step, not one checksum.

use crate::{CONTROL, Label, Position, Tag};

/// Bytes of a frame before its payload.
pub(crate) const HEADER: usize = 44;
/// Payload of a duplicate's frame: where the first record with its key stands.
pub(crate) const DUPLICATE_BYTES: usize = 8;
pub(crate) const FLAG_KEY: u8 = 1;
pub(crate) const FLAG_REFERS: u8 = 2;
pub(crate) const FLAG_DUPLICATE: u8 = 4;

/// Largest payload of a record.
pub(crate) const PAYLOAD_MAX: usize = (1 << 29) - 1;
/// In the word of the length: always set in a frame that has a place, so that zeros are no frame.
const PLACED: u32 = 1 << 29;
/// In the word of the length: the first frame of a group that was written and synced as one.
pub(crate) const GROUP_START: u32 = 1 << 30;
/// In the word of the length: the batch goes on in the next frame.
pub(crate) const MORE: u32 = 1 << 31;

/// Bytes of a frame with this much payload.
pub(crate) const fn frame_bytes(payload: usize) -> usize {
    (HEADER + payload).next_multiple_of(8)
}

/// Records that are appended together, all or none, encoded once by the caller.
#[derive(Debug, Default, Clone)]
pub struct Batch {
    pub(crate) frames: Vec<u8>,
    pub(crate) records: usize,
    pub(crate) wants_places: bool,
    /// Whether a record has a key. Batches without are outcomes and cursors: they get the last
    /// room on a full disk.
    pub(crate) keyed: bool,
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
        self.keyed |= matches!(label.tag, Tag::Key(_));
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

    /// Records, with this batch, that `group` is no more: it no longer holds retention back.
    pub fn leave(&mut self, group: &str) {
        self.commit(group, LEFT);
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
    assert!(payload <= PAYLOAD_MAX, "callers bound what they append far below 512 MB");
    frame[..4].copy_from_slice(&(payload as u32).to_le_bytes());
    frame[12..20].copy_from_slice(&label.stream.to_le_bytes());
    frame[20..26].copy_from_slice(&label.time_ms.max(0).to_le_bytes()[..6]);
    frame[26] = label.kind;
    frame[27] = flags;
    frame[28..HEADER].copy_from_slice(&key);
    let crc = crc32c::crc32c(&frame[12..HEADER + payload]);
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
}

/// What a frame's header says. The caller has checked that the bytes are there.
pub(crate) struct Header {
    pub(crate) payload: usize,
    pub(crate) label: Label,
    pub(crate) duplicate: bool,
}

pub(crate) fn header(frame: &[u8]) -> Header {
    let flags = frame[27];
    let tag = if flags & FLAG_KEY != 0 {
        Tag::Key(u128::from_le_bytes(frame[28..44].try_into().expect("16 bytes")))
    } else if flags & FLAG_REFERS != 0 {
        Tag::Refers(Position(u64_at(frame, 28)), Position(u64_at(frame, 36)))
    } else {
        Tag::None
    };
    let time_ms = (u64_at(frame, 20) & 0xffff_ffff_ffff) as i64;
    Header {
        payload: (u32_at(frame, 0) & PAYLOAD_MAX as u32) as usize,
        label: Label { kind: frame[26], stream: u64_at(frame, 12), time_ms, tag },
        duplicate: flags & FLAG_DUPLICATE != 0,
    }
}

/// The key in a frame's header, if it has one.
pub(crate) fn key(frame: &[u8]) -> Option<u128> {
    let has_key = frame[27] & FLAG_KEY != 0;
    has_key.then(|| u128::from_le_bytes(frame[28..44].try_into().expect("16 bytes")))
}

/// Ties a sealed frame to its place. `bits` are [`GROUP_START`] and [`MORE`].
pub(crate) fn tie(frame: &mut [u8], nonce: u64, position: u64, bits: u32) {
    let len = u32_at(frame, 0) & PAYLOAD_MAX as u32 | PLACED | bits;
    let place = place(nonce, position, len, u32_at(frame, 4));
    frame[..4].copy_from_slice(&len.to_le_bytes());
    frame[8..12].copy_from_slice(&place.to_le_bytes());
}

/// Bytes of the frame that begins here, if one does and it ends within `room`. At least
/// [`HEADER`] bytes of it are there.
pub(crate) fn tied(frame: &[u8], nonce: u64, position: u64, room: u64) -> Option<usize> {
    let len = u32_at(frame, 0);
    if len & PLACED == 0 {
        return None;
    }
    let bytes = frame_bytes((len & PAYLOAD_MAX as u32) as usize);
    let fits = bytes as u64 <= room;
    let here = || u32_at(frame, 8) == place(nonce, position, len, u32_at(frame, 4));
    (fits && here()).then_some(bytes)
}

/// Whether the checksum of a frame that is there whole holds, and its form is one that we write.
pub(crate) fn intact(frame: &[u8]) -> bool {
    let payload = (u32_at(frame, 0) & PAYLOAD_MAX as u32) as usize;
    let formed = frame[27] & FLAG_DUPLICATE == 0 || payload == DUPLICATE_BYTES;
    formed && crc32c::crc32c(&frame[12..HEADER + payload]) == u32_at(frame, 4)
}

/// The bits of a tied frame: [`GROUP_START`] and [`MORE`].
pub(crate) fn bits(frame: &[u8]) -> u32 {
    u32_at(frame, 0) & (GROUP_START | MORE)
}

fn place(nonce: u64, position: u64, len: u32, crc: u32) -> u32 {
    let mut mixed = nonce ^ position.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^= u64::from(len) << 32 | u64::from(crc);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (mixed >> 32) as u32
}

/// Where a group has come, in the payload of a [`CONTROL`] record; `None` once it has left.
pub(crate) fn cursor(payload: &[u8]) -> Option<(&str, Option<Position>)> {
    let (to, group) = payload.split_at_checked(8)?;
    let to = Position(u64_at(to, 0));
    Some((std::str::from_utf8(group).ok()?, (to != LEFT).then_some(to)))
}

/// The position that says a group has left.
const LEFT: Position = Position(u64::MAX);

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("4 bytes"))
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("8 bytes"))
}
