//! Opening: which files can be believed, and what is to be replayed.
//!
//! Files must follow one another without a gap from where the window began. The first one that
//! is missing or damaged ends the chain: it and everything after it is deleted and replayed.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::clock::Clock;
use crate::generation::Generation;
use crate::run::{Kind, Run};
use crate::run_writer::{UNFINISHED, sync_folder};
use crate::{IndexError, Options};

/// Bytes of runs whose pages are checked at once, the newest ones first; the pages of the others
/// are checked whenever one is read.
const CHECKED_MAX: u64 = 1 << 30;

pub(crate) struct Recovered {
    pub(crate) replay_from: Option<u64>,
    pub(crate) clock: Clock,
    pub(crate) active: Generation,
    pub(crate) closing: Vec<Generation>,
    pub(crate) runs: Vec<Arc<Run>>,
    pub(crate) start: u64,
}

pub(crate) fn recover(folder: &Path, options: &Options) -> Result<Recovered, IndexError> {
    fs::create_dir_all(folder).map_err(IndexError::disk(folder))?;
    let (files, mut discarded) = scan(folder)?;
    let start = files.iter().map(|run| run.head.window_start).max().unwrap_or(0);
    let chain = chain(files, start, options, &mut discarded);
    let loaded = load(chain, options, &mut discarded)?;
    if !discarded.is_empty() {
        for path in &discarded {
            tracing::info!(path = %path.display(), "removing ids that are replayed or not needed");
            fs::remove_file(path).map_err(IndexError::disk(path))?;
        }
        sync_folder(folder)?;
    }
    let nothing = (start > 0).then_some(start);
    let replay_from = loaded.end.or(nothing);
    let mut closing = loaded.generations;
    let active = match loaded.last {
        Some(Kind::Part) => closing.pop(),
        _ => None,
    };
    let active = match active {
        Some(generation) => Generation { end: u64::MAX, ..generation },
        None => Generation::new(replay_from.unwrap_or(0), 0)?,
    };
    Ok(Recovered { replay_from, clock: loaded.clock, active, closing, runs: loaded.runs, start })
}

/// The sound files, and those that are not.
fn scan(folder: &Path) -> Result<(Vec<Run>, Vec<PathBuf>), IndexError> {
    let (mut files, mut discarded) = (Vec::new(), Vec::new());
    for entry in fs::read_dir(folder).map_err(IndexError::disk(folder))? {
        let path = entry.map_err(IndexError::disk(folder))?.path();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("ids" | "run") => match Run::open(path.clone()) {
                Ok(run) => files.push(run),
                Err(error @ IndexError::Damaged { .. }) => {
                    tracing::warn!(%error, "ids will be replayed");
                    discarded.push(path);
                }
                Err(error) => return Err(error),
            },
            Some(UNFINISHED) => discarded.push(path),
            _ => {}
        }
    }
    Ok((files, discarded))
}

/// The files that follow one another from `start`. Where one covers others, those are what a
/// merge left behind.
fn chain(
    mut files: Vec<Run>,
    start: u64,
    options: &Options,
    discarded: &mut Vec<PathBuf>,
) -> Vec<Run> {
    files.sort_by_key(|run| (run.head.from, Reverse(run.head.to), Reverse(run.head.kind)));
    let log_end = options.log_end.unwrap_or(u64::MAX);
    let mut chain: Vec<Run> = Vec::new();
    for run in files {
        let head = run.head;
        let follows = match chain.last() {
            None => head.from <= start && start < head.to,
            Some(last) => head.from == last.head.to,
        };
        if follows && head.to <= log_end {
            chain.push(run);
        } else {
            discarded.push(run.path);
        }
    }
    chain
}

struct Loaded {
    runs: Vec<Arc<Run>>,
    generations: Vec<Generation>,
    clock: Clock,
    /// What the last file is, and where it ends.
    last: Option<Kind>,
    end: Option<u64>,
}

/// Builds the tables, as far as the files hold.
fn load(
    chain: Vec<Run>,
    options: &Options,
    discarded: &mut Vec<PathBuf>,
) -> Result<Loaded, IndexError> {
    let mut ids: HashMap<u64, u64> = HashMap::new();
    for run in chain.iter().filter(|run| run.head.kind == Kind::Part) {
        *ids.entry(run.head.generation).or_default() += run.head.count;
    }
    let unchecked = first_checked(&chain);
    let mut loaded = Loaded {
        runs: Vec::new(),
        generations: Vec::new(),
        clock: Clock::default(),
        last: None,
        end: None,
    };
    let mut chain = chain.into_iter().enumerate();
    for (at, run) in chain.by_ref() {
        let head = run.head;
        let path = run.path.clone();
        let result = match head.kind {
            Kind::Run => {
                let checked = if at < unchecked { Ok(()) } else { run.check() };
                checked.map(|()| loaded.runs.push(Arc::new(run)))
            }
            Kind::Part => loaded.add_part(run, ids[&head.generation], options),
        };
        match result {
            Ok(()) => {}
            Err(error @ IndexError::Damaged { .. }) => {
                tracing::warn!(%error, "ids will be replayed");
                discarded.push(path);
                break;
            }
            Err(error) => return Err(error),
        }
        loaded.clock = head.clock;
        loaded.last = Some(head.kind);
        loaded.end = Some(head.to);
    }
    discarded.extend(chain.map(|(_, run)| run.path));
    Ok(loaded)
}

impl Loaded {
    fn add_part(&mut self, part: Run, ids: u64, options: &Options) -> Result<(), IndexError> {
        let head = part.head;
        let continues = self.last == Some(Kind::Part)
            && self.generations.last().is_some_and(|of| of.base == head.generation);
        if !continues {
            let generation = Generation::new(head.generation, ids as usize)?;
            self.generations.push(Generation { first_ms: head.first_ms, ..generation });
        }
        let ids_max = options.generation_ids as usize;
        let generation = self.generations.last_mut().expect("it was pushed if there was none");
        if let Err(error) = generation.load(&part, ids_max) {
            generation.reload(ids_max)?;
            if generation.parts.is_empty() {
                self.generations.pop();
            }
            return Err(error);
        }
        generation.newest_ms = head.newest_ms;
        generation.end = head.to;
        generation.add_part(part);
        Ok(())
    }
}

/// From which file on runs are checked as a whole.
fn first_checked(chain: &[Run]) -> usize {
    let mut bytes = 0;
    let within = |run: &&Run| {
        bytes += run.disk_bytes();
        bytes <= CHECKED_MAX
    };
    chain.len() - chain.iter().rev().take_while(within).count()
}
