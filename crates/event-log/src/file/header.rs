//! The first block of a segment.
//!
//! ```text
//! 0      8        12   16    24     32      40             72      264
//! magic  version  crc  base  nonce  log ms  zeros          secret  zeros … 2048: the same again
//! ```
//!
//! Magic, version, the checksum (of the first 512 bytes, itself as zeros) and the second copy are
//! fixed for every version, so that a newer one is told from a damaged one.

use super::chunk::{BLOCK, Chunk};

const MAGIC: [u8; 8] = *b"hwlog\r\n\0";
const VERSION: u32 = 1;
const COVERED: usize = 512;
const COPIES: [usize; 2] = [0, 2048];
const SECRET_AT: usize = 72;

/// Secret of the installation's hash of keys. Goes from segment to segment.
pub(crate) type Secret = [u8; 192];

/// What a segment says about itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct SegmentHeader {
    /// Position of the first frame, which stands right after the header's block.
    pub(crate) base: u64,
    /// Part of every frame's hash; new for every use of a file.
    pub(crate) nonce: u64,
    /// The log's own time when the segment began.
    pub(crate) created_ms: i64,
    pub(crate) secret: Secret,
}

/// Why a header was not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Neither copy holds.
    Damaged,
    /// It holds, and was written by a version that we do not know.
    Newer(u32),
}

impl SegmentHeader {
    /// The block to write.
    pub(crate) fn block(&self) -> Chunk {
        let mut chunk = Chunk::new(BLOCK);
        let block = chunk.open();
        for at in COPIES {
            let copy = &mut block[at..at + COVERED];
            copy[..8].copy_from_slice(&MAGIC);
            copy[8..12].copy_from_slice(&VERSION.to_le_bytes());
            copy[16..24].copy_from_slice(&self.base.to_le_bytes());
            copy[24..32].copy_from_slice(&self.nonce.to_le_bytes());
            copy[32..40].copy_from_slice(&self.created_ms.to_le_bytes());
            copy[SECRET_AT..SECRET_AT + 192].copy_from_slice(&self.secret);
            let crc = crc32c::crc32c(copy);
            copy[12..16].copy_from_slice(&crc.to_le_bytes());
        }
        chunk
    }

    /// Reads a block, from whichever copy holds.
    pub(crate) fn read(block: &[u8]) -> Result<SegmentHeader, Unread> {
        let mut newer = None;
        for at in COPIES {
            let Some(copy) = block.get(at..at + COVERED) else { continue };
            let mut copy: [u8; COVERED] = copy.try_into().expect("its length was asked for");
            let u64_at = |copy: &[u8], at: usize| {
                u64::from_le_bytes(copy[at..at + 8].try_into().expect("8 bytes"))
            };
            let crc: [u8; 4] = copy[12..16].try_into().expect("4 bytes");
            copy[12..16].fill(0);
            if copy[..8] != MAGIC || crc32c::crc32c(&copy).to_le_bytes() != crc {
                continue;
            }
            let version = u32::from_le_bytes(copy[8..12].try_into().expect("4 bytes"));
            if version > VERSION {
                newer = Some(version);
                continue;
            }
            return Ok(SegmentHeader {
                base: u64_at(&copy, 16),
                nonce: u64_at(&copy, 24),
                created_ms: u64_at(&copy, 32) as i64,
                secret: copy[SECRET_AT..SECRET_AT + 192].try_into().expect("192 bytes"),
            });
        }
        Err(newer.map_or(Unread::Damaged, Unread::Newer))
    }
}

/// Writes `version` into both copies of a header and makes them hold: data of the future.
#[cfg(test)]
pub(crate) fn set_version(block: &mut [u8], version: u32) {
    for at in COPIES {
        let copy = &mut block[at..at + COVERED];
        copy[8..12].copy_from_slice(&version.to_le_bytes());
        copy[12..16].fill(0);
        let crc = crc32c::crc32c(copy);
        copy[12..16].copy_from_slice(&crc.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_copy_is_enough() {
        let header = SegmentHeader { base: 8, nonce: 9, created_ms: 10, secret: [7; 192] };
        let block = header.block();
        for at in [0, 20, 100, 2048, 2048 + 511] {
            let mut damaged = block.bytes().to_vec();
            damaged[at] ^= 4;
            assert_eq!(SegmentHeader::read(&damaged), Ok(header.clone()));
        }
        let mut damaged = block.bytes().to_vec();
        (damaged[30], damaged[2048 + 30]) = (1, 1);
        assert_eq!(SegmentHeader::read(&damaged), Err(Unread::Damaged));
        assert_eq!(SegmentHeader::read(&[]), Err(Unread::Damaged));
        let mut newer = block.bytes().to_vec();
        set_version(&mut newer, 2);
        assert_eq!(SegmentHeader::read(&newer), Err(Unread::Newer(2)));
    }
}
