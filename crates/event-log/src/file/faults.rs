//! A file system that loses what was not synced, tears writes, and runs full, as a seed decides.

use std::{
    fs::File,
    io,
    os::unix::fs::{FileExt, MetadataExt},
    path::Path,
    sync::Mutex,
};

use super::disk::{Disk, RealDisk};

/// What a disk writes at once or not at all.
const SECTOR: usize = 512;

/// Random numbers from a seed (SplitMix64).
#[derive(Debug, Clone)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Dice {
        Dice(seed)
    }

    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ mixed >> 31) % below
    }
}

/// Real files whose writes stay in doubt until they are synced. Syncs cost nothing.
pub(crate) struct FaultyDisk {
    real: RealDisk,
    state: Mutex<State>,
}

struct State {
    dice: Dice,
    /// Writes and syncs until the power goes.
    until_cut: Option<u64>,
    /// Syncs until one fails.
    until_failed_sync: Option<u64>,
    room: u64,
    unsynced: Vec<Undo>,
    dead: bool,
    /// Syncs do nothing and say that all is well.
    lies: bool,
}

struct Undo {
    file: File,
    offset: u64,
    before: Vec<u8>,
}

impl FaultyDisk {
    pub(crate) fn new(seed: u64) -> FaultyDisk {
        let dice = Dice::new(seed);
        let state = State {
            dice,
            until_cut: None,
            until_failed_sync: None,
            room: u64::MAX,
            unsynced: Vec::new(),
            dead: false,
            lies: false,
        };
        FaultyDisk { real: RealDisk::new(false), state: Mutex::new(state) }
    }

    /// The power goes at the n-th write or sync from now on; that write is torn.
    pub(crate) fn cut_after(&self, operations: u64) {
        self.state.lock().expect("free").until_cut = Some(operations);
    }

    /// From now on syncs do nothing.
    pub(crate) fn lie(&self) {
        self.state.lock().expect("free").lies = true;
    }

    pub(crate) fn fail_sync_after(&self, syncs: u64) {
        self.state.lock().expect("free").until_failed_sync = Some(syncs);
    }

    /// So many bytes are free from now on; files that grow take them, files that go give them back.
    pub(crate) fn set_room(&self, bytes: u64) {
        self.state.lock().expect("free").room = bytes;
    }

    /// What was not synced is lost, sector by sector, as the dice say. The disk works again.
    pub(crate) fn power_back(&self) {
        let mut state = self.state.lock().expect("free");
        let unsynced = std::mem::take(&mut state.unsynced);
        for undo in unsynced.iter().rev() {
            lose(undo, &mut state.dice);
        }
        (state.dead, state.until_cut, state.until_failed_sync) = (false, None, None);
    }
}

fn lose(undo: &Undo, dice: &mut Dice) {
    let all = dice.roll(3);
    for (n, sector) in undo.before.chunks(SECTOR).enumerate() {
        if all == 0 || (all == 1 && dice.roll(2) == 0) {
            let at = undo.offset + (n * SECTOR) as u64;
            undo.file.write_all_at(sector, at).expect("test files can be written");
        }
    }
}

fn dead() -> io::Error {
    io::Error::other("the power is gone")
}

/// Takes what a file grows by from the room.
fn grow(state: &mut State, file: &File, end: u64) -> io::Result<()> {
    let growth = end.saturating_sub(file.metadata()?.len());
    if state.room != u64::MAX {
        let left = state.room.checked_sub(growth);
        state.room = left.ok_or(io::ErrorKind::StorageFull)?;
    }
    Ok(())
}

fn counted(left: &mut Option<u64>) -> bool {
    if let Some(left) = left {
        *left = left.saturating_sub(1);
    }
    *left == Some(0)
}

impl Disk for FaultyDisk {
    fn open(&self, path: &Path) -> io::Result<File> {
        self.real.open(path)
    }

    fn open_read(&self, path: &Path) -> io::Result<File> {
        self.real.open_read(path)
    }

    fn write_at(&self, file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
        let mut state = self.state.lock().expect("free");
        if state.dead {
            return Err(dead());
        }
        grow(&mut state, file, offset + bytes.len() as u64)?;
        let mut before = vec![0; bytes.len()];
        let mut had = 0;
        while had < before.len() {
            match file.read_at(&mut before[had..], offset + had as u64)? {
                0 => break,
                read => had += read,
            }
        }
        state.unsynced.push(Undo { file: file.try_clone()?, offset, before });
        self.real.write_at(file, bytes, offset)?;
        if counted(&mut state.until_cut) {
            state.dead = true;
            return Err(dead());
        }
        Ok(())
    }

    fn allocate(&self, file: &File, bytes: u64) -> io::Result<()> {
        grow(&mut self.state.lock().expect("free"), file, bytes)?;
        self.real.allocate(file, bytes)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        let mut state = self.state.lock().expect("free");
        if counted(&mut state.until_cut) {
            state.dead = true;
        }
        if counted(&mut state.until_failed_sync) {
            return Err(io::Error::other("the disk has failed"));
        }
        if state.dead {
            return Err(dead());
        }
        if state.lies {
            return Ok(());
        }
        let same = file.metadata()?.ino();
        state
            .unsynced
            .retain(|undo| undo.file.metadata().map_or(true, |found| found.ino() != same));
        Ok(())
    }

    fn sync_dir(&self, _dir: &Path) -> io::Result<()> {
        if self.state.lock().expect("free").dead { Err(dead()) } else { Ok(()) }
    }

    fn room(&self, _dir: &Path) -> io::Result<(u64, u64)> {
        Ok((self.state.lock().expect("free").room, u64::MAX))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        if self.state.lock().expect("free").dead { Err(dead()) } else { self.real.rename(from, to) }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state.lock().expect("free");
        if state.dead {
            return Err(dead());
        }
        state.room = state.room.saturating_add(std::fs::metadata(path)?.len());
        self.real.remove(path)
    }
}
