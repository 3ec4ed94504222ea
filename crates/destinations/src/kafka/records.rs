//! Batches of records, as they stand in the log of a partition.
//!
//! ```text
//! i64 base offset   i32 length   i32 leader epoch   i8 magic 2   u32 CRC-32C of all that follows
//! i16 attributes    i32 last offset delta   i64 first and i64 greatest timestamp
//! i64 producer id   i16 its epoch   i32 first sequence number   i32 count   records …
//! ```
//!
//! Source: Apache Kafka, "Message format", "Record batch".

use std::io::{self, Write as _};

use bytes::Bytes;
use flate2::write::GzEncoder;

use super::{calls::ProducerId, wire::Writer};

/// Bytes of a batch before its records.
pub(crate) const HEAD_BYTES: usize = 61;
const LENGTH_AT: usize = 8;
/// What the length counts begins here.
const LENGTH_FROM: usize = 12;
const CRC_AT: usize = 17;
/// What the checksum covers begins here.
const CRC_FROM: usize = 21;
const GZIP_LEVEL: u32 = 6;
const ZSTD_LEVEL: i32 = 3;

/// How the records of a batch are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compression {
    None = 0,
    Gzip = 1,
    Snappy = 2,
    Lz4 = 3,
    Zstd = 4,
}

impl Compression {
    /// Their names in settings.
    pub(crate) const NAMES: [(&'static str, Compression); 5] = [
        ("none", Compression::None),
        ("gzip", Compression::Gzip),
        ("snappy", Compression::Snappy),
        ("lz4", Compression::Lz4),
        ("zstd", Compression::Zstd),
    ];

    fn compress(self, records: Vec<u8>) -> io::Result<Vec<u8>> {
        match self {
            Compression::None => Ok(records),
            Compression::Gzip => {
                let mut out = GzEncoder::new(Vec::new(), flate2::Compression::new(GZIP_LEVEL));
                out.write_all(&records)?;
                out.finish()
            }
            Compression::Snappy => {
                snap::raw::Encoder::new().compress_vec(&records).map_err(io::Error::other)
            }
            Compression::Lz4 => {
                let mut out = lz4_flex::frame::FrameEncoder::new(Vec::new());
                out.write_all(&records)?;
                out.finish().map_err(io::Error::other)
            }
            Compression::Zstd => zstd::bulk::compress(&records, ZSTD_LEVEL),
        }
    }
}

/// One message as it goes to a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Record {
    /// When it was first sent, Unix milliseconds.
    pub(crate) timestamp_ms: i64,
    pub(crate) key: Option<Vec<u8>>,
    pub(crate) value: Bytes,
    pub(crate) headers: Vec<(Bytes, Bytes)>,
}

impl Record {
    /// About as many bytes as it takes in a batch, and no fewer.
    pub(crate) fn bytes(&self) -> usize {
        // lengths and differences, at most 10 bytes each
        const NUMBERS: usize = 64;
        let headers = self.headers.iter().map(|(name, value)| name.len() + value.len() + 10);
        let key = self.key.as_ref().map_or(0, Vec::len);
        NUMBERS + key + self.value.len() + headers.sum::<usize>()
    }

    fn write(&self, at: usize, first_timestamp_ms: i64, out: &mut Writer, body: &mut Writer) {
        body.0.clear();
        body.i8(0);
        body.varint(self.timestamp_ms - first_timestamp_ms);
        body.varint(at as i64);
        body.var_bytes(self.key.as_deref());
        body.varint(self.value.len() as i64);
        let mut after = Writer::default();
        after.varint(self.headers.len() as i64);
        for (name, value) in &self.headers {
            after.var_bytes(Some(name));
            after.var_bytes(Some(value));
        }
        out.varint((body.0.len() + self.value.len() + after.0.len()) as i64);
        for part in [&body.0[..], &self.value, &after.0] {
            out.0.extend_from_slice(part);
        }
    }
}

/// Writes `records`, at least one, as one batch whose first sequence number is `sequence`.
///
/// Errors: they cannot be compressed.
pub(crate) fn batch(
    records: &[&Record],
    producer: ProducerId,
    sequence: i32,
    compression: Compression,
) -> io::Result<Vec<u8>> {
    let first_ms = records.first().map_or(0, |record| record.timestamp_ms);
    let greatest_ms = records.iter().map(|record| record.timestamp_ms).max().unwrap_or(first_ms);
    let count = i32::try_from(records.len()).expect("a batch is bounded");
    let bytes = records.iter().map(|record| record.bytes()).sum::<usize>();

    let mut body = Writer(Vec::with_capacity(bytes));
    let mut scratch = Writer::default();
    for (at, record) in records.iter().enumerate() {
        record.write(at, first_ms, &mut body, &mut scratch);
    }
    let body = compression.compress(body.0)?;

    let mut out = Writer(Vec::with_capacity(HEAD_BYTES + body.len()));
    out.i64(0);
    out.i32(0);
    out.i32(-1);
    out.i8(2);
    out.u32(0);
    out.i16(compression as i16);
    out.i32(count - 1);
    out.i64(first_ms);
    out.i64(greatest_ms);
    out.i64(producer.id);
    out.i16(producer.epoch);
    out.i32(sequence);
    out.i32(count);
    out.0.extend_from_slice(&body);
    let length = i32::try_from(out.0.len() - LENGTH_FROM).expect("a batch is bounded");
    out.0[LENGTH_AT..LENGTH_FROM].copy_from_slice(&length.to_be_bytes());
    let checksum = crc32c::crc32c(&out.0[CRC_FROM..]);
    out.0[CRC_AT..CRC_FROM].copy_from_slice(&checksum.to_be_bytes());
    Ok(out.0)
}

/// The sequence number `count` after `sequence`; after the greatest comes 0.
pub(crate) fn sequence_after(sequence: i32, count: usize) -> i32 {
    ((i64::from(sequence) + count as i64) % (i64::from(i32::MAX) + 1)) as i32
}

/// The partition of `count` to which `key` belongs, as Apache Kafka's own producer says.
pub(crate) fn partition_of(key: &[u8], count: i32) -> i32 {
    (murmur2(key) & 0x7fff_ffff) as i32 % count.max(1)
}

/// MurmurHash2 with the seed of Apache Kafka's producer.
fn murmur2(bytes: &[u8]) -> u32 {
    const M: u32 = 0x5bd1_e995;
    let mut hash = 0x9747_b28c ^ bytes.len() as u32;
    let mut words = bytes.chunks_exact(4);
    for word in &mut words {
        let mut k = u32::from_le_bytes(word.try_into().expect("four bytes")).wrapping_mul(M);
        k ^= k >> 24;
        hash = hash.wrapping_mul(M) ^ k.wrapping_mul(M);
    }
    let rest = words.remainder();
    if !rest.is_empty() {
        let word = rest.iter().rev().fold(0, |word, byte| word << 8 | u32::from(*byte));
        hash = (hash ^ word).wrapping_mul(M);
    }
    hash ^= hash >> 13;
    hash = hash.wrapping_mul(M);
    hash ^ (hash >> 15)
}
