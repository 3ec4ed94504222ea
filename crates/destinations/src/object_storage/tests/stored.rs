//! What stands in a store, read as any reader would: from the files.

use std::{
    collections::BTreeMap,
    fs,
    io::{ErrorKind, Read as _},
    path::{Path, PathBuf},
};

use bytes::Bytes;
use destination_kit::Parcel;

/// Every file below `root` with its bytes, but those of the server itself.
pub(super) fn objects(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries {
            let Ok(entry) = entry else { continue };
            let path = entry.path();
            let name = path.strip_prefix(root).expect("it is below").to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if !name.starts_with('.') && !name.contains("/.") {
                match fs::read(&path) {
                    // the server was faster: it renames and deletes meanwhile
                    Err(gone) if gone.kind() == ErrorKind::NotFound => {}
                    read => drop(found.insert(name, read.expect("it can be read"))),
                }
            }
        }
    }
    found
}

/// The files with messages.
pub(super) fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = objects(root);
    found.retain(|name, _| !name.contains("_headwater/"));
    found
}

/// Paths of our own objects in the folder `what`.
pub(super) fn ours(root: &Path, what: &str) -> Vec<PathBuf> {
    let found = objects(root).into_keys();
    found.filter(|name| name.contains(&format!("/{what}/"))).map(|name| root.join(name)).collect()
}

/// Every line of every file, sorted.
pub(super) fn lines(root: &Path) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, bytes) in files(root) {
        let mut text = String::new();
        if name.ends_with(".gz") {
            let mut plain = flate2::read::GzDecoder::new(&bytes[..]);
            plain.read_to_string(&mut text).unwrap_or_else(|bad| panic!("{name}: {bad}"));
        } else if name.ends_with(".zst") {
            let plain = zstd::bulk::decompress(&bytes, 64 << 20).expect("it is whole");
            text = String::from_utf8(plain).expect("text");
        } else {
            panic!("{name} holds no lines");
        }
        lines.extend(text.lines().map(str::to_owned));
    }
    lines.sort();
    lines
}

/// What [`lines`] must give: each of `parcels` once.
pub(super) fn expected(parcels: &[Parcel]) -> Vec<String> {
    let text = |raw: &Bytes| String::from_utf8(raw.to_vec()).expect("text");
    let mut lines: Vec<String> = parcels.iter().map(|one| text(one.message.raw())).collect();
    lines.sort();
    lines
}

/// Position and id of every row of every Parquet file.
pub(super) fn rows(root: &Path) -> Vec<(i64, String)> {
    use parquet::{
        file::reader::{FileReader as _, SerializedFileReader},
        record::RowAccessor as _,
    };
    let mut found = Vec::new();
    for (name, bytes) in files(root) {
        assert!(name.ends_with(".parquet"), "{name}");
        let reader = SerializedFileReader::new(Bytes::from(bytes)).expect("a Parquet file");
        for row in reader.get_row_iter(None).expect("its rows") {
            let row = row.expect("a row");
            let id = row.get_string(1).expect("the id").clone();
            found.push((row.get_long(0).expect("the position"), id));
        }
    }
    found
}
