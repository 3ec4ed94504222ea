//! Everything that must survive a crash, in one file of lines: campaigns, and what happened to
//! their mails. The same file is the queue to Headwater; how far it got is kept in a second one.
//!
//! Promises: a line is on disk before anybody hears that it is; what was cut off by a crash was
//! never promised and is taken away; after a failed write nothing more is written, for nobody
//! knows what stands at the end of the file.

use std::{
    fs::{self, File},
    io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::campaign::Campaign;

#[cfg(test)]
mod tests;

/// One line.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Entry {
    /// Somebody wants this sent.
    Campaign(Campaign),
    /// Something happened: the message as Headwater gets it.
    Message(Value),
}

/// The file.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
    /// Where the next line begins.
    end: u64,
    /// Whether a write failed.
    broken: bool,
}

/// Messages that Headwater has not got yet.
#[derive(Debug)]
pub struct Unsent {
    /// In order; at most what one request may hold.
    pub messages: Vec<Value>,
    /// Where the next ones begin.
    pub next: u64,
}

impl Journal {
    /// Opens the one in `folder`, or begins it. Gives each entry with the place of its end to
    /// `each`, in order.
    ///
    /// # Errors
    /// It cannot be read, or is damaged elsewhere than at its end.
    pub fn open(folder: &Path, mut each: impl FnMut(u64, Entry)) -> io::Result<Journal> {
        let path = folder.join("journal.ndjson");
        let file = File::options().read(true).append(true).create(true).open(&path)?;
        file.try_lock().map_err(|_| {
            io::Error::other(format!("{} is in use by another process", path.display()))
        })?;
        let mut end = 0;
        let mut reader = BufReader::new(&file);
        let mut line = Vec::new();
        loop {
            line.clear();
            reader.read_until(b'\n', &mut line)?;
            if line.last() != Some(&b'\n') {
                break;
            }
            let entry = serde_json::from_slice(&line).map_err(|error| {
                io::Error::other(format!("{} is damaged at byte {end}: {error}", path.display()))
            })?;
            end += line.len() as u64;
            each(end, entry);
        }
        file.set_len(end)?;
        file.sync_all()?;
        File::open(folder)?.sync_all()?;
        Ok(Journal { path, file, end, broken: false })
    }

    /// Adds an entry; the place of its end. `Ok` means that it is on disk.
    ///
    /// # Errors
    /// It is not, and nothing will be until the journal is opened again.
    pub fn append(&mut self, entry: &Entry) -> io::Result<u64> {
        if self.broken {
            return Err(io::Error::other("an earlier write failed"));
        }
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        let written = self.file.write_all(&line).and_then(|()| self.file.sync_data());
        self.broken = written.is_err();
        written?;
        self.end += line.len() as u64;
        Ok(self.end)
    }

    /// The messages after `from`, at most `max` of them, in at most `max_bytes` unless one alone
    /// has more.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn unsent(&self, from: u64, max: usize, max_bytes: usize) -> io::Result<Unsent> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(from))?;
        let mut reader = BufReader::new(file.take(self.end.saturating_sub(from)));
        let mut unsent = Unsent { messages: Vec::new(), next: from };
        let (mut line, mut bytes) = (Vec::new(), 0);
        while unsent.messages.len() < max {
            line.clear();
            if reader.read_until(b'\n', &mut line)? == 0 {
                break;
            }
            if let Entry::Message(message) = serde_json::from_slice(&line)? {
                bytes += line.len();
                if bytes > max_bytes && !unsent.messages.is_empty() {
                    break;
                }
                unsent.messages.push(message);
            }
            unsent.next += line.len() as u64;
        }
        Ok(unsent)
    }
}

/// How far Headwater has got the journal; the file holds the number in decimal.
#[derive(Debug)]
pub struct Sent {
    folder: PathBuf,
    at: u64,
}

impl Sent {
    /// Reads it from `folder`; nothing has been sent unless it says so.
    ///
    /// # Errors
    /// It cannot be read, or is no number.
    pub fn open(folder: &Path) -> io::Result<Sent> {
        let path = folder.join("sent");
        let at = match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map_err(|error| {
                io::Error::other(format!("{} is damaged: {error}", path.display()))
            })?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            Err(error) => return Err(error),
        };
        Ok(Sent { folder: folder.to_owned(), at })
    }

    /// Everything before this place has been sent.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// Notes that everything before `at` has been sent. Should a crash undo it, messages are sent
    /// again, by the same ids.
    ///
    /// # Errors
    /// It cannot be kept.
    pub fn set(&mut self, at: u64) -> io::Result<()> {
        let new = self.folder.join("sent.new");
        let mut file = File::create(&new)?;
        write!(file, "{at}")?;
        file.sync_all()?;
        fs::rename(&new, self.folder.join("sent"))?;
        File::open(&self.folder)?.sync_all()?;
        self.at = at;
        Ok(())
    }
}
