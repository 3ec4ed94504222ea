//! A segment of the event log, written by the description of its format alone (`event-log`:
//! `frame.rs`, `file/header.rs`), so that a fuzzer can write frames whose checksums hold.

const BLOCK: usize = 4096;
const HEADER: usize = 44;
const NONCE: u64 = 0x6865_6164_7761_7465;
const PLACED: u32 = 1 << 29;
const GROUP_START: u32 = 1 << 30;
const MORE: u32 = 1 << 31;
const TIME_MS: u64 = 1_772_445_600_000;

/// A segment at position 0 on its way.
pub struct Segment {
    bytes: Vec<u8>,
    /// Position and payload of every record that was written as one should be.
    pub whole: Vec<(u64, Vec<u8>)>,
    /// Nothing was written that is no record.
    pub sound: bool,
}

/// What stands in a frame's head.
struct Head {
    kind: u8,
    flags: u8,
    key: [u8; 16],
    bits: u32,
}

impl Segment {
    /// Writes what `script` says: a row of steps, each a byte that says which and one that says
    /// how long.
    pub fn of(mut script: &[u8]) -> Segment {
        let mut segment = Segment { bytes: header(), whole: Vec::new(), sound: true };
        while let Some(([step, length], rest)) = script.split_first_chunk::<2>() {
            let (payload, after) = rest.split_at(rest.len().min(usize::from(*length)));
            script = after;
            match step % 6 {
                0 => segment.record(payload, GROUP_START),
                1 => {
                    segment.record(payload, GROUP_START | MORE);
                    segment.record(payload, 0);
                }
                2 => segment.odd(|bytes| bytes.extend_from_slice(payload)),
                3 => segment.odd(|bytes| {
                    let at = bytes.len();
                    frame(bytes, &plain(GROUP_START), payload);
                    let broken = at + usize::from(*length) % (bytes.len() - at);
                    bytes[broken] ^= 1 << (step >> 5);
                }),
                4 => {
                    let mut key = [0; 16];
                    let bits = [0, GROUP_START, MORE, GROUP_START | MORE];
                    let (head, rest) = payload.split_at(payload.len().min(18));
                    let byte = |at: usize| head.get(at).copied().unwrap_or(0);
                    (0..16).for_each(|at| key[at] = byte(at + 2));
                    let bits = bits[usize::from(step >> 6)];
                    let head = Head { kind: byte(0), flags: byte(1), key, bits };
                    segment.odd(|bytes| frame(bytes, &head, rest));
                }
                _ => segment.odd(|bytes| bytes.resize(bytes.len() + usize::from(*length) * 8, 0)),
            }
        }
        segment
    }

    /// The file.
    pub fn file(&self) -> Vec<u8> {
        let mut file = self.bytes.clone();
        file.resize(file.len().next_multiple_of(BLOCK), 0);
        file
    }

    fn record(&mut self, payload: &[u8], bits: u32) {
        self.whole.push(((self.bytes.len() - BLOCK) as u64, payload.to_vec()));
        frame(&mut self.bytes, &plain(bits), payload);
    }

    fn odd(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        self.sound = false;
        write(&mut self.bytes);
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
    }
}

fn plain(bits: u32) -> Head {
    Head { kind: 1, flags: 0, key: [0; 16], bits }
}

fn header() -> Vec<u8> {
    let mut block = vec![0; BLOCK];
    for copy in [0, 2048] {
        let copy = &mut block[copy..copy + 512];
        copy[..8].copy_from_slice(b"hwlog\r\n\0");
        copy[8..12].copy_from_slice(&1u32.to_le_bytes());
        copy[24..32].copy_from_slice(&NONCE.to_le_bytes());
        copy[32..40].copy_from_slice(&TIME_MS.to_le_bytes());
        copy[72..264].fill(7);
        let crc = crc32c::crc32c(copy);
        copy[12..16].copy_from_slice(&crc.to_le_bytes());
    }
    block
}

fn frame(out: &mut Vec<u8>, head: &Head, payload: &[u8]) {
    let (at, position) = (out.len(), (out.len() - BLOCK) as u64);
    let len = payload.len() as u32 | PLACED | head.bits;
    out.resize(at + HEADER, 0);
    out.extend_from_slice(payload);
    let end = out.len();
    out.resize(end.next_multiple_of(8), 0);
    let frame = &mut out[at..end];
    frame[..4].copy_from_slice(&len.to_le_bytes());
    frame[12..20].copy_from_slice(&9u64.to_le_bytes());
    frame[20..26].copy_from_slice(&TIME_MS.to_le_bytes()[..6]);
    (frame[26], frame[27]) = (head.kind, head.flags);
    frame[28..HEADER].copy_from_slice(&head.key);
    let crc = crc32c::crc32c(&frame[12..]);
    frame[4..8].copy_from_slice(&crc.to_le_bytes());
    let mut mixed = NONCE ^ position.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^= u64::from(len) << 32 | u64::from(crc);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed = (mixed ^ mixed >> 33).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    frame[8..12].copy_from_slice(&((mixed >> 32) as u32).to_le_bytes());
}
