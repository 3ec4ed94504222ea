//! The index's own two threads: one writes parts, one merges, so that a long merge holds up no
//! part. They end with the index: parts that wait are still written, a merge is given up.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crate::lines::Lines;
use crate::merge::{merge, write_part};
use crate::run::{Head, Run};
use crate::run_writer::unfinished;
use crate::{Id, IndexError};

/// Ids for which the writing thread keeps memory between two parts.
const SORTED_KEPT: usize = 300_000;

/// A part to write; then `forgotten` files, which it no longer counts on, are deleted.
pub(crate) struct PartJob {
    pub(crate) head: Head,
    pub(crate) ids: Arc<Vec<Id>>,
    pub(crate) forgotten: Vec<PathBuf>,
}

enum WriteJob {
    Part(PartJob),
    /// So many lines of memory.
    Lines(usize),
}

/// Files to replace by one; they are deleted when it is durable.
pub(crate) struct MergeJob {
    pub(crate) head: Head,
    pub(crate) inputs: Vec<Arc<Run>>,
}

/// What became of a job, named by its head.
pub(crate) enum Done {
    Part {
        head: Head,
        result: Result<Run, IndexError>,
    },
    Lines(Result<Lines, IndexError>),
    /// `None`: given up, because the index is being closed.
    Merge {
        head: Head,
        result: Result<Option<Run>, IndexError>,
    },
}

pub(crate) struct Workers {
    parts: Option<Sender<WriteJob>>,
    merges: Option<Sender<MergeJob>>,
    /// Locked only so that the index can be shared for look-ups.
    done: Mutex<Receiver<Done>>,
    in_flight: usize,
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
    folder: PathBuf,
}

#[derive(Default)]
struct Stop {
    merges: AtomicBool,
    parts: AtomicBool,
}

impl Workers {
    pub(crate) fn start(folder: &Path) -> Result<Workers, IndexError> {
        let (parts, part_jobs) = mpsc::channel::<WriteJob>();
        let (merges, merge_jobs) = mpsc::channel::<MergeJob>();
        let (done_parts, done) = mpsc::channel();
        let done_merges = done_parts.clone();
        let stop = Arc::new(Stop::default());
        let (stop_parts, stop_merges) = (stop.clone(), stop.clone());
        let (folder_parts, folder_merges) = (folder.to_owned(), folder.to_owned());
        let writing = move || {
            let mut sorted = Vec::new();
            for job in part_jobs {
                if stop_parts.parts.load(Ordering::Relaxed) {
                    return;
                }
                let _ = done_parts.send(match job {
                    WriteJob::Part(job) => do_part(&folder_parts, job, &mut sorted),
                    WriteJob::Lines(lines) => Done::Lines(Lines::touched(lines)),
                });
            }
        };
        let merging = move || {
            for job in merge_jobs {
                let _ = done_merges.send(do_merge(&folder_merges, job, &stop_merges.merges));
            }
        };
        let named = |name: &str| thread::Builder::new().name(name.to_owned());
        let threads = vec![
            named("ids-write").spawn(writing).map_err(IndexError::disk(folder))?,
            named("ids-merge").spawn(merging).map_err(IndexError::disk(folder))?,
        ];
        Ok(Workers {
            parts: Some(parts),
            merges: Some(merges),
            done: Mutex::new(done),
            in_flight: 0,
            stop,
            threads,
            folder: folder.to_owned(),
        })
    }

    /// Where the files are.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn write(&mut self, job: PartJob) -> Result<(), IndexError> {
        self.send(WriteJob::Part(job))
    }

    /// Gets so many lines of memory from the system.
    pub(crate) fn fetch_lines(&mut self, lines: usize) -> Result<(), IndexError> {
        self.send(WriteJob::Lines(lines))
    }

    fn send(&mut self, job: WriteJob) -> Result<(), IndexError> {
        let parts = self.parts.as_ref().ok_or(IndexError::Stopped)?;
        parts.send(job).map_err(|_| IndexError::Stopped)?;
        self.in_flight += 1;
        Ok(())
    }

    pub(crate) fn merge(&mut self, job: MergeJob) -> Result<(), IndexError> {
        let merges = self.merges.as_ref().ok_or(IndexError::Stopped)?;
        merges.send(job).map_err(|_| IndexError::Stopped)?;
        self.in_flight += 1;
        Ok(())
    }

    /// A finished job, if there is one.
    pub(crate) fn finished(&mut self) -> Option<Done> {
        if self.in_flight == 0 {
            return None;
        }
        let done = self.done.get_mut().expect("never locked, so never poisoned").try_recv().ok()?;
        self.in_flight -= 1;
        Some(done)
    }

    /// Waits for a job to finish; `None` when there is none.
    pub(crate) fn wait(&mut self) -> Result<Option<Done>, IndexError> {
        if self.in_flight == 0 {
            return Ok(None);
        }
        let done = self.done.get_mut().expect("never locked, so never poisoned");
        let done = done.recv().map_err(|_| IndexError::Stopped)?;
        self.in_flight -= 1;
        Ok(Some(done))
    }

    /// Ends as a crash would, but between two jobs.
    #[cfg(test)]
    pub(crate) fn crash(&mut self) {
        self.stop.parts.store(true, Ordering::Relaxed);
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.stop.merges.store(true, Ordering::Relaxed);
        self.parts = None;
        self.merges = None;
        for thread in self.threads.drain(..) {
            // A panic there has been printed; the next open mends what it left.
            let _ = thread.join();
        }
    }
}

fn do_part(folder: &Path, job: PartJob, sorted: &mut Vec<Id>) -> Done {
    let result = write_part(folder, job.head, &job.ids, sorted);
    sorted.shrink_to(SORTED_KEPT);
    match &result {
        Ok(_) => remove(job.forgotten.iter().map(PathBuf::as_path)),
        Err(_) => remove([unfinished(folder, &job.head).as_path()].into_iter()),
    }
    Done::Part { head: job.head, result }
}

fn do_merge(folder: &Path, job: MergeJob, stop: &AtomicBool) -> Done {
    let result = merge(folder, job.head, &job.inputs, stop);
    match &result {
        Ok(Some(_)) => remove(job.inputs.iter().map(|run| run.path.as_path())),
        Ok(None) | Err(_) => remove([unfinished(folder, &job.head).as_path()].into_iter()),
    }
    Done::Merge { head: job.head, result }
}

/// A file that stays does no harm: opening sees that another covers it.
fn remove<'a>(paths: impl Iterator<Item = &'a Path>) {
    for path in paths {
        if let Err(error) = fs::remove_file(path) {
            tracing::debug!(path = %path.display(), %error, "cannot remove a file of ids");
        }
    }
}
