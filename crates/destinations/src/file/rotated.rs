//! Finished files: their names, and their compression in the background.
//!
//! A file is compressed beside itself, synced, renamed, and only then removed, so that at every
//! moment one of the two is whole.

use std::{
    fs::{self, File},
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread::{self, JoinHandle},
};

use flate2::{Compression, GzBuilder};

/// What finished files end with.
const PLAIN: &str = ".ndjson";
const COMPRESSED: &str = ".ndjson.gz";
const UNFINISHED: &str = ".gz.tmp";
const COPY_BYTES: usize = 256 * 1024;

/// A name of a finished file: the time at which it was begun, and a number for those that would
/// come before an earlier one. Sorts as text in the order in which the files were written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Name {
    time: String,
    number: u32,
}

impl Name {
    /// The next name after this one, for a file that was begun at `begun_ms`. Clocks go back;
    /// names do not.
    pub fn next(&self, begun_ms: i64) -> Name {
        let mut iso = Vec::with_capacity(24);
        spec::format_iso(begun_ms, &mut iso);
        let kept = iso.into_iter().filter(|byte| !matches!(byte, b'-' | b':'));
        let time: String = kept.map(char::from).collect();
        if time > self.time {
            return Name { time, number: 0 };
        }
        Name { time: self.time.clone(), number: self.number + 1 }
    }

    /// The name of its file while it is not compressed.
    pub fn file_name(&self) -> String {
        format!("{}-{:04}{PLAIN}", self.time, self.number)
    }

    /// Reads the name of a finished file, compressed or not.
    fn read(file_name: &str) -> Option<Name> {
        let stem = file_name.strip_suffix(COMPRESSED).or_else(|| file_name.strip_suffix(PLAIN))?;
        let (time, number) = stem.split_once('-')?;
        Some(Name { time: time.to_owned(), number: number.parse().ok()? })
    }
}

/// Removes what a crash has left, and tells the newest name.
pub fn clean(folder: &Path) -> io::Result<Name> {
    let mut newest = Name::default();
    for file_name in file_names(folder)? {
        let path = folder.join(&file_name);
        if file_name.ends_with(UNFINISHED) {
            fs::remove_file(&path)?;
        } else if let Some(name) = Name::read(&file_name) {
            newest = newest.max(name);
            if file_name.ends_with(PLAIN) && compressed_path(&path).exists() {
                fs::remove_file(&path)?;
            }
        }
    }
    Ok(newest)
}

/// Compresses finished files on a thread of its own.
pub struct Compressor {
    folder: Option<PathBuf>,
    stopped: Arc<AtomicBool>,
    running: Option<JoinHandle<io::Result<()>>>,
}

impl Compressor {
    /// One for `folder`, or one that does nothing.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Compressor { folder, stopped: Arc::default(), running: None }
    }

    /// There may be files to compress. Those that come too late for a run wait for the next.
    pub fn nudge(&mut self) {
        let Some(folder) = self.folder.clone() else { return };
        if self.running.as_ref().is_some_and(|running| !running.is_finished()) {
            return;
        }
        self.report();
        let stopped = self.stopped.clone();
        let name = "file-compressor".to_owned();
        match thread::Builder::new().name(name).spawn(move || compress_all(&folder, &stopped)) {
            Ok(running) => self.running = Some(running),
            Err(error) => tracing::warn!(%error, "finished files are not compressed for now"),
        }
    }

    /// Compresses what is left and returns when all is done.
    pub fn finish(mut self) -> io::Result<()> {
        self.report();
        self.folder.as_ref().map_or(Ok(()), |folder| compress_all(folder, &self.stopped))
    }

    fn report(&mut self) {
        if let Some(Ok(Err(error))) = self.running.take().map(JoinHandle::join) {
            tracing::warn!(%error, "finished files were not all compressed; it is tried again");
        }
    }
}

impl Drop for Compressor {
    fn drop(&mut self) {
        self.stopped.store(true, Relaxed);
        self.report();
    }
}

fn compress_all(folder: &Path, stopped: &AtomicBool) -> io::Result<()> {
    loop {
        let mut names = file_names(folder)?;
        names.retain(|name| name.ends_with(PLAIN) && Name::read(name).is_some());
        names.sort();
        if names.is_empty() {
            return Ok(());
        }
        for name in names {
            if !compress(&folder.join(name), stopped)? {
                return Ok(());
            }
        }
    }
}

/// `false` when it was stopped on the way.
fn compress(plain: &Path, stopped: &AtomicBool) -> io::Result<bool> {
    let compressed = compressed_path(plain);
    let unfinished = compressed.with_extension("gz.tmp");
    let mut from = File::open(plain)?;
    let mut to = GzBuilder::new().write(File::create(&unfinished)?, Compression::default());
    let mut buffer = vec![0; COPY_BYTES];
    loop {
        if stopped.load(Relaxed) {
            return Ok(false);
        }
        match from.read(&mut buffer)? {
            0 => break,
            read => to.write_all(&buffer[..read])?,
        }
    }
    to.finish()?.sync_all()?;
    fs::rename(&unfinished, &compressed)?;
    sync_names(plain.parent().unwrap_or(Path::new(".")))?;
    fs::remove_file(plain)?;
    Ok(true)
}

/// Makes names that were given or taken in `folder` durable.
pub fn sync_names(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn compressed_path(plain: &Path) -> PathBuf {
    plain.with_extension("ndjson.gz")
}

fn file_names(folder: &Path) -> io::Result<Vec<String>> {
    let names = fs::read_dir(folder)?.map(|entry| Ok(entry?.file_name().into_string().ok()));
    names.filter_map(io::Result::transpose).collect()
}
