//! Memory that is filled once from the front, aligned for direct I/O, and shared as far as it is
//! filled.
//!
//! The writer composes groups in a chunk, writes them to the disk from there, and shares them with
//! readers from there: the only copy of an event's bytes is the one that puts its group together.
#![expect(
    unsafe_code,
    reason = "std has no aligned buffers, and none that are shared while their rest is filled"
)]

use std::{
    alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error},
    ptr::NonNull,
    sync::{Arc, Mutex, Weak},
};

use bytes::Bytes;

/// Direct I/O wants offsets, lengths and addresses that are multiples of this.
pub(crate) const BLOCK: usize = 4096;

/// Chunks of the usual size that readers no longer use, kept because fresh pages are dear.
#[derive(Debug)]
pub(crate) struct Pool {
    idle: Mutex<Vec<Raw>>,
    keep: usize,
    usual: usize,
}

#[derive(Debug)]
struct Raw {
    start: NonNull<u8>,
    layout: Layout,
}

// SAFETY: `Raw` owns its memory; nothing in it belongs to a thread.
unsafe impl Send for Raw {}
// SAFETY: a shared `Raw` only gives out its address and size.
unsafe impl Sync for Raw {}

impl Raw {
    fn new(capacity: usize) -> Raw {
        let layout = Layout::from_size_align(capacity.next_multiple_of(BLOCK), BLOCK)
            .expect("capacities are bounded by the queue");
        assert!(layout.size() > 0, "a chunk has room");
        // SAFETY: the layout's size is not zero.
        let start = unsafe { alloc_zeroed(layout) };
        let start = NonNull::new(start).unwrap_or_else(|| handle_alloc_error(layout));
        Raw { start, layout }
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout and is freed once.
        unsafe { dealloc(self.start.as_ptr(), self.layout) }
    }
}

/// Memory of one chunk; goes back to its pool when the last reader lets go.
struct Memory {
    raw: Option<Raw>,
    pool: Weak<Pool>,
}

impl Memory {
    fn raw(&self) -> &Raw {
        self.raw.as_ref().expect("taken only when dropped")
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if let (Some(pool), Some(raw)) = (self.pool.upgrade(), self.raw.take()) {
            let mut idle = pool.idle.lock().expect("no holder of this lock panics");
            // Of another size it would fit nobody, and keep out those that do.
            if idle.len() < pool.keep && raw.layout.size() == pool.usual {
                idle.push(raw);
            }
        }
    }
}

impl Pool {
    /// A pool that keeps this many idle chunks of `usual` bytes.
    pub(crate) fn new(keep: usize, usual: usize) -> Arc<Pool> {
        let usual = usual.next_multiple_of(BLOCK);
        Arc::new(Pool { idle: Mutex::default(), keep, usual })
    }

    /// A chunk with at least this capacity; what it holds is not specified.
    pub(crate) fn take(self: &Arc<Pool>, capacity: usize) -> Chunk {
        let capacity = capacity.next_multiple_of(BLOCK);
        let mut idle = self.idle.lock().expect("no holder of this lock panics");
        let raw = if capacity == self.usual { idle.pop() } else { None };
        drop(idle);
        let raw = raw.unwrap_or_else(|| Raw::new(capacity));
        let memory = Memory { raw: Some(raw), pool: Arc::downgrade(self) };
        Chunk { memory: Arc::new(memory), shared: 0 }
    }
}

/// The one writer of a chunk.
///
/// Invariant: bytes before `shared` never change again; only they are ever given to readers.
pub(crate) struct Chunk {
    memory: Arc<Memory>,
    shared: usize,
}

impl Chunk {
    /// A chunk of its own, zeroed.
    pub(crate) fn new(capacity: usize) -> Chunk {
        let memory = Memory { raw: Some(Raw::new(capacity)), pool: Weak::new() };
        Chunk { memory: Arc::new(memory), shared: 0 }
    }

    /// Bytes it can hold.
    pub(crate) fn capacity(&self) -> usize {
        self.memory.raw().layout.size()
    }

    /// The bytes from `at` on, to be filled. `at` is not before what is shared.
    pub(crate) fn open_from(&mut self, at: usize) -> &mut [u8] {
        let shared = self.shared;
        &mut self.open()[at - shared..]
    }

    /// All bytes after the shared ones, to be filled.
    pub(crate) fn open(&mut self) -> &mut [u8] {
        let raw = self.memory.raw();
        let rest = raw.layout.size() - self.shared;
        // SAFETY: the range lies within the allocation and was initialised when it was made; `&mut
        // self` is the only writer, and readers have slices of the bytes before `shared` only.
        unsafe { std::slice::from_raw_parts_mut(raw.start.as_ptr().add(self.shared), rest) }
    }

    /// Bytes from the front, shared ones and others.
    pub(crate) fn bytes(&self) -> &[u8] {
        let raw = self.memory.raw();
        // SAFETY: within the allocation and initialised; nobody writes while `&self` is held.
        unsafe { std::slice::from_raw_parts(raw.start.as_ptr(), raw.layout.size()) }
    }

    /// Shares the bytes before `to`: they never change again.
    pub(crate) fn share(&mut self, to: usize) -> Bytes {
        assert!(self.shared <= to && to <= self.capacity(), "a chunk is shared from the front");
        self.shared = to;
        Bytes::from_owner(Shared { memory: self.memory.clone(), len: to })
    }
}

struct Shared {
    memory: Arc<Memory>,
    len: usize,
}

impl AsRef<[u8]> for Shared {
    fn as_ref(&self) -> &[u8] {
        // SAFETY: bytes before `len` are initialised and never written again (`Chunk::share`), and
        // the allocation lives as long as `memory`.
        unsafe { std::slice::from_raw_parts(self.memory.raw().start.as_ptr(), self.len) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shared_stays_while_the_rest_is_filled() {
        let pool = Pool::new(1, BLOCK);
        let mut chunk = pool.take(BLOCK);
        chunk.open()[..3].copy_from_slice(b"one");
        let one = chunk.share(3);
        chunk.open()[..3].copy_from_slice(b"two");
        let both = chunk.share(6);
        assert_eq!((&one[..], &both[..]), (&b"one"[..], &b"onetwo"[..]));
        assert_eq!(chunk.bytes().as_ptr() as usize % BLOCK, 0);
        drop(chunk);
        assert!(pool.idle.lock().expect("free").is_empty(), "readers hold it");
        drop((one, both));
        assert_eq!(pool.idle.lock().expect("free").len(), 1);
    }

    #[test]
    fn a_pool_keeps_what_fits_the_next_one_and_nothing_else() {
        let pool = Pool::new(2, BLOCK);
        for blocks in [3, 5, 2] {
            drop(pool.take(blocks * BLOCK));
        }
        assert!(pool.idle.lock().expect("free").is_empty(), "one large group is no reason to keep");
        drop([pool.take(BLOCK), pool.take(BLOCK), pool.take(BLOCK)]);
        assert_eq!(pool.idle.lock().expect("free").len(), 2);
        let large = pool.take(2 * BLOCK);
        assert_eq!((large.capacity(), pool.take(BLOCK).capacity()), (2 * BLOCK, BLOCK));
    }
}
