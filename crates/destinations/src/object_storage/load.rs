//! What one delivery becomes: files, and the manifest that says which messages are in them. Pure:
//! the same messages make the same names and bytes.

use std::{
    collections::{BTreeMap, HashSet},
    io::Write as _,
};

use bytes::Bytes;
use destination_kit::Parcel;
use flate2::{Compression, GzBuilder, write::GzEncoder};
use object_store::path::Path;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use spec::DestinationId;
use xxhash_rust::xxh3::xxh3_64;

use super::{columns::Table, layout::Layout, parquet};
use crate::file::lines;

const ZSTD_LEVEL: i32 = 3;
/// A manifest is a few bytes for each message; this is far beyond any that was written.
const MANIFEST_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// How messages stand in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    LinesGzip,
    LinesZstd,
    Parquet,
}

/// What makes files of messages.
#[derive(Debug, Clone)]
pub(super) struct Cutter {
    pub owner: DestinationId,
    pub prefix: Path,
    pub layout: Layout,
    pub format: Format,
}

/// Files that belong together, with their manifest.
#[derive(Debug, Clone)]
pub(super) struct Load {
    pub name: LoadName,
    pub manifest: Bytes,
    pub files: Vec<(Path, Bytes)>,
}

/// Names a load so that loads sort by the last position in them: what may come again is one
/// listing from there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LoadName {
    pub last: u64,
    pub first: u64,
    hash: String,
}

/// Which files a load is made of, and which messages each of them holds.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Manifest {
    destination: String,
    messages: usize,
    pub files: Vec<FileEntry>,
}

/// One file of a load.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct FileEntry {
    pub path: String,
    pub bytes: u64,
    sha256: String,
    messages: usize,
    /// Positions in the log: the first, then how much each is greater than the one before.
    positions: Vec<u64>,
    /// Eight digits for each message, a hash of its `messageId`. A log that was begun anew gives
    /// positions a second time.
    ids: String,
}

/// A message, as manifests know it.
pub(super) type Mark = (u64, u32);

/// How a manifest knows `parcel`.
pub(super) fn mark(parcel: &Parcel) -> Mark {
    (parcel.position, xxh3_64(parcel.message.message_id()) as u32)
}

/// Whether somebody asked for `parcel`, so that it may come again on purpose.
pub(super) fn is_replayed(parcel: &Parcel) -> bool {
    memchr::memmem::find(parcel.message.raw(), br#""replay":{"id":"rpl_"#).is_some()
}

impl Cutter {
    /// Makes a load of `parcels`, of which there is at least one.
    pub(super) fn load(&self, mut parcels: Vec<Parcel>) -> Load {
        parcels.sort_unstable_by_key(|parcel| parcel.position);
        let (first, last) = (parcels[0].position, parcels[parcels.len() - 1].position);
        let mut folders: BTreeMap<String, Vec<&Parcel>> = BTreeMap::new();
        for parcel in &parcels {
            folders.entry(self.layout.folder_of(parcel)).or_default().push(parcel);
        }
        let cut: Vec<(String, Vec<&Parcel>, Vec<u8>)> = folders
            .into_iter()
            .map(|(folder, parcels)| {
                let bytes = self.bytes(&parcels);
                (folder, parcels, bytes)
            })
            .collect();
        let hash = self.hash(&cut);
        let (mut entries, mut files) = (Vec::new(), Vec::new());
        for (folder, parcels, bytes) in cut {
            let (path, entry) = self.entry(&folder, &parcels, &bytes, &hash);
            entries.push(entry);
            files.push((path, Bytes::from(bytes)));
        }
        let manifest = Manifest {
            destination: self.owner.as_str().to_owned(),
            messages: parcels.len(),
            files: entries,
        };
        let json = serde_json::to_vec(&manifest).expect("a manifest is JSON");
        let manifest = gzip(&mut |out| out.write_all(&json)).into();
        Load { name: LoadName { last, first, hash }, manifest, files }
    }

    /// Eight digits that tell this load from any other: a name that holds them is its own, and
    /// always means the same bytes.
    fn hash(&self, cut: &[(String, Vec<&Parcel>, Vec<u8>)]) -> String {
        let mut hash = Sha256::new_with_prefix(self.owner.as_str());
        for (folder, parcels, bytes) in cut {
            hash.update([0]);
            hash.update(folder);
            hash.update(Sha256::digest(bytes));
            for (position, id) in parcels.iter().map(|parcel| mark(parcel)) {
                hash.update(position.to_be_bytes());
                hash.update(id.to_be_bytes());
            }
        }
        hex(&hash.finalize()[..4])
    }

    fn entry(
        &self,
        folder: &str,
        parcels: &[&Parcel],
        bytes: &[u8],
        hash: &str,
    ) -> (Path, FileEntry) {
        let (first, last) = (parcels[0].position, parcels[parcels.len() - 1].position);
        let name = format!("{first:020}-{last:020}-{hash}.{}", self.format.word());
        let path = format!("{}/{folder}/{name}", self.prefix);
        let path = Path::parse(path.trim_start_matches('/')).expect("layouts make plain folders");
        let mut before = 0;
        let gap =
            |parcel: &&Parcel| parcel.position - std::mem::replace(&mut before, parcel.position);
        let entry = FileEntry {
            path: path.to_string(),
            bytes: bytes.len() as u64,
            sha256: hex(&Sha256::digest(bytes)),
            messages: parcels.len(),
            positions: parcels.iter().map(gap).collect(),
            ids: parcels.iter().map(|parcel| format!("{:08x}", mark(parcel).1)).collect(),
        };
        (path, entry)
    }

    fn bytes(&self, parcels: &[&Parcel]) -> Vec<u8> {
        if self.format == Format::Parquet {
            let table = Table::new(parcels, &self.layout);
            return parquet::write(&table).expect("a table fits into the schema made from it");
        }
        let messages: Vec<Bytes> =
            parcels.iter().map(|parcel| parcel.message.raw().clone()).collect();
        if self.format == Format::LinesGzip {
            return gzip(&mut |out| lines::write(out, &messages));
        }
        let mut plain = Vec::with_capacity(lines::len(&messages) as usize);
        lines::write(&mut plain, &messages).expect("a vector takes it");
        zstd::bulk::compress(&plain, ZSTD_LEVEL).expect("the bound of its size is known")
    }
}

impl Format {
    /// Every format by its word, which is what its files end with.
    pub(super) const WORDS: [(&str, Format); 3] = [
        ("ndjson.gz", Format::LinesGzip),
        ("ndjson.zst", Format::LinesZstd),
        ("parquet", Format::Parquet),
    ];

    fn word(self) -> &'static str {
        Self::WORDS[self as usize].0
    }
}

impl LoadName {
    /// Comes before every load whose last message stands at `position` or later, and after all others.
    pub(super) fn ends_at(position: u64) -> LoadName {
        LoadName { last: position, first: 0, hash: String::new() }
    }

    /// Reads the name of a manifest's object.
    pub(super) fn read(file_name: &str) -> Option<LoadName> {
        let mut parts = file_name.strip_suffix(".json.gz")?.split('-');
        let (last, first, hash) = (parts.next()?, parts.next()?, parts.next()?);
        Some(LoadName {
            last: last.parse().ok()?,
            first: first.parse().ok()?,
            hash: hash.to_owned(),
        })
    }

    /// The name of the manifest's object.
    pub(super) fn file_name(&self) -> String {
        format!("{:020}-{:020}-{}.json.gz", self.last, self.first, self.hash)
    }
}

impl Manifest {
    /// Reads a manifest's object.
    ///
    /// Errors: it is none, in words.
    pub(super) fn read(bytes: &[u8]) -> Result<Manifest, String> {
        #[expect(clippy::disallowed_methods, reason = "capped on the next line")]
        let inflated = flate2::read::GzDecoder::new(bytes);
        let capped = std::io::Read::take(inflated, MANIFEST_BYTES_MAX);
        serde_json::from_reader(capped).map_err(|error| error.to_string())
    }
}

impl FileEntry {
    /// Where it is.
    pub(super) fn place(&self) -> Path {
        Path::parse(&self.path).unwrap_or_default()
    }

    /// The messages in it.
    pub(super) fn marks(&self) -> HashSet<Mark> {
        let mut at = 0_u64;
        let positions = self.positions.iter().map(move |gap| {
            at = at.saturating_add(*gap);
            at
        });
        let id = |digits: &[u8]| u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        positions
            .zip(self.ids.as_bytes().chunks(8))
            .filter_map(|(position, digits)| Some((position, id(digits)?)))
            .collect()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The same bytes for the same content: no name, no time.
fn gzip(write: &mut dyn FnMut(&mut GzEncoder<Vec<u8>>) -> std::io::Result<()>) -> Vec<u8> {
    let mut out = GzBuilder::new().write(Vec::new(), Compression::default());
    write(&mut out).and_then(|()| out.finish()).expect("a vector takes it")
}

#[cfg(test)]
mod tests;
