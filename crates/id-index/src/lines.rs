//! Cache lines in memory of their own: 64 bytes each, aligned, zero and free until written.

use memmap2::{Advice, MmapMut};

use crate::IndexError;

pub(crate) const LINE: usize = 64;
const PAGE: usize = 4096;

/// From here on the system is asked for huge pages: random access then costs fewer page walks.
const HUGE_MIN: usize = 4 << 20;

pub(crate) struct Lines {
    map: MmapMut,
}

impl Lines {
    pub(crate) fn new(lines: usize) -> Result<Lines, IndexError> {
        let bytes = lines.max(1) * LINE;
        let map =
            MmapMut::map_anon(bytes).map_err(|source| IndexError::Memory { bytes, source })?;
        if bytes >= HUGE_MIN {
            // A wish: without huge pages everything works, a little slower.
            let _ = map.advise(Advice::HugePage);
        }
        Ok(Lines { map })
    }

    /// The same, with every page already given by the system: for a thread that may wait for it.
    pub(crate) fn touched(lines: usize) -> Result<Lines, IndexError> {
        let mut lines = Lines::new(lines)?;
        lines.map.iter_mut().step_by(PAGE).for_each(|byte| *byte = std::hint::black_box(0));
        Ok(lines)
    }

    #[inline]
    pub(crate) fn all(&self) -> &[[u8; LINE]] {
        self.map.as_chunks().0
    }

    #[inline]
    pub(crate) fn all_mut(&mut self) -> &mut [[u8; LINE]] {
        self.map.as_chunks_mut().0
    }

    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.map.len() / LINE
    }

    /// Asks the processor to fetch a line, without waiting for it.
    #[inline]
    pub(crate) fn prefetch(&self, line: usize) {
        if let Some(line) = self.all().get(line) {
            prefetch(line);
        }
    }
}

/// The line out of `lines` where a hash belongs: keeps the order of hashes, so that building from
/// sorted ids writes memory in sequence.
#[inline]
pub(crate) fn home(hash: u64, lines: usize) -> usize {
    ((u128::from(hash) * lines as u128) >> 64) as usize
}

#[cfg(target_arch = "x86_64")]
#[expect(unsafe_code, reason = "the instruction is only a hint and the reference is valid")]
#[inline]
fn prefetch(line: &[u8; LINE]) {
    // Into the second-level cache: in the first one the lines of a large group push one another
    // out, which costs a third more.
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    // SAFETY: a prefetch reads nothing the program can see, and `line` points to mapped memory.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(line.as_ptr().cast()) }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline]
fn prefetch(line: &[u8; LINE]) {
    std::hint::black_box(line[0]);
}
