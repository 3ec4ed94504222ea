//! Replays on disk: one file of JSON each, written whole.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::Path,
};

use super::Replay;

/// Writes `replay`: whole or not at all, and durable when this returns.
pub fn store(folder: &Path, replay: &Replay) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let path = folder.join(format!("{}.json", replay.id));
    let beside = path.with_extension("new");
    let mut file = File::create(&beside)?;
    file.write_all(&serde_json::to_vec(replay)?)?;
    file.sync_all()?;
    fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()
}

/// Removes the replay called `id`.
pub fn remove(folder: &Path, id: &str) {
    if let Err(error) = fs::remove_file(folder.join(format!("{id}.json"))) {
        tracing::warn!(replay = id, %error, "the file of an old replay was not removed");
    }
}

/// Every replay in `folder`. One that cannot be read is left aside, and said so.
pub fn load_all(folder: &Path) -> Vec<Replay> {
    let Ok(entries) = fs::read_dir(folder) else { return vec![] };
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let files = paths.filter(|path| path.extension().is_some_and(|end| end == "json"));
    files
        .filter_map(|path| {
            let read = fs::read(&path).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
            read.inspect_err(|error| {
                tracing::warn!(path = %path.display(), %error, "a replay cannot be read");
            })
            .ok()
        })
        .collect()
}
